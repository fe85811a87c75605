"""What a device was found not to take is remembered, as long as its firmware is the same."""

from pathlib import Path

from edge_agent.devices.limits import Limits


def test_a_limit_is_kept_for_its_device_and_firmware(tmp_path: Path) -> None:
    limits = Limits(tmp_path)
    limits.note("192.168.1.11:80", "V1", {"audio_kept": True})
    limits.note("192.168.1.11:80", "V1", {"osd": {"asked": "x", "kept": ""}})
    assert Limits(tmp_path).of("192.168.1.11:80", "V1") == {"audio_kept": True, "osd": {"asked": "x", "kept": ""}}
    assert limits.of("192.168.1.12:80", "V1") == {} and limits.of("192.168.1.11:80", "V2") == {}
    limits.note("192.168.1.11:80", "V2", {"audio_kept": True})
    assert limits.of("192.168.1.11:80", "V2") == {"audio_kept": True} and limits.of("192.168.1.11:80", "V1") == {}


def test_a_damaged_file_is_an_empty_one(tmp_path: Path) -> None:
    for content in ("", "[]", '{"d": 1}', "{"):
        (tmp_path / "limits.json").write_text(content)
        assert Limits(tmp_path).of("d", None) == {}


def test_a_limit_that_version_0_1_wrote_is_known_still(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text('{"d": {"firmware": "V1", "audio_kept": true, "osd": {"wanted": "Cổng", "kept": "Cong"}}}')
    assert Limits(tmp_path).of("d", "V1") == {"audio_kept": True, "osd": {"asked": "Cổng", "kept": "Cong"}}
