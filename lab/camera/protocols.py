"""The protocols of a camera: the protocols that it speaks over HTTP. Each row of PROTOCOLS is one, and brings what it needs.

A face takes a request whose path it serves, and only on cameras of its makes. ``state`` gives the areas of the camera's
memory that are the face's own ({"isapi": {...}}); they are addressed, forgotten and overridden like any other. ``settings`` says
what stands there, in the words of lab.camera.settings.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lab.camera import cgi_protocol, cgi_state, isapi_protocol, isapi_state, onvif_protocol
from lab.camera.config import Config
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.shape import Camera

NOT_FOUND = HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")


def _nothing(_: Any) -> dict[str, Any]:
    return {}


class Protocol(NamedTuple):
    """``prefixes``: of the paths that it serves; ``makes``: whose cameras have it, none: all."""

    prefixes: tuple[str, ...]
    answer: Callable[[Camera, HttpRequest], Awaitable[HttpResponse]]
    makes: tuple[str, ...] = ()
    state: Callable[[Config], dict[str, Any]] = _nothing
    settings: Callable[[dict[str, Any]], dict[str, Any]] = _nothing

    def has(self, config: Config) -> bool:
        return not self.makes or config.make.lower() in self.makes


PROTOCOLS: tuple[Protocol, ...] = (
    Protocol(("/onvif/",), onvif_protocol.answer),
    Protocol(
        ("/cgi-bin/", "/OutsideCmd"), cgi_protocol.answer, makes=("dahua", "kbvision"), state=cgi_state.factory, settings=cgi_state.settings
    ),
    Protocol(
        ("/ISAPI/", "/SDK/", "/PSIA/"),
        isapi_protocol.answer,
        makes=("hikvision",),
        state=isapi_state.factory,
        settings=isapi_state.settings,
    ),
)


def state(config: Config) -> dict[str, Any]:
    """What all protocols of this camera keep in its memory."""
    return {area: value for face in PROTOCOLS if face.has(config) for area, value in face.state(config).items()}


def settings(config: Config, doc: dict[str, Any]) -> list[dict[str, Any]]:
    """What all protocols of this camera say of its memory."""
    return [face.settings(doc) for face in PROTOCOLS if face.has(config)]


async def answer(camera: Camera, request: HttpRequest) -> HttpResponse:
    """One request to whichever face serves its path; a camera that has none says 404."""
    for face in PROTOCOLS:
        if request.path.startswith(face.prefixes) and face.has(camera.config):
            return await face.answer(camera, request)
    return NOT_FOUND
