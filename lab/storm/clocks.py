"""A clock of a service's own on a machine, which can be set: all machines of a lab share the kernel's.

That service alone goes by it (libfaketime, Debian's, laid into the machine under a drop-in): its wall clock, so also what it takes
certificates for. The time since boot goes on, and chrony on the box measures the true clock: what a box does that knows
its clock to be wrong is tried by `pytest tests/sim/agent/test_clocks.py`.
"""

from __future__ import annotations

from pathlib import Path

from lab.hands import access
from lab.layout import Lab
from lab.say import LabError

PLACE = "/var/lib/ketnoi-lab-clock"
AGENT = "ketnoi-agent.service"
DROP_IN = "/etc/systemd/system/{unit}.d/lab-clock.conf"
_UNIT = f"""[Service]
Environment=LD_PRELOAD={PLACE}/libfaketime.so FAKETIME_TIMESTAMP_FILE={PLACE}/offset FAKETIME_NO_CACHE=1
Environment=FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 FAKETIME_DISABLE_SHM=1
"""


def fit(lab: Lab, code: str, unit: str = AGENT) -> None:
    """From the service's next start on it has a clock of its own, which is right."""
    lay(lab, code)
    _write(lab, code, DROP_IN.format(unit=unit), _UNIT.encode())
    _run(lab, code, "systemctl daemon-reload")


def lay(lab: Lab, code: str) -> None:
    """The library alone, with a clock that is right."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise LabError("thiếu libfaketime: chạy tools/apt test", "libfaketime is missing: run tools/apt test", 2)
    _write(lab, code, f"{PLACE}/libfaketime.so", library.read_bytes())
    put(lab, code, "+0")


def put(lab: Lab, code: str, offset: str) -> None:
    """offset: in libfaketime's words, such as -365d or +1h; +0 is right."""
    _write(lab, code, f"{PLACE}/offset", f"{offset}\n".encode())


def take_out(lab: Lab, code: str, unit: str = AGENT) -> None:
    """From the service's next start on it goes by the machine's clock again."""
    _run(lab, code, f"rm -rf {PLACE} {DROP_IN.format(unit=unit)}; systemctl daemon-reload")


def _write(lab: Lab, code: str, path: str, content: bytes) -> None:
    """Durably: a power cut may come next."""
    _run(lab, code, f"mkdir -p {Path(path).parent} && cat >{path}.new && sync {path}.new && mv {path}.new {path}", content)


def _run(lab: Lab, code: str, script: str, stdin: bytes = b"") -> None:
    access.output_of(lab, code, "sh", "-c", script, stdin=stdin)
