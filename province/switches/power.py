"""A camera's power, at the switch port that feeds it: off, and surely on again."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from province.switches import drivers, faults
from province.switches.apply import entered
from province.switches.faults import SwitchFailure
from province.switches.model import DesiredSwitch, Port
from province.switches.session import CommandRejected, Session
from province.switches.way import Way

TRIES, PAUSE_S = 3, 5.0


@dataclass(frozen=True)
class Feed:
    """One port of one switch, and how to get there."""

    way: Way
    desired: DesiredSwitch
    port: str
    inventory: Path
    code: str

    @contextlib.contextmanager
    def off(self) -> Iterator[None]:
        """The port feeds nothing within the `with`, and feeds again after it, however it ends. Raises SwitchFailure.

        A switch that lets us down half-way is called again: a camera left without power is worse than one that hangs.
        """
        driver, name = drivers.of(self.desired.driver), drivers.of(self.desired.driver).canonical(self.port)
        with self._logged_in() as session:
            port = driver.get(session, None).port(name)
            if port is None or port.powered is None:
                raise SwitchFailure(faults.NO_POE, port=self.port)
            try:
                self._switch(session, port, on=False)
                yield
            finally:
                self._restore(session, port)

    def _restore(self, session: Session, port: Port) -> None:
        with contextlib.suppress(SwitchFailure):
            self._switch(session, port, on=True)
            return
        for _ in range(TRIES):
            time.sleep(PAUSE_S)
            with contextlib.suppress(SwitchFailure), self._logged_in() as another:
                self._switch(another, port, on=True)
                return
        raise SwitchFailure(faults.LEFT_OFF, port=port.name, code=self.code)

    def _logged_in(self) -> contextlib.AbstractContextManager[Session]:
        return entered(self.way, self.desired, self.inventory, self.code)

    def _switch(self, session: Session, port: Port, on: bool) -> None:
        driver = drivers.of(self.desired.driver)
        try:
            for line in driver.power(port, on):
                session.execute(line)
        except CommandRejected as refused:
            raise SwitchFailure(faults.REFUSED, command=refused.command, answer=refused.answer, undone="") from refused
        now = driver.get(session, None).port(port.name)
        if now is None or now.powered is not on:
            raise SwitchFailure(faults.NOT_KEPT, field=f"{port.name}.powered", sent=on, there=now.powered if now else None)


def until(plays: Callable[[], bool], seconds: float, told: Callable[[float], None], pause_s: float = 2.0) -> float | None:
    """Wait until it plays: after how many seconds it did, or None. `told` hears the seconds waited, each time that it doesn't."""
    begun = time.monotonic()
    while True:
        if plays():
            return round(time.monotonic() - begun, 1)
        waited = time.monotonic() - begun
        if waited + pause_s > seconds:
            return None
        told(waited)
        time.sleep(pause_s)
