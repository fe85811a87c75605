"""A hub for the benches: a real mosquitto, PostgreSQL and collector on loopback, no root needed; they end with the run."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/sim"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/sim/agent"))
from agent_processes import Process
from agent_services import Authority, Broker, Database, Hub, Talker, listens, wait_until

__all__ = ["Hub", "Process", "Talker", "listens", "services", "wait_until"]


@contextmanager
def services(address: str = "127.0.0.1") -> Iterator[tuple[Hub, Process, Path]]:
    """The hub, its collector, and the folder that all of it is in. address: the broker's."""
    folder = Path(tempfile.mkdtemp(prefix="ketnoi-bench-", dir="/tmp"))
    folder.chmod(0o755)
    for part in ("pg", "broker"):
        (folder / part).mkdir()
    authority = Authority(folder)
    database, broker = Database(folder / "pg"), Broker(folder / "broker", authority, address)
    database.start()
    broker.start()
    hub = Hub(authority, broker, database, database.new("bench"))
    certificate, key = authority.issue("collector")
    settings = folder / "collector.json"
    settings.write_text(json.dumps({
        "broker": {"address": address, "port": broker.port}, "dsn": hub.dsn, "metrics_port": None,
        "tls": {"ca": str(authority.ca), "cert": str(certificate), "key": str(key)},
    }))  # fmt: skip
    collector = Process([sys.executable, "-m", "province.hub.cli", "--settings", str(settings), "collector"], folder / "collector.log")
    collector.start()
    try:
        wait_until(lambda: "collecting from" in collector.log(), message=lambda: f"the collector does not collect: {collector.log()}")
        yield hub, collector, folder
    finally:
        collector.kill()
        broker.kill()
        database.stop()
        shutil.rmtree(folder)
