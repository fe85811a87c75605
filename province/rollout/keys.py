"""What a machine's digests are made of, in one word: as long as its key stays, nothing is rendered again.

In the key of a machine is what the whole province shares (the roles, templates, playbooks, plugins and programs, Ansible and what it
stands on, the files and variables of all), and what is its own (its variables, groups, vault file and host variables). Who is
let in is the hub's alone: a box is not rendered again because another was taken over. Where a role, a template or a
variable asks for other machines, all of them are in each key; where one looks up what no key can know, nothing is kept at all.
"""

import hashlib
import hmac
import json
import os
import platform
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from province.model import Province
from province.office import enrolment, packages, vaults
from province.office.home import Home
from province.paths import data
from province.rollout import inventory as ansible_inventory
from province.standard.settings import of as settings_of

HUB = enrolment.HUB
OURS = ("roles", "playbooks", "plugins", "templates", "ansible.cfg", "inventory/standards")
"""What travels with the code and a plan is made of, beside the Python packages themselves."""
STANDS_ON = ("ansible-core", "Jinja2", "PyYAML", "pydantic", "netmiko")
_APART = ("areas", "units.yml", "waivers.yml", "enrolled", "vault", "host_vars", "authority", ".git")
"""Of an inventory what is no input of every machine: it comes by variables, or is one machine's; waivers change no machine."""
_OF_THE_HUB = ("ketnoi_peers_digest",)
_OTHERS = re.compile(rb"hostvars|\bgroups\s*[\[.|]|\bansible_play_(hosts|batch)")
"""By which a text asks for other machines."""
_UNKNOWN = re.compile(rb"\b(lookup|query|q)\s*\(|\bwith_\w+:|\bnow\s*\(|\bvars_files:|\binclude_vars\b")
"""By which a text asks for what is in none of these files."""

Tags = Mapping[str, Sequence[str]]


def keys(
    province: Province, enrolled: Mapping[str, enrolment.Record], home: Home, on: date, hosts: Iterable[str], tags: Tags
) -> dict[str, str]:
    """host -> key, of those that can have one. tags: playbook -> those to which it is narrowed.

    Keyed with the vault's secret, so that a key says nothing of what is in it, and one from another office is nobody's.
    """
    inventory = province.path.resolve()
    own = _written(inventory)
    texts = [path.read_bytes() for path in own]
    if any(_UNKNOWN.search(text) for text in texts):
        return {}
    listed = ansible_inventory.of(province, enrolled, home, on, only=())
    hub = [listed.everyone, listed.hosts[HUB], _digest_of(inventory, ("authority",)), _host(inventory, HUB)]
    boxes = listed.everyone if _mention(own, _OF_THE_HUB) else {k: v for k, v in listed.everyone.items() if k not in _OF_THE_HUB}
    shared = [_software(), _province(inventory, home), boxes, {playbook: list(wanted) for playbook, wanted in tags.items()}]
    settings = settings_of(listed.everyone["ketnoi_standard"])
    secret = home.vault_secret.read_bytes().strip() if home.vault_secret.exists() else b""
    by_code = {facility.code: facility for facility in province.facilities}

    def of(host: str) -> Any:
        if host == HUB:
            return hub
        facility = by_code[host]
        variables = ansible_inventory.box(facility, settings, enrolled.get(host), inventory, home)
        return [variables, ansible_inventory.groups_of(facility, province, on), _host(inventory, host)]

    if asks_for_others(inventory):
        shared.append([_canonical(of(host)) for host in (HUB, *by_code)])
    made = hmac.new(secret, _canonical(shared), hashlib.sha256)
    found = {}
    for host in hosts:
        each = made.copy()
        each.update(_canonical([host, of(host)]))
        found[host] = each.hexdigest()
    return found


def asks_for_others(inventory: Path) -> bool:
    """Whether a role, a template or a variable asks for other machines than the one it is for."""
    return any(_OTHERS.search(path.read_bytes()) for path in _written(inventory))


def listing_for(
    province: Province, enrolled: Mapping[str, enrolment.Record], home: Home, on: date, hosts: Container[str]
) -> ansible_inventory.Listing:
    """What Ansible needs for these facilities and the hub: of the others only where something asks for them."""
    return ansible_inventory.of(province, enrolled, home, on, only=None if asks_for_others(province.path) else hosts)


def _written(inventory: Path) -> list[Path]:
    """The files in which Ansible's language is written."""
    return [*_files(inventory, ("group_vars", "host_vars")), *_files(data("roles").parent, ("roles", "playbooks", "templates"))]


def _software() -> list[Any]:
    """Everything that is not the province's own."""
    root = data("ansible.cfg").parent
    trees = sorted({tree for product in packages.PRODUCTS for tree in product.trees})
    own = {name: value for name, value in os.environ.items() if name.startswith("ANSIBLE_")}
    versions = [platform.python_version(), *(version(name) for name in STANDS_ON)]
    return [versions, own, _digest_of(root, OURS), *(_digest_of(tree.parent, (tree.name,)) for tree in trees)]


def _province(inventory: Path, home: Home) -> list[str]:
    """Files that every machine may have something of: the standard, group variables, the versions of packages."""
    shared = sorted(path.name for path in inventory.iterdir() if path.name not in _APART)
    index = (packages.VERSIONS_FILE, "InRelease", packages.KEY_FILE)
    return [_digest_of(inventory, shared), _digest_of(home.repository, index)]


def _host(inventory: Path, host: str) -> list[str]:
    """The files of one machine alone."""
    variables = [f"host_vars/{host}{ending}" for ending in ("", ".yml", ".yaml", ".json")]
    return [_digest_of(inventory, variables), _digest_of(inventory, (str(vaults.path(inventory, host).relative_to(inventory)),))]


def _files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """The files of these names under `root`, and all in folders of such names; not what Python makes by itself."""
    for name in names:
        path = root / name
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (each for each in sorted(path.rglob("*")) if "__pycache__" not in each.parts and each.is_file())


def _digest_of(root: Path, names: Iterable[str]) -> str:
    found = hashlib.sha256()
    for path in _files(root, names):
        content = path.read_bytes()
        found.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _mention(paths: Iterable[Path], names: Iterable[str]) -> bool:
    """Does what boxes are made of mention one of these variables?"""
    apart = data("roles/hub"), data("playbooks")
    asked = [path for path in paths if not any(path.is_relative_to(folder) for folder in apart)]
    return any(name.encode() in path.read_bytes() for path in asked for name in names)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()
