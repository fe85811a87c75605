"""`ketnoi rollout` and `ketnoi hub`: Ansible's plays over the inventory, with a line for each facility as it moves."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

import yaml

from edge_agent.contract.results import DeviceProgress
from province.commands.elapsed import Elapsed
from province.commands.plan import Plan, compare
from province.judging.case import REASONS
from province.model import Facility, Province
from province.model.select import applicable, loaded, selected
from province.office import enrolment, packages
from province.office.home import Home
from province.paths import data
from province.reach import hub_view, netns, tunnel
from province.reach.ssh import Shell
from province.rollout.keys import listing_for
from province.rollout.plan import ASKED_FOR, Visit
from province.rollout.watch import FacilityRun, RunDocument, Watch, play
from province.text import Lang, Text
from province.user_error import UserError

NOT_ENROLLED_HINT = Text("ketnoi bootstrap --site {code} --at ĐỊA-CHỈ", "ketnoi bootstrap --site {code} --at ADDRESS")
WITHHELD_HINT = Text(
    "khi có văn bản, ghi vào `opinion` của cơ sở trong danh mục", "once there is a document, record it under the facility's `opinion`"
)
NO_ACCESS_HINT = Text(
    "báo cơ quan quản lý cơ sở; khi được phép, xoá `no_access` của cơ sở trong danh mục",
    "tell the authority that answers for it; once allowed, remove the facility's `no_access` from the inventory",
)

SETTLING = Text("đợi máy chủ kết nối thấy lại các cơ sở vừa thay đổi …", "waiting until the hub sees the facilities that changed …")
_INSTALLING = Text("đang cài gói: {packages}", "installing packages: {packages}")
IN_SERVICE = Text("đã kết nối: đường hầm, đường cứu hộ, chương trình biên", "connected: tunnel, lifeline, agent")
NOT_SEEN = Text("đã cấu hình xong, nhưng máy chủ kết nối chưa thấy: {}", "configured, but the hub does not see yet: {}")
NOT_SEEN_HINT = Text("xem nguyên nhân: ketnoi verify --site {code}", "see why: ketnoi verify --site {code}")

_WORDS = {
    "waiting": Text("đang chờ", "waiting"),
    "running": Text("đang làm", "working"),
    "ok": Text("xong, không đổi", "done, nothing to change"),
    "changed": Text("xong, {changed} thay đổi", "done, {changed} changes"),
    "failed": Text("LỖI", "FAILED"),
    "not_enrolled": REASONS["not_enrolled"],
    "withheld": Text("tạm chưa triển khai", "withheld"),
    "unchanged": Text("không đổi, không cần vào", "unchanged, not visited"),
}
_DEVICE_WORDS = {
    "ok": Text("đúng yêu cầu", "as wanted"),
    "changed": _WORDS["changed"],
    "failed": _WORDS["failed"],
    "no_access": Text("không được tiếp cận", "no access"),
    "not_reached": Text("chưa tới được", "not reached yet"),
}
TO_VISIT = Text("cần vào: {reason}", "to visit: {reason}")
NOT_KEPT = Text(
    "chưa ghi được lần triển khai này vào máy chủ kết nối: {why}; lần sau sẽ vào lại các cơ sở trên",
    "the hub could not keep the record of this rollout: {why}; the next one goes to these facilities again",
)


class RolloutDocument(TypedDict):
    """What --json prints, and what the hub keeps."""

    changed: int
    failed: int
    not_enrolled: int
    check: bool
    tags: list[str]
    hub: RunDocument | None
    facilities: list[RunDocument]


class Console:
    """Progress on stderr, so that stdout holds the result alone."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self.line = Elapsed().line
        self._last: dict[str, str] = {}

    def moved(self, run: FacilityRun) -> None:
        words = _WORDS[run.status].format(changed=run.changed).pick(self.lang)
        if run.status == "running":
            words = run.role or words
        if run.status == "failed" and run.reason:
            words += f": {run.reason.pick(self.lang)}"
        if self._last.get(run.code) != words:
            self._last[run.code] = words
            self.line(f"{run.code:<16} {words}")

    def installing(self, run: FacilityRun, packages: list[str]) -> None:
        self.line(f"{run.code:<16}   {_INSTALLING.format(packages=', '.join(packages)).pick(self.lang)}")

    def device(self, run: FacilityRun, device: DeviceProgress) -> None:
        """A device's result, as it comes."""
        words = _DEVICE_WORDS[device["status"]].format(changed=device["changes"]).pick(self.lang)
        if reason := device["reason"]:
            words += (f" ({device['class']})" if device["class"] else "") + f": {reason[self.lang]}"
        self.line(f"{run.code:<16}   {device['name'] or device['slot']:<20} {device['address'] or '':<15} {words}")


