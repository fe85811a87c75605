"""Ansible's inventory from a province's folder: a thin face of province.rollout.inventory."""

from pathlib import Path

from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.utils.display import Display

from province.rollout.inventory import listing
from province.text import default_lang
from province.user_error import UserError

DOCUMENTATION = r"""
name: ketnoi
short_description: A province of Ketnoi
description:
  - Reads a province's folder, named by its C(province.yml) or by itself, and checks all of it first.
  - Gives the hosts C(hub) and each facility's box by its code, in the groups C(boxes), C(hubs), C(withheld), C(area_X), C(unit_X),
    C(authority_X), C(kind_X), C(level_X).
  - A barracks with no opinion on file is in C(withheld) and in no other group; a warning names it every time.
  - Every host gets C(ketnoi_hub), what machines must know of the hub; C(ketnoi_inventory), the folder; C(ketnoi_province), its code;
    C(ketnoi_factory_logins), by make; C(ketnoi_standard), the thresholds that devices are set to, by check; and
    C(ketnoi_peers_digest), of the enrolled machines.
  - A box gets C(ketnoi_facility), its facility as in its area's file (docs/schema/area.json) with C(tunnel_address), C(mapped_network),
    C(mapped) (slot to address) and C(lifeline_port); and C(ketnoi_enrolled), what bootstrap recorded, once it is enrolled.
  - The hub gets C(ketnoi_peers), all enrolled machines.
options: {}
author:
  - The maintainers of Ketnoi
"""

EXAMPLES = r"""
# The inventory is the province's own file; nothing in it is for this plugin.
# ansible-inventory -i inventory/binh-dinh --graph
# ansible-playbook -i inventory/binh-dinh/province.yml playbooks/site.yml --limit area_an_nhon --check --diff
"""


# ansible's exit status for what it can't parse. Any exception it would answer by asking its yaml plugin, which takes
# province.yml for a list of groups: the run would go on, with no hosts and no failure.
PARSER_ERROR = 4


def _folder(path: Path) -> Path | None:
    """The province's folder that a file lies in (vault/, areas/, enrolled/retired/ ...), if there is one."""
    return next((parent for parent in list(path.resolve().parents)[:3] if (parent / "province.yml").is_file()), None)


class InventoryModule(BaseInventoryPlugin):
    """Named a folder, Ansible offers each file in it: province.yml stands for all, the others are taken and give nothing."""

    NAME = "ketnoi"

    def verify_file(self, path: str) -> bool:
        mine = super().verify_file(path)  # type: ignore[no-untyped-call]  # Ansible says no types here
        return bool(mine) and _folder(Path(path)) is not None

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if Path(path).name != "province.yml":
            return
        try:
            found = listing(Path(path).parent)
        except UserError as error:
            Display().error(str(error), wrap_text=False)
            raise SystemExit(PARSER_ERROR) from error
        for notice in found.notices:
            Display().warning(notice.pick(default_lang()))
        for name, value in found.everyone.items():
            inventory.set_variable("all", name, value)
        for host, variables in found.hosts.items():
            inventory.add_host(host)
            for name, value in variables.items():
                inventory.set_variable(host, name, value)
        for group, hosts in found.groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_child(group, host)
