"""Looks at cameras: one frame of each that is asked for, and a line in the log that the province keeps before any is taken.

The request comes on standard input, logins and all (`site`: a facility's id):
{"why", "cameras": [{"site", "slot", "host", "port", "path", "user", "password"}]}.
For each camera one line goes out as soon as it is done: {"site", "slot", "at", "ok", "jpeg" | "reason"}. Nobody looks who can't be noted:
the lines of the log are committed first (migration 0006).
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from edge_agent.contract.strict import ContractError, Fields, parse_json, utc_text
from province.measure.streams import frame

MAX_BYTES = 8 * 1024 * 1024
MOST = 2000
"""Cameras of one request."""
WORKERS, PER_SITE = 16, 2
"""Side by side; more at once of one facility could fill its uplink."""
Take = Callable[..., Mapping[str, Any]]


def asked(text: str) -> tuple[str, list[dict[str, Any]]]:
    """(why, cameras). ContractError names what is wrong, and never a value: one of them is a password."""
    fields = Fields("views", parse_json("views", text, MAX_BYTES))
    why = str(fields.take("why", str)).strip()
    if not why:
        raise ContractError("views: why: empty")
    cameras = fields.take("cameras", list)
    if not 0 < len(cameras) <= MOST:
        raise ContractError(f"views: cameras: between 1 and {MOST}")
    return why, [_camera(index, each) for index, each in enumerate(cameras)]


def _camera(index: int, each: Any) -> dict[str, Any]:
    wanted = {"site": str, "slot": int, "host": str, "port": int, "path": str, "user": str, "password": str}
    for name, kind in wanted.items():
        if not isinstance(each, dict) or not isinstance(each.get(name), kind) or isinstance(each.get(name), bool):
            raise ContractError(f"views: cameras[{index}].{name}: wants {kind.__name__}")
    return {name: each[name] for name in wanted}


def note(database: psycopg.Connection[Any], by: str, why: str, cameras: list[dict[str, Any]]) -> None:
    with database.transaction(), database.cursor() as cursor:
        rows = [(by, why, each["site"], each["slot"]) for each in cameras]
        cursor.executemany("INSERT INTO views (by, why, site, slot) VALUES (%s, %s, %s, %s)", rows)


def taken(cameras: list[dict[str, Any]], take: Take | None = None) -> Iterator[dict[str, Any]]:
    """Each camera's frame, in the order in which they come."""
    take = take or frame.take
    rooms: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(PER_SITE))

    def one(each: Mapping[str, Any], room: threading.Semaphore) -> dict[str, Any]:
        with room:
            found = take(each["host"], each["port"], each["path"], each["user"], each["password"])
        return {"site": each["site"], "slot": each["slot"], "at": utc_text(datetime.now(UTC)), **found}

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in as_completed([pool.submit(one, each, rooms[each["site"]]) for each in cameras]):
            yield done.result()


def newest(database: psycopg.Connection[Any], limit: int, names: Collection[str] = ()) -> list[dict[str, Any]]:
    """The newest looks, newest first: [{"at", "by", "why", "site", "slot"}]; all, or of one facility by its id. In lines from before ids
    were noted `site` is its code then: `names` are id and code."""
    query = (
        'SELECT at, "by", why, site, slot FROM views '
        "WHERE cardinality(%(names)s::text[]) = 0 OR site = ANY(%(names)s) ORDER BY id DESC LIMIT %(limit)s"
    )
    with database.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, {"names": list(names), "limit": limit}).fetchall()
    return [{**row, "at": utc_text(row["at"])} for row in rows]
