"""What a rule is given and gives: a `Case` in, a `Finding` out. Pure.

Evidence is a document of measurements (province.measure.evidence). What could not be measured is never met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from province.measure.evidence import CameraEvidence, Clock, Failed, Failure, NotPlayed, Played, RecorderEvidence, SiteEvidence
from province.measure.subjects import Camera, Device, Recorder, Site
from province.standard.checks import Check, Standard
from province.standard.settings import DeviceSettings, thresholds
from province.standard.settings import of as settings_of
from province.standard.verdict import Verdict
from province.text import VIETNAM, Text

REASONS: Mapping[str, Text] = {
    "not_run": Text("chưa đo được", "was not measured"),
    "hub_unreachable": Text("không vào được máy chủ kết nối", "the hub could not be reached"),
    "centre_unreachable": Text("không vào được máy đo ở trung tâm", "the centre's probe could not be reached"),
    "box_unreachable": Text("không vào được thiết bị biên", "the box could not be reached"),
    "tunnel_down": Text("đường hầm của cơ sở không thông", "the facility's tunnel is down"),
    "site_silent": Text(
        "không đường nào tới được cơ sở: đường hầm, đường cứu hộ, kết nối của chương trình biên",
        "the facility answers by no way: neither tunnel, nor lifeline, nor its agent's connection",
    ),
    "unreachable": Text("không trả lời tại địa chỉ đã ghi", "does not answer at its address"),
    "not_in_lan": Text(
        "không tới được từ máy này: máy không ở trong mạng LAN của cơ sở",
        "is not reachable from here: this machine is not in the facility's LAN",
    ),
    "timeout": Text("quá thời gian đo", "took too long"),
    "login_refused": Text("từ chối tài khoản ghi trong danh mục", "refused the inventory's login"),
    "locked": Text(
        "đã đủ số lần đăng nhập sai cho phép, không thử nữa",
        "enough failed logins in its lock-out window, not tried again",
    ),
    "no_stream": Text("không có luồng hình", "gave no stream"),
    "no_keyframe": Text("không nhận được khung hình chính giải mã được", "sent no key frame that decodes"),
    "no_password": Text(
        "kho mật khẩu chưa có mật khẩu của thiết bị này, hoặc đang đổi dở",
        "the vault holds no password for this device, or its rotation has not come through",
    ),
    "not_enrolled": Text("chưa tiếp nhận thiết bị biên", "its edge box has not been taken over"),
    "protocol": Text("trả lời không đúng giao thức", "answered against its protocol"),
    "no_settings": Text(
        "không đọc được cài đặt nên chưa biết đường dẫn luồng hình",
        "its settings could not be read, so the stream's path is not known",
    ),
    "no_factory_password": Text("không biết mật khẩu xuất xưởng của hãng này", "this make's factory password is not known"),
    "camera_silent": Text(
        "có camera không gửi được gói tin nào, kể cả tới thiết bị biên", "a camera could send nothing, not even to its box"
    ),
    "not_proven": Text("chưa chứng minh được rằng nơi nhận có nghe thấy gói tin", "a listening place could not be proven to hear"),
    "onvif_off": Text("không có ONVIF tại địa chỉ đã ghi", "offers no ONVIF at its address"),
    "not_activated": Text("chưa được kích hoạt", "is not activated"),
    "no_permission": Text("tài khoản không đủ quyền đọc", "the account may not read this"),
    "no_access": Text("cơ sở không cho tiếp cận thiết bị", "the facility lets nobody at the device"),
    "no_channel": Text("đầu ghi không có kênh của camera này", "the recorder has no channel of this camera"),
    "no_recorder": Text("thiết bị biên không trả lời về việc ghi hình", "the box did not answer for its recorder"),
    "recorder_stopped": Text("chương trình ghi hình trên thiết bị biên không chạy", "the box's recorder is not running"),
    "no_picture": Text("hình đã ghi không giải mã được", "what was recorded does not decode"),
    "no_search": Text("đầu ghi không cho tra cứu dữ liệu đã ghi", "the recorder does not let its footage be searched"),
    "not_reported": Text("thiết bị không cho biết", "the device does not tell"),
    "since_unknown": Text("chưa biết cơ sở được kết nối từ ngày nào", "since when the facility is connected is not known"),
    "clock_not_reported": Text("thiết bị biên chưa báo đồng hồ, hoặc tin đã cũ", "the box has not told of its clock, or not lately"),
    "just_booted": Text("thiết bị biên vừa khởi động, đang lấy giờ", "the box has just booted and is asking for the time"),
    "no_history": Text("máy chủ kết nối chưa ghi lịch sử của camera này", "the hub holds no history of this camera"),
    "hub_failed": Text("ketnoi-hub trên máy chủ kết nối báo lỗi", "ketnoi-hub on the hub failed"),
    "hub_database": Text("cơ sở dữ liệu của máy chủ kết nối không trả lời", "the hub's database does not answer"),
    "tool_missing": Text("thiếu công cụ đo trên máy đó", "the measuring tool is missing on that machine"),
    "measuring_failed": Text("công cụ đo trên máy đó báo lỗi", "the measuring tool failed on that machine"),
}
AGAIN = Text("Chạy lại ketnoi verify.", "Run ketnoi verify again.")
FIRST: Mapping[str, Text] = {
    "hub_unreachable": Text("Thông lại đường tới máy chủ kết nối, rồi đo lại.", "Bring the way to the hub back, then verify again."),
    "hub_failed": Text("Chạy ketnoi status để xem lỗi, xử lý rồi đo lại.", "Run ketnoi status to see why, mend it, then verify again."),
    "hub_database": Text(
        "Trên máy chủ kết nối: systemctl status postgresql; rồi đo lại.", "On the hub: systemctl status postgresql; then verify again."
    ),
    "centre_unreachable": Text(
        "Thông lại đường tới máy đo ở trung tâm (central.probe), rồi đo lại.",
        "Bring the way to the centre's probe back (central.probe), then verify again.",
    ),
    "box_unreachable": Text("Đưa thiết bị biên trở lại, rồi đo lại.", "Bring the box back, then verify again."),
    "tunnel_down": Text("Xử lý đường hầm trước (xem tunnel_up), rồi đo lại.", "Mend tunnel_up first, then verify again."),
    "site_silent": Text(
        "Hỏi người đầu mối: cơ sở còn điện, còn Internet không. Có mạng lại thì thiết bị biên tự kết nối; rồi đo lại.",
        "Ask the focal point whether power and internet are there. Once they are, the box connects by itself; then verify again.",
    ),
    "unreachable": Text(
        "Xử lý camera trước (nguồn, dây mạng, địa chỉ), rồi đo lại.",
        "Bring the camera back first (power, cable, address), then verify again.",
    ),
    "not_in_lan": Text(
        "Nối máy này vào mạng LAN của cơ sở, rồi đo lại; hoặc đo qua máy chủ kết nối (không có --local).",
        "Connect this machine to the facility's LAN, then verify again; or measure through the hub (without --local).",
    ),
    "login_refused": Text(
        "Chạy ketnoi rollout để đặt lại tài khoản, rồi đo lại.",
        "Run ketnoi rollout to set its accounts, then verify again.",
    ),
    "no_settings": Text(
        "Chạy ketnoi rollout để đặt lại cài đặt, rồi đo lại.",
        "Run ketnoi rollout to mend its settings, then verify again.",
    ),
    "locked": Text("Đợi 30 phút rồi đo lại.", "Wait 30 minutes, then verify again."),
    "no_password": Text("Chạy ketnoi init, rồi ketnoi rollout.", "Run ketnoi init, then ketnoi rollout."),
    "not_enrolled": Text("Chạy ketnoi bootstrap cho cơ sở.", "Run ketnoi bootstrap for the facility."),
    "no_factory_password": Text("Ghi mật khẩu xuất xưởng của hãng vào makes.yml.", "Add the make's factory password to makes.yml."),
    "camera_silent": Text("Xử lý camera trước, rồi đo lại.", "Bring the camera back first, then verify again."),
    "onvif_off": Text(
        "Bật ONVIF trên thiết bị, hoặc đổi `driver` trong danh mục, rồi đo lại.",
        "Switch ONVIF on at the device, or change the inventory's driver, then verify again.",
    ),
    "not_activated": Text(
        "Kích hoạt thiết bị bằng công cụ của hãng, rồi chạy ketnoi rollout.",
        "Activate the device with its maker's tool, then run ketnoi rollout.",
    ),
    "no_permission": Text(
        "Ghi tài khoản quản trị của thiết bị vào kho mật khẩu, rồi đo lại.",
        "Put the device's administrator account in the vault, then verify again.",
    ),
    "no_access": Text(
        "Đơn vị quản lý làm việc với cơ sở (xem access_given), rồi đo lại.",
        "The responsible authority settles it with the facility (see access_given), then verify again.",
    ),
    "no_channel": Text("Chạy ketnoi rollout để đưa camera vào đầu ghi.", "Run ketnoi rollout to take the camera into the recorder."),
    "no_recorder": Text("Chạy ketnoi rollout (vai trò recorders), rồi đo lại.", "Run ketnoi rollout (role recorders), then verify again."),
    "recorder_stopped": Text(
        "Trên thiết bị biên: systemctl status ketnoi-recorder; rồi chạy ketnoi rollout.",
        "On the box: systemctl status ketnoi-recorder; then run ketnoi rollout.",
    ),
    "no_search": Text(
        "Xem trên đầu ghi; cập nhật phần mềm của đầu ghi nếu có.", "Look at the recorder itself; update its firmware if there is one."
    ),
    "tool_missing": Text(
        "Chạy ketnoi hub để cài lại gói ketnoi-hub, rồi đo lại.",
        "Run ketnoi hub to install ketnoi-hub again, then verify again.",
    ),
}
"""What to do first where a check could not run: the reason's own hint."""
DEVICE_FAULTS = frozenset({"unreachable", "login_refused", "no_stream", "no_keyframe", "protocol", "timeout"})
"""Reasons that lie with the camera: it can't be played, and that is what was measured."""


