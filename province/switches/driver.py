"""What every kind of switch offers to `apply` and `power`."""

import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import jinja2

from province.paths import data
from province.switches.model import Account, Port, State, touched
from province.switches.session import Dialect, Session


@dataclass(frozen=True)
class Driver:
    """`get(session, box_mac)` reads. `guarded(session, before)` is a context in which the switch returns to what it was by itself,
    unless the function that it gives is called once all is proven. `save(session, state)` makes a state outlive a reboot.

    `templates`: folder of templates/switch. `means`: how the switch comes back by itself, for people.
    """

    dialect: Dialect
    templates: str
    means: str
    get: Callable[[Session, str | None], State]
    guarded: Callable[[Session, State], AbstractContextManager[Callable[[], None]]]
    save: Callable[[Session, State], None]
    canonical: Callable[[str], str]
    lot: int = 1000
    """At most so many lines in one guard."""
    leave: str = ""
    """What leads back to the prompt that reads, from wherever a refused line left us."""
    password_saved: bool = True
    """Whether a new password outlives a reboot without `save`."""

    def commands(self, before: State, after: State) -> list[str]:
        """The lines that lead from one state to the other; what is switched off comes last."""
        return self.lines("change.j2", before=before, after=after, ports=touched(before, after))

    def power(self, port: Port, on: bool) -> list[str]:
        return self.lines("power.j2", port=port, on=on)

    def password(self, account: Account) -> list[str]:
        """Lines that hold a secret: they go to the switch and nowhere else."""
        return self.lines("password.j2", account=account)

    def lines(self, name: str, **values: object) -> list[str]:
        return [line.strip() for line in rendered(f"{self.templates}/{name}", **values).splitlines() if line.strip()]


def rendered(name: str, **values: object) -> str:
    """A template of templates/switch with these values."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(data("templates/switch")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - commands of a switch, not HTML
    )
    made.filters |= {"routeros": routeros_text, "shell": shlex.quote}
    return made


def routeros_text(value: str) -> str:
    """A RouterOS string: all but the plainest characters as bytes in hex, since `?` asks for help even between quotes."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " -_.,:/()") else "".join(f"\\{b:02X}" for b in c.encode()) for c in value)
    return f'"{plain}"'
