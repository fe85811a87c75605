"""Evidence x standard x inventory -> the verdict document. Pure: no clock, no file, no network.

The document (schema 1), every text as {"vi", "en"}:
    {"schema", "province", "area", "site", "profile", "at", "seconds", "verdict",
     "inventory": {"commit", "digest"}, "standard": {"name", "version", "digest", "overrides": [Override.as_dict()]},
     "facilities": [{"id", "code", "name", "area", "verdict", "counts": {verdict: rows}, "pending": [check ids],
        "to_repair": [check ids], "last", "checks": [
        {"id", "subject", "group", "verdict", "required", "title", "says", "measured", "expected", "source", "hint", "derived", "once",
         "so_far", "declared", "pending", "was", "waiver", "override"}],
        "devices": [{"slot", "kind", "subject", "class", "reason", "hint"}]}],
     "whole": [row],          over all facilities asked for (by the report), in `ketnoi verify` alone; changes no facility's verdict
     "waivers": [{"check", "site", "area", "subject", "reason", "owner", "from", "until", "state", "excused", "rows"}]}
A row's `verdict` is met, not_met, unknown or waived (then `was` says what it would be). A facility is met only if every required
check is; one that is not met makes it not met; else what is unknown leaves it unknown; else one that is waived makes it waived:
met with waivers. Rows that are `pending` (unknown because the time that they speak of has not gone by) are left out of that, and
named in the facility's `pending`. `to_repair`: what is excused, and a rollout may well mend: a waiver changes the verdict, not the
plan. `hint` is null where the check is met. A device's `class` is one of province.judging.classes.CLASSES, or null where it falls
into none. `last`: of a facility that could not be reached, what was last known of it (province.hub.last), or null.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from province.judging import RULES
from province.judging.case import NOT_RUN, Case, Finding
from province.judging.classes import REPAIRED, classed
from province.judging.labels import LABELS
from province.judging.waived import Waiver, Waivers
from province.measure.evidence import Evidence, SiteEvidence
from province.measure.subjects import Device, Site
from province.standard.checks import Check, Standard
from province.standard.verdict import DeviceRow, FacilityVerdict, InventoryMark, Row, Verdict, VerdictDocument
from province.text import VIETNAM, Text

NO_RULE = Text(
    "phiên bản này của Ketnoi chưa biết kiểm tra mục này",
    "this version of Ketnoi does not know how to judge this check",
)
BUG = Text(
    "mục này không xét được: lỗi của chương trình, xem nhật ký", "this check could not be judged: a fault of the program, see its log"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Occasion:
    """What a verdict is of: `inventory` is {"commit", "digest"}; `at` ISO time; `seconds` that measuring took."""

    province: str
    area: str | None
    site: str | None
    profile: str
    at: str
    seconds: float
    inventory: InventoryMark

    @property
    def day(self) -> date | None:
        """Vietnam's, on which it is judged."""
        try:
            return datetime.fromisoformat(self.at).astimezone(VIETNAM).date()
        except ValueError:
            return None


def judge(
    evidence: Evidence, standard: Standard, sites: Sequence[Site], occasion: Occasion, waivers: Sequence[Waiver] = ()
) -> VerdictDocument:
    """`evidence` is what province.measure.gather gives."""
    excuses = Waivers(occasion.day, waivers)
    facilities = [_facility(site, evidence["sites"].get(site.code) or {}, standard, occasion.profile, excuses) for site in sites]
    return {
        "schema": 1,
        "province": occasion.province,
        "area": occasion.area,
        "site": occasion.site,
        "profile": occasion.profile,
        "at": occasion.at,
        "seconds": occasion.seconds,
        "verdict": overall(facility["verdict"] for facility in facilities),
        "inventory": occasion.inventory,
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


def _facility(site: Site, evidence: SiteEvidence, standard: Standard, profile: str, excuses: Waivers) -> FacilityVerdict:
    cases = [Case(check, standard, site, evidence, device, excuses.day) for check, device in _subjects(site, standard.of_profile(profile))]
    judged = [(case.check, row) for case in cases if (row := _row(case))]
    devices = [classed(device, evidence, [row for _, row in judged]) for device in site.devices()]
    rows = [excuses.over(row, check, site.code, site.area) for check, row in judged]
    tunnel = evidence.get("tunnel") or NOT_RUN
    counts = Counter[str](row["verdict"] for row in rows)
    return {
        "id": site.id,
        "code": site.code,
        "name": site.name,
        "area": site.area,
        "verdict": overall(row["verdict"] for row in rows if row["required"] and not row["pending"]),
        "counts": {verdict: counts[verdict] for verdict in LABELS},
        "pending": sorted({row["id"] for row in rows if row["required"] and row["pending"]}),
        "to_repair": _to_repair(rows, devices),
        "last": None if tunnel["ok"] and tunnel["alive"] else evidence.get("before"),
        "checks": rows,
        "devices": devices,
    }


def _to_repair(rows: Iterable[Row], devices: Iterable[DeviceRow]) -> list[str]:
    """A picture that the device can't make isn't mended by a rollout."""
    unable = {(device["subject"], check) for device in devices if device["class"] == "obsolete" for check in ("codec", "size")}
    return sorted({r["id"] for r in rows if r["was"] == "not_met" and r["id"] in REPAIRED and (r["subject"], r["id"]) not in unable})


def _subjects(site: Site, checks: Sequence[Check]) -> Iterator[tuple[Check, Device | None]]:
    """The facility's checks first, then each device's together."""
    yield from ((check, None) for check in checks if check.subject in ("facility", "box"))
    for kinds, devices in ((("camera", "device"), site.cameras), (("recorder", "device"), site.recorders), (("device",), site.switches)):
        for device in devices:
            yield from ((check, device) for check in checks if check.subject in kinds)


def _row(case: Case) -> Row | None:
    """None where the check does not apply to this device."""
    finding = _find(case.check, case)
    if finding is None:
        return None
    return row_of(case.check, case.subject.subject if case.subject else case.check.subject, finding)


def row_of(check: Check, subject: str, finding: Finding) -> Row:
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
        "expected": finding.expected,
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
        # A fault of ours, or evidence from a machine of another version. It proves nothing, takes no other check along, and is logged;
        # in our tests it fails the test (tests/conftest.py).
        log.exception("%s: the rule %s failed", case.site.code, check.id)
        return Finding("unknown", None, None, BUG)
