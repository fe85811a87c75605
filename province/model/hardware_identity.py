"""The hardware identity of a facility's box in areas/AREA.yml, changed in place: the rest stays as people wrote it."""

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from province.files import write
from province.model import Province
from province.user_error import UserError


def set_hardware_identity(inventory: Path, province: Province, code: str, mac: str, macs: Iterable[str], serial: str | None) -> bool:
    """Name a new box: its uplink's MAC, the other port's where there is just one, its serial number if the old one had one.

    macs: all of the machine's. False when the file says so already. Raises UserError when the facility isn't in its file.
    """
    facility = province.facility(code)
    area = facility.area if facility else code
    file = inventory / "areas" / f"{area}.yml"
    text = file.read_text(encoding="utf-8")
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    if re.search(r"^facilities:\s*\n(\s*(#.*)?\n)* +- ", text, re.MULTILINE):
        yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    row = next((each for each in document.get("facilities") or [] if str(each.get("code")) == code), None)
    if row is None:
        raise UserError(f"{file}: không thấy cơ sở {code}", f"{file}: no facility {code} in it")
    box = row.setdefault("box", {})
    others = sorted(set(macs) - {mac})
    wanted = {"mac": mac, "lan_mac": others[0] if len(others) == 1 else None, "serial": serial if "serial" in box else None}
    before = dict(box)
    for key, value in wanted.items():
        if value is None:
            box.pop(key, None)
        elif str(box.get(key, "")) != value:
            box[key] = DoubleQuotedScalarString(value)
    if dict(box) == before:
        return False
    out = StringIO()
    yaml.dump(document, out)
    write(file, out.getvalue(), 0o644)
    return True
