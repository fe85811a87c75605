"""No private member of somebody else's library: what a library may change without a word, it changes.

A name that begins with one underscore is ours only if this file defines it, or a module of ours that this file imports. By reading
alone; what a class of ours takes over from a foreign base is looked up in the classes themselves.
"""

import ast
import contextlib
import importlib
import inspect
import pkgutil
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("edge_agent", "province", "bootstrap", "lab", "bench")
FOLDERS = (*PACKAGES, "plugins", "tests")

PUBLIC = {
    "_asdict": "documented of every namedtuple",
    "_replace": "documented of every namedtuple",
    "_exit": "os._exit is documented",
    "_inner": "documented by pyinfra: how one operation uses another",
    "_value_1": "documented by zeep: what it calls an element that the WSDL leaves open (xsd:any)",
    "_attr_1": "documented by zeep: what it calls attributes that the WSDL leaves open (xsd:anyAttribute)",
}
"""Names that begin with an underscore and are public all the same."""
NAMED_ONCE = {
    ("edge_agent/devices/xmlsafe.py", "_Element"): "lxml has no public name for the class of an element",
}
"""What has no public way at all, each in one file; a test below says that it is there still."""


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name.strip("_") != "" and name not in PUBLIC


@dataclass(frozen=True)
class Use:
    """Of a private name: `owner`, what it is asked of (None: it is imported), and the class in which it is asked."""

    line: int
    owner: ast.expr | None
    name: str
    within: str


class Module(ast.NodeVisitor):
    """A file of ours: the private names that it gives to its top and to its classes' members, what it imports and what it uses."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.tops: set[str] = set()
        self.members: dict[str, set[str]] = {}
        self.imports: dict[str, str] = {}
        self.uses: list[Use] = []
        self._within = ""
        self.visit(ast.parse(text))

    def neighbours(self) -> list["Module"]:
        """The modules of ours that this one imports; for a test also those of the conftest.py beside it, whose fixtures it gets."""
        found = [there for dotted in self.imports.values() if (there := module_of(dotted))]
        for folder in self.path.parents:
            conftest = modules().get(folder / "conftest.py")
            if conftest not in (None, self) and folder.is_relative_to(ROOT / "tests"):
                assert conftest
                found += [conftest, *(there for dotted in conftest.imports.values() if (there := module_of(dotted)))]
        return found

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._define(node.name)
        around, self._within = self._within, node.name
        self.members.setdefault(node.name, set())
        self.generic_visit(node)
        self._within = around

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._define(node.name)
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._define(node.name)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._define(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if private(node.attr):
            of_itself = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if isinstance(node.ctx, ast.Store) and of_itself and self._within:
                self.members[self._within].add(node.attr)
            self.uses.append(Use(node.lineno, node.value, node.attr, self._within))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr", "hasattr", "delattr"):
            name = node.args[1].value if isinstance(node.args[1], ast.Constant) else ""
            if private(str(name)):
                self.uses.append(Use(node.lineno, node.args[0], str(name), self._within))
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imports[alias.asname or alias.name.split(".")[0]] = alias.name
            self._imported(node.lineno, alias.name, alias.name.split("."))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            self.imports[alias.asname or alias.name] = f"{module}.{alias.name}"
        self._imported(node.lineno, module, [*module.split("."), *(alias.name for alias in node.names)])

    def _define(self, name: str) -> None:
        if private(name):
            (self.members[self._within] if self._within else self.tops).add(name)

    def _imported(self, line: int, dotted: str, names: list[str]) -> None:
        if dotted.split(".")[0] not in FOLDERS:
            self.uses += [Use(line, None, name, "") for name in names if private(name)]


@cache
def modules() -> dict[Path, Module]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path: Module(path, path.read_text(encoding="utf-8")) for path in paths}


@cache
def by_bare_name() -> dict[str, Module]:
    """Tests, and what runs on a box, import their neighbours by name alone."""
    return {path.stem: each for path, each in modules().items() if path.relative_to(ROOT).parts[0] in ("tests", "plugins")}


@cache
def module_of(dotted: str) -> Module | None:
    """The file of ours that `dotted`, or what it is in, comes from."""
    for place in (ROOT.joinpath(*dotted.split(".")), ROOT.joinpath(*dotted.split(".")[:-1])):
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path in modules():
                return modules()[path]
    return by_bare_name().get(dotted.split(".")[0])


def foreign(module: Module) -> list[tuple[int, str]]:
    """(line, name) of each use of a private member that is not ours."""
    near = module.neighbours()
    anybody = set().union(*module.members.values(), *(names for each in near for names in each.members.values()))

    def ours(use: Use) -> bool:
        owner = use.owner
        if owner is None:
            return False
        if isinstance(owner, ast.Name) and owner.id in module.imports:
            there = module_of(module.imports[owner.id])
            return there is not None and use.name in there.tops.union(*there.members.values())
        if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super":
            kinds = [(each, kind, names) for each in (module, *near) for kind, names in each.members.items()]
            return any(use.name in names for each, kind, names in kinds if (each, kind) != (module, use.within))
        return use.name in anybody

    return [(use.line, use.name) for use in module.uses if not ours(use)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_private_member_of_another_library_is_used(folder: str) -> None:
    looked = [each for path, each in modules().items() if path.is_relative_to(ROOT / folder)]
    assert looked, f"{folder}: nothing was read"
    found = [(each.name, line, what) for each in looked for line, what in foreign(each)]
    assert [one for one in found if (one[0], one[2]) not in NAMED_ONCE] == []


@pytest.mark.parametrize("place", NAMED_ONCE, ids=lambda place: place[1])
def test_what_has_no_public_way_is_named_in_one_place(place: tuple[str, str]) -> None:
    path, name = place
    assert [what for _, what in foreign(modules()[ROOT / path])] == [name]


def test_an_element_of_lxml_is_still_what_we_call_it() -> None:
    from lxml import etree

    from edge_agent.devices.xmlsafe import Element

    assert isinstance(etree.fromstring("<a/>"), Element) and isinstance(etree.Element("a"), Element)


UNPROMISED = ("ansible.playbook", "ansible.vars", "ansible.inventory", "ansible.executor", "ansible.parsing.dataloader")
"""Ansible's Python interface, which it documents and does not promise to keep. A plugin is handed some of it, and may name what it is."""


