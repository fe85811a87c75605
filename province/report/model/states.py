"""In which state a facility is on a day, by what is on file and what the hub knew: pure.

Bình Định's item 4 keeps those that don't install apart from those that don't monitor:

- *not installed*: it has no cameras on file, or no rollout ever worked there, its agent was never heard, and no camera of it ever
  played. Which of these it is, is its class.
- *not monitored*: installed, but nothing watches: the agent is silent for more than an hour, no camera plays at the centre, or there
  is no sign of life at all: no agent was ever heard, and nothing was measured for a week.
- *unknown*, and nobody is to be blamed for it: the agent is heard, but nobody measured the facility yet, or not for a week.

The hour and the week are our choice. What is left out (no access, a barracks without an opinion) is in none of these: it is said why.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from province.judging.case import shown
from province.judging.classes import NOT_MEASURED
from province.judging.verdict import overall
from province.report.model.figures import day as in_words
from province.report.model.places import Place
from province.report.model.record import Known, day_of
from province.standard.verdict import Row
from province.text import Text

SILENT = timedelta(hours=1)
STALE_DAYS = 7

CLASSES: Mapping[str, tuple[Text, Text]] = {
    "surveyed": (
        Text("mới khảo sát, danh mục còn thiếu {gaps} mục", "surveyed; {gaps} things are missing in the inventory"),
        Text("Bổ sung kết quả khảo sát, rồi lắp đặt.", "Complete the survey, then install."),
    ),
    "no_cameras": (
        Text("chưa có camera nào", "there is no camera"),
        Text(
            "Cơ quan quản lý đôn đốc cơ sở lắp camera theo hướng dẫn tiêu chuẩn; {connector} khảo sát lại.",
            "The authority has the facility put up cameras as the standard says; {connector} surveys again.",
        ),
    ),
    "no_box": (
        Text("chưa có thiết bị biên", "there is no edge box yet"),
        Text(
            "{connector} chuẩn bị thiết bị biên (ketnoi bootstrap) và lắp tại cơ sở.",
            "{connector} prepares an edge box (ketnoi bootstrap) and puts it up.",
        ),
    ),
    "not_rolled_out": (
        Text("đã có thiết bị biên, chưa triển khai tại cơ sở", "there is an edge box, nothing was rolled out"),
        Text(
            "{connector} lắp thiết bị biên tại cơ sở; sau đó chạy ketnoi rollout.",
            "{connector} puts the edge box up at the facility; then ketnoi rollout.",
        ),
    ),
    "rollout_failed": (
        Text("đã triển khai ngày {day} nhưng chưa thành công", "the rollout of {day} did not succeed"),
        Text("Xem lý do bằng ketnoi rollout, xử lý rồi chạy lại.", "See why with ketnoi rollout, mend it, run it again."),
    ),
    "silent": (
        Text("thiết bị biên mất kết nối từ {since}", "the edge box is not heard since {since}"),
        Text(
            "{connector} kiểm tra nguồn điện và đường truyền tại cơ sở; cơ quan quản lý yêu cầu cơ sở giữ kết nối 24/7.",
            "{connector} looks at power and line on site; the authority has the facility hold the connection day and night.",
        ),
    ),
    "not_played": (
        Text("không camera nào xem được từ hệ thống giám sát tập trung", "no camera plays at the central system"),
        Text(
            "{connector} xử lý camera tại cơ sở (từng camera ở bảng camera), rồi ketnoi verify.",
            "{connector} mends the cameras on site (each in the list of cameras), then ketnoi verify.",
        ),
    ),
    "never_measured": (
        Text("đã lắp đặt, chưa có kết quả đo nào", "installed, never measured"),
        Text("Chạy ketnoi verify cho cơ sở này.", "Run ketnoi verify for this facility."),
    ),
    "stale": (
        Text("kết quả đo gần nhất đã {age} ngày", "last measured {age} days ago"),
        Text("Chạy ketnoi verify cho cơ sở này.", "Run ketnoi verify for this facility."),
    ),
    "no_opinion": (
        Text("doanh trại, hồ sơ chưa có ý kiến của quân khu", "a barracks with no opinion of the military region on file"),
        Text(
            "Bộ Chỉ huy Quân sự tỉnh xin ý kiến quân khu; khi có văn bản, ghi vào `opinion`.",
            "The province's military command asks for the military region's opinion; then record it as `opinion`.",
        ),
    ),
    "opinion_refused": (
        Text("doanh trại, văn bản {number} không đồng ý", "a barracks; opinion {number} does not agree"),
        Text("Báo cáo UBND tỉnh để có phương án khác.", "Report to the province's people's committee for another way."),
    ),
    "no_access": (
        Text("không cho vào: {reason} (ngày {date}, người chứng kiến: {witness})", "lets nobody in: {reason} ({date}, witness: {witness})"),
        Text("Cơ quan quản lý làm việc với cơ sở để được vào.", "The authority settles it with the facility."),
    ),
}
"""Class -> what is the matter, the next step."""
TITLES: Mapping[str, Text] = {
    "surveyed": Text("mới khảo sát, chưa đủ dữ liệu", "surveyed, data incomplete"),
    "no_cameras": Text("chưa có camera", "no cameras"),
    "no_box": Text("chưa có thiết bị biên", "no edge box"),
    "not_rolled_out": Text("chưa triển khai", "not rolled out"),
    "rollout_failed": Text("triển khai chưa thành công", "rollout failed"),
    "silent": Text("mất kết nối", "connection lost"),
    "not_played": Text("không xem được camera nào", "no camera plays"),
    "never_measured": Text("chưa đo lần nào", "never measured"),
    "stale": Text("kết quả đo đã cũ", "measured too long ago"),
    "no_opinion": Text("chưa có ý kiến của quân khu", "no opinion of the military region"),
    "opinion_refused": Text("quân khu không đồng ý", "the military region does not agree"),
    "no_access": Text("không cho tiếp cận", "no access"),
    "unreachable": Text("camera không liên lạc được", "devices unreachable"),
    "wrong_credentials": Text("sai mật khẩu thiết bị", "wrong device passwords"),
    "locked_out": Text("thiết bị đang khoá đăng nhập", "devices locked out"),
    "not_activated": Text("thiết bị chưa kích hoạt", "devices not activated"),
    "onvif_off": Text("thiết bị tắt ONVIF", "ONVIF switched off"),
    "obsolete": Text("camera quá cũ", "cameras too old"),
    "setting_not_kept": Text("cài đặt không như mong muốn", "settings not as wanted"),
    "no_permission": Text("tài khoản thiếu quyền", "accounts lack permissions"),
    "unknown_device": Text("thiết bị khác với danh mục", "another device than listed"),
    NOT_MEASURED: Text("không đo được", "could not be measured"),
}
"""Class -> a few words for a chart; those of devices too."""


@dataclass(frozen=True)
class State:
    """`state` is one of content.STATES; category, reason, hint are None where it is met."""

    state: str
    category: str | None = None
    reason: Text | None = None
    hint: Text | None = None


def state_of(place: Place, known: Known, rows: Sequence[Row], boxed: bool, connector: str, as_of: date, until: datetime) -> State:
    """`rows`: the newest verdict's, waivers applied on the day ("waived"). `boxed`: a box was enrolled for it by that day."""

    def classed(state: str, category: str, **values: object) -> State:
        reason, hint = CLASSES[category]
        return State(state, category, reason.format(**values) if values else reason, hint.format(connector=connector))

    if place.ready and place.ready.withheld(as_of):
        if barred := place.ready.no_access:
            return classed("withheld", "no_access", reason=barred.reason, witness=barred.witness, date=in_words(barred.date, "vi"))
        if place.opinion and not place.opinion.agrees and not (place.opinion.day and place.opinion.day > as_of):
            return classed("withheld", "opinion_refused", number=place.opinion.number)
        return classed("withheld", "no_opinion")
    if not installed(place, known):
        category, values = _why_not_installed(place, known, boxed)
        return classed("not_installed", category, **values)
    if (since := _silent_since(known, until)) is not None:
        return classed("not_monitored", "silent", since=since)
    if _nothing_plays(known):
        return classed("not_monitored", "not_played")
    unproven = "unknown" if known.agent else "not_monitored"
    if known.last_judged is None:
        return classed(unproven, "never_measured")
    if (age := _age(known, as_of)) > STALE_DAYS:
        return classed(unproven, "stale", age=age)
    return _by_verdict(rows, known)


