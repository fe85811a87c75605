"""The hub's record in the office: asked for once, kept beside the report, read again to make the same report another day.

What is written is canonical, so that the same record has the same bytes and digest.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from province.documents.record import AgentKept, CheckKept, HistoryDay, KeptRow, KeptVerdict, RecordDocument, RolloutsKept
from province.reach import hub_view
from province.reach.ssh import Shell
from province.standard.verdict import DeviceRow
from province.text import VIETNAM
from province.user_error import UserError

ASKING_S = 300.0
"""A large province's verdicts are some 80 MB."""


@dataclass(frozen=True)
class Known:
    """What the hub knew of one facility; everything empty for one that it never heard of. Fields as in province.documents.record."""

    verdict: KeptVerdict | None = None
    last_judged: str | None = None
    first_met: str | None = None
    first_connected: str | None = None
    history: Sequence[HistoryDay] = ()
    agent: AgentKept | None = None
    rollouts: RolloutsKept | None = None
    availability: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)
    outages: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def rows(self) -> Sequence[KeptRow]:
        return self.verdict["checks"] if self.verdict else ()

    @property
    def devices(self) -> Mapping[str, DeviceRow]:
        """By subject."""
        return {each["subject"]: each for each in self.verdict.get("devices", [])} if self.verdict else {}


@dataclass(frozen=True)
class Record:
    document: RecordDocument

    @property
    def until(self) -> str:
        return self.document["until"]

    def of(self, code: str) -> Known:
        site = self.document["sites"].get(code)
        if site is None:
            return Known()
        return Known(
            verdict=site.get("verdict"),
            last_judged=site.get("last_judged"),
            first_met=site.get("first_met"),
            first_connected=site.get("first_connected"),
            history=[HistoryDay(*day) for day in site.get("history", ())],
            agent=site.get("agent"),
            rollouts=site.get("rollouts"),
            availability=site.get("availability", {}),
            outages=site.get("outages", {}),
        )

    def check(self, verdict: KeptVerdict, check: str) -> CheckKept:
        """What the verdict's standard said of a check."""
        standard = self.document["standards"].get(verdict["standard"])
        return standard["checks"].get(check, {}) if standard else {}

    def only(self, codes: Iterable[str]) -> "Record":
        """Of these facilities alone: a report of one area carries nothing of another."""
        sites = {code: self.document["sites"][code] for code in codes if code in self.document["sites"]}
        used = {site["verdict"]["standard"] for site in sites.values() if site["verdict"]}
        standards = {digest: each for digest, each in self.document["standards"].items() if digest in used}
        return Record({**self.document, "sites": sites, "standards": standards})

    def pieces(self) -> Iterator[str]:
        """The document as canonical JSON, a facility at a time: keys in order, a line for each."""
        head = {key: value for key, value in self.document.items() if key not in ("sites", "standards")}
        yield json.dumps(head, ensure_ascii=False, sort_keys=True)[:-1] + ', "standards": ' + _canonical(self.document["standards"])
        comma = ', "sites": {'
        for code in sorted(self.document["sites"]):
            yield f"{comma}\n{json.dumps(code)}: {_canonical(self.document['sites'][code])}"
            comma = ","
        yield "}}\n" if comma == "," else ', "sites": {}}\n'

    @property
    def text(self) -> str:
        return "".join(self.pieces())

    @cached_property
    def digest(self) -> str:
        found = hashlib.sha256()
        for piece in self.pieces():
            found.update(piece.encode())
        return "sha256:" + found.hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Shared:
    """An object hook for JSON: the same text in both languages is kept once, however many cameras say it."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, object], dict[str, object]] = {}

    def __call__(self, found: dict[str, object]) -> dict[str, object]:
        if len(found) == 2 and "vi" in found and "en" in found:
            return self._seen.setdefault((found["vi"], found["en"]), found)
        return found


def end_of(day: date) -> datetime:
    """The first instant after the day, in Vietnam."""
    return datetime.combine(day + timedelta(days=1), time(), VIETNAM)


def fetch(shell: Shell, ids: Sequence[str], until: datetime) -> Record:
    """Ask the hub for these facilities, as known at `until`. UserError where it can't be asked."""
    try:
        asked = ["record", "--until", until.isoformat(), *ids]
        document: Any = hub_view.query(shell, asked, ("sites", "standards"), seconds=ASKING_S, hook=Shared())
    except hub_view.HubSilent as silent:
        raise UserError(
            f"{silent.text.vi}; có thể lập báo cáo từ bản ghi đã có: --record record.json",
            f"{silent.text.en}; a report can be made of a record kept before: --record record.json",
        ) from silent
    return Record(document)


def read(file: Path, as_of: date) -> Record:
    """A record kept before. UserError where it can't be used, or reaches beyond the report's day."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"), object_hook=Shared())
        if document["schema"] != 1:
            raise ValueError("schema")
        document["sites"].items(), document["standards"].items()
        until = datetime.fromisoformat(document["until"])
    except OSError as error:
        raise UserError(f"không đọc được {file}: {error.strerror}", f"can't read {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file} không phải bản ghi của `ketnoi-hub record` hay record.json của một báo cáo",
            f"{file} is neither what `ketnoi-hub record` prints nor a report's record.json",
        ) from error
    if until > end_of(as_of):
        raise UserError(
            f"{file} có số liệu đến {until:%d/%m/%Y %H:%M}, sau ngày báo cáo {as_of:%d/%m/%Y}: dùng bản ghi của ngày đó, hoặc đổi --as-of",
            f"{file} tells of {until:%Y-%m-%d %H:%M}, after the report's day {as_of}: use that day's record, or another --as-of",
        )
    return Record(document)


def day_of(moment: str | None) -> date | None:
    """Vietnam's day of an ISO instant."""
    return datetime.fromisoformat(moment).astimezone(VIETNAM).date() if moment else None


def local(moment: str | None) -> str | None:
    """An ISO instant by Vietnam's clock, to the second."""
    return datetime.fromisoformat(moment).astimezone(VIETNAM).isoformat(timespec="seconds") if moment else None
