"""A report to print in tests: the sample province on 15 June 2021 with a made-up record, some facilities met, late, shut, unknown.

Made without the hub and without the builder, so that the renderers are tried on data whose sums this file alone answers for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from province.judging.classes import CLASSES
from province.model import Facility, Province, load
from province.report.model import content as c
from province.standard.load import load as standard_of
from province.text import Lang, Text
from tests.unit.inventories import SAMPLE

AS_OF = date(2021, 6, 15)
DEADLINE, LAST_DAY = date(2021, 6, 12), date(2021, 6, 11)
FIRST = date(2021, 5, 10)
STATES = {
    "hoai-an-02": ("not_installed", "no_camera"),
    "hoai-nhon-04": ("not_installed", "no_camera"),
    "phu-cat-04": ("not_installed", "no_camera"),
    "vinh-thanh-03": ("not_installed", "no_camera"),
    "tuy-phuoc-03": ("not_monitored", "silent"),
    "quy-nhon-05": ("not_monitored", "silent"),
    "phu-cat-01": ("withheld", "no_opinion"),
    "hoai-nhon-03": ("withheld", "no_access"),
    "an-nhon-03": ("not_met", "setting_not_kept"),
    "phu-my-03": ("not_met", "obsolete"),
    "quy-nhon-06": ("not_met", "obsolete"),
    "tay-son-03": ("not_met", "wrong_credentials"),
    "tuy-phuoc-04": ("not_met", "obsolete"),
    "van-canh-02": ("not_met", "unreachable"),
    "an-lao-01": ("unknown", "not_measured"),
    "phu-my-02": ("unknown", "not_measured"),
    "quy-nhon-01": ("waived", None),
}
"""Code -> state and class; every other facility met."""
REASONS = {
    "no_camera": (
        Text("cơ sở chưa lắp camera", "no camera is installed"),
        Text("Lắp đặt theo phương án đã thống nhất.", "Install as agreed."),
    ),
    "silent": (
        Text("thiết bị biên không gửi tin từ ngày 13/06/2021", "the edge box has been silent since 13/06/2021"),
        Text("VNPT kiểm tra nguồn điện và đường truyền tại cơ sở.", "VNPT looks at power and line on site."),
    ),
    "not_measured": (
        Text("đường hầm về máy chủ kết nối không thông", "the tunnel to the hub is down"),
        Text("VNPT kiểm tra đường truyền; đo lại khi thông.", "VNPT looks at the line; verify again once it is up."),
    ),
    "no_opinion": (
        Text("là doanh trại, chưa có ý kiến của quân khu", "a barracks, no opinion of the military region yet"),
        Text("Bộ Chỉ huy Quân sự tỉnh xin ý kiến Bộ Tư lệnh Quân khu V.", "The command asks for Military Region V's opinion."),
    ),
}
LATE_DAYS = {"met": 0, "waived": 0, "not_met": 1, "unknown": 2, "not_monitored": 0, "not_installed": 0, "withheld": 0}


def _class(name: str) -> tuple[Text, Text]:
    known = REASONS | dict(CLASSES)
    detail = {
        "detail": "1280x720",
        "until": "20:00",
        "reason": "chưa bố trí người",
        "date": "03/06/2021",
        "witness": "Trần Quốc Khánh (VNPT)",
    }
    reason, hint = known[name]
    return reason.format(**detail), hint.format(**detail)


@cache
def province() -> Province:
    found, faults = load(SAMPLE)
    assert found is not None
    assert not faults
    return found


@cache
def sample(lang: Lang = "vi", area: str | None = None) -> c.Report:
    """The whole province, or one area of it."""
    chosen = [each for each in province().facilities if area in (None, each.area)]
    return built(chosen, lang, _scope(area))


def _scope(area: str | None) -> c.Scope:
    if area is None:
        return c.Scope(None, None, Text("toàn tỉnh Bình Định", "all of Bình Định"))
    name = province().areas[area].name
    return c.Scope(area, None, Text(name, name))


def many(count: int, cameras: int) -> c.Report:
    """A province of `count` facilities of `cameras` each: An Nhơn's over and over."""
    models = list(province().facilities)
    rows, seen = [], []
    for number in range(count):
        row = _facility(models[number % len(models)])
        row = replace(row, code=f"{row.code}-{number:03d}", name=f"{row.name} {number}", cameras=_counts(cameras, row.state, row.category))
        rows.append(row)
        seen += [
            replace(_camera(row, 1 + slot % 4, "gate", "Cổng chính"), slot=slot + 1, subject=f"C{slot + 1:02d}") for slot in range(cameras)
        ]
    return _report(rows, seen, "vi", _scope(None))


