"""The standard as data: what a facility is judged by, with its thresholds, sources and texts.

The default ships in inventory/standards. A province's `standard.yml` either changes what it names (`overrides:`, province.overrides)
or, with `checks:`, takes the place of all of it. `python -m province.standard` prints docs/standard.md, generated from the data.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from province.fault import Fault
from province.paths import data
from province.source import read
from province.text import Lang, Text

Profile = Literal["full", "devices"]
PROFILES = ("full", "devices")
SUBJECTS = ("facility", "box", "camera", "recorder", "device", "area")
"""A device is each camera, network recorder and switch. `area`: over all facilities asked for, beside their verdicts."""
SEVERITIES = ("required", "advised")
SEVERITY: Mapping[str, Text] = {"required": Text("bắt buộc", "required"), "advised": Text("khuyến nghị", "advised")}
OUR_CHOICE = Text("lựa chọn của chúng tôi", "our choice")
GROUPS: Mapping[str, Text] = {
    "papers": Text("Hồ sơ, phối hợp", "Papers"),
    "placement": Text("Vị trí lắp đặt camera", "Placement of cameras"),
    "connection": Text("Kết nối với hệ thống giám sát tập trung", "Connection to the central system"),
    "picture": Text("Hình ảnh", "Picture"),
    "recording": Text("Lưu trữ hình ảnh", "Footage"),
    "continuity": Text("Hoạt động liên tục", "Continuous operation"),
    "security": Text("An toàn thông tin", "Security"),
    "settings": Text("Cài đặt thiết bị", "Device settings"),
    "area": Text("Toàn khu vực, toàn tỉnh", "The area or province as a whole"),
    "other": Text("Mục khác", "Other"),
}
"""A check's group: what a waiver may name as a whole, and the guide's headings, in its order."""
Key = tuple[str | int, ...]
Line = Callable[[Key], int]


class StandardError(ValueError):
    """The standard's file can't be used; `faults` names file, line, check and field of everything that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.show("en"))

    def show(self, lang: Lang) -> str:
        return "\n".join(fault.show(lang) for fault in self.faults)


@dataclass(frozen=True)
class Override:
    """What a province changed of a check, and on whose word. `threshold` and `default` hold the changed fields alone; `says` tells
    people both: "ngưỡng của tỉnh: … (mặc định …)"."""

    threshold: Mapping[str, Any]
    default: Mapping[str, Any]
    severity: str | None
    default_severity: str
    reason: str
    by: str
    says: Text

    def as_dict(self) -> dict[str, Any]:
        changed = {"severity": self.severity, "default_severity": self.default_severity} if self.severity else {}
        values = {"threshold": dict(self.threshold), "default": dict(self.default), "reason": self.reason, "by": self.by}
        return values | changed | {"says": self.says.as_dict()}


@dataclass(frozen=True)
class Check:
    """One thing a facility must show. `threshold` is what its rule in province.judging reads; `limit` says it in words, `asks` what
    a facility is asked for. `declared`: it rests on the inventory's word, nobody measures it. `waivable`: see province.judging.waived."""

    id: str
    subject: str
    severity: str
    once: bool
    profiles: tuple[str, ...]
    title: Text
    measures: Text
    source: Text
    hint: Text
    threshold: Mapping[str, Any]
    group: str = "other"
    limit: Text | None = None
    asks: Text | None = None
    declared: bool = False
    waivable: bool = True
    override: Override | None = None

    @property
    def required(self) -> bool:
        return self.severity == "required"


@dataclass(frozen=True)
class Standard:
    """All checks in the file's order. `digest` is sha256 over the data (not the files' layout), overrides included."""

    name: str
    version: int
    checks: tuple[Check, ...]
    digest: str

    def of_profile(self, profile: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if profile in check.profiles)

    def get(self, check_id: str) -> Check | None:
        return next((check for check in self.checks if check.id == check_id), None)

    def threshold(self, check_id: str, field: str, default: Any = None) -> Any:
        """A check's threshold, or `default` where the province dropped the check or the field."""
        check = self.get(check_id)
        return default if check is None else check.threshold.get(field, default)

    def overridden(self) -> list[dict[str, Any]]:
        """What the province changed, for a verdict: [{"id", "title", "threshold", "default", "reason", "by", ...}]."""
        return [{"id": each.id, "title": each.title.as_dict()} | each.override.as_dict() for each in self.checks if each.override]


def load(inventory: Path | None = None) -> Standard:
    """The default standard as the province's standard.yml changes or replaces it. StandardError says what is wrong with that file."""
    from province import overrides

    own = inventory / "standard.yml" if inventory is not None else None
    if own is None or not own.is_file():
        return _default()
    document, line = _read(own)
    whole, changes = isinstance(document, Mapping) and "checks" in document, isinstance(document, Mapping) and "overrides" in document
    if whole == changes:
        raise StandardError([Fault(own, 1, "standard", _ONE_OF_TWO)])
    return parse(document, own, line) if whole else overrides.applied(_default(), document, own, line)


@cache
def _default() -> Standard:
    return parse(yaml.load(data("inventory/standards/default.yml").read_bytes(), Loader=yaml.CSafeLoader))


