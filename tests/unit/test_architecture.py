"""Who may lean on whom. The house stands as long as these hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("edge_agent", "province", "lab", "bootstrap", "bench")
ALLOWED = {
    "edge_agent": {"edge_agent"},
    "province": {"province", "edge_agent.contract", "bootstrap"},
    "bootstrap": {"bootstrap", "province"},
    "lab": {"lab"},
}


def imports(tree: Path) -> Iterator[tuple[Path, str]]:
    """(file, dotted name) of every import of our own packages below `tree`, wherever in the file it stands."""
    for path in sorted(tree.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)] if node.module in OURS else [node.module]
            yield from ((path.relative_to(ROOT), name) for name in names if name.split(".")[0] in OURS)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    def may(name: str) -> bool:
        return any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED[package])

    found = list(imports(ROOT / package))
    assert found, f"{package}: nothing was read"
    assert [f"{path}: {name}" for path, name in found if not may(name)] == []


@pytest.mark.parametrize("module", sorted((ROOT / "plugins" / "modules").glob("*.py")), ids=lambda path: path.name)
def test_an_ansible_module_is_a_thin_face(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) < 100


def test_roles_and_playbooks_hold_no_python() -> None:
    assert [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.py")] == []


@pytest.mark.parametrize("role", sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir()), ids=lambda path: path.name)
def test_a_role_s_variables_carry_its_name_and_are_specified(role: Path) -> None:
    import yaml

    spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text()) or {}
    assert [name for name in defaults if not name.startswith(f"{role.name}_")] == []
    assert [name for name in defaults if name not in spec] == []