@dataclass(frozen=True)
class Finding:
    """`measured` and `expected` are for machines, `says` for people. `hint` takes the place of the standard's own.

    `so_far`: met as far as it can be yet, because the time that the threshold speaks of has not gone by. `pending`: unknown for
    that reason alone; it keeps no young facility from being met, and is said beside its verdict.
    """

    verdict: Verdict
    measured: object
    expected: object
    says: Text
    derived: bool = False
    hint: Text | None = None
    so_far: bool = False
    pending: bool = False


@dataclass(frozen=True)
class Case:
    """A check of a standard at its subject: the facility's evidence, and the device (none for a facility's or a box's check).
    `day`: Vietnam's, on which it is judged."""

    check: Check
    standard: Standard
    site: Site
    evidence: SiteEvidence
    subject: Device | None = None
    day: date | None = None

    @property
    def desired(self) -> DeviceSettings:
        """What a rollout sets by this standard."""
        return settings_of(thresholds(self.standard))

    def want(self, name: str, default: Any = None) -> Any:
        return self.check.threshold.get(name, default)

    @property
    def device(self) -> Camera:
        """The camera; TypeError where a standard gave a camera's check another subject."""
        if not isinstance(self.subject, Camera):
            raise TypeError(f"{self.check.id} is a camera's check, not a {self.check.subject}'s")
        return self.subject

    @property
    def recorder(self) -> Recorder:
        """The recorder; TypeError likewise."""
        if not isinstance(self.subject, Recorder):
            raise TypeError(f"{self.check.id} is a recorder's check, not a {self.check.subject}'s")
        return self.subject

    @property
    def camera(self) -> CameraEvidence:
        """What was measured of the camera."""
        return self.evidence.get("cameras", {}).get(str(self.device.slot)) or {}

    def of_recorder(self, recorder: str | None = None) -> RecorderEvidence:
        """What was measured of the recorder, or of another by its subject."""
        return self.evidence.get("recorders", {}).get(recorder or self.recorder.subject) or {}

    @property
    def site_silent(self) -> bool:
        return is_silent(self.evidence)

    def stream(self) -> Played | NotPlayed:
        """The stream as it arrives at the centre, where it is wanted; else at the hub."""
        centre = self.camera.get("stream_centre")
        return centre if centre and centre["ok"] else self.camera.get("stream_hub") or NO_STREAM

    def packets(self) -> Played | NotPlayed:
        """The same, where packets arrived: they can be counted even if no picture came of them."""
        centre = self.camera.get("stream_centre")
        return centre if centre and centre.get("packets") else self.camera.get("stream_hub") or NO_STREAM


