"""Single cells: what people type (or what Excel made of it) -> one typed value, or ValueRejected with what to write instead.

Every parser takes a cell's value (text, int, float, bool, date) and returns None where the cell says that there is nothing. Applied
to what it returned, it returns the same.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from pydantic_core import PydanticCustomError

from province.model.fields import mac_address, phone_number
from province.survey.reading.cells import ValueRejected
from province.survey.reading.normalise import absent, fold, nothing, one_line, text_of
from province.survey.reading.places import places
from province.text import Text

EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = range(36526, 73051)
"""Days of 2000..2099 as a workbook counts them."""


def text(value: Any) -> str | None:
    found = one_line(text_of(value))
    return None if nothing(found) else found


def phone(value: Any) -> str | None:
    """'0256 000 1001': digits in groups; the zero that a number cell lost is put back. Of two numbers the first."""
    return next(iter(phones(value)), None)


def phones(value: Any) -> list[str]:
    """All numbers of the cell, as `phone` writes them."""
    said = text_of(value)
    if nothing(said):
        return []
    if re.fullmatch(r"[\d.,]+E\+?\d+", said, re.IGNORECASE):
        raise ValueRejected(_EXPONENT, value=said)
    said = EXTENSION.sub(" ", said)
    said = re.sub(r"(?i)\b(sđt|đt|tel|dd|đtdd|cq|nr|phone|fax|zalo|số|ext|ml)\b\.?:?", " ", said)
    parts = [part for part in re.split(r"[;,/\n|]|\s+-\s+|\bhoặc\b|\bvà\b|\bor\b|\band\b", said) if re.search(r"\d", part)]
    if not parts:
        raise ValueRejected(_PHONE, value=one_line(said))
    found = []
    for part in parts:
        digits = re.sub(r"\([^\d)]*\)|[^\d+()]", "", part)
        digits = re.sub(r"[()]", "", digits)
        if re.fullmatch(r"84\d{9,10}", digits):
            digits = "0" + digits[2:]
        elif re.fullmatch(r"[1-9]\d{8,9}", digits):
            digits = "0" + digits
        if (prefix := digits[:4]) in MOVED and len(digits) == 11:
            raise ValueRejected(_MOVED, value=one_line(part), meant=_grouped(MOVED[prefix] + digits[4:]))
        try:
            found.append(_grouped(phone_number(digits)))
        except PydanticCustomError:
            raise ValueRejected(_PHONE, value=one_line(part)) from None
    return list(dict.fromkeys(found))


EXTENSION = re.compile(r"(?i)\b(máy lẻ|nội bộ|ext|ml)\b\.?:?\s*\d+")
MOVED = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078", "0123": "083", "0124": "084", "0125": "085", "0127": "081",
    "0129": "082", "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039",
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
"""Prefixes of mobile phones that became others in September 2018 (Bộ TT&TT, 2036/QĐ-BTTTT of 21/11/2017)."""


def _grouped(digits: str) -> str:
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}"


def email(value: Any) -> str | None:
    said = text(value)
    if said is None:
        return None
    parts = re.split(r"[;,\s]+", re.sub(r"(?i)\b(e-?mail|mail|hoặc|và)\b\s*:?", " ", said))
    found = [part.strip(" <>.,;").removeprefix("mailto:") for part in parts if "@" in part]
    apart = any("@" not in part and re.search(r"\w", part) for part in parts)
    if not found or apart or not re.fullmatch(r"[^@\s]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}", found[0]):
        raise ValueRejected(_EMAIL, value=said)
    return found[0]


_DMY = re.compile(r"(\d{1,2})\s*[/\-.,]\s*(\d{1,2})\s*[/\-.,]\s*(\d{4}|\d{2})(?: \d{1,2}[:hg]\d{0,2}(?::\d{2})?)?")
_YMD = re.compile(r"(\d{4})\s*[/\-.]\s*(\d{1,2})\s*[/\-.]\s*(\d{1,2})(?:[T ]\d{2}:\d{2}(:\d{2})?.*)?")
_SPOKEN = re.compile(r"(\d{1,2}) thang (\d{1,2}) (?:nam )?(\d{4}|\d{2})")


def day(value: Any) -> date | None:
    """d/m/yyyy (also with - or ., and two digits of the year), yyyy-m-d, "sáng ngày 5 tháng 6 năm 2021", a date cell or its serial."""
    if isinstance(value, date):
        return _of_our_time(value.date() if isinstance(value, datetime) else value)
    said = one_line(text_of(value))
    if nothing(said):
        return None
    if re.fullmatch(r"\d{5}", said) and int(said) in SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(said))
    bare = re.sub(r"(?i)^((sáng|chiều|tối|hôm|ngày)\s+)+", "", said)
    if found := _YMD.fullmatch(bare):
        year, month, number = (int(part) for part in found.groups()[:3])
    elif found := _DMY.fullmatch(bare) or _SPOKEN.fullmatch(fold(bare)):
        number, month, year = (int(part) for part in found.groups())
    else:
        raise ValueRejected(_DAY, value=said)
    year += 2000 if year < 100 else 0
    try:
        return _of_our_time(date(year, month, number))
    except ValueError:
        if number <= 12 < month <= 31:
            raise ValueRejected(_DAY_ORDER, value=said, meant=f"{month:02}/{number:02}/{year}") from None
        raise ValueRejected(_DAY_NONE, value=said) from None


def _of_our_time(when: date) -> date:
    if not 2000 <= when.year < 2100:
        raise ValueRejected(_DAY, value=f"{when:%d/%m/}{when.year}")
    return when


def whole(value: Any) -> int | None:
    """A number, alone or with what it counts: "8 kênh"."""
    return _measured(value, _COUNTABLE, _WHOLE)


def days(value: Any) -> int | None:
    """ "15", "15 ngày", "2 tuần", "1 tháng" (30)."""
    return _measured(value, _SPANS, _DAYS)


def rate(value: Any) -> int | None:
    """kbit/s, in which a number stands that names no unit: "20 Mbps" is 20000."""
    return _measured(value, RATES, _RATE)


def unit_of_rate(said: str) -> int | None:
    """kbit/s in one of the unit that a heading names: 1000 for "Tốc độ tải lên (Mbps)"."""
    return next((RATES[unit] for unit in sorted(RATES, key=len, reverse=True) if unit and f" {unit} " in f" {fold(said)} "), None)


def _measured(value: Any, units: Mapping[str, int], message: Text) -> int | None:
    said = text_of(value)
    if nothing(said):
        return None
    found = re.fullmatch(r"(\d{1,9})\s*([^\d\s.,].*)?", one_line(said))
    if not found or fold(found[2] or "") not in units or (found[2] and not fold(found[2])):
        raise ValueRejected(message, value=one_line(said))
    return int(found[1]) * units[fold(found[2] or "")]


def port(value: Any) -> int | None:
    """A web port. Those of makers' own programs and of RTSP stand on labels and in column "Port" as often."""
    found = whole(value)
    if found in OTHER_PORTS:
        raise ValueRejected(_PORT, value=found, what=OTHER_PORTS[found])
    return found


