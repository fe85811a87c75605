"""Rules about footage: is each camera being recorded, for how long is it kept, has it holes, is the recorder sound.

A rule gives None where its question does not arise: a box's recorder can't be asked where there is no box.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from edge_agent.contract.shortfalls import DELETED, ROOM_NOT_TOLD, WRITTEN, days_of_room, room
from province.judging.case import NOT_REPORTED, NOT_RUN, Case, Finding, clock_within, judged, shown, unknown, why
from province.measure.evidence import Failed, Footage, Gap
from province.measure.subjects import BOX_RECORDER
from province.measure.tasks import kbps
from province.text import Text

NO_RECORDER = Text("không có đầu ghi nào ghi camera này", "no recorder records this camera")
NOTHING = Text("không có dữ liệu ghi", "no footage at all")
HEALTHY = ("ok", "low")
"""A disk that is low keeps fewer days: `recorder_room` foretells it, `days_kept` measures it."""
NO_CHANNEL = Failed(ok=False, reason="no_channel")
SINCE_UNKNOWN = Failed(ok=False, reason="since_unknown")
FAULTS = ("no_channel", "recorder_stopped")
"""Reasons for which nothing is recorded, and that is what was found."""
WHY: Mapping[str, Text] = {
    "starting": Text("đang khởi động", "being started"),
    "camera_down": Text("camera không gửi hình", "the camera sent no picture"),
    "stalled": Text("camera đứng hình", "the camera stood still"),
    "box_off": Text("thiết bị biên mất điện hoặc khởi động lại", "the box was off or restarted"),
    "recorder_stopped": Text("chương trình ghi hình dừng", "the recorder was not running"),
    "disk_full": Text("đĩa đầy", "the disk was full"),
    "disk_failed": Text("đĩa hỏng", "the disk failed"),
    "changed": Text("cài đặt đổi", "settings were changed"),
    "clock_set": Text("đồng hồ được chỉnh", "the clock was set"),
    "footage_missing": Text("tệp bị mất", "the file is gone"),
}
"""Why the box's recorder has a hole, in its own words (edge_agent.recorder)."""


def _elsewhere(case: Case) -> bool:
    """Whether the box records, and there is no box to ask (measured where the devices are)."""
    return case.site.local and case.site.recording == "box"


def _footage(case: Case, expected: object) -> tuple[Footage | Finding, bool]:
    """The camera's newest footage among its recorders, and whether its recorder alone says so. Or what is the same for each question
    about footage: nobody records, no channel, nothing known."""
    found = [_at(case, recorder) for recorder in case.device.recorders]
    if not found:
        return judged(False, {"recorders": []}, expected, NO_RECORDER), False
    good = [each for each in found if each[0]["ok"]]
    newest, derived = min(good or found, key=_behind)
    if newest["ok"]:
        return newest, derived
    if newest["reason"] in FAULTS:
        return judged(False, {"reason": newest["reason"]}, expected, why(newest), derived=derived), derived
    return replace(unknown(case, newest, expected), derived=derived), derived


def _at(case: Case, recorder: str) -> tuple[Footage | Failed, bool]:
    whole = case.of_recorder(recorder).get("recordings") or NOT_RUN
    derived = whole.get("derived", False)
    return (whole["cameras"].get(str(case.device.slot)) or NO_CHANNEL) if whole["ok"] else whole, derived


def _behind(found: tuple[Footage | Failed, bool]) -> float:
    behind_s = found[0]["behind_s"] if found[0]["ok"] else None
    return float("inf") if behind_s is None else behind_s


