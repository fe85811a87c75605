"""Answers of real Dahua devices, typed from public repositories, and a server that plays them back with their statuses.

A key is "script action" or "script action name"; what isn't there is refused as that firmware does.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

BAD_REQUEST = (400, "Error\r\nBad Request!\r\n")
NOT_IMPLEMENTED = (501, "Error\r\nNot Implemented!\r\n")
DIGEST = 'Digest realm="Login to X", nonce="n", qop="auth"'
FORBIDDEN = (403, '{"error":{"code":403,"message":"Authority:check failure."},"result":false}')

# DH-NVR608H-128-4KS3/I: names that it doesn't know are "forbidden" (DVRTool, docs/device-config-discovery.md).
NVR608H = {
    "magicBox.cgi getSystemInfo": "deviceType=31\r\nprocessor=ST7108\r\nserialNumber=BD04CE2PAJ3B9BF\r\nupdateSerial=DH-NVR5232-4KS3/I\r\n",
    "magicBox.cgi getDeviceType": "type=DH-NVR608H-128-4KS3/I\r\n",
    "magicBox.cgi getSoftwareVersion": "version=5.001.0000000.2.R,build:2026-03-31\r\n",
    "magicBox.cgi getVendor": "vendor=Dahua\r\n",
    "configManager.cgi getConfig NTP": """table.NTP.Address=time.windows.com
table.NTP.Enable=true
table.NTP.Port=123
table.NTP.ServerList[0].Address=time.windows.com
table.NTP.ServerList[0].Enable=true
table.NTP.ServerList[1].Address=pool.ntp.org
table.NTP.ServerList[2].Address=
table.NTP.TimeZone=25
table.NTP.TimeZoneDesc=Easterntime
table.NTP.UpdatePeriod=60
""",
    "configManager.cgi getConfig Locales": "table.Locales.DSTEnable=false\r\ntable.Locales.DSTStart.Year=2026\r\n",
    "configManager.cgi getConfig General": """table.General.MachineName=Site B NVR
table.General.LockLoginEnable=true
table.General.LockLoginTimes=5
table.General.LoginFailLockTime=1800
""",
    "configManager.cgi getConfig Network": """table.Network.DefaultInterface=eth0
table.Network.Hostname=NVR608H
table.Network.bond0.IPAddress=0.0.0.0
table.Network.eth0.IPAddress=192.0.2.20
table.Network.eth0.SubnetMask=255.255.255.0
table.Network.eth0.DefaultGateway=192.0.2.1
table.Network.eth0.DhcpEnable=false
table.Network.eth0.DnsServers[0]=192.0.2.1
table.Network.eth0.DnsServers[1]=0.0.0.0
table.Network.eth0.PhysicalAddress=00:00:5e:00:53:20
table.Network.eth1.IPAddress=0.0.0.0
""",
    "global.cgi getCurrentTime": "result=2026-09-09 06:24:26\r\n",
    "userManager.cgi getUserInfoAll": """users[0].Group=admin
users[0].ID=1
users[0].Memo=admin 's account
users[0].Name=admin
users[0].Password=******
users[0].Reserved=true
users[1].Group=user
users[1].ID=2
users[1].Name=viewer1
""",
    # DHI-NVR5232-EI: slot n is channel n+1; unused ones say 192.168.0.0 (camera_import tests, DahuaBridge).
    "configManager.cgi getConfig RemoteDevice": """table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.Address=192.168.23.11
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.DeviceType=DH-IPC-HFW1431S1-A
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.Enable=true
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.Password=******
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.Port=37777
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.HttpPort=80
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.UserName=admin
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.ProtocolType=Dahua2
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_10.Address=192.168.23.21
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_10.Enable=true
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_10.ProtocolType=Onvif
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_28.Address=192.168.0.0
table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_28.Enable=false
""",
    "configManager.cgi getConfig ChannelTitle": "table.ChannelTitle[0].Name=stolb kamera\r\ntable.ChannelTitle[10].Name=IPC\r\n",
    "configManager.cgi getConfig RecordMode": """table.RecordMode[0].Mode=0
