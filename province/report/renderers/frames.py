"""The contact sheet: one current frame of each camera, taken by the hub, which notes who looked and why before it lets anybody look.

Only asked for, never part of the report: it shows now, not the report's day, so a report made again stays the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json
from province.documents.hub import CameraToView, Viewed, ViewRequest
from province.files import write as put
from province.judging.case import REASONS
from province.measure.tasks import Logins
from province.reach import hub_view
from province.reach.ssh import CONNECT_S, UNREACHABLE, Shell
from province.report import paper
from province.report.model.figures import day, formats
from province.report.streams import Stream
from province.text import VIETNAM, Lang, Text
from province.user_error import UserError

MOST = 500
"""Cameras of one sheet: more are no sheet that anybody looks at."""
MOST_BYTES = 4 * 1024 * 1024
"""Of the line of one camera."""
EACH_S = 12.0
"""A camera that hangs is given up within this; the hub looks at 16 side by side, 2 of a facility."""


@dataclass(frozen=True)
class Shot:
    """`jpeg` is base64; None where there is no picture, and `why` says it."""

    stream: Stream
    jpeg: str | None
    at: str | None
    why: Text | None


def request(streams: Sequence[Stream], logins: Logins, why: str) -> ViewRequest:
    """What the hub is told on its standard input: the cameras whose path and viewer are known."""
    cameras: list[CameraToView] = []
    for each in streams:
        viewer = logins.get(_key(each), {}).get("viewer")
        if each.main and viewer:
            cameras.append({"site": each.named.place.id, "slot": each.spot.slot, "host": str(each.spot.address), "port": each.main["port"],
                            "path": each.main["path"], "user": viewer["user"], "password": viewer["password"]})  # fmt: skip
    return {"why": why, "cameras": cameras}


def take(streams: Sequence[Stream], logins: Logins, why: str, shell: Shell) -> list[Shot]:
    """A shot for each stream, in their order. UserError where the hub can't be asked; nothing was looked at then."""
    if len(streams) > MOST:
        raise UserError(
            f"{len(streams)} camera là quá nhiều cho một bảng hình: chọn --area hoặc --authority (tối đa {MOST})",
            f"{len(streams)} cameras are too many for one contact sheet: choose --area or --authority ({MOST} at most)",
        )
    asked = request(streams, logins, why)
    shown: dict[tuple[str, int], Viewed] = {}
    if asked["cameras"]:
        seconds = CONNECT_S + 30 + EACH_S * len(asked["cameras"]) / 2
        done = shell.run("hub", ["sudo", "ketnoi-hub", "views", "take"], json.dumps(asked), seconds=seconds)
        if done.returncode != 0:
            said = hub_view.last_line(done.stderr)
            raise UserError(*(_UNREACHABLE if done.returncode in (UNREACHABLE, 124) else _REFUSED).format(said=said))
        shown = {(row["site"], row["slot"]): row for row in _read(done.stdout)}
    return [_shot(each, shown.get((each.named.place.id, each.spot.slot))) for each in streams]


def _read(lines: str) -> list[Viewed]:
    try:
        return [typed.read(Viewed, "view", parse_json("view", line, MOST_BYTES)) for line in lines.splitlines()]
    except ContractError as error:
        raise UserError(*_ODD.format(what=error)) from error


def _key(stream: Stream) -> tuple[str, int]:
    return stream.named.place.code, stream.spot.slot


def _shot(stream: Stream, found: Viewed | None) -> Shot:
    if found is None:
        return Shot(stream, None, None, stream.why or _NO_LOGIN)
    if found["ok"] and "jpeg" in found:
        return Shot(stream, found["jpeg"], found["at"], None)
    return Shot(stream, None, found["at"], REASONS.get(found.get("reason", ""), _NO_PICTURE))


def write(shots: Sequence[Shot], title: str, why: str, lang: Lang, path: Path) -> None:
    """People may be on it: readable by its owner alone."""
    put(path, render(shots, title, why, lang), 0o600)


def render(shots: Sequence[Shot], title: str, why: str, lang: Lang) -> str:
    sites: dict[str, list[Shot]] = {}
    for shot in shots:
        sites.setdefault(shot.stream.named.place.name, []).append(shot)
    return paper.page("report/contact-sheet.html.j2", sites=sites, title=title, why=why, clock=lambda at: _clock(at, lang), **formats(lang))


def _clock(at: str | None, lang: Lang) -> str:
    if at is None:
        return ""
    then = datetime.fromisoformat(at).astimezone(VIETNAM)
    return f"{then:%H:%M:%S} {day(then.date(), lang)}"


_UNREACHABLE = Text(
    "không kết nối được tới máy chủ kết nối: chưa xem camera nào: {said}", "the hub can't be reached: no camera was looked at: {said}"
)
_REFUSED = Text(
    "máy chủ kết nối không ghi được nhật ký xem: chưa xem camera nào: {said}",
    "the hub could not note the look: no camera was looked at: {said}",
)
_ODD = Text(
    "máy chủ kết nối trả lời không như bản này hiểu: {what}: chạy `ketnoi hub`",
    "the hub answers otherwise than this version knows: {what}: run `ketnoi hub`",
)
_NO_LOGIN = Text("kho mật khẩu chưa có tài khoản xem của camera này", "the vault holds no viewer's account of this camera")
_NO_PICTURE = Text("không lấy được hình", "no picture could be had")
