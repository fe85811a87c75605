"""The protocols of a recorder: its makers' protocols over HTTP. Each row of PROTOCOLS is one; ``state`` is its area of the memory,
``settings`` what that says (lab.camera.settings)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from lab.camera import cgi_state, isapi_state
from lab.camera.http import HttpRequest, HttpResponse
from lab.recorder import dahua_protocol, isapi_protocol
from lab.recorder.config import Config
from lab.recorder.shape import Recorder

NOT_FOUND = HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")


class Protocol(NamedTuple):
    prefixes: tuple[str, ...]
    answer: Callable[[Recorder, HttpRequest], Awaitable[HttpResponse]]
    makes: tuple[str, ...]
    state: Callable[[Config], dict[str, Any]]
    settings: Callable[[dict[str, Any]], dict[str, Any]]


PROTOCOLS: tuple[Protocol, ...] = (
    Protocol(("/ISAPI/", "/SDK/", "/PSIA/"), isapi_protocol.answer, ("hikvision",), isapi_protocol.factory, isapi_state.settings),
    Protocol(("/cgi-bin/", "/OutsideCmd"), dahua_protocol.answer, ("dahua", "kbvision"), dahua_protocol.factory, cgi_state.settings),
)


def state(config: Config) -> dict[str, Any]:
    return {area: value for face in PROTOCOLS if config.make.lower() in face.makes for area, value in face.state(config).items()}


def settings(config: Config, doc: dict[str, Any]) -> list[dict[str, Any]]:
    return [face.settings(doc) for face in PROTOCOLS if config.make.lower() in face.makes]


async def answer(recorder: Recorder, request: HttpRequest) -> HttpResponse:
    for face in PROTOCOLS:
        if request.path.startswith(face.prefixes) and recorder.config.make.lower() in face.makes:
            return await face.answer(recorder, request)
    return NOT_FOUND
