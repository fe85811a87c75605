"""What the run tells: a line as each step begins and ends, and JUnit for the CI's own page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from province.text import Lang, Text


class Wrong(Exception):
    """A step did not go as it should: what was expected, what came instead, where to look."""

    def __init__(self, text: Text, detail: str = "") -> None:
        super().__init__(text.en)
        self.text, self.detail = text, detail


@dataclass
class Step:
    name: Text
    seconds: float = 0.0
    notes: list[Text] = field(default_factory=list)
    wrong: Wrong | None = None

    def note(self, vi: str, en: str) -> None:
        self.notes.append(Text(vi, en))


class Teller:
    """Steps so far; printed as they go, written as JUnit at the end."""

    def __init__(self, lang: Lang, count: int) -> None:
        self._lang: Lang = lang
        self._count = count
        self._started = time.monotonic()
        self.steps: list[Step] = []

    def line(self, text: str, at: float | None = None) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        print(f"[{minutes:02}:{seconds:02}] {text}" if at is None else f"        {text}", flush=True)

    @contextmanager
    def step(self, vi: str, en: str) -> Iterator[Step]:
        """One step: what is raised inside ends the run, and Wrong is told in the user's words."""
        step = Step(Text(vi, en))
        self.steps.append(step)
        self.line(f"{len(self.steps)}/{self._count} {step.name.pick(self._lang)}")
        started = time.monotonic()
        try:
            yield step
        except Wrong as wrong:
            step.wrong = wrong
            self._failed(wrong)
            raise
        finally:
            step.seconds = time.monotonic() - started
            for note in step.notes:
                self.line(note.pick(self._lang), at=0)

    def _failed(self, wrong: Wrong) -> None:
        label = Text("LỖI", "FAILED").pick(self._lang)
        print(f"        {label}: {wrong.text.pick(self._lang)}", flush=True)
        for each in wrong.detail.rstrip().splitlines()[-40:]:
            print(f"        | {each}", flush=True)

    def write(self, file: Path) -> None:
        """A test case for each step that was begun."""
        failures = sum(step.wrong is not None for step in self.steps)
        root = etree.Element("testsuites", name="ketnoi ci")
        suite = etree.SubElement(root, "testsuite", name="ketnoi ci", tests=str(len(self.steps)), failures=str(failures))
        for step in self.steps:
            case = etree.SubElement(suite, "testcase", classname="ketnoi.ci", name=step.name.pick(self._lang), time=f"{step.seconds:.1f}")
            if step.wrong:
                failure = etree.SubElement(case, "failure", message=step.wrong.text.pick(self._lang))
                failure.text = step.wrong.detail
            elif step.notes:
                etree.SubElement(case, "system-out").text = "\n".join(note.pick(self._lang) for note in step.notes)
        file.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
