"""The troubles that a simulated camera can be told to make, as a table: name -> (default, what it does).

Sources are issue threads, ``owner/repo#number``. Flags are read when needed, so the control socket may change them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lab.camera.onvif_flags import ONVIF_FLAGS


class Flag(NamedTuple):
    default: Any
    what: str


FLAGS: dict[str, Flag] = {
    # Logins
    "wss_window_s": Flag(5.0, "WS-Security's created-time may differ from the camera's clock by this (home-assistant/core#121952)"),
    "wss_created_max": Flag(0, "created-time longer than this many characters is refused; 0: any length (onvif-rs#114)"),
    "wss_nonce_max": Flag(0, "nonce longer than this many bytes is refused; 0: any length (onvif-rs#114)"),
    "digest_only": Flag(False, "WS-Security is ignored, only HTTP digest counts (agsh/onvif#294)"),
    "wss_only": Flag(False, "HTTP digest is ignored, only WS-Security counts"),
    "denied_status": Flag(400, "HTTP status of a fault that says NotAuthorized"),
    "lockout": Flag(
        {"after": 5, "seconds": 300},
        "bad passwords in a row until every login is refused; after 0: never (agsh/onvif#501)",
    ),
    "password_min": Flag(0, "shorter passwords are refused"),
    "password_max": Flag(0, "longer passwords are refused; 0: any length (home-assistant/core#39086)"),
    "password_cut": Flag(0, "longer passwords are accepted and cut; 0: never"),
    "pre_auth_closed": Flag(False, "even GetSystemDateAndTime wants a login"),
    # Addresses
    "foreign_address": Flag("", "services and streams name this host instead of the camera's own (python-onvif-zeep#61)"),
    "unescaped_amp": Flag(False, "stream addresses carry a bare & (zoneminder#3767)"),
    # Writes. Names are paths of the state; a name covers what is under it.
    "accepts_and_forgets": Flag([], "200 OK and nothing changed (device-onvif-camera#26 #27, agsh/onvif#290 #348 #283)"),
    "forgets_on_reboot": Flag([], "kept until the next reboot"),
    "reboot_on": Flag([], "in force only after a reboot"),
    "partial_write_refused": Flag(False, "an encoder write must bring back Name, UseCount, Multicast, SessionTimeout (onvif#34)"),
    "multicast_zero_refused": Flag(False, "an encoder write with multicast address 0.0.0.0 is refused (onvif#34)"),
    "osd_text_max": Flag(0, "longer OSD texts are refused, and no option says so; 0: any length (agsh/onvif#54)"),
    "write_faults": Flag({}, 'operation -> fault subcode: the operation always fails, e.g. {"SetNTP": "ter:ActionNotSupported"}'),
    # What it can and what it says
    "h264_missing": Flag(False, "MJPEG only: an obsolete camera"),
    "h265_missing": Flag(False, "no H.265"),
    "media2_missing": Flag(False, "no Media2 service"),
    "onvif_off": Flag(False, "no ONVIF at all: 404"),
    "services_fault": Flag(False, "GetServices is refused, GetCapabilities works"),
    "absurd_limits": Flag(False, "options with limits of 2147483647 (agsh/onvif#233)"),
    "no_multicast": Flag(False, "encoder configurations leave Multicast out"),
    "max_width": Flag(0, "no picture wider than this is on offer; 0: the make's own"),
    "min_gop": Flag(1, "no fewer pictures between two keyframes than this"),
    "rates": Flag([], "frame rates on offer in place of the make's; another is rounded down to one of them without a word"),
    "local_time_as_utc": Flag(False, "the local time stands in UTCDateTime (majestic-webui#292)"),
    "no_clock": Flag(False, "SetSystemDateAndTime and SetNTP are not there"),
    "clock_lost_on_reboot": Flag(False, "no battery: the factory's clock after a reboot"),
    # Dahua's CGI. Names are of configurations ("Encode") and scripts ("encode.cgi").
    "cgi_off": Flag(False, "no CGI at all: 404"),
    "cgi_uninitialised": Flag(False, "never given a password: no login works, and DevInit.getStatus says so"),
    "cgi_basic": Flag(False, "HTTP Basic only (IPC-HFW4300S with 2.420: rroller/dahua#583)"),
    "cgi_nonce_once": Flag(False, "each nonce is taken once, each connection closed (NVR5464: rroller/dahua#597)"),
    "cgi_lock_reported": Flag(True, "a locked device says so, and for how long"),
    "cgi_missing": Flag([], "configurations and scripts that this firmware doesn't have"),
    "cgi_missing_status": Flag(400, "HTTP status for what isn't there: 400 old, 501 new firmware (aiodahua)"),
    "cgi_forbidden": Flag([], "configurations that are refused with 403, unknown and forbidden alike (DH-NVR608H)"),
    "cgi_stale_reads": Flag(0, "so many reads after a write show the old (rroller/dahua#687)"),
    "cgi_one_way": Flag({}, 'values that are taken and not kept: {"UPnP.Enable": "false"}'),
    "cgi_encoding": Flag("utf-8", "of titles: gb18030 and latin-1 on old firmware"),
    "cgi_odd_blanks": Flag(False, "blanks around keys and values, empty lines"),
    "cgi_bracket_slots": Flag(False, "a recorder's slots are RemoteDevice[0], not RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0"),
    "cgi_literal_brackets": Flag(False, "%5B in an address is not undone (2.420: tchellomello/python-amcrest#155)"),
    "cgi_old_caps": Flag(False, "encode.cgi has only getCaps, and its keys begin with headMain"),
    # Hikvision's ISAPI (lab.camera.isapi). Paths are those under /ISAPI/.
    "isapi_off": Flag(False, "no ISAPI: 404"),
    "psia": Flag(False, "firmware from before ISAPI: only /PSIA/ answers"),
    "isapi_namespace": Flag("http://www.hikvision.com/ver20/XMLSchema", "of every document; ver10, www.isapi.org, or none"),
    "isapi_json": Flag(False, "ResponseStatus comes as JSON"),
    "isapi_missing": Flag([], "paths that this firmware doesn't have: 403 notSupport"),
    "isapi_put_refused": Flag([], "paths that can be read and not written: 403 notSupport, where the sub-resource may work"),
    "isapi_reboot_on": Flag([], "paths whose write answers statusCode 7, Reboot Required (see reboot_on)"),
    "isapi_identity_short": Flag(False, "deviceInfo is taken only without what can't be set"),
    "isapi_login_password": Flag(False, "a change of accounts wants the administrator's password again"),
    "isapi_viewer_401": Flag(False, "who may not is told 401, like a wrong password, instead of 403 lowPrivilege"),
    "isapi_lock_reported": Flag(True, "a refused login tells the lock, its seconds and the tries that are left"),
    "isapi_naive_time": Flag(False, "the local time comes without its offset"),
    "isapi_no_gov": Flag(False, "streams have keyFrameInterval in ms and no GovLength"),
    "isapi_basic": Flag(False, "only HTTP Basic is offered"),
    "isapi_qop": Flag(True, "the digest challenge has qop; false: RFC 2069"),
    "isapi_algorithm": Flag("MD5", "of the digest: MD5 or SHA-256"),
    "isapi_nonce_once": Flag(False, "each nonce is taken once"),
    "isapi_stale_reported": Flag(True, "an old nonce is told as stale"),
    "onvif_own_accounts": Flag(False, "ONVIF has accounts of its own, not the device's"),
    # Recorders (lab.recorder)
    "disk_failed": Flag(False, "the disk tells an error, and nothing is recorded"),
    "disk_full": Flag(False, "the disk tells that it is full; nothing is recorded where the oldest may not go"),
    "channel_offline": Flag([], "channels that tell no picture, whatever their cameras do"),
    "search_page": Flag(40, "recordings found at once"),
    "search_wide_fails": Flag(False, "a search over more than two days ends in an error"),
    "search_repeats": Flag(False, "each page of a search is the first"),
    "search_utc": Flag(False, "found times are in UTC, as their Z says"),
    # Streams
    "smart_codec": Flag(False, "rate halved and keyframes four times as far apart as the settings say (frigate#8881)"),
    "udp_vanishes": Flag(False, "RTSP over UDP is set up and never arrives (rtsp-camera-view#28)"),
    "udp_refused": Flag(False, "RTSP over UDP is refused with 461"),
    # Slowness
    "slow_ms": Flag(0, "each HTTP answer waits this long"),
    "hang": Flag(False, "HTTP connections are accepted and never answered"),
    "rtsp_hang": Flag(False, "RTSP connections are accepted and never answered"),
    "reboot_s": Flag(1.0, "a reboot takes this long"),
    **{name: Flag(*row) for name, row in ONVIF_FLAGS.items()},
}


class Personality:
    """The flags of one camera; ``flags["name"]`` is the value in force, and an unknown name is a KeyError."""

    def __init__(self, chosen: dict[str, Any]) -> None:
        self._chosen: dict[str, Any] = {}
        for name, value in chosen.items():
            self[name] = value

    def __getitem__(self, name: str) -> Any:
        return self._chosen.get(name, FLAGS[name].default)

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in FLAGS:
            raise KeyError(f"no such personality flag: {name}")
        self._chosen[name] = value

    def covers(self, name: str, path: str) -> bool:
        """Whether the list of state paths under flag ``name`` covers ``path``."""
        return any(path == entry or path.startswith(entry + ".") for entry in self[name])

    def chosen(self) -> dict[str, Any]:
        return dict(self._chosen)
