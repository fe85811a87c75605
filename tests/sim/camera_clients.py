"""Clients that we didn't write, ready to be pointed at a simulated camera: onvif-zeep, ffprobe, and bare HTTP for what they hide."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import onvif
import requests
import zeep
from camera_process import CameraHandle
from lxml import etree

WSDL = Path(onvif.__file__).resolve().parents[1] / "wsdl"  # onvif-zeep's wheel puts its files beside the package
STREAMS = {"hikvision": "/Streaming/Channels/101", "generic": "/live/ch00_0"}
NS = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}


def zeep_client(camera: CameraHandle, user: str = "", password: str = "") -> Any:
    """onvif-zeep, logged in; without a user as the camera's first account, whatever its clock says."""
    if not user:
        user, password = camera.login
    transport = zeep.Transport(timeout=10, operation_timeout=10)
    return onvif.ONVIFCamera(camera.address, camera.http_port, user, password, wsdl_dir=str(WSDL), adjust_time=True, transport=transport)


@dataclass(frozen=True)
class Seen:
    """What ffprobe made of a stream: its video, which packets are keyframes, the times of packets in s, the media in it.

    The first packet has no time: ffprobe leaves it out for any RTSP server.
    """

    codec: str
    profile: str
    width: int
    height: int
    times: list[float]
    keyframes: list[int]
    media: list[str]

    @property
    def rate(self) -> float:
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])

    @property
    def keyframe_distance(self) -> int:
        """Frames from the first keyframe to the second."""
        return self.keyframes[1] - self.keyframes[0]


def rtsp_url(camera: CameraHandle, login: tuple[str, str] | None = None, path: str = "") -> str:
    user, password = login or camera.login
    path = path or STREAMS[camera.config["make"]]
    return f"rtsp://{user}:{password}@{camera.address}:{camera.rtsp_port}{path}"


def ffprobe(url: str, seconds: float, transport: str = "tcp", timeout_s: int = 15) -> Seen:
    """Watch a stream for some seconds of its own time. RuntimeError: ffprobe's complaint."""
    command = ["ffprobe", "-v", "error", "-rtsp_transport", transport, "-timeout", f"{timeout_s}000000"]
    command += ["-probesize", "100000", "-analyzeduration", "300000", "-read_intervals", f"%+{seconds}"]
    command += ["-show_streams", "-show_packets", "-of", "json", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    found = json.loads(done.stdout)
    video = next(s for s in found["streams"] if s["codec_type"] == "video")
    packets = [p for p in found["packets"] if p["codec_type"] == "video"]
    return Seen(
        codec=video["codec_name"],
        profile=video.get("profile", ""),
        width=video["width"],
        height=video["height"],
        times=[float(p["pts_time"]) for p in packets if "pts_time" in p],
        keyframes=[n for n, p in enumerate(packets) if "K" in p["flags"]],
        media=[s["codec_type"] for s in found["streams"]],
    )


def user_token(user: str, password: str, skew_s: float = 0.0, nonce: bytes | None = None, created: str = "") -> str:
    """A WS-Security header, made here so that a test can spoil it."""
    nonce = nonce or os.urandom(16)
    created = created or (datetime.now(UTC) + timedelta(seconds=skew_s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    base = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    return (
        f'<wsse:Security xmlns:wsse="{base}-wssecurity-secext-1.0.xsd" xmlns:wsu="{base}-wssecurity-utility-1.0.xsd">'
        f"<wsse:UsernameToken><wsse:Username>{user}</wsse:Username>"
        f'<wsse:Password Type="{base}-username-token-profile-1.0#PasswordDigest">{digest}</wsse:Password>'
        f"<wsse:Nonce>{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created>"
        "</wsse:UsernameToken></wsse:Security>"
    )


def ask(camera: CameraHandle, body: str, header: str = "", auth: Any = None, timeout: float = 10) -> requests.Response:
    """POST one operation, e.g. ``<tds:GetScopes/>``, as bare HTTP."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
    envelope = f"<env:Envelope {declared}><env:Header>{header}</env:Header><env:Body>{body}</env:Body></env:Envelope>"
    url = f"http://{camera.address}:{camera.http_port}/onvif/device_service"
    return requests.post(url, data=envelope.encode(), auth=auth, timeout=timeout)


def ask_as_admin(camera: CameraHandle, body: str) -> requests.Response:
    return ask(camera, body, user_token(*camera.login, skew_s=camera.control("get", path="clock.offset_s")))


def body_of(response: requests.Response) -> Any:
    """The element inside the answer's Body."""
    body: Any = etree.fromstring(response.content).find("env:Body", NS)
    return body[0]


def subcodes(response: requests.Response) -> list[str]:
    """A fault's subcodes, outermost first; none: not a fault."""
    return [str(e.text) for e in body_of(response).iterfind(".//env:Subcode/env:Value", NS)]
