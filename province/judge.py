"""Evidence x standard x inventory -> the verdict document. Pure: no clock, no file, no network.

The document (schema 1), every text as {"vi", "en"}:
    {"schema", "province", "area", "site", "profile", "at", "seconds", "verdict",
     "inventory": {"commit", "digest"}, "standard": {"name", "version", "digest", "overrides": [Override.as_dict()]},
     "facilities": [{"id", "code", "name", "area", "verdict", "counts": {verdict: rows}, "pending": [check ids], "last", "checks": [
        {"id", "subject", "group", "verdict", "required", "title", "says", "measured", "wanted", "source", "hint", "derived", "once",
         "so_far", "declared", "pending", "was", "waiver", "override"}],
        "devices": [{"slot", "kind", "subject", "class", "reason", "hint"}]}],
     "whole": [row],          over all facilities asked for (province.judging.whole), by `ketnoi verify`; changes no facility's verdict
     "waivers": [{"check", "site", "area", "subject", "reason", "owner", "from", "until", "state", "excused", "rows"}]}
A row's `verdict` is met, not_met, unknown or waived (then `was` says what it would be). A facility is met only if every required
check is; one that is not met makes it not met; else what is unknown leaves it unknown; else one that is waived makes it waived:
met with waivers. Rows that are `pending` (unknown because the time that they speak of has not gone by) are left out of that, and
named in the facility's `pending`. `hint` is null where the check is met. A device's `class` is one of
province.judging.classes.CLASSES, or null where it falls into none. `last`: of a facility that could not be reached, what was
last known of it (province.hub.last), or null.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from province.judging import RULES
from province.judging.case import Case, Finding, Verdict
from province.judging.classes import classed
from province.judging.waived import Waiver, Waivers, note
from province.measure.subjects import Device, Site
from province.standard import Check, Standard
from province.text import VIETNAM, Text

NO_RULE = Text(
    "phiên bản này của Ketnoi chưa biết kiểm tra mục này",
    "this version of Ketnoi does not know how to judge this check",
)
UNREADABLE = Text("kết quả đo không đọc được", "what was measured can't be read")
AT_CHECK = Text("đạt tại thời điểm kiểm tra", "met when checked")
SO_FAR = Text("đạt tính đến nay", "met so far")
ON_RECORD = Text("đạt theo hồ sơ", "met on record")
TOO_YOUNG = Text("chưa xác định: chưa đủ dữ liệu", "unknown: not enough data yet")
IN_TIME, LATE = Text("đúng hạn", "in time"), Text("quá hạn", "late")
NOT_DUE = Text("chưa đến hạn", "not due yet")
WAIVED = Text("miễn áp dụng", "waived")
LABELS: Mapping[str, Text] = {
    "met": Text("đạt", "meets"),
    "waived": Text("đạt, có mục được miễn áp dụng", "met with waivers"),
    "not_met": Text("không đạt", "does not meet"),
    "unknown": Text("chưa xác định", "unknown"),
}
"""A facility's verdicts in words, best first; of a row: see `label`."""


@dataclass(frozen=True)
class Occasion:
    """What a verdict is of: `inventory` is {"commit", "digest"}; `at` ISO time; `seconds` that measuring took."""

    province: str
    area: str | None
    site: str | None
    profile: str
    at: str
    seconds: float
    inventory: Mapping[str, Any]

    @property
    def day(self) -> date | None:
        """Vietnam's, on which it is judged."""
        try:
            return datetime.fromisoformat(self.at).astimezone(VIETNAM).date()
        except ValueError:
            return None


def judge(
    evidence: Mapping[str, Any], standard: Standard, sites: Sequence[Site], occasion: Occasion, waivers: Sequence[Waiver] = ()
) -> dict[str, Any]:
    """`evidence` is {"sites": {code: {...}}} as province.measure.gather gives it."""
    checks, excuses = standard.of_profile(occasion.profile), Waivers(occasion.day, waivers)
    facilities = [_facility(site, evidence.get("sites", {}).get(site.code, {}), checks, excuses) for site in sites]
    return {
        "schema": 1,
        "province": occasion.province,
        "area": occasion.area,
        "site": occasion.site,
        "profile": occasion.profile,
        "at": occasion.at,
        "seconds": occasion.seconds,
        "verdict": overall(facility["verdict"] for facility in facilities),
        "inventory": dict(occasion.inventory),
        "standard": {
            "name": standard.name,
            "version": standard.version,
            "digest": standard.digest,
            "overrides": standard.overridden(),
        },
        "facilities": facilities,
        "waivers": excuses.listed(facilities),
    }


