"""From evidence to verdict: what is met, what is not, and what nobody can say."""

from dataclasses import replace
from typing import Any

import pytest

from edge_agent.devices.model import Encoder, EncoderOptions
from edge_agent.devices.planning import encoder_shortfalls
from province.judging import RULES, verdict
from province.judging.case import DEVICE_FAULTS, REASONS
from province.judging.labels import label
from province.judging.verdict import judge, overall
from province.standard.load import load, parse
from province.standard.settings import of as settings_of
from province.standard.settings import thresholds
from tests.unit import verdicts as v


def judged(spoil: Any, topology: str = "routed") -> dict[str, Any]:
    of = v.site(topology=topology)
    found = v.evidence(of)
    spoil(found)
    return v.verdict((of, found))


def test_a_facility_where_all_is_as_wanted_is_met() -> None:
    of = v.site()
    document = v.verdict((of, v.evidence(of)))
    assert {r["id"] for r in document["facilities"][0]["checks"] if r["verdict"] != "met"} == v.CANT_BE_TOLD
    assert document["facilities"][0]["verdict"] == "met"
    assert document["verdict"] == "met"


def test_with_no_evidence_at_all_nothing_is_met_but_what_the_inventory_alone_can_show() -> None:
    of = v.site()
    document = v.verdict((of, {}))
    rows = document["facilities"][0]["checks"]
    told = {"zones_covered", "serving_watched", "access_given", "surveyed", "plan_agreed", "focal_point_complete"}
    assert {r["id"] for r in rows if r["verdict"] == "met"} == told
    assert all(r["declared"] for r in rows if r["id"] in told)
    assert {r["verdict"] for r in rows if r["id"] not in told} == {"unknown"}
    assert document["facilities"][0]["verdict"] == "unknown"


def camera_one(kind: str, **change: Any) -> Any:
    return lambda found: found["cameras"]["1"][kind].update(change)


def as_set(fps: float, gov: int, **packets: Any) -> Any:
    """The first camera's packets, and its own word of its encoder: an encoder set wrong, and no smart codec."""

    def spoil(found: dict[str, Any]) -> None:
        found["cameras"]["1"]["stream_centre"].update(packets)
        found["cameras"]["1"]["settings"]["encoders"]["main"].update(fps=fps, gov=gov)

    return spoil


def recorded(**change: Any) -> Any:
    """The first camera's footage at its recorder."""
    return lambda found: found["recorders"]["R20"]["recordings"]["cameras"]["1"].update(change)


HOLE = {"from": "2026-01-20T01:00:00+00:00", "to": "2026-01-20T01:02:00+00:00", "seconds": 120.0, "why": None}


