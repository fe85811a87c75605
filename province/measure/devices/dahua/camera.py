"""A Dahua camera's settings (or a relabel's) read from outside by its CGI, in the words of province.measure.devices.onvif.camera.

By a reader that has no part in writing them.
"""

import re

from province.measure.devices import maker
from province.measure.devices.able import able, lacks, suits
from province.measure.devices.dahua import cgi
from province.measure.devices.dahua.cgi import Cgi, Table
from province.measure.devices.errors import AuthRejected, DeviceError
from province.measure.devices.logins import Ledger
from province.measure.devices.onvif import view
from province.measure.evidence import Able, CameraEvidence, CameraReading, Clock, Encoder, Failed, Settings, failed
from province.measure.request import SettingsTask

LEVELS = {"admin": "Administrator", "user": "User"}
CODECS = (("h.264", "h264"), ("h264", "h264"), ("h.265", "h265"), ("h265", "h265"), ("mjpg", "mjpeg"), ("mjpeg", "mjpeg"))
SIZES = {
    "1080p": (1920, 1080),
    "720p": (1280, 720),
    "d1": (704, 576),
    "cif": (352, 288),
    "vga": (640, 480),
    "4k": (3840, 2160),
    "1.3m": (1280, 960),
}
SWITCHES = {
    "upnp": "UPnP", "p2p": "T2UServer", "ssh": "SSHD", "telnet": "Telnet", "snmp": "SNMP", "multicast": "Multicast", "wifi": "WLan",
    "email": "Email", "bonjour": "Bonjour", "ftp": "NAS",
}  # fmt: skip
"""Service -> the configuration that has its switch."""
SMART = ("SmartEncode", "AICoding")


def measure(task: SettingsTask, ledger: Ledger) -> CameraReading:
    """Each part for itself: one may fail and others not."""
    device = Cgi(task["host"], task["port"])

    def read(system: Table, found: CameraEvidence) -> Settings | Failed:
        ntp, locales = device.config("NTP"), device.config("Locales")
        found["clock"] = _clock(device, ntp, locales)
        return _settings(device, system, ntp, task, ledger)

    return maker.measure(task, ledger, device, read, silent=("unreachable", "timeout", "protocol"))


def _clock(device: Cgi, ntp: Table | None, locales: Table | None) -> Clock | Failed:
    try:
        return cgi.clock(device, cgi.east(ntp, locales))
    except AuthRejected:
        raise
    except DeviceError as error:
        return failed(error.reason, error.detail)


def _settings(device: Cgi, system: Table, ntp: Table | None, task: SettingsTask, ledger: Ledger) -> Settings | Failed:
    users = device.maybe("userManager", "getUserInfoAll")
    if users is None:
        return failed("no_permission")
    listed = [(users.get(f"users[{n}].name"), users.get(f"users[{n}].group", "")) for n in cgi.indices(users, "users")]
    encode, titles, general = device.config("Encode") or {}, device.config("ChannelTitle"), device.config("General") or {}
    found: Settings = {"ok": True, "scheme": "digest", "maker": "Dahua", "model": system.get("devicetype")}
    found["accounts"] = {name: LEVELS.get(group.lower(), group) for name, group in listed if name}
    found["name"] = general.get("general.machinename") or (device.maybe("magicBox", "getMachineName") or {}).get("name", "")
    if ntp is not None:
        servers = [ntp["ntp.address"]] if ntp.get("ntp.address") else []
        found["ntp"] = {"servers": servers, "from_dhcp": False, "on": cgi.true(ntp.get("ntp.enable"))}
    main, sub = (_encoder(encode, f"encode[0].{form}[0]") for form in ("mainformat", "extraformat"))
    found["encoders"] = {"main": main, "sub": sub}
    found["smart_codec"] = _smart(device)
    found["osd"] = _texts(device, titles)
    found["services"] = _services(device)
    can = _able(device, "main")
    found["able"] = can
    if not suits(sub, task):
        found["able_sub"] = _able(device, "extra")
    found["lacks"] = lacks(can, task.get("least", {}))
    port = cgi.number((device.config("RTSP") or {}).get("rtsp.port")) or 554
    found["stream"] = {"port": port, "path": "/cam/realmonitor?channel=1&subtype=0"}
    found["sub_stream"] = {"port": port, "path": "/cam/realmonitor?channel=1&subtype=1"} if sub else None
    if discovery := view.discovery(task, ledger):
        found["discovery"] = discovery
    found["viewer_login"] = maker.viewer(device, task, ledger)
    return found


def _encoder(encode: Table, prefix: str) -> Encoder | None:
    def video(name: str) -> str | None:
        return encode.get(f"{prefix}.video.{name}")

    if video("compression") is None or cgi.true(encode.get(f"{prefix}.videoenable")) is False:
        return None
    width, height = cgi.number(video("width")), cgi.number(video("height"))
    if not (width and height):
        width, height = size(video("resolution")) or (None, None)
    word = str(video("compression")).lower()
    return {
        "codec": next((name for begins, name in CODECS if word.startswith(begins)), word),
        "width": width,
        "height": height,
        "fps": cgi.number(video("fps")),
        "gov": cgi.number(video("gop")),
        "bitrate_kbps": cgi.number(video("bitrate")),
    }


def size(word: str | None) -> tuple[int, int] | None:
    """ "1920x1080", "1080P"; None for a word that isn't known."""
    found = re.search(r"(\d{2,5})\s*[xX*]\s*(\d{2,5})", word or "")
    return (int(found[1]), int(found[2])) if found else SIZES.get((word or "").strip().lower())


def _smart(device: Cgi) -> bool | None:
    flags = [cgi.true(table.get(f"{name.lower()}[0].enable")) for name in SMART if (table := device.config(name)) is not None]
    told = [flag for flag in flags if flag is not None]
    return any(told) if told else None


def _texts(device: Cgi, titles: Table | None) -> list[str] | None:
    """The channel's title, where it is blended into the picture; "|" parts its lines."""
    if titles is None:
        return None
    widget = device.config("VideoWidget") or {}
    if cgi.true(widget.get("videowidget[0].channeltitle.encodeblend")) is False:
        return []
    title = titles.get("channeltitle[0].name", "")
    return [line for line in title.split("|") if line]


def _services(device: Cgi) -> dict[str, bool]:
    """A service's own Enable, or else those of its parts."""
    found = {}
    for service, name in SWITCHES.items():
        table = device.config(name) or {}
        switches = {key: value for key, value in table.items() if key.endswith(".enable")}
        own = {key: value for key, value in switches.items() if key.count(".") == 1}
        told = [on for value in (own or switches).values() if (on := cgi.true(value)) is not None]
        if told:
            found[service] = any(told)
    return found


def _able(device: Cgi, stream: str) -> Able:
    """By getConfigCaps; `stream` is "main" or "extra". It tells the most pictures between two keyframes, not the least."""
    caps = device.maybe("encode", "getConfigCaps") or device.maybe("encode", "getCaps") or {}
    told = {key: value for key, value in caps.items() if f"{stream}format[0].video." in key or f"head{stream}.video." in key}
    codecs = ",".join(value for key, value in told.items() if "compressiontypes" in key).lower()
    words = ",".join(value for key, value in told.items() if "resolutiontypes" in key).split(",")
    rates = [rate for key, value in told.items() if key.endswith("fpsmax") and (rate := cgi.number(value))]
    return able(re.findall(r"h26[45]|mjpe?g", codecs.replace(".", "")), [found for word in words if (found := size(word))], rates)
