"""A facility's checks, put together for people: the same words about the same subject are said once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from province.judge import label
from province.text import Text

NAMES: Mapping[str, Text] = {
    "facility": Text("cơ sở", "facility"),
    "box": Text("thiết bị biên", "edge box"),
    "recorder": Text("đầu ghi trên thiết bị biên", "the box's recorder"),
}
SHOWN = 6
"""How many different measurements of one check are written out on paper."""
MANY = Text("đạt cả; từng số đo ở verify.json", "all met; each figure is in verify.json")


def troubles(facility: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is not met, then what is unknown; the same words once, under all their checks and subjects.

    [{"verdict", "subject", "says", "hint", "derived", "checks": [{"id", "title", "required"}]}]
    """
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in sorted(facility["checks"], key=lambda row: str(row["verdict"] != "not_met")):
        if row["verdict"] != "met":
            hint = tuple((row["hint"] or {}).values())
            alike.setdefault((row["verdict"], row["derived"], *row["says"].values(), hint, row["subject"]), []).append(row)
    groups: dict[tuple[Any, ...], list[list[Mapping[str, Any]]]] = {}
    for key, rows in alike.items():
        groups.setdefault((*key[:-1], *(row["id"] for row in rows)), []).append(rows)
    return [
        {key: first[key] for key in ("verdict", "says", "hint", "derived")}
        | {"subject": ranges(rows[0]["subject"] for rows in subjects)}
        | {"checks": [{key: row[key] for key in ("id", "title", "required")} for row in subjects[0]]}
        for subjects in groups.values()
        for first in subjects[0][:1]
    ]


def fine(facility: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for each check that is met somewhere: what was measured, and at which subjects."""
    lines: dict[tuple[str, Text], list[Mapping[str, Any]]] = {}
    for row in facility["checks"]:
        if row["verdict"] == "met":
            lines.setdefault((row["id"], label(row)), []).append(row)
    return [
        {"title": rows[0]["title"], "label": label(rows[0]), "derived": any(row["derived"] for row in rows), "found": _found(rows)}
        for rows in lines.values()
    ]


def classes(facility: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The devices that fall into a class, those of one class and reason together: [{"subject", "class", "reason", "hint"}]."""
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for device in facility.get("devices", []):
        if device["class"] is not None:
            alike.setdefault((device["class"], *device["reason"].values()), []).append(device)
    return [
        {key: devices[0][key] for key in ("class", "reason", "hint")} | {"subject": ranges(each["subject"] for each in devices)}
        for devices in alike.values()
    ]


def _found(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Text, Text]]:
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
