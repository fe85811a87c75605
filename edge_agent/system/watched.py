"""What other parts of the box leave in files for whoever runs: cameras' logins and streams, digests; read again when they change."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from edge_agent.contract.strict import ContractError

T = TypeVar("T")


@dataclass(frozen=True)
class Login:
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.user!r}, ***)"


@dataclass(frozen=True)
class Stream:
    """Where a camera's main stream is, as the last `edge-agent devices apply` found it; `mark` changes when that was done again."""

    port: int
    path: str
    mark: str


def credentials_folder() -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None


def read_logins(folder: Path | None) -> dict[int, Login]:
    """Viewers' accounts by slot; empty where there is no credential. ContractError never quotes the content."""
    if folder is None or not (folder / "devices.json").exists():
        return {}
    try:
        document = json.loads((folder / "devices.json").read_bytes())
        return {int(slot): Login(str(one["user"]), str(one["password"])) for slot, one in document.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ContractError("credential devices.json is not {slot: {user, password}}: run the agent's role again") from None


def read_streams(path: Path) -> dict[int, Stream]:
    """Streams by slot; empty before the cameras were first configured, or while the file is unreadable."""
    try:
        document = json.loads(path.read_bytes())
        return {
            int(slot): Stream(int(one.get("rtsp_port") or 554), str(one["path"]), str(one.get("at", ""))) for slot, one in document.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


class Watched(Generic[T]):
    """What a file says, read again only when the file was replaced or written: the agent asks every second."""

    def __init__(self, path: Path, read: Callable[[Path], T]) -> None:
        self._path, self._read = path, read
        self._mark: tuple[int, int, int] | None = None
        self.value = read(path)

    def refresh(self) -> bool:
        """True when the value is another one now."""
        try:
            stat = self._path.stat()
            mark = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        except OSError:
            mark = (0, 0, 0)
        if mark == self._mark:
            return False
        before, self._mark, self.value = self.value, mark, self._read(self._path)
        return before != self.value


def read_digests(path: Path) -> dict[str, str]:
    """role -> digest that this box converged to; empty where nothing was published."""
    try:
        document = json.loads(path.read_bytes())
        return {str(role): digest for role, digest in document.items() if isinstance(digest, str)}
    except (OSError, ValueError, AttributeError):
        return {}
