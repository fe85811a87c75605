"""waivers.yml: what a province excuses for a time; and the shape of standard.yml for editors (province.standard.overrides reads that)."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from province.model.fields import Day, Name, Slug
from province.model.record import Record


class Waiver(Record):
    """An excuse for what was found not met, until a day. Shown and counted apart, never as met; once that day is over it excuses nothing.

    Of `site` and `area` exactly one stands there. `all` as `check` needs a `subject`. What could not be measured stays unknown unless
    the waiver says `unmeasured: true`.
    """

    check: Name = Field(
        description="a check's id, a group of checks, or `all` of a subject | mã mục, mã nhóm mục, hoặc `all` với một thiết bị"
    )
    site: Slug | None = Field(default=None, description="a facility's code | mã cơ sở")
    area: Slug | None = Field(default=None, description="or an area: all its facilities | hoặc khu vực triển khai: mọi cơ sở")
    subject: Name | None = Field(
        default=None, description="such as C01, R20, box, facility; all when not said | ví dụ C01, R20, box; không ghi là tất cả"
    )
    reason: Name = Field(description="why | lý do")
    owner: Name = Field(description="who answers for it: office, document | ai chịu trách nhiệm: cơ quan, số văn bản")
    since: Day | None = Field(default=None, alias="from", description="first day; any day before `until` when not said | ngày đầu")
    until: Day = Field(description="last day, which still counts | ngày cuối, tính cả ngày đó")
    unmeasured: bool = Field(default=False, description="also what could not be measured | cả khi không đo được")

    def holds(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and on <= self.until


class WaiversFile(Record):
    waivers: list[Waiver] = Field(description="waivers | các mục miễn áp dụng")


class OverrideRow(Record):
    """What the province changes of one check of the default standard."""

    id: Name = Field(description="a check of docs/standard.md | mã mục trong docs/standard.md")
    threshold: dict[str, Any] = Field(default={}, description="only the fields that differ | chỉ những ngưỡng khác mặc định")
    severity: Literal["required", "advised"] | None = Field(default=None, description="required or advised | bắt buộc hay khuyến nghị")
    reason: Name = Field(description="why | lý do")
    by: Name = Field(description="who decided: office, document | ai quyết định: cơ quan, số văn bản")


class StandardFile(Record):
    """Either `overrides`, or a whole standard of its own under `name`, `version`, `checks` (shaped as inventory/standards/default.yml)."""

    overrides: list[OverrideRow] | None = Field(default=None, description="what differs | những gì khác mặc định")
    name: Name | None = Field(default=None, description="whole standard: its name | tên bộ tiêu chuẩn riêng")
    version: int | None = Field(default=None, description="whole standard: its version | phiên bản")
    checks: list[dict[str, Any]] | None = Field(default=None, description="whole standard: its checks | các mục")