_COUNTABLE = dict.fromkeys(("", "kenh", "cong", "port", "ports", "channel", "channels", "ch"), 1)
_SPANS = {"": 1, "ngay": 1, "days": 1, "tuan": 7, "thang": 30}
RATES = {"": 1, "k": 1, "kb s": 1, "kbps": 1, "kbit s": 1, "m": 1000, "mb": 1000, "mb s": 1000, "mbps": 1000, "mbit s": 1000, "gbps": 10**6}
"""Unit, folded -> kbit/s."""
OTHER_PORTS = {554: "RTSP", 8000: "Hikvision SDK", 37777: "Dahua SDK", 34567: "XMEye"}


def count(value: Any) -> int | None:
    """ "06", "6 camera", "Có 6 cái", "Không có" (0). A tick is no number."""
    said = text_of(value)
    if not fold(said):
        return None
    if fold(said) == "x":
        raise ValueRejected(_COUNT, value=one_line(said))
    if absent(said):
        return 0
    numbers = re.findall(r"\d+", said)
    if len(numbers) == 1 and int(numbers[0]) <= 126 and not re.search(r"\d[.,]\d|-\s*\d", said):
        return int(numbers[0])
    raise ValueRejected(_COUNT, value=one_line(said))


def mac(value: Any) -> str | None:
    said = text(value)
    if said is None:
        return None
    try:
        bare = re.sub(r"(?i)^mac\s*:?", "", said).replace(" ", "")
        return mac_address(bare.replace(".", ":") if bare.count(".") == 5 else bare)
    except PydanticCustomError as error:
        raise ValueRejected(_message(error)) from None


