"""Addresses: inside their LAN, outside the hub's blocks, and an uplink that can work."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from province.fault import Fault
from province.model import addresses
from province.model.book import Book, Sheet, get, items, parsed, text
from province.source import Key
from province.text import Text


def addresses_inside(book: Book) -> Iterator[Fault]:
    for sheet in book.sheets:
        network = parsed(_network, sheet.raw, "lan", "network")
        if network is None:
            continue
        if network.prefixlen > 30:
            yield sheet.fault(("lan", "network"), _TINY.format(network=network))
            continue
        for key in _addressed(sheet):
            address = parsed(IPv4Address, sheet.raw, *key)
            if address is None:
                continue
            if address not in network:
                yield sheet.fault(key, _OUTSIDE.format(address=address, network=network))
            elif address in (network.network_address, network.broadcast_address):
                yield sheet.fault(key, _EDGE.format(address=address, network=network))


def collisions(book: Book) -> Iterator[Fault]:
    """Neither the LAN nor a static uplink may hold addresses that mean the hub, the tunnel or mapped devices."""
    more = get(book.head.raw, "hub", "more_endpoints")
    endpoints: list[Key] = [
        ("hub", "endpoint"),
        *(("hub", "more_endpoints", at) for at in range(len(more) if isinstance(more, list) else 0)),
    ]
    taken = [IPv4Network(address) for key in endpoints if (address := parsed(IPv4Address, book.head.raw, *key))]
    if book.block:
        taken += [addresses.tunnel_network(book.block), addresses.devices_network(book.block)]
    for sheet in book.sheets:
        lan = parsed(_network, sheet.raw, "lan", "network")
        uplink = parsed(_interface, sheet.raw, "uplink", "address")
        both: list[tuple[Key, IPv4Network | None]] = [
            (("lan", "network"), lan),
            (("uplink", "address"), uplink.network if uplink else None),
        ]
        for key, network in both:
            hit = next((block for block in taken if network and network.overlaps(block)), None)
            if hit:
                yield sheet.fault(key, _COLLIDES.format(network=network, block=hit))


def uplinks(book: Book) -> Iterator[Fault]:
    for sheet in book.sheets:
        kind = text(sheet.raw, "uplink", "kind") or "dhcp"
        needed = {"static": ("address", "gateway"), "pppoe": ("user",)}.get(kind, ())
        for field in needed:
            if get(sheet.raw, "uplink", field) is None:
                yield sheet.fault(("uplink", field), _NEEDS.format(kind=kind, field=field))
        own = parsed(_interface, sheet.raw, "uplink", "address")
        gateway = parsed(IPv4Address, sheet.raw, "uplink", "gateway")
        if own and gateway and (gateway not in own.network or gateway == own.ip):
            yield sheet.fault(("uplink", "gateway"), _GATEWAY.format(gateway=gateway, network=own.network))
        lan = parsed(_network, sheet.raw, "lan", "network")
        if own and lan:
            yield from _topology(sheet, own, lan)


def _topology(sheet: Sheet, own: IPv4Interface, lan: IPv4Network) -> Iterator[Fault]:
    flat = text(sheet.raw, "lan", "topology") == "flat"
    box = parsed(IPv4Address, sheet.raw, "lan", "box_address")
    if not flat and own.network.overlaps(lan):
        yield sheet.fault(("uplink", "address"), _OVERLAP.format(uplink=own.network, lan=lan))
    elif flat and box and own.ip != box:
        yield sheet.fault(("uplink", "address"), _FLAT.format(address=own.ip, box=box))


def _network(written: str) -> IPv4Network:
    return IPv4Network(_with_length(written))


def _interface(written: str) -> IPv4Interface:
    return IPv4Interface(_with_length(written))


def _with_length(written: str) -> str:
    """An address with no length is a slip that the model reports; here it would pass for a network of one address."""
    if "/" not in written:
        raise ValueError(written)
    return written


def _addressed(sheet: Sheet) -> Iterator[Key]:
    yield ("lan", "box_address")
    for kind in ("cameras", "recorders", "switches"):
        for index, _ in items(sheet.raw, kind):
            yield (kind, index, "address")


_TINY = Text("mạng {network} quá nhỏ cho camera", "the network {network} has no room for cameras")
_OUTSIDE = Text(
    "{address} nằm ngoài mạng {network} của cơ sở: sửa địa chỉ hoặc `lan.network`",
    "{address} is outside the facility's LAN {network}: correct it or `lan.network`",
)
_EDGE = Text(
    "{address} là địa chỉ đầu hoặc cuối của mạng {network}, không thiết bị nào dùng được",
    "{address} is the first or last address of {network}, which no device can have",
)
_COLLIDES = Text(
    "{network} trùng với {block} mà máy chủ kết nối dùng: cơ sở phải đổi sang mạng khác",
    "{network} collides with {block}, which the hub uses: the facility must move to another network",
)
_NEEDS = Text("thiếu: đường lên loại {kind} cần `{field}`", "is missing: an uplink of kind {kind} needs `{field}`")
_GATEWAY = Text(
    "{gateway} không phải bộ định tuyến trong mạng {network} của đường lên",
    "{gateway} is no router in the uplink's network {network}",
)
_OVERLAP = Text(
    "mạng đường lên {uplink} trùng mạng camera {lan}: đổi một trong hai, hoặc ghi `topology: flat` nếu là mạng phẳng",
    "the uplink's network {uplink} overlaps the camera LAN {lan}: move one, or write `topology: flat` if it is one flat LAN",
)
_FLAT = Text(
    "mạng phẳng: đường lên {address} phải là địa chỉ của thiết bị biên {box}",
    "flat LAN: the uplink's {address} must be the box's own {box}",
)