SPOILED = [
    ("lifeline_up", "box", lambda e: e["hub"].update(lifeline={"up": False})),
    ("tunnel_up", "box", lambda e: e.update(tunnel={"ok": True, "alive": False, "rtt_ms": None, "tries": 4})),
    ("agent_connected", "box", lambda e: e["hub"].update(connected=False)),
    ("agent_connected", "box", lambda e: e["hub"].update(silent_s=61.0)),
    ("agent_connected", "box", lambda e: e["hub"].update(silent_s=None)),
    (
        "playable_centre",
        "C01",
        lambda e: e["cameras"]["1"].update(stream_centre={"ok": False, "reason": "unreachable"}),
    ),
    ("playable_hub", "C01", lambda e: e["cameras"]["1"].update(stream_hub={"ok": False, "reason": "login_refused"})),
    ("codec", "C01", camera_one("stream_centre", codec="mjpeg")),
    ("size", "C01", camera_one("stream_centre", width=1280, height=720)),
    ("rate", "C01", as_set(10, 20, fps_timestamps=10.0)),
    ("rate", "C01", camera_one("stream_centre", fps_arrival=9.0)),
    ("keyframe_distance", "C01", as_set(15, 64, keyframe_s=4.3)),
    ("keyframe_distance", "C01", as_set(15, 75, keyframe_s=None, keyframe_at_least_s=5.0)),
    ("camera_clock", "C01", camera_one("clock", offset_s=-2.1)),
    ("accounts_as_wanted", "C01", camera_one("settings", accounts=v.LEVELS | {"operator": "Operator"})),
    ("accounts_as_wanted", "C01", camera_one("settings", accounts={"admin": "Administrator"})),
    ("accounts_as_wanted", "C01", camera_one("settings", accounts={"admin": "Administrator", "kn-view": "Operator"})),
    ("accounts_as_wanted", "C01", camera_one("settings", viewer_login=False)),
    ("channel_protected", "box", lambda e: e["hub"]["tunnel"].update(handshake_age_s=900)),
    ("channel_protected", "box", lambda e: e["hub"]["tunnel"].update(handshake_age_s=None)),
    ("box_clock", "box", lambda e: e["hub"]["clock"].update(offset_s=-0.7)),
    ("box_clock", "box", lambda e: e["hub"]["clock"].update(synced=False)),
    ("continuous_operation", "C01", lambda e: e["history"]["cameras"].update({"1": [[0.99, 0.994], *[[1.0, 1.0]] * 6]})),
    ("connection_held", "box", lambda e: e["history"].update(link=[[0.9, 0.99], *[[1.0, 1.0]] * 6])),
    ("silences", "box", lambda e: e["history"].update(silences={"times": 2, "longest_s": 300.0, "last": None})),
    ("name", "C01", camera_one("settings", name="IPCAM")),
    ("not_discoverable", "C01", camera_one("settings", discovery="Discoverable")),
    ("factory_password_refused", "C01", camera_one("factory_login", accepted=True)),
    ("stream_needs_login", "C01", camera_one("stream_without_login", status=200)),
    ("password_unique", "C01", camera_one("passwords", shared_with=["an-nhon-02/C01"])),
    ("cameras_confined", "facility", lambda e: e["confined"].update(reached=["203.0.113.20"])),
    ("box_ports", "box", lambda e: e["ports"].update(open=[22, 8080])),
    ("box_password_refused", "box", lambda e: e["ssh"].update(methods={"ketnoi": ["publickey", "password"]})),
    ("box_host_key", "box", lambda e: e["ssh"].update(host_key="ssh-ed25519 AAAAother")),
    ("ntp_source", "C01", camera_one("settings", ntp={"servers": ["203.0.113.9"], "from_dhcp": False, "on": True})),
    ("ntp_source", "C01", camera_one("settings", ntp={"servers": [v.NTP], "from_dhcp": True, "on": True})),
    ("ntp_source", "C01", camera_one("settings", ntp={"servers": [v.NTP], "from_dhcp": False, "on": False})),
    ("audio_off", "C01", camera_one("stream_centre", audio=True)),
    ("smart_codec_off", "C01", camera_one("settings", smart_codec=True)),
    ("smart_codec_off", "C01", as_set(30, 30, fps_timestamps=15.0)),
    ("smart_codec_off", "C01", as_set(15, 15, keyframe_s=3.9)),
    ("services_off", "C01", camera_one("settings", services={"telnet": True, "upnp": False})),
    ("sub_stream", "C01", lambda e: e["cameras"]["1"]["settings"]["encoders"].update(sub=None)),
    ("sub_stream", "C01", lambda e: e["cameras"]["1"]["settings"]["encoders"]["sub"].update(height=1080)),
    ("osd", "C01", camera_one("settings", osd=["IPCAM"])),
    ("recording_now", "C01", recorded(behind_s=600.0)),
    ("recording_now", "C01", recorded(mode="motion")),
    ("days_kept", "C01", recorded(days_kept=12.0)),
    ("recording_gaps", "C01", recorded(gaps=[HOLE], gaps_in_all=1)),
    ("recorder_storage", "R20", lambda e: e["recorders"]["R20"]["storage"].update(disks=[])),
    ("recorder_storage", "R20", lambda e: e["recorders"]["R20"]["storage"]["disks"][0].update(status="failed")),
    ("recorder_clock", "R20", lambda e: e["recorders"]["R20"]["clock"].update(offset_s=7.0)),
]
UNKNOWN_WITH = {"tunnel_up": {("channel_protected", "box")}}
"""A dead tunnel has no session to judge."""
ADVISED = {"services_off", "sub_stream", "osd", "silences"}


