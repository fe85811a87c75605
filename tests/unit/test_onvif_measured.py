"""What onvif-zeep makes of answers that go beyond the schema, as the measuring side reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from province.measure.devices.onvif import media


@pytest.mark.parametrize(("beyond", "codec"), [({"encoding": "H265"}, "h265"), (None, "h264"), ({}, "h264")])
def test_hikvisions_h265_is_an_attribute_that_media1_does_not_know(beyond: Any, codec: str) -> None:
    """jimm98y/SharpOnvif's capture: <VideoEncoderConfiguration encoding="H265"><Encoding>H264</Encoding>."""
    encoder = SimpleNamespace(token="VideoEncoderToken_1", Encoding="H264", _attr_1=beyond)
    (profile,) = media._first([SimpleNamespace(token="Profile_1", VideoSourceConfiguration={}, VideoEncoderConfiguration=encoder)])
    assert profile["codec"] == codec
