"""Facilities as a report names them on a day: those that are ready and those of which the survey does not know all yet, alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from province.model import Authority, Facility, Province, Surveyed
from province.model.devices import NoAccess
from province.model.record import holds
from province.names import subject_name
from province.report.model.content import Contact, Paper
from province.report.model.figures import day as in_words
from province.text import Text

NOBODY = Contact("", "", "", "")


@dataclass(frozen=True)
class Spot:
    """A camera's place. `address`: mapped; "" where the facility has no number yet."""

    slot: int
    place: str
    zone: str
    make: str
    model: str | None
    address: str
    no_access: NoAccess | None

    @property
    def subject(self) -> str:
        return subject_name("camera", self.slot)


@dataclass(frozen=True)
class Place:
    """One facility, with what is not known left empty. `ready`: the model's facility; None while its survey is not complete."""

    code: str
    id: str
    name: str
    address: str
    area: str
    unit: str | None
    authority: str
    kind: str
    level: str
    connector: str
    focal_point: Contact
    surveyed: date | None
    plan: Paper | None
    opinion: Paper | None
    funding: Paper | None
    zones: frozenset[str]
    cameras: tuple[Spot, ...]
    ready: Facility | None
    gaps: int = 0


def places(province: Province, on: date) -> list[Place]:
    return [*(_ready(each, on) for each in province.facilities), *(_early(each, on) for each in province.surveyed)]


def _ready(each: Facility, on: date) -> Place:
    papers = each.model_dump(include={"connection_plan", "opinion", "funding"})
    return Place(
        code=each.code, id=each.id, name=each.name, address=each.address, area=each.area, unit=each.unit_on(on),
        authority=each.authority, kind=each.kind, level=each.level, connector=each.connector,
        focal_point=Contact(**each.focal_point.model_dump()), surveyed=each.surveyed_on,
        plan=_paper(papers, "connection_plan", "agreed_by"),
        opinion=_paper(papers, "opinion", "authority"),
        funding=_paper(papers, "funding", "agreed_by"),
        zones=frozenset([*(camera.zone for camera in each.cameras), *(none.zone for none in each.no_camera_zones)]),
        cameras=tuple(
            Spot(camera.slot, camera.place, camera.zone, camera.make, camera.model, str(each.mapped(camera.slot)),
                 camera.no_access)
            for camera in sorted(each.cameras, key=lambda camera: camera.slot)
        ),
        ready=each,
    )  # fmt: skip


def _early(each: Surveyed, on: date) -> Place:
    """Its fields are as a person wrote them: nothing is sure to be there, or to be of its kind."""
    raw = each.raw

    def text_of(name: str, of: Any = raw) -> str:
        value = of.get(name) if isinstance(of, Mapping) else None
        return str(value) if value is not None and not isinstance(value, list | dict) else ""

    person = raw.get("focal_point")
    listed = [row for row in _rows(raw, "cameras") if isinstance(row.get("slot"), int)]
    return Place(
        code=each.code, id=text_of("id"), name=each.name, address=text_of("address"), area=each.area,
        unit=next((text_of("id", row) for row in _rows(raw, "unit") if _held(row, on)), None),
        authority=text_of("authority"), kind=text_of("kind"), level=text_of("level"), connector=text_of("connector"),
        focal_point=Contact(*(text_of(name, person) for name in ("full_name", "title", "phone", "email"))),
        surveyed=_date(raw, "surveyed_on"),
        plan=_paper(raw, "connection_plan", "agreed_by"),
        opinion=_paper(raw, "opinion", "authority"), funding=_paper(raw, "funding", "agreed_by"),
        zones=frozenset(text_of("zone", row) for name in ("cameras", "no_camera_zones") for row in _rows(raw, name)),
        cameras=tuple(
            Spot(row["slot"], text_of("place", row), text_of("zone", row), text_of("make", row), text_of("model", row) or None, "", None)
            for row in sorted(listed, key=lambda row: int(row["slot"]))
        ),
        ready=None, gaps=len(each.gaps),
    )  # fmt: skip


def _paper(raw: Mapping[str, Any], name: str, by: str) -> Paper | None:
    """A document on file, of a facility that is complete or only surveyed: nothing in it but what is of its kind."""
    paper = raw.get(name)
    if not isinstance(paper, Mapping):
        return None
    who, number, source = (str(paper[key]) if isinstance(paper.get(key), str | int) else None for key in (by, "number", "source"))
    return Paper(who, number, _date(paper, "date"), paper.get("agrees", True) is True, source)


def _rows(raw: Any, name: str) -> Iterator[Mapping[str, Any]]:
    listed = raw.get(name) if isinstance(raw, Mapping) else None
    yield from (row for row in (listed if isinstance(listed, list) else []) if isinstance(row, Mapping))


def _date(raw: Any, name: str) -> date | None:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        return None


def _held(row: Mapping[str, Any], on: date) -> bool:
    since, until = _date(row, "from"), _date(row, "to")
    return since is not None and holds(since, until, on)


def authority_on(province: Province, place: Place, on: date) -> Authority | None:
    """Who answers for a facility on that day: its authority, or, once that is no more, the successor that governs its unit; the only
    one where there is just one. One that ended and named nobody is still told, so that the reader sees what to mend."""
    known = {each.id: each for each in province.file.authorities}
    line = {unit.id for unit in province.units.line(place.unit, on)} if place.unit else set()
    found, seen = known.get(place.authority), set()
    while found and found.until and found.until <= on and found.id not in seen:
        seen.add(found.id)
        following = [known[each] for each in found.successors if each in known]
        governing = [each for each in following if each.unit in line] or (following if len(following) == 1 else [])
        if not governing:
            return found
        found = governing[0]
    return found


def authority_name(found: Authority | None, given: str, on: date) -> str:
    if found is None:
        return given
    return ENDED.format(name=found.name, day=in_words(found.until, "vi")).vi if found.until and found.until <= on else found.name


ENDED = Text("{name} (đã kết thúc từ {day}, chưa khai cơ quan kế tiếp)", "{name} (ended on {day}, no successor on file)")


def province_name(province: Province, on: date) -> str:
    """As the province was called on the day, following what it became: "Tỉnh Gia Lai"."""
    unit = province.units.get(province.file.unit) if province.file.unit else None
    while unit and not unit.holds(on) and len(unit.successors) == 1 and (following := province.units.get(unit.successors[0])):
        unit = following
    return unit.full_name if unit else province.name


def zone_name(province: Province, zone: str) -> Text:
    known = province.tables.zones.get(zone)
    return known.name if known else Text(zone, zone)


def missing_zones(province: Province, place: Place) -> Sequence[str]:
    """Ids of required zones without a camera or a stated reason."""
    return [zone.id for zone in province.tables.required_zones if zone.id not in place.zones]
