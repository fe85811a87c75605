"""The standard as data: it loads, says what is wrong with it, and its page is true."""

from pathlib import Path

import pytest
import yaml

from province.paths import data
from province.standard.checks import OUR_CHOICE, StandardError
from province.standard.load import load, parse
from province.standard.page import markdown


def document() -> dict:
    return yaml.safe_load(data("inventory/standards/default.yml").read_text(encoding="utf-8"))


def test_docs_standard_md_is_what_the_data_says() -> None:
    stored = data("docs/standard.md").read_text(encoding="utf-8")
    assert stored == markdown(load()), "run: python -m province.standard.page > docs/standard.md"


def test_the_figures_that_the_orders_do_not_give_are_named_our_choice() -> None:
    for check in load().checks:
        if check.id in {"codec", "size", "rate", "keyframe_distance", "camera_clock"}:
            assert check.source == OUR_CHOICE


def test_thresholds_are_those_of_the_domain() -> None:
    standard = load()
    assert (standard.threshold("size", "width"), standard.threshold("size", "height")) == (1920, 1080)
    assert standard.threshold("rate", "fps") == 15
    assert standard.threshold("keyframe_distance", "seconds") == 4
    assert standard.threshold("camera_clock", "seconds") == 2
    assert standard.threshold("agent_connected", "silent_s") == 60
    assert standard.threshold("gone", "field", 7) == 7


def test_digest_follows_the_data_not_the_layout() -> None:
    plain = document()
    assert parse(plain).digest == load().digest
    assert parse(dict(reversed(plain.items()))).digest == load().digest
    next(check for check in plain["checks"] if check["id"] == "codec")["threshold"] = {"any_of": ["h265"]}
    assert parse(plain).digest != load().digest


def test_a_provinces_own_standard_takes_the_place(tmp_path: Path) -> None:
    own = document() | {"name": "own"}
    own["checks"] = own["checks"][:3]
    (tmp_path / "standard.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
    assert (load(tmp_path).name, len(load(tmp_path).checks)) == ("own", 3)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"severity": "fatal"}, "severity"),
        ({"subject": "moon"}, "subject"),
        ({"title": {"vi": "chỉ tiếng Việt"}}, "both languages"),
        ({"profiles": ["somewhere"]}, "profiles"),
        ({"treshold": {}}, "treshold"),
        ({"threshold": [1]}, "threshold"),
        ({"id": "lifeline_up"}, "twice"),
    ],
)
def test_a_fault_in_the_standard_is_named(change: dict, says: str) -> None:
    spoiled = document()
    spoiled["checks"][0] |= change
    with pytest.raises(StandardError, match=says):
        parse(spoiled)
