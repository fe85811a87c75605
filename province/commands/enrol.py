"""`ketnoi enrol`: between the two deploys of a bootstrap by hand. What `ketnoi bootstrap` does there by itself."""

from dataclasses import replace
from pathlib import Path

from province.bootstrap import enrol as enrolling
from province.bootstrap import folder as folders
from province.bootstrap.machine import expected, hub_key, lifeline
from province.bootstrap.process import deploy_file
from province.bootstrap.steps import ENROL
from province.model.select import loaded, selected
from province.office.enrolment import HUB
from province.text import Lang, Text
from province.user_error import UserError

ENROLLED = Text("{name}: đã ký chứng thư, đã ghi danh vào {record}", "{name}: certificates signed, enrolled in {record}")
UNCHANGED = Text("{name}: đã ghi danh như vậy trong {record}", "{name}: enrolled so already in {record}")
NEXT = Text("Tiếp:\n  pyinfra {folder}/inventory.py {deploy}", "Next:\n  pyinfra {folder}/inventory.py {deploy}")


def enrol(inventory: Path, folder: Path, *, machine: str | None, site: str | None, lang: Lang) -> int:
    """Sign what the machine requested, write its record, and make the folder ready for the second deploy. Returns 0. Raises UserError."""
    province = loaded(inventory, lang)
    if (machine, site) == (None, None) or machine not in (None, HUB) or (machine and site):
        raise UserError("máy nào? dùng `hub` hoặc --site MÃ", "which machine? say `hub`, or --site CODE")
    name = HUB if machine else selected(province, None, site)[0].code
    home = enrolling.office_home(province)
    folder = folder.absolute()
    address, port = folders.address(folder, name)
    claimed = replace(expected(inventory, province, name, address, folder / name), port=port)
    hardware, facts = enrolling.claimed(claimed)
    way_home = None if claimed.kind == "hub" else lifeline(province, claimed, hub_key(inventory))
    certificates = enrolling.sign(home, claimed, facts)
    folders.change_machine(folder, enrolling.prepared(claimed, facts, way_home))
    saved = enrolling.record(inventory, claimed, hardware, facts, certificates)
    enrolling.refresh(inventory, province, home)
    print((ENROLLED if saved else UNCHANGED).format(name=name, record=f"enrolled/{name}.yml").pick(lang))
    print(NEXT.format(folder=folder, deploy=deploy_file(ENROL)).pick(lang))
    return 0
