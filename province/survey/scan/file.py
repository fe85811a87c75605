"""survey/CODE.yml beside the inventory: read with the line of every fault, written whole or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from province.files import write
from province.model.book import Sheet
from province.model.survey import SurveyFile
from province.source import read as read_source
from province.text import Lang
from province.user_error import UserError

HEAD = """# yaml-language-server: $schema=../../../docs/schema/survey.json
# Written by `ketnoi survey scan`. For a device that the inventory does not list yet fill in `place` and `zone`, then
# `ketnoi survey accept --site {site}`. A further scan keeps these two, and writes all else anew.
"""

FORMER = {"barred": "no_access"}
"""Keys that an earlier version wrote into the file: today's key."""


def path(inventory: Path, code: str) -> Path:
    return inventory / "survey" / f"{code}.yml"


def read(inventory: Path, code: str, lang: Lang) -> SurveyFile | None:
    """None where nobody has scanned yet. Raises UserError that names every fault with its line."""
    file = path(inventory, code)
    if not file.exists():
        return None
    source = read_source(file)
    found, faults = None, list(source.faults)
    if source.readable:
        written = source.data if isinstance(source.data, Mapping) else {}
        sheet = Sheet("", _filled({FORMER.get(key, key): each for key, each in written.items()}), [(source, ())])
        found, wrong = sheet.build(SurveyFile)
        faults += wrong
    if found is None or faults:
        lines = "\n".join(fault.show(lang) for fault in faults)
        raise UserError(
            f"kết quả quét có lỗi, sửa hoặc quét lại (`ketnoi survey scan --site {code}`):\n{lines}",
            f"the scan's file has faults, mend it or scan again (`ketnoi survey scan --site {code}`):\n{lines}",
        )
    return found


def _filled(value: Any) -> Any:
    """Without what is there and empty."""
    if isinstance(value, Mapping):
        return {key: _filled(each) for key, each in value.items() if each is not None}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def save(inventory: Path, survey: SurveyFile) -> Path:
    """Put the file in place; what a person is to fill in stands there, empty."""
    file = path(inventory, survey.site)
    try:
        write(file, text(survey), 0o644)
    except OSError as error:
        raise UserError(f"không ghi được {file}: {error.strerror}", f"can't write {file}: {error.strerror}") from error
    return file


def text(survey: SurveyFile) -> str:
    document = survey.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for device, found in zip(document.get("devices", []), survey.devices, strict=True):
        if not found.listed and found.kind in ("camera", "recorder"):
            device.setdefault("place", None)
            if found.kind == "camera":
                device.setdefault("zone", None)
    written = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    return HEAD.format(site=survey.site) + written


class _Dumper(yaml.SafeDumper):
    """Lists indented, nothing for null: as people write it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(type(None), lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:null", ""))