table.RecordMode[0].ModeExtra1=2
table.RecordMode[10].Mode=2
""",
    "configManager.cgi getConfig Record": "".join(
        f"table.Record[0].TimeSection[{day}][{n}]={'39 00:00:00-23:59:59' if n == 0 else '0 00:00:00-24:00:00'}\r\n"
        for day in range(8)
        for n in range(6)
    ),
    "LogicDeviceManager.cgi getCameraState": "states[0].channel=0\r\nstates[0].connectionState=Connected\r\n"
    "states[1].channel=10\r\nstates[1].connectionState=Unconnect\r\n",
    "storageDevice.cgi getDeviceAllInfo": """list.info[0].Detail[0].IsError=false
list.info[0].Detail[0].Path=/dev/sda0
list.info[0].Detail[0].TotalBytes=495636709376.000000
list.info[0].Detail[0].UsedBytes=495636709376.000000
list.info[0].Name=/dev/sda
list.info[0].State=Success
list.info[1].Detail[0].IsError=true
list.info[1].Detail[0].TotalBytes=1000.000000
list.info[1].State=Failure
""",
    "mediaFileFind.cgi factory.create": "result=2499970352\r\n",
    "mediaFileFind.cgi findFile": "OK\r\n",
    "mediaFileFind.cgi findNextFile": """found=3
items[0].Channel=0
items[0].StartTime=2026-04-29 00:00:00
items[0].EndTime=2026-04-29 00:30:02
items[0].FilePath=/mnt/dvr/2026-04-29/0/dav/00/1/0/134484/00.00.00-00.30.02[R][0@0][0].dav
items[0].Type=dav
items[0].VideoStream=Main
items[1].Channel=0
items[1].StartTime=2026-04-29 00:30:02
items[1].EndTime=2026-04-29 01:00:00
items[1].Type=dav
items[2].Channel=0
items[2].StartTime=2026-04-29 03:00:00
items[2].EndTime=2026-04-29 03:00:01
items[2].Type=jpg
""",
    "mediaFileFind.cgi close": "OK\r\n",
    "mediaFileFind.cgi destroy": "OK\r\n",
}

# iM5-SC with 2.800: Intelbras's relabel; capabilities in the old form (device inventory tests, Rust encoder tests).
IM5 = {
    "magicBox.cgi getSystemInfo": "appAutoStart=true\ndeviceType=iM5-SC\nhardwareVersion=1.00\nserialNumber=DVB0006008586\n",
    "magicBox.cgi getSoftwareVersion": "version=2.800.00IB01X.0.R\nbuild=2023-05-18\n",
    "magicBox.cgi getVendor": "vendor=IntelBras\n",
    "magicBox.cgi getMachineName": "name=DVB0006008586\n",
    "global.cgi getCurrentTime": "result=2026-7-2 7:09:05\n",
    "userManager.cgi getUserInfoAll": "users[0].Name=admin\nusers[0].Group=admin\n",
    "configManager.cgi getConfig NTP": """table.NTP.Enable=false
table.NTP.Address=time.windows.com
table.NTP.Port=123
table.NTP.TimeZone=22
""",
    "configManager.cgi getConfig Encode": """table.Encode[0].MainFormat[0].AudioEnable=true
table.Encode[0].MainFormat[0].Video.BitRate=1536
table.Encode[0].MainFormat[0].Video.BitRateControl=VBR
table.Encode[0].MainFormat[0].Video.Compression=H.264H
table.Encode[0].MainFormat[0].Video.FPS=20.000000
table.Encode[0].MainFormat[0].Video.GOP=40
table.Encode[0].MainFormat[0].Video.Height=1080
table.Encode[0].MainFormat[0].Video.Width=1920
table.Encode[0].ExtraFormat[0].AudioEnable=false
table.Encode[0].ExtraFormat[0].Video.Compression=H.264
table.Encode[0].ExtraFormat[0].Video.FPS=15
table.Encode[0].ExtraFormat[0].Video.resolution=640x480
table.Encode[0].ExtraFormat[0].Video.GOP=60
""",
    "encode.cgi getCaps": """headMain.Video.BitRateOptions=3,8192
