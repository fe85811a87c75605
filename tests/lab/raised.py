"""A province raised in a lab of its own, from blank machines to a verdict, and the hands that tests lay on it.

All that is done to the province goes through `ketnoi`, `python -m lab` and plain ansible, each a process of its own with
its exit code: nothing of their insides is imported. Every word that any of them prints is kept in `transcript`.

    KETNOI_TEST_LAB   name of the lab (default `test`); builders who work side by side give different ones. Of several workers
                      of one run (pytest -n) each has a lab of its own, its number added
    KETNOI_TEST_KEEP  1: leave the lab up at the end, and use the one that an earlier run left
    KETNOI_REPO       the package repository (default: .cache/lab-tests in the checkout, shared by all labs and kept between runs)
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kept
from kept import SOURCE

BIN = Path(sys.executable).parent
AREA = "an-nhon"
CODES = ("an-nhon-01", "an-nhon-02", "an-nhon-03")
GUARD_SECONDS = 20
"""How long a box waits for a guarded change to be confirmed, here (300 elsewhere)."""
VARIABLES = f"""
ketnoi_guard_seconds: {GUARD_SECONDS}
# Devices are read when a test says so: by itself a box could come upon one that a test has just disturbed.
agent_read_settings_every: 30d
agent_read_settings_within: 30d
# Three boxes need not come back one after the other, as seven hundred do.
agent_settings: {{link: {{reconnect_jitter_s: 1, hub_restart_jitter_s: 2}}}}
"""
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Raised:
    """One province in one lab. `inventory` is a private copy that a test may change if it puts it back."""

    name: str
    place: Path = field(repr=False)

    @property
    def inventory(self) -> Path:
        return self.place / "inventory/binh-dinh"

    @property
    def home(self) -> Path:
        """KETNOI_HOME: the office's private things. Never the user's own."""
        return self.place / "home"

    @property
    def transcript(self) -> Path:
        """Everything that any command printed, with its command line: what a leaked secret would be found in."""
        return self.place / "transcript.log"

    @property
    def out(self) -> Path:
        """Where the demo's steps left their verdict."""
        return self.place / "out"

    @property
    def repository(self) -> Path:
        return Path(os.environ.get("KETNOI_REPO") or SOURCE / ".cache/lab-tests/repo")

    @property
    def environment(self) -> dict[str, str]:
        given = {key: value for key, value in os.environ.items() if not key.startswith(("KETNOI_", "ANSIBLE_"))}
        return given | {
            "KETNOI_HOME": str(self.home),
            "KETNOI_REPO": str(self.repository),
            "KETNOI_INVENTORY": str(self.inventory),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")])),
        }

    # --- commands -----------------------------------------------------------------------------------------------------

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        check: bool = True,
        timeout: float = 240,
        stdin: str = "",
        env: dict[str, str] | None = None,
    ) -> Done:
        """Any command, in the province's environment, from the checkout. `check`: its exit code must be 0."""
        words = [str(word) for word in argv]
        started = time.monotonic()
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SOURCE,
            env=self.environment | (env or {}),
            start_new_session=True,
        )
        try:
            out, err = process.communicate(stdin, timeout)
        except BaseException as late:
            # Interrupted or too late: whatever it started must not go on behind the next test's back.
            os.killpg(process.pid, signal.SIGKILL)
            self.note(words, f"{type(late).__name__} after {time.monotonic() - started:.1f} s", *process.communicate())
            raise
        done = subprocess.CompletedProcess(words, process.returncode, out, err)
        self.note(words, f"exit {done.returncode}, {time.monotonic() - started:.1f} s", done.stdout, done.stderr)
        if check:
            assert done.returncode == 0, f"{' '.join(words[:6])}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done

    def note(self, argv: Sequence[str], how: str, stdout: str, stderr: str) -> None:
        """Put a command and what it printed into the transcript."""
        with self.transcript.open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(argv)}\n# {how}\n{stdout}{stderr}\n")

    def ketnoi(self, *args: str, check: bool = True, timeout: float = 240) -> Done:
        """`ketnoi ARGS` as a user types it, on this inventory."""
        return self.run([BIN / "ketnoi", *args], check=check, timeout=timeout)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """`ketnoi ARGS` in the background, at the head of a process group of its own; its reader calls `note` at the end."""
        return subprocess.Popen(
            [str(BIN / "ketnoi"), *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SOURCE,
            env=self.environment,
            start_new_session=True,
        )

    def ansible(self, *args: str, check: bool = True, timeout: float = 240) -> Done:
        """Plain `ansible-playbook -i P/province.yml ARGS`, from the checkout, as docs tell those who prefer it."""
        return self.run([BIN / "ansible-playbook", "-i", self.inventory / "province.yml", *args], check=check, timeout=timeout)

    def lab(self, *args: str, check: bool = True, timeout: float = 120) -> Done:
        """`python -m lab ARGS` on this lab (what `ketnoi lab` hands on): `province.lab("power", "an-nhon-01", "cut")`."""
        return self.run([sys.executable, "-m", "lab", "--lab", self.name, *args], check=check, timeout=timeout)

    def inside(self, machine: str, command: str, *, check: bool = True, timeout: float = 60) -> Done:
        """A shell command as root inside a machine, or in the namespace of office, inet, CODE-router, CODE-lan, CODE/SLOT."""
        return self.lab("exec", machine, "--", "sh", "-c", command, check=check, timeout=timeout)

    def box(self, machine: str, command: str, *, check: bool = True, timeout: float = 60) -> str:
        """stdout of a shell command as root inside a box, `hub` or `centre`; reaches it however its network is broken."""
        return self.inside(machine, command, check=check, timeout=timeout).stdout

    def camera(self, camera: str, *args: str) -> Any:
        """`lab camera CODE/SLOT ARGS`; what it answers, if anything."""
        said = self.lab("camera", camera, *args).stdout
        return json.loads(said) if said.strip() else None

    # --- what users ask for most --------------------------------------------------------------------------------------

    def rollout(self, *args: str, code: int = 0, area: str | None = AREA, timeout: float = 240) -> dict[str, Any]:
        """`ketnoi rollout [--area AREA] ARGS --json`; asserts the exit code, returns the document. `area=None` with `--site`."""
        where = ["--area", area] if area else []
        return self._document("rollout", [*where, *args], code, timeout)

    def plan(self, *args: str) -> dict[str, Any]:
        """The document of `ketnoi plan --area AREA ARGS --json`."""
        return self._document("plan", ["--area", AREA, *args], 0, 60)

    def verify(self, *args: str, code: int = 0, area: str | None = AREA, timeout: float = 120) -> dict[str, Any]:
        """`ketnoi verify [--area AREA] ARGS --json` into a folder of its own; asserts the exit code, returns the document."""
        where = ["--area", area] if area else []
        return self._document("verify", [*where, "--out", str(self.place / "verify"), *args], code, timeout)

    def verify_json(self, *args: str, code: int = 0) -> dict[str, Any]:
        """The same document as it was written to out/verify.json."""
        self.verify(*args, code=code)
        document: dict[str, Any] = json.loads((self.place / "verify/verify.json").read_text())
        return document

    def await_met(self, seconds: float = 150) -> None:
        """Until the whole area meets the standard: an agent whose link was cut is some seconds late, twice if its broker is.

        A box whose chrony was started while its line was down is synchronised some 100 s after the line's return: the burst at the
        start is over by then, and three samples, half a minute apart, make a source.
        """
        argv = ["verify", "--area", AREA, "--out", str(self.place / "verify")]
        until(
            lambda: self.ketnoi(*argv, check=False).returncode == 0,
            seconds,
            still=lambda: _wrong(json.loads((self.place / "verify/verify.json").read_text())),
        )

    def settle(self, seconds: float = 90) -> None:
        """Bring the area to the inventory, until the hub knows of no reason for another visit.

        A rollout that failed is one, and a camera that came back is told some seconds later.
        """
        self.rollout()
        until(
            lambda: all(row["status"] == "unchanged" for row in self.plan()["facilities"]),
            seconds,
            still=lambda: json.dumps(self.plan()["facilities"], ensure_ascii=False),
        )

    def _document(self, command: str, args: Sequence[str], code: int, timeout: float) -> dict[str, Any]:
        done = self.ketnoi(command, *args, "--json", check=False, timeout=timeout)
        try:
            document: dict[str, Any] = json.loads(done.stdout)
        except json.JSONDecodeError:
            document = {"facilities": []}
        assert done.returncode == code, (
            f"{command} {' '.join(args)}: exit {done.returncode}, not {code}\n{_wrong(document)}\n{done.stderr[-4000:]}"
        )
        return document

    # --- up and down --------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> Path:
        """There when the demo's steps came to their end in this place."""
        return self.place / "ready"

    def usable(self) -> bool:
        return self.ready.exists() and self.lab("status", "--json", check=False).returncode == 0

    def refresh(self) -> None:
        """Bring a lab that was kept to what the sources are now: hub, centre and boxes take new packages and files."""
        self.ketnoi("hub", timeout=600)
        self.inside("centre", "dpkg --remove ketnoi-hub")  # versions are digests: apt can't tell the newer one
        self.ketnoi("lab", "centre", "--lab", self.name)
        self.ketnoi("rollout", "--area", AREA, timeout=600)

    def up(self) -> None:
        """A province that met the standard: kept by another worker or an earlier run, else from blank machines.

        What an earlier run left in its place is taken away first.
        """
        if self.place.exists():
            self.down()
        with kept.alone():
            stages = kept.stages()
            kept.drop_others(stages)
            if stages.report.there:
                self._go_on_from(stages.report)
                self.await_met()
            else:
                self._raise(stages)
        self.ready.touch()

    def _raise(self, stages: kept.Stages) -> None:
        """By the demo's own steps. Others may wait for what is kept of it; alone on a machine it is kept for the next run."""
        if stages.hub.there:
            self._go_on_from(stages.hub)
        else:
            self._furnish()
            self._steps("--to", "hub")
            self.share_signing_key()
            if not os.environ.get("CI"):
                self._keep(stages.hub)
        self._steps("--from", "plug", "--to", "report")
        self._keep(stages.report)
        self.await_met()

    def _furnish(self) -> None:
        self.place.mkdir(mode=0o700)
        self.copy_inventory()
        # Ansible's own way to set a variable for all hosts of an inventory; a province may do the same.
        variables = self.inventory / "group_vars/all.yml"
        variables.parent.mkdir()
        variables.write_text(VARIABLES)
        self.forgive_gaps()
        self.share_signing_key()

    def _steps(self, *which: str) -> None:
        steps = [sys.executable, "-m", "lab.demo", "--lab", self.name, "-i", str(self.inventory), "--out", str(self.out)]
        self.run([*steps, *which], timeout=1200)

    def _keep(self, stage: kept.Kept) -> None:
        """Put the lab and all that belongs to the province aside, whole or not at all."""
        stage.drop()
        stage.folder.mkdir(mode=0o700)
        self.lab("keep", str(stage.lab), timeout=240)
        shutil.copytree(self.place, stage.place, symlinks=True, ignore=_sockets)
        shutil.copytree(self.repository, stage.repository)
        shutil.copy(self._archive, stage.folder / self._archive.name)
        (stage.folder / "done").touch()

    def _go_on_from(self, stage: kept.Kept) -> None:
        shutil.copytree(stage.place, self.place, symlinks=True)
        if not (self.repository / "InRelease").exists():
            shutil.copytree(stage.repository, self.repository, dirs_exist_ok=True)
            shutil.copy(stage.folder / self._archive.name, self._archive)
        plan = json.loads((stage.lab / "plan.json").read_text()) | {"lab": self.name, "inventory": str(self.inventory.resolve())}
        (self.place / "plan.json").write_text(json.dumps(plan))
        self.lab("up", str(self.place / "plan.json"), "--from", str(stage.lab), timeout=240)

    @property
    def _archive(self) -> Path:
        return self.repository.with_suffix(".tar")

    def forgive_gaps(self) -> None:
        """Changed as a province may change it: what these tests cut leaves gaps in the footage that no rollout mends."""
        (self.inventory / "standard.yml").write_text(
            "overrides:\n  - {id: recording_gaps, threshold: {gap_s: 7200}, reason: cut by the tests, by: the tests}\n"
        )

    def copy_inventory(self) -> None:
        """The sample province, without what earlier runs made of it."""
        private = shutil.ignore_patterns("vault", "enrolled", "authority")
        shutil.copytree(SOURCE / "inventory/binh-dinh", self.inventory, ignore=private)

    def share_signing_key(self) -> None:
        """The key that signed the kept repository is kept beside it, for the next run's office: one key, as a province has."""
        kept, own = self.repository.with_name(f"{self.repository.name}-signing"), self.home / "binh-dinh/repo-signing"
        if own.exists():
            shutil.copytree(own, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("S.*"))
        elif kept.exists():
            own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copytree(kept, own)

    def down(self) -> None:
        """Every namespace, mount, loop device and process of the lab, and the place with its private keys."""
        if self.place.exists():
            self.lab("down", check=False)
        shutil.rmtree(self.place, ignore_errors=True)


def _sockets(folder: str, names: list[str]) -> list[str]:
    """Shared connections of ssh, agents of gpg: of processes that a copy has not."""
    return [name for name in names if Path(folder, name).is_socket()]


def of_environment() -> Raised:
    name = os.environ.get("KETNOI_TEST_LAB", "test") + os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    return Raised(name, Path(tempfile.gettempdir()) / f"ketnoi-test-{name}")


def until(true: Callable[[], Any], seconds: float = 30, every: float = 0.3, still: Callable[[], str] = str) -> Any:
    """Wait for an event; returns what `true` gave at last. AssertionError, with what `still` is wrong, when it does not come to pass."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"it did not come to pass within {seconds} s {still()}".rstrip()
        time.sleep(every)
    return found


def _wrong(document: dict[str, Any]) -> str:
    """What a rollout's or a verdict's document complains of, short enough to read in a failed assertion."""
    lines = []
    for facility in document["facilities"]:
        lines += [f"{facility['code']}: {facility['status']} {facility['reason']}"] if facility.get("reason") else []
        for row in facility.get("checks", []):
            if row["verdict"] == "not_met" or (row["verdict"] == "unknown" and facility["verdict"] == "unknown"):
                lines += [f"{facility['code']} {row['subject']} {row['id']}: {row['verdict']}, {row['says']['en']}, {row['measured']}"]
    return "\n".join(lines)