@pytest.mark.parametrize(("check", "subject", "spoil"), SPOILED)
def test_one_thing_wrong_is_not_met_by_name_and_nothing_else_is(check: str, subject: str, spoil: Any) -> None:
    document = judged(spoil)
    rows = [r for r in document["facilities"][0]["checks"] if r["id"] not in v.CANT_BE_TOLD]
    wrong = {(r["id"], r["subject"]) for r in rows if r["verdict"] != "met"}
    assert wrong == {(check, subject)} | UNKNOWN_WITH.get(check, set())
    assert v.row(document, check, subject)["verdict"] == "not_met"
    assert v.row(document, check, subject)["hint"]["vi"]
    assert document["facilities"][0]["verdict"] == ("met" if check in ADVISED else "not_met")


def test_every_check_of_the_standard_has_a_rule_and_can_fail() -> None:
    ids = {check.id for check in load().checks if check.subject != "area"}
    assert ids == set(RULES)
    of_the_inventory = {"zones_covered", "serving_watched", "access_given", "surveyed", "plan_agreed", "opinion_on_file",
                        "focal_point_complete", "conformity_declared", "firmware_current"}  # fmt: skip
    assert ids - {check for check, _, _ in SPOILED} == of_the_inventory | {"recorder_room"}


def test_a_zone_with_neither_camera_nor_reason_is_missing_by_name() -> None:
    of = v.site(excused=("lobby",))
    found = v.row(v.verdict((of, v.evidence(of))), "zones_covered")
    assert found["verdict"] == "not_met"
    assert "gate" in found["measured"]["missing"]
    assert "gate" in found["says"]["en"]


def test_while_the_tunnel_is_down_camera_checks_are_unknown_with_that_reason() -> None:
    def cut(found: dict[str, Any]) -> None:
        found["tunnel"] = {"ok": True, "alive": False, "rtt_ms": None, "tries": 4}
        for measured in found["cameras"].values():
            for kind in measured:
                if kind != "passwords":
                    measured[kind] = {"ok": False, "reason": "tunnel_down"}
        found["recorders"] = {"R20": {kind: {"ok": False, "reason": "tunnel_down"} for kind in ("clock", "storage", "recordings")}}

    document = judged(cut)
    told = ("password_unique", "access_given", "continuous_operation")
    rows = [r for r in document["facilities"][0]["checks"] if r["subject"][0] in "CR" and r["id"] not in told]
    assert {(r["verdict"], r["says"]["en"]) for r in rows} == {("unknown", REASONS["tunnel_down"].en)}
    assert v.row(document, "tunnel_up")["verdict"] == "not_met"


WAYS = {
    "tunnel": lambda e: e["tunnel"].update(alive=False),
    "lifeline": lambda e: e["hub"]["lifeline"].update(up=False),
    "agent": lambda e: e["hub"].update(connected=False, silent_s=4000.0),
}


def cut_ways(*ways: str) -> dict[str, Any]:
    def cut(found: dict[str, Any]) -> None:
        for way in ways:
            WAYS[way](found)

    return judged(cut)


def test_a_facility_that_answers_by_no_way_is_unknown_with_that_reason() -> None:
    def cut(found: dict[str, Any]) -> None:
        for way in WAYS.values():
            way(found)
        found["ports"] = found["cameras"]["1"]["settings"] = {"ok": False, "reason": "tunnel_down"}
        found["confined"] = {"ok": False, "reason": "box_unreachable"}

    document = judged(cut)
    behind = ("box_ports", "cameras_confined", "channel_protected")
    rows = [v.row(document, check) for check in ("tunnel_up", "lifeline_up", "agent_connected", *behind)]
    rows.append(v.row(document, "ntp_source", "C01"))
    assert {(r["verdict"], r["says"]["en"]) for r in rows} == {("unknown", REASONS["site_silent"].en)}
    assert "power" in rows[0]["hint"]["en"]
    (device,) = [each for each in document["facilities"][0]["devices"] if each["subject"] == "C01"]
    assert (device["class"], device["reason"]["en"]) == ("not_measured", REASONS["site_silent"].en)
    assert document["facilities"][0]["verdict"] == document["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("kept", "wrong"),
    [
        ("tunnel", {"lifeline_up", "agent_connected"}),
        ("lifeline", {"tunnel_up", "agent_connected"}),
        ("agent", {"tunnel_up", "lifeline_up"}),
    ],
)
def test_a_facility_that_answers_by_one_way_is_not_met_on_the_others(kept: str, wrong: set[str]) -> None:
    document = cut_ways(*(way for way in WAYS if way != kept))
    assert {r["id"] for r in document["facilities"][0]["checks"] if r["verdict"] == "not_met"} == wrong
    assert document["facilities"][0]["verdict"] == "not_met"