def installed(place: Place, known: Known) -> bool:
    return bool(place.cameras) and installed_on(known) is not None


def installed_on(known: Known) -> date | None:
    """The first day on which anything of it worked: a rollout came through, its agent was heard, a camera played."""
    played = next((date.fromisoformat(day) for day, _, count, _ in known.history if count), None)
    begun = day_of(known.agent["first"]) if known.agent else None
    worked = day_of(known.rollouts["worked"]) if known.rollouts else None
    return min((day for day in (played, begun, worked) if day), default=None)


def _why_not_installed(place: Place, known: Known, boxed: bool) -> tuple[str, dict[str, object]]:
    if place.ready is None:
        return "surveyed", {"gaps": place.gaps}
    if not place.cameras:
        return "no_cameras", {}
    if known.rollouts:
        return "rollout_failed", {"day": in_words(day_of(known.rollouts["last"]) or date.min, "vi")}
    return ("not_rolled_out" if boxed else "no_box"), {}


def _silent_since(known: Known, until: datetime) -> str | None:
    """Since when, in words, where it is for too long. A hub that heard nothing of anybody's agent says nothing of this one."""
    if known.agent is None:
        return None
    last = known.agent["last"] if known.agent["status"] == "online" else known.agent["since"]
    return shown(last) if until - datetime.fromisoformat(last) > SILENT else None


