"""Machines side by side, each through its steps; one that fails or hangs delays no other."""

import logging
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from gevent.pool import Pool
from pyinfra.api import Host, State
from pyinfra.api.exceptions import ConnectError, PyinfraError
from pyinfra.context import ctx_host, ctx_state

from bootstrap import contact
from bootstrap.contact import Doors, Failed, Refused
from bootstrap.deploys import box, common, hub
from bootstrap.facts.machine import MachineBorn
from bootstrap.files import SSHD_PATH
from bootstrap.job import STEPS, Event, Job, Machine
from bootstrap.operations.machine import undo_login
from province.files import write
from province.office.home import Home
from province.text import Text
from province.user_error import UserError

SIDE_BY_SIDE = 40
Tell = Callable[[Event], None]

HINTS = {
    "packages": Text(
        "kiểm tra kho gói của văn phòng (`ketnoi packages`) và sshd của máy có cho chuyển tiếp cổng không, rồi chạy lại",
        "check the office's repository (`ketnoi packages`) and that the machine's sshd forwards ports, then run again",
    ),
    "login": Text(
        "máy vẫn vào được như trước; xem /etc/ssh/sshd_config của máy có đặt lại đăng nhập bằng mật khẩu không",
        "the machine can still be entered as before; see whether its /etc/ssh/sshd_config sets password login again",
    ),
}
AGAIN = Text("chạy lại lệnh này: những bước đã xong được giữ", "run this command again: finished steps are kept")


class Errors(logging.Handler):
    """Keeps pyinfra's error lines by host; they are shown only as the reason of a failure."""

    _OF = re.compile(r"\[([^\]/]+)/[a-z]+\]\s*(.*)", re.DOTALL)

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: dict[str, list[str]] = defaultdict(list)

    def emit(self, record: logging.LogRecord) -> None:
        found = self._OF.search(record.getMessage())
        if found and found[2].strip():
            self.lines[found[1]].append(found[2].strip())

    def last(self, name: str, count: int = 4) -> str:
        told = [line for line in self.lines[name] if not line.startswith("Error: executed")]
        return " / ".join(told[-count:])


def run(job: Job, tell: Tell) -> None:
    """Take every machine of the job over; `tell` hears of each step and of each machine's end."""
    home = Home(job.province)
    errors = Errors()
    logger = logging.getLogger("pyinfra")
    logger.handlers, logger.propagate = [errors], False
    logger.setLevel(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="ketnoi-bootstrap-") as scratch:
        inventory = contact.inventory(job, home, Path(scratch))
        state = State(inventory, check_for_changes=False)
        state.is_executing = True
        ctx_state.set(state)
        pool = Pool(SIDE_BY_SIDE)
        for machine in job.machines:
            doors = Doors(*(inventory.get_host(f"{machine.name}/{way}") for way in contact.WAYS))
            pool.spawn(_Takeover(machine, doors, home, Path(scratch), errors, tell, job.repository).run, job.look)
        pool.join()


class _Takeover:
    """One machine on its way from blank to enrolled."""

    def __init__(self, machine: Machine, doors: Doors, home: Home, scratch: Path, errors: Errors, tell: Tell, repository: int) -> None:
        self.machine, self.doors, self.home, self.scratch = machine, doors, home, scratch
        self.errors, self.tell, self.repository = errors, tell, repository
        self.step = "contact"

    def run(self, look: bool) -> None:
        name = self.machine.name
        try:
            host, known = contact.enter(self.machine, self.doors)
            self._told("contact")
            with ctx_host.use(host):
                self.step = "identity"
                marks = contact.identify(host, self.machine)
                self._told("identity")
            record = None if look else self._steps(host, known)
        except Refused as refused:
            result = "failed" if isinstance(refused, Failed) else "refused"
            self.tell(Event(name, self.step, result=result, reason=refused.text, hint=refused.hint))  # type: ignore[arg-type]
        except UserError as trouble:
            self.tell(Event(name, self.step, result="failed", reason=trouble.text, hint=AGAIN))
        except Exception as error:
            said = self.errors.last(name) or f"{type(error).__name__}: {error}"
            label = STEPS[self.step]
            reason = Text(f"{name}: {label.vi}: {said}", f"{name}: {label.en}: {said}")
            self.tell(Event(name, self.step, result="failed", reason=reason, hint=HINTS.get(self.step, AGAIN)))
        else:
            mine = {"macs": tuple(sorted(marks.macs)), "serial": marks.serial}
            self.tell(Event(name, result="done", record=record, known=known, **mine))  # type: ignore[arg-type]
        finally:
            self.doors.close()

    def _steps(self, host: Host, before: bool) -> dict[str, object]:
        with ctx_host.use(host):
            self._entrance(before)
        if not before:
            host = self._through_the_new_door(host)
        with ctx_host.use(host):
            return self._inside(host)

    def _entrance(self, before: bool) -> None:
        """As root of the factory, or as the administrator on a machine taken over before: the same steps."""
        self._do("packages", lambda: common.packages(self._host(), self.home, self.repository))
        self._do("administrator", lambda: common.administrator(self.home))
        self._do("birth", lambda: common.birth(self.machine))
        self._do("login", self._login if not before else common.login, told=before)

    def _login(self) -> int:
        """From here on the factory's way is shut, so the host key is noted first: a run that dies now goes on with it."""
        key = self._host().get_fact(MachineBorn).host_key
        contact.pin(self.scratch, self.machine, contact.OWN, key)
        write(self.home.pending / f"{self.machine.name}.host_key", key + "\n")
        return common.login()

    def _through_the_new_door(self, first: Host) -> Host:
        """Prove that key and host key work before the old door is left; if they don't, open it again."""
        try:
            own = self.doors.use(self.doors.own)
        except ConnectError:
            with ctx_host.use(first):
                undo_login(path=SSHD_PATH)
            (self.home.pending / f"{self.machine.name}.host_key").unlink(missing_ok=True)
            raise
        self._told("login", 1)
        return own

    def _inside(self, host: Host) -> dict[str, object]:
        machine, home = self.machine, self.home
        kind = box if machine.kind == "box" else hub
        self._do("keys", lambda: kind.keys(machine))
        self._do("certificate", lambda: kind.certificate(host, machine, home))
        if machine.kind == "box":
            self._do("lifeline", lambda: box.lifeline(machine))
        self._do("closing", common.closing)
        record: dict[str, object] = kind.record(host, machine)
        empty = [key for key, value in record.items() if value in ("", None) and key not in ("serial",)]
        if empty:
            raise PyinfraError(f"not read back: {', '.join(empty)}")
        return record

    def _host(self) -> Host:
        return self.doors.open[-1]

    def _do(self, step: str, work: Callable[[], int], told: bool = True) -> None:
        self.step = step
        changed = work()
        if told:
            self._told(step, changed)

    def _told(self, step: str, changed: int = 0) -> None:
        self.tell(Event(self.machine.name, step, changed))
