"""A hub that can be reached at several addresses, each with a broker of its own: the next is taken, and left when a better is well."""

import json
import sys
import tempfile
from pathlib import Path

import pytest
from agent_processes import Agent, Process
from agent_services import Broker, wait_until
from telling import assert_whole, flip, settled


@pytest.fixture
def second(hub, workplace):
    """Another broker of the same province's, at an address of its own."""
    folder = Path(tempfile.mkdtemp(dir=workplace))
    folder.chmod(0o755)
    broker = Broker(folder, hub.authority)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def collect(hub, tmp_path, processes):
    """A collector that listens to a broker; all keep what they hear in one database."""

    def start(broker: Broker) -> Process:
        certificate, key = hub.authority.issue("collector")
        settings = tmp_path / f"{broker.port}.json"
        settings.write_text(json.dumps({
            "broker": {"address": "127.0.0.1", "port": broker.port}, "dsn": hub.dsn, "metrics_port": None,
            "tls": {"ca": str(hub.authority.ca), "cert": str(certificate), "key": str(key)},
        }))  # fmt: skip
        command = [sys.executable, "-m", "province.hub.cli", "--settings", str(settings), "collector"]
        process = Process(command, tmp_path / f"{broker.port}.log")
        processes.append(process)
        process.start()
        return process

    return start


@pytest.fixture
def agent(hub, second, new_agent) -> Agent:
    agent = new_agent()
    agent.settings["hub"] = {"endpoints": [
        {"address": "127.0.0.1", "port": hub.broker.port}, {"address": "127.0.0.1", "port": second.port, "way": "direct"},
    ]}  # fmt: skip
    agent.settings["link"] |= {"better_s": 0.5}
    agent.write()
    agent.start()
    return agent


def await_at(agent: Agent, broker: Broker) -> None:
    at = f"127.0.0.1:{broker.port}"
    wait_until(lambda: agent.status().get("link", {}).get("endpoint") == at, 40, message=lambda: agent.log()[-800:])


def test_a_hub_that_is_gone_is_left_for_the_next_and_taken_again_and_nothing_is_lost(hub, second, agent, collect):
    first = collect(hub.broker)
    await_at(agent, hub.broker)
    flip(agent, 2)
    settled(agent)
    hub.broker.kill()
    first.kill()
    other = collect(second)
    await_at(agent, second)
    flip(agent, 3)
    settled(agent)
    hub.broker.start()
    await_at(agent, hub.broker)
    flip(agent, 2)
    other.kill()
    collect(hub.broker)
    settled(agent)
    assert_whole(hub, agent)


def test_a_first_hub_that_refuses_the_login_does_not_keep_the_agent_from_the_second(hub, second, agent, collect):
    """Its list of revoked certificates names this box; the other hub's does not."""
    hub.authority.revoke(hub.authority.folder / f"{agent.site}.crt")
    hub.broker.kill()
    (hub.broker.folder / "crl.pem").write_bytes(hub.authority.crl.read_bytes())
    hub.broker.start()
    collect(second)
    await_at(agent, second)
    flip(agent, 2)
    settled(agent)
    assert_whole(hub, agent)
    assert agent.status()["link"]["way"] == "direct"
