"""Records as the hub would tell them, made by judging made-up evidence of the inventory's own facilities."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from province.documents.record import kept_rows
from province.judging.verdict import Occasion, judge
from province.measure.inventory import site_of
from province.model import Facility
from province.report.model.record import Record
from province.standard.checks import Standard
from province.standard.load import load
from province.text import VIETNAM
from tests.unit import verdicts as v

Spoil = Callable[[dict[str, Any]], None]


def instant(day: date, hour: int = 8) -> str:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM).isoformat()


def known(
    facility: Facility,
    at: date,
    spoil: Spoil | None = None,
    standard: Standard | None = None,
    standards: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """What the hub knows of a facility that was connected three days before `at` and judged on it; `spoil` changes its evidence."""
    standard = standard or load()
    site = site_of(facility, {"host_key": v.HOST_KEY, "enrolled_at": instant(at - timedelta(days=4))}, False)
    evidence = deepcopy(v.evidence(site))
    for camera in evidence["cameras"].values():
        camera["settings"]["ntp"]["servers"] = [site.ntp]
        camera["settings"] |= {"stream": {"port": 554, "path": "/live/main"}, "sub_stream": {"port": 554, "path": "/live/sub?a=1&b={2}"}}
    if spoil:
        spoil(evidence)
    occasion = Occasion("p", facility.area, None, "full", instant(at), 1.0, {"commit": None, "digest": "sha256:0"})
    told = judge({"sites": {site.code: evidence}}, standard, [site], occasion)["facilities"][0]
    said = standards if standards is not None else {}
    checks = said.setdefault(standard.digest, {"name": standard.name, "version": standard.version, "checks": {}})["checks"]
    played = [row["verdict"] for row in told["checks"] if row["id"] == "playable_centre"]
    word, count = told["verdict"], played.count("met")
    whole = count == len(played) > 0
    before = instant(at - timedelta(days=3))
    return {
        "id": facility.id,
        "verdict": {key: value for key, value in told.items() if key not in ("id", "code", "name")}
        | {"number": 1, "at": instant(at), "kept": instant(at), "profile": "full", "standard": standard.digest,
           "inventory": {}, "checks": kept_rows(told["checks"], checks)},
        "last_judged": instant(at) if any(word != "unknown" for word in played) else None,
        "first_met": instant(at) if word == "met" else None,
        "first_connected": instant(at) if whole else None,
        "history": [[at.isoformat(), word, count, len(played)]],
        "agent": {"first": before, "last": instant(at, 23), "status": "online", "reason": None, "since": instant(at)},
        "rollouts": {"first": before, "last": instant(at), "status": "ok", "worked": before},
        "availability": {}, "outages": {},
    } | more  # fmt: skip


def record(sites: Mapping[str, dict[str, Any]], until: datetime, standards: dict[str, Any]) -> Record:
    return Record({"schema": 1, "until": until.isoformat(), "days": 30, "sites": dict(sites), "standards": standards})


def of(facilities: Iterable[Facility], at: date, until: datetime, spoils: Mapping[str, Spoil] | None = None) -> Record:
    """All of them judged on one day."""
    standards: dict[str, Any] = {}
    sites = {each.code: known(each, at, (spoils or {}).get(each.code), standards=standards) for each in facilities}
    return record(sites, until, standards)
