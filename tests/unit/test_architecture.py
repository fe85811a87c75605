"""Who may lean on whom. The house stands as long as these hold."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("edge_agent", "province", "lab", "bootstrap", "bench")
ALLOWED = {
    "edge_agent": {"edge_agent"},
    "province": {"province", "edge_agent.contract"},
    "bootstrap": {"bootstrap"},
    "lab": {"lab"},
}


LAYERS = {
    "province": (
        ("cli",),
        ("commands",),
        ("report",),
        ("judging", "hub"),
        ("measure", "survey", "switches", "bootstrap"),
        ("reach", "rollout"),
        ("office", "documents"),
        ("model",),
        ("standard",),
        ("source", "paths"),
        ("fault", "user_error"),
        ("text", "files", "collation", "names", "data"),
    ),
    "province.survey": (
        ("sheets", "scan"),
        ("workbook", "writing"),
        ("matching",),
        ("reading",),
    ),
    "edge_agent": (
        ("cli",),
        ("daemon", "survey"),
        ("devices", "guard", "recorder"),
        ("orders", "streams"),
        ("system",),
        ("contract",),
    ),
}
"""From the top down. A room (a package, or a file at the top of one) imports only rooms of layers below its own."""
NEVER = {"province.measure": "province.rollout"}
"""What the layers alone would allow. Measuring takes nothing from what configures, or both would make the same mistake."""

Graph = Mapping[str, Set[str]]
"""A module, or a room -> those that it imports."""


def graph(root: Path, packages: Iterable[str]) -> dict[str, set[str]]:
    """The modules of these packages and what each imports of them, wherever in the file it stands: in a function, or for types alone."""
    files = {_dotted(path.relative_to(root)): path for package in packages for path in sorted((root / package).rglob("*.py"))}
    return {module: set(_imported(path, files)) - {module} for module, path in files.items()}


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, known: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: imports stand in full, not relative"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield from (each for each in (name if name in known else node.module,) if each in known)


def circle(arrows: Graph) -> list[str]:
    """One circle, each of it importing the next; empty where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as found:
        return list(reversed(found.args[1]))
    return []


def rooms(modules: Graph, package: str) -> dict[str, set[str]]:
    """The package's rooms, and which of its rooms each imports."""
    found: dict[str, set[str]] = {}
    for module, imported in modules.items():
        for room in _rooms_of([module], package):
            found.setdefault(room, set()).update(_rooms_of(imported, package) - {room})
    return found


def _rooms_of(names: Iterable[str], package: str) -> set[str]:
    return {name.removeprefix(f"{package}.").split(".")[0] for name in names if name.startswith(f"{package}.")}


def climbs(arrows: Graph, layers: Sequence[Sequence[str]]) -> list[str]:
    """The arrows that do not go down."""
    depth = {room: number for number, layer in enumerate(layers) for room in layer}
    return [f"{one} -> {other}" for one in sorted(arrows) for other in sorted(arrows[one]) if depth[other] <= depth[one]]


@pytest.fixture(scope="module")
def modules() -> dict[str, set[str]]:
    return graph(ROOT, OURS)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_it_may(modules: Graph, package: str) -> None:
    def inside(name: str, folder: str) -> bool:
        return name == folder or name.startswith(f"{folder}.")

    own = {module: imported for module, imported in modules.items() if inside(module, package)}
    assert any(own.values()), f"{package}: nothing was read"
    may = ALLOWED[package]
    assert [f"{module}: {name}" for module in own for name in own[module] if not any(inside(name, each) for each in may)] == []


def test_no_modules_import_each_other_in_a_circle(modules: Graph) -> None:
    assert circle(modules) == []


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_every_room_has_its_layer_and_imports_only_what_is_below(modules: Graph, package: str) -> None:
    found = rooms(modules, package)
    assert sorted(found) == sorted(room for layer in LAYERS[package] for room in layer)
    assert climbs(found, LAYERS[package]) == []


