"""Streams share lines: never more than was set aside of an uplink or of the hub's line, whatever is asked, and nothing is left undone."""

import heapq
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from province.measure.asking import request, usual
from province.measure.budget import UNLIMITED, Budget, Schedule, of_sites, seconds, shared
from province.measure.gather import Scope, forecast, rounds
from province.standard.load import load
from tests.unit import verdicts as v


def stream(site: str, slot: int = 1, kbps: int = 2000, **more: Any) -> dict[str, Any]:
    return {"kind": "stream", "site": site, "camera": slot, "kbps": kbps} | more


def played(tasks: list[dict[str, Any]], budget: Budget, workers: int = 64, lasts: Any = lambda task: 1.0) -> list[tuple[float, list[Any]]]:
    """The schedule on a clock of our own: (instant, what runs from then on)."""
    schedule, now, order = Schedule(tasks, budget, workers), 0.0, 0
    running: list[tuple[float, int, Any]] = []
    seen = []
    while True:
        for task in schedule.start():
            heapq.heappush(running, (now + lasts(task), order, task))
            order += 1
        if not running:
            assert not schedule.left
            return seen
        seen.append((now, [task for _, _, task in running]))
        now, _, task = heapq.heappop(running)
        schedule.done(task)


TASKS = st.lists(st.builds(stream, st.sampled_from("abcd"), st.integers(1, 64), st.integers(100, 9000)), max_size=40)
BUDGETS = st.builds(Budget, st.integers(500, 20_000), st.fixed_dictionaries({code: st.integers(500, 20_000) for code in "abc"}))


@settings(deadline=None)
@given(TASKS, BUDGETS, st.integers(1, 64), st.randoms(use_true_random=False))
def test_no_line_is_ever_filled_beyond_its_share_and_every_task_runs(
    tasks: list[dict[str, Any]], budget: Budget, workers: int, chance: random.Random
) -> None:
    lasting = {id(task): chance.uniform(0.1, 20) for task in tasks}
    seen = played(tasks, budget, workers, lambda task: lasting[id(task)])
    for _, running in seen:
        assert len(running) <= workers
        total = sum(task["kbps"] for task in running)
        assert total <= budget.total or len(running) == 1, "a stream larger than the whole line goes alone"
        for code, kbps in budget.sites.items():
            mine = [task["kbps"] for task in running if task["site"] == code]
            assert sum(mine) <= kbps or len(mine) == 1
    ran = {id(task) for _, running in seen for task in running}
    assert ran == {id(task) for task in tasks}


def test_facilities_take_turns_so_that_a_large_one_holds_no_small_one_up() -> None:
    tasks = [stream("large", slot) for slot in range(60)] + [stream("small", slot) for slot in range(4)]
    seen = played(tasks, Budget(8000, {"large": 8000, "small": 8000}))
    assert Counter(task["site"] for task in seen[0][1]) == {"large": 2, "small": 2}


def test_facilities_whose_line_was_full_get_their_turn_behind_those_that_wait() -> None:
    """One worker, three facilities: whoever went last goes after all others, also after its line was full."""
    tasks = [stream(code, slot) for slot in (1, 2, 3) for code in "abc"]
    order = [running[0]["site"] for _, running in played(tasks, Budget(), workers=1)]
    assert order == list("abcabcabc")
    schedule = Schedule([stream("a", slot) for slot in (1, 2)] + [stream("b", slot) for slot in (1, 2, 3)], Budget(sites={"a": 2000}), 2)
    first = schedule.start()
    assert [task["site"] for task in first] == ["a", "b"]
    schedule.done(first[1])
    (second,) = schedule.start()
    assert second["site"] == "b", "the line of a is full"
    schedule.done(first[0])
    third = schedule.start()
    assert [task["site"] for task in third] == ["b"], "it waited, a comes after it"
    schedule.done(second)
    assert [task["site"] for task in schedule.start()] == ["a"]


def test_a_line_that_was_full_once_gives_no_second_turn_later() -> None:
    tasks = [stream("a", 0, 4000), *(stream("a", slot, 1000) for slot in range(1, 6)), *(stream("b", slot) for slot in range(8))]
    schedule = Schedule(tasks, Budget(sites={"a": 4000}), 2)
    large, small = schedule.start()
    schedule.done(small)
    (running,) = schedule.start()
    assert running["site"] == "b", "the line of a is full"
    schedule.done(large)
    started = [running, *schedule.start()]
    rounds = []
    while len(rounds) < 5:
        for task in started:
            schedule.done(task)
        started = schedule.start()
        rounds.append(sorted(task["site"] for task in started))
    assert rounds == [["a", "b"]] * 5


