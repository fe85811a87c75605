"""What a province changes of the default standard, in its own `standard.yml`:

    overrides:
      - id: size                                  # a check of the default standard
        threshold: {width: 1280, height: 720}     # only the fields that differ; and/or
        severity: advised
        reason: camera cũ còn dùng đến 31/12/2026
        by: Sở TT&TT, công văn 123/STTTT-CNTT ngày 01/06/2026

Pure. Each change carries its reason and who decided; a verdict shows both values wherever the check stands.
"""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from province.fault import Fault
from province.standard.checks import SEVERITIES, SEVERITY, Check, Line, Override, Standard, StandardError, digest
from province.standard.fields import Fields
from province.standard.texts import limit_of
from province.text import Text

_KNOWN = ("id", "threshold", "severity", "reason", "by")


def applied(default: Standard, document: Mapping[str, Any], file: Path, line: Line) -> Standard:
    """`default` with the document's overrides; StandardError names every one that can't be used."""
    faults = [Fault(file, line((key,)), str(key), _ALONE) for key in document if key != "overrides"]
    rows = document["overrides"]
    if not isinstance(rows, list):
        raise StandardError([*faults, Fault(file, line(("overrides",)), "overrides", _LIST)])
    changed: dict[str, Check] = {}
    for index, row in enumerate(rows):
        name = str(row.get("id") or f"overrides[{index + 1}]") if isinstance(row, Mapping) else f"overrides[{index + 1}]"
        fields = Fields(row, name, ("overrides", index), file, line)
        check = default.get(name)
        if check is None:
            near = get_close_matches(name, [each.id for each in default.checks], 3)
            fields.fault("id", _NO_CHECK.format(near=", ".join(near) or "docs/standard.md"))
        elif name in changed:
            fields.fault("id", _TWICE)
        else:
            changed[name] = _changed(check, fields)
        faults += fields.faults
    if faults:
        raise StandardError(faults)
    checks = tuple(changed.get(check.id, check) for check in default.checks)
    return Standard(default.name, default.version, checks, digest({"default": default.digest, "overrides": rows}))


def _changed(check: Check, fields: Fields) -> Check:
    fields.only(_KNOWN)
    severity = fields.one_of("severity", SEVERITIES) if "severity" in fields.row else None
    if severity not in SEVERITIES:
        severity = None
    if severity == "advised" and check.required and not check.waivable:
        fields.fault("severity", _NEVER)
    wanted = fields.mapping("threshold")
    for field, value in wanted.items():
        if field not in check.threshold:
            fields.fault(f"threshold.{field}", _NO_FIELD.format(known=", ".join(check.threshold) or "–"))
        elif not _alike(value, check.threshold[field]):
            fields.fault(f"threshold.{field}", _KIND.format(value=value, default=check.threshold[field]))
    if not wanted and "severity" not in fields.row:
        fields.fault("threshold", _NOTHING)
    words = {field: str(fields.row.get(field) or "").strip() for field in ("reason", "by")}
    for field, said in words.items():
        if not said:
            fields.fault(field, _WHY[field])
    threshold = {field: value for field, value in wanted.items() if field in check.threshold}
    default = {field: check.threshold[field] for field in threshold}
    override = Override(threshold, default, severity, check.severity, **words, says=_says(check, threshold, severity))
    return replace(check, threshold={**check.threshold, **threshold}, severity=severity or check.severity, override=override)


def _alike(value: Any, default: Any) -> bool:
    """A number for a number, a list of the same for a list, text for text; a number is not negative."""
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float) and value >= 0
    if isinstance(default, list):
        return isinstance(value, list) and all(isinstance(each, type(default[0])) for each in value if default)
    return isinstance(value, type(default))


def _says(check: Check, override: Mapping[str, Any], severity: str | None) -> Text:
    said: list[Text] = []
    if override:
        own, default = limit_of(check, {**check.threshold, **override}), limit_of(check, check.threshold)
        said.append(
            Text(f"ngưỡng của tỉnh: {own.vi} (mặc định {default.vi})", f"the province's threshold: {own.en} (default {default.en})")
        )
    if severity:
        own, default = SEVERITY[severity], SEVERITY[check.severity]
        said.append(Text(f"mức của tỉnh: {own.vi} (mặc định {default.vi})", f"the province's severity: {own.en} (default {default.en})"))
    return Text("; ".join(text.vi for text in said), "; ".join(text.en for text in said))


_ALONE = Text("bên cạnh `overrides` không có gì khác: hãy xoá", "beside `overrides` nothing else stands: remove it")
_LIST = Text("phải là danh sách: mỗi mục một dòng bắt đầu bằng `- id:`", "must be a list: each entry begins with `- id:`")
_NO_CHECK = Text("tiêu chuẩn không có mục này; gần nhất: {near}", "the standard has no such check; nearest: {near}")
_TWICE = Text("mục này đã đổi ở trên: gộp lại", "this check is changed above already: make it one entry")
_NEVER = Text(
    "không hạ mục này thành khuyến nghị: nó bảo vệ người được giám sát hoặc là điều kiện không ai được bỏ",
    "this check can't be made advised: it protects the people watched, or nobody may leave it out",
)
_NO_FIELD = Text("mục này không có ngưỡng đó; có: {known}", "the check has no such threshold; there are: {known}")
_KIND = Text("“{value}” khác kiểu với mặc định ({default})", "“{value}” is of another kind than the default ({default})")
_NOTHING = Text("chưa đổi gì: ghi `threshold` hoặc `severity`", "changes nothing: give `threshold` or `severity`")
_WHY = {
    "reason": Text("thiếu lý do", "the reason is missing"),
    "by": Text("thiếu: ai quyết định (cơ quan, số văn bản)", "missing: who decided (office, number of the document)"),
}