NOT_RUN = Failed(ok=False, reason="not_run")
NO_STREAM = NotPlayed(ok=False, reason="not_run")
NOT_REPORTED = Failed(ok=False, reason="not_reported")
SITE_SILENT = Failed(ok=False, reason="site_silent")
BEHIND = ("tunnel_down", "box_unreachable")
"""Reasons that are the facility's silence, where it is silent altogether."""


def is_silent(evidence: SiteEvidence) -> bool:
    """Whether every way to the facility was tried and none led there: then nobody can tell what is wrong with it, if anything."""
    hub, tunnel = evidence.get("hub") or NOT_RUN, evidence.get("tunnel") or NOT_RUN
    if not hub["ok"] or hub.get("database") or not tunnel["ok"]:
        return False
    return not tunnel["alive"] and not hub.get("connected") and (hub.get("lifeline") or {}).get("up") is False


def in_its_place(evidence: SiteEvidence, failure: Failure) -> Failure:
    """What could not be measured because the facility is silent says so."""
    return SITE_SILENT if failure["reason"] in BEHIND and is_silent(evidence) else failure


def why(failure: Failure) -> Text:
    """Its reason's words, with what a machine said last where it is the tool itself that failed."""
    reason, said = failure["reason"], failure.get("detail")
    words = REASONS.get(reason, REASONS["not_run"])
    return Text(f"{words.vi}: {said}", f"{words.en}: {said}") if reason == "measuring_failed" and said else words


