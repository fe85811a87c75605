"""The client's answers to a camera's challenge, held against the RFCs' own examples."""

import re

import pytest

from edge_agent.streams import rtsp
from edge_agent.streams.rtsp import RtspError, authorization, video_track
from edge_agent.system.watched import Login

MUFASA = Login("Mufasa", "Circle of Life")


def response(header: str | None) -> str:
    found = re.search(r'response="([0-9a-f]+)"', header or "")
    assert found, header
    return found[1]


@pytest.mark.parametrize(
    ("algorithm", "wanted"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_as_in_rfc_7616(monkeypatch, algorithm, wanted):
    monkeypatch.setattr(rtsp.secrets, "token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    challenge = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    header = authorization((challenge,), Login("Mufasa", "Circle of Life"), "GET", "/dir/index.html")
    assert response(header) == wanted
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in (header or "")


def test_digest_without_qop_as_in_rfc_2069():
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    header = authorization((challenge,), Login("Mufasa", "CircleOfLife"), "GET", "/dir/index.html")
    assert response(header) == "1949323746fe6a43ef61f9606e7febea"


def test_the_strongest_offer_is_taken_and_the_clear_password_only_where_nothing_else_is_offered():
    md5, sha = 'Digest realm="r", nonce="n"', 'Digest realm="r", nonce="n", algorithm=SHA-256'
    assert "SHA-256" in (authorization(('Basic realm="r"', md5, sha), MUFASA, "DESCRIBE", "rtsp://c/") or "")
    assert (authorization(('Basic realm="r"', md5), MUFASA, "DESCRIBE", "rtsp://c/") or "").startswith("Digest")
    assert authorization(('Basic realm="r"',), Login("a", "b"), "DESCRIBE", "rtsp://c/") == "Basic YTpi"
    assert authorization(('Bearer realm="r"',), MUFASA, "DESCRIBE", "rtsp://c/") is None


@pytest.mark.parametrize(
    ("control", "wanted"),
    [
        ("trackID=1", "rtsp://c/live/trackID=1"),
        ("rtsp://10.0.0.9/live/trackID=1", "rtsp://10.0.0.9/live/trackID=1"),
        ("*", "rtsp://c/live"),
    ],
)
def test_the_video_tracks_address_is_made_absolute(control, wanted):
    sdp = (
        "v=0\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:sound\r\n"
        f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{control}\r\nm=application 0 RTP/AVP 107\r\na=control:meta\r\n"
    )
    track = video_track(sdp, "rtsp://c/live")
    assert (track.control, track.codec) == (wanted, "H264")


def test_a_stream_without_video_is_said_to_have_none():
    with pytest.raises(RtspError, match="no_video"):
        video_track("v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:sound\r\n", "rtsp://c/live")


def test_a_password_is_never_shown():
    assert "Circle" not in repr(MUFASA)
