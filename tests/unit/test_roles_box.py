"""The program that our tasks run on a box, on files in a folder and with a systemctl that keeps state."""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edge_agent.guard import drift
from province.paths import data
from province.rollout import action, plan

sys.path.insert(0, str(data("plugins/module_utils")))
box = importlib.import_module("box")

SYSTEMCTL = """#!/bin/sh
# A systemctl with units as folders: $UNITS/NAME/{active,enabled}; every verb is noted in $UNITS/log.
case "$1" in
show) for last; do :; done
  [ -e "$UNITS/$last/active" ] && echo ActiveState=active || echo ActiveState=inactive
  [ -e "$UNITS/$last/enabled" ] && echo UnitFileState=enabled || echo UnitFileState=disabled
  echo LoadState=loaded; cat "$UNITS/$last/more" 2>/dev/null; exit 0;;
enable) : >"$UNITS/$2/enabled";;
restart) : >"$UNITS/$2/active"; rm -f "$UNITS/$2/more";;
esac
echo "$*" >>"$UNITS/log"
"""


class World:
    """A folder for files, a state directory, and units."""

    def __init__(self, root: Path) -> None:
        self.root, self.units = root / "root", root / "units"
        self.log = self.units / "log"

    def path(self, name: str) -> str:
        return str(self.root / name)

    def file(self, name: str, content: str, mode: str = "0644", **more: Any) -> dict[str, Any]:
        return {"path": self.path(name), "content": content, "mode": mode, **more}

    def run(self, check: bool = False, **document: Any) -> dict[str, Any]:
        dirs = {"state_dir": self.path("state"), "run_dir": self.path("run")}
        result: dict[str, Any] = box.main({"check": check, **dirs, **document})
        return result

    def everything(self) -> dict[str, str]:
        return {str(path.relative_to(self.root)): path.read_text() for path in sorted(self.root.rglob("*")) if path.is_file()}

    def verbs(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    for folder in (made.root, made.units / "a.service", tmp_path / "bin"):
        folder.mkdir(parents=True)
    (tmp_path / "bin" / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("UNITS", str(made.units))
    return made


def test_files_are_placed_with_their_modes_and_a_second_run_changes_nothing(world: World) -> None:
    files = [world.file("etc/a", "one\n", "0600"), world.file("etc/deep/b", "two\n")]
    first = world.run(files=files)
    assert first["changed"] == [world.path("etc/a"), world.path("etc/deep/b")] and "failed" not in first
    assert (world.root / "etc/a").stat().st_mode & 0o777 == 0o600
    assert world.everything() == {"etc/a": "one\n", "etc/deep/b": "two\n"}
    assert world.run(files=files) == {"changed": [], "diff": []}


def test_a_mode_alone_is_a_change(world: World) -> None:
    world.run(files=[world.file("a", "x", "0644")])
    assert world.run(files=[world.file("a", "x", "0600")])["changed"] == [world.path("a")]
    assert (world.root / "a").stat().st_mode & 0o777 == 0o600


def test_a_validation_that_fails_leaves_every_file_as_it_was(world: World) -> None:
    world.run(files=[world.file("a", "old\n")])
    files = [world.file("a", "new\n"), world.file("b", "bad\n", validate=["grep", "-q", "good", "%s"])]
    result = world.run(files=files)
    assert "b: refused by grep" in result["failed"]
    assert world.everything() == {"a": "old\n"}


def test_check_changes_nothing_and_says_what_would_change(world: World) -> None:
    world.run(files=[world.file("a", "old\n"), world.file("c", "gone\n")])
    before = world.everything()
    files = [world.file("a", "new\n"), world.file("b", "two\n"), {"path": world.path("c"), "absent": True}]
    units = [{"name": "a.service", "enabled": True, "started": True}]
    result = world.run(check=True, files=files, units=units, record={"part": "t", "digest": "sha256:1"})
    assert result["changed"] == [*(world.path(name) for name in "abc"), "enable a.service", "restart a.service"]
    assert world.everything() == before and world.verbs() == []


def test_check_validates_what_it_would_write(world: World) -> None:
    assert "refused" in world.run(check=True, files=[world.file("a", "bad", validate=["false", "%s"])])["failed"]
    assert "failed" not in world.run(check=True, files=[world.file("a", "x", validate=["no-such-tool-yet", "%s"])])


def test_a_secret_is_in_neither_diff_nor_failure(world: World) -> None:
    world.run(files=[world.file("a", "canary-old", "0600", secret=True)])
    changed = world.run(files=[world.file("a", "canary-new", "0600", secret=True)])
    refused = world.run(files=[world.file("a", "canary-bad", "0600", secret=True, validate=["sh", "-c", "cat $0; exit 1", "%s"])])
    assert changed["diff"][0]["before"] != changed["diff"][0]["after"]
    assert "canary" not in json.dumps([changed, refused])


def test_a_unit_is_restarted_only_if_a_file_that_it_names_changed(world: World) -> None:
    unit = {"name": "a.service", "enabled": True, "started": True, "restart": [world.path("a")]}
    world.run(files=[world.file("a", "1"), world.file("b", "1")], units=[unit])
    assert world.verbs() == ["enable a.service", "restart a.service"]
    world.run(files=[world.file("a", "1"), world.file("b", "2")], units=[unit])
    assert len(world.verbs()) == 2
    world.run(files=[world.file("a", "2"), world.file("b", "2")], units=[unit])
    assert world.verbs()[2:] == ["restart a.service"]


def test_a_run_cut_short_before_its_restart_is_finished_by_the_next_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = {"name": "a.service", "started": True, "restart": [world.path("a")]}
    document = {"files": [world.file("a", "2")], "units": [unit], "record": {"part": "t", "digest": "sha256:2"}}
    world.run(files=[world.file("a", "1")], units=[unit], record={"part": "t", "digest": "sha256:1"})
    (world.units / "log").unlink()
    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(box, "apply_units", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        world.run(**document)
    assert world.verbs() == []
    world.run(files=[world.file("b", "1")], units=[], record={"part": "other", "digest": "sha256:3"})
    world.run(**document)
    assert world.verbs() == ["restart a.service"]
    world.run(**document)
    assert world.verbs() == ["restart a.service"]


def test_a_reload_spares_the_restart(world: World) -> None:
    (world.units / "a.service" / "active").touch()
    world.run(files=[world.file("a", "1")], units=[{"name": "a.service", "started": True, "reload": [world.path("a")]}])
    assert world.verbs() == ["reload-or-restart a.service"]


def test_a_running_unit_whose_check_fails_is_restarted(world: World) -> None:
    (world.units / "a.service" / "active").touch()
    assert world.run(units=[{"name": "a.service", "started": True, "check": ["true"]}])["changed"] == []
    assert world.run(units=[{"name": "a.service", "started": True, "check": ["false"]}])["changed"] == ["restart a.service"]


def test_a_digest_is_recorded_after_success_and_forgotten_after_a_failure(world: World) -> None:
    record = {"part": "base", "digest": "sha256:1"}
    world.run(files=[world.file("a", "1")], record=record)
    assert json.loads((world.root / "run/converged.json").read_text()) == {"base": "sha256:1"}
    world.run(files=[world.file("b", "2", validate=["false", "%s"])], record={"part": "base", "digest": "sha256:2"})
    assert json.loads((world.root / "state/converged.json").read_text()) == {}
    assert json.loads((world.root / "run/converged.json").read_text()) == {}


def test_what_was_changed_behind_our_back_is_reported_until_it_is_put_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.units / "a.service" / "active").touch()
    files, units = [world.file("a", "1"), world.file("b", "2")], [{"name": "a.service", "started": True}]
    record = {"part": "base", "digest": "sha256:1", "holds": action.holds([*files, {"path": world.path("c"), "absent": True}], units)}

    def rolled_out() -> dict[str, str]:
        world.run(files=files, units=units, record=record)
        return dict(json.loads((world.root / "run/converged.json").read_text()))

    def reported() -> dict[str, str]:
        drift.look(world.root / "state", world.root / "run")
        return dict(json.loads((world.root / "run/converged.json").read_text()))

    assert rolled_out() == reported() == {"base": "sha256:1"}
    (world.root / "a").write_text("by hand")
    (world.root / "b").chmod(0o666)
    (world.root / "c").touch()
    assert reported() == {"base": "drift: " + ", ".join(world.path(name) for name in "abc")}
    (world.root / "c").unlink()
    assert rolled_out() == reported() == {"base": "sha256:1"}
    (world.units / "a.service" / "active").unlink()
    assert reported() == {"base": "drift: a.service"}
    assert rolled_out() == {"base": "sha256:1"}
    assert plan.DRIFT_MARK == drift.MARK


@pytest.mark.parametrize(
    ("state", "sub", "ago_s", "runs"),
    [("activating", "auto-restart", 4, False), ("activating", "start", 4, False), ("active", "running", 4, False),
     ("active", "running", drift.STANDS_S + 4, True)],
)  # fmt: skip
def test_a_service_in_a_crash_loop_is_not_running_until_it_has_stood(world: World, state: str, sub: str, ago_s: float, runs: bool) -> None:
    units = [{"name": "a.service", "started": True}]
    holds = action.holds([], units)
    world.run(units=units, record={"part": "base", "digest": "sha256:1", "holds": holds})
    entered = int((time.clock_gettime(time.CLOCK_MONOTONIC) - ago_s) * 1e6)
    (world.units / "a.service" / "more").write_text(
        f"ActiveState={state}\nSubState={sub}\nNRestarts=7\nActiveEnterTimestampMonotonic={entered}\n"
    )
    assert drift.look(world.root / "state", world.root / "run") == ({} if runs else {"base": "a.service"})
    again = world.run(units=units)["changed"]
    assert again == (["restart a.service"] if sub == "auto-restart" else []), "what a visit finds between two starts is started anew"


def test_a_guarded_change_is_handed_over_only_when_a_file_differs_and_then_nothing_follows_it(world: World, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    argv = ["sh", "-c", f'cat >{told}; echo \'{{"state": "applied", "id": "7"}}\'']
    change = {"name": "t", "files": [world.file("a", "1")], "apply": [["true"]], "seconds": 5}
    record = {"part": "t", "digest": "sha256:1"}
    result = world.run(guard={"argv": argv, "change": change}, record=record)
    assert json.loads(told.read_text()) == change and json.loads(result["guard"]["stdout"])["id"] == "7"
    assert world.everything() == {}
    told.unlink()
    looked = world.run(guard={"argv": argv, "change": change, "look": True}, record=record)
    assert looked["changed"] == [world.path("a")] and not told.exists() and world.everything() == {}
    world.run(files=[world.file("a", "1")])
    result = world.run(guard={"argv": argv, "change": change}, record=record)
    assert not told.exists() and result["changed"] == []
    assert json.loads((world.root / "state/converged.json").read_text()) == {"t": "sha256:1"}


def test_check_never_hands_a_guarded_change_over(world: World, tmp_path: Path) -> None:
    told = tmp_path / "told"
    change = {"name": "t", "files": [world.file("a", "1")], "apply": [], "seconds": 5}
    result = world.run(check=True, guard={"argv": ["touch", str(told)], "change": change})
    assert result["changed"] == [world.path("a")] and not told.exists()


def test_a_command_gets_its_document_by_stdin_and_its_failure_is_the_tasks(world: World) -> None:
    result = world.run(command={"argv": ["sh", "-c", "cat; echo no >&2; exit 1"], "stdin": "{}"}, record={"part": "c", "digest": "d"})
    assert result["command"] == {"rc": 1, "stdout": "{}", "stderr": "no\n"} and result["failed"] == "no"


def test_an_account_that_does_not_exist_is_named_and_nothing_is_left_behind(world: World) -> None:
    result = world.run(files=[world.file("a", "1", owner="nobody-by-this-name")])
    assert "no account nobody-by-this-name" in result["failed"]
    assert list(world.root.iterdir()) == []


def test_a_unit_restarts_when_its_package_changed_even_if_an_earlier_run_died_before_that(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    installed = tmp_path / "installed"
    installed.write_text("tool installed 1\n")
    for name, body in {
        "dpkg-query": f"cat {installed}",
        "dpkg": "exit 0",
        "apt-get": f'case "$*" in *install*) [ -e {tmp_path}/broken ] && exit 1; echo tool installed 2 >{installed};; esac',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (world.units / "a.service" / "active").touch()
    document = {
        "packages": {"tool": "2"},
        "apt_list": "x",
        "units": [{"name": "a.service", "restart": ["package:tool"]}],
        "record": {"part": "p", "digest": "d"},
    }
    assert world.run(check=True, **document)["changed"] == ["package tool: 1 -> 2", "restart a.service"]
    assert installed.read_text() == "tool installed 1\n" and world.verbs() == []
    assert "installing" not in capfd.readouterr().err, "a check installs nothing and does not say so"
    with monkeypatch.context() as dying:
        dying.setattr(box, "apply_units", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.run(**document)
    assert installed.read_text() == "tool installed 2\n" and world.verbs() == []
    assert '{"installing": ["tool"]}' in capfd.readouterr().err
    assert world.run(**document)["changed"] == ["restart a.service"]
    assert world.run(**document)["changed"] == []


def test_a_restart_that_failed_is_owed_to_the_next_run(world: World) -> None:
    unit = {"name": "a.service", "started": True, "restart": [world.path("a")]}
    missing = {"name": "b.service", "started": True}
    (world.units / "a.service" / "active").touch()
    (world.units / "b.service").touch()
    record = {"part": "p", "digest": "d"}
    assert "failed" in world.run(files=[world.file("a", "1")], units=[missing, unit], record=record)
    assert world.run(files=[world.file("a", "1")], units=[unit], record=record)["changed"] == ["restart a.service"]
