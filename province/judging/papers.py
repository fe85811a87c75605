"""Rules about what is on file of a facility: nobody measures it, the inventory declares it. Met on record, and worded so."""

import re
from datetime import date

from province.judging.case import NOT_RUN, Case, Finding, judged
from province.text import Text

BARRACKS = "barracks"


def _shown(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def _ahead(case: Case, iso: str) -> bool:
    """A day that has not come yet on the day that is judged."""
    return case.day is not None and date.fromisoformat(iso) > case.day


def surveyed(case: Case) -> Finding:
    """Nothing hangs on it but a milestone: where no day stands nobody knows, it is not said that nobody surveyed."""
    on = case.site.papers.surveyed_on
    if on is None or _ahead(case, on):
        return Finding(
            "unknown", on, True, Text("danh mục chưa ghi ngày khảo sát", "the inventory has no day of survey"), hint=case.check.hint
        )
    return judged(True, on, True, Text(f"ngày {_shown(on)}", f"on {_shown(on)}"))


def plan_agreed(case: Case) -> Finding:
    plan = case.site.papers.plan
    if plan is None:
        return judged(False, None, True, Text("hồ sơ chưa có phương án kết nối thống nhất", "no agreed connection plan on file"))
    day, by = _shown(plan["date"]), plan["by"]
    if _ahead(case, plan["date"]):
        return judged(False, dict(plan), True, Text(f"ghi ngày {day}, chưa đến ngày đó", f"dated {day}, which has not come yet"))
    return judged(True, dict(plan), True, Text(f"{by}, ngày {day}", f"{by}, {day}"))


def opinion_on_file(case: Case) -> Finding | None:
    if case.site.kind != BARRACKS:
        return None
    opinion = case.site.papers.opinion
    if opinion is None:
        return judged(False, None, True, Text("hồ sơ chưa có ý kiến của quân khu", "no opinion of the military region on file"))
    day = _shown(opinion["date"])
    named = f"{opinion['number']}, {day}"
    if not opinion["agrees"]:
        return judged(False, dict(opinion), True, Text(f"không đồng ý: {named}", f"does not agree: {named}"))
    if _ahead(case, opinion["date"]):
        return judged(False, dict(opinion), True, Text(f"ghi ngày {day}, chưa đến ngày đó", f"dated {day}, which has not come yet"))
    return judged(True, dict(opinion), True, Text(f"{opinion['authority']}: {named}", f"{opinion['authority']}: {named}"))


FIELDS = {
    "full_name": Text("họ tên", "full name"),
    "title": Text("chức danh", "title"),
    "phone": Text("số điện thoại", "phone"),
    "email": Text("e-mail", "e-mail"),
}


def focal_point_complete(case: Case) -> Finding:
    """Which fields are there, never what stands in them: a verdict goes further than a list of contacts."""
    told, expected = case.site.papers.focal_point, list(case.want("fields", list(FIELDS)))
    missing = [name for name in expected if not str(told.get(name) or "").strip()]
    names = [FIELDS.get(name, Text(name, name)) for name in missing]
    says = Text("đủ " + ", ".join(FIELDS[name].vi for name in expected if name in FIELDS), "all of it")
    if missing:
        says = Text("thiếu " + ", ".join(name.vi for name in names), "missing: " + ", ".join(name.en for name in names))
    return judged(not missing, {"missing": missing}, expected, says)


def conformity_declared(case: Case) -> Finding | None:
    """None where every camera is older than the regulation."""
    since = date.fromisoformat(str(case.want("bought_from", "2026-01-01")))
    unknown = [each.subject for each in case.site.cameras if each.bought is None and each.conformity is None]
    new = [each for each in case.site.cameras if each.bought is not None and date.fromisoformat(each.bought) >= since]
    bare = [each.subject for each in new if each.conformity is None]
    measured = {"new": len(new), "without": bare, "unknown": unknown}
    if bare:
        listed = ", ".join(bare)
        return judged(False, measured, True, Text(f"camera mới chưa có công bố: {listed}", f"new and not declared: {listed}"))
    if unknown:
        says = Text(f"chưa ghi ngày mua của {len(unknown)} camera", f"of {len(unknown)} cameras nobody wrote when they were bought")
        return Finding("unknown", measured, True, says, hint=case.check.hint)
    if not new:
        return None
    return judged(True, measured, True, Text(f"{len(new)} camera mới đều có công bố", f"all {len(new)} new cameras are declared"))


def firmware_current(case: Case) -> Finding:
    """The version that each camera tells (of the maker in the inventory) against the least that the province wrote down."""
    least = {str(make): str(version) for make, version in dict(case.want("least", {})).items()}
    told: dict[str, str] = {}
    old, unjudged = [], []
    for camera in case.site.cameras:
        settings = (case.evidence.get("cameras", {}).get(str(camera.slot)) or {}).get("settings") or NOT_RUN
        version = settings.get("firmware") or "" if settings["ok"] else ""
        if version:
            told[camera.subject] = version
        if not version or camera.make not in least:
            unjudged.append(camera.subject)
        elif _parts(version) < _parts(least[camera.make]):
            old.append(camera.subject)
    measured = {"versions": told, "old": old, "unjudged": unjudged}
    if old:
        listed = ", ".join(f"{name} {told[name]}" for name in old)
        return judged(False, measured, least, Text(f"cũ hơn mức tối thiểu: {listed}", f"older than the least: {listed}"))
    if unjudged or not case.site.cameras:
        says = Text(
            f"{len(told)} trên {len(case.site.cameras)} camera cho biết phiên bản; tỉnh chưa ghi phiên bản tối thiểu của hãng",
            f"{len(told)} of {len(case.site.cameras)} cameras tell their version; the province wrote no least version of their makes",
        )
        return Finding("unknown", measured, least, says, hint=case.check.hint)
    return judged(True, measured, least, Text("mọi camera từ mức tối thiểu trở lên", "every camera has at least that"))


def _parts(version: str) -> tuple[int, ...]:
    """ "V5.5.82 build 190318" as (5, 5, 82): what stands before a build's date counts."""
    numbers = re.match(r"\D*(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in numbers[1].split(".")) if numbers else ()
