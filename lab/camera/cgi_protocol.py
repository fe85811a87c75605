"""Dahua's face of a camera: what it has of CGI beside what recorders have too."""

from __future__ import annotations

from lab.camera import cgi, cgi_config, cgi_values, clips, encoders, makes
from lab.camera.accounts import LoginRejected
from lab.camera.cgi import About, Kind
from lab.camera.cgi_values import BadRequest, Query
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.shape import Camera


async def answer(camera: Camera, request: HttpRequest) -> HttpResponse:
    if request.path == "/cgi-bin/snapshot.cgi":
        return await _snapshot(camera, request)
    return cgi.answer(camera, request, KIND)


async def _snapshot(camera: Camera, request: HttpRequest) -> HttpResponse:
    try:
        cgi.login(camera, request)
    except LoginRejected as refusal:
        return cgi.refused(camera, refusal)
    return HttpResponse(200, await clips.snapshot(encoders.picture(camera, "main"), camera.config.clip_dir), "image/jpeg")


def _about(camera: Camera) -> About:
    make = makes.of(camera.config.make)
    return About(make.maker, camera.config.model or make.model, make.firmware)


def _config_caps(camera: Camera, query: Query) -> HttpResponse:
    if camera.flags["cgi_old_caps"]:
        raise BadRequest("getConfigCaps")
    return cgi_values.table(cgi_config.capabilities(camera, old_form=False), "")


def _old_caps(camera: Camera, query: Query) -> HttpResponse:
    return cgi_values.table(cgi_config.capabilities(camera, old_form=True), "")


KIND = Kind(
    _about,
    cgi_config.TABLES,
    {("encode.cgi", "getConfigCaps"): (False, _config_caps), ("encode.cgi", "getCaps"): (False, _old_caps)},
)
