"""Whether the facility lets us at a device: what a person saw, on a day, with a witness. Nothing is measured for it."""

from province.judging.case import Case, Finding, judged
from province.measure.subjects import BOX_RECORDER
from province.text import Text


def access_given(case: Case) -> Finding | None:
    device = case.subject
    if device is None or device.subject == BOX_RECORDER:
        return None
    barred = device.no_access
    if barred is None:
        return judged(True, True, True, Text("được tiếp cận", "access given"))
    measured = {"reason": barred.reason, "date": barred.date, "witness": barred.witness}
    says = Text(
        f"không được tiếp cận: {barred.reason} (ngày {barred.date}, người chứng kiến: {barred.witness})",
        f"no access: {barred.reason} (on {barred.date}, witness: {barred.witness})",
    )
    return judged(False, measured, True, says)
