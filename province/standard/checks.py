"""What a standard is made of: a check, what a province changed of it, and all of them together with their digest."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from province.fault import Fault
from province.standard.verdict import OverriddenCheck, OverrideRow
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

    threshold: Mapping[str, object]
    default: Mapping[str, object]
    severity: str | None
    default_severity: str
    reason: str
    by: str
    says: Text

    def as_dict(self) -> OverrideRow:
        row: OverrideRow = {
            "threshold": dict(self.threshold),
            "default": dict(self.default),
            "reason": self.reason,
            "by": self.by,
            "says": self.says.as_dict(),
        }
        if self.severity:
            row["severity"], row["default_severity"] = self.severity, self.default_severity
        return row


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

    def overridden(self) -> list[OverriddenCheck]:
        """What the province changed, for a verdict: [{"id", "title", "threshold", "default", "reason", "by", ...}]."""
        return [{"id": each.id, "title": each.title.as_dict(), **each.override.as_dict()} for each in self.checks if each.override]


def digest(document: Any) -> str:
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
