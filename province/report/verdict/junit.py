"""A verdict document as JUnit XML: a test case for each check, so that any CI shows it.

Not met is a failure. Unknown is an *error*, not a skip: a CI that passes over skipped tests would take it for met. A
check that is only advised never turns a build red: not met or unknown, it is skipped with its reason. So is what a waiver
excuses, and what needs more days of history than there are. What is judged over the whole area stands in verify.json alone.
"""

import json
from collections.abc import Iterator
from typing import Any

from lxml import etree

from province.judging.labels import label, notes
from province.standard.verdict import Row, VerdictDocument
from province.text import Lang, Text


def render(document: VerdictDocument, lang: Lang = "vi") -> bytes:
    root = etree.Element("testsuites", name=f"ketnoi verify {document['province']}", time=_seconds(document))
    for facility in document["facilities"]:
        rows = facility["checks"]
        suite = etree.SubElement(
            root,
            "testsuite",
            name=facility["code"],
            tests=str(len(rows)),
            failures=str(sum(_outcome(row) == "failure" for row in rows)),
            errors=str(sum(_outcome(row) == "error" for row in rows)),
            skipped=str(sum(_outcome(row) == "skipped" for row in rows)),
            timestamp=document["at"],
            time=_seconds(document),
        )
        for row in rows:
            _case(suite, facility["code"], row, lang)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _seconds(document: VerdictDocument) -> str:
    return f"{float(document['seconds']):.1f}"


def _outcome(row: Row) -> str | None:
    if row["verdict"] == "met":
        return None
    if not row["required"] or row["verdict"] == "waived" or row["pending"]:
        return "skipped"
    return "failure" if row["verdict"] == "not_met" else "error"


def _case(suite: Any, code: str, row: Row, lang: Lang) -> None:
    case = etree.SubElement(suite, "testcase", classname=f"{code}.{row['subject']}", name=str(row["id"]), time="0")
    outcome = _outcome(row)
    said = [row["says"][lang], *(text.pick(lang) for text in notes(row))]
    says = f"{row['title'][lang]}: {label(row).pick(lang)}: {'; '.join(said)}"
    if outcome is None:
        etree.SubElement(case, "system-out").text = says
        return
    element = etree.SubElement(case, outcome, message=says)
    if outcome != "skipped":
        element.set("type", str(row["verdict"]))
    hint = row["hint"][lang] if row["hint"] else ""
    element.text = "\n".join([f"{code} {row['subject']}: {says}", *_figures(row, lang), hint])


MEASURED = Text("đo được {measured}; cần {expected}", "measured {measured}; wanted {expected}")
NOTHING = Text("chưa có gì", "nothing")


def _figures(row: Row, lang: Lang) -> Iterator[str]:
    """What was measured and what is wanted, where the check has a figure or a word for it: yes and no are said already."""
    if row["expected"] is not None and not isinstance(row["expected"], bool):
        measured, expected = (json.dumps(each, ensure_ascii=False, default=str) for each in (row["measured"], row["expected"]))
        yield MEASURED.format(measured=NOTHING.pick(lang) if row["measured"] is None else measured, expected=expected).pick(lang)
