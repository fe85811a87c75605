"""Texts burned into the picture (OSD), the same in Media1 and Media2 but for the namespace."""

from __future__ import annotations

from typing import Any

from lab.camera.encoders import SOURCE_CONFIGURATION
from lab.camera.shape import Camera, Operation
from lab.camera.xml import Fault, Request, invalid, text, x

POSITIONS = ("UpperLeft", "UpperRight", "LowerLeft", "LowerRight", "Custom")
KINDS = ("Plain", "Date", "Time", "DateAndTime")
MAX_OSDS = 4


def osd_operations(prefix: str) -> dict[str, Operation]:
    """The OSD operations of the service with this prefix."""

    def describe(osd: dict[str, str], tag: str) -> Any:
        dated = osd["kind"] in ("Date", "DateAndTime")
        return x(
            tag,
            x("tt:VideoSourceConfigurationToken", SOURCE_CONFIGURATION),
            x("tt:Type", "Text"),
            x("tt:Position", x("tt:Type", osd["position"])),
            x(
                "tt:TextString",
                x("tt:Type", osd["kind"]),
                x("tt:DateFormat", "yyyy-MM-dd") if dated else None,
                x("tt:TimeFormat", "HH:mm:ss") if osd["kind"] in ("Time", "DateAndTime") else None,
                x("tt:FontSize", 32),
                x("tt:PlainText", osd["text"]) if osd["kind"] == "Plain" else None,
            ),
            token=osd["token"],
        )

    def get_all(camera: Camera, request: Request) -> Any:
        if camera.flags["osd_missing"]:
            raise Fault("ter:ActionNotSupported", code="env:Receiver")
        return [describe(osd, f"{prefix}:OSDs") for osd in camera.memory["osd"]]

    def get_one(camera: Camera, request: Request) -> Any:
        return describe(find(camera, request.text(f"{prefix}:OSDToken")), f"{prefix}:OSD")

    def options(camera: Camera, request: Request) -> Any:
        return x(
            f"{prefix}:OSDOptions",
            x("tt:MaximumNumberOfOSDs", Total=MAX_OSDS, PlainText=MAX_OSDS - 1, DateAndTime=1),
            x("tt:Type", "Text"),
            [x("tt:PositionOption", p) for p in POSITIONS],
            x(
                "tt:TextOption",
                [x("tt:Type", k) for k in KINDS],
                x("tt:FontSizeRange", x("tt:Min", 16), x("tt:Max", 64)),
                x("tt:DateFormat", "yyyy-MM-dd"),
                x("tt:TimeFormat", "HH:mm:ss"),
            ),
        )

    def find(camera: Camera, token: str) -> dict[str, str]:
        for osd in camera.memory["osd"]:
            if osd["token"] == token:
                return dict(osd)
        raise invalid("ter:NoConfig", text=f"no such OSD: {token}")

    def read(camera: Camera, element: Any, token: str) -> dict[str, str]:
        osd = {
            "token": token,
            "kind": text(element, "tt:TextString/tt:Type"),
            "text": text(element, "tt:TextString/tt:PlainText", ""),
            "position": text(element, "tt:Position/tt:Type"),
        }
        longest, cut = camera.flags["osd_text_max"], camera.flags["osd_text_cut"]
        osd["text"] = osd["text"][:cut] if cut else osd["text"]
        if camera.flags["osd_ascii"] and not osd["text"].isascii():
            raise invalid("ter:ConfigModify", text="letters that can't be shown")
        if osd["kind"] not in KINDS or osd["position"] not in POSITIONS or (longest and len(osd["text"]) > longest):
            raise invalid("ter:ConfigModify", text="this OSD can't be shown")
        return osd

    def element_of(request: Request) -> Any:
        element = request.find(f"{prefix}:OSD")
        if element is None:
            raise Fault("ter:InvalidArgs", text="OSD is missing")
        return element

    def set_one(camera: Camera, request: Request) -> Any:
        element = element_of(request)
        find(camera, element.get("token", ""))
        new = read(camera, element, element.get("token", ""))
        camera.memory.write("osd", [new if osd["token"] == new["token"] else osd for osd in camera.memory["osd"]])

    def create(camera: Camera, request: Request) -> Any:
        taken = {osd["token"] for osd in camera.memory["osd"]}
        if len(taken) >= MAX_OSDS:
            raise Fault("ter:Action", "ter:MaxOSDs", code="env:Receiver")
        token = next(t for t in (f"OSD_{n}" for n in range(1, MAX_OSDS + 2)) if t not in taken)
        camera.memory.write("osd", [*camera.memory["osd"], read(camera, element_of(request), token)])
        return x(f"{prefix}:OSDToken", token)

    def delete(camera: Camera, request: Request) -> Any:
        gone = find(camera, request.text(f"{prefix}:OSDToken"))
        camera.memory.write("osd", [osd for osd in camera.memory["osd"] if osd["token"] != gone["token"]])

    return {
        "GetOSDs": Operation("READ_MEDIA", get_all),
        "GetOSD": Operation("READ_MEDIA", get_one),
        "GetOSDOptions": Operation("READ_MEDIA", options),
        "SetOSD": Operation("ACTUATE", set_one),
        "CreateOSD": Operation("ACTUATE", create),
        "DeleteOSD": Operation("ACTUATE", delete),
    }
