"""The types of single fields: each takes what people write, gives one form, and refuses with a sentence in both languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Annotated, Any, NoReturn

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from province.text import Text


def refuse(text: Text, **values: Any) -> NoReturn:
    """Refuse a value inside a pydantic validator."""
    filled = text.format(**values)
    raise PydanticCustomError("ketnoi", "{en}", {"vi": filled.vi, "en": filled.en})


@dataclass(frozen=True)
class _Matching(GroupedMetadata):
    """Text that matches the pattern as a whole; the editor's schema gets the pattern, a person gets `text`."""

    pattern: str
    text: Text

    def __iter__(self) -> Iterator[Any]:
        yield AfterValidator(partial(_match, re.compile(self.pattern), self.text))
        yield WithJsonSchema({"type": "string", "pattern": f"^({self.pattern})$"})


def _match(pattern: re.Pattern[str], text: Text, value: str) -> str:
    if not pattern.fullmatch(value):
        refuse(text, value=value)
    return value


def _stripped(value: str) -> str:
    value = " ".join(value.split())
    if not value:
        refuse(_EMPTY)
    return value


def mac_address(value: str) -> str:
    """Lower case with colons, whatever stood between the digits; idempotent."""
    digits = re.sub(r"[:\-.]", "", value.strip()).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits) or int(digits, 16) == 0:
        refuse(_MAC, value=value)
    if int(digits[:2], 16) & 1:
        refuse(_MAC_GROUP, value=value)
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def phone_number(value: str) -> str:
    """'0256 382.2222' and '+84-256-3822222' are the same as '02563822222'; idempotent."""
    digits = re.sub(r"[\s.\-()]", "", value)
    digits = re.sub(r"^(\+84|0084)0?", "0", digits)
    if not re.fullmatch(r"0\d{9,10}", digits):
        refuse(_PHONE, value=value)
    return digits


def _address(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return IPv4Address(value.strip())
        except ValueError:
            pass
    elif isinstance(value, IPv4Address):
        return value
    refuse(_ADDRESS, value=value)


def _network(value: Any) -> Any:
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str) or "/" not in value:
        refuse(_NETWORK, value=value)
    try:
        inside = IPv4Interface(value.strip())
    except ValueError:
        refuse(_NETWORK, value=value)
    if inside.ip != inside.network.network_address:
        refuse(_NETWORK_HOST, value=value, network=inside.network)
    return inside.network


def _interface(value: Any) -> Any:
    if isinstance(value, str) and "/" in value:
        try:
            return IPv4Interface(value.strip())
        except ValueError:
            pass
    elif isinstance(value, IPv4Interface):
        return value
    refuse(_INTERFACE, value=value)


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        refuse(_EXPRESSION, value=value, problem=str(error))
    return value


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            refuse(_DAY_NONE, value=value)
    refuse(_DAY, value=value)


_EMPTY = Text("để trống: hãy điền", "is empty: fill it in")
_SLUG = Text(
    "“{value}” không dùng được: chỉ chữ thường không dấu a-z, số và gạch nối, bắt đầu bằng chữ, ví dụ an-nhon-01",
    "“{value}” won't do: lower-case letters a-z, digits and hyphens only, a letter first, such as an-nhon-01",
)
_ID = Text(
    "“{value}” không phải mã cơ sở: chữ hoa, gạch nối, số, ví dụ BD-0001",
    "“{value}” is no facility id: capital letters, a hyphen, digits, such as BD-0001",
)
_MAC = Text(
    "“{value}” không phải địa chỉ MAC: sáu cặp chữ số hệ 16, ví dụ 02:4b:4e:01:00:11",
    "“{value}” is no MAC address: six pairs of hexadecimal digits, such as 02:4b:4e:01:00:11",
)
_MAC_GROUP = Text(
    "“{value}” là địa chỉ MAC của một nhóm: chép lại từ nhãn của thiết bị",
    "“{value}” is a group's MAC address: copy the one on the device's label",
)
_PHONE = Text(
    "“{value}” không phải số điện thoại: 10 hay 11 chữ số bắt đầu bằng 0, hoặc +84…",
    "“{value}” is no phone number: 10 or 11 digits beginning with 0, or +84…",
)
_EMAIL = Text("“{value}” không phải địa chỉ thư điện tử", "“{value}” is no e-mail address")
_ADDRESS = Text(
    "“{value}” không phải địa chỉ IPv4, ví dụ 192.168.1.11",
    "“{value}” is no IPv4 address, such as 192.168.1.11",
)
_NETWORK = Text(
    "“{value}” không phải mạng IPv4, ví dụ 192.168.1.0/24",
    "“{value}” is no IPv4 network, such as 192.168.1.0/24",
)
_NETWORK_HOST = Text(
    "“{value}” là địa chỉ trong một mạng: viết {network}",
    "“{value}” is an address in a network: write {network}",
)
_INTERFACE = Text(
    "“{value}” phải là địa chỉ kèm độ dài mạng, ví dụ 10.0.0.5/24",
    "“{value}” must be an address with its network's length, such as 10.0.0.5/24",
)
_DAY = Text(
    "“{value}” không phải ngày: viết năm-tháng-ngày, ví dụ 2021-06-12", "“{value}” is no date: write year-month-day, such as 2021-06-12"
)
_DAY_NONE = Text("không có ngày “{value}”", "there is no day “{value}”")
_HOST = Text("“{value}” không phải tên máy hay địa chỉ", "“{value}” is neither a host name nor an address")
_EXPRESSION = Text("“{value}” không phải biểu thức chính quy ({problem})", "“{value}” is no regular expression ({problem})")
_WG_KEY = Text(
    "không phải khoá công khai WireGuard (44 ký tự base64, kết thúc bằng =)",
    "is no WireGuard public key (44 characters of base64 that end in =)",
)

Name = Annotated[str, AfterValidator(_stripped)]
Slug = Annotated[str, _Matching(r"(?=.{1,60}$)[a-z][a-z0-9]*(-[a-z0-9]+)*", _SLUG)]
FacilityId = Annotated[str, _Matching(r"[A-Z][A-Z0-9]{0,7}-[0-9]{1,6}", _ID)]
Mac = Annotated[str, AfterValidator(mac_address)]
Phone = Annotated[str, AfterValidator(phone_number)]
Email = Annotated[str, _Matching(r"[^@\s]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}", _EMAIL)]
Address = Annotated[IPv4Address, BeforeValidator(_address)]
Network = Annotated[IPv4Network, BeforeValidator(_network)]
Interface = Annotated[IPv4Interface, BeforeValidator(_interface)]
Day = Annotated[date, BeforeValidator(_day)]
Host = Annotated[str, _Matching(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", _HOST)]
Expression = Annotated[str, AfterValidator(_expression)]
WireGuardKey = Annotated[str, _Matching(r"[A-Za-z0-9+/]{43}=", _WG_KEY)]
Port = Annotated[int, Field(ge=1, le=65535)]
Slot = Annotated[int, Field(ge=1, le=126)]
Number = Annotated[int, Field(ge=1, le=1023)]
Block = Annotated[int, Field(ge=1, le=63)]
