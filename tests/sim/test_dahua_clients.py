"""The simulated Dahua camera as aiodahua sees it, a client that we didn't write."""

from __future__ import annotations

from collections.abc import Callable

from camera_clients import ffprobe
from camera_process import CameraHandle
from dahua_clients import aiodahua

Start = Callable[..., CameraHandle]


def ask(camera: CameraHandle, body: str, login: tuple[str, str] | None = None) -> object:
    return aiodahua(camera.address, camera.http_port, login or camera.login, body)


def test_it_is_known_by_maker_model_and_version(camera: Start) -> None:
    one = camera(make="dahua", model="IPC-HDW2431T")
    told = ask(
        one,
        """
brand = await client.async_identify()
return [str(brand), await client.async_get_device_type(), await client.async_get_serial_number(),
        await client.async_get_software_version(), await client.async_get_system_info()]
""",
    )
    assert isinstance(told, list)
    brand, kind, serial, version, system = told
    assert "Dahua" in brand and (kind, serial) == ("IPC-HDW2431T", one.config["serial"])
    assert version.startswith("2.800.") and system["deviceType"] == "IPC-HDW2431T"


def test_what_it_writes_is_kept(camera: Start) -> None:
    one = camera(make="dahua")
    told = ask(
        one,
        """
written = [await client.async_set_machine_name("Kho #1"), await client.async_set_channel_title(0, "C\\u1ed5ng + 50%")]
await client.async_set_audio_encode_enabled(0, False)
return written + [await client.async_get_machine_name(), await client.async_get_config("ChannelTitle"),
                  await client.async_get_audio_encode_enabled(0)]
""",
    )
    name = {"table.General.MachineName": "Kho #1"}
    assert told == [True, True, name, {"table.ChannelTitle[0].Name": "Cổng + 50%"}, False]
    assert one.control("get", path="audio.main") is False
    assert [o["text"] for o in one.control("get", path="osd") if o["kind"] == "Plain"] == ["Cổng + 50%"]


def test_what_is_not_there_and_who_may_not_come_in_are_told_apart(camera: Start) -> None:
    one = camera(make="dahua", personality={"cgi_missing_status": 501})
    told = ask(
        one,
        """
try:
    await client.async_get_text("configManager.cgi?action=getConfig&name=Nothing")
except DahuaNotSupportedError as error:
    return "unsupported"
""",
    )
    refused = ask(
        one,
        """
try:
    await client.async_get_device_type()
except DahuaAuthError as error:
    return "refused"
""",
        ("admin", "wrong"),
    )
    assert (told, refused) == ("unsupported", "refused")


def test_basic_is_taken_where_it_is_all_there_is(camera: Start) -> None:
    one = camera(make="dahua", personality={"cgi_basic": True})
    assert ask(one, "return await client.async_get_serial_number()") == one.config["serial"]


def test_its_snapshot_is_a_picture_and_its_address_plays(camera: Start) -> None:
    one = camera(make="kbvision")
    found = ask(one, "return [(await client.async_get_snapshot(1))[:3].hex(), client.get_rtsp_url(1, 0)]")
    assert isinstance(found, list) and found[0] == "ffd8ff"
    seen = ffprobe(found[1].replace(":554/", f":{one.rtsp_port}/"), 1)
    assert (seen.codec, seen.width, seen.height) == ("h264", 1280, 720)
