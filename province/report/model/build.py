"""Inventory, standard, the hub's record and a day -> the `Report`. Pure: the same inputs make the same report, whenever it is made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from province.collation import vietnamese
from province.documents.record import KeptRow, VerdictHead, head, kept_row
from province.model import Province
from province.report.model import content as c
from province.report.model import rows as told
from province.report.model import sums, timeline, whole
from province.report.model.excused import Excused
from province.report.model.figures import percent
from province.report.model.missing import missing
from province.report.model.places import Place, authority_name, authority_on, missing_zones, places, province_name, zone_name
from province.report.model.record import Known, Record, day_of, local
from province.report.model.states import State, all_played, installed, state_of
from province.standard.checks import Standard
from province.standard.verdict import DeviceRow, InventoryMark
from province.text import Lang, Text


@dataclass(frozen=True)
class Inputs:
    """All that a report rests on. `boxed`: code -> the day on which its box was enrolled. `digests`: {"digest", "commit"} of the
    inventory."""

    province: Province
    standard: Standard
    record: Record
    boxed: Mapping[str, date]
    inventory: InventoryMark
    as_of: date
    lang: Lang = "vi"
    area: str | None = None
    authority: str | None = None


@dataclass(frozen=True)
class Site:
    """One facility with what is known of it. Its rows are made when they are asked for: a province has some 400,000."""

    place: Place
    known: Known
    row: c.FacilityRow
    checks: tuple[c.CheckRow, ...]
    cameras: tuple[c.CameraRow, ...]
    excused: frozenset[int]
    """Which of the waivers excuse something here."""


class ReportedVerdict(TypedDict):
    """A facility in a report's verify.json."""

    code: str
    id: str
    name: str
    area: str
    state: str
    verdict: VerdictHead | None
    checks: list[KeptRow]
    devices: list[DeviceRow]


@dataclass(frozen=True)
class Built:
    """The report, the record that it rests on (its own facilities' alone), and its facilities in the report's order."""

    report: c.Report
    record: Record
    sites: tuple[Site, ...]
    excused: Excused

    def verdicts(self) -> Iterator[ReportedVerdict]:
        """For verify.json: each facility's newest verdict with the waivers of the day; of one without, its state alone."""
        for each in self.sites:
            yield {
                "code": each.row.code,
                "id": each.row.id,
                "name": each.row.name,
                "area": each.row.area,
                "state": each.row.state,
                "verdict": head(each.known.verdict) if each.known.verdict else None,
                "checks": [kept_row(row) for row in self.excused.over(each.place, told.full(self.record, each.known))],
                "devices": list(each.known.devices.values()),
            }


def built(given: Inputs) -> Built:
    chosen = in_scope(given)
    record = given.record.only(each.code for each in chosen)
    excused = Excused(given.province.waivers, given.standard, given.as_of)
    sites = [_site(given, each, record, excused) for each in chosen]
    sites.sort(key=lambda each: (vietnamese(each.row.area_name), vietnamese(each.row.name), each.row.code))
    rows = tuple(each.row for each in sites)
    checks = tuple(check for each in sites for check in each.checks)
    known = {each.place.code: each.known for each in sites}
    province = given.province
    total = sums.total("", _scope(given, chosen).name, rows)
    made = c.Report(
        schema=c.SCHEMA,
        province=province.code,
        province_name=province_name(province, given.as_of),
        issuer=province.file.office.called(given.as_of) or province_name(province, given.as_of),
        central=province.central.name,
        scope=_scope(given, chosen),
        as_of=given.as_of,
        until=local(record.until) or "",
        lang=given.lang,
        digests=c.Digests(given.inventory["digest"], given.standard.digest, record.digest, given.inventory.get("commit")),
        standard_name=given.standard.name,
        standard_version=given.standard.version,
        total=total,
        facilities=rows,
        checks=checks,
        cameras=tuple(camera for each in sites for camera in each.cameras),
        missing=tuple(line for each in sites for line in missing(province, each.place, given.as_of)),
        areas=sums.by(rows, lambda row: row.area, lambda row: Text(row.area_name, row.area_name)),
        units=sums.by(rows, lambda row: row.unit_id or "", lambda row: Text(row.unit, row.unit)),
        authorities=_authorities(given, sites),
        kinds=sums.by(rows, lambda row: row.kind, lambda row: row.kind_name),
        milestones=_milestones(given, sites),
        progress=timeline.closed(timeline.progress(province.file.orders, known, given.as_of), total),
        reasons=sums.reasons(rows, _device_classes(sites), {each.id: each.title for each in given.standard.checks}),
        waivers=excused.listed({each.place.code: (each.place.area, each.excused) for each in sites}),
        standard=sums.standard(given.standard, checks, given.lang),
        recipients=tuple(c.Recipient(each.name, each.email) for each in province.file.addressed(given.as_of)),
        continuity=_continuity(rows),
        whole=_whole(given, sites),
        judged_by=dict(sorted(Counter(str(each.known.verdict["standard"]) for each in sites if each.known.verdict).items())),
    )  # fmt: skip
    return Built(made, record, tuple(sites), excused)