def test_what_ansible_does_not_promise_to_keep_is_used_in_one_file_which_says_why() -> None:
    path = ROOT / "province" / "rollout" / "rendered.py"
    ours = {each for each in modules().values() if each.name.split("/")[0] in PACKAGES}
    users = {each.name for each in ours if any(name.startswith(UNPROMISED) for name in each.imports.values())}
    assert users == {str(path.relative_to(ROOT))} and "may change with a release" in path.read_text(encoding="utf-8")


@cache
def given(kind: type) -> set[str]:
    """The private members that a class gives itself."""
    names = {name for name in vars(kind) if private(name)}
    with contextlib.suppress(OSError, TypeError):  # compiled: what it has is in vars
        names |= Module(ROOT / "source", textwrap.dedent(inspect.getsource(kind))).members[kind.__name__]
    return names


MADE_BY_PYTHON = {"_abc_impl", "_is_protocol", "_is_runtime_protocol"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_class_takes_the_place_of_a_private_member_of_its_foreign_base(package: str) -> None:
    """Of the classes that modules have; not of those that functions make."""
    names = [package, *(each.name for each in pkgutil.walk_packages([str(ROOT / package)], f"{package}."))]
    found = set()
    for name in names:
        if name.endswith("__main__"):
            continue
        for kind in vars(importlib.import_module(name)).values():
            if isinstance(kind, type) and kind.__module__ == name:
                bases = [base for base in kind.__mro__[1:] if base.__module__.split(".")[0] not in PACKAGES]
                found |= {(name, kind.__name__, member) for base in bases for member in given(kind) & given(base) - MADE_BY_PYTHON}
    assert sorted(found) == []


@pytest.mark.parametrize(
    "text",
    [
        "import x\nx._y",
        "import x\nx.Z()._y",
        "def f(z):\n    z._y = 1",
        "from x import Z\nclass A(Z):\n    def f(self): return self._y",
        "from x import Z\nclass A(Z):\n    def _y(self): return super()._y()",
        "from x import _y",
        "import x._y",
        "def f(z): return getattr(z, '_y')",
        "def _y(): ...\ndef f(z): z._y()",
    ],
)
def test_a_private_member_of_another_is_noticed(text: str) -> None:
    assert [what for _, what in foreign(Module(ROOT / "province" / "nowhere.py", text))] == ["_y"]


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    def __init__(self): self._y = 1\ndef f(a): return a._y",
        "class A:\n    _y: int = 1\nclass B(A):\n    def f(self): return self._y + super()._y",
        "from province import text\ntext._asdict",
        "a.__dict__, a._, a._replace()",
    ],
)
def test_our_own_and_what_is_public_may_be_used(text: str) -> None:
    assert list(foreign(Module(ROOT / "province" / "nowhere.py", text))) == []
