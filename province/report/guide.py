"""`ketnoi guide`: what a facility must provide, as the standard's data says it, on a page or two that an office signs (order of Bình Định,
item 1: guidance on standards and technical conditions). Pure: the same standard and inventory give the same page."""

from dataclasses import dataclass
from datetime import date

from province.model import Province
from province.report.model.places import province_name
from province.report.paper import page
from province.report.renderers import letterhead
from province.report.renderers.cells import phone
from province.standard.checks import GROUPS, Check, Standard
from province.standard.texts import asked
from province.text import Lang, Text

TITLE = Text(
    "Tiêu chuẩn, điều kiện kỹ thuật lắp đặt camera giám sát và kết nối hệ thống tại các cơ sở cách ly tập trung",
    "Standards and technical conditions for cameras of quarantine facilities and their connection",
)
OURS = ("lựa chọn của chúng tôi", "our choice")


@dataclass(frozen=True)
class Guide:
    """Who gives it out, to whom, on which day."""

    lang: Lang
    issuer: str
    province_name: str
    as_of: date


@dataclass(frozen=True)
class Line:
    """One thing that is asked. `source`: which order asks for it, "(*)" where none does; `own`: what the province changed."""

    asks: str
    source: str
    required: bool
    own: str | None


def lines(standard: Standard, province: Province, lang: Lang) -> list[tuple[str, list[Line]]]:
    """(group's name, what it asks), in the standard's order; groups that ask for nothing are left out."""
    names = {zone.id: zone.name for zone in province.tables.zones.values()}
    found = []
    for group, name in GROUPS.items():
        checks = [(check, text) for check in standard.checks if check.group == group and (text := asked(check, names))]
        if checks:
            found.append((name.pick(lang), [_line(check, text, lang) for check, text in checks]))
    return found


def _line(check: Check, text: Text, lang: Lang) -> Line:
    own = f"{check.override.says.pick(lang)}; {check.override.by}" if check.override else None
    return Line(text.pick(lang), source(check, lang), check.required, own)


def source(check: Check, lang: Lang) -> str:
    """The order alone, without its words; "(*)" says that the means or the figures are nobody's order."""
    told = check.source.pick(lang)
    ours = any(words in told for words in OURS)
    if told in OURS:
        return "(*)"
    parts = [part for part in told.split("; ") if not any(words in part for words in OURS)]
    named = "; ".join(part.split(": ")[0] for part in parts)
    return f"{named} (*)" if ours else named


def render(province: Province, standard: Standard, day: date, lang: Lang) -> str:
    name = province_name(province, day)
    given = Guide(lang, province.file.office.called(day) or name, name, day)
    groups = lines(standard, province, lang)
    return page(
        "guide.html.j2",
        lang=lang,
        t=lambda vi, en: vi if lang == "vi" else en,
        letter=letterhead.head(given, "HD", TITLE, None, None),
        province=province.file,
        name=name,
        orders=orders(province, lang),
        groups=groups,
        numbers=[sum(len(rows) for _, rows in groups[:index]) for index in range(len(groups))],
        standard=standard,
        stream=f"{province.file.measuring.stream_kbps / 1000:.1f}".replace(".", "," if lang == "vi" else "."),
        phone=phone,
        copies=copies(province, lang, day),
    )


def orders(province: Province, lang: Lang) -> str:
    """Each order once, as a letter names it."""
    unique = dict.fromkeys((order.number, order.authority) for order in province.file.orders)
    if lang == "vi":
        return "; ".join(f"văn bản {'' if number.startswith('/') else 'số '}{number} của {authority}" for number, authority in unique)
    return "; ".join(f"{number} of {authority}" for number, authority in unique)


def copies(province: Province, lang: Lang, day: date) -> list[str]:
    first = Text("Như trên", "As above").pick(lang)
    own = province.file.office.called(day) or ""
    others = [each.name for each in province.file.addressed(day) if not own.startswith(each.name)]
    return [first, *others, *(each.name for each in province.file.connectors), Text("Lưu: VT", "File").pick(lang)]
