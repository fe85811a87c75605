"""ONVIF's face: SOAP by POST, and the snapshots that it gives addresses of."""

from __future__ import annotations

from lab.camera import clips, encoders, isapi_state, onvif
from lab.camera.accounts import LoginRejected
from lab.camera.http import HttpRequest, HttpResponse
from lab.camera.shape import Camera


async def answer(camera: Camera, request: HttpRequest) -> HttpResponse:
    if isapi_state.onvif_off(camera.memory, camera.flags, camera.config):
        return HttpResponse(404, b"<html><body>404 Not Found</body></html>", "text/html")
    if request.path == "/onvif/snapshot":
        return await _snapshot(camera, request)
    if request.method != "POST":
        return HttpResponse(405, headers={"Allow": "POST"})
    return await onvif.answer(camera, request)


async def _snapshot(camera: Camera, request: HttpRequest) -> HttpResponse:
    try:
        if "authorization" not in request.headers:
            raise LoginRejected("none")
        camera.accounts.digest(request.headers["authorization"], request.method, "http", request.peer)
    except LoginRejected as refusal:
        challenge = camera.accounts.challenge(qop=True, stale=refusal.result == "stale")
        return HttpResponse(401, headers={"WWW-Authenticate": challenge})
    stream = "sub" if "stream=sub" in request.target else "main"
    return HttpResponse(200, await clips.snapshot(encoders.picture(camera, stream), camera.config.clip_dir), "image/jpeg")
