"""Evidence x standard x inventory -> the verdict document. Pure: no clock, no file, no network.

The document (schema 1), every text as {"vi", "en"}:
    {"schema", "province", "area", "site", "profile", "at", "seconds", "verdict",
     "inventory": {"commit", "digest"}, "standard": {"name", "version", "digest"},
     "facilities": [{"id", "code", "name", "verdict", "checks": [{"id", "subject", "verdict", "required", "title",
        "says", "measured", "wanted", "source", "hint", "derived", "once", "so_far"}],
        "devices": [{"slot", "kind", "subject", "class", "reason", "hint"}]}]}
`verdict` is met, not_met or unknown. A facility is met only if every required check is; one that is not met makes it
not met; else what is unknown leaves it unknown. `hint` is null where the check is met. A device's `class` is one of
province.judging.classes.CLASSES, or null where it falls into none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from province.judging import RULES
from province.judging.case import Case, Finding, Verdict
from province.judging.classes import classed
from province.measure.subjects import Device, Site
from province.standard import Check, Standard
from province.text import Text

NO_RULE = Text(
    "phiên bản này của Ketnoi chưa biết kiểm tra mục này",
    "this version of Ketnoi does not know how to judge this check",
)
UNREADABLE = Text("kết quả đo không đọc được", "what was measured can't be read")
AT_CHECK = Text("đạt tại thời điểm kiểm tra", "met when checked")
SO_FAR = Text("đạt tính đến nay", "met so far")
LABELS: Mapping[str, Text] = {
    "met": Text("đạt", "meets"),
    "not_met": Text("không đạt", "does not meet"),
    "unknown": Text("chưa xác định", "unknown"),
}


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


def judge(evidence: Mapping[str, Any], standard: Standard, sites: Sequence[Site], occasion: Occasion) -> dict[str, Any]:
    """`evidence` is {"sites": {code: {...}}} as province.measure.gather gives it."""
    checks = standard.of_profile(occasion.profile)
    facilities = [_facility(site, evidence.get("sites", {}).get(site.code, {}), checks) for site in sites]
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
        "standard": {"name": standard.name, "version": standard.version, "digest": standard.digest},
        "facilities": facilities,
    }


def overall(verdicts: Iterable[str]) -> Verdict:
    """One not met: not met. Else one unknown, or nothing at all: unknown. Else met."""
    seen = set(verdicts)
    if "not_met" in seen:
        return "not_met"
    return "met" if seen == {"met"} else "unknown"


def _facility(site: Site, evidence: Mapping[str, Any], checks: Sequence[Check]) -> dict[str, Any]:
    rows = [row for check, device in _subjects(site, checks) if (row := _row(check, device, site, evidence))]
    verdict = overall(row["verdict"] for row in rows if row["required"])
    devices = [classed(device, evidence, rows) for device in site.devices()]
    return {"id": site.id, "code": site.code, "name": site.name, "verdict": verdict, "checks": rows, "devices": devices}


def _subjects(site: Site, checks: Sequence[Check]) -> Iterator[tuple[Check, Device | None]]:
    """The facility's checks first, then each device's together."""
    yield from ((check, None) for check in checks if check.subject in ("facility", "box"))
    for kinds, devices in ((("camera", "device"), site.cameras), (("recorder", "device"), site.recorders), (("device",), site.switches)):
        for device in devices:
            yield from ((check, device) for check in checks if check.subject in kinds)


def _row(check: Check, device: Device | None, site: Site, evidence: Mapping[str, Any]) -> dict[str, Any] | None:
    """None where the check does not apply to this device."""
    finding = _find(check, Case(check, site, evidence, device))
    if finding is None:
        return None
    met = finding.verdict == "met"
    return {
        "id": check.id,
        "subject": device.subject if device else check.subject,
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
    if row["verdict"] == "met" and row.get("so_far"):
        return SO_FAR
    return AT_CHECK if row["verdict"] == "met" and row.get("once") else LABELS[row["verdict"]]
