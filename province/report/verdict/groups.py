"""A facility's checks, put together for people: the same words about the same subject are said once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from province.judging.case import REASONS, shown
from province.judging.labels import LABELS, label, notes
from province.standard.verdict import DeviceRow, FacilityVerdict, Row, TextDocument, Verdict
from province.text import Text

NAMES: Mapping[str, Text] = {
    "facility": Text("cơ sở", "facility"),
    "box": Text("thiết bị biên", "edge box"),
    "recorder": Text("đầu ghi trên thiết bị biên", "the box's recorder"),
}
SHOWN = 6
"""How many different measurements of one check are written out on paper."""
MANY = Text("đạt cả; từng số đo ở verify.json", "all met; each figure is in verify.json")


class CheckNamed(TypedDict):
    id: str
    title: TextDocument
    required: bool


class Group(TypedDict):
    """Rows that say the same, under all their checks and subjects."""

    verdict: Verdict
    label: Text
    subject: Text
    says: TextDocument
    hint: TextDocument | None
    derived: bool
    was: Verdict | None
    pending: bool
    notes: list[Text]
    checks: list[CheckNamed]


class Fine(TypedDict):
    """A check that is met somewhere. `found`: (subjects, what was measured there)."""

    title: TextDocument
    label: Text
    derived: bool
    found: list[tuple[Text, Text]]
    notes: list[Text]


ClassGroup = TypedDict("ClassGroup", {"class": str, "reason": TextDocument | None, "hint": TextDocument | None, "subject": Text})
"""Devices of one class and reason."""


def troubles(facility: FacilityVerdict) -> list[Group]:
    """What is not met, then what is unknown; the same words once, under all their checks and subjects."""
    return _alike([row for row in facility["checks"] if row["verdict"] in ("not_met", "unknown")])


def waived(facility: FacilityVerdict) -> list[Group]:
    """What is excused; the last of `notes` says by whom and until when."""
    return _alike([row for row in facility["checks"] if row["verdict"] == "waived"])


_WORST = ("not_met", "unknown", "waived", "met")


def worst_first(facilities: Iterable[FacilityVerdict]) -> list[FacilityVerdict]:
    """As a reader wants them: those that want work on top, those of which nothing could be told yet after them."""
    return sorted(facilities, key=lambda each: (untouched(each), _WORST.index(each["verdict"]), each["code"]))


def untouched(facility: FacilityVerdict) -> bool:
    """Whether its box was never taken over: all that can be said of it is that."""
    said = REASONS["not_enrolled"].as_dict()
    return any(row["id"] == "box_host_key" and row["says"] == said for row in facility["checks"])


def pressing(group: Group) -> bool:
    """Whether somebody should do something now: not so what is only advised and unknown, nor what only time can tell."""
    return group["verdict"] == "not_met" or (not group["pending"] and any(check["required"] for check in group["checks"]))


def _alike(rows: Iterable[Row]) -> list[Group]:
    alike: dict[tuple[object, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["verdict"] != "not_met", not row["required"])):
        hint = tuple((row["hint"] or {}).values())
        said = (row["verdict"], row["derived"], label(row), *row["says"].values(), hint, tuple(notes(row)), row["required"])
        alike.setdefault((*said, row["subject"]), []).append(row)
    groups: dict[tuple[object, ...], list[list[Row]]] = {}
    for key, rows in alike.items():
        groups.setdefault((*key[:-1], *(row["id"] for row in rows)), []).append(rows)
    return [_group(subjects) for subjects in groups.values()]


def _group(subjects: Sequence[Sequence[Row]]) -> Group:
    """`subjects`: of each its rows, which say the same at all of them."""
    first = subjects[0][0]
    return {
        "verdict": first["verdict"],
        "label": label(first),
        "subject": ranges(rows[0]["subject"] for rows in subjects),
        "says": first["says"],
        "hint": first["hint"],
        "derived": first["derived"],
        "was": first["was"],
        "pending": first["pending"],
        "notes": notes(first),
        "checks": [{"id": row["id"], "title": row["title"], "required": row["required"]} for row in subjects[0]],
    }


def fine(facility: FacilityVerdict) -> list[Fine]:
    """A line for each check that is met somewhere: what was measured, and at which subjects."""
    lines: dict[tuple[str, Text], list[Row]] = {}
    for row in facility["checks"]:
        if row["verdict"] == "met":
            lines.setdefault((row["id"], label(row)), []).append(row)
    return [
        {
            "title": rows[0]["title"],
            "label": label(rows[0]),
            "derived": any(row["derived"] for row in rows),
            "found": _grouped(rows),
            "notes": list(dict.fromkeys(text for row in rows for text in notes(row))),
        }
        for rows in lines.values()
    ]


def classes(facility: FacilityVerdict) -> list[ClassGroup]:
    """The devices that fall into a class, those of one class and reason together."""
    alike: dict[tuple[str, ...], list[DeviceRow]] = {}
    for device in facility.get("devices", []):
        if device["class"] is not None:
            alike.setdefault((device["class"], *(device["reason"] or {}).values()), []).append(device)
    return [
        {
            "class": key[0],
            "reason": devices[0]["reason"],
            "hint": devices[0]["hint"],
            "subject": ranges(each["subject"] for each in devices),
        }
        for key, devices in alike.items()
    ]


def last_known(facility: FacilityVerdict) -> Text | None:
    """What was known of a facility that can't be reached now, and how old that is."""
    last = facility.get("last")
    if not last:
        return None
    verdict, seen = last.get("verdict"), last.get("last_seen")
    said = [_NEVER_MEASURED if verdict is None else _MEASURED.format(
        word_vi=LABELS[verdict["verdict"]].vi, word_en=LABELS[verdict["verdict"]].en, at=shown(verdict["at"]),
        age_vi=_age(verdict["age_s"]).vi, age_en=_age(verdict["age_s"]).en,
    )]  # fmt: skip
    if seen:
        said.append(_LAST_SEEN.format(at=shown(seen["at"]), age_vi=_age(seen["age_s"]).vi, age_en=_age(seen["age_s"]).en))
    return Text("; ".join(text.vi for text in said), "; ".join(text.en for text in said))