headMain.Video.CompressionTypes=H.264,H.264H,H.265,MJPG
headMain.Video.FPSMax=30
headMain.Video.ResolutionTypes=720P,1080P,2688x1520,QFHD
headExtra.Video.BitRateOptions=768,4352
headExtra.Video.CompressionTypes=H.264,MJPG
headExtra.Video.FPSMax=15
headExtra.Video.ResolutionTypes=720P,1080P
""",
    "configManager.cgi getConfig ChannelTitle": "table.ChannelTitle[0].Name=Front Door|Side Gate\n",
    "configManager.cgi getConfig VideoWidget": "table.VideoWidget[0].ChannelTitle.EncodeBlend=true\n",
    "configManager.cgi getConfig SmartEncode": "table.SmartEncode[0].Enable=true\ntable.SmartEncode[0].Extra[0]=false\n",
}

# IPC-HDW1200S with 2.420, of 2016, and its memory card (open-nvr/open-nvr, server/tests/test_dahua_driver.py); summer time on.
HDW1200S = {
    "magicBox.cgi getSystemInfo": "deviceType=IPC-HDW1200S\r\nserialNumber=ABC123\r\nhardwareVersion=1.00\r\n",
    "magicBox.cgi getSoftwareVersion": "version=2.420.0000.0.R\r\nbuild=2016-01-01\r\n",
    "configManager.cgi getConfig Network": """table.Network.DefaultInterface=eth0
table.Network.eth0.PhysicalAddress=90:02:a9:11:22:33
table.Network.eth0.IPAddress=192.168.1.108
table.Network.eth0.SubnetMask=255.255.255.0
table.Network.eth0.DefaultGateway=192.168.1.1
table.Network.eth0.DhcpEnable=false
table.Network.eth0.DnsServers[0]=8.8.8.8
""",
    "configManager.cgi getConfig NTP": "table.NTP.Enable=false\ntable.NTP.Address=time.windows.com\ntable.NTP.TimeZone=22\n",
    "configManager.cgi getConfig Locales": "table.Locales.DSTEnable=true\ntable.Locales.TimeFormat=dd-MM-yyyy HH:mm:ss",
    "storageDevice.cgi getDeviceAllInfo": "list.info[0].Name=/dev/mmc0\r\nlist.info[0].State=Normal\r\n"
    "list.info[0].Detail[0].TotalBytes=32000000000.000000\r\nlist.info[0].Detail[0].UsedBytes=8000000000.000000\r\n",
    "userManager.cgi getUserInfoAll": "users[0].Name=admin\r\nusers[0].Group=admin\r\nusers[1].Name=guest\r\nusers[1].Group=user\r\n",
}

# A CP Plus recorder, whose slots are counted, have no titles of their own and the SDK's port (wisp, tests of its nvr module).
CP_UNR = {
    "magicBox.cgi getSystemInfo": "deviceType=CP-UNR-4K4162\r\nserialNumber=X1\r\n",
    "magicBox.cgi getVendor": "vendor=CPPLUS\r\n",
    "configManager.cgi getConfig RemoteDevice": """table.RemoteDevice[0].Address=172.168.103.201
table.RemoteDevice[0].Port=37777
table.RemoteDevice[0].DeviceName=GATE-EAST
table.RemoteDevice[0].Enable=true
table.RemoteDevice[0].Password=cam-secret-1
table.RemoteDevice[2].Address=172.168.103.209
table.RemoteDevice[2].Enable=true
table.RemoteDevice[3].Address=172.168.103.204
table.RemoteDevice[3].Enable=false
table.RemoteDevice[3].DeviceName=OLD-CAM
table.RemoteDevice[7].Address=172.168.103.208
table.RemoteDevice[7].Enable=true
table.RemoteDevice[9].Address=
table.RemoteDevice[9].Enable=true
""",
    "configManager.cgi getConfig ChannelTitle": "table.ChannelTitle[7].Name=BUS STAND\ntable.ChannelTitle[8].Name=UNUSED SLOT\n",
    "LogicDeviceManager.cgi getCameraState": """list.info[0].channel=0
