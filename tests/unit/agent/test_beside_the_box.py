"""What systemd and an engineer beside the box are told."""

import ast
import inspect
import json
import re
import socket
from pathlib import Path

import pytest

from edge_agent.contract.texts import REASON, STATUS
from edge_agent.daemon import main, probes
from edge_agent.daemon.outbox import Outbox
from edge_agent.daemon.probes import way_out
from edge_agent.daemon.texts import LINE
from edge_agent.streams import rtsp
from edge_agent.system import clock
from edge_agent.system.notify import PARTS, Watchdog, notify
from province.hub import history


@pytest.fixture
def manager(tmp_path, monkeypatch):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield sock


def fed(manager) -> bool:
    try:
        return manager.recv(100) == b"WATCHDOG=1"
    except BlockingIOError:
        return False


def test_systemd_is_told_over_its_socket(manager):
    assert notify("READY=1")
    assert manager.recv(100) == b"READY=1"


def test_without_systemd_nothing_is_told(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


@pytest.mark.parametrize("stuck", PARTS)
def test_the_watchdog_is_not_fed_when_a_single_part_does_not_move(manager, stuck):
    watchdog = Watchdog(patience_s=0)
    for part in PARTS:
        if part != stuck:
            watchdog._moved[part] += 100
    assert not watchdog.feed()
    assert not fed(manager)
    assert watchdog.stuck() == [stuck]


def test_the_watchdog_is_fed_when_every_part_has_moved(manager):
    assert Watchdog(patience_s=60).feed()
    assert fed(manager)


def test_a_port_without_signal_is_unreachable_and_not_down(tmp_path):
    (tmp_path / "eth1").mkdir()
    (tmp_path / "eth1/carrier").write_text("0\n")
    assert (way_out("eth1", tmp_path).status, way_out("eth1", tmp_path).reason) == ("unreachable", "no_carrier")
    (tmp_path / "eth1/carrier").write_text("1\n")
    assert way_out("eth1", tmp_path) is None
    assert way_out("eth9", tmp_path).reason == "no_interface"


def status_document(**changes) -> dict:
    return {
        "schema": 1, "site": "BD-0001", "code": "an-nhon-01", "name": "Trường An Nhơn", "agent": "0.1.0", "at": clock.wall(),
        "written_mono": clock.mono(), "started_mono": 1.0,
        "link": {"connected": True, "endpoint": "10.5.255.193:8883", "problem": None, "answers": {"10.5.255.193:8883": "answers"},
                 "endpoints": ["10.5.255.193:8883"], "offline_s": None},
        "clock": {"synced": True, "offset_s": 0.0004, "source": "x"}, "outbox": {"unacknowledged": 0, "waiting": 0},
        "cameras": [{"slot": 1, "name": "C01", "status": "up", "since": "2026-01-02T03:04:05.000000Z", "reason": None}],
        **changes,
    }  # fmt: skip


def show(tmp_path, document, *arguments) -> int:
    path = tmp_path / "status.json"
    path.write_text(json.dumps(document))
    return main(["status", "--file", str(path), *arguments])


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_box_that_is_well_says_so_in_a_screenful(tmp_path, capsys, lang):
    many = [{"slot": slot, "name": f"C{slot:02}", "status": "up", "since": None, "reason": None} for slot in range(1, 17)]
    assert show(tmp_path, status_document(cameras=many), "--lang", lang) == 0
    shown = capsys.readouterr().out
    assert "Trường An Nhơn (BD-0001)" in shown and "10.5.255.193:8883" in shown
    assert len(shown.splitlines()) <= 24


def test_a_dead_camera_is_named_with_what_to_do(tmp_path, capsys):
    dead = [{"slot": 3, "name": "C03", "status": "down", "since": None, "reason": "no_answer"}]
    assert show(tmp_path, status_document(cameras=dead), "--lang", "vi") == 1
    assert "C03" in (shown := capsys.readouterr().out) and "kiểm tra nguồn" in shown


def test_a_lost_connection_is_told_with_its_reason(tmp_path, capsys):
    lost = {"connected": False, "endpoint": None, "problem": "timed out", "answers": {"h": "silent"}, "endpoints": [], "offline_s": 75.2}
    assert show(tmp_path, status_document(link=lost), "--lang", "en") == 1
    assert "no connection for 75 s: timed out" in capsys.readouterr().out


def test_old_figures_are_never_shown_as_the_present(tmp_path, capsys):
    assert show(tmp_path, status_document(written_mono=clock.mono() - 100), "--lang", "en") == 2
    assert "hangs or has stopped" in capsys.readouterr().out
    assert show(tmp_path, status_document(written_mono=clock.mono() - 100), "--json") == 2
    assert json.loads(capsys.readouterr().out)["running"] is False
    assert main(["status", "--file", str(tmp_path / "absent"), "--lang", "en"]) == 2


def test_events_not_acknowledged_are_listed_without_touching_the_outbox(tmp_path, capsys):
    outbox = Outbox.open(tmp_path, "BD-0001")
    outbox.append("camera", {"slot": 1, "to": "down"}, True)
    assert main(["events", "--state", str(tmp_path), "--json"]) == 0
    assert [json.loads(line)["cls"] for line in capsys.readouterr().out.splitlines()] == ["epoch", "camera"]
    outbox.close()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main(["events", "--state", str(tmp_path), "--lang", "en"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert main(["events", "--state", str(tmp_path / "nowhere")]) == 2


def test_every_word_is_there_in_both_languages_with_the_same_blanks():
    for text in (*STATUS.values(), *REASON.values(), *LINE.values()):
        assert text.vi and text.en
        assert sorted(part.split("}")[0] for part in text.vi.split("{")[1:]) == sorted(
            part.split("}")[0] for part in text.en.split("{")[1:]
        )


def test_every_reason_that_a_probe_can_give_tells_the_engineer_what_to_do():
    listed = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b|(?<=, )closed\b|(?<=, )refused\b", probes.__doc__.partition("A login that")[0])
    given = re.findall(r'RtspError\("(\w+)"', inspect.getsource(rtsp)) + re.findall(r'"down", "(\w+)"', inspect.getsource(probes))
    assert {*listed, *given} - set(REASON) == set()
    assert len(given) > 8


def test_every_code_that_box_or_hub_gives_as_a_reason_has_words_in_both_languages():
    """Found in the code: what ProbeResult and HealthState are made with, and what the hub itself puts into a history."""
    given = {history.NOT_RUNNING, history.MISSING}
    for path in sorted((Path(probes.__file__).parent).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("ProbeResult", "HealthState") and len(node.args) > 1:
                values = [node.args[1].body, node.args[1].orelse] if isinstance(node.args[1], ast.IfExp) else [node.args[1]]
                given |= {each.value for each in values if isinstance(each, ast.Constant) and each.value}
    assert {"no_carrier", "settings_unread", "not_configured_yet"} <= given
    assert {code for code in given if code not in REASON or not all(REASON[code])} == set()
