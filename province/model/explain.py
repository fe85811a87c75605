"""Pydantic's errors in the words of a person who edits the file."""

from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from province.source import Key
from province.text import Text


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[Key, Text]]:
    """Each error as the path of keys to it and a sentence that says what is wrong and what to do."""
    return [(detail["loc"], _sentence(detail, model)) for detail in error.errors(include_url=False)]


def _sentence(detail: Any, model: type[BaseModel]) -> Text:
    kind, context, path = detail["type"], detail.get("ctx", {}), detail["loc"]
    if kind == "ketnoi":
        return Text(context["vi"], context["en"])
    if kind == "missing":
        owner = _model_at(model, path[:-1])
        meant = _description(owner, str(path[-1]))
        return _MISSING.format(vi=meant.vi, en=meant.en) if meant else _EMPTY
    if kind == "extra_forbidden":
        return _unknown(str(path[-1]), _model_at(model, path[:-1]))
    values = {name: value for name, value in context.items() if isinstance(value, str | int | float)}
    return _BY_KIND.get(kind, _OTHER).format(**{"value": _short(detail["input"]), "message": detail["msg"], **values})


def _unknown(name: str, owner: type[BaseModel] | None) -> Text:
    known = [field.alias or key for key, field in owner.model_fields.items()] if owner else []
    near = get_close_matches(name, known, 1)
    if near:
        return _NEAR.format(near=near[0])
    return _UNKNOWN.format(known=", ".join(known))


def _short(value: Any) -> str:
    return str(value)[:40] if isinstance(value, str | int | float) else "…"


def _model_at(model: type[BaseModel], path: tuple[Any, ...]) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for name in path:
        if isinstance(name, int) or found is None:
            continue
        found = next((_inner(f.annotation) for key, f in found.model_fields.items() if name in (key, f.alias)), None)
    return found


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model inside `list[Annotated[X | None, ...]]`, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is None and not isinstance(annotation, UnionType | type(Union)):
        return None
    return next((inner for each in get_args(annotation) if (inner := _inner(each))), None)


def _description(owner: type[BaseModel] | None, name: str) -> Text | None:
    for key, field in owner.model_fields.items() if owner else ():
        if name in (key, field.alias) and field.description:
            english, _, vietnamese = field.description.partition(" | ")
            return Text(vietnamese or english, english)
    return None


_EMPTY = Text("thiếu: hãy điền", "is missing: fill it in")
_MISSING = Text("thiếu: hãy điền ({vi})", "is missing: fill it in ({en})")
_NEAR = Text("trường lạ: có phải là `{near}`?", "unknown field: is `{near}` meant?")
_UNKNOWN = Text("trường lạ: hãy xoá; ở đây có: {known}", "unknown field: remove it; here there are: {known}")
_INTEGER = Text("“{value}” phải là số nguyên", "“{value}” must be a whole number")
_MAPPING = Text("“{value}” phải là các dòng `tên: giá trị`", "“{value}” must be lines of `name: value`")
_TEXT = Text("phải là chữ, không phải danh sách hay nhóm trường", "must be text, not a list or a group of fields")
_OTHER = Text("“{value}” không dùng được ({message})", "“{value}” won't do ({message})")
_BY_KIND = {
    "int_parsing": _INTEGER,
    "int_type": _INTEGER,
    "int_from_float": _INTEGER,
    "int_parsing_size": _INTEGER,
    "string_type": _TEXT,
    "list_type": Text("phải là danh sách: mỗi mục một dòng bắt đầu bằng `- `", "must be a list: each entry a line that begins with `- `"),
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "bool_parsing": Text("“{value}” phải là true hay false", "“{value}” must be true or false"),
    "bool_type": Text("phải là true hay false", "must be true or false"),
    "literal_error": Text("“{value}” không có trong: {expected}", "“{value}” is none of {expected}"),
    "greater_than_equal": Text("{value} nhỏ quá: ít nhất là {ge}", "{value} is too small: {ge} at least"),
    "less_than_equal": Text("{value} lớn quá: nhiều nhất là {le}", "{value} is too large: {le} at most"),
    "too_short": Text("cần ít nhất {min_length} mục", "needs at least {min_length} entry"),
    "too_long": Text("nhiều nhất {max_length} mục", "at most {max_length} entries"),
    "string_too_long": Text("dài quá: nhiều nhất {max_length} ký tự", "too long: {max_length} characters at most"),
}