def hub(inventory: Path, *, tags: tuple[str, ...], check: bool, lang: Lang, json_output: bool) -> int:
    """Configure the hub, whole or what these tags name. Exit 0 done, 1 failed."""
    loaded(inventory, lang)
    console = Console(lang)
    _prepare(inventory, console)
    run = _hub_play(inventory, console, tags=tags, check=check)
    if json_output:
        print(json.dumps(run.document(), ensure_ascii=False))
    else:
        _print_run(run, lang)
    return 1 if run.status == "failed" else 0


def rollout(
    inventory: Path,
    *,
    area: str | None,
    site: str | None,
    tags: list[str],
    check: bool,
    full: bool,
    lang: Lang,
    json_output: bool,
) -> int:
    """The hub first, then the site roles of each facility: where the plan visits them (`full`: all). Exit 0 all done, 1 some failed."""
    province, tags = loaded(inventory, lang), known_tags(tags)
    chosen, withheld = applicable(selected(province, area, site), date.today())
    console, shell = Console(lang), Shell(inventory, hub_user=province.hub.ssh_user)
    with Home.of(inventory).lock("rollout"):
        _prepare(inventory, console)
        runs = [_withheld(facility, console) for facility in withheld]
        enrolled = enrolment.read_all(inventory)
        runs += [_not_enrolled(facility, console) for facility in chosen if facility.code not in enrolled]
        ready = [facility.code for facility in chosen if facility.code in enrolled]
        hub_run = None
        if ready:
            plan = compare(shell, province, enrolled, ready, tags, full)
            hub_run = _peers_first(inventory, plan, console, check)
            runs += [FacilityRun(code, "unchanged") for code, visit in plan.facilities.items() if not visit]
            runs += _visit(inventory, province, plan.visits, tags, check, console)
        runs.sort(key=lambda run: run.code)
        document = _document(province, runs, hub_run, tags, check)
        if not check and any(run.status not in _UNTOUCHED for run in runs):
            _keep(shell, document, console)
    return _conclude(runs, document, lang, json_output)


def known_tags(tags: Sequence[str]) -> list[str]:
    """The roles that these name, one by one. UserError for one that site.yml has not: its rollout would change nothing and say so."""
    play = next(each for each in yaml.safe_load(data("playbooks/site.yml").read_text(encoding="utf-8")) if "roles" in each)
    known = [tag for role in play["roles"] for tag in role["tags"]]
    named = [tag.strip() for each in tags for tag in each.split(",")]
    if unknown := [tag for tag in named if tag not in known]:
        listed, there = ", ".join(unknown), ", ".join(known)
        raise UserError(f"--tags {listed}: không có vai trò này; có: {there}", f"--tags {listed}: there is no such role, but {there}")
    return named


_PEERS = {"hub.peers", "hub.admitted"}
"""What hub.yml does with the tag peers."""
_UNTOUCHED = ("unchanged", "withheld", "not_enrolled")


def _peers_first(inventory: Path, plan: Plan, console: Console, check: bool) -> FacilityRun:
    """The hub knows whom it lets in before they come. Raises UserError when it refuses."""
    if plan.hub is None:
        return FacilityRun("hub", "unchanged")
    tags = ("peers",) if plan.hub.parts and plan.hub.parts <= _PEERS else ()  # most often a box joined, and nothing else is another way
    return _willing(_hub_play(inventory, console, check=check, tags=tags))


