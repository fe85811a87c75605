"""agent.json is read strictly; what others publish for the agent may be absent or half-written at any time."""

import importlib
import json
import sys

import pytest

from edge_agent.contract.strict import ContractError
from edge_agent.daemon.config import LinkTimes, parse
from edge_agent.daemon.start import main
from edge_agent.system.watched import Watched, read_digests, read_logins, read_streams
from province.paths import data
from tests.unit.box_values import HUB

GOOD = {
    "schema": 1, "site": "BD-0001", "code": "an-nhon-01", "hub": {"endpoints": [{"address": "10.5.255.193", "port": 8883}]},
    "tls": {"ca": "/etc/ketnoi/ca.crt", "cert": "/etc/ketnoi/box.crt", "key": "box.key"},
    "cameras": [{"slot": 2, "name": "C02", "address": "192.168.1.12"}, {"slot": 1, "name": "C01", "address": "192.168.1.11"}],
}  # fmt: skip


def test_what_is_left_out_has_the_documented_default(tmp_path):
    config = parse(json.dumps(GOOD), tmp_path)
    assert (config.beat_s, config.snapshot_s, config.probe_interval_s, config.link) == (20, 1800, 15, LinkTimes())
    assert config.key == tmp_path / "box.key"
    assert [camera.slot for camera in config.cameras] == [1, 2]
    assert config.cameras[0].rtsp_port == 554


def test_the_ways_that_the_role_writes_are_read_in_their_order(monkeypatch):
    monkeypatch.syspath_prepend(str(data("plugins/filter")))
    monkeypatch.delitem(sys.modules, "ketnoi", raising=False)
    filters = importlib.import_module("ketnoi").FilterModule().filters()
    ways = filters["ketnoi_agent_endpoints"](HUB | {"more_endpoints": ["198.51.100.9", "203.0.113.11"]})
    read = parse(json.dumps(GOOD | {"hub": {"endpoints": ways}})).endpoints
    assert [str(one) for one in read] == ["10.5.255.193:8883", "203.0.113.10:443", "198.51.100.9:443", "203.0.113.11:443"]
    assert [one.way for one in read] == ["tunnel", "direct", "direct", "direct"]
    assert {one.alpn for one in read[1:]} == {"mqtt"}, "the hub's TCP 443 is shared"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"probe_intervall_s": 15}, "probe_intervall_s"), ({"schema": 2}, "schema"), ({"site": "bd"}, "site"),
        ({"hub": {"endpoints": []}}, "endpoints"), ({"beat_s": -1}, "beat_s"), ({"link": {"jitter": 1}}, "jitter"),
        ({"cameras": [{"slot": 200, "name": "", "address": "a"}]}, "slot"), ({"cameras": GOOD["cameras"] * 2}, "twice"),
        ({"tls": {"ca": "/a", "cert": "/b", "key": "../box.key"}}, "key"), ({"beat_s": "20"}, "beat_s"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_by_name_and_the_daemon_does_not_start(tmp_path, capsys, change, named):
    with pytest.raises(ContractError, match=named):
        parse(json.dumps({**GOOD, **change}))
    path = tmp_path / "agent.json"
    path.write_text(json.dumps({**GOOD, **change}))
    assert main(["--config", str(path), "--check"]) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", '{"1": {"path": null', '{"1": 5}', '{"x": {"path": "/"}}'])
def test_a_file_half_written_by_somebody_else_is_as_good_as_none(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_text(content)
    assert read_streams(path) == {}
    assert read_digests(path) == {}
    assert read_streams(tmp_path / "absent.json") == {}


def test_a_wrong_credential_is_refused_without_quoting_it(tmp_path):
    (tmp_path / "devices.json").write_text('{"1": {"user": "kn-view", "pass": "s3cretS3cret"}}')
    with pytest.raises(ContractError) as caught:
        read_logins(tmp_path)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_watched_file_tells_of_a_change_once(tmp_path):
    path = tmp_path / "converged.json"
    watched = Watched(path, read_digests)
    assert not watched.refresh()
    path.write_text('{"base": "ab"}')
    assert [watched.refresh(), watched.refresh()] == [True, False]
    assert watched.value == {"base": "ab"}
    path.unlink()
    assert watched.refresh()
    assert watched.value == {}
