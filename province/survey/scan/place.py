"""A facility as a scan needs it: its LAN and its devices, whether all is known of it already or it was only surveyed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from province.model import Facility, Province, Surveyed
from province.model.fields import mac_address
from province.rollout.inventory import facility_data
from province.text import Text
from province.user_error import UserError

KINDS = {"cameras": "camera", "recorders": "recorder", "switches": "switch"}


@dataclass(frozen=True)
class Listed:
    """A device of the inventory; what a survey sheet did not tell is None."""

    slot: int
    kind: str
    address: str
    raw: Mapping[str, Any] = field(compare=False)
    mac: str | None = None

    @property
    def no_access(self) -> bool:
        return bool(self.raw.get("no_access"))

    def get(self, name: str) -> Any:
        return self.raw.get(name)


@dataclass(frozen=True)
class Place:
    """`raw`: the facility's fields, for a complete one as `facility_data` has them. `whole` is None while things are missing."""

    id: str
    code: str
    name: str
    network: IPv4Network
    box_address: str | None
    devices: tuple[Listed, ...]
    raw: Mapping[str, Any] = field(compare=False)
    whole: Facility | None = None

    @property
    def unplaced(self) -> int:
        """How many devices have no address or slot yet, so that they can't be told apart on a network."""
        return sum(len(self.raw.get(kind) or []) for kind in KINDS) - len(self.devices)


def find(province: Province, code: str, on: date) -> Place:
    """The facility by its code. Raises UserError where nothing may be sent there, or its LAN isn't known."""
    whole = next((each for each in province.facilities if each.code == code), None)
    early = next((each for each in province.surveyed if each.code == code), None)
    known = whole or early
    if known is None:
        raise _user_error(_NONE, code=code)
    withheld = known.withheld(on) if isinstance(known, Facility) else _withheld(known)
    if withheld:
        raise UserError(withheld.vi, withheld.en)
    return of(known)


def of(facility: Facility | Surveyed) -> Place:
    """Raises UserError where its LAN isn't known."""
    raw = facility_data(facility) if isinstance(facility, Facility) else facility.raw
    lan = raw.get("lan") if isinstance(raw.get("lan"), Mapping) else {}
    try:
        network = IPv4Network(str((lan or {}).get("network")))
    except ValueError:
        raise _user_error(_NO_LAN, code=facility.code) from None
    return Place(
        id=str(raw.get("id") or facility.code),
        code=facility.code,
        name=facility.name,
        network=network,
        box_address=str(lan["box_address"]) if lan and lan.get("box_address") else None,
        devices=tuple(device for kind in KINDS for each in raw.get(kind) or [] if (device := _listed(kind, each, network))),
        raw=raw,
        whole=facility if isinstance(facility, Facility) else None,
    )


def _listed(kind: str, raw: Any, network: IPv4Network) -> Listed | None:
    try:
        slot, address = int(raw["slot"]), IPv4Address(str(raw["address"]))
    except (KeyError, TypeError, ValueError):
        return None
    return Listed(slot, KINDS[kind], str(address), raw, _mac(raw.get("mac"))) if address in network else None


def _mac(written: Any) -> str | None:
    try:
        return mac_address(str(written)) if written else None
    except ValueError:
        return None


def _withheld(early: Surveyed) -> Text | None:
    """As for a complete facility: nobody let in, or a barracks without the region's agreement."""
    raw, named = early.raw, {"code": early.code, "name": early.name}
    if raw.get("no_access"):
        return _BARRED.format(**named)
    opinion = raw.get("opinion")
    agrees = isinstance(opinion, Mapping) and opinion.get("number") and str(opinion.get("agrees", "true")).lower() != "false"
    return _NO_OPINION.format(**named) if raw.get("kind") == "barracks" and not agrees else None


def _user_error(text: Text, **values: object) -> UserError:
    return UserError(*text.format(**values))


_NONE = Text("không có cơ sở nào mã {code}", "no facility has the code {code}")
_NO_LAN = Text(
    "{code}: danh mục chưa ghi mạng camera (`lan.network`): ghi vào rồi quét; chỉ mạng đã khai mới được quét",
    "{code}: the inventory doesn't say which network its cameras are in (`lan.network`): add it; no other network is looked at",
)
_BARRED = Text("{code} ({name}) không cho tiếp cận: không quét", "{code} ({name}) lets nobody in: nothing is looked at")
_NO_OPINION = Text(
    "{code} ({name}) là doanh trại, hồ sơ chưa có ý kiến đồng ý của quân khu: không quét",
    "{code} ({name}) is a barracks without the military region's agreement on file: nothing is looked at",
)
