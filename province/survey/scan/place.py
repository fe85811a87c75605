"""A facility as a scan needs it: its LAN and its devices, whether all is known of it already or it was only surveyed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Network

from province.model import Facility, Province, Surveyed
from province.model.book import get, items
from province.model.fields import mac_address
from province.rollout.documents import NoAccessData
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
    mac: str | None = None
    make: str | None = None
    model: str | None = None
    driver: str | None = None
    port: int | None = None
    no_access: NoAccessData | None = None

    def field(self, name: str) -> str | int | None:
        """What the inventory has for one of its fields."""
        fields = {"mac": self.mac, "make": self.make, "model": self.model, "driver": self.driver, "port": self.port}
        return fields[name]


@dataclass(frozen=True)
class Place:
    """`unplaced`: how many devices have no address or slot yet, so that they can't be told apart on a network. `taken`: the slots of all.
    `uplink_kbps`, `surveyed_on`: as the inventory has them. `whole` is None while things are missing."""

    id: str
    code: str
    name: str
    network: IPv4Network
    box_address: str | None
    devices: tuple[Listed, ...]
    unplaced: int = 0
    taken: frozenset[int] = frozenset()
    is_routed: bool = True
    has_recorders: bool = False
    uplink_kbps: str | None = None
    surveyed_on: str | None = None
    whole: Facility | None = None


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
    try:
        network = IPv4Network(str(get(raw, "lan", "network")))
    except ValueError:
        raise _user_error(_NO_LAN, code=facility.code) from None
    rows = {kind: get(raw, kind) or [] for kind in KINDS}
    devices = tuple(device for kind in KINDS for _, each in items(raw, kind) if (device := _listed(kind, each, network)))
    box_address, uplink_kbps, surveyed_on = get(raw, "lan", "box_address"), get(raw, "uplink", "kbps"), get(raw, "surveyed_on")
    return Place(
        id=str(get(raw, "id") or facility.code),
        code=facility.code,
        name=facility.name,
        network=network,
        box_address=str(box_address) if box_address else None,
        devices=devices,
        unplaced=sum(map(len, rows.values())) - len(devices),
        taken=frozenset(slot for kind in KINDS for _, each in items(raw, kind) if (slot := _number(each.get("slot"))) is not None),
        is_routed=get(raw, "lan", "topology") != "flat",
        has_recorders=bool(rows["recorders"]),
        uplink_kbps=str(uplink_kbps) if uplink_kbps else None,
        surveyed_on=str(surveyed_on) if surveyed_on else None,
        whole=facility if isinstance(facility, Facility) else None,
    )


def _listed(kind: str, row: Mapping[str, object], network: IPv4Network) -> Listed | None:
    """One device as it is written; None where it can't be told apart on the network."""
    slot, why = _number(row.get("slot")), row.get("no_access")
    try:
        address = IPv4Address(str(row["address"]))
    except (KeyError, ValueError):
        return None
    if slot is None or address not in network:
        return None
    return Listed(
        slot=slot,
        kind=KINDS[kind],
        address=str(address),
        mac=_mac(row.get("mac")),
        make=_text(row.get("make")),
        model=_text(row.get("model")),
        driver=_text(row.get("driver")),
        port=_number(row.get("port")),
        no_access={"reason": str(get(why, "reason")), "date": str(get(why, "date")), "witness": str(get(why, "witness"))} if why else None,
    )


def _number(written: object) -> int | None:
    return int(str(written)) if str(written).isdigit() else None


def _text(written: object) -> str | None:
    return str(written) if written else None


def _mac(written: object) -> str | None:
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
