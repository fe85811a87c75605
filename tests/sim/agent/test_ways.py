"""Several ways to the hub, configurations that change, outboxes that were copied: with a real broker, collector and database."""

import shutil
import socket

import pytest
from agent_processes import SITE
from agent_services import wait_until
from telling import settled
from ways import Way


@pytest.fixture
def ways(hub):
    made = [Way(hub.broker.port), Way(hub.broker.port)]
    yield made
    for way in made:
        way.cut()


@pytest.fixture
def agent(collector, new_agent, ways):
    endpoints = [{"address": "127.0.0.1", "port": ways[0].port}, {"address": "127.0.0.1", "port": ways[1].port, "way": "direct"}]
    agent = new_agent()
    agent.settings["hub"] = {"endpoints": endpoints}
    agent.settings["link"] |= {"better_s": 0.3}
    agent.write()
    agent.start()
    wait_until(lambda: way_of(agent) == "tunnel", message=lambda: agent.log()[-800:])
    return agent


def way_of(agent) -> str | None:
    return agent.status().get("link", {}).get("way")


def known_way(hub) -> list:
    return hub.rows("SELECT state->'link'->>'way' FROM facility_state")


def test_without_a_tunnel_the_agent_goes_straight_to_the_hub_and_says_so_and_comes_back(hub, agent, ways):
    wait_until(lambda: known_way(hub) == [("tunnel",)])
    ways[0].cut()
    wait_until(lambda: known_way(hub) == [("direct",)], message=lambda: agent.log()[-800:])
    ways[0].open()
    wait_until(lambda: known_way(hub) == [("tunnel",)], message=lambda: agent.log()[-800:])
    settled(agent)
    moved = hub.rows("SELECT body->>'way' FROM events WHERE class = 'link' AND body->>'status' = 'moved'")
    assert moved == [("tunnel",)]


def test_coming_back_to_the_better_way_is_no_outage(hub, agent, ways):
    ways[0].cut()
    wait_until(lambda: known_way(hub) == [("direct",)])
    before = hub.rows("SELECT count(*) FROM intervals WHERE subject = 'link' AND status <> 'online'")
    ways[0].open()
    wait_until(lambda: known_way(hub) == [("tunnel",)])
    assert hub.rows("SELECT count(*) FROM intervals WHERE subject = 'link' AND status <> 'online'") == before


def test_a_better_way_that_answers_and_does_not_carry_is_left_for_the_other(hub, collector, new_agent, ways):
    """What answers at the tunnel's address never says a word: the other way is taken."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        endpoints = [
            {"address": "127.0.0.1", "port": mute.getsockname()[1]},
            {"address": "127.0.0.1", "port": ways[1].port, "way": "direct"},
        ]
        agent = new_agent()
        agent.settings["hub"] = {"endpoints": endpoints}
        agent.write()
        agent.start()
        wait_until(lambda: way_of(agent) == "direct", 30, message=lambda: agent.log()[-800:])


def test_a_configuration_is_read_again_without_a_new_connection(hub, agent):
    connection = wait_until(lambda: hub.rows("SELECT connection FROM facility_state WHERE state IS NOT NULL"))
    agent.settings["cameras"].append({"slot": 2, "name": "C02", "address": "127.0.0.1", "rtsp_port": 1})
    agent.write()
    agent.hang_up()
    wait_until(lambda: hub.rows("SELECT slot FROM device_state ORDER BY slot") == [(1,), (2,)], message=lambda: agent.log()[-800:])
    assert hub.rows("SELECT connection FROM facility_state") == connection
    agent.streams({"2": {"rtsp_port": 1, "path": "/live"}})
    wait_until(lambda: hub.rows("SELECT status FROM device_state WHERE slot = 2") == [("down",)], message="the new camera is probed")


@pytest.mark.parametrize("wrong", ["{", '{"schema": 1}', None])
def test_a_broken_configuration_is_refused_said_so_and_the_old_one_kept(hub, agent, wrong):
    if wrong is None:
        agent.settings["site"] = "BD-9999"
        agent.write()
    else:
        agent.configuration.write_text(wrong)
    agent.hang_up()
    rows = wait_until(lambda: hub.rows("SELECT body->>'reason' FROM events WHERE body->>'status' = 'configuration_refused'"))
    assert "agent.json" in rows[0][0]
    assert agent.status()["site"] == SITE and agent.popen.poll() is None


def pending(hub) -> int:
    return hub.rows("SELECT count(*) FROM events WHERE class = 'camera'")[0][0]


def change(agent, hub, to: str) -> None:
    before = pending(hub)
    agent.streams({"1": {"rtsp_port": 1, "path": "/live"}} if to == "down" else {})
    wait_until(lambda: pending(hub) > before, message=lambda: agent.log()[-800:])


def test_an_outbox_that_was_put_back_goes_on_in_a_new_epoch_and_loses_nothing_new(hub, agent, tmp_path):
    change(agent, hub, "down")
    assert agent.terminate() == 0
    shutil.copytree(agent.state, tmp_path / "copy")
    agent.start()
    for word in ("unknown", "down", "unknown"):
        change(agent, hub, word)
    assert agent.terminate() == 0
    shutil.rmtree(agent.state)
    shutil.copytree(tmp_path / "copy", agent.state)
    agent.start()
    wait_until(lambda: len(hub.rows("SELECT 1 FROM epochs")) == 2, message=lambda: agent.log()[-800:])
    wait_until(lambda: ("rolled_back",) in hub.rows("SELECT cause FROM gaps"), message=lambda: agent.log()[-800:])
    change(agent, hub, "down")
    started = hub.rows("SELECT count(*) FROM events WHERE class = 'agent' AND body->>'status' = 'started'")
    assert started == [(3,)], "the start after the copy was put back is told, though its number was taken"


def test_a_cloned_box_is_noticed(hub, agent, processes, tmp_path):
    wait_until(lambda: hub.rows("SELECT 1 FROM boots"))
    assert hub.rows("SELECT duplicate_at FROM facility_state") == [(None,)]
    other = agent.clone(tmp_path / "clone", "b" * 32)
    processes.append(other)
    other.start()
    wait_until(lambda: hub.rows("SELECT 1 FROM facility_state WHERE duplicate_at IS NOT NULL"), 40, message=lambda: other.log()[-800:])
