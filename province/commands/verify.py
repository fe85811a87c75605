"""`ketnoi verify`: measure facilities, judge them by the standard, write the verdict for people, for CI and for keeping."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console as Terminal

from province.commands.elapsed import Elapsed
from province.files import write
from province.judging.verdict import Occasion, judge
from province.measure import inventory as subjects
from province.measure.evidence import Evidence
from province.measure.gather import Scope, forecast, gather, gather_here
from province.measure.request import Line
from province.measure.subjects import Site
from province.model import Facility, Province
from province.model.select import applicable, loaded, selected
from province.reach import netns
from province.reach.ssh import Shell
from province.report.model import whole
from province.report.model.places import places
from province.report.verdict import html, junit, table
from province.standard.checks import Profile, Standard, StandardError
from province.standard.load import load
from province.standard.verdict import VerdictDocument, Withheld
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError

_KINDS = {
    "tunnel": Text("đường hầm", "tunnel"),
    "box": Text("thiết bị biên (SSH, cổng)", "box (SSH, ports)"),
    "settings": Text("cài đặt camera", "camera settings"),
    "stream": Text("luồng hình", "streams"),
    "recorder": Text("đầu ghi, dữ liệu đã ghi", "recorders, footage"),
}
_PLACES = {
    "hub": Text("từ máy chủ kết nối", "from the hub"),
    "centre": Text("từ trung tâm", "from the centre"),
    "box": Text("từ thiết bị biên", "from the box"),
    "here": Text("tại đây", "here"),
}
KEPT_AT_ONCE = 50
"""So many facilities of a verdict go to the hub in one document."""
MEASURING = Text("đang đo {count} cơ sở, {cameras} camera", "measuring {count} facilities, {cameras} cameras")
TAKES = Text(
    "dự kiến khoảng {lasts}; luồng hình không quá {each} Mbit/s mỗi cơ sở, {hub} Mbit/s qua máy chủ kết nối",
    "about {lasts}; streams keep within {each} Mbit/s of a facility's uplink and {hub} Mbit/s through the hub",
)
NOT_KEPT = Text(
    "chưa lưu được kết luận lên máy chủ kết nối ({why}); kết quả vẫn có ở {out}",
    "the verdict could not be kept on the hub ({why}); it is in {out} all the same",
)
WRITTEN = Text("đã ghi: {out}/verify.html, verify.json, verify.xml", "written: {out}/verify.html, verify.json, verify.xml")


def verify(
    inventory: Path,
    *,
    area: str | None,
    sites: Sequence[str],
    lang: Lang,
    json_output: bool,
    out: Path,
    profile: Profile = "full",
    local: bool = False,
) -> int:
    """Exit 0 when all facilities meet the standard (some only with waivers: said and counted apart), 1 otherwise; UserError when it
    could not start.

    `local`: no hub; the devices are measured by this process at their own addresses, so only profile `devices` can be
    judged (a province's CI, a laptop on site).
    """
    profile = "devices" if local else profile
    province = loaded(inventory, lang)
    named = [each for site in dict.fromkeys(sites) or (None,) for each in selected(province, area, site)]
    chosen, withheld = applicable(named, date.today())
    try:
        standard = load(inventory)
    except StandardError as error:
        raise UserError(f"tiêu chuẩn: {error.show('vi')}", f"the standard: {error.show('en')}") from error
    shell = _shell(inventory, province)
    lab = None
    if not local:
        entered = netns.enter(inventory)
        lab = entered.name if entered else None
    scope = _scope(inventory, province, chosen, standard, local, lab)
    progress = _Progress(lang, scope.sites)
    progress.line(MEASURING.format(count=len(chosen), cameras=sum(len(each.cameras) for each in scope.sites)).pick(lang))
    if not local:
        progress.line(_will_take(scope).pick(lang))
    started, at = time.monotonic(), datetime.now(UTC)
    evidence = gather_here(scope, progress.finished) if local else gather(scope, shell, progress.finished)
    occasion = Occasion(
        province=province.code,
        area=area,
        site=",".join(sites) or None,
        profile=profile,
        at=at.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started, 1),
        inventory=subjects.fingerprint(inventory),
    )
    document = judge(evidence, standard, scope.sites, occasion, province.waivers)
    document["withheld"] = [_withheld(facility) for facility in withheld]
    document["whole"] = [] if local else whole.rows(_whole(province, area, named, evidence, occasion, document), standard)
    _write(document, evidence, out, lang)
    if not local:
        _keep(document, shell, out, lang)
    if json_output:
        print(json.dumps(document, ensure_ascii=False))
    else:
        table.show(document, Terminal(width=None if sys.stdout.isatty() else 160), lang)
        print(WRITTEN.format(out=out).pick(lang))
    return 0 if document["verdict"] in ("met", "waived") else 1


def _whole(
    province: Province,
    area: str | None,
    named: Sequence[Facility],
    evidence: Evidence,
    occasion: Occasion,
    document: VerdictDocument,
) -> whole.Whole:
    """Every facility that was named, those left out or only surveyed too; connected since the hub first kept such a verdict, or as of
    this one."""
    before = {code: found.get("before") for code, found in evidence["sites"].items()}
    since = {code: last["first_connected"] if last else None for code, last in before.items()}
    for facility in document["facilities"]:
        played = [row["verdict"] == "met" for row in facility["checks"] if row["id"] == "playable_centre"]
        if played and all(played) and not since.get(facility["code"]):
            since[facility["code"]] = occasion.at
    day, codes = occasion.day or datetime.now(VIETNAM).date(), {facility.code for facility in named}
    if not occasion.site:
        codes |= {each.code for each in province.surveyed if area in (None, each.area)}
    return whole.Whole(province, [each for each in places(province, day) if each.code in codes], day, since)


def _will_take(scope: Scope) -> Text:
    """How long, and within which bandwidth: said before anything is sent."""
    takes = forecast(scope)
    own = sorted({site.uplink_kbps for site in scope.sites})
    each = "–".join(f"{kbps / 1000:.1f}" for kbps in dict.fromkeys((own[0], own[-1]))) if own else "0"
    lasts = Text(f"{takes:.0f} giây", f"{takes:.0f} s") if takes < 120 else Text(f"{takes / 60:.0f} phút", f"{takes / 60:.0f} minutes")
    hub = f"{scope.hub_kbps / 1000:.0f}"
    return Text(TAKES.vi.format(lasts=lasts.vi, each=each.replace(".", ","), hub=hub), TAKES.en.format(lasts=lasts.en, each=each, hub=hub))


def _scope(inventory: Path, province: Province, chosen: Sequence[Facility], standard: Standard, local: bool, lab: str | None) -> Scope:
    """Passwords are compared over the whole province, so every vault is read; only the chosen facilities' go further."""
    public = subjects.factory(province)
    everybody = subjects.logins(inventory, province.facilities)
    codes = {facility.code for facility in chosen}
    recorders = {(facility.code, recorder.slot) for facility in province.facilities for recorder in facility.recorders}
    return Scope(
        sites=subjects.sites(inventory, chosen, local, province.file.measuring, province.tables.zones),
        standard=standard,
        logins={key: accounts for key, accounts in everybody.items() if key[0] in codes},
        factory=public,
        passwords=subjects.passwords(everybody, public, recorders),
        lab=lab,
        hub_kbps=province.file.measuring.hub_kbps,
    )


def _shell(inventory: Path, province: Province) -> Shell:
    probe = province.central.probe
    return Shell(inventory, hub_user=province.hub.ssh_user, centre_user=probe.user if probe else "probe")


def _withheld(facility: Facility) -> Withheld:
    reason = facility.withheld(date.today()) or Text("", "")
    category = "no_access" if facility.no_access else None
    return {"code": facility.code, "name": facility.name, "class": category, "reason": reason.as_dict()}


def _write(document: VerdictDocument, evidence: Evidence, out: Path, lang: Lang) -> None:
    """verify.{json,html,xml}, and the measurements that they rest on; none holds a secret."""
    files: dict[str, str | bytes] = {
        "verify.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n",
        "evidence.json": json.dumps(evidence, ensure_ascii=False, indent=1) + "\n",
        "verify.html": html.render(document),
        "verify.xml": junit.render(document, lang),
    }
    try:
        for name, content in files.items():
            write(out / name, content, 0o644)
    except OSError as error:
        raise UserError(f"không ghi được vào {out}: {error.strerror}", f"can't write to {out}: {error.strerror}") from error


def _keep(document: VerdictDocument, shell: Shell, out: Path, lang: Lang) -> None:
    """Append the verdict to those that the hub keeps. A hub that can't be had takes nothing from the verdict."""
    argv = ["sudo", "ketnoi-hub", "verdicts", "append"]
    for part in parts(document):
        done = shell.run("hub", argv, json.dumps(part, ensure_ascii=False), seconds=60)
        if done.returncode != 0:
            why = done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else f"exit {done.returncode}"
            print(NOT_KEPT.format(why=why, out=out).pick(lang), file=sys.stderr)
            return


def parts(document: VerdictDocument) -> Iterator[VerdictDocument]:
    """As the hub takes it: a document of 700 facilities of 20 cameras has 230 MB, and its database none of more than 255 MB."""
    facilities = document["facilities"]
    for first in range(0, max(len(facilities), 1), KEPT_AT_ONCE):
        yield {**document, "facilities": facilities[first : first + KEPT_AT_ONCE]}


class _Progress:
    """A line on stderr whenever a facility's round of measurements is complete, wherever it was measured."""

    def __init__(self, lang: Lang, sites: Sequence[Site]) -> None:
        self._lang: Lang = lang
        self._cameras = {site.code: sum(not camera.no_access for camera in site.cameras) for site in sites}
        self._recorders = {site.code: sum(not each.no_access for each in site.network_recorders) for site in sites}
        self._done: Counter[tuple[str, str, str]] = Counter()
        self._good: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()
        self.line = Elapsed().line

    def finished(self, where: str, told: Line) -> None:
        code, kind = told["site"], told["kind"]
        if code not in self._cameras or kind not in _KINDS:
            return
        key = (code, kind, where)
        with self._lock:
            self._done[key] += 1
            self._good[key] += bool(told.get("ok"))
            total = {"settings": self._cameras, "stream": self._cameras}.get(kind, {}).get(code, 1)
            if kind == "recorder" and where != "box":
                total = self._recorders[code]
            if self._done[key] >= total:
                place = f", {_PLACES[where].pick(self._lang)}" if where in _PLACES else ""
                self.line(f"{code:<16} {_KINDS[kind].pick(self._lang)}{place}: {self._good[key]}/{total}")
