"""Files and folders, written in one go; files that are checked before they count."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from pyinfra import host
from pyinfra.api import operation

from bootstrap.facts.files import FileState, FileStates
from bootstrap.operations import Commands, script


@dataclass(frozen=True)
class Entry:
    """A file with its content, which is no secret (it travels in a command), or, without one, a folder."""

    path: str
    content: str | None = None
    mode: str = "644"
    owner: str = "root"

    @property
    def state(self) -> FileState:
        digest = "" if self.content is None else sha256(self.content.encode()).hexdigest()
        return FileState(digest, self.mode, self.owner)

    def written(self, path: str) -> str:
        """Shell that puts it at `path`."""
        if self.content is None:
            made = f"mkdir -p {path}\n"
        else:
            made = f"mkdir -p $(dirname {path})\nprintf %s {b64encode(self.content.encode()).decode()} | base64 -d >{path}\n"
        return f"{made}chmod {self.mode} {path}\nchown {self.owner}:{self.owner} {path}\n"


@operation()
def entries(desired: Sequence[Entry]) -> Commands:
    """Those that aren't so yet, in this order, each put in place whole."""
    states = host.get_fact(FileStates, [entry.path for entry in desired])
    missing = [entry for entry in desired if states.get(entry.path) != entry.state]
    if missing:
        yield script("".join(_placed(entry) for entry in missing))


def _placed(entry: Entry) -> str:
    if entry.content is None:
        return entry.written(entry.path)
    fresh = f"{entry.path}.ketnoi-new"
    return f"{entry.written(fresh)}mv -f {fresh} {entry.path}\n"


@operation()
def checked_file(desired: Entry, check: str, then: str = "true") -> Commands:
    """A file that stays only if `check` (shell) passes with it in place; then `then` is run."""
    path = desired.path
    if host.get_fact(FileStates, [path]).get(path) == desired.state:
        return
    fresh, old = f"{path}.ketnoi-new", f"{path}.ketnoi-old"
    yield script(
        f"{desired.written(fresh)}"
        f"[ ! -e {path} ] || cp -p {path} {old}\n"
        f"mv {fresh} {path}\n"
        f"if ! {{ {check}; }}; then\n"
        f"  if [ -e {old} ]; then mv {old} {path}; else rm {path}; fi\n"
        "  exit 1\n"
        "fi\n"
        f"rm -f {old}\n"
        f"{then}\n"
    )