list.info[0].connectionState=Connected
list.info[1].channel=7
list.info[1].connectionState=Unconnected
list.info[2].channel=2
list.info[2].connectionState=Sleeping
""",
    "storageDevice.cgi getDeviceAllInfo": "list.info=0\r\n",
    "userManager.cgi getUserInfoAll": "users[0].Name=admin\r\nusers[0].Group=admin\r\n",
}

# XVR5108HS-I3: cameras on its own sockets, which are no remote devices (nightshift_edge, tests of its probe).
XVR5108 = {
    "magicBox.cgi getSystemInfo": "deviceType=XVR5108HS-I3\r\nserialNumber=7L03CE2PAZ1B4F5\r\n",
    "magicBox.cgi getVendor": "vendor=Dahua\r\n",
    "magicBox.cgi getSoftwareVersion": "version=4.001.0000000.4\r\nBuildDate=2022-06-20\r\n",
    "configManager.cgi getConfig ChannelTitle": "".join(f"table.ChannelTitle[{n}].Name=Kamera{n + 1}\r\n" for n in range(3)),
    "configManager.cgi getConfig RecordMode": "table.RecordMode[0].Mode=1\r\ntable.RecordMode[1].Mode=2\r\n",
    "configManager.cgi getConfig RemoteDevice": "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_2.Address=192.168.1.65\r\n"
    "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_2.Enable=true\r\n",
    "userManager.cgi getUserInfoAll": "users[0].Name=admin\r\nusers[0].Group=admin\r\n",
}

# DHI-NVR5832-EI: one array, no disks (dahua_monitor, tests of its CGI driver).
NVR5832 = {
    "magicBox.cgi getSystemInfo": "deviceType=DHI-NVR5832-EI\r\nserialNumber=X\r\n",
    "storageDevice.cgi getDeviceAllInfo": "".join(
        f"list.info[0].Detail[{n}].IsError=false\r\nlist.info[0].Detail[{n}].Path=/dev/md0{n}\r\n"
        f"list.info[0].Detail[{n}].TotalBytes=13998054440960.000000\r\nlist.info[0].Detail[{n}].UsedBytes={used}.000000\r\n"
        for n, used in enumerate(("1445480890368", "0", "0", "0"))
    )
    + "list.info[0].HealthDataFlag=0\r\nlist.info[0].Name=/dev/md0\r\nlist.info[0].State=Success\r\n",
    "userManager.cgi getUserInfoAll": "users[0].Name=admin\r\nusers[0].Group=admin\r\n",
}


@dataclass
class Device:
    """A device played back: its port, what was asked of it, and each order that wasn't a question."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    reused: int = 0
    """How often a nonce came back on another connection than the one it was given on."""


@contextmanager
def played(answers: dict[str, str], refusal: tuple[int, str], scheme: str = DIGEST, closing: bool = False) -> Iterator[Device]:
    """The answers behind a login that takes any password; ``closing``: each connection is closed, and its nonce ends with it."""
    device = Device()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        nonces: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            words = [parts.path.rpartition("/")[2], query.get("action", ""), query.get("name", "")]
            key = " ".join(w for w in words if w)
            login = self.headers.get("Authorization")
            if login is None or (closing and not any(f'"{n}"' in login for n in self.nonces[-1:])):
                device.reused += login is not None
                self.nonces.append(secrets.token_hex(4))
                self._say(401, "", scheme.replace('nonce="n"', f'nonce="{self.nonces[-1]}"') if closing else scheme)
                return
            device.asked.append(key)
            self._say(*((200, answers[key]) if key in answers else refusal))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say(404, "")

        def _say(self, status: int, text: str, challenge: str = "") -> None:
            body = text.encode()
            head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n"
            if closing and not challenge:
                self.nonces.append("used")
                head += "Connection: close\r\n"
                self.close_connection = True
            head += f"WWW-Authenticate: {challenge}\r\n" if challenge else ""
            self.wfile.write(head.encode() + b"\r\n" + body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    device.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield device
    finally:
        server.shutdown()
        server.server_close()
