"""The desired document as it is written: what a rollout sends to `edge-agent devices apply`, and what a box keeps of it. Carries passwords.

What it says, and the defaults of what it leaves out, is in edge_agent.contract.devices. Null is as missing.
"""

from typing import Literal, NotRequired, TypedDict


class WrittenAccount(TypedDict):
    """`since`: the rotation that this password is of."""

    user: str
    password: str
    since: NotRequired[str | None]


class WrittenAccounts(TypedDict, total=False):
    admin: WrittenAccount | None
    previous: WrittenAccount | None
    viewer: WrittenAccount | None


class WrittenEncoder(TypedDict):
    codec: str
    width: int
    height: int
    fps: int
    keyframe_s: float
    bitrate_kbps: int
    most_height: NotRequired[int | None]


class WrittenNetwork(TypedDict):
    prefix: int
    gateway: NotRequired[str | None]
    dns: NotRequired[list[str] | None]


class WrittenChannel(TypedDict):
    number: int
    name: str
    address: str
    port: int
    protocol: str
    account: WrittenAccount
    rtsp_path: NotRequired[str | None]
    bitrate_kbps: NotRequired[int | None]


class WrittenNoAccess(TypedDict):
    reason: str
    date: str
    witness: str


class WrittenDevice(TypedDict):
    slot: int
    address: str
    port: NotRequired[int]
    driver: NotRequired[str | None]
    kind: NotRequired[Literal["camera", "recorder"]]
    mac: NotRequired[str | None]
    name: NotRequired[str | None]
    osd: NotRequired[str | None]
    accounts: NotRequired[WrittenAccounts | None]
    factory: NotRequired[list[WrittenAccount] | None]
    ntp: NotRequired[str | None]
    timezone: NotRequired[str | None]
    clock_s: NotRequired[float]
    encoder: NotRequired[WrittenEncoder | None]
    sub_encoder: NotRequired[WrittenEncoder | None]
    discovery: NotRequired[str | None]
    audio: NotRequired[str | None]
    smart_codec: NotRequired[str | None]
    services_off: NotRequired[list[str] | None]
    network: NotRequired[WrittenNetwork | None]
    channels: NotRequired[list[WrittenChannel] | None]
    recording: NotRequired[Literal["continuous"] | None]
    recording_days: NotRequired[int | None]
    no_access: NotRequired[WrittenNoAccess | None]
    deadline_s: NotRequired[float]
    lockout_s: NotRequired[float]


class WrittenSite(TypedDict, total=False):
    id: str
    code: str


class WrittenDocument(TypedDict):
    devices: list[WrittenDevice]
    schema: NotRequired[int]
    site: NotRequired[WrittenSite | None]
    ntp: NotRequired[str | None]
    timezone: NotRequired[str | None]
    state_dir: NotRequired[str | None]


class KeptDocument(TypedDict):
    """STATE/desired.json: what the box keeps of it, the devices by slot, each with the site's ntp and timezone."""

    devices: dict[str, WrittenDevice]
    schema: NotRequired[int]
    site: NotRequired[WrittenSite | None]
