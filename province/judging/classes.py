"""One class for each device: why it can't be brought to the standard, and what an engineer does next. Pure.

The classes are those of the drivers on the box (edge_agent.devices.faults), and `no_access`, which a person sees. A device
without a class is as wanted; one that could not be looked at (no tunnel, nobody measured) is `not_measured`.
"""

import re
from collections.abc import Mapping, Sequence

from province.judging.case import FIRST, NOT_RUN, in_its_place, shown, why
from province.measure.evidence import Failed, Failure, Greeting, Recordings, Settings, SiteEvidence
from province.measure.subjects import Camera, Device, Recorder
from province.standard.verdict import DeviceKind, DeviceRow, Row, StreamPlace, StreamPlaces
from province.text import Text

NOT_MEASURED = "not_measured"
CLASSES: Mapping[str, tuple[Text, Text]] = {
    "unreachable": (
        Text("không liên lạc được: {detail}", "can't be reached: {detail}"),
        Text(
            "Kiểm tra nguồn điện, dây mạng, cổng bộ chuyển mạch và địa chỉ IP.",
            "Check its power, cable, switch port and IP address.",
        ),
    ),
    "wrong_credentials": (
        Text("từ chối mật khẩu trong kho mật khẩu", "refuses the vault's password"),
        Text(
            "Hỏi cơ sở mật khẩu quản trị hiện tại rồi ghi vào kho mật khẩu, hoặc khôi phục cài đặt gốc; không thử thêm để tránh bị khoá.",
            "Ask the facility for the present administrator's password and put it in the vault, or reset the device; "
            "don't try more, or it locks out.",
        ),
    ),
    "locked_out": (
        Text("đang bị khoá vì đăng nhập sai; chưa thử lại trước {until}", "locked after failed logins; not tried again before {until}"),
        Text(
            "Chờ đến {until}, kiểm tra mật khẩu trong kho mật khẩu, rồi đo lại.",
            "Wait until {until}, check the vault's password, verify again.",
        ),
    ),
    "not_activated": (
        Text("chưa được kích hoạt", "is not activated"),
        Text(
            "Kích hoạt thiết bị (đặt mật khẩu quản trị lần đầu) bằng công cụ của hãng, rồi triển khai lại.",
            "Activate it (set its first administrator's password) with the maker's tool, then roll out again.",
        ),
    ),
    "onvif_off": (
        Text("không cung cấp ONVIF", "does not offer ONVIF"),
        Text(
            "Bật ONVIF trong giao diện của thiết bị và tạo tài khoản ONVIF, hoặc đổi `driver` trong danh mục.",
            "Switch ONVIF on in its own pages and give it an ONVIF account, or change the inventory's driver.",
        ),
    ),
    "obsolete": (
        Text("quá cũ so với tiêu chuẩn: {detail}", "too old for the standard: {detail}"),
        Text("Thay thiết bị này.", "Replace this device."),
    ),
    "setting_not_kept": (
        Text("cài đặt không như mong muốn: {detail}", "settings are not as wanted: {detail}"),
        Text(
            "Chạy ketnoi rollout; nếu vẫn không giữ, đặt bằng giao diện của thiết bị, cập nhật phần mềm hoặc thay thiết bị.",
            "Run ketnoi rollout; if it still isn't kept, set it in the device's own pages, update its firmware or replace it.",
        ),
    ),
    "no_permission": (
        Text("tài khoản không đủ quyền", "the account lacks the permission"),
        Text("Ghi tài khoản quản trị của thiết bị vào kho mật khẩu.", "Put the device's administrator account in the vault."),
    ),
    "unknown_device": (
        Text("trả lời không như thiết bị đã khai ({detail})", "does not answer as the device listed would ({detail})"),
        Text(
            "Kiểm tra địa chỉ và hãng trong danh mục; nếu ở đó là thiết bị khác, sửa kết quả khảo sát.",
            "Check the inventory's address and make; if another device is there, correct the survey.",
        ),
    ),
    "no_access": (
        Text(
            "không được tiếp cận: {reason} (ngày {date}, người chứng kiến: {witness})",
            "no access: {reason} (on {date}, witness: {witness})",
        ),
        Text(
            "Đơn vị quản lý làm việc với cơ sở; khi được vào, xoá no_access trong danh mục rồi triển khai.",
            "The responsible authority settles it with the facility; once let in, remove no_access from the inventory and roll out.",
        ),
    ),
}
"""Class -> what is the matter, what to do next."""

_LOGIN = re.compile(r"(pass(word|wd)?|pwd|user(name)?)\s*=|//[^/]*@", re.IGNORECASE)
"""Some makers put user and password into the address, as /user=admin_password=..._channel=1 does."""