def _willing(run: FacilityRun) -> FacilityRun:
    """The hub's run. Raises UserError when it failed: nothing may go on without it."""
    if run.status == "failed":
        reason = run.reason or Text("", "")
        raise UserError(f"máy chủ kết nối: {reason.vi}", f"the hub: {reason.en}")
    return run


def roles_of(inventory: Path, province: Province, facility: Facility, turns: list[list[str]], console: Console) -> list[FacilityRun]:
    """Just these roles of one facility, one turn of them after the other, whatever a plan says; a run for each turn.

    Raises UserError when its box was never taken over, or the hub refuses.
    """
    with Home.of(inventory).lock("rollout"):
        if facility.code not in enrolment.read_all(inventory):
            reason, hint = REASONS["not_enrolled"], NOT_ENROLLED_HINT.format(code=facility.code)
            raise UserError(f"{facility.code}: {reason.vi}: {hint.vi}", f"{facility.code}: {reason.en}: {hint.en}")
        _prepare(inventory, console)
        _willing(_hub_play(inventory, console, tags=("packages", "peers"), check=False))
        runs = []
        for roles in turns:
            visits = [Visit(facility.code, tuple(roles), ASKED_FOR)]
            runs += _visit(inventory, province, visits, roles, False, console)
        document = _document(province, runs, None, [role for roles in turns for role in roles], False)
        _keep(Shell(inventory, hub_user=province.hub.ssh_user), document, console)
    return runs


def _visit(inventory: Path, province: Province, visits: list[Visit], tags: list[str], check: bool, console: Console) -> list[FacilityRun]:
    """site.yml over these facilities, of each the roles that its visit is for."""
    if not visits:
        return []
    for visit in visits:
        console.line(f"{visit.code:<16} {TO_VISIT.format(reason=visit.reason.pick(console.lang)).pick(console.lang)}")
    watch = Watch([visit.code for visit in visits], inventory, console.moved, console.device, console.installing)
    visited = {visit.code: list(visit.roles) for visit in visits}
    listing = listing_for(province, enrolment.read_all(inventory), Home.of(inventory), date.today(), watch.runs)
    watch.finish(play("site.yml", inventory, watch, limit=watch.runs, tags=tags, check=check, visited=visited, listing=listing))
    if not check:
        _await_back(inventory, province, watch, console)
    return list(watch.runs.values())


def _keep(shell: Shell, document: RolloutDocument, console: Console) -> None:
    """Append what was done to the hub's record, by which the next plan knows what came after a verdict."""
    done = shell.run("hub", ["sudo", "ketnoi-hub", "rollouts", "append"], json.dumps(document, ensure_ascii=False), seconds=30)
    if done.returncode != 0:
        why = hub_view.last_line(done.stderr) or f"exit {done.returncode}"
        console.line(NOT_KEPT.format(why=why).pick(console.lang))


def _await_back(inventory: Path, province: Province, watch: Watch, console: Console) -> None:
    """What was changed comes back by every way before the run is over; what doesn't is noted, with what to do."""
    ids = {facility.id: facility.code for facility in province.facilities}
    changed = {site: code for site, code in ids.items() if code in watch.runs and watch.runs[code].status == "changed"}
    if not changed:
        return
    console.line(SETTLING.pick(console.lang))
    late = hub_view.await_all(Shell(inventory), changed, lambda code: console.line(f"{code:<16} {IN_SERVICE.pick(console.lang)}"))
    for code, ways in late.items():
        names = Text(*(", ".join(hub_view.WAYS[way].pick(lang) for way in ways) for lang in ("vi", "en")))
        watch.runs[code].reason = Text(NOT_SEEN.vi.format(names.vi), NOT_SEEN.en.format(names.en))
        watch.runs[code].hint = NOT_SEEN_HINT.format(code=code)


