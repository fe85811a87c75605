"""Whether a sheet says anything that the inventory doesn't: values compared in one form, whatever form they are written in."""

from datetime import date
from typing import Any

from province.survey.reading.cells import ValueRejected
from province.survey.reading.columns import Column, Entity, of_entity, of_facility
from province.survey.reading.normalise import fold, name_key, same_text
from province.survey.reading.values import PARSERS

_LISTS: tuple[Entity, ...] = ("cameras", "recorders", "switches", "no_camera_zones")
_BY_KEY = {column.key: column for column in (*of_facility(), *(column for entity in _LISTS for column in of_entity(entity)))}


def column_of(entity: str, name: str) -> Column:
    return _BY_KEY[f"{entity}.{name}"]


def _written_out(old: str, new: str) -> bool:
    """A facility's name with its short forms written out, or the other way round."""
    return fold(old) != fold(new) and name_key(old) == name_key(new)


def same(entity: str, name: str, old: Any, new: Any) -> bool:
    """old: as the file has it (text, lists of text); new: a typed value."""
    if old is None:
        return new is None
    column = column_of(entity, name)
    if column.kind in ("text", "places", "key", "person"):
        return same_text(str(old), str(new)) or (name == "name" and _written_out(str(old), str(new)))
    if isinstance(new, list):
        return isinstance(old, list) and [str(each) for each in old] == [str(each) for each in new]
    if isinstance(new, bool):
        return str(old).lower() in (("true", "yes", "on") if new else ("false", "no", "off"))
    if isinstance(new, int) and column.kind != "choice":
        return str(old).strip() == str(new)
    if isinstance(new, date):
        return str(old).strip() == new.isoformat()
    if column.kind in PARSERS and column.kind != "choice":
        try:
            parsed = PARSERS[column.kind](old)
        except ValueRejected:
            return False
        return bool(([parsed] if not isinstance(parsed, list) else parsed) == [new])
    return str(old).strip() == str(new)
