"""Asks a device one thing after the other; a refusal of one leaves the others, and becomes a problem."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from edge_agent.contract.text import Text
from edge_agent.devices.dahua.cgi import Cgi, RequestRejected
from edge_agent.devices.dahua.table import Table
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Problem

T = TypeVar("T")


class Reader:
    """`administrator`: whether the account that asks is one, once known: then a 403 is how the device says that it has no such
    thing, since unknown names and missing rights get the same answer (DH-NVR608H: "Authority:check failure.")."""

    def __init__(self, cgi: Cgi) -> None:
        self.cgi = cgi
        self.problems: list[Problem] = []
        self.administrator: bool | None = None

    def config(self, name: str, field: str, *, optional: bool = False) -> Table | None:
        """A configuration, or None and a problem; `optional`: a device may well not have it, which is no problem."""
        return self._guarded(field, lambda: self.cgi.config(name), optional)

    def ask(
        self, script: str, action: str, field: str, query: Mapping[str, object] | None = None, *, optional: bool = False
    ) -> Table | None:
        return self._guarded(field, lambda: self.cgi.ask(script, action, query), optional)

    def _guarded(self, field: str, question: Callable[[], Table], optional: bool) -> Table | None:
        try:
            return question()
        except NoPermission as failure:
            self._note("no_permission", field, failure)
        except RequestRejected as refused:
            forbidden = refused.status == 403 and not self.administrator
            if forbidden or not optional:
                self._note("no_permission" if forbidden else "unsupported", field, refused)
        except BadAnswer as failure:
            self._note("unsupported", field, failure)
        return None

    def _note(self, category: str, field: str, error: Exception) -> None:
        detail = Text(f"Thiết bị không cho đọc {field}: {error}", f"The device does not tell its {field}: {error}")
        self.problems.append(Problem(category, field, detail))
