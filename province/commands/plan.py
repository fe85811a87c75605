"""`ketnoi plan`: which facilities a rollout would visit, and why, without a connection to any box."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypedDict

from province.documents.hub import ReportedDocument
from province.judging.case import REASONS
from province.model import Province
from province.model.select import applicable, loaded, selected
from province.office import enrolment
from province.office.home import Home
from province.reach import hub_view, netns, tunnel
from province.reach.ssh import Shell
from province.rollout import digests
from province.rollout import plan as judged
from province.rollout.plan import Visit
from province.text import Lang, Text

NOTHING = Text("như danh mục, không cần vào", "as in the inventory, nothing to visit")
SUMMARY = Text("{visits} trên {total} cơ sở cần vào; máy chủ kết nối: {hub}", "{visits} of {total} facilities to visit; the hub: {hub}")
YES, NO = Text("cần cập nhật", "to be updated"), Text("không đổi", "unchanged")


@dataclass(frozen=True)
class Plan:
    """Where a rollout goes: to the hub or not, and to each facility or not. answered: whether the hub could be asked."""

    hub: Visit | None
    facilities: dict[str, Visit | None]
    answered: bool

    @property
    def visits(self) -> list[Visit]:
        return [visit for visit in self.facilities.values() if visit]


def compare(
    shell: Shell,
    province: Province,
    enrolled: digests.Enrolled,
    codes: Sequence[str],
    tags: Sequence[str] = (),
    full: bool = False,
) -> Plan:
    """Our digests beside what the hub knows. Raises UserError when ours can't be computed."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(_reported, shell)
        ours = digests.ours(province, enrolled, [*codes, "hub"], {"site.yml": tags, "hub.yml": []})
        told = asked.result()
    known = told["sites"] if told else {}
    return Plan(
        hub=judged.hub(ours.get("hub", {}), told and told["hub"], full),
        facilities={code: judged.visit(code, ours.get(code, {}), told and known.get(code, judged.NOBODY), full) for code in codes},
        answered=told is not None,
    )


def _reported(shell: Shell) -> ReportedDocument | None:
    try:
        return hub_view.reported(shell)
    except hub_view.HubSilent:
        return None


def plan(inventory: Path, *, area: str | None, site: str | None, lang: Lang, json_output: bool) -> int:
    """Exit 0 when the hub answered, 1 when it did not and everything would be visited for that."""
    province = loaded(inventory, lang)
    chosen, withheld = applicable(selected(province, area, site), date.today())
    Home.of(inventory).ensure()
    netns.enter(inventory)
    tunnel.up(inventory)
    enrolled = enrolment.read_all(inventory)
    shell = Shell(inventory, hub_user=province.hub.ssh_user)
    found = compare(shell, province, enrolled, [facility.code for facility in chosen if facility.code in enrolled])
    rows = [_row(code, "visit" if visit else "unchanged", visit) for code, visit in found.facilities.items()]
    rows += [_row(facility.code, "withheld", None, facility.withheld(date.today())) for facility in withheld]
    rows += [_row(facility.code, "not_enrolled", None, REASONS["not_enrolled"]) for facility in chosen if facility.code not in enrolled]
    rows.sort(key=lambda row: row["code"])
    if json_output:
        hub = _row("hub", "visit" if found.hub else "unchanged", found.hub)
        print(json.dumps({"answered": found.answered, "hub": hub, "facilities": rows}, ensure_ascii=False))
    else:
        for row in sorted(rows, key=lambda row: _FIRST.index(row["status"])):
            said = row["reason"][lang] if row["reason"] else NOTHING.pick(lang)
            print(f"{row['code']:<16} {said}" + (f"  [{', '.join(row['roles'])}]" if row["roles"] else ""))
        hub_word = (YES if found.hub else NO).pick(lang)
        print(SUMMARY.format(visits=len(found.visits), total=len(rows), hub=hub_word).pick(lang))
    return 0 if found.answered else 1


_FIRST = ("visit", "not_enrolled", "withheld", "unchanged")
"""On the screen, who is to be visited on top; JSON is by code."""


class Row(TypedDict):
    """A facility, or the hub: visit, unchanged, withheld or not_enrolled."""

    code: str
    status: str
    roles: list[str]
    reason: dict[str, str] | None


def _row(code: str, status: str, visit: Visit | None, reason: Text | None = None) -> Row:
    why = visit.reason if visit else reason
    return {"code": code, "status": status, "roles": list(visit.roles) if visit else [], "reason": why.as_dict() if why else None}
