"""`ketnoi rollout` and `ketnoi hub`: Ansible's plays over the inventory, with a line for each facility as it moves."""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from province import enrolment, hub_view, netns, office, packages
from province.home import Home
from province.model import Facility, Province
from province.rollout import FacilityRun, Watch, play
from province.select import applicable, loaded, selected
from province.ssh import Shell
from province.text import Lang, Text
from province.trouble import Trouble

NOT_ENROLLED = Text(
    "thiết bị biên chưa được tiếp nhận (không có enrolled/{code}.yml)",
    "its edge box has not been taken over (no enrolled/{code}.yml)",
)
NOT_ENROLLED_HINT = Text("ketnoi bootstrap --site {code} --at ĐỊA-CHỈ", "ketnoi bootstrap --site {code} --at ADDRESS")
WITHHELD_HINT = Text(
    "khi có văn bản, ghi vào `opinion` của cơ sở trong danh mục", "once there is a document, record it under the facility's `opinion`"
)

SETTLING = Text("đợi máy chủ kết nối thấy lại các cơ sở vừa thay đổi …", "waiting until the hub sees the facilities that changed …")
IN_SERVICE = Text("đã kết nối: đường hầm, đường cứu hộ, chương trình biên", "connected: tunnel, lifeline, agent")
NOT_SEEN = Text("đã cấu hình xong, nhưng máy chủ kết nối chưa thấy: {}", "configured, but the hub does not see yet: {}")
NOT_SEEN_HINT = Text("xem nguyên nhân: ketnoi verify --site {code}", "see why: ketnoi verify --site {code}")

_WORDS = {
    "waiting": Text("đang chờ", "waiting"),
    "running": Text("đang làm", "working"),
    "ok": Text("xong, không đổi", "done, nothing to change"),
    "changed": Text("xong, {changed} thay đổi", "done, {changed} changes"),
    "failed": Text("LỖI", "FAILED"),
    "withheld": Text("tạm chưa triển khai", "withheld"),
}


class Console:
    """Progress on stderr, so that stdout holds the result alone."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self._started = time.monotonic()
        self._last: dict[str, str] = {}

    def line(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        print(f"[{minutes:02}:{seconds:02}] {text}", file=sys.stderr, flush=True)

    def moved(self, run: FacilityRun) -> None:
        words = _WORDS[run.status].format(changed=run.changed).pick(self.lang)
        if run.status == "running":
            words = run.role or words
        if run.status == "failed" and run.reason:
            words += f": {run.reason.pick(self.lang)}"
        if self._last.get(run.code) != words:
            self._last[run.code] = words
            self.line(f"{run.code:<16} {words}")


def hub(inventory: Path, *, check: bool, lang: Lang, json_output: bool) -> int:
    """Configure the hub whole. Exit 0 done, 1 failed."""
    loaded(inventory, lang)
    console = Console(lang)
    _prepare(inventory, console)
    run = _hub_play(inventory, console, tags=(), check=check)
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
    lang: Lang,
    json_output: bool,
) -> int:
    """Hub's peers first, then the site roles of each facility. Exit 0 all done, 1 some failed."""
    province = loaded(inventory, lang)
    chosen, withheld = applicable(selected(province, area, site), date.today())
    console = Console(lang)
    with Home.of(inventory).lock("rollout"):
        _prepare(inventory, console)
        runs = [_withheld(facility, console) for facility in withheld]
        enrolled = enrolment.read_all(inventory)
        runs += [_not_enrolled(facility, console) for facility in chosen if facility.code not in enrolled]
        ready = [facility.code for facility in chosen if facility.code in enrolled]
        hub_run = None
        if ready:
            hub_run = _hub_play(inventory, console, tags=("packages", "peers"), check=check)
            if hub_run.status == "failed":
                raise Trouble(
                    f"máy chủ kết nối: {hub_run.reason.pick('vi') if hub_run.reason else ''}",
                    f"the hub: {hub_run.reason.pick('en') if hub_run.reason else ''}",
                )
            watch = Watch(ready, inventory, console.moved)
            code = play("site.yml", inventory, watch, limit=ready, tags=tags, check=check)
            watch.finish(code)
            runs += list(watch.runs.values())
            if not check:
                _settle(inventory, province, watch, console)
    runs.sort(key=lambda run: run.code)
    return _conclude(runs, hub_run, check, lang, json_output)