def address(value: Any) -> str | None:
    found = addresses(value)
    if len(found) > 1:
        raise ValueRejected(_ONE_ADDRESS, value=one_line(text_of(value)))
    return found[0] if found else None


def addresses(value: Any) -> list[str]:
    """Addresses parted by anything; "http://192.168.1.11:80/" and "192,168,1,11" are 192.168.1.11."""
    said = text_of(value)
    if nothing(said):
        return []
    found = []
    dotted = re.sub(r"(?<![\d.,])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d.,])", r"\1.\2.\3.\4", said)
    for part in re.split(r"[;,\s]+", re.sub(r"(?i)\b(https?|rtsp)://([^@/\s]*@)?", "", dotted)):
        bare = re.sub(r"(:\d{1,5})?(/.*)?$", "", part)
        if not bare or bare.lower() in ("-", "&", "và", "ip"):
            continue
        try:
            found.append(str(IPv4Address(".".join(str(int(octet)) for octet in bare.split(".")))))
        except ValueError:
            raise ValueRejected(_ADDRESS, value=one_line(part)) from None
    return found


def web_port(value: Any) -> int | None:
    """The port that stands behind the one address of the cell; none where it isn't the web's."""
    said = text_of(value).lower()
    found = re.findall(r"(?:\d{1,3}\.){3}\d{1,3}:(\d{2,5})\b", said)
    return int(found[0]) if len(found) == 1 and "rtsp" not in said and int(found[0]) not in OTHER_PORTS else None


def network(value: Any) -> str | None:
    """192.168.1.0/24, also as 192.168.1.1/24 or with 255.255.255.0 behind it."""
    said = _interface(value, _NETWORK)
    return str(said.network) if said else None


def interface(value: Any) -> str | None:
    said = _interface(value, _INTERFACE)
    return str(said) if said else None


def _interface(value: Any, message: Text) -> IPv4Interface | None:
    said = text(value)
    if said is None:
        return None
    try:
        bare = re.sub(r"\s*[/ ]\s*", "/", said)
        if "/" not in bare:
            raise ValueError
        return IPv4Interface(bare)
    except ValueError:
        raise ValueRejected(message, value=said) from None


def slots(value: Any) -> list[int]:
    """ "1; 2; 3" or "1-4"."""
    said = text_of(value)
    if nothing(said) or fold(said) == "tat ca":
        return []
    found: list[int] = []
    for part in re.split(r"[;,\s]+", re.sub(r"\s*-\s*", "-", said)):
        ends = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part)
        if not ends:
            raise ValueRejected(_SLOTS, value=one_line(said))
        found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return found


_YES = frozenset({"co", "x", "yes", "true", "1", "dung", "dong y", "y", "v", "nhat tri", "thong nhat"})
_NO = frozenset({"khong", "ko", "k", "no", "false", "0", "sai", "khong dong y", "n", "khong co", "khong nhat tri"})


def yes(value: Any) -> bool | None:
    said = one_line(text_of(value))
    bare = fold(said)
    if bare in _YES or said in ("✓", "✔", "☑"):
        return True
    if bare in _NO or said in ("✗", "☐"):
        return False
    if not bare:
        return None
    raise ValueRejected(_YES_NO, value=said)


def _message(error: PydanticCustomError) -> Text:
    context = error.context or {}
    return Text(str(context["vi"]), str(context["en"]))


