"""Which facilities a rollout visits, and for which of their roles: our digests compared with what the hub knows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from province.documents.hub import SiteReported
from province.names import subject_name
from province.rollout.made_by import SEPARATOR
from province.text import Text, with_age

DEVICE_ROLES = ("cameras", "recorders", "switches")
"""Once a box is visited its devices are always read: their agent reads them only a few times a day."""

ASKED_FOR = Text("được yêu cầu xem lại toàn bộ (--full)", "all of it was asked for (--full)")
HUB_SILENT = Text("không hỏi được máy chủ kết nối", "the hub could not be asked")
NO_REPORT = Text("chương trình biên chưa báo cáo cấu hình nào", "its agent has reported nothing yet")
UNREADABLE = Text("báo cáo của chương trình biên không đọc được ({what})", "its agent's report can't be read ({what})")
SILENT = Text("chương trình biên đang không kết nối, báo cáo có thể đã cũ", "its agent is not connected, its report may be stale")
FAILED = Text("lần triển khai trước bị lỗi", "the last rollout failed there")
NOT_MET = Text("đo kiểm gần nhất không đạt ({measured})", "the newest verdict is not met ({measured})")
TO_REPAIR = Text(
    "đo kiểm gần nhất miễn áp dụng những gì sửa được ({measured})", "the newest verdict waives what can be repaired ({measured})"
)
CAMERAS_DOWN = Text("camera không có hình: {slots}", "cameras without a picture: {slots}")
DRIFT = Text("bị đổi tại chỗ: {what}", "changed behind our back: {what}")
SETTINGS = Text("thiết bị bị đổi cài đặt: {what}", "devices are set otherwise: {what}")
DIFFERS = Text("khác danh mục: {roles}", "not yet as in the inventory: {roles}")
CHANGED = Text("vai trò hoặc phần mềm đã đổi: {roles}", "the roles or the software have changed: {roles}")

UNSETTLED: Mapping[str, Text] = {"not_met": NOT_MET, "to_repair": TO_REPAIR}
"""A verdict's word that sends a rollout there once more."""
UNCLEAR = Text("chưa tính được cấu hình cần có", "what it should have could not be computed")

DRIFT_MARK = "drift: "
"""What a box reports in place of a part's digest once its files are no longer what it converged to, and then which."""


NOBODY: SiteReported = {"status": "unknown", "digests": {}, "cameras": [], "settings": {}, "verdict": None, "rollout": None}


@dataclass(frozen=True)
class Visit:
    """A facility (or the hub) that a rollout has to go to: for which roles, and why. `parts`: those of the roles that differ; none:
    nothing is known of any."""

    code: str
    roles: tuple[str, ...]
    reason: Text
    parts: frozenset[str] = frozenset()


def visit(code: str, ours: Mapping[str, Mapping[str, str]], told: SiteReported | None, full: bool = False) -> Visit | None:
    """Where the rollout has to go, or None: what the hub knows of this facility is what we want.

    ours: role -> part -> digest, "INPUT+MADE" (province.rollout.made_by). told: the facility's entry in `ketnoi-hub reported` (NOBODY
    where it has none); None when the hub could not be asked.
    """
    if full or told is None:
        return Visit(code, tuple(ours), ASKED_FOR if full else HUB_SILENT)
    if not all(ours.values()):
        return Visit(code, tuple(ours), UNCLEAR)
    if doubts := _doubts(told, ours):
        return Visit(code, tuple(ours), doubts[0])
    why = {role: found for role, parts in ours.items() if (found := _differs(parts, told["digests"]))}
    if not why:
        return None
    visited = tuple(role for role in ours if role in why or role in DEVICE_ROLES)
    differing = {part for parts in ours.values() for part, digest in parts.items() if told["digests"].get(part) != digest}
    return Visit(code, visited, _joined(why), frozenset(differing))


def _differs(parts: Mapping[str, str], told: Mapping[str, str]) -> Text | None:
    """Why a role has to be visited: what it is given, else by what it is made; None where both are as they were."""
    differing = {part: digest for part, digest in parts.items() if told.get(part) != digest}
    if not differing:
        return None
    known = {part: told[part].partition(SEPARATOR) for part in differing if part in told}
    remade = all(part in known and known[part][0] == digest.partition(SEPARATOR)[0] for part, digest in differing.items())
    return CHANGED if remade else DIFFERS


def _joined(why: Mapping[str, Text]) -> Text:
    roles = {text: ", ".join(role for role, each in why.items() if each == text) for text in (DIFFERS, CHANGED)}
    said = [text.format(roles=names) for text, names in roles.items() if names]
    return Text("; ".join(text.vi for text in said), "; ".join(text.en for text in said))


def hub(ours: Mapping[str, Mapping[str, str]], told: dict[str, str] | None, full: bool = False) -> Visit | None:
    """The same for the hub itself. told: part -> digest that it converged to."""
    return visit("hub", ours, None if told is None else {**NOBODY, "status": "connected", "digests": told}, full)


def _doubts(told: SiteReported, ours: Mapping[str, Mapping[str, str]]) -> list[Text]:
    """Why the digests of a facility prove nothing, if so; the first counts."""
    found = []
    if not told["digests"]:
        found.append(UNREADABLE.format(what=told["unreadable"]) if "unreadable" in told else NO_REPORT)
    if told["status"] != "connected":
        found.append(SILENT)
    if told["rollout"] and told["rollout"]["status"] == "failed":
        found.append(FAILED)
    if told["verdict"] and told["verdict"]["status"] in UNSETTLED and not _visited_since(told):
        verdict = told["verdict"]
        found.append(with_age(UNSETTLED[verdict["status"]], verdict.get("measured") or verdict["at"]))
    drifted = [told["digests"].get(part, "") for parts in ours.values() for part in parts]
    if names := ", ".join(text.removeprefix(DRIFT_MARK) for text in drifted if text.startswith(DRIFT_MARK)):
        found.append(DRIFT.format(what=names))
    if what := ", ".join(f"{name} ({' '.join(fields)})" for name, fields in told["settings"].items()):
        found.append(SETTINGS.format(what=what))
    if slots := ", ".join(subject_name("camera", camera["slot"]) for camera in told["cameras"] if camera["status"] in ("down", "frozen")):
        found.append(CAMERAS_DOWN.format(slots=slots))
    return found


def _visited_since(told: SiteReported) -> bool:
    """Did a rollout end well there after the verdict? Both instants are the hub's."""
    verdict, rollout = told["verdict"], told["rollout"]
    return bool(verdict and rollout and datetime.fromisoformat(rollout["at"]) > datetime.fromisoformat(verdict["at"]))