def recording_now(case: Case) -> Finding | None:
    if _elsewhere(case):
        return None
    limit = float(case.want("behind_s", 0))
    expected = {"behind_s": limit}
    found, derived = _footage(case, expected)
    if isinstance(found, Finding):
        return found
    seen = case.camera.get("footage") or NOT_RUN
    if not seen["ok"] and seen["reason"] == "no_picture":
        return judged(False, {"footage": seen.get("detail")}, expected, why(seen))
    derived = derived and not seen["ok"]
    behind = found["behind_s"]
    measured: dict[str, object] = {"behind_s": behind, "last": found["last"], "mode": found.get("mode")}
    if behind is None:
        return judged(False, measured, expected, NOTHING, derived=derived)
    good = behind <= limit
    mode = found.get("mode")
    if good and mode not in (None, "continuous"):
        says = Text(f"chỉ ghi theo chế độ {mode}", f"records only by {mode}")
        return judged(False, measured, expected, says, derived=derived)
    says = Text(f"hình mới nhất cách đây {max(0, behind):.0f} giây", f"newest footage {max(0, behind):.0f} s old")
    if good and seen["ok"]:
        measured["footage"] = {"codec": seen["codec"], "width": seen["width"], "height": seen["height"], "pictures": seen["pictures"]}
        says = Text(f"{says.vi}, đã giải mã {seen['pictures']} hình", f"{says.en}, {seen['pictures']} pictures of it decoded")
    if not good:
        says = Text(f"hình mới nhất lúc {shown(found['last'])}", f"newest footage of {shown(found['last'])}")
    return judged(good, measured, expected, says, derived=derived)


def days_kept(case: Case) -> Finding | None:
    """Against the days wanted; a younger facility against all the days since it was connected: met so far, and worded so."""
    if _elsewhere(case):
        return None
    days, grace = float(case.want("days", 0)), float(case.want("begins_within_days", 1))
    expected = {"days": days}
    found, derived = _footage(case, expected)
    if isinstance(found, Finding):
        return found
    kept, since = float(found["days_kept"]), _connected(case)
    measured = {"days": kept, "kept_from": found["kept_from"], "connected": since.isoformat() if since else None}
    if not found["kept_from"]:
        return judged(False, measured, expected, NOTHING, derived=derived)
    keeps = Text(f"giữ {kept:.1f} ngày", f"keeps {kept:.1f} days")
    if kept >= days - float(case.want("tolerance", 0)):
        return judged(True, measured, expected, keeps, derived=derived)
    deleted = _deleted_after(case)
    if deleted is not None and deleted < days:
        says = DELETED.format(days=deleted, asked=f"{days:g}")
        return judged(False, measured | {"deletes_after_days": deleted}, expected, says, derived=derived)
    if since is None:
        finding = unknown(case, SINCE_UNKNOWN, expected)
        says = Text(f"{keeps.vi}; {finding.says.vi}", f"{keeps.en}; {finding.says.en}")
        return Finding("unknown", measured, expected, says, derived=derived)
    age = (datetime.fromisoformat(found["at"]) - since).total_seconds() / 86400
    day = shown(since.isoformat())
    if age >= days or kept < age - grace:
        says = Text(f"{keeps.vi}, cơ sở kết nối từ {day}", f"{keeps.en}, connected since {day}")
        return judged(False, measured, expected, says, derived=derived)
    full = shown((since + timedelta(days=days + grace)).isoformat())
    says = Text(
        f"{keeps.vi}: từ khi kết nối ({day}); {days:.0f} ngày thì đến {full} mới đánh giá được",
        f"{keeps.en}: all since it was connected ({day}); {days:.0f} days can be judged from {full}",
    )
    return Finding("met", measured, expected, says, derived=derived, so_far=True)


def _deleted_after(case: Case) -> int | None:
    """The days after which every recorder of the camera deletes its footage, so that no more will ever be kept; None: one does not."""
    storages = [case.of_recorder(recorder).get("storage") or NOT_RUN for recorder in case.device.recorders]
    told = [days for storage in storages if storage["ok"] and (days := storage.get("deletes_after_days"))]
    return max(told) if told and len(told) == len(storages) else None


def _connected(case: Case) -> datetime | None:
    """Since when the facility is connected, by those who do not record: the hub's first word of it, its box's enrolment."""
    hub = case.evidence.get("hub") or NOT_RUN
    told = [hub.get("first_seen") if hub["ok"] else None, case.site.enrolled_at]
    return min((datetime.fromisoformat(each) for each in told if each), default=None)


