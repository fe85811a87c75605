"""Certificates that end: the box's, the hub's. The box says which, and goes on by itself once there is a new one."""

import json
import subprocess
import sys

import pytest
from agent_processes import Agent
from agent_services import wait_until
from telling import assert_whole, flip, said, settled


@pytest.fixture
def agent(hub, collector, new_agent) -> Agent:
    """An agent that waits after a refusal, longer each time."""
    agent = new_agent()
    agent.settings["hub"]["endpoints"][0]["way"] = "direct"
    agent.settings["tls"]["key"] = str(agent.folder / "credentials/box.key")
    agent.settings["link"] |= {"probe_s": 1, "backoff_max_s": 20}
    agent.write()
    agent.start()
    wait_until(lambda: agent.status().get("link", {}).get("connected"), message=lambda: agent.log()[-800:])
    return agent


def restart(broker) -> None:
    """The hub's certificate is read anew, and every session with it."""
    broker.kill()
    broker.start()


def problem(agent: Agent) -> str:
    return agent.status()["link"]["problem"] or ""


def doctor(agent: Agent) -> tuple[str, dict[str, dict]]:
    """(where it breaks, steps by their id)."""
    command = [sys.executable, "-m", "edge_agent.cli", "doctor", "--json", "--config", str(agent.configuration)]
    done = subprocess.run([*command, "--status", str(agent.run / "status.json")], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    return told["breaks_at"], {step["id"]: step for step in told["steps"]}


def await_back(agent: Agent) -> None:
    wait_until(lambda: agent.status()["link"]["connected"], 60, message=lambda: agent.log()[-800:])
    settled(agent)


def test_a_box_whose_certificate_ended_says_so_keeps_its_events_and_comes_back_with_a_new_one(hub, agent):
    certificate = hub.authority.folder / f"{agent.site}.crt"
    hub.authority.renew(certificate, days=-1)
    restart(hub.broker)
    wait_until(lambda: "this box's certificate ended on" in problem(agent), 60, message=lambda: agent.log()[-800:])
    before = len(said(agent))
    flip(agent, 2)
    steps = doctor(agent)[1]
    assert (steps["certificate"]["verdict"], steps["tls"]["verdict"], steps["login"]["verdict"]) == ("broken",) * 3
    assert "hết hạn" in steps["certificate"]["says"]["vi"] and "ketnoi bootstrap" in steps["certificate"]["hint"]["vi"]
    hub.authority.renew(certificate, days=30)
    await_back(agent)
    assert len(said(agent)) == before + 2
    assert_whole(hub, agent)
    assert doctor(agent)[1]["certificate"]["verdict"] == "well"


def test_a_hub_whose_certificate_ended_is_refused_named_and_taken_again_when_renewed(hub, agent):
    certificate = hub.broker.folder / "hub.crt"
    hub.authority.renew(certificate, days=-1)
    restart(hub.broker)
    wait_until(lambda: "the hub's certificate: certificate has expired" in problem(agent), 60, message=lambda: agent.log()[-800:])
    flip(agent, 2)
    steps = doctor(agent)[1]
    assert (steps["certificate"]["verdict"], steps["tls"]["verdict"]) == ("well", "broken")
    assert "ketnoi bootstrap hub" in steps["tls"]["hint"]["vi"]
    hub.authority.renew(certificate, days=30)
    restart(hub.broker)
    await_back(agent)
    assert_whole(hub, agent)
