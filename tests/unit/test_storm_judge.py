"""The judge of the storm: each way in which the promise can be broken is found, and a kept promise is left alone."""

import pytest

from lab.storm import footage
from lab.storm.footage import RECORDED_WITHIN_S, Recorded
from lab.storm.judge import LOGINS, SEEN_WITHIN_S, Gap, Interval, Row, Wrong, continuity, judge, logins
from lab.storm.truth import Truth

C = ("an-nhon-01", 1)


def truth(*changes: tuple[float, str], blind: tuple[float, float] | None = None) -> Truth:
    made = Truth(0.0, ended=1000.0)
    for at, state in ((0.0, "up"), *changes):
        made.add(C, at, state)
    if blind:
        made.cannot_know(C[0], *blind)
    return made


def kept(*words: tuple[str, float]) -> list[Interval]:
    ends: list[float | None] = [began for _, began in words[1:]]
    return [Interval(C, word, began, end) for (word, began), end in zip(words, [*ends, None], strict=True)]


def kinds(*found: Wrong) -> list[str]:
    return [one.kind for one in found]


def events(*rows: tuple[int, str | None, str]) -> list[Row]:
    return [Row("BD-0001", "e1", seq, 1, before, after) for seq, before, after in rows]


def test_a_change_that_was_seen_in_its_time_is_right() -> None:
    assert judge(truth((300, "down"), (600, "up")), kept(("up", 5), ("down", 320), ("up", 610)), [], []) == []


def test_an_outage_that_was_not_one_is_found_with_its_length() -> None:
    (found,) = judge(truth(), kept(("up", 0), ("down", 400), ("up", 460)), [], [])
    assert (found.kind, found.seconds) == ("false_outage", pytest.approx(60, abs=2))


def test_an_outage_that_nobody_told_is_found() -> None:
    (found,) = judge(truth((300, "down"), (600, "up")), kept(("up", 0)), [], [])
    assert found.kind == "missed_outage"
    assert found.seconds == pytest.approx(300 - SEEN_WITHIN_S, abs=2)


def test_an_unknown_time_is_right_only_while_the_box_could_not_know() -> None:
    words = kept(("up", 0), ("unknown", 400), ("up", 500))
    assert judge(truth(blind=(395, 505)), words, [], []) == []
    assert kinds(*judge(truth(), words, [], [])) == ["undeclared"]


def test_what_nobody_ever_told_is_found() -> None:
    assert kinds(*judge(truth(), [], [], [])) == ["never_told"]


def test_a_frozen_camera_may_be_kept_as_down_but_not_as_up() -> None:
    assert judge(truth((300, "frozen")), kept(("up", 0), ("down", 310)), [], []) == []
    assert kinds(*judge(truth((300, "frozen")), kept(("up", 0)), [], [])) == ["missed_outage"]


def found(rows: list[Row], gaps: list[Gap] | None = None) -> list[str]:
    return kinds(*judge(truth(), kept(("up", 0)), rows, gaps or []))


def test_events_in_their_order_once_each_are_right() -> None:
    assert found(events((1, "unknown", "up"), (2, "up", "down"), (3, "down", "up"))) == []


def test_an_event_kept_twice_is_found() -> None:
    assert "twice" in found(events((1, "unknown", "up"), (1, "unknown", "up")))


def test_a_missing_number_is_lost_unless_it_was_declared() -> None:
    rows = [Row("BD-0001", "e1", seq, None, None, None) for seq in (1, 4)]
    assert found(rows) == ["lost"]
    assert found(rows, [Gap("BD-0001", "e1", 2, 3)]) == []
    assert found(rows, [Gap("BD-0001", "e1", 2, 2)]) == ["lost"]
    assert found(rows, [Gap("BD-0001", "e2", 2, 3)]) == ["lost"]


def test_numbers_out_of_their_order_are_found() -> None:
    assert found(events((2, "up", "down"), (1, "unknown", "up"))) == ["disordered"]


def test_a_word_that_does_not_follow_from_the_one_before_is_found() -> None:
    assert found(events((1, "unknown", "up"), (2, "down", "up"))) == ["disordered"]


def test_a_word_said_again_is_where_the_next_one_begins() -> None:
    assert found(events((1, None, "down"), (2, "down", "up"))) == []


def test_what_is_told_to_be_up_is_neither_more_nor_less_than_was() -> None:
    really, slack = truth((300, "down"), (600, "up")), SEEN_WITHIN_S * 3  # up for 700 s of 1000
    for surely, at_most in ((700, 700), (700 + slack - 1, 1000), (0, 700 - slack + 1)):
        assert list(continuity(really, {C: (5000, 6000)}, {C: (5000 + surely, 6000 + at_most)})) == []
    for surely, at_most in ((700 + slack + 1, 1000), (0, 700 - slack - 1)):
        (found,) = continuity(really, {C: (5000, 6000)}, {C: (5000 + surely, 6000 + at_most)})
        assert (found.kind, found.subject) == ("continuity", "an-nhon-01/1")


def test_more_failed_logins_than_are_promised_are_found() -> None:
    assert list(logins({C: 3}, {C: 3 + LOGINS})) == []
    assert kinds(*logins({C: 3}, {C: 3 + LOGINS + 1})) == ["logins"]


def recorded(*files: footage.Span, claimed: list[footage.Span] | None = None, gaps: list[footage.Span] | None = None) -> list[Wrong]:
    kept_files = list(files)
    found = Recorded(kept_files, kept_files if claimed is None else claimed, gaps or [])
    return list(footage.judge(truth((300, "down"), (600, "up")), {C: found}))


def test_footage_of_all_that_there_was_to_record_is_right() -> None:
    assert recorded((0, 302), (610, 800), (801, 1000)) == []
    assert recorded((0, 302), (610, 800), (850, 1000), gaps=[(800, 850)]) == [], "a gap that is declared"


def test_footage_that_is_missing_and_not_declared_is_found_with_its_length() -> None:
    (found,) = recorded((0, 302), (610, 800), (850, 1000))
    assert (found.kind, found.since, found.seconds) == ("footage_lost", pytest.approx(803, abs=2), pytest.approx(44, abs=2))
    (found,) = recorded((610, 1000))
    assert (found.kind, found.since, found.seconds) == ("footage_lost", RECORDED_WITHIN_S, pytest.approx(300 - RECORDED_WITHIN_S, abs=5))


def test_footage_that_is_claimed_and_is_not_there_is_found() -> None:
    (found,) = recorded((0, 302), (610, 800), (850, 1000), claimed=[(0, 302), (610, 1000)], gaps=[])
    assert found.kind == "footage_claimed"


def test_footage_of_a_camera_whose_cable_was_out_is_found() -> None:
    assert kinds(*recorded((0, 1000))) == ["footage_invented"]