def built(chosen: Sequence[Facility], lang: Lang, scope: c.Scope) -> c.Report:
    rows = [_facility(each) for each in chosen]
    cameras = [
        _camera(row, camera.slot, camera.zone, camera.place)
        for row, each in zip(rows, chosen, strict=True)
        if row.cameras.total
        for camera in each.cameras
    ]
    return _report(rows, cameras, lang, scope)


def _facility(each: Facility) -> c.FacilityRow:
    file = province().file
    state, category = STATES.get(each.code, ("met", None))
    reason, hint = _class(category) if category else (None, None)
    authority = next(row for row in file.authorities if row.id == each.authority)
    connector = next(row for row in file.connectors if row.id == each.connector)
    unit = each.unit_on(AS_OF)
    connected = state in ("met", "waived", "not_met", "unknown")
    first = FIRST + timedelta(days=(each.number * 11) % 36 + LATE_DAYS[state]) if connected else None
    return c.FacilityRow(
        code=each.code,
        id=each.id,
        name=each.name,
        address=each.address,
        unit=province().units.name(unit or "", AS_OF) or "",
        unit_id=unit,
        area=each.area,
        area_name=province().areas[each.area].name,
        authority=each.authority,
        authority_name=authority.name,
        kind=each.kind,
        kind_name=c.KINDS[each.kind],
        level=each.level,
        level_name=c.LEVELS[each.level],
        connector=each.connector,
        connector_name=connector.name,
        connector_contact=c.Contact(**connector.contact.model_dump()),
        focal_point=c.Contact(**each.focal_point.model_dump()),
        state=state,
        state_name=c.STATES[state],
        category=category,
        reason=reason,
        hint=hint,
        installed=state not in ("not_installed", "withheld"),
        connected=connected,
        first_connected=first,
        first_met=first if state in ("met", "waived") else None,
        last_measured="2021-06-15T06:30:00+07:00" if connected else None,
        age_days=0 if connected else None,
        last_seen="2021-06-15T06:58:00+07:00" if connected else None,
        cameras=_counts(len(each.cameras), state, category),
        missing_zones=("Sân", "Nơi lấy mẫu xét nghiệm") if state == "not_installed" else (),
        plan=c.Paper("Sở TT&TT và VNPT Bình Định", None, date(2021, 5, 10)) if each.connection_plan else None,
        opinion=None,
        funding=c.Paper(None, source=each.funding.source) if each.funding else None,
        up_share=0.9971 if state == "met" else None,
        up_days=7 if state == "met" else 0,
    )


def _counts(total: int, state: str, category: str | None) -> c.CameraCounts:
    if state in ("met", "waived"):
        return c.CameraCounts(total, met=total, played=total)
    if state == "not_met":
        return c.CameraCounts(total, met=total - 1, not_met=1, played=total - (category == "unreachable"))
    if state == "unknown" or state == "not_monitored":
        return c.CameraCounts(total, unknown=total)
    return c.CameraCounts(total, no_access=total) if category == "no_access" else c.CameraCounts()


