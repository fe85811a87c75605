"""One thing that is wrong with an inventory, and where."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from province.text import Lang, Text


@dataclass(frozen=True)
class Fault:
    """What is wrong with `field` (dotted, with the facility's code in front where there is one) and what to do.

    `line` counts from 1; it is the line of the field, or of the nearest thing around it when the field is missing.
    """

    file: Path
    line: int
    field: str
    text: Text

    def show(self, lang: Lang) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.text.pick(lang)}"

    def as_dict(self) -> dict[str, Any]:
        return {"file": str(self.file), "line": self.line, "field": self.field, "message": self.text.as_dict()}
