"""Footage decoded by who did not record it: what a recorder says of itself is then measured, not derived."""

import base64
import binascii
import io
from typing import Any

import av
import av.error

from province.measure.evidence import Decoded, Failed, failed
from province.measure.streams.stream import CODECS


def decode(data: str) -> Decoded | Failed:
    """Of a Matroska file in base64; why not, where nothing decodes."""
    try:
        raw = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return failed("protocol", "base64")
    pictures = 0
    size: tuple[int, int] | None = None
    try:
        with av.open(io.BytesIO(raw), mode="r", format="matroska") as container:
            if not container.streams.video:
                return failed("no_picture")
            stream: Any = container.streams.video[0]
            stream.codec_context.thread_count = 1
            codec = stream.codec_context.name
            for picture in container.decode(stream):
                pictures, size = pictures + 1, size or (picture.width, picture.height)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        if not pictures:
            return failed("no_picture", type(error).__name__)
    if not size:
        return failed("no_picture")
    return {"ok": True, "codec": CODECS.get(codec, codec), "width": size[0], "height": size[1], "pictures": pictures}
