"""A recorder's channels: what differs from the wanted, and how it is written. Slots are RemoteDevice entries, counted from 0."""

from edge_agent.contract.devices import DesiredChannel, DesiredDevice
from edge_agent.contract.text import Text
from edge_agent.devices import planning
from edge_agent.devices.dahua import recorder, spellings
from edge_agent.devices.dahua.cgi import Cgi
from edge_agent.devices.dahua.table import Step, Table
from edge_agent.devices.model import Change, Channel, ObservedDevice, Problem
from edge_agent.devices.planning import SECRET

PRIVATE_PORT = 37777
"""Of the maker's own protocol, which a slot keeps beside the HTTP port."""


def plan(observed: ObservedDevice, desired: DesiredDevice) -> list[Change]:
    """Pure. A camera that isn't online although all that can be read is right may have another password in the recorder: none is
    ever told, so the account is written again, unless it lately was."""
    there = {c.number: c for c in observed.channels}
    changes: list[Change] = []
    for asked in desired.channels or ():
        changes += _channel(there.get(asked.number), asked, asked.number in observed.accounts_given)
    for asked in (desired.channels or ()) if desired.recording == "continuous" else ():
        recording = there[asked.number].recording if asked.number in there else None
        if recording != "continuous":
            changes.append(Change(f"recording.{asked.number}", f"channel.{asked.number}.recording", recording, "continuous"))
    return changes


def _channel(there: Channel | None, asked: DesiredChannel, is_given: bool) -> list[Change]:
    group, prefix = f"channel.{asked.number}", f"channel.{asked.number}."
    port = there.port if there else None
    pairs = (
        ("address", there.address if there else None, asked.address),
        ("port", port, asked.port),
        ("protocol", there.protocol if there else None, asked.protocol),
        ("account", there.user if there else None, asked.account.user),
        ("name", there.name if there else None, asked.name),
    )
    # A port that a slot doesn't tell is none that could be set: the maker's own protocol has its own.
    untold = {"port"} if there is not None and port is None else set()
    changes = [Change(group, prefix + field, b, a) for field, b, a in pairs if b != a and field not in untold]
    if not changes and there is not None and there.online is False and not is_given:
        changes = [Change(group, prefix + "account", SECRET, SECRET)]
    return changes


def shortfalls(observed: ObservedDevice, desired: DesiredDevice) -> list[Problem]:
    """Cameras that the recorder doesn't reach, and disks that don't record, as it tells."""
    asked = {c.number: c.name for c in desired.channels or ()}
    found = []
    for channel in observed.channels:
        if channel.online is False and channel.number in asked:
            vi = f"đầu ghi không thấy camera {asked[channel.number]} ({channel.address})"
            en = f"the recorder does not reach camera {asked[channel.number]} ({channel.address})"
            found.append(Problem("unreachable", f"channel.{channel.number}", Text(vi, en)))
    for disk in observed.storage:
        if disk.status not in (None, "ok", "full"):
            vi, en = f"ổ đĩa {disk.name}: {disk.status}", f"disk {disk.name}: {disk.status}"
            found.append(Problem("limited", f"storage.{disk.name}", Text(vi, en)))
    if not observed.storage and desired.recording and not any(p.field == "storage" for p in observed.problems):
        found.append(Problem("limited", "storage", Text("đầu ghi không có ổ đĩa", "the recorder has no disk")))
    return found + planning.recording_shortfalls(observed, desired)


def write(cgi: Cgi, number: int, changes: list[Change], desired: DesiredDevice) -> None:
    """One slot, whole: recorders take a camera's address only together with its account."""
    asked = next(c for c in desired.channels or () if c.number == number)
    fields = {c.field.rpartition(".")[2] for c in changes}
    if fields - {"name"}:
        cgi.write(slot(cgi.config("RemoteDevice"), asked))
    if "name" in fields:
        cgi.write({f"ChannelTitle[{number - 1}].Name": asked.name})


def slot(table: Table, asked: DesiredChannel) -> dict[str, object]:
    """The keys of a slot, in the form that this firmware has: the slot's own keys where it is there, else like its neighbours'."""
    index = asked.number - 1
    there = recorder.devices(table)
    step, known = there.get(index, (None, Table({})))
    prefix = _prefix(table, there, step, index)
    values: dict[str, object] = {
        "Enable": True,
        "Address": asked.address,
        "UserName": asked.account.user,
        "Password": asked.account.password,
        "ProtocolType": spellings.PROTOCOL_TYPES.get(asked.protocol, asked.protocol),
    }
    stream = "RtspPort" if asked.protocol == "rtsp" and _has(there, known, "RtspPort") else None
    values |= {stream or ("HttpPort" if _has(there, known, "HttpPort") else "Port"): asked.port}
    if asked.protocol == "dahua":
        port = known.number("Port")
        values["Port"] = port if port not in (None, 0, asked.port) else PRIVATE_PORT
    if known.text("Vendor") is not None:
        values["Vendor"] = values["ProtocolType"]
    if asked.rtsp_path is not None:
        values["VideoInputs[0].MainStreamUrl"] = f"rtsp://{asked.address}:{asked.port}{asked.rtsp_path}"
    return {f"{prefix}.{key}": value for key, value in values.items()}


def _has(there: dict[int, tuple[Step, Table]], known: Table, key: str) -> bool:
    tables = [known] if known else [t for _, t in there.values()]
    return not tables or any(t.text(key) is not None for t in tables)


def _prefix(table: Table, there: dict[int, tuple[Step, Table]], step: Step | None, index: int) -> str:
    """ "RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_3" or "RemoteDevice[3]", as it is spelled where it is."""
    if step is not None:
        key = next(key for path, key, _ in table.items() if path[:2] == ("remotedevice", step))
        return key[: key.index("]") + 1] if isinstance(step, int) else ".".join(key.split(".")[:2])
    if any(isinstance(s, int) for s, _ in there.values()):
        return f"RemoteDevice[{index}]"
    return f"RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_{index}"


def record_always(cgi: Cgi, number: int) -> None:
    """Mode 1 records whatever the schedule says."""
    cgi.write({f"RecordMode[{number - 1}].Mode": recorder.ALWAYS})
