"""The documents stay true: every link leads somewhere, every command and option that they mention exists."""

import argparse
import contextlib
import importlib.util
import io
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

import edge_agent.cli
import tools.commands
import tools.docs
from lab.cli import parser as lab_parser
from province.cli import app
from province.commands.lab import _parser as province_lab_parser
from province.hub.cli import _parser as hub_parser

ROOT = Path(__file__).resolve().parents[2]
OURS = (
    "bench",
    "bootstrap",
    "docs",
    "edge_agent",
    "inventory",
    "lab",
    "playbooks",
    "plugins",
    "province",
    "roles",
    "templates",
    "tests",
    "tools",
)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in OURS for path in (ROOT / folder).rglob("*.md"))])
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NOT_TYPED = {"setup-lab", "setup-test", "stages", "lab", "lint-python"}
"""Targets that others call."""
BLAMELESS = {"-h", "--help"}
USAGE_ERROR = typer.BadParameter.__bases__[0]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_relative_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{named(path)}: {link}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{named(path)}: {link}"


def pieces(path: Path) -> Iterator[str]:
    """Everything that a reader would type: code in a line of text, and each line of a block without a language."""
    text = path.read_text(encoding="utf-8")
    for language, block in FENCE.findall(text):
        if not language:
            yield from block.splitlines()
    yield from CODE.findall(FENCE.sub("", text))


def commands(path: Path, program: str) -> Iterator[list[str]]:
    """The words after `program`, without `sudo`, assignments before it and a comment behind it."""
    for piece in pieces(path):
        try:
            words = shlex.split(piece.split(" #")[0].strip().removeprefix("$ "))
        except ValueError:
            continue
        while words and (words[0] == "sudo" or re.fullmatch(r"[A-Z_]+=\S*", words[0])):
            words = words[1:]
        if words and words[0] == program and (len(words) == 1 or not re.search("[{|}…]", words[1])):
            yield words[1:]


def paths(path: Path) -> Iterator[str]:
    """Words in code that begin with a folder of ours and leave nothing to the reader, such as PROVINCE or CODE."""
    for piece in pieces(path):
        for word in piece.split(" #")[0].split():
            clean = word.strip("()[],;:'\"").removesuffix("…")
            if clean.split("/")[0] in OURS and "/" in clean and not re.search(r"[A-ZÀ-Ỹ{<$|]", clean):
                yield clean


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_file_and_folder_of_ours_that_a_document_names_is_there(path: Path) -> None:
    gone = [word for word in paths(path) if not any(ROOT.glob(word.rstrip("/")))]
    assert gone == [], named(path)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_module_of_ours_that_a_document_runs_is_there(path: Path) -> None:
    modules = {module for piece in pieces(path) for module in re.findall(r"python3? -m ([a-z_.]+)", piece)}
    ours = {module for module in modules if module.split(".")[0] in OURS}
    assert [module for module in ours if importlib.util.find_spec(module) is None] == []


def test_the_paths_of_the_documents_are_read() -> None:
    assert {"province/judging/__init__.py", "inventory/standards/default.yml"} <= set(paths(ROOT / "CONTRIBUTING.md"))


def mentioned(program: str) -> list[tuple[str, list[str]]]:
    return [(named(path), words) for path in DOCUMENTS for words in commands(path, program)]


def options(words: list[str]) -> set[str]:
    return {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)} - BLAMELESS


def help_of(parser: argparse.ArgumentParser, *words: str) -> str:
    """What a command and its subcommand say of themselves."""
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
        parser.parse_args([*words, "--help"])
    return shown.getvalue()