def _age(seconds: float) -> Text:
    minutes = max(0.0, seconds) / 60
    for limit, divisor, vi, en in ((120, 1, "phút", "min"), (2880, 60, "giờ", "h")):
        if minutes < limit:
            return Text(f"{minutes / divisor:.0f} {vi}", f"{minutes / divisor:.0f} {en}")
    return Text(f"{minutes / 1440:.0f} ngày", f"{minutes / 1440:.0f} days")


_MEASURED = Text("lần gần nhất đo được: {word_vi}, lúc {at} (cách đây {age_vi})", "last measured: {word_en}, at {at} ({age_en} ago)")
_NEVER_MEASURED = Text("chưa từng đo được", "never measured before")
_LAST_SEEN = Text("tin cuối của thiết bị biên lúc {at} (cách đây {age_vi})", "the box was last heard at {at} ({age_en} ago)")


def _grouped(rows: Sequence[Row]) -> list[tuple[Text, Text]]:
    """(subjects, words) with the same words said once; only the subjects where too many differ."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row["says"]["vi"], row["says"]["en"]), []).append(row["subject"])
    if len(groups) > SHOWN:
        return [(ranges(row["subject"] for row in rows), MANY)]
    return [(ranges(subjects), Text(*says)) for says, subjects in groups.items()]


def named(subject: str) -> Text:
    """A subject in a reader's words; a camera is called C01 in both languages, a recorder R20, a switch S30."""
    return NAMES.get(subject, Text(subject, subject))


def ranges(subjects: Iterable[str]) -> Text:
    """`C01 C02 C03 C05` -> `C01–C03, C05`, in the order given; other subjects by their names."""
    runs: list[list[str]] = []
    for subject in subjects:
        if runs and _next(runs[-1][-1]) == subject:
            runs[-1].append(subject)
        else:
            runs.append([subject])
    words = [named(run[0]) if len(run) == 1 else Text(*(f"{run[0]}–{run[-1]}",) * 2) for run in runs]
    return Text(", ".join(word.vi for word in words), ", ".join(word.en for word in words))


def _next(subject: str) -> str | None:
    letter, digits = subject[:1], subject[1:]
    return f"{letter}{int(digits) + 1:0{len(digits)}d}" if letter in "CRS" and digits.isdigit() else None
