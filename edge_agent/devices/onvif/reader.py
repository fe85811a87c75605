"""How an ONVIF device is asked."""

from collections.abc import Callable
from typing import TypeVar

from edge_agent.contract.text import Text
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.model import Problem
from edge_agent.devices.onvif.session import Session
from edge_agent.devices.soap import SoapFault
from edge_agent.devices.xmlsafe import Element

T = TypeVar("T")


class Reader:
    """Asks one thing after the other; a refusal of one leaves the others."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.problems: list[Problem] = []

    def ask(self, field: str, prefix: str, body: Element, convert: Callable[[Element], T]) -> T | None:
        """The converted answer, or None and a problem."""
        return self.attempt(field, lambda: convert(self.session.call(prefix, body)))

    def attempt(self, field: str, question: Callable[[], T]) -> T | None:
        """What `question` finds out, or None and a problem."""
        try:
            return question()
        except NoPermission as error:
            self.problems.append(Problem("no_permission", field, error.reason))
        except (SoapFault, BadAnswer) as error:
            self.cannot(field, Text(f"Thiết bị không cho đọc {field}: {error}", f"The device does not tell its {field}: {error}"))
        return None

    def cannot(self, field: str, detail: Text) -> None:
        self.problems.append(Problem("unsupported", field, detail))