def report(given: Inputs) -> c.Report:
    return built(given).report


def in_scope(given: Inputs) -> list[Place]:
    return in_scope_of(given.province, given.as_of, given.area, given.authority)


def in_scope_of(province: Province, on: date, area: str | None, authority: str | None) -> list[Place]:
    """The facilities asked for. An authority is found under the name of the day or under the one on file."""
    found = []
    for place in places(province, on):
        answering = authority_on(province, place, on)
        names = {place.authority, answering.id if answering else ""}
        if area in (None, place.area) and (authority is None or authority in names):
            found.append(place)
    return found


def _scope(given: Inputs, chosen: Sequence[Place]) -> c.Scope:
    whole = province_name(given.province, given.as_of)
    name = Text(whole, whole)
    if given.authority:
        authority = next(each for each in given.province.file.authorities if each.id == given.authority)
        name = Text(authority.name, authority.name)
    if given.area:
        area = given.province.areas[given.area].name
        name = Text(f"{area} – {name.vi}", f"{area} – {name.en}") if given.authority else Text(area, area)
    return c.Scope(given.area, given.authority, name)


def _site(given: Inputs, place: Place, record: Record, excused: Excused) -> Site:
    province, as_of = given.province, given.as_of
    known = record.of(place.code)
    rows = excused.over(place, told.full(record, known))
    boxed = (day := given.boxed.get(place.code)) is not None and day <= as_of
    connector = next((each for each in province.file.connectors if each.id == place.connector), None)
    until = datetime.fromisoformat(record.until)
    named = connector.name if connector else place.connector
    found = state_of(place, known, rows, boxed, named, as_of, until)
    cameras = tuple(told.camera(place.code, spot, zone_name(province, spot.zone), known, rows) for spot in place.cameras)
    row = _facility(given, place, known, found, cameras)
    return Site(place, known, row, tuple(told.checks(place.code, rows)), cameras, excused.excusing(rows))