@pytest.mark.parametrize("reason", sorted(set(REASONS) - DEVICE_FAULTS))
def test_what_could_not_be_measured_is_unknown_never_met_nor_the_cameras_fault(reason: str) -> None:
    document = judged(lambda e: e["cameras"]["2"].update(stream_hub={"ok": False, "reason": reason}))
    assert v.row(document, "playable_hub", "C02")["verdict"] == "unknown"
    assert document["facilities"][0]["verdict"] == "unknown"


def test_a_picture_is_judged_from_the_hub_when_the_centre_could_not_play_it() -> None:
    def spoil(found: dict[str, Any]) -> None:
        found["cameras"]["1"]["stream_centre"] = {"ok": False, "reason": "centre_unreachable"}
        found["cameras"]["1"]["stream_hub"].update(width=640, height=480)

    document = judged(spoil)
    assert v.row(document, "playable_centre", "C01")["verdict"] == "unknown"
    assert v.row(document, "size", "C01")["measured"] == {"width": 640, "height": 480}


def test_one_key_frame_in_a_short_look_says_nothing() -> None:
    document = judged(camera_one("stream_centre", keyframe_s=None, keyframe_at_least_s=1.0, keyframes=1))
    assert v.row(document, "keyframe_distance", "C01")["verdict"] == "unknown"


def test_a_flat_lan_is_not_met_with_its_own_hint_and_marked_derived() -> None:
    document = judged(lambda e: e.pop("confined"), topology="flat")
    found = v.row(document, "cameras_confined")
    assert (found["verdict"], found["derived"]) == ("not_met", True)
    assert "topology: routed" in found["hint"]["en"]


def test_what_the_box_alone_can_know_is_marked_derived() -> None:
    document = judged(lambda e: e["confined"].update(derived=True))
    assert v.row(document, "cameras_confined")["derived"] is True
    assert v.row(document, "cameras_confined")["verdict"] == "met"


def test_an_advised_check_decides_nothing() -> None:
    standard = load()
    rows = [_plain(check) | ({"severity": "advised"} if check.id == "rate" else {}) for check in standard.checks]
    of = v.site()
    found = v.evidence(of)
    as_set(3, 6, fps_timestamps=3.0)(found)
    document = v.verdict((of, found), standard=parse({"name": "x", "version": 1, "checks": rows}))
    assert v.row(document, "rate", "C01")["verdict"] == "not_met"
    assert document["facilities"][0]["verdict"] == "met"


def _plain(check: Any) -> dict[str, Any]:
    texts = {key: getattr(check, key).as_dict() for key in ("title", "measures", "source", "hint")}
    return {
        "id": check.id, "subject": check.subject, "severity": check.severity, "once": check.once,
        "profiles": list(check.profiles), "threshold": dict(check.threshold),
    } | texts  # fmt: skip


def test_a_check_this_version_does_not_know_is_unknown() -> None:
    row = _plain(load().checks[0]) | {"id": "from_the_future"}
    of = v.site()
    document = v.verdict((of, v.evidence(of)), standard=parse({"name": "x", "version": 2, "checks": [row]}))
    assert v.row(document, "from_the_future")["verdict"] == "unknown"


@pytest.mark.usefixtures("odd_evidence")
def test_evidence_of_another_shape_is_unknown_and_spoils_no_other_facility() -> None:
    broken, sound = v.site("an-nhon-01"), v.site("an-nhon-02")
    found = v.evidence(broken)
    found["cameras"]["1"]["stream_centre"] = {"ok": True, "codec": "h264"}
    found["ports"] = {"ok": True, "open": 22}
    document = v.verdict((broken, found), (sound, v.evidence(sound)))
    assert v.row(document, "size", "C01")["verdict"] == "unknown"
    assert v.row(document, "box_ports")["verdict"] == "unknown"
    assert [f["verdict"] for f in document["facilities"]] == ["unknown", "met"]