def recording_gaps(case: Case) -> Finding | None:
    if _elsewhere(case):
        return None
    longest, days = float(case.want("gap_s", 0)), float(case.want("days", 0))
    expected = {"gap_s": longest, "days": days}
    found, derived = _footage(case, expected)
    if isinstance(found, Finding):
        return found
    if not found["kept_from"]:
        return judged(False, {"gaps": None}, expected, NOTHING, derived=derived)
    oldest = datetime.fromisoformat(found["at"]) - timedelta(days=days)
    gaps = [gap for gap in found["gaps"] if gap["seconds"] > longest and datetime.fromisoformat(gap["to"]) > oldest]
    measured = {"gaps": gaps, "gaps_in_all": found["gaps_in_all"], "searched_from": found["searched_from"]}
    if gaps:
        return judged(False, measured, expected, _holes(gaps), derived=derived)
    searched, first = datetime.fromisoformat(found["searched_from"]), datetime.fromisoformat(found["kept_from"])
    reaches = shown(searched.isoformat())
    if searched > max(oldest, first) + timedelta(hours=1):
        says = Text(f"mới tra cứu được từ {reaches}, không có chỗ trống", f"could be searched only from {reaches}: no gap there")
        return Finding("unknown", measured, expected, says, derived=derived)
    since = shown(max(searched, first).isoformat())
    return judged(True, measured, expected, Text(f"liên tục từ {since}", f"unbroken since {since}"), derived=derived)


def _holes(gaps: list[Gap]) -> Text:
    """The longest, and how many more."""
    worst = max(gaps, key=lambda gap: gap["seconds"])
    seconds, at, because = worst["seconds"], shown(worst["from"]), WHY.get(str(worst["why"]))
    reason = Text(f" ({because.vi})", f" ({because.en})") if because else Text("", "")
    more = Text(f", và {len(gaps) - 1} chỗ khác", f", and {len(gaps) - 1} more") if len(gaps) > 1 else Text("", "")
    return Text(f"trống {seconds:.0f} giây từ {at}{reason.vi}{more.vi}", f"{seconds:.0f} s missing from {at}{reason.en}{more.en}")


def recorder_storage(case: Case) -> Finding:
    found = case.of_recorder().get("storage") or NOT_RUN
    derived = found.get("derived", False)
    expected = {"status": list(HEALTHY)}
    if not found["ok"]:
        return replace(unknown(case, found, expected), derived=derived)
    disks = found["disks"]
    bad = [disk for disk in disks if disk["status"] not in HEALTHY]
    if not disks:
        return judged(False, {"disks": []}, expected, Text("không có ổ đĩa", "no disk"), derived=derived)
    untold = [disk for disk in bad if disk["status"] is None]
    if untold and len(untold) == len(bad):
        return Finding("unknown", {"disks": disks}, expected, why(NOT_REPORTED), derived=derived)
    named = ", ".join(f"{disk['name']}: {disk['status']}" for disk in bad or disks)
    return judged(not bad, {"disks": disks}, expected, Text(named, named), derived=derived)


def recorder_room(case: Case) -> Finding | None:
    """A forecast for the days that `days_kept` asks for: the recorder's own where it makes one, else by what its cameras are set to
    send, as a rollout reckons it too."""
    found, days = case.of_recorder().get("storage") or NOT_RUN, float(case.standard.threshold("days_kept", "days", 0))
    disks = found["disks"] if found["ok"] else []
    if case.recorder.subject == BOX_RECORDER:
        told = [float(holds_days) for disk in disks if (holds_days := disk.get("holds_days")) is not None]
        holds = sum(told) if told else None
    elif not found["ok"]:
        return unknown(case, found, {"days": days}) if found["reason"] != "not_reported" else _room_unknown(days)
    else:
        holds = room(((disk["status"], disk.get("total_mb")) for disk in disks), _kbps(case))
        if holds is None and any(disk["status"] in WRITTEN for disk in disks):
            return _room_unknown(days)
    if holds is None:
        return None
    return judged(holds >= days, {"days": holds}, {"days": days}, days_of_room(holds, days), derived=found.get("derived", False))


def _room_unknown(days: float) -> Finding:
    return Finding("unknown", None, {"days": days}, ROOM_NOT_TOLD.format(asked=f"{days:g}"))


def _kbps(case: Case) -> int:
    """What the cameras that it records are set to send, by their own word."""
    taken = [camera for camera in case.site.cameras if case.recorder.subject in camera.recorders]
    measured = case.evidence.get("cameras", {})
    return sum(kbps(case.site, (measured.get(str(camera.slot)) or {}).get("settings")) for camera in taken)


def recorder_clock(case: Case) -> Finding | None:
    """The box's own recorder goes by the box's clock, of which others speak."""
    if case.recorder.subject == BOX_RECORDER:
        return None
    return clock_within(case, case.of_recorder().get("clock") or NOT_RUN)