def argparse_options(text: str) -> set[str]:
    entries = (re.split(r"\s{2,}", line)[0] for line in re.findall(r"^  (-.*)", text, re.MULTILINE))
    return {option for entry in entries for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", entry)}


def argparse_commands(text: str) -> set[str]:
    """The subcommands: in braces on a line of their own, or a line each, further in than any option; the usage ends with dots then."""
    if not text.partition("\n\n")[0].endswith(" ..."):
        return set()
    braced = re.findall(r"^  \{([\w,-]+)\}(?: |$)", text, re.MULTILINE)
    return {name for line in braced for name in line.split(",")} | set(re.findall(r"^    ([a-z][\w-]*)(?:  |$)", text, re.MULTILINE))


def judge(parser: argparse.ArgumentParser, words: list[str], where: str) -> None:
    """Follow the subcommands as far as the words name them; every option must be known to one of the parsers passed."""
    path, rest = list[str](), list(words)
    known = argparse_options(help_of(parser))
    while subcommands := argparse_commands(help_of(parser, *path)):
        at = next((i for i, word in enumerate(rest) if word in subcommands), None)
        if at is None:
            strange = [word for word in rest if re.fullmatch(r"[a-z][a-z-]+", word)]
            assert not strange, f"{where}: no such command: {' '.join(words)}"
            break
        path, rest = [*path, rest[at]], rest[at + 1 :]
        known |= argparse_options(help_of(parser, *path))
    assert options(rest) <= known, f"{where}: {' '.join(words)}: {options(rest) - known}"


@cache
def ketnoi_options(group: Any = None, prefix: str = "") -> dict[str, set[str]]:
    """Options of every command; one of a group is known by both words, such as "survey import"."""
    found: dict[str, set[str]] = {}
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            found |= ketnoi_options(command, f"{prefix}{name} ")
        if not hasattr(command, "commands") or command.invoke_without_command:
            found[prefix + name] = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return found


def ketnoi_command(words: list[str]) -> str:
    return both if (both := " ".join(words[:2])) in ketnoi_options() else words[0]


def test_every_ketnoi_command_in_the_documents_exists_with_its_options() -> None:
    known, seen = ketnoi_options(), set()
    for where, words in mentioned("ketnoi"):
        if not words:
            continue
        command = ketnoi_command(words)
        assert command in known, f"{where}: ketnoi {' '.join(words)}"
        seen.add(command)
        if words[0] == "lab":
            if words[1:2] == ["up"]:
                known_up = argparse_options(help_of(province_lab_parser("up"))) | {"--no-cameras", "--json"}
                assert options(words[2:]) <= known_up, f"{where}: {words}"
            elif words[1:]:
                judge(lab_parser(), words[1:], where)
        else:
            assert options(words[1:]) <= known[command], f"{where}: {' '.join(words)}: {options(words[1:]) - known[command]}"
    assert seen == set(known), "every command of ketnoi is told of in the documents"


@pytest.mark.parametrize("page", ["docs/commands.md", "docs/commands.vi.md"])
def test_the_page_of_commands_tells_of_every_command(page: str) -> None:
    named = {ketnoi_command(words) for words in commands(ROOT / page, "ketnoi") if words}
    assert named == set(ketnoi_options())


def parse(words: list[str]) -> None:
    """As `ketnoi` itself does, as far as the command that would run: whatever is missing or strange raises."""
    if words[0] == "lab":
        (province_lab_parser("up") if words[1] == "up" else lab_parser()).parse_args(words[2 if words[1] == "up" else 1 :])
        return
    command, rest = typer.main.get_command(app), list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    command.make_context("ketnoi", rest)


@pytest.mark.parametrize("line", [line for group in tools.commands.DATA["groups"] for task in group["tasks"] for line in task["commands"]])
def test_a_task_s_command_is_one_that_ketnoi_takes_as_it_stands(line: str) -> None:
    for lang in ("vi", "en"):
        program, *words = shlex.split(tools.commands.translated(line, lang))
        assert program == "ketnoi"
        parse(words)


def test_the_ten_of_a_day_are_among_the_tasks() -> None:
    lines = {line for group in tools.commands.DATA["groups"] for task in group["tasks"] for line in task["commands"]}
    assert [row["command"] for row in tools.commands.DATA["everyday"] if row["command"] not in lines] == []


@pytest.mark.parametrize("readme", ["README.md", "README.vi.md"])
def test_a_readme_shows_ten_commands_that_ketnoi_takes_as_they_stand(readme: str) -> None:
    shown = [words for words in commands(ROOT / readme, "ketnoi") if words]
    assert len(shown) == len({ketnoi_command(words) for words in shown}) == 10
    for words in shown:
        parse(words)


@pytest.mark.parametrize("line", ["check --strange", "wait", "power-cycle", "command juggle --site CODE", "lab juggle"])
def test_a_command_that_ketnoi_does_not_take_is_told_apart(line: str) -> None:
    with pytest.raises((USAGE_ERROR, SystemExit)):
        parse(shlex.split(line))


def test_what_is_made_from_something_else_is_as_that_says() -> None:
    old = [name for name, text in tools.docs.pages().items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert old == [], "run: make docs"


def test_every_edge_agent_command_in_the_documents_exists_with_its_options() -> None:
    found = mentioned("edge-agent")
    assert {"status", "device", "guard"} <= {words[0] for _, words in found if words}
    for where, words in found:
        if words and words[0] in edge_agent.cli.DAEMON:
            assert options(words[1:]) <= {"--json", "--lang", "-n", "--newest"}, f"{where}: {words}"
        elif words and words[1:2] not in ([], ["…"]):
            judge(edge_agent.cli.parser(), words, where)


def test_every_ketnoi_hub_command_in_the_documents_exists() -> None:
    found = mentioned("ketnoi-hub")
    assert found
    for where, words in found:
        judge(hub_parser(), words, where)


def test_every_make_target_playbook_and_tag_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for where, words in mentioned("make"):
        asked = {word for word in words if "=" not in word and not word.startswith("[")}
        assert asked <= targets, f"{where}: make {asked - targets}"
    tags = set(re.findall(r"tags: \[([a-z]+)", (ROOT / "playbooks/site.yml").read_text(encoding="utf-8"))) | {"peers"}
    for where, words in mentioned("ansible-playbook") + mentioned("ketnoi"):
        for before, word in pairwise(words):
            if before == "--tags":
                assert set(word.split(",")) <= tags, f"{where}: {word}"
        for word in words:
            if word.startswith("playbooks/"):
                assert (ROOT / word).is_file(), f"{where}: {word}"


def test_contributing_tells_of_every_target_that_one_would_type() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named_there = {word for words in commands(ROOT / "CONTRIBUTING.md", "make") for word in words}
    assert set(phony.split()) - NOT_TYPED <= named_there


def test_both_languages_of_a_guide_name_the_same_commands() -> None:
    for vietnamese in DOCUMENTS:
        if not vietnamese.name.endswith(".vi.md"):
            continue
        english = vietnamese.with_name(vietnamese.name.replace(".vi.md", ".md"))
        for program in ("ketnoi", "edge-agent", "make", "ansible-playbook", "ketnoi-hub"):
            both = [
                {tuple(word for word in words if not re.search("[A-ZÀ-Ỹ]", word)) for words in commands(path, program)}
                for path in (vietnamese, english)
            ]
            vi, en = ({tuple(word for word in words if word not in ("--lang", "vi")) for words in each} for each in both)
            assert vi == en, f"{named(vietnamese)}: {program}: {vi ^ en}"


def test_what_names_our_version_names_the_one_that_is_built() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0] == version
    for name, pattern in (
        ("docs/ci/gitlab-ci.yml", r"KETNOI_VERSION: v(\S+)"),
        ("docs/ci/github-actions.yml", r"KETNOI_VERSION: v(\S+)"),
        ("docs/onsite.md", r"ketnoi (\d+\.\d+\.\d+)"),
        ("docs/onsite.vi.md", r"ketnoi (\d+\.\d+\.\d+)"),
    ):
        assert set(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"))) == {version}, name
    supported = re.findall(r"^\| ([\d.]+) \| yes", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert supported == [".".join(version.split(".")[:2])]


def test_the_devices_failure_classes_are_all_explained_on_site() -> None:
    from edge_agent.devices.faults import CATEGORIES

    for guide in ("docs/onsite.md", "docs/onsite.vi.md"):
        told = set(re.findall(r"^\| `([a-z_]+)` \|", (ROOT / guide).read_text(encoding="utf-8"), re.MULTILINE))
        assert told == set(CATEGORIES), guide
