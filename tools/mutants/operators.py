"""Which changes are made: of Cosmic Ray's operators those whose result is still a program, and two of ours, for SQL and for calls."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Name

from tools.mutants import sql

Place = tuple[int, int]
_KEPT = re.compile(
    "core/(AddNot|NumberReplacer|ExceptionReplacer|ZeroIterationForLoop|Replace(TrueWithFalse|FalseWithTrue|AndWithOr|OrWithAnd"
    "|BreakWithContinue|ContinueWithBreak|UnaryOperator_(USub_UAdd|Delete_Not)|BinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul)"
    "|ComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In|(Lt|LtE|Gt|GtE)_(Lt|LtE|Gt|GtE))))"
)
"""Left out is what breaks on import or means the same: `is` for `==`, `|` in types, decorators taken away."""


@dataclass(frozen=True)
class Change:
    """The `occurrence`th of what `operator` can do in a file."""

    operator: str
    occurrence: int
    begin: Place


class Sql(Operator):  # type: ignore[misc]  # Cosmic Ray ships no types
    """Texts that are SQL, also those that stand in several lines or have a name in them."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Place, Place]]:
        for variant in _variants(node):
            line, column = node.start_pos
            before = node.value[: variant.begin]
            lines = before.count("\n")
            begin = (line + lines, len(before) - before.rfind("\n") - 1 if lines else column + variant.begin)
            yield begin, begin

    def mutate(self, node: Any, index: int) -> Any:
        variant = _variants(node)[index]
        node.value = node.value[: variant.begin] + variant.new + node.value[variant.end :]
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        return (Example("'SELECT a FROM b ORDER BY c'", "'SELECT a FROM b'"),)


def _variants(node: Any) -> list[sql.Variant]:
    if node.type not in ("string", "fstring_string"):
        return []
    whole = node
    while whole.parent is not None and whole.parent.type in ("strings", "fstring"):
        whole = whole.parent
    quote = re.match(r"""\w*(?:'''|\"""|'|")""", whole.get_code(include_prefix=False))
    if not quote or not sql.STATEMENT.match(whole.get_code(include_prefix=False)[quote.end() :]):
        return []
    if node.type == "fstring_string":
        return sql.variants(node.value)
    own = re.match(r"""\w*(?P<quote>'''|\"""|'|")""", node.value)
    if own is None:
        return []
    begin, end = own.end(), len(node.value) - len(own["quote"])
    return [sql.Variant(begin + each.begin, begin + each.end, each.new) for each in sql.variants(node.value[begin:end])]


class Dropped(Operator):  # type: ignore[misc]  # Cosmic Ray ships no types
    """A call for its effect, or what an object is to remember: left out."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Place, Place]]:
        if node.type != "simple_stmt":
            return
        said = node.children[0]
        code = said.get_code(include_prefix=False)
        if (said.type in ("atom_expr", "power") and not code.startswith("log.")) or (said.type == "expr_stmt" and code.startswith("self.")):
            yield said.start_pos, said.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        first = node.get_first_leaf()
        node.children[0] = Name("None", first.start_pos, first.prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        return (Example("f(1)\n", "None\n"),)


def _operators() -> dict[str, type[Any]]:
    core = {name: cosmic_ray.plugins.get_operator(name) for name in cosmic_ray.plugins.operator_names() if _KEPT.fullmatch(name)}
    return core | {"sql": Sql, "dropped": Dropped}


OPERATORS = _operators()


def changes(code: str) -> list[Change]:
    """All that could be made to this file. What is said in a decorator or to the log counts for nothing."""
    lines, found = code.split("\n"), []
    nodes = list(ast_nodes(get_ast(code)))
    for name, made in OPERATORS.items():
        places = [begin for node in nodes for begin, _ in made().mutation_positions(node)]
        for occurrence, begin in enumerate(places):
            if not re.match(r"\s*(@|log\.)", lines[begin[0] - 1]):
                found.append(Change(name, occurrence, begin))
    return found


def changed(code: str, change: Change) -> str:
    """As it was where Cosmic Ray can't do what it offers: to catch another exception than `sqlite3.Error`, a name with a dot."""
    try:
        return str(mutate_code(code, OPERATORS[change.operator](), change.occurrence))
    except AttributeError:
        return code