_BY_REASON: Mapping[str, str] = {
    "unreachable": "unreachable",
    "timeout": "unreachable",
    "login_refused": "wrong_credentials",
    "locked": "locked_out",
    "not_activated": "not_activated",
    "onvif_off": "onvif_off",
    "no_permission": "no_permission",
    "protocol": "unknown_device",
}
_SILENT = ("unreachable", "timeout", "no_stream")
"""Of a stream: nothing comes, whatever the settings say."""
SETTINGS = frozenset(
    ("accounts_as_wanted", "name", "not_discoverable", "ntp_source", "audio_off", "smart_codec_off", "services_off", "codec", "size",
     "rate", "keyframe_distance", "camera_clock", "recorder_clock")
)  # fmt: skip
"""Checks of what a rollout sets."""
REPAIRED = SETTINGS | {"sub_stream", "osd", "factory_password_refused", "box_ports"}
"""Checks that a rollout may well mend."""


def classed(device: Device, evidence: SiteEvidence, rows: Sequence[Row]) -> DeviceRow:
    """One device: what it falls into, why, and what to do next."""
    settings, failure = _reading(device, evidence)
    category, values = _class(device, settings, failure, [row for row in rows if row["subject"] == device.subject])
    row: DeviceRow = {
        "slot": device.slot, "kind": _kind(device), "subject": device.subject, "class": category, "reason": None, "hint": None,
    }  # fmt: skip
    if category == NOT_MEASURED and failure:
        hint = FIRST.get(failure["reason"])
        row["reason"], row["hint"] = why(failure).as_dict(), hint.as_dict() if hint else None
    elif category is not None:
        reason, hint = CLASSES[category]
        row["reason"], row["hint"] = _filled(reason, values), _filled(hint, values)
    if isinstance(device, Camera):
        row["streams"] = _streams(settings)
    return row


def _kind(device: Device) -> DeviceKind:
    return "camera" if isinstance(device, Camera) else "recorder" if isinstance(device, Recorder) else "switch"


def _streams(settings: Settings | None) -> StreamPlaces:
    """As the camera told them to who plays it, or null. A path with a login in it is not kept."""
    if settings is None:
        return {"main": None, "sub": None}
    return {"main": _without_login(settings.get("stream")), "sub": _without_login(settings.get("sub_stream"))}


def _without_login(place: StreamPlace | None) -> StreamPlace | None:
    return place if place and not _LOGIN.search(place["path"]) else None


def _filled(text: Text, values: Mapping[str, Text]) -> dict[str, str]:
    return {
        "vi": text.vi.format(**{key: value.vi for key, value in values.items()}),
        "en": text.en.format(**{key: value.en for key, value in values.items()}),
    }


def _reading(device: Device, evidence: SiteEvidence) -> tuple[Settings | None, Failure | None]:
    """(a camera's settings, why the device could not be read): what is asked of it first, with a login; of a switch only its greeting."""
    first: Settings | Recordings | Greeting | Failed | None
    settings: Settings | None = None
    if isinstance(device, Camera):
        found = (evidence.get("cameras", {}).get(str(device.slot)) or {}).get("settings") or NOT_RUN
        first, settings = found, found if found["ok"] else None
    elif isinstance(device, Recorder):
        first = (evidence.get("recorders", {}).get(device.subject) or {}).get("recordings")
    else:
        first = (evidence.get("switches", {}).get(device.subject) or {}).get("reach")
    first = first or NOT_RUN
    return settings, None if first["ok"] else in_its_place(evidence, first)


def _class(
    device: Device, settings: Settings | None, failure: Failure | None, rows: Sequence[Row]
) -> tuple[str | None, Mapping[str, Text]]:
    if device.no_access:
        barred = device.no_access
        return "no_access", {key: Text(value, value) for key, value in vars(barred).items()}
    if failure:
        until = shown(failure.get("until")) if failure.get("until") else "?"
        return _BY_REASON.get(failure["reason"], NOT_MEASURED), {"detail": why(failure), "until": Text(until, until)}
    if settings and (lacks := settings.get("lacks")):
        return "obsolete", {"detail": _listed([_lack(lack, settings, rows) for lack in lacks])}
    stuck = next((row for row in rows if row["id"] == "playable_hub" and _reason(row) in _SILENT), None)
    if stuck:
        return "unreachable", {"detail": Text(**stuck["says"])}
    wrong = [Text(row["title"]["vi"], row["title"]["en"]) for row in rows if row["verdict"] == "not_met" and row["id"] in SETTINGS]
    return ("setting_not_kept", {"detail": _listed(wrong)}) if wrong else (None, {})


def _reason(row: Row) -> object:
    """Why it could not be measured, where that is what was measured."""
    return row["measured"].get("reason") if isinstance(row["measured"], Mapping) else None


LACKS: Mapping[str, Text] = {
    "codec": Text("không có H.264/H.265", "no H.264 or H.265"),
    "size": Text("hình lớn nhất vẫn quá nhỏ", "its largest picture is too small"),
    "clock": Text("không có đồng hồ", "no clock"),
}
"""What a device can't do at all, as its own options tell."""


def _lack(lack: str, settings: Settings, rows: Sequence[Row]) -> Text:
    """As the check's own row says it, where the device told what it can do."""
    row = next((row for row in rows if row["id"] == lack and row["verdict"] == "not_met"), None)
    return Text(**row["says"]) if row and settings.get("able") else LACKS[lack]


def _listed(texts: Sequence[Text]) -> Text:
    return Text(", ".join(text.vi for text in texts), ", ".join(text.en for text in texts))
