"""Looks at cameras: one frame of each that is asked for, and a line in the log that the province keeps before any is taken.

The request comes on standard input, logins and all (ViewRequest of province.documents.hub); for each camera one line goes out as soon as
it is done (Viewed). Nobody looks who can't be noted: the lines of the log are committed first (migration 0006).
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json, utc_text
from province.documents.hub import CameraToView, View, Viewed, ViewRequest
from province.measure.streams import frame

MAX_BYTES = 8 * 1024 * 1024
MOST = 2000
"""Cameras of one request."""
WORKERS, PER_SITE = 16, 2
"""Side by side; more at once of one facility could fill its uplink."""
Take = Callable[[str, int, str, str, str], Mapping[str, object]]


def asked(text: str) -> tuple[str, list[CameraToView]]:
    """(why, cameras). ContractError names what is wrong, and never a value: one of them is a password."""
    request = typed.read(ViewRequest, "views", parse_json("views", text, MAX_BYTES))
    why, cameras = request["why"].strip(), request["cameras"]
    if not why:
        raise ContractError("views.why: empty")
    if not 0 < len(cameras) <= MOST:
        raise ContractError(f"views.cameras: between 1 and {MOST}")
    return why, cameras


def note(database: psycopg.Connection[Any], by: str, why: str, cameras: list[CameraToView]) -> None:
    with database.transaction(), database.cursor() as cursor:
        rows = [(by, why, each["site"], each["slot"]) for each in cameras]
        cursor.executemany("INSERT INTO views (by, why, site, slot) VALUES (%s, %s, %s, %s)", rows)


def taken(cameras: list[CameraToView], take: Take | None = None) -> Iterator[Viewed]:
    """Each camera's frame, in the order in which they come."""
    take = take or frame.take
    rooms: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(PER_SITE))

    def one(each: CameraToView, room: threading.Semaphore) -> Viewed:
        with room:
            found = take(each["host"], each["port"], each["path"], each["user"], each["password"])
        return typed.read(Viewed, "view", {"site": each["site"], "slot": each["slot"], "at": utc_text(datetime.now(UTC)), **found})

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in as_completed([pool.submit(one, each, rooms[each["site"]]) for each in cameras]):
            yield done.result()


def newest(database: psycopg.Connection[Any], limit: int, names: Collection[str] = ()) -> list[View]:
    """The newest looks, newest first; all, or of one facility by its id. In lines from before ids were noted `site` is its code then:
    `names` are id and code."""
    query = (
        'SELECT at, "by", why, site, slot FROM views '
        "WHERE cardinality(%(names)s::text[]) = 0 OR site = ANY(%(names)s) ORDER BY id DESC LIMIT %(limit)s"
    )
    with database.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, {"names": list(names), "limit": limit}).fetchall()
    return [{"at": utc_text(row["at"]), "by": row["by"], "why": row["why"], "site": row["site"], "slot": row["slot"]} for row in rows]
