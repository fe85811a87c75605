"""docs/devices.md's tables, made from the drivers: `python -m edge_agent.devices.reference` prints them.

What a driver sets is found out, not claimed: its own plan is asked for a device on which everything is wrong.
"""

import sys
from collections.abc import Iterator

from edge_agent.contract.devices import SERVICES, Account, DesiredChannel, DesiredDevice, DesiredEncoder, DesiredNetwork
from edge_agent.contract.text import Text
from edge_agent.devices import drivers, faults
from edge_agent.devices.model import Change, Channel, Clock, Encoder, EncoderOptions, Network, ObservedDevice, Scope, User

ROWS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "time": (Text("giờ, nguồn giờ (NTP), múi giờ", "clock, NTP source, time zone"), ("ntp", "clock.timezone", "clock.offset_s")),
    "name": (Text("tên thiết bị", "name"), ("name",)),
    "osd": (Text("chữ trong hình", "text in the picture"), ("osd",)),
    "encoder": (Text("luồng chính", "main stream"), ("encoder.codec", "encoder.size", "encoder.fps", "encoder.gov")),
    "sub_encoder": (Text("luồng phụ", "sub stream"), ("sub_encoder.size", "sub_encoder.fps", "sub_encoder.gov")),
    "audio": (Text("tắt âm thanh", "sound off"), ("audio",)),
    "smart_codec": (Text("tắt mã hoá thông minh", "smart codec off"), ("smart_codec",)),
    "discovery": (Text("tắt trả lời dò tìm ONVIF", "ONVIF's discovery off"), ("discovery",)),
    "sadp": (Text("tắt dò tìm riêng của hãng (SADP)", "the maker's own discovery off (SADP)"), ("service.sadp",)),
    "viewer": (Text("tài khoản xem", "viewer's account"), ("viewer",)),
    "admin": (Text("mật khẩu quản trị", "administrator's password"), ("admin.password",)),
    "network": (Text("địa chỉ, cổng ra", "address, gateway"), ("network.address", "network.gateway")),
    "channel": (Text("camera thành kênh", "cameras as channels"), ("channel.1.address", "channel.1.name")),
    "recording": (Text("ghi hình liên tục", "continuous recording"), ("channel.1.recording",)),
}
"""What can be wanted, and the fields of the changes that bring it about."""
KINDS = {
    "camera": ("time", "name", "osd", "encoder", "sub_encoder", "audio", "smart_codec", "discovery", "sadp", "viewer", "admin", "network"),
    "recorder": ("time", "name", "viewer", "admin", "network", "channel", "recording"),
}
_ADMIN, _VIEWER = Account("admin", "x"), Account("kn-view", "x")
_ENCODER = DesiredEncoder("h264", 1920, 1080, 15, 2, 2048)


def desired(driver: str, kind: str) -> DesiredDevice:
    """Everything that can be wanted of a device of this kind."""
    camera = kind == "camera"
    channel = DesiredChannel(1, "C01", "192.168.1.11", 80, driver, _VIEWER)
    return DesiredDevice(
        slot=1, address="192.168.1.11", port=80, driver=driver, kind="camera" if camera else "recorder", name="C01", admin=_ADMIN,
        viewer=_VIEWER, ntp="192.168.1.1", timezone="ICT-7", services_off=SERVICES, network=DesiredNetwork(24, "192.168.1.1"),
        osd="C01" if camera else None, encoder=_ENCODER if camera else None, sub_encoder=_ENCODER if camera else None,
        discovery="NonDiscoverable" if camera else None, channels=None if camera else (channel,),
        recording=None if camera else "continuous",
    )  # fmt: skip


def wrong(kind: str) -> ObservedDevice:
    """A device that tells everything, and on which nothing is as wanted."""
    options = {"h264": EncoderOptions(sizes=((1920, 1080), (704, 576)))}
    encoders = tuple(Encoder(f"profile{n}", f"encoder{n}", 1, f"e{n}", "h265", 704, 576, 5, 50, 512, options) for n in (1, 2))
    return ObservedDevice(
        clock=Clock(3600.0, "Manual", "UTC+00:00", ("0.0.0.0",), False),  # noqa: S104
        users=(User("admin", "Administrator"),),
        login_user="admin",
        login_is_old=True,
        hostname="camera",
        title="camera",
        osd="camera",
        network=Network("192.168.1.64", 16, False, "192.168.1.254", ()),
        scopes=(Scope("onvif://www.onvif.org/name/camera", False),),
        discovery="Discoverable",
        served=tuple((name, True) for name in dict.fromkeys([*SERVICES, *(s for d in drivers.NAMES for s in drivers.of(d).SERVICES)])),
        smart_codec=True,
        encoders=encoders if kind == "camera" else (),
        audio_profiles=("profile1",),
        channels=(Channel(1, "?", "192.168.1.99", 80, "onvif", "admin", True, "off"),) if kind == "recorder" else (),
    )


def changes(driver: str, kind: str) -> list[Change]:
    return drivers.of(driver).plan(wrong(kind), desired(driver, kind))


def sets(driver: str, kind: str) -> set[str]:
    """The rows that this driver brings about on a device of this kind."""
    fields = {change.field for change in changes(driver, kind)}
    return {row for row in KINDS[kind] if fields.intersection(ROWS[row][1])}


def services(driver: str) -> list[str]:
    """The network services that this driver looks after, on devices that have them."""
    return [name for name in SERVICES if name in drivers.of(driver).SERVICES]


def support() -> Iterator[str]:
    """One table for each kind: rows of ROWS, a column for each driver."""
    for kind, rows in KINDS.items():
        title = {"camera": "Cameras · Camera", "recorder": "Recorders · Đầu ghi hình"}[kind]
        known = {driver: sets(driver, kind) for driver in drivers.NAMES if kind in drivers.of(driver).KINDS}
        yield from (f"### {title}", "", f"| | {' | '.join(known)} |", f"|---|{'---|' * len(known)}")
        for row in rows:
            label = ROWS[row][0]
            cells = " | ".join("sets" if row in made else "–" for made in known.values())
            yield f"| {label.en} · {label.vi} | {cells} |"
        listed = " | ".join(", ".join(services(driver)) for driver in known)
        yield f"| network services off · tắt dịch vụ mạng | {listed} |"
        yield ""


def classes() -> Iterator[str]:
    """The classes of failure in both languages: what it means, what to do."""
    yield from ("| Class | What it means · Nghĩa là | What to do · Cần làm |", "|---|---|---|")
    for failure in faults.FAILURES:
        reason, hint = (_plain(text) for text in (failure.reason_text, failure.hint_text))
        yield f"| `{failure.category}` | {reason.en}<br>{reason.vi} | {hint.en}<br>{hint.vi} |"


def _plain(text: Text) -> Text:
    """Without the values that only a real failure has."""

    class Blank(dict[str, str]):
        def __missing__(self, key: str) -> str:
            return "" if key == "detail" else "…"

    return Text(*(each.format_map(Blank()).replace(":  (", " (").strip().rstrip(":").strip() for each in text))


def markdown() -> dict[str, str]:
    """The parts of docs/devices.md that are generated, by the name in their marks."""
    return {"support": "\n".join(support()).strip(), "classes": "\n".join(classes())}


if __name__ == "__main__":
    for part, text in markdown().items():
        sys.stdout.write(f"<!-- {part} -->\n{text}\n")
