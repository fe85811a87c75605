"""Whatever well-formed evidence says, each rule answers it: no check is left over because a rule stumbled."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from soak import examples

from province.judging.case import REASONS
from province.judging.verdict import BUG
from tests.unit import verdicts as v

NAMES = {"reason", "since", "first_seen", "at", "from", "to", "last", "kept_from", "searched_from", "day", "days", "name", "mac"}
"""What is no quantity: left as it is. `days` stands beside as many shares."""


def leaves(found: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all numbers and yes-or-no answers, and to all measurements, which may have failed."""
    if isinstance(found, dict):
        if "ok" in found:
            yield at
        for key, value in found.items():
            if key not in NAMES and key != "ok":
                yield from leaves(value, (*at, key))
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from leaves(value, (*at, number))
    elif isinstance(found, bool | int | float):
        yield at


def put(found: Any, at: tuple[Any, ...], value: Any) -> None:
    for key in at[:-1]:
        found = found[key]
    found[at[-1]] = value


def there(found: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        if (isinstance(found, list) and key < len(found)) or (isinstance(found, dict) and key in found):
            found = found[key]
        else:
            return None
    return found


SITES = [v.site(by=by, topology=topology) for by in ("recorder", "box", "none") for topology in ("routed", "flat")]
WAYS = [list(leaves(v.evidence(of))) for of in SITES]
FAILED = st.sampled_from(sorted(REASONS)).map(lambda reason: {"ok": False, "reason": reason})


def another(value: Any) -> st.SearchStrategy[Any]:
    """Another of its kind."""
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.integers(0, 9) | st.integers(0, 100_000)
    if isinstance(value, float):
        return st.floats(0, 1) if 0 < value < 1 else st.floats(0, 200) | st.floats(0, 1e7)
    return FAILED


@settings(max_examples=examples(120))
@given(st.integers(0, len(SITES) - 1), st.data())
def test_no_rule_stumbles_over_well_formed_evidence(number: int, data: st.DataObject) -> None:
    of = SITES[number]
    found = v.evidence(of) | {"history": v.history(of, data.draw(st.integers(0, 7)))}
    for at in data.draw(st.lists(st.sampled_from(WAYS[number]), min_size=1, max_size=12, unique=True)):
        now = there(found, at)
        if now is not None:
            put(found, at, data.draw(another(now)))
    for row in v.verdict((of, found))["facilities"][0]["checks"]:
        assert row["says"] != BUG.as_dict(), row["id"]
        assert row["says"]["vi"] and row["says"]["en"] and (row["hint"] is None) == (row["verdict"] == "met")