def _camera(row: c.FacilityRow, slot: int, zone: str, place: str) -> c.CameraRow:
    counts = row.cameras
    bad = slot == 1
    state = "no_access" if counts.no_access else "unknown" if counts.unknown else "not_met" if counts.not_met and bad else "met"
    names = {"met": "đạt", "not_met": "không đạt", "unknown": "chưa xác định", "no_access": "không được tiếp cận"}
    return c.CameraRow(
        facility=row.code,
        slot=slot,
        subject=f"C{slot:02d}",
        place=place,
        zone=zone,
        zone_name=Text("Cổng ra vào", "Gate") if zone == "gate" else Text("Hành lang, ngoài cửa phòng", "Corridors, outside room doors"),
        make="hikvision",
        model="DS-2CD2143G0-I" if bad else None,
        address=f"10.136.0.{slot}",
        state=state,
        state_name=Text(names[state], state.replace("_", " ")),
        played=None if state in ("unknown", "no_access") else state == "met",
        category=row.category if state != "met" else None,
        reason=row.reason if state != "met" else None,
        hint=row.hint if state != "met" else None,
        up_share=0.9971 if state == "met" else None,
    )


def _checks(row: c.FacilityRow, standard: Sequence[c.StandardRow]) -> Iterable[c.CheckRow]:
    if not row.connected:
        return
    for index, check in enumerate(standard):
        bad = row.state == "not_met" and index == 7
        verdict = "not_met" if bad else "unknown" if row.state == "unknown" else "waived" if row.state == "waived" and index == 9 else "met"
        label = {
            "met": c.STATES["met"],
            "waived": Text("miễn áp dụng", "waived"),
            "not_met": c.STATES["not_met"],
            "unknown": c.STATES["unknown"],
        }[verdict]
        counts = {key: int(key == verdict) for key in ("met", "waived", "not_met", "unknown")}
        yield c.CheckRow(
            facility=row.code,
            check=check.id,
            title=check.title,
            required=check.required,
            verdict=verdict,
            label=label,
            **counts,
            subjects=Text("C01", "C01") if bad else Text("cơ sở", "facility"),
            says=Text("1280x720, cần 1920x1080", "1280x720, wants 1920x1080") if bad else Text("như mong muốn", "as wanted"),
            hint=row.hint if bad else None,
            derived=index % 9 == 0,
        )


def _sum(id: str, name: Text, rows: Sequence[c.FacilityRow]) -> c.Sum:
    states = Counter(row.state for row in rows)
    keys = ("total", "met", "not_met", "unknown", "no_access", "played")
    return c.Sum(
        id=id,
        name=name,
        facilities=len(rows),
        states={state: states[state] for state in c.STATES},
        installed=sum(row.installed for row in rows),
        connected=sum(row.connected for row in rows),
        cameras=c.CameraCounts(*(sum(getattr(row.cameras, key) for row in rows) for key in keys)),
    )


