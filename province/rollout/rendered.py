"""What each machine should have converged to, rendered: the digests of its roles' input, as Ansible itself would find them.

The plays, role variables, templates and actions are Ansible's and the roles' own, evaluated here one after the other without
its workers and connections: the same digests as `-e ketnoi_plan_only=true` prints, for ten boxes in 1 s instead of 5 s; as plays,
700 boxes take minutes. That needs Ansible's Python interface (its developers' guide, "Python API"), which may change with a release:
it is used in this file alone. Ansible reads its configuration as it is imported, so the work is done in a process of its own:

    python -m province.rollout.rendered INVENTORY  <<< {"hosts": [...], "tags": {playbook: [...]}}
    -> {"digests": {host: {role: {part: digest}}}}

The environment names a listing of these hosts, from an inventory that was checked already (province.rollout.inventory.HANDED).
"""

import gc
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from province.paths import data
from province.rollout.box_task import ActionResult

Digests = dict[str, dict[str, dict[str, str]]]
"""host -> role -> part of the role -> digest. A role of which nothing was asked for is absent; of a host whose input can't be
rendered all roles are there, with no part."""


def evaluate(inventory: Path, hosts: set[str], tags: Mapping[str, list[str]]) -> Digests:
    """The digests of these hosts by these playbooks, each narrowed to its tags (none: all of it); in Ansible's environment."""
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.playbook import Playbook
    from ansible.plugins.loader import init_plugin_loader
    from ansible.vars.hostvars import HostVars
    from ansible.vars.manager import VariableManager

    init_plugin_loader()
    loader = DataLoader()
    loader.set_basedir(str(data("playbooks")))
    known = InventoryManager(loader=loader, sources=[str(inventory / "province.yml")])
    variables = VariableManager(loader=loader, inventory=known)
    HostVars(inventory=known, variable_manager=variables, loader=loader)  # makes itself known: variables may ask for other machines
    found: Digests = {}
    for playbook, wanted in tags.items():
        book = Playbook.load(str(data(f"playbooks/{playbook}")), variable_manager=variables, loader=loader)
        for play in book.get_plays():
            tasks = list(_ours(play.compile()))
            for host in known.get_hosts(play.hosts) if tasks else ():
                if host.name in hosts:
                    try:
                        found[host.name] = _of_host(host, tasks, play, variables, loader, wanted)
                    except Exception:  # whatever is wrong with one facility's vault or variables stops no other: its visit will say it
                        found[host.name] = {role.get_name(): {} for role in play.roles}
    return found


def _ours(blocks: Iterable[Any]) -> Iterator[Any]:
    """The tasks of a play that run an action of ours with a part to its name."""
    for block in blocks:
        for entry in block.block:
            if hasattr(entry, "block"):
                yield from _ours([entry])
            elif "part" in (entry.args or {}):
                yield entry


def _of_host(host: Any, tasks: list[Any], play: Any, variables: Any, loader: Any, tags: list[str]) -> dict[str, dict[str, str]]:
    """role -> part -> digest of one host."""
    found: dict[str, dict[str, str]] = {}
    for task in tasks:
        values = variables.get_vars(play=play, host=host, task=task, _hosts=[host.name], _hosts_all=[host.name])
        told = _evaluated(task, {**values, "ketnoi_plan_only": True}, loader, tags)
        if told:
            found.setdefault(str(values.get("role_name", "")), {})[str(told["part"])] = str(told["digest"])
    return found


def _evaluated(task: Any, values: dict[str, object], loader: Any, tags: list[str]) -> ActionResult | None:
    """What the task's action says of its part, its input being rendered with these variables; None where there is nothing for it to do."""
    from ansible.playbook.play_context import PlayContext
    from ansible.plugins.loader import action_loader
    from ansible.template import Templar

    if tags and not task.evaluate_tags(tags, [], values):
        return None
    templar = Templar(loader=loader, variables=values)
    if not all(templar.evaluate_conditional(condition) for condition in task.when):
        return None
    action = action_loader.get(
        task.action, task=task, connection=None, play_context=PlayContext(), loader=loader, templar=templar, shared_loader_obj=None
    )
    told: ActionResult = action.evaluated(values, templar.template(task.args))
    return told if "digest" in told else None


def main() -> int:
    asked, inventory = json.load(sys.stdin), Path(sys.argv[1])
    gc.set_threshold(50_000)  # there is little to collect, and much to look through for it
    found = evaluate(inventory, set(asked["hosts"]), asked["tags"])
    print(json.dumps({"digests": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
