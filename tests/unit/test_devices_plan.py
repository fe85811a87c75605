"""What differs between a device and what is wanted: pure, and empty when nothing does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.devices import Account, DesiredDevice, DesiredEncoder  # fmt: skip
from edge_agent.devices.model import Clock, Encoder, EncoderOptions, ObservedDevice, Range, Scope, User  # fmt: skip
from edge_agent.devices.onvif.plan import encoder_target, plan, shortfalls

DESIRED = DesiredDevice(
    slot=1, address="192.168.1.11", port=80, name="AN-NHON-01 C01", admin=Account("admin", "secret-1"),
    viewer=Account("kn-view", "secret-2"), factory=(Account("admin", "secret-3"),), ntp="192.168.1.1", timezone="ICT-7",
    encoder=DesiredEncoder("h264", 1920, 1080, 15, 2, 2048), discovery="NonDiscoverable", smart_codec=None,
)  # fmt: skip
H264 = EncoderOptions(sizes=((1920, 1080), (1280, 720)), fps=Range(1, 25), gov=Range(1, 400), bitrate=Range(32, 8192))
MAIN = Encoder("p1", "e1", 1, "main", "h264", 1920, 1080, 15, 30, 2048, options={"h264": H264, "jpeg": EncoderOptions()})
AS_DESIRED = ObservedDevice(
    clock=Clock(0.4, "NTP", "CST-07:00", ("192.168.1.1",), False), users=(User("admin", "Administrator"), User("kn-view", "User")),
    login_user="admin", viewer_works=True, hostname="AN-NHON-01-C01",
    scopes=(Scope("onvif://www.onvif.org/name/AN-NHON-01%20C01", False),), discovery="NonDiscoverable", encoders=(MAIN,),
    audio_profiles=(),
)  # fmt: skip


def test_a_device_as_desired_needs_nothing() -> None:
    assert plan(AS_DESIRED, DESIRED) == [] and shortfalls(AS_DESIRED, DESIRED) == []


@pytest.mark.parametrize(
    ("observed", "field"),
    [
        (replace(AS_DESIRED, clock=replace(AS_DESIRED.clock, offset_s=-7.0)), "clock.offset_s"),
        (replace(AS_DESIRED, clock=replace(AS_DESIRED.clock, servers=("192.168.1.1", "pool.ntp.org"))), "ntp"),
        (replace(AS_DESIRED, clock=replace(AS_DESIRED.clock, from_dhcp=True)), "ntp"),
        (replace(AS_DESIRED, clock=replace(AS_DESIRED.clock, source="Manual")), "clock.source"),
        (replace(AS_DESIRED, clock=replace(AS_DESIRED.clock, timezone="UTC0")), "clock.timezone"),
        (replace(AS_DESIRED, hostname="IPC"), "hostname"),
        (replace(AS_DESIRED, scopes=()), "name"),
        (replace(AS_DESIRED, encoders=(replace(MAIN, gov=50),)), "encoder.gov"),
        (replace(AS_DESIRED, audio_profiles=("p1",)), "audio"),
        (replace(AS_DESIRED, discovery="Discoverable"), "discovery"),
        (replace(AS_DESIRED, users=(User("admin", "Administrator"),)), "viewer"),
        (replace(AS_DESIRED, users=(User("admin", "Administrator"), User("kn-view", "Operator"))), "viewer.level"),
        (replace(AS_DESIRED, viewer_works=False), "viewer.password"),
        (replace(AS_DESIRED, login_is_old=True), "admin.password"),
        (replace(AS_DESIRED, login_is_old=True, login_user="root"), "admin"),
    ],
)
def test_one_thing_off_is_one_change(observed: ObservedDevice, field: str) -> None:
    assert [c.field for c in plan(observed, DESIRED)] == [field]


def test_what_the_device_does_not_tell_is_not_guessed() -> None:
    silent = ObservedDevice(clock=Clock(None, None, "ICT-7"), encoders=(MAIN,))
    assert plan(silent, DESIRED) == []


def test_the_account_in_use_comes_last() -> None:
    off = replace(AS_DESIRED, hostname="x", discovery="Discoverable", login_is_old=True, users=())
    assert [c.group for c in plan(off, DESIRED)][-1] == "admin"


def test_no_password_shows_in_changes_or_reprs() -> None:
    off = replace(AS_DESIRED, login_is_old=True, viewer_works=False)
    assert "secret-" not in repr([*plan(off, DESIRED), DESIRED, *(c.as_dict() for c in plan(off, DESIRED))])


def test_the_nearest_picture_is_at_or_above_the_desired_where_there_is_one() -> None:
    desired = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
    bigger = replace(MAIN, options={"h264": replace(H264, sizes=((2560, 1440), (1280, 720)), fps_list=(12, 25))})
    target = encoder_target(bigger, desired)
    assert (target.size, target.fps, target.gov) == ((2560, 1440), 25, 50)
    several = replace(MAIN, options={"h264": replace(H264, fps_list=(25, 20, 16, 30, 14))})
    assert encoder_target(several, desired).fps == 16
    assert encoder_target(replace(MAIN, options={"h264": replace(H264, fps_list=(5, 12, 8))}), desired).fps == 12


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        (((1600, 1200), (2560, 1440)), (2560, 1440)),  # high enough, not wide enough
        (((2560, 960), (2560, 1440)), (2560, 1440)),  # wide enough, not high enough
        (((1600, 1200), (2048, 1080), (1280, 720)), (2048, 1080)),
        (((1600, 1200), (1280, 720)), (1600, 1200)),  # none is at or above it: the nearest below
        ((), (1920, 1080)),
    ],
)
def test_a_picture_that_is_too_small_in_one_dimension_is_too_small(sizes: tuple[tuple[int, int], ...], expected: tuple[int, int]) -> None:
    encoder = replace(MAIN, options={"h264": replace(H264, sizes=sizes)})
    assert encoder_target(encoder, DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)).size == expected
    fields = {(p.category, p.field) for p in shortfalls(replace(AS_DESIRED, encoders=(encoder,)), DESIRED)}
    too_small = ("obsolete", "encoder.size") in fields
    assert too_small == (expected[0] < 1920 or expected[1] < 1080), fields


@pytest.mark.parametrize(
    ("observed", "shown"),
    [
        (replace(AS_DESIRED, clock=Clock(-7.0, "NTP", "CST-07:00", ("192.168.1.1",), False)), ("clock.offset_s", -7.0, 0)),
        (replace(AS_DESIRED, clock=Clock(0.4, "NTP", "ICT-7", ("10.0.0.9", "ntp.vn"), False)), ("ntp", "10.0.0.9, ntp.vn", None)),
        (replace(AS_DESIRED, clock=Clock(0.4, "NTP", "ICT-7", ("192.168.1.1",), True)), ("ntp", "192.168.1.1 (DHCP)", None)),
        (replace(AS_DESIRED, clock=Clock(0.4, "NTP", "ICT-7", (), False)), ("ntp", None, None)),
        (replace(AS_DESIRED, clock=Clock(0.4, "Manual", "ICT-7", ("192.168.1.1",), False)), ("clock.source", "Manual", "NTP")),
        (replace(AS_DESIRED, clock=Clock(0.4, "NTP", "UTC0", ("192.168.1.1",), False)), ("clock.timezone", "UTC0", "ICT-7")),
        (replace(AS_DESIRED, hostname="IPC"), ("hostname", "IPC", "AN-NHON-01-C01")),
        (replace(AS_DESIRED, hostname=""), ("hostname", None, "AN-NHON-01-C01")),
        (replace(AS_DESIRED, encoders=(replace(MAIN, width=1280, height=720),)), ("encoder.size", "1280x720", "1920x1080")),
        (replace(AS_DESIRED, encoders=(replace(MAIN, gov=50),)), ("encoder.gov", 50, 30)),
        (replace(AS_DESIRED, osd="IPCAM"), ("osd", "IPCAM", "AN-NHON-01 C01")),
        (replace(AS_DESIRED, osd=""), ("osd", None, "AN-NHON-01 C01")),
        (replace(AS_DESIRED, users=(User("admin", "x"), User("kn-view", "Operator"))), ("viewer.level", "Operator", "User")),
        (replace(AS_DESIRED, login_is_old=True, login_user="root"), ("admin", "root", "admin")),
    ],
)
def test_a_diff_shows_what_is_there_before_what_will_be(observed: ObservedDevice, shown: tuple[str, object, object]) -> None:
    (change,) = plan(observed, replace(DESIRED, osd="AN-NHON-01 C01"))
    assert (change.field, change.before, change.after) == (*shown[:2], shown[2] if shown[2] is not None else DESIRED.ntp)


def test_a_small_or_old_encoder_is_obsolete() -> None:
    small = replace(AS_DESIRED, encoders=(replace(MAIN, options={"h264": replace(H264, sizes=((704, 576),))}),))
    jpeg = replace(AS_DESIRED, encoders=(replace(MAIN, codec="jpeg", options={"jpeg": EncoderOptions()}),))
    for observed in (small, jpeg, replace(AS_DESIRED, encoders=())):
        assert {p.category for p in shortfalls(observed, DESIRED)} == {"obsolete"}


numbers = st.integers(1, 10_000)
ranges = st.one_of(st.none(), st.tuples(numbers, numbers).map(lambda p: Range(min(p), max(p))))
options = st.builds(
    EncoderOptions, sizes=st.lists(st.tuples(numbers, numbers), max_size=4).map(tuple), fps=ranges,
    fps_list=st.lists(numbers, max_size=4).map(tuple), gov=ranges, bitrate=ranges,
)  # fmt: skip


@given(options, st.builds(DesiredEncoder, st.just("h264"), numbers, numbers, numbers, st.integers(1, 10), numbers))
def test_a_device_set_to_its_target_is_left_alone(allowed: EncoderOptions, desired: DesiredEncoder) -> None:
    encoder = replace(MAIN, options={"h264": allowed})
    target = encoder_target(encoder, desired)
    there = replace(
        encoder, codec=target.codec, width=target.size[0], height=target.size[1], fps=target.fps, gov=target.gov,
        bitrate_kbps=target.bitrate_kbps,
    )  # fmt: skip
    assert plan(replace(AS_DESIRED, encoders=(there,)), replace(DESIRED, encoder=desired)) == []


def test_http_and_rtsp_are_never_switched_off_and_multicast_is_the_streams_own() -> None:
    served = (("http", True), ("https", True), ("rtsp", True), ("telnet", True), ("ftp", False), ("multicast", True))
    off = replace(DESIRED, services_off=("http", "https", "rtsp", "multicast", "telnet", "ftp"))
    found = {c.field: c.group for c in plan(replace(AS_DESIRED, served=served), off)}
    assert found == {"service.https": "services", "service.telnet": "services", "service.multicast": "multicast"}


def test_a_text_that_was_kept_in_part_is_asked_for_again_only_where_another_is_wanted() -> None:
    cut = replace(AS_DESIRED, osd="Cong chinh", limits={"osd": {"asked": "Cổng chính C01", "kept": "Cong chinh"}})
    assert plan(cut, replace(DESIRED, osd="Cổng chính C01")) == []
    assert {p.field for p in shortfalls(cut, replace(DESIRED, osd="Cổng chính C01"))} == {"osd"}
    assert [c.field for c in plan(cut, replace(DESIRED, osd="Cổng sau"))] == ["osd"]


def test_what_onvif_has_no_word_for_is_told() -> None:
    asked = replace(DESIRED, services_off=("ssh", "https"), smart_codec="off")
    assert {(p.category, p.field) for p in shortfalls(AS_DESIRED, asked)} == {("unsupported", "services"), ("unsupported", "smart_codec")}
