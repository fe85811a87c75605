"""A document is read into the type that describes it, or refused with the field's name."""

from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

import pytest

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError


class Inner(TypedDict):
    ratio: float
    word: Literal["yes", "no"]


class Outer(TypedDict):
    number: int
    truth: bool | None
    inner: Inner | None
    many: list[Inner]
    by_name: dict[str, list[str]]
    opaque: object
    late: NotRequired[str]


@dataclass(frozen=True)
class Kept:
    name: str
    pairs: tuple[Inner, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)


WELL: dict[str, object] = {
    "number": 3, "truth": None, "inner": {"ratio": 2, "word": "no"}, "many": [{"ratio": 0.5, "word": "yes"}],
    "by_name": {"a": ["b"]}, "opaque": [1, {}],
}  # fmt: skip


def test_a_document_is_read_as_it_is_and_what_is_not_known_is_left_out():
    assert typed.read(Outer, "it", {**WELL, "newer": 1}) == WELL
    assert isinstance(typed.read(Outer, "it", WELL)["inner"]["ratio"], float), "an int is taken where a float is wanted"
    assert typed.read(Outer, "it", {**WELL, "late": "x"})["late"] == "x"


def test_a_dataclass_gets_its_defaults_and_a_list_becomes_the_tuple_that_it_has():
    assert typed.read(Kept, "it", {"name": "a"}) == Kept("a")
    inner = {"ratio": 1.0, "word": "yes"}
    assert typed.read(Kept, "it", {"name": "a", "pairs": [inner], "limits": {"x": 1}}) == Kept("a", (inner,), {"x": 1})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("number", True, "it.number: int is wanted, not bool"),
        ("number", 1.5, "it.number: int is wanted, not float"),
        ("number", None, "it.number: int is wanted, not NoneType"),
        ("truth", 0, "it.truth: bool or null is wanted, not int"),
        ("inner", {"ratio": 1, "word": "perhaps"}, "it.inner.word: one of yes, no is wanted"),
        ("inner", {"word": "yes"}, "it.inner.ratio: missing"),
        ("inner", 4, "it.inner: an object is wanted, not int"),
        ("many", [{"ratio": 1, "word": "yes"}, {"ratio": "1", "word": "yes"}], "it.many[1].ratio: float is wanted, not str"),
        ("many", {}, "it.many: list is wanted, not dict"),
        ("by_name", {"a": [1]}, "it.by_name.a[0]: str is wanted, not int"),
        ("by_name", [], "it.by_name: an object is wanted, not list"),
    ],
)
def test_a_field_of_another_kind_is_named(field, value, says):
    with pytest.raises(ContractError) as caught:
        typed.read(Outer, "it", {**WELL, field: value})
    assert str(caught.value) == says


@pytest.mark.parametrize("name", ["number", "truth", "inner", "many", "by_name", "opaque"])
def test_a_field_that_is_missing_is_named(name):
    with pytest.raises(ContractError, match=rf"it\.{name}: missing"):
        typed.read(Outer, "it", {key: value for key, value in WELL.items() if key != name})


def test_a_value_is_never_told():
    with pytest.raises(ContractError) as caught:
        typed.read(Outer, "it", {**WELL, "number": "secret", "inner": {"ratio": 1, "word": "secret"}})
    assert "secret" not in str(caught.value)


def test_a_kind_that_no_document_has_is_refused_at_once():
    with pytest.raises(TypeError, match="set"):
        typed.read(set[str], "it", [])
