"""How a Hikvision device is asked."""

from collections.abc import Callable
from typing import TypeVar

from edge_agent.contract.text import Text
from edge_agent.devices.faults import BadAnswer, NoPermission
from edge_agent.devices.hikvision.isapi import Isapi, IsapiFault
from edge_agent.devices.model import Problem
from edge_agent.devices.xmlsafe import Element

T = TypeVar("T")


class Reader:
    """Asks one thing after the other; a refusal of one leaves the others. Each path is asked for once."""

    def __init__(self, isapi: Isapi) -> None:
        self.isapi = isapi
        self.problems: list[Problem] = []
        self._known: dict[str, Element | Exception] = {}

    def document(self, path: str) -> Element:
        """Raises IsapiFault, NoPermission, BadAnswer; the same again for the same path."""
        if path not in self._known:
            try:
                self._known[path] = self.isapi.get(path)
            except (IsapiFault, NoPermission, BadAnswer) as error:
                self._known[path] = error
        found = self._known[path]
        if isinstance(found, Exception):
            raise found
        return found

    def ask(self, field: str, path: str, convert: Callable[[Element], T]) -> T | None:
        """The converted document, or None and a problem."""
        try:
            return convert(self.document(path))
        except NoPermission as error:
            self.problems.append(Problem("no_permission", field, error.reason))
        except (IsapiFault, BadAnswer) as error:
            self.problem("unsupported", field, f"Thiết bị không cho đọc {field}: {error}", f"The device does not tell its {field}: {error}")
        return None

    def maybe(self, path: str) -> Element | None:
        """A document that not every device has."""
        try:
            return self.document(path)
        except (IsapiFault, NoPermission, BadAnswer):
            return None

    def problem(self, category: str, field: str, vi: str, en: str) -> None:
        if all(p.field != field for p in self.problems):
            self.problems.append(Problem(category, field, Text(vi, en)))