@pytest.mark.parametrize("package", ["province", "edge_agent"])
def test_the_page_of_the_architecture_draws_these_layers(package: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(rf"<!-- layers {package}:begin -->\n(.*?)<!-- layers {package}:end -->", page, re.DOTALL)
    assert drawn
    rows = [line.split("|")[1] for line in drawn[1].splitlines()[2:]]
    assert [tuple(re.findall(r"`(\w+)`", row)) for row in rows] == list(LAYERS[package])


@pytest.mark.parametrize("one", sorted(NEVER))
def test_what_must_stay_apart_does(modules: Graph, one: str) -> None:
    own = [module for module in modules if module.startswith(f"{one}.")]
    assert own
    assert [f"{module}: {name}" for module in own for name in modules[module] if name.startswith(NEVER[one])] == []


@pytest.mark.parametrize(
    "text",
    [
        "from p.b import name",
        "from p import b",
        "import p.b",
        "def late():\n    from p.b import name",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.b import name",
    ],
)
def test_a_wrong_import_is_seen_wherever_it_stands(tmp_path: Path, text: str) -> None:
    (tmp_path / "p").mkdir()
    for name, content in (("__init__", ""), ("a", text), ("b", "import p.a")):
        (tmp_path / "p" / f"{name}.py").write_text(content)
    found = graph(tmp_path, ["p"])
    assert found == {"p": set(), "p.a": {"p.b"}, "p.b": {"p.a"}}
    assert set(circle(found)) == {"p.a", "p.b"}
    assert climbs(rooms(found, "p"), (("b",), ("a",))) == ["a -> b"]


def test_rooms_of_one_layer_do_not_import_each_other() -> None:
    assert climbs({"a": {"b"}, "b": set()}, (("a", "b"),)) == ["a -> b"]
    assert climbs({"a": {"c"}, "b": {"c"}, "c": set()}, (("a", "b"), ("c",))) == []


@pytest.mark.parametrize("module", sorted((ROOT / "plugins" / "modules").glob("*.py")), ids=lambda path: path.name)
def test_an_ansible_module_is_a_thin_face(module: Path) -> None:
    """It documents; the work is the action's."""
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    assert [type(node).__name__ for node in ast.parse(text).body if not isinstance(node, ast.Expr | ast.Assign)] == []


def test_roles_and_playbooks_hold_no_python() -> None:
    assert [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.py")] == []


@pytest.mark.parametrize("role", sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir()), ids=lambda path: path.name)
def test_a_role_s_variables_carry_its_name_and_are_specified(role: Path) -> None:
    import yaml

    spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text()) or {}
    assert [name for name in defaults if not name.startswith(f"{role.name}_")] == []
    assert [name for name in defaults if name not in spec] == []


CHECKED = (*OURS, "tools", "plugins")
IGNORE = re.compile(r"#\s*type:\s*ignore")
REASONED = re.compile(r"# type: ignore\[[a-z, -]+\]  # \S")


def unreasoned(text: str) -> list[str]:
    """The comments that silence the type checker, but don't say which of its errors, and why."""
    comments = (token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT)
    return [token.string for token in comments if IGNORE.search(token.string) and not REASONED.match(token.string)]


@pytest.mark.parametrize(
    ("comment", "fine"),
    [
        ("# type: ignore[misc]  # the library says no types", True),
        ("# type: ignore[misc, arg-type]  # the same", True),
        ("# type: ignore[misc]", False),
        ("# type: ignore  # the library says no types", False),
        ("#type:ignore", False),
        ("# nothing", True),
    ],
)
def test_a_silenced_error_without_code_or_reason_is_seen(comment: str, fine: bool) -> None:
    assert (not unreasoned(f'x = 1  {comment}\ny = "# type: ignore"\n')) == fine


def test_what_silences_the_type_checker_says_which_error_and_why() -> None:
    files = [file for folder in (*CHECKED, "tests") for file in sorted((ROOT / folder).rglob("*.py"))]
    assert {str(file.relative_to(ROOT)): found for file in files if (found := unreasoned(file.read_text()))} == {}


def test_types_are_checked_strictly_and_everywhere() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["strict"] is True
    for each in settings["overrides"]:  # of libraries alone
        modules = [each["module"]] if isinstance(each["module"], str) else each["module"]
        assert not {module.split(".")[0] for module in modules} & {*CHECKED, "box", "box_files", "*"}
    command = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "/mypy " in line)
    assert set(CHECKED) <= set(command.split())
