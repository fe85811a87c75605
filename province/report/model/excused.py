"""Waivers as they hold on the report's day, laid over rows that were judged on another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from province.judging.waived import Waiver, Waivers
from province.report.model.content import WaiverRow
from province.report.model.places import Place
from province.standard.checks import GROUPS, Check, Standard
from province.standard.verdict import Row
from province.standard.verdict import WaiverRow as WaiverDocument
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
            bare: Row = {**row, "verdict": row.get("was") or row["verdict"], "was": None, "waiver": None}
            check = checks.get(str(row["id"]))
            found.append(laid.over(bare, check, place.code, place.area) if check else bare)
        return found

    def excusing(self, rows: Sequence[Row]) -> frozenset[int]:
        """Which waivers, by their place in the list, excuse any of these rows."""
        told = [row["waiver"] for row in rows if row["verdict"] == "waived" and row["waiver"]]
        return frozenset(number for number, waiver in enumerate(self.waivers) for each in told if _same(waiver, each))

    def listed(self, sites: Mapping[str, tuple[str, frozenset[int]]]) -> tuple[WaiverRow, ...]:
        """Those that touch these facilities; `sites`: code -> (area, `excusing`). `facilities`: where it excuses."""
        found = []
        for number, waiver in enumerate(self.waivers):
            within = [code for code, (area, _) in sites.items() if waiver.site == code or (waiver.area is not None and waiver.area == area)]
            if within:
                codes = tuple(code for code in within if number in sites[code][1])
                found.append(
                    WaiverRow(
                        waiver.check,
                        self._title(waiver.check),
                        waiver.site,
                        waiver.area,
                        waiver.subject,
                        waiver.reason,
                        waiver.owner,
                        waiver.until,
                        expired=waiver.until < self.on,
                        facilities=codes,
                    )
                )
        return tuple(found)

    def _title(self, name: str) -> Text:
        check: Check | None = self.standard.get(name)
        return check.title if check else ALL if name == "all" else GROUPS.get(name, Text(name, name))


def _same(waiver: Waiver, listed: WaiverDocument) -> bool:
    mine = (waiver.check, waiver.site, waiver.area, waiver.subject, waiver.owner, waiver.until.isoformat())
    return mine == (listed["check"], listed["site"], listed["area"], listed["subject"], listed["owner"], listed["until"])
