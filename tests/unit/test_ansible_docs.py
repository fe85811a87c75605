"""What `ansible-doc` says of our modules, filters and inventory plugin, and what roles say of their variables: whole, and true."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail

from province.paths import data
from province.rollout.arguments import documented, validated

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def filters() -> list[str]:
    """The names under which plugins/filter offers its functions."""
    spec = importlib.util.spec_from_file_location("ketnoi_filters", ROOT / "plugins" / "filter" / "ketnoi.py")
    assert spec and spec.loader
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    return sorted(module.FilterModule().filters())


PLUGINS = [
    *(("module", name) for name in MODULES),
    *(("filter", name) for name in filters()),
    *(("inventory", path.stem) for path in sorted((ROOT / "plugins" / "inventory").glob("*.py"))),
]


@cache
def documents(kind: str) -> dict[str, dict[str, Any]]:
    """What ansible-doc reads of all of ours of one kind: name -> {"doc", "examples", "return"}."""
    names = [name for each, name in PLUGINS if each == kind]
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-doc"), "-t", kind, "-j", *names],
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_CONFIG": str(data("ansible.cfg"))},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def options(given: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every option and suboption: (path, option)."""
    for name, option in (given or {}).items():
        yield name, option
        yield from ((f"{name}.{inner}", each) for inner, each in options(option.get(key), key))


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_each_is_described_with_its_options_and_an_example(kind: str, name: str) -> None:
    page = documents(kind)[name]
    assert page["doc"]["short_description"] and page["doc"]["description"] and page["doc"]["author"]
    found = list(options(page["doc"].get("options", {}), "suboptions"))
    assert [path for path, option in found if not option.get("description") or not option.get("type")] == []
    assert [path for path, option in found if option["type"] == "list" and not option.get("elements")] == []
    example = yaml.safe_load(page["examples"])
    assert example or kind == "inventory", "an example that is only a comment shows no use"
    assert name in page["examples"] or kind == "inventory"
    if kind != "inventory":
        assert page["return"] and all(value["description"] and value["type"] for value in page["return"].values())


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_how_it_is_in_check_mode_with_diff_and_run_again(name: str) -> None:
    attributes = documents("module")[name]["doc"]["attributes"]
    assert set(attributes) == {"check_mode", "diff_mode", "idempotent"}
    assert all(each["description"] and each["support"] in ("full", "partial", "none") for each in attributes.values())
    assert attributes["check_mode"]["support"] == attributes["idempotent"]["support"] == "full", "no role could be planned else"


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_a_module_what_it_takes(name: str) -> None:
    for task in yaml.safe_load(documents("module")[name]["examples"]):
        given = {key: {} if value in ("{{ ketnoi_facility }}", "{{ ketnoi_standard }}") else value for key, value in task[name].items()}
        assert set(validated(name, documented(name), given)) >= set(given)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_task_may_be_given_is_what_ansible_doc_shows(name: str) -> None:
    shown = options(documents("module")[name]["doc"]["options"], "suboptions")
    taken = options(documented(name), "options")
    assert {path: option["type"] for path, option in taken} == {path: option["type"] for path, option in shown}


def test_every_module_has_its_action_and_every_file_a_name_of_ours() -> None:
    assert sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py")) == MODULES
    assert [name for _, name in PLUGINS if not name.startswith("ketnoi")] == []
    assert {path.stem for path in (ROOT / "plugins" / "filter").glob("*.yml")} == set(filters())


def test_a_mistake_in_what_a_task_is_given_is_named() -> None:
    files = documented("ketnoi_files")
    with pytest.raises(AnsibleActionFail, match="modus"):
        validated("ketnoi_files", files, {"files": [{"path": "/etc/x", "modus": "0644"}]})
    with pytest.raises(AnsibleActionFail, match="path"):
        validated("ketnoi_files", files, {"files": [{"content": "x"}]})
    encoder = {"encoder": documented("ketnoi_devices")["encoder"]}
    assert validated("ketnoi_devices", encoder, {"encoder": '{"codec": "h265"}'}) == {"encoder": {"codec": "h265"}}, "-e NAME='{...}'"
    with pytest.raises(AnsibleActionFail, match=r"ketnoi_devices.*'encoder'"):
        validated("ketnoi_devices", encoder, {"encoder": "nonsense"})
    assert validated("ketnoi_files", files, {"files": [{"path": "/x"}]}) == {"files": [{"path": "/x"}], "packages": {}, "units": []}


def test_what_the_inventory_gives_comes_through_as_it_is() -> None:
    given = {
        "kind": "recorders",
        "facility": {"code": "a", "mac": None},
        "standard": {"rate": {"fps": 15}},
        "ntp": "a",
        "timezone": "b",
        "services_off": [],
        "deadline_s": "9",
    }
    found = validated("ketnoi_devices", documented("ketnoi_devices"), given)
    assert found["facility"] == {"code": "a", "mac": None} and found["deadline_s"] == 9


OPEN = {
    "ketnoi_facility": "the inventory plugin and docs/schema/area.json describe it",
    "ketnoi_hub": "the inventory plugin describes it",
    "ketnoi_standard": "docs/standard.md: each check and its threshold",
    "agent_document": "edge_agent.daemon.config",
    "agent_settings": "edge_agent.daemon.config",
    "recorders_document": "edge_agent.recorder.settings",
    "recorders_settings": "edge_agent.recorder.settings",
    "base_packages": "names of packages",
    "hub_packages": "names of packages",
    "recorders_packages": "names of packages",
    "cameras_factory": "makes",
    "recorders_factory": "makes",
    "switches_factory": "makes",
}
"""Variables whose keys a role does not name: what they are, or where they are described."""


def specification(role: str) -> dict[str, Any]:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)["argument_specs"]["main"])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_describes_its_variables_down_to_their_fields(role: str) -> None:
    spec = specification(role)
    assert spec["short_description"]
    found = list(options(spec["options"], "options"))
    assert [path for path, option in found if not option.get("description") or not option.get("type")] == []
    assert [path for path, option in found if option["type"] == "list" and not option.get("elements")] == []
    made_of = [path for path, option in found if "dict" in (option["type"], option.get("elements"))]
    assert [path for path in made_of if not dict(found)[path].get("options") and path not in OPEN] == []


def test_no_variable_is_open_that_has_fields() -> None:
    known = {name: option for role in ROLES for name, option in specification(role)["options"].items()}
    assert [name for name in OPEN if name not in known or known[name].get("options")] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_default_that_a_role_s_specification_names_is_the_default(role: str) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    said = {name: option["default"] for name, option in specification(role)["options"].items() if "default" in option}
    assert {name: defaults.get(name) for name in said} == said


@pytest.mark.parametrize(
    ("role", "name"), [("network", "network_files"), ("recorders", "recorders_files"), ("recorders", "recorders_units")]
)
def test_files_and_units_of_a_role_have_the_fields_of_the_module(role: str, name: str) -> None:
    of_role, of_module = specification(role)["options"][name], documented("ketnoi_files")[name.rpartition("_")[2]]
    assert {field: option["type"] for field, option in of_role["options"].items()} == {
        field: option["type"] for field, option in of_module["options"].items()
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_readme_names_every_variable(role: str) -> None:
    """That its table is up to date is a test of test_docs.py."""
    readme = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert [name for name in specification(role)["options"] if f"| `{name}` |" not in readme] == []