def peers(inventory: Path, lang: Lang) -> None:
    """Bring the hub's peers to the inventory; raises UserError when the hub refuses."""
    _willing(_hub_play(inventory, Console(lang), tags=("peers",), check=False))


def _prepare(inventory: Path, console: Console) -> None:
    home = Home.of(inventory)
    home.ensure()
    packages.build(home.repository, home.signing, lambda what: console.line(f"{'packages':<16} {what}"))
    netns.enter(inventory)
    tunnel.up(inventory)


def _hub_play(inventory: Path, console: Console, check: bool, tags: tuple[str, ...] = ()) -> FacilityRun:
    watch = Watch(["hub"], inventory, console.moved, installing=console.installing)
    watch.finish(play("hub.yml", inventory, watch, tags=tags, check=check))
    return watch.runs["hub"]


def _withheld(facility: Facility, console: Console) -> FacilityRun:
    reason = facility.withheld(date.today())
    hint = NO_ACCESS_HINT if facility.no_access else WITHHELD_HINT
    run = FacilityRun(facility.code, "withheld", reason=reason, hint=hint)
    why = reason.pick(console.lang) if reason else ""
    console.line(f"{run.code:<16} {_WORDS['withheld'].pick(console.lang)}: {why}")
    return run


def _not_enrolled(facility: Facility, console: Console) -> FacilityRun:
    run = FacilityRun(facility.code, "not_enrolled", reason=REASONS["not_enrolled"], hint=NOT_ENROLLED_HINT.format(code=facility.code))
    console.moved(run)
    return run


def _document(province: Province, runs: list[FacilityRun], hub_run: FacilityRun | None, tags: list[str], check: bool) -> RolloutDocument:
    ids = {facility.code: facility.id for facility in province.facilities}
    for run in runs:
        run.id = ids[run.code]
    return {
        "changed": sum(run.changed for run in runs),
        "failed": sum(run.status == "failed" for run in runs),
        "not_enrolled": sum(run.status == "not_enrolled" for run in runs),
        "check": check,
        "tags": tags,
        "hub": hub_run.document() if hub_run else None,
        "facilities": [run.document(with_diff=check) for run in runs],
    }


_WORST_FIRST = {"failed": 0, "not_enrolled": 1, "changed": 2}


def _conclude(runs: list[FacilityRun], document: RolloutDocument, lang: Lang, json_output: bool) -> int:
    check, exit_code = document["check"], 1 if document["failed"] or document["not_enrolled"] else 0
    if json_output:
        print(json.dumps(document, ensure_ascii=False))
        return exit_code
    for run in runs:
        if check and run.diffs:
            print(f"--- {run.code}")
            print("\n".join(run.diffs))
    print()
    for run in sorted(runs, key=lambda run: (_WORST_FIRST.get(run.status, len(_WORST_FIRST)), run.code)):
        _print_run(run, lang)
    absent = document["not_enrolled"]
    summary = Text(
        "{total} cơ sở: {changed} thay đổi, {failed} lỗi"
        + (", {absent} chưa tiếp nhận" if absent else "")
        + (" (chỉ xem, chưa ghi gì)" if check else ""),
        "{total} facilities: {changed} changes, {failed} failed"
        + (", {absent} not taken over" if absent else "")
        + (" (check only, nothing written)" if check else ""),
    )
    print(summary.format(total=len(runs), changed=document["changed"], failed=document["failed"], absent=absent).pick(lang))
    return exit_code


def _print_run(run: FacilityRun, lang: Lang) -> None:
    words = _WORDS[run.status].format(changed=run.changed).pick(lang)
    print(f"{run.code:<16} {words:<28} {run.seconds:6.1f} s")
    if run.reason and run.status != "not_enrolled":
        print(f"{'':<16} {run.reason.pick(lang)}")
    if run.hint:
        print(f"{'':<16} → {run.hint.pick(lang)}")
    for device in run.devices.values():
        if device["status"] in ("no_access", "not_reached") and (reason := device["reason"]):
            print(f"{'':<16} {device['name'] or device['slot']}: {reason[lang]}")
