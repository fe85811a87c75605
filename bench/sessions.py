"""`python -m bench.sessions [--sessions 700 1000] [--no-jitter] [--json FILE]`: a hub's restart with so many facilities connected.

One real mosquitto (the hub's own template), one real collector, a real PostgreSQL, and agents that are the agent's own code without
cameras (bench.agents), each with its certificate, on loopback. The broker is killed (kill -9), stays away for DOWN_S and starts
again; from that instant on it is counted how fast the agents log in, and when PostgreSQL had a word of each.

With jitter as agents wait by default, then without any, to show what the waiting is for. No root needed. All share the machine's cores: the
clients' half of each handshake costs as much as the broker's, and on a real hub other machines pay it.

Exit 1 when, with jitter, not all were heard within PROMISE_S.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.hub import Hub, Process, services, wait_until

WORKERS = 4
DOWN_S = 10.0
PROMISE_S = 60.0
GIVE_UP_S = 300.0
EVERY_S = 0.25
SETTLED_S = 5.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """One restart. Seconds since the broker listened again, or of CPU; megabytes; CPU at most: cores, over one second."""

    sessions: int
    jitter: bool
    logged_in_99_s: float
    logged_in_all_s: float
    heard_99_s: float
    heard_all_s: float
    logins_in_a_second: int
    login_median_s: float
    login_longest_s: float
    failed: int
    cpu_s: dict[str, float]
    cpu_most: dict[str, float]
    memory_mb: dict[str, float]


@dataclass
class Watched:
    """Processes by name; what they used at each look."""

    pids: dict[str, list[int]]
    looks: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def look(self) -> None:
        self.looks.append((time.monotonic(), {name: sum(map(cpu_s, pids)) for name, pids in self.pids.items()}))

    def used(self) -> dict[str, float]:
        first, last = self.looks[0][1], self.looks[-1][1]
        return {name: round(last[name] - first[name], 2) for name in last}

    def most(self) -> dict[str, float]:
        """Cores in the busiest second."""
        found = dict.fromkeys(self.pids, 0.0)
        for at, before in self.looks:
            later = next(((then, after) for then, after in self.looks if then >= at + 1), None)
            if later is None:
                continue
            then, after = later
            for name in found:
                found[name] = max(found[name], round((after[name] - before[name]) / (then - at), 2))
        return found


def cpu_s(pid: int) -> float:
    """Of the process, its threads and the children that it has waited for; 0 when it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def memory_mb(pid: int) -> float:
    """The most that it ever had resident."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


class Fleet:
    """So many agents in WORKERS processes."""

    def __init__(self, hub: Hub, folder: Path, sessions: int, jitter: bool) -> None:
        self.sessions, self._folder = sessions, folder
        folder.mkdir()
        link = {"boot_jitter_s": 0} | ({} if jitter else {"reconnect_jitter_s": 0, "hub_restart_jitter_s": 0})
        for number in range(1, sessions + 1):
            site = f"BD-{number:04}"
            certificate, key = hub.authority.issue(site)
            settings = {
                "schema": 1, "site": site, "code": site.lower(), "cameras": [], "link": link,
                "hub": {"endpoints": [{"address": "127.0.0.1", "port": hub.broker.port}]},
                "tls": {"ca": str(hub.authority.ca), "cert": str(certificate), "key": str(key)},
            }  # fmt: skip
            (folder / f"{site}.json").write_text(json.dumps(settings))
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Fleet":
        share, rest = divmod(self.sessions, WORKERS)
        first = 1
        for worker in range(WORKERS):
            count = share + (worker < rest)
            command = [sys.executable, "-m", "bench.agents", str(self._folder), str(first), str(count)]
            self._workers.append(subprocess.Popen(command, stderr=(self._folder / "agents.err").open("ab")))
            first += count
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._workers]

    def notes(self, word: str, since: float = 0.0) -> list[tuple[float, float]]:
        """(instant, seconds that it took) of every such word, in order."""
        found = []
        for log in self._folder.glob("*.log"):
            lines = (line.split() for line in log.read_text().splitlines())
            found += [(float(at), float(took)) for said, at, took in lines if said == word and float(at) >= since]
        return sorted(found)


def restart(hub: Hub, collector: Process, fleet: Fleet, jitter: bool) -> Figures:
    """Kill the broker, start it again, watch until everybody was heard."""
    assert hub.broker.process and hub.database.process and collector.popen
    hub.broker.kill()
    time.sleep(DOWN_S)
    hub.broker.start()
    began, wall = time.monotonic(), time.time()
    watched = Watched({
        "broker": [hub.broker.process.pid], "collector": [collector.popen.pid], "PostgreSQL": tree(hub.database.process.pid),
        "agents": fleet.pids,
    })  # fmt: skip
    heard: list[tuple[float, int]] = []
    while not heard or heard[-1][1] < fleet.sessions or time.monotonic() < reached(heard, fleet.sessions) + SETTLED_S:
        watched.look()
        (known,) = hub.rows("SELECT count(*) FROM sites WHERE extract(epoch FROM last_seen) > %s", wall)[0]
        heard.append((time.monotonic(), known))
        if heard[-1][0] - began > GIVE_UP_S:
            sys.exit(f"bench: {known} of {fleet.sessions} heard after {GIVE_UP_S:.0f} s")
        time.sleep(EVERY_S)
    logins = fleet.notes("up", began)
    instants, took = [at for at, _ in logins], sorted(seconds for _, seconds in logins)
    most = round(fleet.sessions * 0.99)
    return Figures(
        fleet.sessions,
        jitter,
        logged_in_99_s=round(instants[most - 1] - began, 1),
        logged_in_all_s=round(instants[fleet.sessions - 1] - began, 1),
        heard_99_s=round(reached(heard, most) - began, 1),
        heard_all_s=round(reached(heard, fleet.sessions) - began, 1),
        logins_in_a_second=max(sum(at <= other < at + 1 for other in instants) for at in instants),
        login_median_s=round(took[len(took) // 2], 2),
        login_longest_s=round(took[-1], 2),
        failed=len(fleet.notes("failed", began)),
        cpu_s=watched.used(),
        cpu_most=watched.most(),
        memory_mb={"broker": memory_mb(hub.broker.process.pid), "collector": memory_mb(collector.popen.pid)},
    )


def reached(counted: list[tuple[float, int]], wanted: int) -> float:
    """The first instant at which so many were counted."""
    return next(at for at, count in counted if count >= wanted)


def tree(pid: int) -> list[int]:
    """The process and its children: PostgreSQL serves each connection by one."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def measure(sessions: int, jitter: bool) -> Figures:
    with services() as (hub, collector, folder), Fleet(hub, folder / "agents", sessions, jitter) as fleet:
        online = "SELECT count(*) FROM facility_state WHERE link = 'online' AND state IS NOT NULL"
        wait_until(
            lambda: hub.rows(online) == [(sessions,)],
            seconds=180,
            message=lambda: f"{hub.rows(online)} of {sessions} came: {collector.log()[-500:]}",
        )
        time.sleep(SETTLED_S)
        return restart(hub, collector, fleet, jitter)


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("99 % logged in again after", lambda one: f"{one.logged_in_99_s} s"),
    ("all logged in again after", lambda one: f"{one.logged_in_all_s} s"),
    ("99 % heard, as PostgreSQL has it, after", lambda one: f"{one.heard_99_s} s"),
    ("all heard, as PostgreSQL has it, after", lambda one: f"{one.heard_all_s} s"),
    ("logins in the busiest second", lambda one: f"{one.logins_in_a_second}"),
    ("a login took, median / longest", lambda one: f"{one.login_median_s} / {one.login_longest_s} s"),
    ("logins that failed and were tried again", lambda one: f"{one.failed}"),
    *(
        (f"CPU of {name}: in all / in its busiest second", lambda one, name=name: f"{one.cpu_s[name]} s / {one.cpu_most[name]} cores")
        for name in ("broker", "collector", "PostgreSQL", "agents")
    ),
    ("memory at most, broker / collector", lambda one: f"{one.memory_mb['broker']} / {one.memory_mb['collector']} MB"),
)


def table(found: list[Figures]) -> str:
    heads = [f"{one.sessions} sessions, {'with' if one.jitter else 'without'} jitter" for one in found]
    lines = [f"| The broker killed, {DOWN_S:.0f} s away | {' | '.join(heads)} |", "|---" * (len(found) + 1) + "|"]
    return "\n".join([*lines, *(f"| {text} | {' | '.join(show(one) for one in found)} |" for text, show in ROWS)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sessions", description="A hub's restart with so many facilities connected.")
    parser.add_argument("--sessions", type=int, nargs="+", default=[700, 1000])
    parser.add_argument("--no-jitter", action="store_true", help="only without jitter")
    parser.add_argument("--json", type=Path, help="the figures to this file, too")
    given = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found = [measure(sessions, jitter) for jitter in ([False] if given.no_jitter else [True, False]) for sessions in given.sessions]
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in found], indent=1))
    late = [one for one in found if one.jitter and one.heard_all_s > PROMISE_S]
    for one in late:
        print(f"bench: {one.sessions} facilities: all heard after {one.heard_all_s} s, promised: {PROMISE_S:.0f} s", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
