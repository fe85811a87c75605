"""The standard as data: what a facility is judged by, with its thresholds, sources and texts.

`python -m province.standard` prints docs/standard.md, which is generated from the data and never edited.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from province.paths import data
from province.text import Text

Profile = Literal["full", "devices"]
PROFILES = ("full", "devices")
SUBJECTS = ("facility", "box", "camera", "recorder", "device")
"""A device is each camera, network recorder and switch."""
SEVERITIES = ("required", "advised")
OUR_CHOICE = Text("lựa chọn của chúng tôi", "our choice")


class StandardError(ValueError):
    """The standard's file can't be used; the message names the check and the field."""


@dataclass(frozen=True)
class Check:
    """One thing a facility must show. `threshold` is what its rule in province.rules reads."""

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

    @property
    def required(self) -> bool:
        return self.severity == "required"


@dataclass(frozen=True)
class Standard:
    """All checks in the file's order. `digest` is sha256 over the data (not the file's layout)."""

    name: str
    version: int
    checks: tuple[Check, ...]
    digest: str

    def of_profile(self, profile: str) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if profile in check.profiles)

    def threshold(self, check_id: str, field: str, default: Any = None) -> Any:
        """A check's threshold, or `default` where the province dropped the check or the field."""
        for check in self.checks:
            if check.id == check_id:
                return check.threshold.get(field, default)
        return default


def load(inventory: Path | None = None) -> Standard:
    """The province's own standard.yml if it has one, else the default that ships. StandardError says what is wrong."""
    own = inventory / "standard.yml" if inventory is not None else None
    path = own if own is not None and own.is_file() else data("inventory/standards/default.yml")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise StandardError(f"{path}: not YAML: {error}") from error
    return parse(document, str(path))


def parse(document: Any, origin: str = "standard") -> Standard:
    if not isinstance(document, Mapping) or not isinstance(document.get("checks"), list):
        raise StandardError(f"{origin}: wants `name`, `version` and a list `checks`")
    checks = tuple(_check(row, f"{origin}: checks[{index}]") for index, row in enumerate(document["checks"]))
    seen: set[str] = set()
    for check in checks:
        if check.id in seen:
            raise StandardError(f"{origin}: check {check.id} stands twice")
        seen.add(check.id)
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
    return Standard(str(document.get("name", "")), int(document.get("version", 1)), checks, digest)


def _check(row: Any, where: str) -> Check:
    if not isinstance(row, Mapping) or not row.get("id"):
        raise StandardError(f"{where}: wants an `id`")
    where = f"{where} {row['id']}"
    unknown = set(row) - _FIELDS
    if unknown:
        raise StandardError(f"{where}: unknown field {', '.join(sorted(unknown))}")
    profiles = row.get("profiles", ["full"])
    if not isinstance(profiles, list) or not profiles or set(profiles) - set(PROFILES):
        raise StandardError(f"{where}: profiles: a list of {', '.join(PROFILES)}")
    return Check(
        id=str(row["id"]),
        subject=_one_of(row.get("subject"), SUBJECTS, f"{where}: subject"),
        severity=_one_of(row.get("severity"), SEVERITIES, f"{where}: severity"),
        once=bool(row.get("once", False)),
        profiles=tuple(profiles),
        title=_text(row.get("title"), f"{where}: title"),
        measures=_text(row.get("measures"), f"{where}: measures"),
        source=OUR_CHOICE if row.get("source") == "our choice" else _text(row.get("source"), f"{where}: source"),
        hint=_text(row.get("hint"), f"{where}: hint"),
        threshold=_mapping(row.get("threshold"), f"{where}: threshold"),
    )


_FIELDS = {"id", "subject", "severity", "once", "profiles", "title", "measures", "source", "hint", "threshold"}


def _one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    if value not in allowed:
        raise StandardError(f"{where}: one of {', '.join(allowed)}, not {value!r}")
    return str(value)


def _text(value: Any, where: str) -> Text:
    if not isinstance(value, Mapping) or not value.get("vi") or not value.get("en"):
        raise StandardError(f"{where}: wants a text in both languages, {{vi: ..., en: ...}}")
    return Text(str(value["vi"]), str(value["en"]))


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise StandardError(f"{where}: wants fields")
    return value


def show_threshold(check: Check) -> str:
    """The threshold in one line, for tables."""
    return " · ".join(f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}" for key, value in check.threshold.items())


def markdown(standard: Standard) -> str:
    """docs/standard.md: every check in both languages."""
    lines = [
        "# The standard · Tiêu chuẩn",
        "",
        "Generated from `inventory/standards/default.yml` by `python -m province.standard`: edit the data instead.",
        "",
        f"Name `{standard.name}`, version {standard.version}, digest `{standard.digest}`.",
        "A check that could not run is *unknown · chưa xác định*, never *met*. A facility is met when every *required*",
        "check is.",
        "A province's own `standard.yml`, beside its `province.yml`, takes the place of this one.",
        "",
    ]
    for check in standard.checks:
        lines += [
            f"## `{check.id}`",
            "",
            f"**{check.title.vi}** · {check.title.en}",
            "",
            "| | |",
            "|---|---|",
            f"| subject | {check.subject} |",
            f"| severity | {check.severity}{', measured once' if check.once else ''} |",
            f"| profiles | {', '.join(check.profiles)} |",
            f"| measured | {check.measures.vi} · {check.measures.en} |",
            f"| threshold | {show_threshold(check) or '–'} |",
            f"| source | {check.source.vi} · {check.source.en} |",
            f"| if not met | {check.hint.vi} · {check.hint.en} |",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(markdown(load()))