def overall(verdicts: Iterable[str]) -> Verdict:
    """One not met: not met. Else one unknown, or nothing at all: unknown. Else one waived: waived. Else met."""
    seen = set(verdicts)
    if "not_met" in seen:
        return "not_met"
    if seen - {"met", "waived"} or not seen:
        return "unknown"
    return "waived" if "waived" in seen else "met"


def _facility(site: Site, evidence: Mapping[str, Any], checks: Sequence[Check], excuses: Waivers) -> dict[str, Any]:
    judged = [(check, row) for check, device in _subjects(site, checks) if (row := _row(check, device, site, evidence, excuses.day))]
    devices = [classed(device, evidence, [row for _, row in judged]) for device in site.devices()]
    rows = [excuses.over(row, check, site.code, site.area) for check, row in judged]
    counts = Counter(row["verdict"] for row in rows)
    return {
        "id": site.id,
        "code": site.code,
        "name": site.name,
        "area": site.area,
        "verdict": overall(row["verdict"] for row in rows if row["required"] and not row["pending"]),
        "counts": {verdict: counts[verdict] for verdict in LABELS},
        "pending": sorted({row["id"] for row in rows if row["required"] and row["pending"]}),
        "last": None if (evidence.get("tunnel") or {}).get("alive") else evidence.get("before"),
        "checks": rows,
        "devices": devices,
    }


def _subjects(site: Site, checks: Sequence[Check]) -> Iterator[tuple[Check, Device | None]]:
    """The facility's checks first, then each device's together."""
    yield from ((check, None) for check in checks if check.subject in ("facility", "box"))
    for kinds, devices in ((("camera", "device"), site.cameras), (("recorder", "device"), site.recorders), (("device",), site.switches)):
        for device in devices:
            yield from ((check, device) for check in checks if check.subject in kinds)


def _row(check: Check, device: Device | None, site: Site, evidence: Mapping[str, Any], day: date | None) -> dict[str, Any] | None:
    """None where the check does not apply to this device."""
    finding = _find(check, Case(check, site, evidence, device, day))
    if finding is None:
        return None
    return row_of(check, device.subject if device else check.subject, finding)


def row_of(check: Check, subject: str, finding: Finding) -> dict[str, Any]:
    """A finding as a row of the document."""
    met = finding.verdict == "met"
    return {
        "id": check.id,
        "subject": subject,
        "group": check.group,
        "verdict": finding.verdict,
        "required": check.required,
        "title": check.title.as_dict(),
        "says": finding.says.as_dict(),
        "measured": finding.measured,
        "wanted": finding.wanted,
        "source": check.source.as_dict(),
        "hint": None if met else (finding.hint or check.hint).as_dict(),
        "derived": finding.derived,
        "once": check.once,
        "so_far": finding.so_far,
        "declared": check.declared,
        "pending": finding.pending,
        "was": None,
        "waiver": None,
        "override": check.override.as_dict() if check.override else None,
    }


def _find(check: Check, case: Case) -> Finding | None:
    rule = RULES.get(check.id)
    if rule is None:
        return Finding("unknown", None, None, NO_RULE)
    try:
        return rule(case)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Evidence came from another machine, perhaps of another version: what can't be read proves nothing.
        return Finding("unknown", None, None, UNREADABLE)


def label(row: Mapping[str, Any]) -> Text:
    """How a check's verdict is worded: what was measured only once is met *when it was checked*."""
    if row["verdict"] == "met" and row["id"] == "milestones":
        return IN_TIME
    if row["verdict"] == "met":
        return SO_FAR if row.get("so_far") else AT_CHECK if row.get("once") else ON_RECORD if row.get("declared") else LABELS["met"]
    if row["verdict"] == "waived":
        return WAIVED
    if row.get("pending"):
        return NOT_DUE if row["subject"] == "area" else TOO_YOUNG
    return LATE if row["id"] == "milestones" and row["verdict"] == "not_met" else LABELS[row["verdict"]]


def notes(row: Mapping[str, Any]) -> list[Text]:
    """What else must be said beside a row: the province's own threshold, a waiver that holds or is over."""
    override = Text(**row["override"]["says"]) if row.get("override") else None
    return [text for text in (override, note(row.get("waiver"))) if text]


def unsaid(facility: Mapping[str, Any]) -> Text | None:
    """What a facility's verdict leaves open because it is young: said wherever the verdict is."""
    if not facility.get("pending"):
        return None
    titles = {row["id"]: row["title"] for row in facility["checks"]}
    named = [Text(**titles[name]) for name in facility["pending"]]
    return Text(
        f"chưa xác định (chưa đủ dữ liệu): {', '.join(name.vi.lower() for name in named)}",
        f"not known yet (not enough data): {', '.join(name.en.lower() for name in named)}",
    )
