"""docs/commands.md and docs/commands.vi.md, made from the commands themselves: `python -m tools.commands --lang vi|en` prints a page.

Help, arguments, options and defaults are asked of `ketnoi` itself, whose texts are in the language that `--lang` on the command line says
(province.cli.options), so a process makes one language. docs/commands.yml adds for what one uses a command, and the same in plain Ansible.
"""

import argparse
import os
import re
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import yaml

from edge_agent.cli import parser as agent_parser
from lab import say
from lab.cli import parser as lab_parser
from province.cli.options import LANG, app
from province.text import Lang, Text

ROOT = Path(__file__).resolve().parents[1]
DATA: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "commands.yml").read_text(encoding="utf-8"))
COMMON = {
    "inventory": Text("danh mục của tỉnh; xem [ở trên](#chung)", "the province's inventory; see [above](#common)"),
    "lang": Text("ngôn ngữ", "the language"),
    "json_output": Text("kết quả dạng JSON", "the result as JSON"),
}
"""Options that nearly all commands take, told once."""
MEANING = Text("Nghĩa", "Meaning")
KINDS = {Path: "PATH", int: "N", float: "N"}


def page(lang: Lang) -> str:
    """The whole page. `lang` has to be the one that this process speaks."""
    if lang != LANG:
        raise ValueError(f"this process speaks {LANG}: run python -m tools.commands --lang {lang}")
    parts = [
        DATA["head"][lang],
        table((Text("Mã kết thúc", "Exit code"), MEANING), ((str(row["code"]), row[lang]) for row in DATA["exit_codes"]), lang),
        table((Text("Biến", "Variable"), MEANING), ((f"`{row['name']}`", row[lang]) for row in DATA["variables"]), lang),
        f"## {Text('Để làm gì thì dùng lệnh nào', 'For what, which command').pick(lang)}\n",
        *(tasks(group, lang) for group in DATA["groups"]),
        DATA["ansible"][lang],
        f"## {Text('Từng lệnh', 'Each command').pick(lang)}\n",
        *(command(name, each, lang) for name, each in sorted(leaves(typer.main.get_command(app), "ketnoi"), key=place)),
        *programs(lang),
    ]
    return "\n".join(parts)


def everyday(lang: Lang) -> str:
    """The ten commands of a day, as the README shows them."""
    rows = [(translated(row["command"], lang), row[lang]) for row in DATA["everyday"]]
    width = max(len(line) for line, _ in rows)
    return "".join(["```\n", *(f"{line:<{width}}   # {use}\n" for line, use in rows), "```\n"])


def tasks(group: dict[str, Any], lang: Lang) -> str:
    heads = [Text("Để", "To"), Text("Lệnh", "Command")]
    if any("ansible" in task for task in group["tasks"]):
        heads.append(Text("Dùng Ansible trực tiếp", "Plain Ansible, for those who prefer it"))
    rows = []
    for task in group["tasks"]:
        cells = [task["to"][lang], *(" · ".join(code(each, lang) for each in task.get(key, [])) for key in ("commands", "ansible"))]
        rows.append(cells[: len(heads)])
    return f"### {group['title'][lang]}\n\n{table(heads, rows, lang)}"