def test_what_was_never_started_is_told() -> None:
    tasks = [stream("a", slot) for slot in (1, 2, 3)] + [stream("b", 4)]
    schedule = Schedule(tasks, Budget(sites={"a": 2000}), 8)
    assert schedule.left == tasks
    started = schedule.start()
    assert [(task["site"], task["camera"]) for task in started] == [("a", 1), ("b", 4)]
    assert schedule.left == tasks[1:3]
    for task in started:
        schedule.done(task)
    assert (schedule.running, schedule.total, dict(schedule.used)) == (0, 0, {"a": 0, "b": 0})
    assert schedule.left == tasks[1:3], "what ended is not started, what waits is told still"


def test_what_weighs_nothing_waits_for_nobody_but_a_free_worker() -> None:
    tasks = [{"kind": "settings", "site": "a", "camera": slot} for slot in range(10)]
    assert len(played(tasks, Budget(1, {"a": 1}))[0][1]) == 10
    assert len(played(tasks, Budget(1, {"a": 1}), workers=3)[0][1]) == 3


def test_the_forecast_is_the_same_schedule_played_on_a_clock() -> None:
    tasks = [stream("a", slot) for slot in range(6)]
    assert seconds(tasks, Budget(sites={"a": 4000}), 64, lambda task: 5.0) == 15.0
    assert seconds(tasks, Budget(), 64, lambda task: 5.0) == 5.0
    assert seconds([], Budget(), 64, lambda task: 5.0) == 0.0


def test_hub_and_centre_together_never_take_more_than_the_whole_and_take_turns_where_two_streams_do_not_fit() -> None:
    budget = Budget(100_000, {"wide": 12_000, "narrow": 3000, "modem": 512})
    hub, centre, together = shared(budget, {"wide": 2048, "narrow": 2048, "modem": 2048})
    assert together == {"wide"}
    assert hub.sites["wide"] + centre.sites["wide"] <= 12_000 and hub.sites["wide"] >= 2048
    assert hub.total + centre.total <= budget.total
    assert (hub.total, hub.sites) == (25_000, {"wide": 3000, "narrow": 2048, "modem": 2048}), "a quarter, one stream at least"
    assert (centre.total, centre.sites["wide"], centre.sites["narrow"]) == (75_000, 9000, 952)
    tasks = [stream(code) for code in budget.sites]
    assert {task["site"] for task in of_sites(tasks, together, False)} == {"narrow", "modem"}


@settings(deadline=None)
@given(
    st.integers(1000, 200_000),
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(100, 30_000), st.integers(50, 9000)), min_size=1),
)
def test_no_round_asks_both_machines_for_more_than_a_line_holds(total: int, sites: dict[str, tuple[int, int]]) -> None:
    budget = Budget(total, {code: kbps for code, (kbps, _) in sites.items()})
    here = [stream(code, slot, kbps) for code, (_, kbps) in sites.items() for slot in range(3)]
    asked = rounds(here, [dict(task) for task in here], budget)
    done = [Counter((task["site"], task["camera"]) for machine in (0, 1) for task in each[machine][0]) for each in asked]
    assert sum(done, Counter()) == Counter({(task["site"], task["camera"]): 2 for task in here})
    for (at_hub, hub_share), (at_centre, centre_share) in asked:
        if not (at_hub and at_centre):
            continue
        assert hub_share.total + centre_share.total <= total
        for code in {task["site"] for task in at_hub}:
            assert hub_share.sites[code] + centre_share.sites[code] <= budget.sites[code]
            assert min(hub_share.sites[code], centre_share.sites[code]) >= sites[code][1], "one stream at least fits each"


def test_a_larger_province_takes_longer_and_the_hubs_line_decides() -> None:
    def scope(facilities: int, hub_kbps: int = 100_000) -> Scope:
        sites = [v.site(f"site-{n}") for n in range(facilities)]
        return Scope(sites, load(), {}, {"": []}, {}, hub_kbps=hub_kbps)

    few, many = forecast(scope(3)), forecast(scope(200))
    assert 5 < few < 40
    assert many > 3 * few
    assert forecast(scope(200, hub_kbps=20_000)) > 3 * many


def test_a_request_leaves_time_for_slow_devices_and_names_the_bandwidth() -> None:
    tasks = [stream("a", slot) for slot in range(16)]
    asked = request(tasks, Budget(50_000, {"a": 4000}))
    assert asked["bandwidth"] == {"total_kbps": 50_000, "sites_kbps": {"a": 4000}}
    assert asked["budget_s"] >= 2 * seconds(tasks, Budget(sites={"a": 4000}), 64, usual)
    assert Budget.of(asked["bandwidth"]) == Budget(50_000, {"a": 4000})
    assert Budget.of(None).total == UNLIMITED


@pytest.mark.parametrize(("kbps", "expected"), [(None, 12_000), (5000, 4000)])
def test_an_uplink_gives_a_share_of_what_was_measured_of_it(kbps: int | None, expected: int) -> None:
    from province.model.province import Measuring

    assert Measuring().budget(kbps) == expected
