"""A focal point in one cell: "Nguyễn Văn A, Hiệu trưởng, 0912 345 678, a@x.vn" is a name, a title, a phone and an address."""

import re
from typing import Any

from province.survey.reading.cells import ValueRejected
from province.survey.reading.choices import holds
from province.survey.reading.normalise import fold, marked, nothing, one_line, text_of
from province.survey.reading.values import EXTENSION, email, phones
from province.text import Text

_MAIL = re.compile(r"[^\s,;:()<>]+@[^\s,;()<>]+")
_PHONE = re.compile(r"\+?\(?\d[\d .()\-]{6,}\d")
_LABEL = re.compile(r"(?i)\b(họ (và )?tên|chức (vụ|danh)|(số )?điện thoại|liên hệ|sđt|đtdđ|đt|di động|e-?mail|g?mail)\b\.?\s*:?(?=[\s;]|$)")
_HONORIFIC = re.compile(r"(?i)(^|[;,\n])\s*(đ/c|đ\.c\.|đc|đồng chí)[.:]?\s+")
_PARTED = re.compile(r"[;:,\n()|/]|\s+[-–]\s+")
_TITLES = (
    "hiệu trưởng", "trưởng ban", "trưởng phòng", "trưởng trạm", "trưởng khoa", "trưởng khu", "tổ trưởng", "đội trưởng", "trạm trưởng",
    "phó", "giám đốc", "chủ tịch", "chủ cơ sở", "chủ nhà nghỉ", "chủ khách sạn",
    "quản lý", "bí thư", "cán bộ", "nhân viên", "bác sĩ", "y sĩ",
    "điều dưỡng", "giáo viên", "chỉ huy", "trợ lý", "kế toán", "bảo vệ", "chuyên viên", "văn thư", "lễ tân", "ht", "pht", "gđ", "pgđ", "ct",
    "pct", "bs",
)  # fmt: skip


def contact(value: Any) -> dict[str, str]:
    """By field of a focal point; of several phones the first. Raises ValueRejected where it may be two people."""
    said = EXTENSION.sub(" ", text_of(value))
    if nothing(said):
        return {}
    found: dict[str, str] = {}
    if mails := _MAIL.findall(said):
        found["email"] = str(email(mails[0]))
    rest = _MAIL.sub(";", said)
    if numbers := _PHONE.findall(rest):
        found["phone"] = phones(numbers[0])[0]
    rest = _HONORIFIC.sub(r"\1", _LABEL.sub(";", _PHONE.sub(";", rest)))
    parts = (
        [part for each in _PARTED.split(rest) if fold(part := one_line(each).strip(" .-–:")) not in ("", "ong", "ba")]
        if found or _PARTED.search(rest)
        else [one_line(rest)]
    )
    titles = [part for part in parts if _title(part)] if len(parts) > 1 else []
    names = [part for part in parts if part not in titles]
    if len(names) > 1 or len(titles) > 1 or any(re.search(r"\d{4}", name) for name in names):
        raise ValueRejected(_PEOPLE, value=one_line(said))
    return {field: listed[0] for field, listed in (("full_name", names), ("title", titles)) if listed} | found


def person(value: Any) -> str | None:
    return contact(value).get("full_name")


def _title(part: str) -> bool:
    return any(holds(part, title) for title in _TITLES) or (marked(part) and holds(part, "trưởng"))


_PEOPLE = Text(
    "“{value}” không rõ ai là đầu mối: ghi họ tên một người; chức vụ, số điện thoại, thư điện tử ở cột riêng",
    "“{value}”: who is it? write one person's full name; title, phone and e-mail in columns of their own",
)
