"""`edge-agent doctor` beside a real agent and broker: each fault is found at its own step."""

import json
import subprocess
import sys

import pytest
from agent_services import wait_until
from ways import Way


@pytest.fixture
def way(hub):
    made = Way(hub.broker.port)
    yield made
    made.cut()


@pytest.fixture
def agent(collector, new_agent, way):
    agent = new_agent()
    agent.settings["hub"] = {"endpoints": [{"address": "127.0.0.1", "port": way.port, "way": "direct"}]}
    agent.settings["tls"]["key"] = str(agent.folder / "credentials/box.key")
    agent.write()
    agent.start()
    wait_until(lambda: agent.status().get("link", {}).get("connected"), message=lambda: agent.log()[-800:])
    return agent


def doctor(agent, *words: str) -> tuple[int, dict]:
    command = [sys.executable, "-m", "edge_agent.cli", "doctor", "--config", str(agent.configuration), "--status",
               str(agent.run / "status.json"), *words]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout) if "--json" in words else {"text": done.stdout}


def verdicts(agent) -> dict[str, str]:
    return {step["id"]: step["verdict"] for step in doctor(agent, "--json")[1]["steps"]}


WELL = ("disk", "hub", "tls", "certificate", "login", "acknowledgement")


def test_a_box_that_is_well_is_well_from_disk_to_acknowledgement(agent):
    found = verdicts(agent)
    assert {step: found[step] for step in WELL} == dict.fromkeys(WELL, "well")


def test_a_hub_that_is_gone_breaks_at_the_hub_and_tls_was_not_tried(agent, way):
    way.cut()
    wait_until(lambda: not agent.status()["link"]["connected"])
    found = verdicts(agent)
    assert (found["hub"], found["tls"], found["login"]) == ("well", "unknown", "broken"), "refused: the host is there, the service not"


def test_an_authority_that_is_not_the_provinces_breaks_at_tls(agent, tmp_path, hub):
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    agent.settings["tls"]["ca"] = str(type(hub.authority)(stranger).ca)
    agent.write()
    code, document = doctor(agent, "--json")
    step = next(step for step in document["steps"] if step["id"] == "tls")
    assert code == 1 and step["verdict"] == "broken" and step["hint"]["vi"] and step["hint"]["en"]


def test_a_collector_that_does_not_acknowledge_breaks_at_the_acknowledgement(agent, collector):
    wait_until(lambda: agent.status()["outbox"]["unacknowledged"] == 0)
    document = agent.status()
    document["outbox"] |= {"unacknowledged": 3, "oldest_s": 300.0}
    agent.kill()
    (agent.run / "status.json").write_text(json.dumps(document))
    assert verdicts(agent)["acknowledgement"] == "broken"


def test_an_agent_that_does_not_run_is_said_to_be_the_trouble(agent):
    agent.kill()
    (agent.run / "status.json").unlink()
    found = verdicts(agent)
    assert found["agent"] == "broken" and "login" not in found


@pytest.mark.parametrize(("lang", "word"), [("vi", "Chứng thư"), ("en", "Certificate")])
def test_it_speaks_both_languages_and_says_what_to_do(agent, way, lang, word):
    way.cut()
    _, shown = doctor(agent, "--lang", lang)
    assert word in shown["text"] and "→" in shown["text"]
