"""What a plan keeps: whatever a digest is made of moves the key under which it is kept, and nothing else does."""

import json
import shutil
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from province.model import load
from province.office import enrolment, packages, vaults
from province.office.home import Home
from province.paths import data
from province.rollout import digests, keys
from province.rollout.kept import MAX_AGE, VARIANTS, Kept
from province.rollout.rendered import Digests

ON = date(2021, 6, 1)
ONE, OTHER, HUB = "an-nhon-01", "an-nhon-02", "hub"
TAGS: dict[str, list[str]] = {"site.yml": [], "hub.yml": ["peers"]}
ROLES = {"base": {"base.files": "sha256:a", "base.packages": "sha256:b"}}


class Office:
    """The sample province with two boxes taken over, and a copy of what travels with the code that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.inventory, self.code = folder / "binh-dinh", folder / "code"
        there = shutil.ignore_patterns("vault", "enrolled", "authority", "retired", "__pycache__")
        shutil.copytree(data("inventory/binh-dinh"), self.inventory, ignore=there)
        for name in keys.OURS:
            source, copy = data(name), self.code / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, copy, ignore=there) if source.is_dir() else shutil.copy(source, copy)
        self.home = Home.of(self.inventory)
        self.home.ensure()
        vaults.create_secret(self.home)
        for code in (ONE, OTHER):
            self.password("Canary1aaaaaaaaa", code)
        self.home.repository.mkdir()
        (self.home.repository / packages.VERSIONS_FILE).write_text("{}")
        self.enrol(ONE, 1)
        enrolment.save(self.inventory, HUB, record(0) | {"code": HUB})

    def password(self, password: str, code: str = ONE) -> None:
        vaults.write_vault(self.home, self.inventory, code, {"cameras": {"1": {"admin": {"user": "admin", "password": password}}}})

    def enrol(self, code: str, number: int) -> None:
        facility = next(each for each in self.province.facilities if each.code == code)
        enrolment.save(self.inventory, code, record(number) | {"code": code, "id": facility.id, "number": facility.number})

    @property
    def province(self) -> Any:
        province, faults = load(self.inventory)
        assert province and not faults
        return province

    def keys(self, tags: keys.Tags = TAGS) -> dict[str, str]:
        return keys.keys(self.province, enrolment.read_all(self.inventory), self.home, ON, [ONE, OTHER, HUB], tags)


def record(number: int) -> dict[str, Any]:
    return {"host_key": f"ssh-ed25519 {number:A>68}", "wireguard_public_key": f"w{number}", "lifeline_public_key": f"l{number}"}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KETNOI_REPO", raising=False)
    made = Office(tmp_path)
    monkeypatch.setattr(keys, "data", lambda name: made.code / name)
    return made


def replaced(path: str, old: str, new: str) -> Callable[[Office], object]:
    def change(office: Office) -> None:
        file = office.inventory / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def written(path: str, content: str, code: bool = False) -> Callable[[Office], object]:
    """A file with something more in it, of the province or of what travels with the code."""

    def change(office: Office) -> None:
        file = (office.code if code else office.inventory) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(content)

    return change


def renamed(code: str) -> Callable[[Office], object]:
    def change(office: Office) -> None:
        file = office.inventory / "areas" / "an-nhon.yml"
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        next(each for each in document["facilities"] if each["code"] == code)["name"] += " (mới)"
        file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    return change


ALL = {ONE, OTHER, HUB}
FACTORY = (
    (Path(packages.__file__).parents[1] / "data" / "makes.yml")
    .read_text(encoding="utf-8")
    .replace("password: admin}", "password: canary}", 1)
)
MOVES: dict[str, tuple[Callable[[Office], object], set[str]]] = {
    "a role's task": (written("roles/base/tasks/main.yml", "\n# more", True), ALL),
    "a role's default": (written("roles/agent/defaults/main.yml", "\nagent_more: 1\n", True), ALL),
    "a role's template": (written("roles/hub/templates/chrony.conf.j2", "\n# more\n", True), ALL),
    "a template": (written("templates/box/chrony.conf.j2", "\n# more\n", True), ALL),
    "a play": (written("playbooks/site.yml", "\n# more\n", True), ALL),
    "an action": (written("plugins/action/ketnoi_files.py", "\n# more\n", True), ALL),
    "a program for the box": (written("plugins/module_utils/box.py", "\n# more\n", True), ALL),
    "a filter": (written("plugins/filter/ketnoi.py", "\n# more\n", True), ALL),
    "Ansible's settings": (written("ansible.cfg", "\n# more\n", True), ALL),
    "the standard that ships": (written("inventory/standards/default.yml", "\n# more\n", True), ALL),
    "the province's standard": (written("standard.yml", "overrides: [{id: rate, threshold: {fps: 12}, reason: r, by: b}]\n"), ALL),
    "the province's file": (written("province.yml", "\n# more\n"), ALL),
    "a maker's factory login": (written("makes.yml", FACTORY), ALL),
    "a group's variables": (written("group_vars/boxes.yml", "network_extra_rules: []\n"), ALL),
    "the versions of packages": (lambda office: (office.home.repository / packages.VERSIONS_FILE).write_text('{"a": "1"}'), ALL),
    "the vault's secret": (lambda office: office.home.vault_secret.write_text("another"), ALL),
    "a host's variables": (written(f"host_vars/{ONE}.yml", "network_extra_rules: []\n"), {ONE}),
    "a host's variables in a folder": (written(f"host_vars/{ONE}/network.yml", "network_extra_rules: []\n"), {ONE}),
    "a password": (lambda office: office.password("Canary2bbbbbbbbb"), {ONE}),
    "the facility itself, which the hub names too": (renamed(ONE), {ONE, HUB}),
    "a facility whose box was not taken over": (renamed(OTHER), {OTHER}),
    "a box that is taken over": (lambda office: office.enrol(OTHER, 2), {OTHER, HUB}),
    "another box in its place": (lambda office: office.enrol(ONE, 3), {ONE, HUB}),
    "who is out": (written("authority/crl.pem", "more"), {HUB}),
    "a waiver": (written("waivers.yml", "waivers: []\n"), set()),
    "a note": (written("areas/an-nhon.yml", "\n# a note\n"), set()),
}  # fmt: skip


@pytest.mark.parametrize("what", MOVES)
def test_what_a_machine_is_made_of_moves_its_key_and_no_other(office: Office, what: str) -> None:
    change, moved = MOVES[what]
    before = office.keys()
    assert set(before) == ALL and office.keys() == before
    change(office)
    after = office.keys()
    assert {host for host in ALL if before[host] != after[host]} == moved


@pytest.mark.parametrize("name", ["ansible-core", "Jinja2"])
def test_another_ansible_renders_all_again(office: Office, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = office.keys()
    real = keys.version
    monkeypatch.setattr(keys, "version", lambda each: "0" if each == name else real(each))
    assert not set(before.items()) & set(office.keys().items())


def test_tags_and_ansible_s_own_environment_are_in_the_key(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.keys()
    assert not set(before.items()) & set(office.keys(TAGS | {"site.yml": ["agent"]}).items())
    monkeypatch.setenv("ANSIBLE_JINJA2_NATIVE", "true")
    assert not set(before.items()) & set(office.keys().items())


@pytest.mark.parametrize("text", ["a: \"{{ hostvars['an-nhon-02'].ketnoi_facility.name }}\"", "a: \"{{ groups['boxes'] }}\""])
def test_a_variable_that_asks_for_other_machines_has_them_in_every_key(office: Office, text: str) -> None:
    written("group_vars/all.yml", text)(office)
    before = office.keys()
    renamed(OTHER)(office)
    after = office.keys()
    assert [host for host in sorted(ALL) if before[host] == after[host]] == []


def test_a_variable_that_asks_who_is_let_in_moves_with_them(office: Office) -> None:
    written("group_vars/all.yml", 'agent_settings: {peers: "{{ ketnoi_peers_digest }}"}\n')(office)
    before = office.keys()
    office.enrol(OTHER, 2)
    assert [host for host, key in office.keys().items() if before[host] == key] == []


@pytest.mark.parametrize("text", ["a: \"{{ lookup('env', 'HOME') }}\"", "a: \"{{ query('file', 'x') }}\"", "a: '{{ now() }}'"])
def test_what_looks_up_things_that_no_key_can_know_is_never_kept(office: Office, text: str) -> None:
    written("group_vars/all.yml", text)(office)
    assert office.keys() == {}


def test_a_plan_renders_only_what_moved_and_says_the_same_as_one_that_renders_all(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def rendered(province: Any, enrolled: Any, home: Home, on: date, hosts: list[str], tags: Any) -> Digests:
        asked.append(hosts)
        names = {each.code: each.name for each in province.facilities}
        return {host: {"base": {"base.files": names.get(host, "the hub")}} if host != OTHER else {"base": {}} for host in hosts}

    monkeypatch.setattr(digests, "_rendered", rendered)

    def ours() -> Digests:
        return digests.ours(office.province, enrolment.read_all(office.inventory), [ONE, OTHER, HUB], TAGS)

    first, second = ours(), ours()
    assert first == second and asked == [[ONE, OTHER, HUB], [OTHER]], "what could not be rendered is tried again"
    renamed(ONE)(office)
    third = ours()
    assert asked[2:] == [[ONE, OTHER, HUB]]
    office.home.plan.unlink()
    assert ours() == third and third[ONE] != first[ONE]


def test_what_is_kept_is_its_owner_s_alone_and_holds_no_password(office: Office) -> None:
    kept = Kept(office.home, ON)
    for host, key in office.keys().items():
        kept.add(host, key, ROLES)
    kept.save(ALL)
    assert stat.S_IMODE(office.home.plan.stat().st_mode) == 0o600
    assert "Canary" not in office.home.plan.read_text() and Kept(office.home, ON).get(ONE, office.keys()[ONE]) == ROLES


def test_what_is_kept_ends_with_age_number_and_machine(office: Office) -> None:
    kept = Kept(office.home, ON)
    for number in range(VARIANTS + 1):
        kept.add(ONE, f"key {number}", ROLES)
    kept.add("gone", "key", ROLES)
    kept.save(ALL)
    again = Kept(office.home, ON + MAX_AGE)
    assert [again.get(ONE, f"key {number}") for number in range(VARIANTS + 1)] == [None, *[ROLES] * VARIANTS]
    assert again.get("gone", "key") is None and again.get(ONE, None) is None
    for day in (ON + MAX_AGE + timedelta(days=1), ON - timedelta(days=1)):
        assert Kept(office.home, day).get(ONE, f"key {VARIANTS}") is None


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda document: "",
        lambda document: "{",
        lambda document: "[]",
        lambda document: "\x00\xff",
        lambda document: json.dumps(document | {"schema": 2}),
        lambda document: json.dumps(document | {"hosts": []}),
        lambda document: json.dumps(document | {"hosts": {ONE: [{"key": "key"}]}}),
        lambda document: json.dumps(document | {"hosts": {ONE: [{"key": "key", "made": "2021-06-01", "digests": {}}]}}),
        lambda document: json.dumps(document | {"hosts": {ONE: [{"key": "key", "made": "2021-06-01", "digests": {"base": {}}}]}}),
        lambda document: json.dumps(document | {"hosts": {ONE: [{"key": "key", "made": "2021-06-01", "digests": {"base": {"a": 1}}}]}}),
        lambda document: json.dumps(document | {"hosts": {ONE: [{"key": "key", "made": "soon", "digests": ROLES}]}}),
    ],
)
def test_a_file_of_another_shape_is_as_if_it_were_not_there(office: Office, spoilt: Callable[[dict[str, Any]], str]) -> None:
    kept = Kept(office.home, ON)
    kept.add(ONE, "key", ROLES)
    kept.save(ALL)
    office.home.plan.write_text(spoilt(json.loads(office.home.plan.read_text())), encoding="latin-1")
    kept = Kept(office.home, ON)
    assert kept.get(ONE, "key") is None
    kept.add(ONE, "key", ROLES)
    kept.save(ALL)
    assert Kept(office.home, ON).get(ONE, "key") == ROLES
