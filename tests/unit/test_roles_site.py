"""site.yml over the sample province, asked only for its digests: everything is rendered, and nobody is called."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from province.model import load
from province.office import enrolment, vaults
from province.office.home import Home
from province.paths import data
from province.rollout import digests, made_by
from province.rollout.rendered import Digests
from tests.unit.box_values import VAULT

pytestmark = pytest.mark.slow

CODE = "an-nhon-01"
PARTS = {"base.packages", "base.files", "agent", "tunnel", "network", "switches", "cameras", "recorders.box", "recorders"}
HUB = {
    "code": "hub",
    "host_key": "ssh-ed25519 " + "A" * 68,
    "lifeline_host_key": "ssh-ed25519 " + "B" * 68,
    "wireguard_public_key": "aHViaHViaHViaHViaHViaHViaHViaHViaHViaHViaHU=",
}


class Office:
    """A copy of the sample province with an office of its own; `digests` runs site.yml for one facility."""

    def __init__(self, folder: Path) -> None:
        self.inventory = folder / "binh-dinh"
        shutil.copytree(
            data("inventory/binh-dinh"), self.inventory, ignore=shutil.ignore_patterns("vault", "enrolled", "authority", "retired")
        )
        self.home = Home.of(self.inventory)
        self.home.ensure()
        vaults.create_secret(self.home)
        admin = {"user": "admin", "password": "SwitchCanary1aaa"}
        self.vault: dict[str, Any] = {
            "cameras": {str(slot): copy.deepcopy(VAULT["cameras"]["1"]) for slot in range(1, 5)},
            "recorders": {"20": copy.deepcopy(VAULT["cameras"]["2"])},
            "switches": {"30": {"admin": admin}},
        }
        self.save()
        (self.inventory / "enrolled").mkdir()
        (self.inventory / "enrolled" / "hub.yml").write_text(yaml.safe_dump(HUB))

    def save(self) -> None:
        vaults.write_vault(self.home, self.inventory, CODE, self.vault)

    def play(self, *arguments: str, book: str = "site.yml", host: str = CODE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(self.inventory / "province.yml")),
                *(
                    str(data(f"playbooks/{book}")),
                    "--limit",
                    host,
                    "-e",
                    "ketnoi_plan_only=true",
                    "-e",
                    "base_edge_version=1.0 recorders_ffmpeg_version=1.0",
                    *arguments,
                ),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "ANSIBLE_CONFIG": str(data("ansible.cfg")), "ANSIBLE_NOCOLOR": "1", "KETNOI_LANG": "en"},
            check=False,
        )

    def digests(self, *arguments: str) -> dict[str, str]:
        done = self.play("-v", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return {part: digest for digest, part in re.findall(r"digest: (sha256:[\w+]+)\s+part: (\S+)", done.stdout)}

    def plan(self, codes: list[str], *tags: str, book: str = "site.yml") -> Digests:
        """What a plan compares, of one playbook alone."""
        province, faults = load(self.inventory)
        assert province and not faults
        return digests.ours(province, enrolment.read_all(self.inventory), codes, {book: tags})


def test_every_role_is_in_a_play() -> None:
    plays = [play for name in ("site", "hub") for play in yaml.safe_load(data(f"playbooks/{name}.yml").read_text(encoding="utf-8"))]
    listed = [each if isinstance(each, str) else each["role"] for play in plays for each in play.get("roles", [])]
    assert sorted(listed) == sorted(path.name for path in data("roles").iterdir() if path.is_dir())


def test_what_a_plan_goes_by_is_remembered_after_every_task_of_its_role() -> None:
    """An ordinary task counts by its role's parts: one has to come after it, whenever it ran, and only if it went well."""
    for role in sorted(path for path in data("roles").iterdir() if path.is_dir()):
        listed = list(made_by.tasks(role))
        assert not [task for task in listed if "notify" in task], f"{role.name}: a handler runs after all parts are remembered"
        assert "rescue:" not in "".join(file.read_text() for file in (role / "tasks").iterdir()), (
            f"{role.name}: a failure must end the visit"
        )
        for place, task in enumerate(listed):
            if made_by.is_part(task):
                continue
            name = f"{role.name}: {task['name']}"
            assert not {"ignore_errors", "failed_when"} & set(task), f"{name}: its failure must end the visit"
            later = [each for each in listed[place:] if made_by.is_part(each) and "when" not in each]
            tags = set(task.get("tags", ()))
            assert [each for each in later if set(each.get("tags", ())) <= tags], f"{name}: no part comes after it"


def test_the_hub_says_whom_it_lets_in_only_when_it_does() -> None:
    """site.yml goes by it: killed in between, a hub that has the new list on its disk still runs with the old one."""
    listed = [task for task in made_by.tasks(data("roles/hub")) if "peers" in task.get("tags", ())]
    says = [n for n, task in enumerate(listed) if "peers.digest" in str(task["ketnoi_files"]["files"])]
    does = [n for n, task in enumerate(listed) if task["ketnoi_files"].get("units")]
    assert does and len(says) == 1 and max(does) < says[0]


def test_plays_change_nothing_but_by_their_roles() -> None:
    """Beside roles nothing is in a digest."""
    harmless = {"ansible.builtin.assert", "ansible.builtin.include_role", "ketnoi_peers_current", "ketnoi_variables", "ketnoi_verify"}
    for file in sorted(data("playbooks").glob("*.yml")):
        for play in yaml.safe_load(file.read_text(encoding="utf-8")):
            for task in [each for kind in ("pre_tasks", "tasks", "post_tasks", "handlers") for each in play.get(kind, [])]:
                assert harmless & set(task), f"{file.name}: {task['name']}: put it into a role"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    return Office(tmp_path)


