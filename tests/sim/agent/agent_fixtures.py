"""Services for the agent's and the collector's tests; one PostgreSQL for the session, a fresh database and broker for each test."""

import json
import shutil
import sys
import tempfile
import uuid
from pathlib import Path

import psycopg
import pytest
from agent_processes import SITE, Agent, Process
from agent_services import Authority, Broker, Database, Hub, wait_until

from province.hub.migrate import migrate


@pytest.fixture(scope="session")
def workplace():
    """A folder that an unprivileged server may enter (pytest's own is private to root)."""
    folder = Path(tempfile.mkdtemp(prefix="ketnoi-sim-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database(workplace):
    folder = workplace / "pg"
    folder.mkdir()
    database = Database(folder)
    database.start()
    yield database
    database.stop()


@pytest.fixture
def kept(database):
    """A connection to a fresh database of the hub's form."""
    with psycopg.connect(database.new(f"i{uuid.uuid4().hex[:12]}"), autocommit=True) as connection:
        migrate(connection)
        yield connection


@pytest.fixture
def hub(workplace, database):
    folder = Path(tempfile.mkdtemp(dir=workplace))
    folder.chmod(0o755)
    (folder / "broker").mkdir()
    authority = Authority(folder)
    broker = Broker(folder / "broker", authority)
    broker.start()
    yield Hub(authority, broker, database, database.new(f"t{uuid.uuid4().hex[:12]}"))
    broker.kill()


@pytest.fixture
def processes():
    started: list[Process] = []
    yield started
    for process in started:
        process.kill()


@pytest.fixture
def another_collector(hub, tmp_path, processes):
    """Starts one more collector of this hub; it waits for its turn."""

    def start(name: str) -> Process:
        process = _collector(hub, tmp_path, name)
        processes.append(process)
        process.start()
        return process

    return start


@pytest.fixture
def collector(another_collector):
    process = another_collector("collector")
    wait_until(lambda: "collecting from" in process.log(), message="the collector does not collect")
    return process


def _collector(hub: Hub, tmp_path: Path, name: str) -> Process:
    certificate, key = hub.authority.issue("collector")
    settings = tmp_path / f"{name}.json"
    settings.write_text(json.dumps({
        "broker": {"address": "127.0.0.1", "port": hub.broker.port},
        "tls": {"ca": str(hub.authority.ca), "cert": str(certificate), "key": str(key)}, "dsn": hub.dsn, "metrics_port": None,
    }))  # fmt: skip
    return Process([sys.executable, "-m", "province.hub.cli", "--settings", str(settings), "collector"], tmp_path / f"{name}.log")


@pytest.fixture
def new_agent(hub, tmp_path, processes):
    def make(site: str = SITE, **changes) -> Agent:
        agent = Agent(hub, tmp_path / site, site, **changes)
        processes.append(agent)
        return agent

    return make
