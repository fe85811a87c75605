"""A facility of which the survey does not know all yet (`stage: surveyed`): in the inventory, with its id and number for life,
and left out of whatever applies or measures until the rest is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from province.fault import Fault
from province.text import Text

SHOWN = 4


@dataclass(frozen=True)
class Surveyed:
    """raw: its fields as written, defaults merged, none of them sure to be there. gaps: what is missing, where; none: `stage` may go."""

    code: str
    area: str
    raw: Mapping[str, Any]
    gaps: list[Fault]

    @property
    def name(self) -> str:
        return str(self.raw.get("name") or self.code)

    @property
    def notice(self) -> Text:
        """What `ketnoi check` says of it."""
        if not self.gaps:
            return _COMPLETE.format(code=self.code, name=self.name)
        fields = [gap.field.removeprefix(f"{self.code}.") for gap in self.gaps]
        listed = ", ".join(dict.fromkeys(fields[:SHOWN])) + (" …" if len(fields) > SHOWN else "")
        return _GAPS.format(code=self.code, name=self.name, count=len(self.gaps), fields=listed)


_GAPS = Text(
    "{code} ({name}) mới khảo sát, còn thiếu {count} mục ({fields}): tạm chưa triển khai và đo kiểm; từng mục: `ketnoi check --json`",
    "{code} ({name}) was surveyed, {count} things are missing ({fields}): left out; `ketnoi check --json` lists them",
)
_COMPLETE = Text(
    "{code} ({name}) đã đủ dữ liệu khảo sát: xoá dòng `stage: surveyed` để triển khai",
    "{code} ({name}) has all that the survey asks for: remove its line `stage: surveyed` to roll out",
)
