"""What a report says, as data: every face of it (workbook, page, paper, letters, report.json) only prints these.

`province.report.model.build` makes a `Report` from the inventory, the standard, the hub's record and a day, and from nothing else.
Texts are in both languages; ids, dates and numbers are for machines. A facility is in exactly one of STATES, so that every
sum over states is the number of facilities.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any

from province.text import Lang, Text

SCHEMA = 1
STATES: Mapping[str, Text] = {
    "met": Text("đạt tại thời điểm kiểm tra", "met when checked"),
    "waived": Text("đạt, có mục được miễn áp dụng", "met but for what is waived"),
    "not_met": Text("không đạt", "does not meet"),
    "unknown": Text("chưa xác định", "unknown"),
    "not_monitored": Text("đã lắp đặt, chưa giám sát", "installed, does not monitor"),
    "not_installed": Text("chưa lắp đặt", "not installed"),
    "withheld": Text("tạm chưa triển khai", "left out for now"),
}
"""State of a facility -> its words, best first. `waived` counts as neither met nor not met: it is shown apart."""
KINDS: Mapping[str, Text] = {
    "barracks": Text("doanh trại quân đội", "barracks"),
    "school": Text("trường học", "school"),
    "dormitory": Text("ký túc xá", "dormitory"),
    "hotel": Text("khách sạn", "hotel"),
    "hospital": Text("bệnh viện", "hospital"),
    "health-centre": Text("trung tâm, trạm y tế", "health centre"),
    "other": Text("loại khác", "other"),
}
LEVELS: Mapping[str, Text] = {
    "province": Text("cấp tỉnh", "province"),
    "district": Text("cấp huyện", "district"),
    "commune": Text("cấp xã", "commune"),
    "military": Text("quân đội", "military"),
}
MILESTONES: Mapping[str, Text] = {
    "survey": Text("khảo sát", "survey"),
    "plan": Text("thống nhất phương án kết nối", "connection plan agreed"),
    "connect": Text("lắp đặt và kết nối", "installed and connected"),
    "report": Text("báo cáo", "report"),
}


@dataclass(frozen=True)
class Digests:
    """What the report rests on; sha256 each, as "sha256:...". `commit`: the inventory's, where it is kept in git."""

    inventory: str
    standard: str
    record: str
    commit: str | None = None


@dataclass(frozen=True)
class Scope:
    """Which facilities: of one area, of one authority, or (both None) the whole province. `name` as a heading would say it."""

    area: str | None
    authority: str | None
    name: Text


@dataclass(frozen=True)
class Contact:
    full_name: str
    title: str
    phone: str
    email: str


@dataclass(frozen=True)
class Paper:
    """A document on file: an opinion, a plan, an agreement on funding. Fields that don't apply are None."""

    by: str | None
    number: str | None = None
    day: date | None = None
    agrees: bool = True
    source: str | None = None


@dataclass(frozen=True)
class CameraCounts:
    """`played`: from the designated centre, in the last verdict. met + not_met + unknown + no_access == total."""

    total: int = 0
    met: int = 0
    not_met: int = 0
    unknown: int = 0
    no_access: int = 0
    played: int = 0


@dataclass(frozen=True)
class FacilityRow:
    """One facility on the day. `unit` is its administrative unit's name of that day, "Thị xã An Nhơn, tỉnh Bình Định".

    `category` is the reason's class (province.report.model.states.CLASSES, or a device's class of province.judging.classes), `reason`
    what is the matter, `hint` the next step; all None where the state is met. Instants are ISO, Vietnam's time.
    """

    code: str
    id: str
    name: str
    address: str
    unit: str
    unit_id: str | None
    area: str
    area_name: str
    authority: str
    authority_name: str
    kind: str
    kind_name: Text
    level: str
    level_name: Text
    connector: str
    connector_name: str
    connector_contact: Contact
    focal_point: Contact
    state: str
    state_name: Text
    category: str | None
    reason: Text | None
    hint: Text | None
    installed: bool
    connected: bool
    first_connected: date | None
    first_met: date | None
    last_measured: str | None
    age_days: int | None
    last_seen: str | None
    cameras: CameraCounts
    missing_zones: tuple[str, ...]
    plan: Paper | None
    opinion: Paper | None
    funding: Paper | None
    up_share: float | None = None
    up_days: int = 0


@dataclass(frozen=True)
class CheckRow:
    """One check at one facility, all its subjects together. `verdict`: met, waived, not_met or unknown; counts are of subjects.

    `subjects`, `says` and `hint` tell of what is not met or unknown ("C01–C03, C07"), of what was measured where all is met.
    `label` words the verdict: what was measured once is "đạt tại thời điểm kiểm tra".
    """

    facility: str
    check: str
    title: Text
    required: bool
    verdict: str
    label: Text
    met: int
    waived: int
    not_met: int
    unknown: int
    subjects: Text
    says: Text
    hint: Text | None
    derived: bool


@dataclass(frozen=True)
class CameraRow:
    """`state`: met, not_met, unknown or no_access (nobody is let at it). `address`: as the centre reaches it."""

    facility: str
    slot: int
    subject: str
    place: str
    zone: str
    zone_name: Text
    make: str
    model: str | None
    address: str
    state: str
    state_name: Text
    played: bool | None
    category: str | None
    reason: Text | None
    hint: Text | None
    up_share: float | None = None


