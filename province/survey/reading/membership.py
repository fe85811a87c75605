"""The administrative unit that a sheet names -> the dated entries that the inventory keeps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches

from province.model.units import Unit, Units
from province.source import Written
from province.survey.reading.cells import Membership, ValueRejected
from province.survey.reading.normalise import fold, name_key, one_line
from province.survey.reading.values import day as parse_day
from province.text import Text

DISTRICTS = ("huyện", "thị xã", "thành phố", "quận")
Entries = list[Membership]

_DATED = re.compile(
    r"(?P<name>.+?)\s*[,(]?\s*\b(?:từ|tu|from)\s+(?P<since>[\d/.-]+)"
    r"(?:\s*(?:đến hết|đến|den het|den|-|–|to)\s*(?P<until>[\d/.-]+))?\)?",
    re.IGNORECASE,
)


def _membership(unit: Unit, since: date, until: date | None) -> Membership:
    return {"id": unit.id, "from": since, "to": until} if until else {"id": unit.id, "from": since}


class Memberships:
    """What the names of units mean in this inventory. known: facility's entries that stand already, by unit: its earliest `from`."""

    def __init__(self, units: Units, listed: Iterable[Sequence[Mapping[str, Written]]]) -> None:
        self._units = units
        self._named: dict[str, list[Unit]] = {}
        for unit in units:
            if unit.parent:
                for key in {name_key(unit.full_name), name_key(unit.name), *([fold(unit.code)] if unit.code else [])}:
                    self._named.setdefault(key, []).append(unit)
        self._earliest: dict[str, date] = {}
        for entries in listed:
            for each in entries:
                since = _iso(each.get("from"))
                if since and isinstance(unit_id := each.get("id"), str):
                    self._earliest[unit_id] = min(since, self._earliest.get(unit_id, since))

    @property
    def names(self) -> frozenset[str]:
        """The full names of all units, as name_key."""
        return frozenset(name_key(unit.full_name) for unit in self._units if unit.parent)

    def named_in(self, texts: Iterable[str]) -> Unit | None:
        """The one unit whose full name stands in these titles ("ỦY BAN NHÂN DÂN THỊ XÃ AN NHƠN"); None where there is none or more."""
        said = [f" {name_key(text)} " for text in texts]
        found = [unit for unit in self._units if unit.parent and any(f" {name_key(unit.full_name)} " in text for text in said)]
        longest = [unit for unit in found if not any(name_key(unit.full_name) in name_key(o.full_name) and o is not unit for o in found)]
        districts = [unit for unit in longest if unit.type in DISTRICTS]
        chosen = districts or longest
        return chosen[0] if len(chosen) == 1 else None

    def district_in(self, address: str) -> Unit | None:
        """The district that an address ends in ("…, P. Nhơn Bình, TP. Quy Nhơn"), of those that weren't over before all that we know."""
        known = min(self._earliest.values(), default=date.min)
        for part in reversed(re.split(r"\s*,\s*|\s+[-–]\s+", address)):
            named = self._named.get(name_key(part), [])
            found = [unit for unit in named if unit.type in DISTRICTS and (unit.until is None or unit.until > known)]
            if len(found) == 1:
                return found[0]
        return None

    def dated(self, said: str) -> bool:
        return any(_DATED.fullmatch(part.strip()) for part in said.split(";"))

    def entries(self, said: str, *, district: bool, on: date | None) -> Entries:
        """The entries that the cell means. district: its heading asks for one. on: the day of the survey. Raises ValueRejected."""
        found: Entries = []
        for part in (part.strip() for part in said.split(";")):
            if not part:
                continue
            if (spoken := _DATED.fullmatch(part)) and (since := parse_day(spoken["since"])):
                until = parse_day(spoken["until"]) if spoken["until"] else None
                unit = self.unit(spoken["name"], district=district, on=since)
                found.append(_membership(unit, since, until + timedelta(days=1) if until else None))
            else:
                found.append(self.entry(self.unit(part, district=district, on=on), on))
        return found

    def unit(self, said: str, *, district: bool, on: date | None) -> Unit:
        """The one unit of that name; of several the one that was valid on that day. Raises ValueRejected."""
        ways = [said, *(part for part in re.split(r"\s*,\s*|\s+[-–]\s+", said) if part != said)]
        ranked = [self._named.get(name_key(way), []) for way in ways]
        found = next((units for units in ranked if any(unit.type in DISTRICTS for unit in units) and len(units) == 1), None)
        found = found or next((units for units in ranked if units), [])
        if district and len(found) > 1:
            found = [unit for unit in found if unit.type in DISTRICTS] or found
        if len(found) > 1 and on:
            found = [unit for unit in found if unit.holds(on)] or found
        if len(found) == 1:
            return found[0]
        labels = [unit.full_name for unit in found] or self._near(said)
        raise ValueRejected(_SEVERAL if found else _NONE, value=one_line(said), known="; ".join(labels))

    def _near(self, said: str) -> list[str]:
        near = get_close_matches(name_key(said), list(self._named), 4, 0.6)
        return (
            list(dict.fromkeys(unit.full_name for key in near for unit in self._named[key]))
            or [unit.full_name for unit in self._units if unit.type in DISTRICTS and unit.parent][:12]
        )

    def entry(self, unit: Unit, on: date | None) -> Membership:
        """A facility's entry in this unit, from the survey's day, or the first one known of the unit, or of any. Raises ValueRejected."""
        if unit.until and unit.until <= (on or min(self._earliest.values(), default=date.min)):
            known = "; ".join(after.full_name for each in unit.successors if (after := self._units.get(each)))
            raise ValueRejected(_ENDED, value=unit.full_name, day=unit.until.strftime("%d/%m/%Y"), known=known)
        if on and unit.holds(on):
            since = on
        else:
            ended = unit.until - timedelta(days=1) if unit.until else None
            first = min(self._earliest.values(), default=None)
            usual = first if first and unit.holds(first) else None
            since = self._earliest.get(unit.id) or usual or unit.since or ended or date.today()
        return _membership(unit, since, unit.until)

    def at_one_time(self, entries: Entries, district: Unit) -> bool:
        """Whether all these units were there while the district was."""
        units = [unit for each in entries if (unit := self.get(each["id"]))]
        return all(_before(unit.since, district.until) and _before(district.since, unit.until) for unit in units)

    def related(self, unit_id: str) -> set[str]:
        """The unit, those that it became, and those that became it."""
        unit = self._units.get(unit_id)
        before = {each.id for each in self._units if unit_id in each.successors}
        return {unit_id, *before, *(unit.successors if unit else [])}

    def get(self, unit_id: str) -> Unit | None:
        return self._units.get(unit_id)


def _before(first: date | None, end: date | None) -> bool:
    return first is None or end is None or first < end


def _iso(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        return None


_NONE = Text(
    "không có đơn vị hành chính “{value}”: viết tên đầy đủ, ví dụ: {known}",
    "there is no unit “{value}”: write its full name, such as: {known}",
)
_SEVERAL = Text(
    "“{value}” có thể là nhiều đơn vị: viết đủ một trong: {known}",
    "“{value}” may be several units: write one in full: {known}",
)
_ENDED = Text("{value} đã hết hiệu lực từ {day}: viết một trong: {known}", "{value} ended on {day}: write one of: {known}")