def _facility(given: Inputs, place: Place, known: Known, found: State, cameras: Sequence[c.CameraRow]) -> c.FacilityRow:
    province, as_of = given.province, given.as_of
    authority = authority_on(province, place, as_of)
    connector = next((each for each in province.file.connectors if each.id == place.connector), None)
    area = province.areas.get(place.area)
    judged = day_of(known.last_judged)
    share, days = told.up(known)
    return c.FacilityRow(
        code=place.code,
        id=place.id,
        name=place.name,
        address=place.address,
        unit=(province.units.name(place.unit, as_of) if place.unit else None) or "",
        unit_id=place.unit,
        area=place.area,
        area_name=area.name if area else place.area,
        authority=authority.id if authority else place.authority,
        authority_name=authority_name(authority, place.authority, as_of),
        kind=place.kind,
        kind_name=c.KINDS.get(place.kind, Text(place.kind, place.kind)),
        level=place.level,
        level_name=c.LEVELS.get(place.level, Text(place.level, place.level)),
        connector=place.connector,
        connector_name=connector.name if connector else place.connector,
        connector_contact=c.Contact(**connector.contact.model_dump()) if connector else c.Contact("", "", "", ""),
        focal_point=place.focal_point,
        state=found.state,
        state_name=c.STATES[found.state],
        category=found.category,
        reason=found.reason,
        hint=found.hint,
        installed=installed(place, known),
        connected=found.state not in ("not_installed", "not_monitored", "withheld") and all_played(known),
        first_connected=day_of(known.first_connected),
        first_met=day_of(known.first_met),
        last_measured=local(known.last_judged),
        age_days=(as_of - judged).days if judged else None,
        last_seen=local(known.agent["last"]) if known.agent else None,
        cameras=sums.cameras(cameras),
        missing_zones=tuple(zone_name(province, zone).pick(given.lang) for zone in missing_zones(province, place)),
        plan=place.plan,
        opinion=place.opinion,
        funding=place.funding,
        up_share=share,
        up_days=days,
    )


def _authorities(given: Inputs, sites: Sequence[Site]) -> tuple[c.AuthorityRow, ...]:
    rows = [each.row for each in sites]
    by_id = {each.id: each for each in given.province.file.authorities}
    found = []
    for summed in sums.by(rows, lambda row: row.authority, lambda row: Text(row.authority_name, row.authority_name)):
        authority = by_id.get(summed.id)
        contact = c.Contact(**authority.contact.model_dump()) if authority and authority.contact else None
        own = [row for row in rows if row.authority == summed.id]
        found.append(c.AuthorityRow(summed.id, summed.name.vi, authority.level if authority else "", contact, summed, sums.behind(own)))
    return tuple(found)


def _milestones(given: Inputs, sites: Sequence[Site]) -> tuple[c.Milestone, ...]:
    places_, known = [each.place for each in sites], {each.place.code: each.known for each in sites}
    orders = sorted(given.province.file.orders, key=lambda order: (order.date, order.number))
    return tuple(
        timeline.reported(order, given.as_of)
        if order.milestone == "report"
        else timeline.milestone(order, timeline.done_days(order, places_, known), given.as_of)
        for order in orders
    )


def _whole(given: Inputs, sites: Sequence[Site]) -> tuple[c.CheckRow, ...]:
    connected = {each.place.code: each.known.first_connected for each in sites}
    rows = whole.rows(whole.Whole(given.province, [each.place for each in sites], given.as_of, connected), given.standard)
    return tuple(told.checks("", rows))


def _device_classes(sites: Sequence[Site]) -> Mapping[str, int]:
    return Counter(str(device["class"]) for each in sites for device in each.known.devices.values() if device["class"])


def _continuity(rows: Sequence[c.FacilityRow]) -> Text:
    shares = [(row.up_share, row.up_days) for row in rows if row.up_share is not None]
    if not shares:
        return NO_HISTORY
    mean = sum(share for share, _ in shares) / len(shares)
    values = {"count": len(shares), "all": len(rows), "days": max(days for _, days in shares)}
    return Text(
        HISTORY.vi.format(**values, share=percent(mean, 1, "vi", 2)),
        HISTORY.en.format(**values, share=percent(mean, 1, "en", 2)),
    )


NO_HISTORY = Text(
    "Hoạt động liên tục: chưa xác định, vì chưa có lịch sử kết nối. Mọi kết quả “đạt” là tại thời điểm kiểm tra.",
    "Continuous operation: unknown, for there is no history yet. Whatever is met was met when it was checked.",
)
HISTORY = Text(
    "Hoạt động liên tục: {count} trên {all} cơ sở có lịch sử (tối đa {days} ngày); trung bình camera hoạt động ít nhất {share} thời gian. "
    "Các kết quả khác là tại thời điểm kiểm tra.",
    "Continuous operation: {count} of {all} facilities have a history ({days} days at most); cameras were up at least {share} of the time "
    "on average. All else was so when it was checked.",
)