@dataclass(frozen=True)
class MissingRow:
    """Something that a facility lacks. `what`: zone, camera, opinion, plan, focal_point, recorder, authority, ..."""

    facility: str
    what: str
    title: Text
    says: Text
    hint: Text


@dataclass(frozen=True)
class Sum:
    """Facilities that share an area, a unit, an authority or a kind. `states` has every key of STATES."""

    id: str
    name: Text
    facilities: int
    states: Mapping[str, int]
    installed: int
    connected: int
    cameras: CameraCounts


@dataclass(frozen=True)
class Milestone:
    """One order's milestone on the day. `last_day` is the last one in time: the deadline itself if `inclusive`, else the day before.

    `done_on`: the day on which the last facility was done, None while any is not. `days_late`: how many days after `last_day` that
    was, or the report's day is while it isn't done; 0 in time. `late`: codes of facilities not done, or done after `last_day`.
    `known`: False where nothing tells (a report handed in leaves no trace here): then done and met say nothing.
    """

    order: str
    authority: str
    milestone: str
    title: Text
    deadline: date
    inclusive: bool
    last_day: date
    done: int
    in_time: int
    total: int
    met: bool
    done_on: date | None
    days_late: int
    late: tuple[str, ...]
    says: Text
    note: str | None = None
    known: bool = True


@dataclass(frozen=True)
class Day:
    """How many facilities were so far at the end of a day."""

    day: date
    installed: int
    connected: int
    met: int
    total: int


@dataclass(frozen=True)
class Progress:
    """Day by day until the report's day, for the chart of the orders' milestones. `deadlines`: (day, order's number, milestone)."""

    days: tuple[Day, ...]
    deadlines: tuple[tuple[date, str, str], ...]


@dataclass(frozen=True)
class ReasonCount:
    """How often a class stands in the way; `facilities` by their own class, `devices` of all of them."""

    category: str
    title: Text
    hint: Text
    facilities: int
    devices: int


@dataclass(frozen=True)
class WaiverRow:
    """A waiver that touches this report's facilities. `expired`: its last day is past, so what it excused fails."""

    check: str
    title: Text
    site: str | None
    area: str | None
    subject: str | None
    reason: str
    owner: str
    until: date
    expired: bool
    facilities: tuple[str, ...]


@dataclass(frozen=True)
class StandardRow:
    """One check of the standard. `overridden`: what the province changed, and why, or None."""

    id: str
    title: Text
    source: Text
    required: bool
    once: bool
    threshold: str
    overridden: Text | None
    facilities: Mapping[str, int] = field(default_factory=dict)
    """How many facilities: met, waived, not_met, unknown."""


@dataclass(frozen=True)
class AuthorityRow:
    """Who answers, as called on the day. `behind`: codes of its facilities that need a reminder, worst first."""

    id: str
    name: str
    level: str
    contact: Contact | None
    total: Sum
    behind: tuple[str, ...]


@dataclass(frozen=True)
class Recipient:
    name: str
    email: str | None


@dataclass(frozen=True)
class Report:
    """All of it. Rows are in Vietnamese order: areas by name, facilities of an area by name, cameras by slot."""

    schema: int
    province: str
    province_name: str
    """As the unit was called on the day: "Tỉnh Bình Định"."""
    issuer: str
    """The office that reports, for the letterhead."""
    central: str
    scope: Scope
    as_of: date
    until: str
    """The instant up to which the record was asked, ISO."""
    lang: Lang
    digests: Digests
    standard_name: str
    standard_version: int
    total: Sum
    facilities: tuple[FacilityRow, ...]
    checks: tuple[CheckRow, ...]
    cameras: tuple[CameraRow, ...]
    missing: tuple[MissingRow, ...]
    areas: tuple[Sum, ...]
    units: tuple[Sum, ...]
    authorities: tuple[AuthorityRow, ...]
    kinds: tuple[Sum, ...]
    milestones: tuple[Milestone, ...]
    progress: Progress
    reasons: tuple[ReasonCount, ...]
    waivers: tuple[WaiverRow, ...]
    standard: tuple[StandardRow, ...]
    recipients: tuple[Recipient, ...]
    continuity: Text
    """What may be said of continuous operation: unknown until there is history."""
    whole: tuple[CheckRow, ...] = ()
    """What is judged over all these facilities together (`facility` is empty): papers, zones, deadlines, what nobody here can measure."""
    judged_by: Mapping[str, int] = field(default_factory=dict)
    """Digest of a standard -> how many of the verdicts that the report rests on were judged by it."""

    def facility(self, code: str) -> FacilityRow:
        return next(row for row in self.facilities if row.code == code)

    @property
    def not_installed(self) -> tuple[FacilityRow, ...]:
        """Bình Định's item 4: those that don't install ..."""
        return tuple(row for row in self.facilities if row.state == "not_installed")

    @property
    def not_monitored(self) -> tuple[FacilityRow, ...]:
        """... apart from those that don't monitor."""
        return tuple(row for row in self.facilities if row.state == "not_monitored")


def plain(value: Any) -> Any:
    """Any of the above as JSON can say it: texts as {"vi", "en"}, days as ISO, a field `category` as "class"."""
    if isinstance(value, Text):
        return value.as_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {"class" if each.name == "category" else each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple | list) else value