def _read(file: Path) -> tuple[Any, Line]:
    """The file's data, and the line of each key."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StandardError([Fault(file, line, "yaml", _NOT_YAML.format(problem=error.problem))]) from error
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise StandardError([Fault(file, 1, "yaml", _NOT_YAML.format(problem=type(error).__name__))]) from error
    return document, read(file).line


def parse(document: Any, file: Path = Path("standard"), line: Line = lambda key: 1) -> Standard:
    if not isinstance(document, Mapping) or not isinstance(document.get("checks"), list):
        raise StandardError([Fault(file, 1, "standard", _NO_CHECKS)])
    faults: list[Fault] = []
    checks: list[Check] = []
    seen: set[str] = set()
    for index, row in enumerate(document["checks"]):
        fields = Fields(row, str(row.get("id", f"checks[{index + 1}]")) if isinstance(row, Mapping) else f"checks[{index + 1}]",
                        ("checks", index), file, line)  # fmt: skip
        check = _check(fields)
        if check and check.id in seen:
            fields.fault("id", _TWICE)
        faults += fields.faults
        if check and not fields.faults:
            checks.append(check)
        seen.add(fields.name)
    version = document.get("version", 1)
    if not isinstance(version, int):
        faults.append(Fault(file, line(("version",)), "version", _WHOLE_NUMBER))
    if faults:
        raise StandardError(faults)
    return Standard(str(document.get("name", "")), version, tuple(checks), digest(document))


def digest(document: Any) -> str:
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


class Fields:
    """A row of a standard's file and what is wrong with it, each fault at its line."""

    def __init__(self, row: Any, name: str, key: Key, file: Path, line: Line) -> None:
        self.row: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
        self.name, self._key, self._file, self._line = name, key, file, line
        self.faults: list[Fault] = []

    def fault(self, field: str, text: Text) -> None:
        """`field` may be dotted: `threshold.width`."""
        key = self._key + tuple(field.split(".")) if field else self._key
        self.faults.append(Fault(self._file, self._line(key), f"{self.name}.{field}" if field else self.name, text))

    def only(self, known: Iterable[str]) -> None:
        for field in self.row.keys() - set(known):
            self.fault(str(field), _UNKNOWN.format(known=", ".join(sorted(known))))

    def one_of(self, field: str, allowed: Iterable[str], default: str | None = None) -> str:
        value = self.row.get(field, default)
        if value not in allowed:
            self.fault(field, _ONE_OF.format(value=value, known=", ".join(allowed)))
        return str(value)

    def text(self, field: str) -> Text:
        value = self.row.get(field)
        if not isinstance(value, Mapping) or not value.get("vi") or not value.get("en"):
            self.fault(field, _BOTH)
            return Text("", "")
        return Text(str(value["vi"]), str(value["en"]))

    def optional_text(self, field: str) -> Text | None:
        return self.text(field) if field in self.row else None

    def flag(self, field: str, default: bool) -> bool:
        value = self.row.get(field, default)
        if not isinstance(value, bool):
            self.fault(field, _FLAG.format(value=value))
        return bool(value)

    def mapping(self, field: str) -> Mapping[str, Any]:
        value = self.row.get(field)
        if value is not None and not isinstance(value, Mapping):
            self.fault(field, _FIELDS)
            return {}
        return value or {}


def _check(fields: Fields) -> Check | None:
    if not fields.row.get("id"):
        fields.fault("id", _NO_ID)
        return None
    fields.only(_KNOWN)
    profiles = fields.row.get("profiles", ["full"])
    if not isinstance(profiles, list) or not profiles or set(profiles) - set(PROFILES):
        fields.fault("profiles", _LIST_OF.format(known=", ".join(PROFILES)))
        profiles = []
    return Check(
        id=str(fields.row["id"]),
        subject=fields.one_of("subject", SUBJECTS),
        severity=fields.one_of("severity", SEVERITIES),
        once=fields.flag("once", False),
        profiles=tuple(profiles),
        title=fields.text("title"),
        measures=fields.text("measures"),
        source=OUR_CHOICE if fields.row.get("source") == "our choice" else fields.text("source"),
        hint=fields.text("hint"),
        threshold=fields.mapping("threshold"),
        group=fields.one_of("group", GROUPS, "other"),
        limit=fields.optional_text("limit"),
        asks=fields.optional_text("asks"),
        declared=fields.flag("declared", False),
        waivable=fields.flag("waivable", True),
    )


_KNOWN = ("id", "subject", "severity", "once", "profiles", "title", "measures", "source", "hint", "threshold", "group", "limit", "asks",
          "declared", "waivable")  # fmt: skip
_ONE_OF_TWO = Text(
    "tệp cần đúng một trong hai: `overrides` (chỉ những gì khác mặc định) hoặc `checks` (cả bộ tiêu chuẩn riêng)",
    "wants one of two: `overrides` (only what differs from the default) or `checks` (a whole standard of its own)",
)
_NOT_YAML = Text("không phải YAML: {problem}", "not YAML: {problem}")
_NO_CHECKS = Text("cần `name`, `version` và danh sách `checks`", "wants `name`, `version` and a list `checks`")
_TWICE = Text("mục này đã có ở trên: mỗi mục một lần", "this check stands twice: keep one")
_WHOLE_NUMBER = Text("phải là số nguyên", "must be a whole number")
_UNKNOWN = Text("trường lạ (unknown field): hãy xoá; ở đây có: {known}", "unknown field: remove it; here there are: {known}")
_ONE_OF = Text("“{value}” không có trong: {known}", "“{value}” is none of {known}")
_LIST_OF = Text("phải là danh sách gồm: {known}", "a list of {known}")
_BOTH = Text("cần cả hai thứ tiếng, {vi: ..., en: ...}", "wants a text in both languages, {vi: ..., en: ...}")
_FLAG = Text("“{value}” phải là true hay false", "“{value}” must be true or false")
_FIELDS = Text("phải là các dòng `tên: giá trị`", "wants fields, lines of `name: value`")
_NO_ID = Text("thiếu `id`", "wants an `id`")
