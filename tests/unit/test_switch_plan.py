"""What a switch has to become, and what may not be done to it: nothing here speaks to one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.switches import faults
from province.switches.desired import desired_switches
from province.switches.faults import SwitchFailure
from province.switches.model import WAYS, Account, DesiredPort, DesiredSwitch, Port, State, difference, touched
from province.switches.plan import left_alone, target

BOX = "02:4b:00:21:00:02"
DESIRED = DesiredSwitch(
    slot=30, address="192.168.1.30", port=22, driver="routeros", mac="02:4b:00:21:03:1e", name="X-S30", vlan=1,
    ports=(DesiredPort("p1", "box", "BOX"), DesiredPort("p2", "camera", "C01"), DesiredPort("p3", "recorder", "R20")),
)  # fmt: skip
STATE = State("switch", tuple(Port(f"p{number}", mode="dynamic") for number in range(1, 6)), box_port="p1")


def failure(state: State, asked: DesiredSwitch, box: str | None = BOX) -> SwitchFailure:
    with pytest.raises(SwitchFailure) as caught:
        target(state, asked, box)
    return caught.value


def test_cameras_are_isolated_recorders_are_not_and_what_is_left_is_off() -> None:
    goal = target(STATE, DESIRED, BOX)
    assert [(p.enabled, p.isolated, p.mode) for p in goal.ports] == [
        (True, False, "dynamic"), (True, True, "access"), (True, False, "access"), (False, False, "dynamic"), (False, False, "dynamic"),
    ]  # fmt: skip


def test_what_is_switched_off_comes_last() -> None:
    goal = target(STATE, DESIRED, BOX)
    assert [new.enabled for _, new in touched(STATE, goal)] == [True, True, True, False, False]


@st.composite
def states(draw: st.DrawFn) -> State:
    ports = tuple(
        Port(
            f"p{number}",
            description=draw(st.sampled_from(["", "x", "BOX"])),
            enabled=draw(st.booleans()),
            mode=draw(st.sampled_from(["access", "trunk", "dynamic"])),
            vlan=draw(st.sampled_from([1, 1, 20])),
            isolated=draw(st.booleans()),
            powered=draw(st.sampled_from([None, True, False])),
            fixed=draw(st.booleans()),
        )
        for number in range(1, 6)
    )
    return State(draw(st.sampled_from(["X-S30", "y"])), ports, draw(st.booleans()), draw(st.sampled_from([None, "p1", "p4"])))


@given(states())
def test_the_way_to_the_box_is_described_and_never_otherwise_touched(state: State) -> None:
    try:
        goal = target(state, DESIRED, BOX)
    except SwitchFailure:
        return
    ways = [port.name for port in DESIRED.ports if port.end in WAYS]
    for change in difference(state, goal):
        port, _, field = change.field.partition(".")
        assert port not in ways or field == "description"
    for port in state.ports:
        if port.fixed:
            assert goal.port(port.name) in (port, replace(port, description="BOX"))


@given(states())
def test_a_goal_once_reached_asks_for_nothing_more(state: State) -> None:
    try:
        goal = target(state, DESIRED, None)
    except SwitchFailure:
        return
    assert difference(goal, target(goal, DESIRED, None)) == []


def test_the_box_on_a_port_that_would_be_touched_stops_everything() -> None:
    assert "p4" in failure(replace(STATE, box_port="p4"), DESIRED).reason.en
    assert failure(replace(STATE, box_port=None), DESIRED).category == "unknown_device"
    assert target(replace(STATE, box_port=None), DESIRED, None), "nobody in between: nothing to cut"


def test_an_uplink_may_carry_the_cameras_vlan_with_a_tag_and_the_box_may_not() -> None:
    tagged = Port("p1", mode="trunk", vlan=1, tagged=frozenset({20}))
    state = replace(STATE, ports=(tagged, *STATE.ports[1:]))
    uplink = replace(DESIRED, vlan=20, ports=(DesiredPort("p1", "uplink", "UP"), *DESIRED.ports[1:]))
    assert target(state, uplink, None).port("p2") == replace(STATE.ports[1], vlan=20, mode="access", description="C01", isolated=True)
    assert "VLAN 20" in failure(state, replace(DESIRED, vlan=20)).reason.en


def test_bundles_are_left_alone_and_told_of() -> None:
    state = replace(STATE, ports=(*STATE.ports, Port("p6", fixed=True)))
    goal = target(state, DESIRED, BOX)
    assert goal.port("p6") == Port("p6", fixed=True)
    assert "p6" in left_alone(state, DESIRED)[0].en
    assert "p6" in failure(state, replace(DESIRED, ports=(*DESIRED.ports, DesiredPort("p6", "camera", "C09")))).reason.en


def test_every_kind_of_failure_fills_its_words_in_both_languages() -> None:
    class Anything(dict[str, object]):
        def __missing__(self, key: str) -> object:
            return f"<{key}>"

    kinds = [kind for kind in vars(faults).values() if isinstance(kind, faults.Kind)]
    assert len(kinds) > 15
    for kind in kinds:
        for text in (kind.reason, kind.hint):
            assert text.vi != text.en
            for words in text:
                assert "{" not in words.format_map(Anything())


FACILITY = {
    "code": "tuy-phuoc-01",
    "switches": [
        {
            "slot": 121, "make": "mikrotik", "driver": "routeros", "address": "192.168.1.121", "mac": "02:4b:00:21:03:79", "vlan": 20,
            "ports": [
                {"name": "ether1", "box": True, "uplink": False, "camera": None, "recorder": None, "poe": True},
                {"name": "ether2", "box": False, "uplink": False, "camera": 1, "recorder": None, "poe": False},
            ],
        },
        {"slot": 122, "make": "cisco", "driver": "cisco-ios", "address": "192.168.1.122", "mac": "02:4b:00:21:03:7a", "ports": []},
        {
            "slot": 123, "make": "cisco", "driver": "cisco-ios", "address": "192.168.1.123", "mac": "02:4b:00:21:03:7b",
            "no_access": {"reason": "x", "date": "2021-06-01", "witness": "y"}, "ports": [{"name": "Gi0/1", "box": True}],
        },
    ],
}  # fmt: skip


def test_switches_without_ports_or_access_are_not_touched() -> None:
    vault = {"switches": {"121": {"admin": {"user": "admin", "password": "Canary1"}}}}
    (switch,) = desired_switches(FACILITY, vault, {"mikrotik": [{"user": "admin", "password": ""}]})
    assert (switch.name, switch.vlan, switch.port) == ("TUY-PHUOC-01-S121", 20, 22)
    assert switch.ports == (
        DesiredPort("ether1", "box", "TUY-PHUOC-01 BOX"),
        DesiredPort("ether2", "camera", "TUY-PHUOC-01 C01", poe=False),
    )
    assert (switch.admin, switch.factory) == (Account("admin", "Canary1"), (Account("admin", ""),))
    assert "Canary1" not in repr(switch)
