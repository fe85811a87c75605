"""A verdict document as one self-contained page in both languages, for paper: no script, no image, no link out.

What is wrong comes first and whole. What is met takes one line a check, however many cameras a facility has, so that a
district fits on a few sheets; verify.json holds every figure.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from province.judging.labels import LABELS, label, unsaid
from province.judging.waived import note
from province.report.paper import page
from province.report.verdict.groups import classes, fine, last_known, pressing, troubles, waived, worst_first
from province.standard.verdict import FacilityVerdict, Row, VerdictDocument
from province.text import VIETNAM


def render(document: VerdictDocument) -> str:
    counts: Counter[str] = Counter(facility["verdict"] for facility in document["facilities"])
    return page(
        "verify.html.j2",
        doc={**document, "facilities": worst_first(document["facilities"])},
        counts={verdict: counts[verdict] for verdict in LABELS},
        labels=LABELS,
        when=datetime.fromisoformat(document["at"]).astimezone(VIETNAM),
        withheld=document.get("withheld", []),
        to_do=lambda facility: [group for group in troubles(facility) if pressing(group)],
        quiet=lambda facility: [group for group in troubles(facility) if not pressing(group)],
        fine=fine,
        classes=classes,
        waived=waived,
        unsaid=unsaid,
        last_known=last_known,
        waiver_note=note,
        label=label,
        whole=document.get("whole", []),
        standard=standard(document["facilities"]),
    )


def standard(facilities: Iterable[FacilityVerdict]) -> list[Row]:
    """Each check that was judged, once: title, source, whether it decides."""
    seen = {row["id"]: row for facility in facilities for row in facility["checks"]}
    return list(seen.values())
