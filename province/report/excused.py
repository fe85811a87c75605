"""Waivers as they hold on the report's day, laid over rows that were judged on another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from province.judging.waived import Waiver, Waivers
from province.report.content import WaiverRow
from province.report.places import Place
from province.report.record import Row
from province.standard import GROUPS, Check, Standard
from province.text import Text

ALL = Text("mọi mục", "every check")


@dataclass(frozen=True)
class Excused:
    waivers: Sequence[Waiver]
    standard: Standard
    on: date

    def over(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        """What was excused when it was judged is judged again: it may have run out since, or only have begun."""
        laid = Waivers(self.on, self.waivers)
        checks = {each.id: each for each in self.standard.checks}
        found: list[Row] = []
        for row in rows:
            bare = {**row, "verdict": row.get("was") or row["verdict"], "was": None, "waiver": None}
            check = checks.get(str(row["id"]))
            found.append(laid.over(bare, check, place.code, place.area) if check else bare)
        return found

    def listed(self, sites: Mapping[str, tuple[str, Sequence[Row]]]) -> tuple[WaiverRow, ...]:
        """Those that touch these facilities; `sites`: code -> (area, rows with waivers applied). `facilities`: where it excuses."""
        return tuple(self._row(each, sites) for each in self.waivers if _within(each, sites))

    def _row(self, waiver: Waiver, sites: Mapping[str, tuple[str, Sequence[Row]]]) -> WaiverRow:
        def excuses(row: Row) -> bool:
            told = row["waiver"]
            return bool(told) and row["verdict"] == "waived" and (told["check"], told["until"], told["owner"], told["subject"]) == (
                waiver.check, waiver.until.isoformat(), waiver.owner, waiver.subject,
            )  # fmt: skip

        codes = [code for code in _within(waiver, sites) if any(excuses(row) for row in sites[code][1])]
        return WaiverRow(
            waiver.check, self._title(waiver.check), waiver.site, waiver.area, waiver.subject, waiver.reason, waiver.owner, waiver.until,
            expired=waiver.until < self.on, facilities=tuple(codes),
        )  # fmt: skip

    def _title(self, name: str) -> Text:
        check: Check | None = self.standard.get(name)
        return check.title if check else ALL if name == "all" else GROUPS.get(name, Text(name, name))


def _within(waiver: Waiver, sites: Mapping[str, tuple[str, Sequence[Row]]]) -> list[str]:
    return [code for code, (area, _) in sites.items() if waiver.site == code or (waiver.area is not None and waiver.area == area)]