PARSERS: dict[str, Callable[[Any], Any]] = {
    "text": text, "key": text, "phone": phone, "email": email, "day": day, "whole": whole, "count": count, "mac": mac,
    "address": address, "addresses": addresses, "network": network, "interface": interface, "slots": slots, "yes": yes,
    "places": places, "days": days, "rate": rate, "port": port,
}  # fmt: skip
"""By kind of column; choices, units and ends of ports need the inventory (province.survey.reading.choices)."""

_EXPONENT = Text(
    "“{value}” là số đã bị rút gọn, mất chữ số: định dạng ô là chữ (Text) rồi gõ lại số điện thoại",
    "“{value}” was shortened and has lost digits: format the cell as text and type the phone number again",
)
_PHONE = Text(
    "“{value}” không phải số điện thoại: viết 10 hay 11 chữ số bắt đầu bằng 0, ví dụ 0256 000 1001",
    "“{value}” is no phone number: write 10 or 11 digits beginning with 0, such as 0256 000 1001",
)
_EMAIL = Text(
    "“{value}” không phải địa chỉ thư điện tử: viết dạng ten@noi.vn",
    "“{value}” is no e-mail address: write one such as name@place.vn",
)
_DAY = Text(
    "“{value}” không phải ngày: viết ngày/tháng/năm, ví dụ 12/06/2021",
    "“{value}” is no date: write day/month/year, such as 12/06/2021",
)
_DAY_ORDER = Text(
    "“{value}” không có tháng đó: viết ngày trước tháng, có phải là {meant}?",
    "“{value}” has no such month: write the day before the month; is {meant} meant?",
)
_DAY_NONE = Text("không có ngày “{value}”: viết ngày/tháng/năm", "there is no day “{value}”: write day/month/year")
_WHOLE = Text("“{value}” phải là số nguyên: chỉ viết chữ số", "“{value}” must be a whole number: write digits only")
_DAYS = Text("“{value}” không rõ là bao nhiêu ngày: viết một số, ví dụ 30", "“{value}” isn't a number of days: write one, such as 30")
_RATE = Text(
    "“{value}” không rõ là bao nhiêu: viết một số kèm đơn vị, ví dụ 20 Mbps",
    "“{value}” isn't one rate: write a number with its unit, such as 20 Mbps",
)
_PORT = Text(
    "{value} là cổng {what}, không phải cổng HTTP: ghi cổng mở trang cấu hình (thường là 80), hoặc để trống",
    "{value} is the port of {what}, not of HTTP: write the port of its web page (80 as a rule), or leave it empty",
)
_MOVED = Text(
    "“{value}”: đầu số này đã đổi từ năm 2018, có phải là {meant}? ghi số đang dùng",
    "“{value}”: this prefix was changed in 2018; is {meant} meant? write the number in use",
)
_COUNT = Text("“{value}” không rõ là bao nhiêu: chỉ viết một số, ví dụ 6", "“{value}” isn't one number: write one, such as 6")
_ADDRESS = Text("“{value}” không phải địa chỉ IPv4: viết dạng 192.168.1.11", "“{value}” is no IPv4 address: write one such as 192.168.1.11")
_ONE_ADDRESS = Text("“{value}”: ở đây chỉ một địa chỉ", "“{value}”: one address only here")
_NETWORK = Text(
    "“{value}” không phải mạng IPv4: viết dạng 192.168.1.0/24", "“{value}” is no IPv4 network: write one such as 192.168.1.0/24"
)
_INTERFACE = Text(
    "“{value}” phải là địa chỉ kèm độ dài mạng: viết dạng 10.0.0.5/24",
    "“{value}” must be an address with its network's length: write one such as 10.0.0.5/24",
)
_SLOTS = Text("“{value}” phải là các số vị trí: viết dạng 1; 2; 3", "“{value}” must be slots: write them as 1; 2; 3")
_YES_NO = Text("“{value}”: viết Có hoặc Không", "“{value}”: write Có (yes) or Không (no)")