def test_devices_profile_judges_devices_only() -> None:
    of = v.site()
    document = v.verdict((of, v.evidence(of)), profile="devices")
    ids = {r["id"] for r in document["facilities"][0]["checks"]}
    assert {"playable_hub", "size", "accounts_as_wanted"} <= ids
    assert not ids & {"tunnel_up", "agent_connected", "playable_centre", "box_ports", "cameras_confined"}


def test_what_was_measured_once_is_worded_so() -> None:
    of = v.site()
    document = v.verdict((of, v.evidence(of)))
    assert label(v.row(document, "size", "C01")).vi == "đạt tại thời điểm kiểm tra"
    assert label(v.row(document, "password_unique", "C01")).vi == "đạt"


def test_judging_leaves_its_inputs_alone_and_gives_the_same_twice() -> None:
    of = v.site()
    found = v.evidence(of)
    before = str(found)
    assert v.verdict((of, found)) == v.verdict((of, found))
    assert str(found) == before
    assert judge.__module__ == "province.judging.verdict"


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [([], "unknown"), (["met"], "met"), (["met", "unknown"], "unknown"), (["unknown", "not_met", "met"], "not_met")],
)
def test_the_whole_is_only_met_when_every_part_is(verdicts: list[str], whole: str) -> None:
    assert overall(verdicts) == whole


def test_a_box_that_has_just_booted_is_given_time_to_ask_for_it() -> None:
    def booted(found: dict[str, Any], uptime_s: float) -> None:
        found["hub"] |= {"clock": {"synced": False, "offset_s": None}, "uptime_s": uptime_s}

    young, old = judged(lambda found: booted(found, 40.0)), judged(lambda found: booted(found, 400.0))
    assert (v.row(young, "box_clock")["verdict"], v.row(young, "box_clock")["pending"], young["verdict"]) == ("unknown", True, "met")
    assert (v.row(old, "box_clock")["verdict"], old["verdict"]) == ("not_met", "not_met")


def broken(_: object) -> None:
    raise KeyError("width")


def test_a_bug_in_a_rule_fails_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "RULES", verdict.RULES | {"size": broken})
    with pytest.raises(AssertionError, match="the rule size failed"):
        v.verdict((v.site(), v.evidence(v.site())))


def test_a_bug_in_a_rule_is_logged_in_use_and_takes_no_other_check_along(
    monkeypatch: pytest.MonkeyPatch, odd_evidence: None, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(verdict, "RULES", verdict.RULES | {"size": broken})
    rows = v.verdict((v.site(), v.evidence(v.site())))["facilities"][0]["checks"]
    assert {row["verdict"] for row in rows if row["id"] == "size"} == {"unknown"}
    assert all("fault of the program" in row["says"]["en"] for row in rows if row["id"] == "size")
    assert {row["verdict"] for row in rows if row["id"] == "rate"} == {"met"}
    assert "the rule size failed" in caplog.text and "KeyError: 'width'" in caplog.text


@pytest.mark.parametrize("lowest", [(1280, 720), (1920, 1080)])
def test_a_sub_stream_that_cannot_be_low_enough_is_told_as_the_plan_tells_it(lowest: tuple[int, int]) -> None:
    """720 lines are allowed: with 1280x720 on offer the rollout can mend it, and the verdict shows what is there."""

    def spoil(found: dict[str, Any]) -> None:
        settings = found["cameras"]["1"]["settings"]
        settings["encoders"]["sub"].update(codec="h264", width=1920, height=1080)
        settings["able_sub"] = {"codecs": ["h264"], "sizes": [[1920, 1080], list(lowest)]}

    row = next(row for row in judged(spoil)["facilities"][0]["checks"] if (row["id"], row["subject"]) == ("sub_stream", "C01"))
    wanted = settings_of(thresholds(load())).sub_encoder
    options = EncoderOptions(sizes=((1920, 1080), lowest))
    there = Encoder("p", "t", 1, None, "h264", 1920, 1080, 10, 20, 384, {"h264": options})
    planned = [problem.detail for problem in encoder_shortfalls(there, replace(wanted, most_height=720), "sub_encoder")]
    assert row["verdict"] == "not_met"
    if lowest[1] > 720:
        assert row["says"] == planned[0].as_dict()
    else:
        assert row["says"]["en"] == "h264 1920x1080"
