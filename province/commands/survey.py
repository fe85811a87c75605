"""`ketnoi survey template` and `ketnoi survey import`: what districts fill in, and the way from there to the inventory."""

from collections.abc import Sequence
from pathlib import Path

from province.text import Lang
from province.trouble import Trouble

_NOT_YET = Trouble("lệnh này chưa có", "this command isn't there yet")


def template(inventory: Path, out: Path, *, area: str | None, lang: Lang, json_output: bool) -> int:
    raise _NOT_YET


def import_(inventory: Path, files: Sequence[Path], *, area: str | None, check: bool, partial: bool, lang: Lang, json_output: bool) -> int:
    raise _NOT_YET