def _settle(inventory: Path, province: Province, watch: Watch, console: Console) -> None:
    """What was changed comes back by every way before the run is over; what doesn't is noted, with what to do."""
    ids = {facility.id: facility.code for facility in province.facilities}
    changed = {site: code for site, code in ids.items() if code in watch.runs and watch.runs[code].status == "changed"}
    if not changed:
        return
    console.line(SETTLING.pick(console.lang))
    late = hub_view.settle(Shell(inventory), changed, lambda code: console.line(f"{code:<16} {IN_SERVICE.pick(console.lang)}"))
    for code, ways in late.items():
        names = Text(*(", ".join(hub_view.WAYS[way].pick(lang) for way in ways) for lang in ("vi", "en")))
        watch.runs[code].reason = Text(NOT_SEEN.vi.format(names.vi), NOT_SEEN.en.format(names.en))
        watch.runs[code].hint = NOT_SEEN_HINT.format(code=code)


def peers(inventory: Path, lang: Lang) -> None:
    """Bring the hub's peers to the inventory; raises Trouble when the hub refuses."""
    run = _hub_play(inventory, Console(lang), tags=("peers",), check=False)
    if run.status == "failed":
        reason = run.reason or Text("", "")
        raise Trouble(f"máy chủ kết nối: {reason.vi}", f"the hub: {reason.en}")


def _prepare(inventory: Path, console: Console) -> None:
    home = Home.of(inventory)
    home.ensure()
    packages.build(home.repository, home.signing, lambda what: console.line(f"{'packages':<16} {what}"))
    netns.enter(inventory)
    office.up(inventory)


def _hub_play(inventory: Path, console: Console, tags: tuple[str, ...], check: bool) -> FacilityRun:
    watch = Watch(["hub"], inventory, console.moved)
    watch.finish(play("hub.yml", inventory, watch, tags=tags, check=check))
    return watch.runs["hub"]


def _withheld(facility: Facility, console: Console) -> FacilityRun:
    reason = facility.withheld(date.today())
    run = FacilityRun(facility.code, "withheld", reason=reason, hint=WITHHELD_HINT)
    why = reason.pick(console.lang) if reason else ""
    console.line(f"{run.code:<16} {_WORDS['withheld'].pick(console.lang)}: {why}")
    return run


def _not_enrolled(facility: Facility, console: Console) -> FacilityRun:
    run = FacilityRun(
        facility.code,
        "failed",
        reason=NOT_ENROLLED.format(code=facility.code),
        hint=NOT_ENROLLED_HINT.format(code=facility.code),
    )
    console.moved(run)
    return run


def _conclude(runs: list[FacilityRun], hub_run: FacilityRun | None, check: bool, lang: Lang, json_output: bool) -> int:
    failed = [run for run in runs if run.status == "failed"]
    if json_output:
        document: dict[str, Any] = {
            "changed": sum(run.changed for run in runs),
            "failed": len(failed),
            "check": check,
            "hub": hub_run.document() if hub_run else None,
            "facilities": [run.document() for run in runs],
        }
        if check:
            for run, entry in zip(runs, document["facilities"], strict=True):
                entry["diff"] = run.diffs
        print(json.dumps(document, ensure_ascii=False))
        return 1 if failed else 0
    for run in runs:
        if check and run.diffs:
            print(f"--- {run.code}")
            print("\n".join(run.diffs))
    print()
    for run in [run for run in runs if run.status != "failed"] + failed:
        _print_run(run, lang)
    summary = Text(
        "{total} cơ sở: {changed} thay đổi, {failed} lỗi" + (" (chỉ xem, chưa ghi gì)" if check else ""),
        "{total} facilities: {changed} changes, {failed} failed" + (" (check only, nothing written)" if check else ""),
    )
    print(summary.format(total=len(runs), changed=sum(run.changed for run in runs), failed=len(failed)).pick(lang))
    return 1 if failed else 0


def _print_run(run: FacilityRun, lang: Lang) -> None:
    words = _WORDS[run.status].format(changed=run.changed).pick(lang)
    print(f"{run.code:<16} {words:<28} {run.seconds:6.1f} s")
    if run.reason:
        print(f"{'':<16} {run.reason.pick(lang)}")
    if run.hint:
        print(f"{'':<16} → {run.hint.pick(lang)}")
