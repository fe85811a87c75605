"""areas/AREA.yml with the changes of a survey, by ruamel.yaml: of the file only the facilities that change are written anew, all
else stays byte for byte."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from province.source import read
from province.survey.matching.proposal import Proposal, put
from province.survey.reading.cells import Change, Plain
from province.survey.writing import plain, round_trip


def written(file: Path, proposals: Iterable[Proposal], area: Mapping[str, str], ready: frozenset[str]) -> str:
    """The file's text with these proposals. area: {id, name} for a file that isn't there yet. ready: codes of which nothing is missing."""
    text = file.read_text(encoding="utf-8-sig") if file.is_file() else _head(area)
    source = read(file) if file.is_file() else None
    changed: dict[int, list[Change]] = {}
    new: list[dict[str, Plain]] = []
    for proposal in proposals:
        if proposal.new is not None:
            new.append({name: value for name, value in proposal.new.items() if name != "stage" or proposal.code not in ready})
        elif proposal.claim.known:
            stage = [Change(proposal.code, ("stage",), "surveyed", None, proposal.claim.sheet.where)] if proposal.code in ready else []
            changed[proposal.claim.known.index] = [*proposal.changes, *stage]
    lines = text.splitlines(keepends=True)
    if source and changed:
        starts = [source.line(("facilities", index)) - 1 for index in range(len(source.data["facilities"]))]
        for index in sorted(changed, reverse=True):
            end = starts[index + 1] if index + 1 < len(starts) else len(lines)
            while end > starts[index] + 1 and re.match(r"\s*(#.*)?$", lines[end - 1]):
                end -= 1
            lines[starts[index] : end] = [_block("".join(lines[starts[index] : end]), changed[index])]
    return _appended("".join(lines), new)


def _head(area: Mapping[str, str]) -> str:
    head = CommentedMap({"area": CommentedMap(area), "facilities": CommentedSeq()})
    head["area"].fa.set_flow_style()
    return "# yaml-language-server: $schema=../../../docs/schema/area.json\n" + round_trip.written(head)


def _block(text: str, changes: Iterable[Change]) -> str:
    """One facility's lines, changed."""
    indent = len(text) - len(text.lstrip(" "))
    body = re.sub(r"^( *)-( +)", lambda found: found[1] + " " + found[2], text)
    depth = len(body) - len(body.lstrip(" "))
    body = re.sub(rf"(?m)^ {{{depth}}}", "", body)
    record, layout = round_trip.read(body)
    for change in changes:
        if change.new is None:
            record.pop(change.path[-1], None)
        else:
            put(record, change.path, node(change.path, change.new))
        if change.path == ("lan", "topology"):
            record["lan"].pop("arms", None)  # its former key says what it was before
    out = "".join(" " * depth + line if line.strip() else line for line in round_trip.written(record, layout).splitlines(keepends=True))
    return " " * indent + "-" + " " * (depth - indent - 1) + out[depth:]


def _appended(text: str, new: Iterable[Mapping[str, Plain]]) -> str:
    text = re.sub(r"(?m)^facilities:\s*(\[\s*\]|null|~)?[ \t]*$", "facilities:", text)
    if not re.search(r"(?m)^facilities:", text):
        text = text.rstrip("\n") + "\n\nfacilities:\n"
    first = re.search(r"(?m)^facilities:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*?( *)- ", text)
    indent = first[1] if first else "  "
    parts = [text.rstrip("\n") + "\n"]
    for nth, record in enumerate(new):
        body = plain.block(record)
        shifted = "".join(f"{indent}  {line}" for line in body.splitlines(keepends=True))
        parts.append(("" if nth == 0 and not first else "\n") + f"{indent}- {shifted[len(indent) + 2 :]}")
    return "".join(parts)


def node(path: tuple[str | int, ...], value: Any) -> Any:
    """A value as the file shall hold it: short groups in one line, words of people in quotes."""
    names = [part for part in path if isinstance(part, str)]
    name = names[-1] if names else ""
    if isinstance(value, Mapping):
        record = CommentedMap({key: node((*path, key), each) for key, each in value.items()})
        if names and not (name == "switches" or "ports" in value):
            record.fa.set_flow_style()
        return record
    if isinstance(value, list):
        listed = CommentedSeq(node((*path, index), each) for index, each in enumerate(value))
        if name in plain.FLOW or not any(isinstance(each, Mapping) for each in value):
            listed.fa.set_flow_style()
        return listed
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return DoubleQuotedScalarString(value) if name in plain.QUOTED or not plain.is_text(value) else value
