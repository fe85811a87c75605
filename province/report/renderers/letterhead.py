"""The head and foot of an official document, as decree 30/2020/NĐ-CP lays them out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from province.report.model.content import Report
from province.report.model.figures import long_day
from province.text import Lang, Text


@dataclass(frozen=True)
class Letterhead:
    """`number` is None while the office has not given one: room is left for it. `about` is the "V/v" of a letter, None on a report."""

    title: str
    issuer: str
    above: str | None
    office: str
    number: str | None
    symbol: str
    place: str
    dated: str
    about: str | None
    power: tuple[str, ...]
    signer: str


POWERS: Mapping[str, tuple[Text, ...]] = {
    "Sở": (Text("GIÁM ĐỐC", "DIRECTOR"),),
    "Trung tâm": (Text("GIÁM ĐỐC", "DIRECTOR"),),
    "UBND": (Text("TM. ỦY BAN NHÂN DÂN", "FOR THE PEOPLE'S COMMITTEE"), Text("CHỦ TỊCH", "CHAIR")),
    "Ủy ban nhân dân": (Text("TM. ỦY BAN NHÂN DÂN", "FOR THE PEOPLE'S COMMITTEE"), Text("CHỦ TỊCH", "CHAIR")),
    "Bộ Chỉ huy": (Text("CHỈ HUY TRƯỞNG", "COMMANDER"),),
}
"""How an office's name begins -> in what power its head signs."""
HEAD = (Text("THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF THE OFFICE"),)


class Issued(Protocol):
    """A document that an office gives out on a day: a report, a guide."""

    @property
    def lang(self) -> Lang: ...
    @property
    def issuer(self) -> str: ...
    @property
    def province_name(self) -> str: ...
    @property
    def as_of(self) -> date: ...


def head(report: Issued, kind: str | None, title: Text, about: Text | None, number: str | None) -> Letterhead:
    """`kind` is the document's letters, "BC" of a report; a plain letter has none: "Số:   /STTTT"."""
    lang = report.lang
    office = own_name(report.issuer)
    committee = _committee_itself(report.issuer)
    symbol = "/" + "-".join(part for part in (kind, "UBND" if committee else initials(office)) if part)
    return Letterhead(
        title=title.pick(lang),
        issuer=report.issuer,
        above=None if committee else f"UBND {report.province_name}",
        office=office,
        number=number,
        symbol=symbol,
        place=_place(report.province_name),
        dated=long_day(report.as_of).pick(lang),
        about=about.pick(lang) if about else None,
        power=tuple(line.pick(lang) for line in _power(office)),
        signer="",
    )


def initials(office: str) -> str:
    """ "Sở Thông tin và Truyền thông" -> "STTTT"."""
    return "".join(word[0].upper() for word in office.split() if word.lower() != "và")


def addressees(report: Report) -> list[str]:
    """The report's recipients, but for the office that sends it."""
    own = own_name(report.issuer)
    return [each.name for each in report.recipients if not each.name.startswith(own)] or [_committee(report)]


def orders(report: Report) -> Text:
    """ "Công văn số 4403/CV-BCĐ của ...; ...": what is carried out, each order once."""
    seen = {row.order: row.authority for row in report.milestones}
    vi = "; ".join(f"văn bản {'' if order.startswith('/') else 'số '}{order} của {authority}" for order, authority in seen.items())
    en = "; ".join(f"{order} of {authority}" for order, authority in seen.items())
    return Text(vi, en)


def counted(number: int, lang: Lang) -> str:
    """In a letter's prose a number under ten is written with a nought before it: "04 cơ sở"."""
    return f"{number:02d}" if lang == "vi" and 0 < number < 10 else f"{number:,}".replace(",", "." if lang == "vi" else ",")


def _committee(report: Report) -> str:
    return f"UBND {_lower(report.province_name)}"


def _power(office: str) -> Sequence[Text]:
    return next((lines for begins, lines in POWERS.items() if office.startswith(begins)), HEAD)


def own_name(issuer: str) -> str:
    """Without the province, today's or an earlier one, which stands in the line above: "Sở Y tế tỉnh Bình Định" -> "Sở Y tế"."""
    return issuer if _committee_itself(issuer) else re.sub(r" (tỉnh|thành phố) \S.*$", "", issuer).strip()


def _committee_itself(issuer: str) -> bool:
    return issuer.startswith(("UBND", "Ủy ban"))


def _place(province: str) -> str:
    """ "Tỉnh Bình Định" -> "Bình Định"; a city run by the centre likewise."""
    return province.removeprefix("Tỉnh ").removeprefix("Thành phố ")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
