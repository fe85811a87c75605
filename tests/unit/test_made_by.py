"""A task that names no part counts all the same: by the files of its role, and by the variables that it names."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from province.model import load
from province.office import enrolment
from province.paths import data
from province.rollout import inventory as ansible_inventory
from province.rollout import made_by
from province.rollout.watch import ansible_environment
from tests.unit.test_roles_site import CODE, Office, office

pytestmark = pytest.mark.slow
__all__ = ["office"]

COPY = """
- name: Leave a note
  ansible.builtin.copy:
    dest: /etc/ketnoi/note
    content: "{{ network_note }}"
    mode: "0644"
"""
PLAN = "import pathlib, province.rollout.rendered as r; r.data = lambda name: pathlib.Path({root!r}) / name; r.main()"


class Code:
    """A copy of what travels with the code, in which a test may change a role; `digests` is what a plan of it says of one box."""

    def __init__(self, folder: Path, office: Office) -> None:
        self.root, self.office = folder, office
        for name in ("roles", "playbooks", "plugins"):
            shutil.copytree(data(name), folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(data("ansible.cfg"), folder)

    def before(self, role: str, text: str) -> None:
        """A task before those that the role has."""
        file = self.root / "roles" / role / "tasks" / "main.yml"
        file.write_text(text + file.read_text(encoding="utf-8"), encoding="utf-8")

    def digests(self, **variables: Any) -> dict[str, tuple[str, str]]:
        """Part -> (INPUT, MADE)."""
        file = self.office.inventory / "group_vars" / "all.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump({"base_edge_version": "1.0", "recorders_ffmpeg_version": "1.0", "network_note": "a", **variables}))
        province, _ = load(self.office.inventory)
        assert province
        enrolled = enrolment.read_all(self.office.inventory)
        listing = ansible_inventory.of(province, enrolled, self.office.home, date.today(), only=[CODE])
        handed = ansible_inventory.hand_over(listing, self.root / "listing.json")
        done = subprocess.run(
            [sys.executable, "-c", PLAN.format(root=str(self.root)), str(self.office.inventory)],
            input=json.dumps({"hosts": [CODE], "tags": {"site.yml": []}}),
            capture_output=True,
            text=True,
            env=os.environ | ansible_environment(self.office.inventory) | handed | {"ANSIBLE_CONFIG": str(self.root / "ansible.cfg")},
            check=True,
        )
        found: Mapping[str, Mapping[str, str]] = json.loads(done.stdout)["digests"][CODE]
        assert all(found.values())
        halves = {part: digest.split(made_by.SEPARATOR) for parts in found.values() for part, digest in parts.items()}
        return {part: (given, made) for part, (given, made) in halves.items()}


@pytest.fixture
def code(tmp_path: Path, office: Office) -> Code:
    return Code(tmp_path / "code", office)


def moved(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]], half: int) -> set[str]:
    return {part for part in before if before[part][half] != after[part][half]}


def test_an_ordinary_task_in_a_role_has_every_box_visited_for_that_role(code: Code) -> None:
    first = code.digests()
    assert code.digests(network_note="b") == first, "nobody reads it yet"
    code.before("network", COPY)
    second = code.digests()
    assert moved(first, second, 1) == {"network"}
    third = code.digests(network_note="b")
    assert moved(second, third, 0) == {"network"} and moved(second, third, 1) == set()
    assert moved(second, code.digests(), 0) == set()


def test_what_an_ordinary_template_is_made_of_counts_too(code: Code) -> None:
    code.before("network", "\n- {name: Leave a note, ansible.builtin.template: {src: note.j2, dest: /etc/ketnoi/note}}\n")
    templates = code.root / "roles" / "network" / "templates"
    templates.mkdir()
    (templates / "note.j2").write_text("{{ network_note }}")
    assert moved(code.digests(), code.digests(network_note="b"), 0) == {"network"}


def test_what_ordinary_tasks_of_the_hub_are_given_is_the_same_in_a_plan_as_in_a_run(office: Office) -> None:
    """A run knows more variables than a plan does; none of them may get into a digest."""
    repository = office.home.repository
    repository.mkdir(parents=True)
    (repository / "InRelease").write_text("signed")
    (repository / "ketnoi.asc").write_text("key")
    (office.inventory / "authority").mkdir()
    (office.inventory / "authority" / "crl.pem").write_text("none")
    (office.inventory / "host_vars").mkdir()
    (office.inventory / "host_vars" / "hub.yml").write_text("hub_packages: {ketnoi-hub: '1.0'}\n")
    done = office.play("-v", "--start-at-task", "Configure the services", book="hub.yml", host="hub")
    assert done.returncode == 0, done.stdout + done.stderr
    printed = {part: digest for digest, part in re.findall(r"digest: (\S+)\s+part: (\S+)", done.stdout)}
    assert set(printed) == {"hub.services", "hub.peers", "hub.admitted", "hub.collector"}
    planned = office.plan(["hub"], book="hub.yml")["hub"]["hub"]
    assert planned.keys() - printed.keys() == {"hub.packages"} and planned.items() >= printed.items()
    assert "hub_repository" in made_by.named(data("roles/hub")) and "hub_database" not in made_by.named(data("roles/hub"))


@pytest.mark.parametrize("folder", made_by.FOLDERS)
def test_every_file_of_a_role_counts_but_what_people_read(tmp_path: Path, folder: str) -> None:
    def made(*more: str) -> str:
        role = tmp_path / "-".join(["role", *more]).replace("/", "-")
        shutil.copytree(data("roles/hub"), role)
        for name in more:
            (role / name).parent.mkdir(exist_ok=True)
            (role / name).write_text("[]")
        return made_by.made_by(role, {})

    assert made(f"{folder}/more.yml") != made() == made("README.md")


def test_packages_are_by_what_a_part_is_made_and_not_what_it_is(code: Code) -> None:
    before, after = code.digests(), code.digests(base_edge_version="2.0")
    assert moved(before, after, 0) == set() and moved(before, after, 1) == {"base.packages"}


@pytest.mark.parametrize(
    ("task", "part"),
    [
        ("ketnoi_files: {part: base.files}", True),
        ("ketnoi_files: {files: []}", False),
        ("ansible.builtin.copy: {part: x}", False),
        ("ansible.builtin.script: create-database", False),
    ],
)
def test_only_a_task_of_ours_that_names_its_part_counts_by_itself(task: str, part: bool) -> None:
    assert made_by.is_part(yaml.safe_load(task)) is part


def test_a_task_in_a_block_is_found_with_what_the_block_says(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    text = (
        "- when: network_lan\n  block:\n    - ansible.builtin.command: echo {{ network_note }}\n  rescue:\n    - ketnoi_files: {part: a}\n"
    )
    (tmp_path / "tasks" / "main.yml").write_text(text)
    assert [made_by.is_part(task) for task in made_by.tasks(tmp_path)] == [False, True]
    assert {"network_lan", "network_note"} <= made_by.named(tmp_path)
