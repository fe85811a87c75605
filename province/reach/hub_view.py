"""What the hub knows of facilities right now: is the agent heard, the tunnel shaken, the lifeline answering."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict, TypeVar

from edge_agent.contract import typed
from edge_agent.contract.strict import ContractError, parse_json
from province.documents.hub import ReportedDocument
from province.reach.ssh import Shell, cause, out_of_reach
from province.text import Text
from province.user_error import UserError

TUNNEL_ALIVE_S = 180.0
"""A WireGuard session is renewed every 120 s while traffic flows; keepalive is 25 s."""
SETTLED_WITHIN_S = 90.0
POLL_S = 2.0
MOST_BYTES = 200 * 1024 * 1024
"""Of an answer: what is known of 1,000 facilities for a month has a tenth of that."""
DATABASE = "PostgreSQL: "
"""How the last line of ketnoi-hub begins where its database is at fault."""
UNKNOWN_ARGUMENTS = 2
"""The exit status of a ketnoi-hub that is older, or newer, than what it is asked."""

WAYS = {
    "tunnel": Text("đường hầm", "tunnel"),
    "lifeline": Text("đường cứu hộ (lifeline)", "lifeline"),
    "agent": Text("chương trình biên (agent)", "agent"),
}


SILENT = {
    "hub_unreachable": Text("không kết nối được tới máy chủ kết nối", "the hub can't be reached"),
    "hub_database": Text("cơ sở dữ liệu của máy chủ kết nối không trả lời", "the hub's database does not answer"),
    "hub_failed": Text("ketnoi-hub trên máy chủ kết nối báo lỗi", "ketnoi-hub on the hub failed"),
    "tool_missing": Text(
        "máy chủ kết nối chưa có ketnoi-hub bản này: chạy `ketnoi hub`", "the hub lacks this ketnoi-hub: run `ketnoi hub`"
    ),
}


T = TypeVar("T")


class HubSilent(UserError):
    """The hub could not be asked; `reason` is one of SILENT, `said` the last that was said on the way."""

    def __init__(self, reason: str, said: str = "") -> None:
        self.reason = reason
        super().__init__(*(f"{text}: {said}" if said else text for text in SILENT[reason]))


class Session(TypedDict, total=False):
    """WireGuard's, as the hub's kernel has it; `handshake_age_s` null: there never was one."""

    known: bool
    handshake_age_s: int | float | None
    endpoint: str | None


class Lifeline(TypedDict, total=False):
    up: bool | None
    banner: str | None
    banner_host_key: str | None


class SiteSeen(TypedDict, total=False):
    """A facility in `ketnoi-hub evidence` (province.documents.evidence.SiteSeen), whatever a hub of another version leaves out of it."""

    connected: bool | None
    status: str | None
    first_seen: str | None
    last_seen: str | None
    silent_s: int | float | None
    tunnel: Session | None
    lifeline: Lifeline | None
    gaps: int | None
    refused: int | None
    state: object
    state_age_s: int | float | None


class SitesSeen(TypedDict):
    """`database`: why the agents' side could not be asked."""

    database: NotRequired[str | None]
    sites: dict[str, SiteSeen]


def ask(shell: Shell, ids: Sequence[str]) -> SitesSeen:
    """The document of `ketnoi-hub evidence --json`, for these facilities' ids. Raises HubSilent."""
    return read(shell, SitesSeen, ["evidence", "--json", *ids])


def reported(shell: Shell) -> ReportedDocument:
    """The document of `ketnoi-hub reported`: what every facility converged to, as far as the hub knows. Raises HubSilent."""
    return read(shell, ReportedDocument, ["reported"])


def read(shell: Shell, kind: type[T], argv: Sequence[str], codes: Sequence[int] = (0,), seconds: float = 30) -> T:
    """The JSON document of `ketnoi-hub ARGV`, taken apart as a `kind`. Raises HubSilent."""
    done = _run(shell, argv, codes, seconds)
    try:
        return typed.read(kind, argv[0], parse_json(argv[0], done.stdout, MOST_BYTES))
    except ContractError as error:
        raise HubSilent("tool_missing", last_line(done.stderr)) from error


def query(
    shell: Shell,
    argv: Sequence[str],
    fields: Sequence[str] = (),
    codes: Sequence[int] = (0,),
    seconds: float = 30,
    hook: Callable[[dict[str, Any]], Any] | None = None,
) -> dict[str, Any]:
    """The JSON document of `ketnoi-hub ARGV`, ending with one of `codes`; `fields` are objects that it must have. `hook` is given each
    object in it as it is read. Raises HubSilent."""
    done = _run(shell, argv, codes, seconds)
    try:
        document = dict(json.loads(done.stdout, object_hook=hook))
        for field in fields:
            document[field].items()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HubSilent("tool_missing", last_line(done.stderr)) from error
    return document


def _run(shell: Shell, argv: Sequence[str], codes: Sequence[int], seconds: float) -> "subprocess.CompletedProcess[str]":
    done = shell.run("hub", ["sudo", "ketnoi-hub", *argv], seconds=seconds)
    if done.returncode not in codes:
        said = last_line(done.stderr)
        raise HubSilent(_reason(done.returncode, said), said)
    return done


_AFTERMATH = ("kex_exchange_identification: ", "Connection closed by ", "banner exchange: ")


def last_line(said: str) -> str:
    """The last line of an error's output that names its cause: ssh goes on to say that what has failed is closed."""
    lines = [line for line in said.strip().splitlines() if not line.startswith(_AFTERMATH)] or said.strip().splitlines()[-1:]
    return "".join(char for char in lines[-1].strip() if char.isprintable())[:200] if lines else ""


def _reason(code: int, said: str) -> str:
    """Why it did not work, by its exit status and its last line."""
    if said.startswith(DATABASE) and not out_of_reach(code):
        return "hub_database"
    if code == UNKNOWN_ARGUMENTS:
        return "tool_missing"
    return {"unreachable": "hub_unreachable", "tool_missing": "tool_missing", "failed": "hub_failed"}[cause(code, said)]


def missing(site: SiteSeen | None) -> list[str]:
    """Which of WAYS the hub does not see of a facility."""
    if site is None:
        return list(WAYS)
    age = (site.get("tunnel") or {}).get("handshake_age_s")
    seen = {
        "tunnel": age is not None and age < TUNNEL_ALIVE_S,
        "lifeline": bool((site.get("lifeline") or {}).get("up")),
        "agent": bool(site.get("connected")),
    }
    return [way for way in WAYS if not seen[way]]


def await_all(
    shell: Shell,
    codes: Mapping[str, str],
    told: Callable[[str], None],
    within: float = SETTLED_WITHIN_S,
) -> dict[str, list[str]]:
    """Wait until the hub sees every facility by every way; {code: ways still missing when the time is up}.

    codes: facility's id -> code. `told` is called with the code of each facility as it is complete.
    """
    deadline = time.monotonic() + within
    absent = {code: list(WAYS) for code in codes.values()}
    while absent:
        try:
            sites = ask(shell, [site for site, code in codes.items() if code in absent])["sites"]
        except HubSilent:
            sites = {}
        for site, code in codes.items():
            if code in absent:
                absent[code] = missing(sites.get(site))
                if not absent[code]:
                    del absent[code]
                    told(code)
        if time.monotonic() > deadline:
            break
        if absent:
            time.sleep(POLL_S)
    return absent
