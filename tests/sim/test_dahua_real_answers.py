"""The Dahua driver on answers of real devices: what it makes of them, and that looking writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dahua_answers as real
import pytest

from edge_agent.contract.devices import Account, DesiredChannel, DesiredDevice, DesiredEncoder
from edge_agent.devices import dahua
from edge_agent.devices.faults import NoPermission, UnknownDevice
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Channel, Identity, ObservedDevice, Range, Storage

ADMIN = Account("admin", "Kn1adminAAAAbbbb")
CAMERAS = (
    DesiredChannel(1, "stolb kamera", "192.168.23.11", 80, "dahua", Account("admin", "x")),
    DesiredChannel(11, "Kho", "192.168.23.21", 80, "onvif", Account("admin", "x")),
)


def read(device: real.Device, state: Path, all_options: bool = False, **more: object) -> tuple[ObservedDevice, DesiredDevice]:
    desired = DesiredDevice(
        slot=1, address="127.0.0.1", port=device.port, driver="dahua", admin=ADMIN, timezone="ICT-7", ntp="10.0.0.1", **more
    )
    with dahua.connect(desired, Logins(state)) as connection:
        return dahua.get(connection, desired, all_options=all_options), desired


def test_a_recorder_whose_unknown_names_are_forbidden(tmp_path: Path) -> None:
    with real.played(real.NVR608H, real.FORBIDDEN) as device:
        there, desired = read(device, tmp_path, True, kind="recorder", channels=CAMERAS, recording="continuous", recording_days=30)
    assert there.identity == Identity(
        "Dahua", "DH-NVR608H-128-4KS3/I", "5.001.0000000.2.R,build:2026-03-31", "BD04CE2PAJ3B9BF", "00:00:5e:00:53:20"
    )
    assert there.title == "Site B NVR" and there.served == ()
    assert (there.clock.timezone, there.clock.source, there.clock.servers) == ("UTC+05:00", "NTP", ("time.windows.com",))
    assert there.network and (there.network.prefix, there.network.gateway, there.network.dns) == (24, "192.0.2.1", ("192.0.2.1",))
    eastern = timezone(-timedelta(hours=5))
    span = (datetime(2026, 4, 29, tzinfo=eastern), datetime(2026, 4, 29, 1, tzinfo=eastern))
    assert there.channels == (
        Channel(1, "stolb kamera", "192.168.23.11", 80, "dahua", "admin", True, "continuous", (span,)),
        Channel(11, "IPC", "192.168.23.21", None, "onvif", None, False, "off", (span,)),
    )
    assert there.storage == (Storage("/dev/sda", "ok", 495636, None), Storage("disk 1", "failed", 0, None))
    assert there.problems == ()
    assert [(c.field, c.after) for c in dahua.plan(there, desired) if c.field.startswith("channel")] == [
        ("channel.11.account", "admin"),
        ("channel.11.name", "Kho"),
        ("channel.11.recording", "continuous"),
    ]
    assert {p.field for p in dahua.shortfalls(there, desired)} == {"channel.11", "storage.disk 1"}


def test_the_search_for_recordings_is_always_closed_again(tmp_path: Path) -> None:
    with real.played(real.NVR608H, real.FORBIDDEN) as device:
        read(device, tmp_path, True, kind="recorder", channels=CAMERAS, recording_days=2)
    assert device.asked.count("mediaFileFind.cgi factory.create") == device.asked.count("mediaFileFind.cgi destroy") == 2
    with real.played({k: v for k, v in real.NVR608H.items() if "findNextFile" not in k}, real.BAD_REQUEST) as device:
        read(device, tmp_path, True, kind="recorder", channels=CAMERAS, recording_days=2)
    assert device.asked.count("mediaFileFind.cgi destroy") == 2


def test_no_plan_waits_for_a_search_of_recordings(tmp_path: Path) -> None:
    with real.played(real.NVR608H, real.FORBIDDEN) as device:
        there, _ = read(device, tmp_path, kind="recorder", channels=CAMERAS, recording_days=30)
    assert not [a for a in device.asked if "mediaFileFind" in a]
    assert all(c.spans is None for c in there.channels)


@pytest.mark.parametrize(
    "refusal", [real.BAD_REQUEST, real.NOT_IMPLEMENTED, (404, "<html>404</html>"), (200, "Error: Error -1 getting param in name=X\r\n")]
)
def test_a_relabelled_camera_with_capabilities_of_the_old_form(tmp_path: Path, refusal: tuple[int, str]) -> None:
    encoder = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
    with real.played(real.IM5, refusal) as device:
        there, desired = read(device, tmp_path, encoder=encoder, sub_encoder=DesiredEncoder("h264", 640, 360, 15, 2, 512), osd="KHO")
    assert there.identity == Identity("IntelBras", "iM5-SC", "2.800.00IB01X.0.R,build:2023-05-18", "DVB0006008586", None)
    assert there.clock.timezone == "UTC+03:00" and there.clock.offset_s is not None
    assert (there.title, there.osd, there.smart_codec) == ("DVB0006008586", "Front Door\nSide Gate", True)
    main, sub = there.encoders
    assert (main.codec, main.width, main.height, main.fps, main.gov, main.bitrate_kbps) == ("h264", 1920, 1080, 20, 40, 1536)
    assert (sub.codec, sub.width, sub.height, sub.bitrate_kbps) == ("h264", 640, 480, None)
    assert set(main.options) == {"h264", "h265", "jpeg"} and (3840, 2160) in main.options["h264"].sizes
    assert there.audio_profiles == ("Encode[0].MainFormat[0].AudioEnable",)
    fields = [c.field for c in dahua.plan(there, desired)]
    assert fields.index("smart_codec") < fields.index("encoder.fps")
    assert {"clock.timezone", "ntp", "clock.source", "osd", "encoder.gov", "encoder.bitrate_kbps", "sub_encoder.size", "audio"} <= set(
        fields
    )
    assert {p.field for p in there.problems} == {"network"}


def test_a_device_that_knows_only_basic_is_read_too(tmp_path: Path) -> None:
    with real.played(real.IM5, real.BAD_REQUEST, scheme='Basic realm="Device_CGI"') as device:
        there, _ = read(device, tmp_path)
    assert there.identity.model == "iM5-SC"


def test_looking_asks_for_nothing_that_writes(tmp_path: Path) -> None:
    with real.played(real.IM5, real.BAD_REQUEST) as device:
        read(device, tmp_path, all_options=True)
    assert {a.split()[1] for a in device.asked} <= {
        "getSystemInfo", "getDeviceType", "getSerialNo", "getVendor", "getSoftwareVersion", "getMachineName", "getCurrentTime",
        "getUserInfoAll", "getConfig", "getConfigCaps", "getCaps", "getDeviceClass", "getDeviceAllInfo",
    }  # fmt: skip


def test_a_device_that_takes_the_login_but_speaks_no_cgi_tells_nothing(tmp_path: Path) -> None:
    with real.played({}, (404, "<html>404</html>")) as device:
        there, _ = read(device, tmp_path)
    assert there.encoders == () and there.users is None
    assert {p.field for p in there.problems} >= {"accounts", "encoder", "clock.ntp"}


@pytest.mark.parametrize("scheme", ["", "Negotiate"])
def test_a_login_of_a_kind_that_nobody_knows_is_an_unknown_device(tmp_path: Path, scheme: str) -> None:
    with real.played({}, (404, ""), scheme=scheme) as device, pytest.raises(UnknownDevice):
        read(device, tmp_path)


CAPS = "BitRateOptions=96,4096|CompressionTypes[0]=H.264|CompressionTypes[1]=MJPG|FPSMax=25|ResolutionTypes[0]=D1|ResolutionTypes[1]=CIF"


@pytest.mark.parametrize(
    "form",
    ["caps[0].{}Format[0].Video.", "caps.{}Format[0].Video.", "head{}.Video.", "{}Format[0].Video.", "table.caps[0].{}Format[0].Video."],
)
def test_capabilities_are_read_in_every_form_that_firmware_has(tmp_path: Path, form: str) -> None:
    told = "".join(f"{form.format(name)}{line}\n" for name in ("Main", "Extra") for line in CAPS.split("|"))
    with real.played({**real.IM5, "encode.cgi getCaps": "", "encode.cgi getConfigCaps": told}, real.BAD_REQUEST) as device:
        there, _ = read(device, tmp_path)
    assert there.main and there.main.options["h264"].sizes == ((704, 576), (352, 288))
    assert there.sub and there.sub.options["h264"].bitrate == Range(96, 4096)


def test_a_device_that_lets_in_and_refuses_everything_has_no_permission(tmp_path: Path) -> None:
    with real.played({}, real.FORBIDDEN) as device, pytest.raises(NoPermission):
        read(device, tmp_path)


def test_a_nonce_is_never_used_again_where_it_goes_with_its_connection(tmp_path: Path) -> None:
    """To an NVR5464 that is a failed login each time (rroller/dahua#597)."""
    with real.played(real.IM5, real.BAD_REQUEST, closing=True) as device:
        there, _ = read(device, tmp_path)
    assert there.identity.model == "iM5-SC" and device.reused == 0


@pytest.mark.parametrize(
    ("realm", "who"),
    [
        ("Login to 4C0048DPAJ8F3C9", Identity("Dahua", serial="4C0048DPAJ8F3C9")),
        ("DH_00408CA5EA04", Identity("Dahua", mac="00:40:8c:a5:ea:04")),
        ("Device_CGI", Identity("Dahua")),
        ("anything", Identity()),
    ],
)
def test_a_device_names_itself_by_how_it_asks_for_a_login(tmp_path: Path, realm: str, who: Identity) -> None:
    with real.played(real.IM5, real.BAD_REQUEST, scheme=f'Digest realm="{realm}", nonce="n", qop="auth"') as device:
        desired = DesiredDevice(slot=1, address="127.0.0.1", port=device.port, driver="dahua")
        if who == Identity():  # another maker's, for all that can be seen
            with pytest.raises(UnknownDevice):
                dahua.identify(desired, Logins(tmp_path))
        else:
            assert dahua.identify(desired, Logins(tmp_path)).identity == who
    assert device.asked == []


def test_a_recorder_where_a_camera_should_be_is_not_written_to(tmp_path: Path) -> None:
    encoder = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
    with real.played(real.NVR608H, real.FORBIDDEN) as device, pytest.raises(UnknownDevice, match="a recorder is there"):
        read(device, tmp_path, encoder=encoder)


def test_an_old_camera_tells_its_card_and_its_clock_in_summer_time(tmp_path: Path) -> None:
    """Brasília is three hours behind Greenwich, and two in summer."""
    local = datetime.now(timezone(timedelta(hours=-2)))
    with real.played({**real.HDW1200S, "global.cgi getCurrentTime": f"result={local:%Y-%m-%d %H:%M:%S}\r\n"}, real.BAD_REQUEST) as device:
        there, desired = read(device, tmp_path, all_options=True)
    assert there.identity.firmware == "2.420.0000.0.R,build:2016-01-01" and there.identity.mac == "90:02:a9:11:22:33"
    assert there.storage == (Storage("/dev/mmc0", "ok", 32000, 24000),)
    assert there.clock.timezone == "UTC+03:00 DST" and there.clock.offset_s is not None and abs(there.clock.offset_s) < 60
    assert "clock.timezone" in {c.field for c in dahua.plan(there, desired)}


def test_a_camera_without_a_card_has_none_and_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    for number, answers in enumerate((real.IM5, {**real.IM5, "storageDevice.cgi getDeviceAllInfo": "list.info=0\r\n"})):
        with real.played(answers, real.BAD_REQUEST) as device:
            there, _ = read(device, tmp_path / str(number), all_options=True)
        assert there.storage == () and "storage" not in {p.field for p in there.problems}


def test_slots_that_tell_little_are_not_guessed_at(tmp_path: Path) -> None:
    with real.played(real.CP_UNR, real.BAD_REQUEST) as device:
        there, desired = read(device, tmp_path, True, kind="recorder", channels=(), recording="continuous")
    assert [(c.number, c.name, c.port, c.online) for c in there.channels] == [
        (1, "GATE-EAST", None, True),
        (3, None, None, None),
        (8, "BUS STAND", None, False),
    ]
    assert there.storage == () and [p.field for p in dahua.shortfalls(there, desired)] == ["storage"]
    assert "cam-secret-1" not in repr(there)


def test_a_sleeping_camera_is_not_given_its_account_again(tmp_path: Path) -> None:
    camera = DesiredChannel(3, "KHO", "172.168.103.209", 80, "dahua", Account("admin", "x"))
    with real.played(real.CP_UNR, real.BAD_REQUEST) as device:
        there, desired = read(device, tmp_path, kind="recorder", channels=(camera,))
    known = replace(there, channels=tuple(replace(c, protocol="dahua", user="admin", name="KHO") for c in there.channels))
    assert [c for c in dahua.plan(known, desired) if c.field.startswith("channel")] == []


@pytest.mark.parametrize(("answers", "number"), [(real.CP_UNR, 3), (real.XVR5108, 3), (real.NVR5832, 0), (real.NVR608H, 2)])
def test_a_recorder_is_shown_as_one_whatever_it_was_taken_for(tmp_path: Path, answers: dict[str, str], number: int) -> None:
    with real.played(answers, real.BAD_REQUEST) as device:
        there, _ = read(device, tmp_path, all_options=True)
    assert len(there.channels) == number and all(e.profile.startswith("channel") for e in there.encoders)


def test_cameras_on_a_recorders_own_sockets_are_channels_too(tmp_path: Path) -> None:
    with real.played(real.XVR5108, real.BAD_REQUEST) as device:
        there, _ = read(device, tmp_path, True, kind="recorder")
    assert there.identity.firmware == "4.001.0000000.4,build:2022-06-20"
    assert [(c.number, c.name, c.protocol, c.recording) for c in there.channels] == [
        (1, "Kamera1", "analog", "continuous"),
        (2, "Kamera2", "analog", "off"),
        (3, "Kamera3", None, None),
    ]
    assert [s.path for s in there.streams] == [f"/cam/realmonitor?channel={n}&subtype=0" for n in (1, 2, 3)]


def test_an_array_is_one_disk_of_all_its_parts(tmp_path: Path) -> None:
    with real.played(real.NVR5832, real.BAD_REQUEST) as device:
        there, _ = read(device, tmp_path, True, kind="recorder")
    assert there.storage == (Storage("/dev/md0", "ok", 55992217, 54546736),)


@pytest.mark.parametrize("model", ["CP-UNR-4K4162", "KX-C4K8108N2"])
def test_a_relabelled_recorder_is_no_camera_to_write_to(tmp_path: Path, model: str) -> None:
    answers = {
        **real.IM5,
        "magicBox.cgi getSystemInfo": f"deviceType={model}\r\nserialNumber=X\r\n",
        "magicBox.cgi getDeviceClass": "class=NVR\r\n",
    }
    encoder = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)
    with real.played(answers, real.BAD_REQUEST) as device, pytest.raises(UnknownDevice, match="a recorder is there"):
        read(device, tmp_path, encoder=encoder)
