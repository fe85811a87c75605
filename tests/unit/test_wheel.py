"""The wheel alone, away from the checkout: everything that the commands read travels inside it."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.inventories import copied

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TRAVELS = ("templates", "playbooks", "roles", "plugins", "inventory/standards")
SCRIPTS = {"ketnoi", "ketnoi-reach", "ketnoi-ssh", "ketnoi-hub", "ketnoi-measure", "edge-agent"}

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, whose other packages are those of the test's own; `run` works from `folder`."""

    bin: Path
    folder: Path

    def run(self, script: str, *arguments: str, **environment: str) -> Done:
        base = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ANSIBLE_", "KETNOI_"))}
        base |= {"HOME": str(self.folder), "KETNOI_HOME": str(self.folder / "home"), "KETNOI_LANG": "en", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [str(self.bin / script), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            env=base | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def data(self, name: str) -> Path:
        done = self.run("python", "-c", f"from province.paths import data; print(data({name!r}))")
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    def ansible(self, command: str, *arguments: str) -> Done:
        return self.run("python", "-m", "ansible", command, *arguments, ANSIBLE_CONFIG=str(self.data("ansible.cfg")))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    _must(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    bin_folder = folder / "venv" / "bin"
    (file,) = folder.glob("*.whl")
    _must(sys.executable, "-m", "pip", "--python", str(bin_folder / "python"), "install", "-q", "--no-index", "--no-deps", str(file))
    (library,) = (folder / "venv").glob("lib/python*/site-packages")
    # A path named in a .pth adds its packages, not its own .pth files: the checkout, editable there, stays out of sight.
    (library / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    copied(elsewhere)
    return Installed(bin_folder, elsewhere)


def _must(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def files(folder: Path) -> set[Path]:
    return {
        file.relative_to(folder)
        for file in folder.rglob("*")
        if file.is_file() and not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(file.parts)
    }


def test_no_package_comes_from_the_checkout(wheel: Installed) -> None:
    names = ["province", "edge_agent", "lab", "bootstrap"]
    done = wheel.run("python", "-c", f"import {', '.join(names)}; print(*({', '.join(f'{n}.__file__' for n in names)}))")
    assert done.returncode == 0, done.stderr
    assert all(Path(file).is_relative_to(wheel.bin.parent) for file in done.stdout.split()), done.stdout


@pytest.mark.parametrize("name", TRAVELS)
def test_all_that_the_commands_read_is_inside(wheel: Installed, name: str) -> None:
    inside = wheel.data(name)
    assert inside.is_relative_to(wheel.bin.parent)
    assert files(inside) == files(ROOT / name) != set()


def test_every_script_starts(wheel: Installed) -> None:
    assert {each.name for each in wheel.bin.iterdir()} >= SCRIPTS
    for command in (["ketnoi"], ["ketnoi-hub"], ["edge-agent"], ["python", "-m", "lab"], ["python", "-m", "lab.camera"]):
        done = wheel.run(*command, "--help")
        assert (done.returncode, done.stderr) == (0, ""), command
    for script in ("ketnoi-reach", "ketnoi-measure"):
        done = wheel.run(script)
        assert done.returncode == 2 and "Traceback" not in done.stderr, "nothing was asked of it"


def test_pyinfra_runs_the_project_of_the_wheel(wheel: Installed) -> None:
    where = wheel.run("python", "-c", "from province.bootstrap.process import deploy_file; print(deploy_file('claim').parents[1])")
    project = Path(where.stdout.strip())
    assert project.is_relative_to(wheel.bin.parent) and files(project) == files(ROOT / "bootstrap")
    office = {"ssh_key": "/nowhere/key", "repository": "/nowhere", "repository_key": "/nowhere/key"}
    machine = {"name": "a-01", "kind": "box", "address": "127.0.0.1", "port": 9, "macs": [], "certificates": {"box": "BD-1"}}
    (wheel.folder / "machines.json").write_text(json.dumps({"office": office, "machines": [machine]}))
    (wheel.folder / "inventory.py").write_text("from bootstrap.inventory import read\n\nmachines = read(__file__)\n")
    for deploy in ("look", "claim", "enrol"):
        done = wheel.run("python", "-m", "pyinfra", "-y", "inventory.py", str(project / "deploys" / f"{deploy}.py"))
        assert done.returncode == 1 and "[a-01] Could not connect" in done.stderr and "Traceback" not in done.stderr


def test_an_inventory_is_checked_and_initialised(wheel: Installed) -> None:
    checked = wheel.run("ketnoi", "check", "-i", "binh-dinh", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["facilities"] == 40
    made = wheel.run("ketnoi", "init", "-i", "binh-dinh")
    assert made.returncode == 0, made.stderr
    assert (wheel.folder / "binh-dinh" / "vault" / "an-nhon-01.yml").is_file()


def test_schemas_are_those_of_the_checkout(wheel: Installed) -> None:
    done = wheel.run("ketnoi", "schema", "--out", "schema")
    assert done.returncode == 0, done.stderr
    made, kept = wheel.folder / "schema", ROOT / "docs" / "schema"
    assert files(made) == files(kept)
    assert all((made / name).read_text() == (kept / name).read_text() for name in files(kept))


def test_ansible_finds_plugins_roles_and_playbooks(wheel: Installed) -> None:
    shown = wheel.ansible("inventory", "-i", "binh-dinh", "--graph", "area_an_nhon")
    assert shown.returncode == 0, shown.stderr
    assert [line.strip(" |-") for line in shown.stdout.splitlines()] == ["@area_an_nhon:", "an-nhon-01", "an-nhon-02", "an-nhon-03"]
    for playbook in ("site", "hub", "verify"):
        done = wheel.ansible("playbook", "-i", "binh-dinh", "--syntax-check", str(wheel.data(f"playbooks/{playbook}.yml")))
        assert done.returncode == 0, f"{playbook}: {done.stderr}"


def test_a_role_runs_as_far_as_it_can_without_a_box(wheel: Installed) -> None:
    wheel.run("ketnoi", "init", "-i", "binh-dinh")
    planned = ("-e", "ketnoi_plan_only=true", "-e", "site_hub_check=false", "-e", "ansible_become=false", "-c", "local")
    roles = ("--tags", "cameras", "--skip-tags", "base,agent,tunnel,network,recorders,switches")
    done = wheel.ansible("playbook", "-i", "binh-dinh", "--limit", "area_an_nhon", *planned, *roles, str(wheel.data("playbooks/site.yml")))
    assert done.returncode == 0, done.stdout + done.stderr
    recap = done.stdout.partition("PLAY RECAP")[2].splitlines()[1:]
    assert {line.split()[0] for line in recap if line.strip()} == {"an-nhon-01", "an-nhon-02", "an-nhon-03"}
