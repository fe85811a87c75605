"""A guarded change: what `edge-agent guard apply` reads from standard input, and what it, `confirm`, `status` and `restore` answer."""

from typing import Literal, NotRequired, TypedDict

GuardState = Literal["idle", "unchanged", "saved", "armed", "applied", "committed", "restored", "refused"]


class GuardedFile(TypedDict):
    """mode: octal digits; validate: a command with %s in the place of the new file's path."""

    path: str
    content: NotRequired[str | None]
    mode: NotRequired[str | None]
    owner: NotRequired[str | None]
    absent: NotRequired[bool]
    validate: NotRequired[list[str] | None]


class GuardedChange(TypedDict):
    """validate: commands with {path}, or {0} {1} ... for the files in order; apply: bring the files into effect, new or restored;
    undo: first thing when restoring, the new files still there, failures don't matter; targets: one of these ("10.5.255.193:8883") must
    answer before a confirmation counts; attempt: sent a second time (a connection that was made anew) it is not made a second time."""

    name: str
    files: list[GuardedFile]
    seconds: NotRequired[int]
    validate: NotRequired[list[list[str]] | None]
    apply: NotRequired[list[list[str]] | None]
    undo: NotRequired[list[list[str]] | None]
    targets: NotRequired[list[str] | None]
    attempt: NotRequired[str | None]


class GuardStatus(TypedDict):
    """How a change is. failures: the last words of commands that failed while the old was brought back into effect."""

    state: GuardState
    id: NotRequired[str | None]
    name: NotRequired[str | None]
    at: NotRequired[str | None]
    reason: NotRequired[dict[str, str] | None]
    failures: NotRequired[list[str] | None]
    seconds_left: NotRequired[int]