def _nothing_plays(known: Known) -> bool:
    words = [row["verdict"] for row in known.rows if row["id"] == "playable_centre"]
    return bool(words) and set(words) == {"not_met"}


def all_played(known: Known) -> bool:
    words = [row["verdict"] for row in known.rows if row["id"] == "playable_centre"]
    return bool(words) and set(words) == {"met"}


def _age(known: Known, as_of: date) -> int:
    judged = day_of(known.last_judged)
    return (as_of - judged).days if judged else 0


def _by_verdict(rows: Sequence[Row], known: Known) -> State:
    required = [row for row in rows if row["required"] and not row["pending"]]
    word = overall(str(row["verdict"]) for row in required)
    if word in ("met", "waived"):
        return State(word)
    bad = [row for row in required if row["verdict"] == word]
    if not bad:
        return State("unknown", "never_measured", *CLASSES["never_measured"])
    category = _commonest(bad, known) if word == "not_met" else NOT_MEASURED
    device = next((each for each in known.devices.values() if each["class"] == category), None)
    if device and device["reason"] and category != NOT_MEASURED:
        same = [subject for subject, each in known.devices.items() if each["class"] == category]
        said = Text(**device["reason"])
        reason = Text(f"{', '.join(same)}: {said.vi}", f"{', '.join(same)}: {said.en}")
        return State(word, category, reason, Text(**device["hint"]) if device["hint"] else None)
    first = bad[0]
    reason = Text(f"{first['title']['vi']}: {first['says']['vi']}", f"{first['title']['en']}: {first['says']['en']}")
    return State(word, category, reason, Text(**first["hint"]) if first["hint"] else None)


def _commonest(bad: Sequence[Row], known: Known) -> str:
    """The class that most of the failing devices share; where none has one, the first failing check's id."""
    failing = {row["subject"] for row in bad}
    classes = Counter(
        str(each["class"]) for subject, each in known.devices.items() if subject in failing and each["class"] not in (None, NOT_MEASURED)
    )
    return min(classes, key=lambda category: (-classes[category], category)) if classes else str(bad[0]["id"])