def test_every_part_of_a_box_has_a_digest_that_depends_on_its_own_input_alone(office: Office) -> None:
    first = office.digests()
    assert set(first) == PARTS
    office.vault["cameras"]["2"]["viewer"]["password"] = "AnotherCanary1bb"
    office.save()
    second = office.digests()
    assert {part for part in PARTS if first[part] != second[part]} == {"agent", "cameras", "recorders"}
    third = office.digests("-e", '{"network_extra_rules": ["tcp dport 4444 accept"]}')
    assert {part for part in PARTS if second[part] != third[part]} == {"network"}


@pytest.mark.parametrize(
    ("given", "named", "said"),
    [
        ("cameras_encoder={'fps': 20}", "cameras_encoder", "is not a mapping of names to values"),
        ('{"cameras_encoder": {"fsp": 20}}', "cameras_encoder.fsp", "there is no such field, but codec, width"),
        ('{"cameras_encoder": {"fps": 5}}', "cameras_encoder.fps", "does not meet the standard's check rate"),
        ("recorders_settings={'days':45}", "recorders_settings", "is not a mapping of names to values"),
    ],
)
def test_what_is_wrong_with_a_variable_is_said_before_the_first_role_begins(office: Office, given: str, named: str, said: str) -> None:
    done = office.play("-e", given)
    assert done.returncode == 2
    assert f"{named}: " in done.stdout and said in done.stdout and "mend it in group_vars" in done.stdout, done.stdout
    assert "TASK [base" not in done.stdout and "TASK [Look at what was chosen" in done.stdout


def test_a_threshold_of_the_province_s_own_standard_reaches_what_devices_converge_to(office: Office) -> None:
    first = office.digests()
    own = "overrides:\n- {id: %s, threshold: {%s}, reason: r, by: b}\n"
    (office.inventory / "standard.yml").write_text(own % ("sub_stream", "most_height: 480"))
    second = office.digests()
    assert {part for part in PARTS if first[part] != second[part]} == {"cameras"}
    (office.inventory / "standard.yml").write_text(own % ("days_kept", "days: 45"))
    third = office.digests()
    assert {part for part in PARTS if first[part] != third[part]} == {"recorders"}, "this facility's own recorder keeps it"


def test_the_digests_of_a_plan_are_those_that_ansible_would_record(office: Office) -> None:
    variables = office.inventory / "group_vars" / "all.yml"
    variables.parent.mkdir()
    variables.write_text('base_edge_version: "1.0"\nrecorders_ffmpeg_version: "1.0"\nnetwork_extra_rules: [tcp dport 4444 accept]\n')
    found = office.plan([CODE])
    assert list(found) == [CODE]
    assert {part: digest for parts in found[CODE].values() for part, digest in parts.items()} == office.digests()
    narrowed = office.plan([CODE], "agent")
    assert narrowed == {CODE: {"agent": found[CODE]["agent"]}}


def test_a_variable_may_ask_for_other_facilities(office: Office) -> None:
    variables = office.inventory / "group_vars" / "all.yml"
    variables.parent.mkdir()
    there = "agent_settings: {note: \"{{ hostvars['an-nhon-02'].ketnoi_facility.name }}, {{ groups['boxes'] | length }}\"}\n"
    variables.write_text(f'base_edge_version: "1.0"\nrecorders_ffmpeg_version: "1.0"\n{there}')
    found = office.plan([CODE])[CODE]
    assert all(found.values()) and {part: each for parts in found.values() for part, each in parts.items()} == office.digests()


def test_another_box_in_its_place_has_converged_to_nothing_yet(office: Office) -> None:
    def enrolled(host_key: str) -> set[str]:
        record = {
            "code": CODE,
            "id": "BD-0001",
            "number": 1,
            "host_key": f"ssh-ed25519 {host_key * 68}",
            "wireguard_public_key": "w",
            "lifeline_public_key": "l",
        }
        (office.inventory / "enrolled" / f"{CODE}.yml").write_text(yaml.safe_dump(record))
        return set(office.digests("-e", "ketnoi_peers_digest=same").values())

    assert not enrolled("A") & enrolled("B")


def test_a_vault_that_cannot_be_read_stops_no_other_facility_s_plan(office: Office) -> None:
    variables = office.inventory / "group_vars" / "all.yml"
    variables.parent.mkdir()
    variables.write_text('base_edge_version: "1.0"\nrecorders_ffmpeg_version: "1.0"\n')
    (office.inventory / "vault" / "an-nhon-02.yml").write_text("rubbish")
    found = office.plan([CODE, "an-nhon-02"])
    assert all(found[CODE].values()) and set(found["an-nhon-02"]) == set(found[CODE]) and not any(found["an-nhon-02"].values())


def test_a_rollout_visits_of_each_box_the_roles_of_its_plan(office: Office) -> None:
    assert set(office.digests("-e", json.dumps({"site_visit": {CODE: ["tunnel", "cameras"]}}))) == {"tunnel", "cameras"}


def test_planning_calls_nobody_and_shows_no_password(office: Office) -> None:
    done = office.play("-vvvv", "--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "EXEC" not in done.stdout
    assert not [account for account in office.vault["cameras"]["1"].values() if account["password"] in done.stdout + done.stderr]


def test_an_inventory_with_a_fault_is_refused_with_its_place(office: Office) -> None:
    file = office.inventory / "areas" / "an-nhon.yml"
    file.write_text(file.read_text().replace("number: 2\n", "number: 1\n", 1))
    done = office.play()
    assert done.returncode != 0 and "an-nhon.yml:" in done.stdout + done.stderr