def leaves(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Everything that can be run, in the order of help: "ketnoi survey import" and its command."""
    for name, each in group.commands.items():
        full = f"{prefix} {name}"
        if not hasattr(each, "commands") or each.invoke_without_command:
            yield full, each
        if hasattr(each, "commands"):
            yield from leaves(each, full)


def place(leaf: tuple[str, Any]) -> int:
    """Where a command is first told of in docs/commands.yml, which has to tell of each."""
    lines = [line for group in DATA["groups"] for task in group["tasks"] for line in task["commands"]]
    exact = [at for at, line in enumerate(lines) if line == leaf[0] or line.startswith(f"{leaf[0]} ")]
    if not exact:
        raise ValueError(f"docs/commands.yml says nothing of `{leaf[0]}`: add it to a task")
    return exact[0]


def command(full: str, each: Any, lang: Lang) -> str:
    kinds = typing.get_type_hints(each.callback)
    arguments = [argument(one, kinds, lang) for one in each.params if not one.opts[0].startswith("-")]
    rows = [
        (
            f"`{argument(one, kinds, lang)}`" if not one.opts[0].startswith("-") else option(one, kinds, lang),
            meaning(one, kinds, lang),
            default(one, lang),
        )
        for one in each.params
        if one.name not in COMMON
    ]
    given = [Text("[TUỲ-CHỌN]", "[OPTIONS]").pick(lang)] if len(arguments) < len(each.params) else []
    more = [Text("LỆNH …", "COMMAND …").pick(lang)] if each.context_settings.get("allow_extra_args") else []
    usage = " ".join([full, *given, *arguments, *more])
    text = [f"### `{full}`\n", f"{sentence(each.help)}\n", f"```\n{usage}\n```\n"]
    if rows:
        heads = (Text("Tham số, tuỳ chọn", "Argument, option"), MEANING, Text("Mặc định", "Default"))
        text.append(table(heads, rows, lang))
    taken = [f"`{one.opts[0]}`" for one in each.params if one.name in COMMON]
    if taken:
        text.append(f"{Text('Cũng nhận', 'Also').pick(lang)} {', '.join(taken)}.\n")
    return "\n".join(text)


def argument(one: Any, kinds: dict[str, Any], lang: Lang) -> str:
    name = translated((one.metavar or one.name.upper()).rstrip("…"), lang)
    many = "…" if one.nargs == -1 or typing.get_origin(kinds[one.name]) is list else ""
    return f"{name}{many}" if one.required else f"[{name}]"


def option(one: Any, kinds: dict[str, Any], lang: Lang) -> str:
    value = ""
    if not one.is_flag:
        word = one.metavar or ("WORD" if choices(kinds[one.name]) else KINDS.get(bare(kinds[one.name]), "TEXT"))
        value = f" {translated(word, lang)}{' …' if one.multiple else ''}"
    names = [one.opts[0], *one.secondary_opts, *one.opts[1:]]
    return " · ".join([f"`{names[0]}{value}`", *(f"`{name}`" for name in names[1:])])


def meaning(one: Any, kinds: dict[str, Any], lang: Lang) -> str:
    words = ", ".join(f"`{word}`" for word in choices(kinds[one.name]))
    return f"{one.help or ''}{': ' if words and one.help else ''}{words}".replace("|", "\\|")


def default(one: Any, lang: Lang) -> str:
    if one.required:
        return Text("bắt buộc", "required").pick(lang)
    if one.default is None or one.default is False or one.default == ():
        return ""
    value = f"{one.default:g}" if isinstance(one.default, float) else one.default
    return f"`{one.opts[0]}`" if one.default is True else f"`{value}`"


def choices(kind: Any) -> tuple[str, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()


def bare(kind: Any) -> Any:
    """Path | None -> Path; list[int] | None -> int."""
    inner = [each for each in typing.get_args(kind) if each is not type(None)]
    return bare(inner[0]) if inner else kind


def programs(lang: Lang) -> Iterator[str]:
    """What `ketnoi lab` and `edge-agent` can do, from their own help."""
    for title, parser in (
        (Text("`ketnoi lab`: từng việc", "`ketnoi lab`, what it can do"), lab_parser()),
        (Text("`edge-agent`, trên thiết bị biên", "`edge-agent`, on the box"), agent_parser()),
    ):
        heads = (Text("Lệnh", "Command"), MEANING)
        rows = ((f"`{parser.prog} {name}`", help) for name, help in subcommands(parser))
        more = Text(f"Tham số của từng lệnh: `{parser.prog} LỆNH --help`.", f"What each takes: `{parser.prog} COMMAND --help`.")
        yield f"## {title.pick(lang)}\n\n{table(heads, rows, lang)}\n{more.pick(lang)}\n"
    yield DATA["elsewhere"][lang]


def subcommands(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """Name and help of each, read from the help that the parser prints: argparse gives them in no other public way."""
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), "1000"
    try:
        text = parser.format_help()
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return re.findall(r"^    ([a-z][\w-]*)\s+(\S.*)$", text, re.MULTILINE)


def code(line: str, lang: Lang) -> str:
    return f"`{translated(line, lang)}`"


def translated(line: str, lang: Lang) -> str:
    """A command with its placeholders in this language."""
    words = DATA["placeholders"]
    pattern = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return line if lang == "en" else re.sub(rf"(?<![\w-])({pattern})(?![\w-])", lambda found: words[found[1]], line)


def sentence(text: str) -> str:
    return text if text.endswith((".", "…")) else f"{text}."


def table(heads: typing.Sequence[Text], rows: typing.Iterable[typing.Sequence[str]], lang: Lang) -> str:
    first, *rest = ([head.pick(lang) for head in heads], *rows)
    lines = (f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in (first, *rest))
    return "".join([next(lines), f"|{'---|' * len(heads)}\n", *lines])


if __name__ == "__main__":
    say.choose(LANG)
    os.environ["KETNOI_LANG"] = LANG
    sys.stdout.write(page(LANG))
