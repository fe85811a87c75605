"""The area "cgi" of a Dahua camera's memory: settings that ONVIF doesn't have, by the name of their configuration.

Steps "#0" are indexes (``cgi_values``). Real devices' answers gave the names: rroller/dahua, tchellomello/python-amcrest,
RCooLeR/DahuaBridge, brianegge/aiodahua.
"""

from __future__ import annotations

from typing import Any

from lab.camera.config import Config

WIDGET = {"EncodeBlend": True, "PreviewBlend": True, "Rect": {"#0": 0, "#1": 0, "#2": 0, "#3": 0}}


def factory(config: Config) -> dict[str, Any]:
    return {
        "cgi": {
            "General": {
                "LocalNo": 8,
                "LockLoginEnable": True,
                "LockLoginTimes": 5,
                "LoginFailLockTime": 300,
                "MachineName": config.serial,
                "MaxOnlineTime": 3600,
            },
            "NTP": {"Port": 123, "TimeZoneDesc": "London", "UpdatePeriod": 10},
            "Locales": {"TimeFormat": "yyyy-MM-dd HH:mm:ss"},
            "SmartEncode": {"#0": {"Enable": False, "Extra": {"#0": False}}},
            "VideoWidget": {
                "#0": {
                    "ChannelTitle": dict(WIDGET),
                    "TimeTitle": {**WIDGET, "ShowWeek": False},
                    "CustomTitle": {"#0": {**WIDGET, "EncodeBlend": False, "Text": ""}},
                }
            },
            "UPnP": {
                "Enable": True,
                "MapTable": {"#0": {"Enable": True, "InnerPort": 80, "OuterPort": 80, "Protocol": "TCP", "ServiceName": "HTTP"}},
            },
            "T2UServer": {"Enable": True, "RegisterServer": "www.easy4ipcloud.com:8800"},
            "SSHD": {"Enable": False},
            "Telnet": {"Enable": False},
            "SNMP": {"Enable": False, "Port": 161, "ReadCommon": "public"},
            "Bonjour": {"Enable": True, "ServiceName": config.serial},
            "Email": {"Enable": False, "Address": "none"},
            "Multicast": {
                "RTP": {"#0": {"Enable": True, "MulticastAddr": "224.1.2.4", "Port": 40000}},
                "DHII": {"#0": {"Enable": True, "MulticastAddr": "239.255.42.42", "Port": 36666}},
            },
            "NAS": {"#0": {"Enable": False, "Protocol": "FTP", "Address": "ftpaddress"}},
            "UserGlobal": {"OnvifLoginCheck": True},
        }
    }


SWITCHES = {
    "upnp": ("UPnP",), "p2p": ("T2UServer",), "ssh": ("SSHD",), "telnet": ("Telnet",), "snmp": ("SNMP",), "bonjour": ("Bonjour",),
    "email": ("Email",), "ftp": ("NAS", "#0"), "multicast": ("Multicast",),
}  # fmt: skip
"""Service, in plain words -> the table that has its switches."""


def settings(doc: dict[str, Any]) -> dict[str, Any]:
    """What this area says of the device, in the words of `lab.camera.settings`."""
    own = doc["cgi"]
    services = {}
    for service, (table, *steps) in SWITCHES.items():
        if table in own:
            services[service] = _any_on(own[table]["#0"] if steps else own[table])
    found = {"name": own["General"]["MachineName"], "services": services}
    return {**found, "smart_codec": smart(doc)} if "SmartEncode" in own else found


def _any_on(table: dict[str, Any]) -> bool:
    """By the switch of the table itself; one that has none is on if any of its rows is."""
    if "Enable" in table:
        return bool(table["Enable"])
    return any(_any_on(part) for part in table.values() if isinstance(part, dict))


def smart(memory: dict[str, Any]) -> bool:
    """Whether the camera's smart codec is on."""
    return bool("cgi" in memory and memory["cgi"]["SmartEncode"]["#0"]["Enable"])
