"""WS-Discovery: a camera that is discoverable answers probes on UDP 3702; one that isn't keeps silent."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import uuid
from typing import cast
from xml.sax.saxutils import escape

from lab.camera import device
from lab.camera.shape import Camera

GROUP, PORT = "239.255.255.250", 3702
_MESSAGE_ID = re.compile(rb"<(?:\w+:)?MessageID[^>]*>\s*([^<\s]+)\s*<")
_MATCHES = """<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><env:Header>\
<wsa:MessageID>urn:uuid:{own}</wsa:MessageID><wsa:RelatesTo>{probe}</wsa:RelatesTo>\
<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>\
<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></env:Header><env:Body><d:ProbeMatches>\
<d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:{device}</wsa:Address></wsa:EndpointReference>\
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{address}</d:XAddrs>\
<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"""


class Discovery(asyncio.DatagramProtocol):
    """Answers probes while the camera's DiscoveryMode says so. Nothing is announced unasked."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = _MESSAGE_ID.search(data)
        camera = self._camera
        if camera.memory["discovery"] != "Discoverable" or not camera.serving or b"Probe" not in data or not found:
            return
        answer = _MATCHES.format(
            own=uuid.uuid4(),
            probe=escape(found[1].decode(errors="replace")),
            device=uuid.uuid5(uuid.NAMESPACE_OID, camera.config.serial + camera.config.mac),
            scopes=escape(" ".join((*device.PROFILES, *camera.memory["scopes"]))),
            address=camera.url("/onvif/device_service"),
        )
        if self._transport:
            self._transport.sendto(answer.encode(), addr)


async def listen(camera: Camera) -> None:
    """Join the group on the camera's own interface. Where there is no multicast, the camera is simply never found."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.setblocking(False)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(camera.memory["network.address"]))
    try:
        link.bind((GROUP, PORT))
        link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(camera.memory["network.address"]))
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: Discovery(camera), sock=link)
    except OSError as problem:
        link.close()
        camera.log(f"no discovery: {problem}")
