"""Pre-encoded pictures: one clip for each set of settings, encoded once on the machine, shared by all cameras.

A clip is whole groups of pictures, at least a second long, so it can be looped for ever: each round begins with a
keyframe. It lies in clip_dir as an elementary stream with access unit delimiters, under a name made of its settings.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SOURCE = "testsrc2"
_START = re.compile(rb"\x00\x00\x00?\x01")


@dataclass(frozen=True)
class Picture:
    """What a stream is: codec JPEG|H264|H265, size in pixels, frames/s, frames from keyframe to keyframe, kbit/s."""

    codec: str
    width: int
    height: int
    fps: int
    gop: int
    bitrate_kbps: int
    profile: str = "Main"

    @property
    def frames(self) -> int:
        return self.fps if self.codec == "JPEG" else self.gop * -(-self.fps // self.gop)

    @property
    def filename(self) -> str:
        profile = self.profile.lower() if self.codec == "H264" else "main"
        gop = 1 if self.codec == "JPEG" else self.gop
        return f"{profile}-{self.width}x{self.height}-{self.fps}-g{gop}-{self.bitrate_kbps}k.{self.codec.lower()}"


def _arguments(picture: Picture) -> list[str]:
    """ffmpeg's output options. No B-frames, as in real cameras; huffman and matrices as RTP's JPEG wants them."""
    rate, gop = f"{picture.bitrate_kbps}k", str(picture.gop)
    cap = ["-b:v", rate, "-maxrate", rate, "-bufsize", rate]
    if picture.codec == "H264":
        return [
            "-c:v",
            "libx264",
            "-preset",
            "superfast",
            "-profile:v",
            picture.profile.lower(),
            "-bf",
            "0",
            "-g",
            gop,
            "-keyint_min",
            gop,
            "-sc_threshold",
            "0",
            "-pix_fmt",
            "yuv420p",
            *cap,
            "-x264-params",
            "aud=1:repeat-headers=1",
            "-f",
            "h264",
        ]
    if picture.codec == "H265":
        return [
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            *cap,
            "-x265-params",
            f"aud=1:repeat-headers=1:bframes=0:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:log-level=error",
            "-f",
            "hevc",
        ]
    return [
        "-c:v",
        "mjpeg",
        "-pix_fmt",
        "yuvj420p",
        "-q:v",
        "8",
        "-huffman",
        "default",
        "-force_duplicated_matrix",
        "1",
        "-f",
        "mjpeg",
    ]


async def path_of(picture: Picture, clip_dir: Path) -> Path:
    """The clip's file, encoded first if nobody has. Of many cameras that want it at once, one encodes, the others wait."""
    target = clip_dir / picture.filename
    if target.exists():
        return target
    clip_dir.mkdir(parents=True, exist_ok=True)
    with (clip_dir / f".{picture.filename}.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not target.exists():
            source = f"{SOURCE}=size={picture.width}x{picture.height}:rate={picture.fps}"
            await _ffmpeg(["-f", "lavfi", "-i", source, "-frames:v", str(picture.frames), *_arguments(picture)], target)
    return target


async def snapshot(picture: Picture, clip_dir: Path) -> bytes:
    """One frame as a JPEG file."""
    clip_dir.mkdir(parents=True, exist_ok=True)
    target = clip_dir / f"snapshot-{picture.width}x{picture.height}.jpg"
    if not target.exists():
        source = f"{SOURCE}=size={picture.width}x{picture.height}:rate=1"
        await _ffmpeg(["-f", "lavfi", "-i", source, "-frames:v", "1", "-q:v", "5", "-c:v", "mjpeg", "-f", "image2"], target)
    return target.read_bytes()


async def _ffmpeg(arguments: list[str], target: Path) -> None:
    """Run ffmpeg and put its output at ``target`` in one step. RuntimeError carries what it said."""
    descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    os.close(descriptor)
    command = ["ffmpeg", "-nostdin", "-y", "-v", "error", "-threads", "1", *arguments, "-threads", "1", fresh]
    try:
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL)
        _, complaint = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"ffmpeg: {complaint.decode(errors='replace').strip()}")
        Path(fresh).chmod(0o644)
        Path(fresh).replace(target)
    finally:
        Path(fresh).unlink(missing_ok=True)


@lru_cache(maxsize=4)
def frames(path: Path) -> list[list[bytes]]:
    """The clip's frames, each a list of NAL units (H.264, H.265) or the one JPEG image."""
    data = path.read_bytes()
    if path.suffix == ".jpeg":
        starts = [m.start() for m in re.finditer(rb"\xff\xd8\xff", data)]
        return [[data[a:b]] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    bounds = [(m.start(), m.end()) for m in _START.finditer(data)]
    ends = [start for start, _ in bounds[1:]] + [len(data)]
    result: list[list[bytes]] = []
    for (_, begin), end in zip(bounds, ends, strict=True):
        unit = data[begin:end]
        if is_delimiter(path.suffix, unit):
            result.append([])
        else:
            result[-1].append(unit)
    return result


def is_delimiter(suffix: str, unit: bytes) -> bool:
    return (unit[0] & 0x1F) == 9 if suffix == ".h264" else (unit[0] >> 1 & 0x3F) == 35