def unknown(case: Case, failure: Failure, expected: object = None) -> Finding:
    """The check's own hint would mislead: nobody knows whether it is met."""
    failure = in_its_place(case.evidence, failure)
    return Finding("unknown", None, expected, why(failure), hint=FIRST.get(failure["reason"], AGAIN))


def judged(good: bool, measured: object, expected: object, says: Text, *, derived: bool = False, hint: Text | None = None) -> Finding:
    return Finding("met" if good else "not_met", measured, expected, says, derived, hint)


WHOLE_SECONDS = 0.5
"""A device tells whole seconds; how far that may lead astray is not held against it."""


def clock_within(case: Case, clock: Clock | Failed) -> Finding:
    """A device's clock by the check's `seconds`; unknown where the answer took too long to say on which side it is."""
    limit = float(case.want("seconds", 0))
    expected = {"seconds": limit}
    if not clock["ok"]:
        return unknown(case, clock, expected)
    offset = float(clock["offset_s"])
    doubt = max(0.0, (clock.get("uncertainty_s") or 0) - WHOLE_SECONDS)
    measured = {"offset_s": offset, "rtt_s": clock.get("rtt_s"), "uncertainty_s": clock.get("uncertainty_s")}
    if abs(offset) - doubt <= limit < abs(offset) + doubt:
        says = Text(
            f"lệch {offset:+.1f} giây, sai số {doubt:.1f} giây do đường truyền chậm",
            f"{offset:+.1f} s off, give or take {doubt:.1f} s on a slow line",
        )
        return Finding("unknown", measured, expected, says)
    return judged(abs(offset) <= limit, measured, expected, Text(f"lệch {offset:+.1f} giây", f"{offset:+.1f} s off"))


def shown(moment: object) -> str:
    """Vietnam's time to the minute; whatever else stands there, as it stands."""
    try:
        return datetime.fromisoformat(str(moment)).astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
    except ValueError:
        return str(moment)
