"""Looks at cameras: noted before they are granted, for good; one that hangs delays no other; no password comes back."""

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from edge_agent.contract.strict import ContractError
from province.hub import views
from province.hub.migrate import migrate

CAMERA = {"site": "BD-0001", "slot": 1, "host": "10.136.0.1", "port": 554, "path": "/main", "user": "viewer", "password": "s3cret-word"}


@pytest.fixture
def db(database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.new(f"t{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


def request(**changes: Any) -> str:
    return json.dumps({"why": "nghiệm thu", "cameras": [CAMERA | {"slot": slot} for slot in (1, 2)]} | changes)


def test_each_look_is_a_line_with_who_when_and_why(db: psycopg.Connection) -> None:
    why, cameras = views.asked(request())
    views.note(db, "an", why, cameras)
    told = views.newest(db, 10)
    assert [(row["by"], row["why"], row["site"], row["slot"]) for row in told] == [
        ("an", "nghiệm thu", "BD-0001", 2),
        ("an", "nghiệm thu", "BD-0001", 1),
    ]
    assert views.newest(db, 10, ("BD-0001", "a")) == told and views.newest(db, 10, ("BD-0002", "a")) == []
    assert "s3cret-word" not in json.dumps(told)


@pytest.mark.parametrize("statement", ["UPDATE views SET why = 'x'", "DELETE FROM views", "TRUNCATE views"])
def test_a_line_can_t_be_changed_or_taken_away(db: psycopg.Connection, statement: str) -> None:
    views.note(db, "an", "x", [CAMERA])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"why": " "}, "why"),
        ({"cameras": []}, "cameras"),
        ({"cameras": [CAMERA] * 2001}, "cameras"),
        ({"cameras": [CAMERA | {"port": "554"}]}, "cameras[0].port"),
        ({"cameras": [CAMERA | {"slot": True}]}, "cameras[0].slot"),
        ({"cameras": [{"password": "s3cret-word"}]}, "cameras[0].site"),
    ],
)
def test_a_request_that_says_too_little_is_refused_without_repeating_it(changes: dict[str, Any], names: str) -> None:
    with pytest.raises(ContractError) as caught:
        views.asked(request(**changes))
    assert names in str(caught.value)
    assert "s3cret-word" not in str(caught.value)


def test_a_slow_camera_delays_no_other_and_a_facility_is_not_flooded() -> None:
    go, lock, most, now = threading.Event(), threading.Lock(), 0, 0

    def take(host: str, *_: Any) -> dict[str, Any]:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        if host == "slow":
            assert go.wait(20)
        with lock:
            now -= 1
        return {"ok": True, "jpeg": ""}

    cameras = [CAMERA | {"slot": 9, "host": "slow"}, *(CAMERA | {"slot": slot} for slot in (1, 2, 3))]
    found = views.taken(cameras, take)
    assert [next(found)["slot"] for _ in range(3)] and not go.is_set()
    go.set()
    last = next(found)
    assert (last["slot"], last["ok"]) == (9, True)
    assert "password" not in last
    assert most <= views.PER_SITE
