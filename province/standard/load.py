"""The standard as data: what a facility is judged by, with its thresholds, sources and texts.

The default ships in inventory/standards. A province's `standard.yml` either changes what it names (`overrides:`, see
province.standard.overrides) or, with `checks:`, takes the place of all of it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from province.fault import Fault
from province.paths import data
from province.source import read
from province.standard import overrides
from province.standard.checks import GROUPS, OUR_CHOICE, PROFILES, SEVERITIES, SUBJECTS, Check, Line, Standard, StandardError, digest
from province.standard.fields import Fields
from province.text import Text


def load(inventory: Path | None = None) -> Standard:
    """The default standard as the province's standard.yml changes or replaces it. StandardError says what is wrong with that file."""
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
_LIST_OF = Text("phải là danh sách gồm: {known}", "a list of {known}")
_NO_ID = Text("thiếu `id`", "wants an `id`")
