"""Which measurements are asked of which machine: from the inventory's subjects to ketnoi-measure's tasks. Pure.

Logins go into tasks and nowhere else; a task is written to stdin of the machine that measures, never to a file.
"""

from collections.abc import Iterable, Mapping

from province.measure.evidence import CameraEvidence, Failed, Settings, SiteEvidence
from province.measure.request import Account, Accounts, DeviceTask, FootageTask, RecorderTask, SettingsTask, StreamTask, SwitchTask, Task
from province.measure.subjects import Camera, Recorder, Site, Switch
from province.standard.checks import Standard

Logins = Mapping[tuple[str, int], Accounts]
"""(facility's code, slot) -> {"admin": {user, password}, "viewer": {...}}."""
Factory = Mapping[str, list[Account]]
"""Make -> its factory logins."""


def first(sites: Iterable[Site], standard: Standard, logins: Logins, factory: Factory, through_tunnel: bool) -> list[Task]:
    """Boxes, settings, recorders and switches; measured at the hub (or here, where there is no tunnel).

    Where the facility lets nobody at a device, nothing is sent there.
    """
    tasks: list[Task] = []
    for site in sites:
        if through_tunnel:
            tasks.append({"kind": "tunnel", "site": site.code, "camera": None, "host": site.tunnel_address})
            tasks.append(
                {
                    "kind": "box",
                    "site": site.code,
                    "camera": None,
                    "host": site.tunnel_address,
                    "host_key": site.host_key,
                    "ports": standard.threshold("box_ports", "tried", []),
                }
            )
        tasks += [_settings(site, camera, standard, logins, factory) for camera in site.cameras if not camera.no_access]
        tasks += [_recorder(site, recorder, standard, logins) for recorder in site.network_recorders if not recorder.no_access]
        if not through_tunnel:  # a box lets nobody through to a switch: elsewhere it is asked itself (box_view)
            tasks += [_switch(site, switch) for switch in site.switches if not switch.no_access]
    return tasks


def _settings(site: Site, camera: Camera, standard: Standard, logins: Logins, factory: Factory) -> SettingsTask:
    return {
        **_device(site, camera, logins),
        "kind": "settings",
        "camera": camera.slot,
        "factory": list(factory.get(camera.make, []))[:1],
        "fresh_s": standard.threshold("factory_password_refused", "fresh_s", 86400),
        "least": {"width": standard.threshold("size", "width", 0), "height": standard.threshold("size", "height", 0)},
        "sub": {
            "most_height": standard.threshold("sub_stream", "most_height", 0),
            "any_of": standard.threshold("sub_stream", "any_of", []),
        },
    }


def _recorder(site: Site, recorder: Recorder, standard: Standard, logins: Logins) -> RecorderTask:
    """A search of a channel's 30 days is about a second on a real recorder."""
    taken = [camera for camera in site.cameras if recorder.subject in camera.recorders]
    return {
        **_device(site, recorder, logins),
        "kind": "recorder",
        "camera": None,
        "recorder": recorder.subject,
        "channels": {str(each.slot): {"number": each.channel, "address": each.address, "port": each.port} for each in taken},
        "seconds": min(90.0, 12.0 + 1.2 * len(taken)),
        "days": max(standard.threshold("days_kept", "days", 30), standard.threshold("recording_gaps", "days", 30)),
    }


def _device(site: Site, device: Camera | Recorder, logins: Logins) -> DeviceTask:
    return {
        "site": site.code,
        "driver": device.driver,
        "host": device.host,
        "port": device.port,
        "key": f"{site.id}/{device.slot}/{device.mac}",
        "accounts": logins.get((site.code, device.slot or 0), {}),
    }


def _switch(site: Site, switch: Switch) -> SwitchTask:
    return {
        "kind": "switch", "site": site.code, "camera": None, "switch": switch.subject, "host": switch.host, "port": switch.port,
    }  # fmt: skip


def footage(code: str, clip: tuple[str, str]) -> FootageTask:
    """`clip` is (camera's slot, a Matroska file in base64)."""
    return {"kind": "footage", "site": code, "camera": int(clip[0]), "data": clip[1]}


def streams(
    sites: Iterable[Site],
    found: Mapping[str, SiteEvidence],
    standard: Standard,
    logins: Logins,
    name: str,
    open_name: str | None = None,
    brief: bool = False,
) -> list[StreamTask]:
    """The streams that settings told the way to. `found`: by the facility's code; `name` is where the measurement goes, `open_name`
    the one without a login (asked once, from the hub)."""
    tasks: list[StreamTask] = []
    for site in sites:
        for camera in site.cameras:
            if camera.no_access:
                continue
            settings = ((found.get(site.code) or {}).get("cameras", {}).get(str(camera.slot)) or {}).get("settings")
            viewer = logins.get((site.code, camera.slot), {}).get("viewer")
            if not settings or not settings["ok"]:
                continue
            stream = settings.get("stream")
            if not stream or not viewer or settings.get("viewer_login") is False:
                continue
            task: StreamTask = {
                "kind": "stream",
                "site": site.code,
                "camera": camera.slot,
                "host": camera.host,
                "port": stream["port"],
                "path": stream["path"],
                "user": viewer["user"],
                "password": viewer["password"],
                "keyframe_limit_s": standard.threshold("keyframe_distance", "seconds", 4.0),
                "as": name,
                "brief": brief,
                "kbps": kbps(site, settings),
            }
            if open_name:
                task["open_as"] = open_name
            tasks.append(task)
    return tasks


def kbps(site: Site, settings: Settings | Failed | None) -> int:
    """What the main stream takes: as the camera tells its encoder's limit, else as the province reckons."""
    main = (settings.get("encoders") or {}).get("main") if settings and settings["ok"] else None
    told = main.get("bitrate_kbps") if main else None
    return told if told and told > 0 else site.stream_kbps


def why_no_stream(measured: CameraEvidence) -> str:
    """The reason for which a camera's stream was not tried. Where only the settings failed, the stream is not known."""
    settings = measured.get("settings")
    if settings is None:
        return "not_run"
    if settings["ok"]:
        return "login_refused" if settings.get("viewer_login") is False else "no_stream"
    return "no_settings" if settings["reason"] in ("protocol", "login_refused") else settings["reason"]
