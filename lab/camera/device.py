"""ONVIF's device service (ver10/device/wsdl): identity, clock, scopes, discovery, reboot; the rest is in device_*.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lab.camera import makes
from lab.camera.clock import utc_offset_s
from lab.camera.device_network import NETWORK_OPERATIONS
from lab.camera.device_users import MAX_USERS, USER_OPERATIONS
from lab.camera.shape import Camera, Operation
from lab.camera.xml import NS, Fault, Request, boolean, integer, invalid, x

PROFILES = (
    "onvif://www.onvif.org/Profile/Streaming",
    "onvif://www.onvif.org/Profile/T",
    "onvif://www.onvif.org/type/video_encoder",
)


def get_information(camera: Camera, request: Request) -> Any:
    make = makes.of(camera.config.make)
    return [
        x("tds:Manufacturer", make.maker),
        x("tds:Model", camera.config.model or make.model),
        x("tds:FirmwareVersion", make.firmware),
        x("tds:SerialNumber", camera.config.serial),
        x("tds:HardwareId", "88"),
    ]


def get_services(camera: Camera, request: Request) -> Any:
    if camera.flags["services_fault"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    wanted = boolean(request.text("tds:IncludeCapability"))
    return [
        x(
            "tds:Service",
            x("tds:Namespace", NS[s.prefix]),
            x("tds:XAddr", camera.url(s.path)),
            x("tds:Capabilities", s.operations["GetServiceCapabilities"].answer(camera, request)) if wanted else None,
            x("tds:Version", x("tt:Major", s.version[0]), x("tt:Minor", s.version[1])),
        )
        for s in camera.services()
    ]


def get_capabilities(camera: Camera, request: Request) -> Any:
    no = "false"
    device = x(
        "tt:Device",
        x("tt:XAddr", camera.url("/onvif/device_service")),
        x("tt:Network", *[x(f"tt:{n}", no) for n in ("IPFilter", "ZeroConfiguration", "IPVersion6", "DynDNS")]),
        x(
            "tt:System",
            *[
                x(f"tt:{n}", no)
                for n in (
                    "DiscoveryResolve",
                    "DiscoveryBye",
                    "RemoteDiscovery",
                    "SystemBackup",
                    "SystemLogging",
                    "FirmwareUpgrade",
                )
            ],
            x("tt:SupportedVersions", x("tt:Major", 2), x("tt:Minor", 60)),
        ),
        x("tt:IO", x("tt:InputConnectors", 0), x("tt:RelayOutputs", 0)),
        x(
            "tt:Security",
            *[
                x(f"tt:{n}", no)
                for n in (
                    "TLS1.1",
                    "TLS1.2",
                    "OnboardKeyGeneration",
                    "AccessPolicyConfig",
                    "X.509Token",
                    "SAMLToken",
                    "KerberosToken",
                    "RELToken",
                )
            ],
        ),
    )
    profile_g = [
        x(f"tt:{name}", x("tt:XAddr", camera.url(f"/onvif/{name}")))
        for name in (("Recording", "Search") if camera.flags["recordings"] else ())
    ]
    media = x(
        "tt:Media",
        x("tt:XAddr", camera.url("/onvif/Media")),
        x("tt:StreamingCapabilities", x("tt:RTPMulticast", no), x("tt:RTP_TCP", "true"), x("tt:RTP_RTSP_TCP", "true")),
    )
    categories = {element.text for element in request.all("tds:Category")} or {"All"}
    parts = {"Device": device} | ({} if camera.flags["media1_missing"] else {"Media": media})
    if profile_g:
        parts["Extension"] = x("tt:Extension", profile_g)
    unknown = categories - set(parts) - {"All"}
    if unknown:
        raise Fault(
            "ter:ActionNotSupported",
            "ter:NoSuchService",
            text=f"no such service: {', '.join(map(str, unknown))}",
            code="env:Receiver",
        )
    return x("tds:Capabilities", [part for name, part in parts.items() if {name, "All"} & categories])


def get_service_capabilities(camera: Camera, request: Request) -> Any:
    flags = camera.flags
    return x(
        "tds:Capabilities",
        x("tds:Network", IPFilter=False, IPVersion6=False, NTP=1, HostnameFromDHCP=False),
        x(
            "tds:Security",
            UsernameToken=not flags["digest_only"],
            HttpDigest=not flags["wss_only"],
            MaxUsers=MAX_USERS,
            MaxPasswordLength=(flags["password_max"] or flags["password_cut"]) if flags["password_limit_reported"] else None,
            DefaultAccessPolicy=True,
        ),
        x("tds:System", DiscoveryResolve=False, DiscoveryBye=False, RemoteDiscovery=False, FirmwareUpgrade=False),
    )


def _when(tag: str, moment: datetime) -> Any:
    return x(
        tag,
        x("tt:Time", x("tt:Hour", moment.hour), x("tt:Minute", moment.minute), x("tt:Second", moment.second)),
        x("tt:Date", x("tt:Year", moment.year), x("tt:Month", moment.month), x("tt:Day", moment.day)),
    )


def get_clock(camera: Camera, request: Request) -> Any:
    utc, local = camera.clock.utc(), camera.clock.local()
    clock = camera.memory["clock"]
    return x(
        "tds:SystemDateAndTime",
        x("tt:DateTimeType", clock["type"]),
        x("tt:DaylightSavings", clock["daylight"]),
        x("tt:TimeZone", x("tt:TZ", clock["timezone"])),
        None if camera.flags["utc_missing"] else _when("tt:UTCDateTime", local if camera.flags["local_time_as_utc"] else utc),
        _when("tt:LocalDateTime", local),
    )


def set_clock(camera: Camera, request: Request) -> Any:
    if camera.flags["no_clock"]:
        raise Fault("ter:ActionNotSupported", code="env:Receiver")
    kind = request.text("tds:DateTimeType")
    zone = request.text("tds:TimeZone/tt:TZ", camera.memory["clock.timezone"])
    if camera.flags["zones"] and request.find("tds:TimeZone") is not None and zone not in camera.flags["zones"]:
        raise invalid("ter:InvalidTimeZone", text="Invalid data")
    try:
        utc_offset_s(zone)
    except ValueError:
        raise invalid("ter:InvalidTimeZone", text=f"not a POSIX time zone: {zone}") from None
    change = {"type": kind, "timezone": zone, "daylight": boolean(request.text("tds:DaylightSavings"))}
    if kind == "Manual":
        year, month, day, hour, minute, second = (
            integer(request.text(f"tds:UTCDateTime/tt:{part}"))
            for part in (
                "Date/tt:Year",
                "Date/tt:Month",
                "Date/tt:Day",
                "Time/tt:Hour",
                "Time/tt:Minute",
                "Time/tt:Second",
            )
        )
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise invalid("ter:InvalidDateTime") from None
        change["offset_s"] = round(moment.timestamp() - camera.clock.now() + camera.memory["clock.offset_s"], 6)
    elif kind != "NTP":
        raise invalid("ter:InvalidArgs", text=f"no such DateTimeType: {kind}")
    camera.memory.write("clock", change)


def get_scopes(camera: Camera, request: Request) -> Any:
    fixed = (*PROFILES, f"onvif://www.onvif.org/hardware/{camera.config.model or makes.of(camera.config.make).model}")
    return [
        x("tds:Scopes", x("tt:ScopeDef", kind), x("tt:ScopeItem", item))
        for kind, items in (("Fixed", fixed), ("Configurable", camera.memory["scopes"]))
        for item in items
    ]


def set_scopes(camera: Camera, request: Request) -> Any:
    if camera.flags["scopes_one_by_one"]:
        raise Fault("ter:OperationProhibited", "ter:ScopeOverwrite")
    camera.memory.write("scopes", [str(e.text).strip() for e in request.all("tds:Scopes")])


def add_scopes(camera: Camera, request: Request) -> Any:
    scopes = list(camera.memory["scopes"])
    scopes += [s for s in (str(e.text).strip() for e in request.all("tds:ScopeItem")) if s not in scopes]
    camera.memory.write("scopes", scopes)


def remove_scopes(camera: Camera, request: Request) -> Any:
    gone = [str(e.text).strip() for e in request.all("tds:ScopeItem")]
    if set(gone) & set(PROFILES):
        raise Fault("ter:OperationProhibited", "ter:FixedScope")
    if not set(gone) <= set(camera.memory["scopes"]):
        raise invalid("ter:NoScope")
    camera.memory.write("scopes", [s for s in camera.memory["scopes"] if s not in gone])
    return [x("tds:ScopeItem", scope) for scope in gone]


def get_discovery(camera: Camera, request: Request) -> Any:
    return x("tds:DiscoveryMode", camera.memory["discovery"])


def set_discovery(camera: Camera, request: Request) -> Any:
    mode = request.text("tds:DiscoveryMode")
    if mode not in ("Discoverable", "NonDiscoverable"):
        raise invalid("ter:InvalidArgs", text=f"no such DiscoveryMode: {mode}")
    camera.memory.write("discovery", mode)


def reboot(camera: Camera, request: Request) -> Any:
    camera.soon(camera.reboot)
    return x("tds:Message", f"Rebooting in {camera.flags['reboot_s']} seconds")


def factory_default(camera: Camera, request: Request) -> Any:
    camera.memory.reset(keep_network=request.text("tds:FactoryDefault") == "Soft")
    camera.soon(camera.reboot)


def get_wsdl_url(camera: Camera, request: Request) -> Any:
    return x("tds:WsdlUrl", "http://www.onvif.org/ver10/device/wsdl/devicemgmt.wsdl")


OPERATIONS: dict[str, Operation] = {
    "GetSystemDateAndTime": Operation("PRE_AUTH", get_clock),
    "SetSystemDateAndTime": Operation("WRITE_SYSTEM", set_clock),
    "GetServices": Operation("PRE_AUTH", get_services),
    "GetCapabilities": Operation("PRE_AUTH", get_capabilities),
    "GetServiceCapabilities": Operation("PRE_AUTH", get_service_capabilities),
    "GetWsdlUrl": Operation("PRE_AUTH", get_wsdl_url),
    "GetDeviceInformation": Operation("READ_SYSTEM", get_information),
    "GetScopes": Operation("READ_SYSTEM", get_scopes),
    "SetScopes": Operation("WRITE_SYSTEM", set_scopes),
    "AddScopes": Operation("WRITE_SYSTEM", add_scopes),
    "RemoveScopes": Operation("WRITE_SYSTEM", remove_scopes),
    "GetDiscoveryMode": Operation("READ_SYSTEM", get_discovery),
    "SetDiscoveryMode": Operation("WRITE_SYSTEM", set_discovery),
    "SystemReboot": Operation("UNRECOVERABLE", reboot),
    "SetSystemFactoryDefault": Operation("UNRECOVERABLE", factory_default),
    **USER_OPERATIONS,
    **NETWORK_OPERATIONS,
}
