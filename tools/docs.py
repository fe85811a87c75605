"""`make docs`: write every page, table and picture under docs/ and in the READMEs (also those of roles) that is made from something else.

`python -m tools.docs` writes what differs and names it. Between `<!-- NAME:begin -->` and `<!-- NAME:end -->` of a page stands
what is made; the rest of such a page is written by hand. docs/samples is not made here: its README says how.
"""

import re
import subprocess
import sys
from pathlib import Path

from edge_agent.devices import reference as devices
from province.commands.schema import render
from province.model import reference as inventory
from province.model.schemas import SCHEMAS
from province.standard.load import load
from province.standard.page import markdown as standard
from province.survey.workbook import reference as survey
from tools import commands, roles
from tools.picture import picture

ROOT = Path(__file__).resolve().parents[1]


def pages() -> dict[str, str]:
    """Each file that is made, or has a part that is: its path from the root of the repository, and its whole text."""
    made = {
        "docs/commands.md": _commands("en"),
        "docs/commands.vi.md": _commands("vi"),
        "docs/picture.svg": picture("en"),
        "docs/picture.vi.svg": picture("vi"),
        "docs/inventory.md": inventory.markdown(),
        "docs/standard.md": standard(load()),
        "README.md": _put("README.md", "everyday", commands.everyday("en")),
        "README.vi.md": _put("README.vi.md", "everyday", commands.everyday("vi")),
        "docs/survey.md": _put("docs/survey.md", "columns", survey.table("en")),
        "docs/survey.vi.md": _put("docs/survey.vi.md", "columns", survey.table("vi")),
    }
    for name, schema in SCHEMAS.items():
        made[f"docs/schema/{name}.json"] = render(schema())
    for role in roles.names():
        made[f"roles/{role}/README.md"] = _put(f"roles/{role}/README.md", "variables", roles.variables(role))
    text = _read("docs/devices.md")
    for mark, table in devices.markdown().items():
        text = _between(text, mark, table)
    return made | {"docs/devices.md": text}


def main() -> int:
    for name, text in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"docs: {name}")
    return 0


def _commands(lang: str) -> str:
    """In a process of its own: the texts of `ketnoi` are in the language with which it was started."""
    return subprocess.run(
        [sys.executable, "-m", "tools.commands", "--lang", lang], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _put(name: str, mark: str, part: str) -> str:
    return _between(_read(name), mark, part)


def _between(text: str, mark: str, part: str) -> str:
    pattern = re.compile(rf"(<!-- {mark}:begin -->\n).*?(<!-- {mark}:end -->)", re.DOTALL)
    made, count = pattern.subn(lambda found: found[1] + part.rstrip("\n") + "\n" + found[2], text)
    if count != 1:
        raise ValueError(f"marks {mark}:begin and {mark}:end: {count} of them, not one")
    return made


if __name__ == "__main__":
    sys.exit(main())