def _sums(rows: Sequence[c.FacilityRow], key: str, name: str) -> tuple[c.Sum, ...]:
    groups: dict[str, list[c.FacilityRow]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    named = {id: getattr(group[0], name) for id, group in groups.items()}
    return tuple(_sum(id, text if isinstance(text := named[id], Text) else Text(text, text), group) for id, group in groups.items())


def _milestones(rows: Sequence[c.FacilityRow]) -> Iterable[c.Milestone]:
    done = [row for row in rows if row.first_connected]
    in_time = [row for row in done if row.first_connected and row.first_connected <= LAST_DAY]
    late = tuple(row.code for row in rows if row not in in_time)
    for order in province().file.orders:
        yield c.Milestone(
            order=order.number,
            authority=order.authority,
            milestone=order.milestone,
            title=c.MILESTONES[order.milestone],
            deadline=order.date,
            inclusive=order.inclusive,
            last_day=LAST_DAY,
            done=len(done),
            in_time=len(in_time),
            total=len(rows),
            met=False,
            done_on=None,
            days_late=(AS_OF - LAST_DAY).days,
            late=late,
            says=Text(
                f"chưa hoàn thành, chậm 4 ngày, còn {len(rows) - len(done)} cơ sở", f"not done, 4 days late, {len(rows) - len(done)} to go"
            ),
            note=order.note,
        )


def _progress(rows: Sequence[c.FacilityRow]) -> c.Progress:
    def until(day: date, key: str) -> int:
        return sum(found is not None and found <= day for found in (getattr(row, key) for row in rows))

    days = [FIRST + timedelta(days=each) for each in range((AS_OF - FIRST).days + 1)]
    return c.Progress(
        days=tuple(
            c.Day(day, until(day, "first_connected"), until(day, "first_connected"), until(day, "first_met"), len(rows)) for day in days
        ),
        deadlines=tuple((order.date, order.number, order.milestone) for order in province().file.orders),
    )


def _report(rows: Sequence[c.FacilityRow], cameras: Sequence[c.CameraRow], lang: Lang, scope: c.Scope) -> c.Report:
    data = standard_of(SAMPLE)
    standard = tuple(
        c.StandardRow(
            each.id, each.title, each.source, each.required, each.once, "", None, {"met": 1, "waived": 0, "not_met": 0, "unknown": 0}
        )
        for each in data.checks
    )
    classes = Counter(row.category for row in rows if row.category)
    return c.Report(
        schema=c.SCHEMA,
        province="binh-dinh",
        province_name="Tỉnh Bình Định",
        issuer="Sở Thông tin và Truyền thông tỉnh Bình Định",
        central=province().central.name,
        scope=scope,
        as_of=AS_OF,
        until="2021-06-15T23:59:59+07:00",
        lang=lang,
        digests=c.Digests("sha256:" + "a1" * 32, data.digest, "sha256:" + "c3" * 32, "5ebbca0"),
        standard_name=data.name,
        standard_version=data.version,
        total=_sum("", Text("Tổng số", "Total"), rows),
        facilities=tuple(rows),
        checks=tuple(check for row in rows for check in _checks(row, standard)),
        cameras=tuple(cameras),
        missing=tuple(
            c.MissingRow(
                row.code,
                "zone",
                Text("khu vực chưa có camera", "zone without a camera"),
                Text(zone, zone),
                Text("Lắp camera.", "Install one."),
            )
            for row in rows
            for zone in row.missing_zones
        ),
        areas=_sums(rows, "area", "area_name"),
        units=_sums(rows, "unit_id", "unit"),
        authorities=tuple(_authorities(rows)),
        kinds=_sums(rows, "kind", "kind_name"),
        milestones=tuple(_milestones(rows)),
        progress=_progress(rows),
        reasons=tuple(c.ReasonCount(name, *_class(name), facilities=count, devices=count) for name, count in classes.most_common()),
        waivers=(
            c.WaiverRow(
                "osd",
                Text("Giờ hiện trên hình", "Time on the picture"),
                "quy-nhon-01",
                None,
                None,
                "camera không có chức năng này",
                "Sở TT&TT",
                date(2021, 7, 31),
                False,
                ("quy-nhon-01",),
            ),
        ),
        standard=standard,
        recipients=tuple(c.Recipient(each.name, each.email) for each in province().file.addressed(AS_OF)),
        continuity=Text("Hoạt động liên tục: chưa xác định, vì chưa có lịch sử kết nối.", "Continuous operation: unknown."),
    )


def _authorities(rows: Sequence[c.FacilityRow]) -> Iterable[c.AuthorityRow]:
    for each in _sums(rows, "authority", "authority_name"):
        contact = next(row.contact for row in province().file.authorities if row.id == each.id)
        behind = tuple(row.code for row in rows if row.authority == each.id and row.state not in ("met", "waived"))
        level = next(row.level for row in province().file.authorities if row.id == each.id)
        yield c.AuthorityRow(each.id, each.name.vi, level, c.Contact(**contact.model_dump()) if contact else None, each, behind)
