"""JSON Schemas of the inventory's files, made from the model: what an editor completes, explains and underlines.

An editor sees one file at a time, so it knows less than `ketnoi check`: a facility may leave to `defaults` whatever isn't
its own, hence only these own fields are required there.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from province.model.facility import Facility
from province.model.province import Area, ProvinceFile
from province.model.survey import SurveyFile
from province.model.tables import MakesFile, ZonesFile
from province.model.units import UnitsFile
from province.model.waivers import StandardFile, WaiversFile

Schema = dict[str, Any]

OWN = ("id", "number", "code", "name", "address", "unit", "kind", "focal_point", "box")


def province_schema() -> Schema:
    schema = _schema(ProvinceFile)
    facility = _schema(Facility)
    schema["$defs"].update(facility.pop("$defs"))
    schema["properties"]["defaults"] = _loose(facility, ())
    return schema


def area_schema() -> Schema:
    facility = _schema(Facility)
    definitions = {**facility.pop("$defs"), "Area": _schema(Area), "Facility": _loose(facility, OWN)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "areas/AREA.yml",
        "type": "object",
        "additionalProperties": False,
        "required": ["area", "facilities"],
        "properties": {
            "area": {"$ref": "#/$defs/Area"},
            "defaults": _loose(facility, ()),
            "facilities": {"type": "array", "items": {"$ref": "#/$defs/Facility"}},
        },
        "$defs": definitions,
    }


def _schema(model: type[BaseModel]) -> Schema:
    """As people write the files: numbers may be text too, dates and addresses are text."""
    return model.model_json_schema(by_alias=True, mode="validation")


def _loose(facility: Schema, required: tuple[str, ...]) -> Schema:
    return {**facility, "required": list(required)}


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "province": province_schema,
    "area": area_schema,
    "units": lambda: _schema(UnitsFile),
    "zones": lambda: _schema(ZonesFile),
    "makes": lambda: _schema(MakesFile),
    "survey": lambda: _schema(SurveyFile),
    "waivers": lambda: _schema(WaiversFile),
    "standard": lambda: _schema(StandardFile),
}
