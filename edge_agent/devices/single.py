"""`edge-agent device identify|show|plan|apply ADDRESS[:PORT]`: one device, for an engineer beside it. The first three never
write. Logins are counted with those of all other commands."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edge_agent import durable
from edge_agent.devices import drivers, engine, show, wanted
from edge_agent.devices.faults import DeviceFailure
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import Account, Wanted
from edge_agent.text import default_lang, here


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    device = commands.add_parser("device", help=here("một thiết bị, theo địa chỉ", "one device, by its address"))
    actions = device.add_subparsers(dest="action", required=True)
    for name, work, about in (
        ("identify", _show, here("ở đó là thiết bị gì", "who is there")),
        ("show", _show, here("mọi điều thiết bị cho biết", "all that it tells")),
        ("plan", _plan, here("sẽ đổi gì; không ghi", "what would change; nothing is written")),
        ("apply", _apply, here("đổi", "change it")),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("address", metavar="ADDRESS[:PORT]")
        action.add_argument("--driver", choices=drivers.NAMES, default="onvif")
        action.add_argument("--user", default="admin")
        action.add_argument(
            "--password-file",
            metavar="F",
            help=here("dòng đầu là mật khẩu; - là đầu vào chuẩn", "first line is the password; - for standard input"),
        )
        action.add_argument("--json", action="store_true")
        if name in ("plan", "apply"):
            action.add_argument(
                "--want",
                type=Path,
                required=True,
                metavar="FILE",
                help=here("một thiết bị trong yêu cầu (JSON)", "a device of the wanted document"),
            )
        action.set_defaults(run=_guarded(work))


def _guarded(work: Any) -> Any:
    def run(options: argparse.Namespace) -> int:
        """0 read or done, 1 in a failure class, 2 usage."""
        try:
            return int(work(options, _target(options)))
        except (wanted.BadDocument, FileNotFoundError, ValueError) as error:
            print(f"edge-agent device {options.action}: {error}", file=sys.stderr)
            return 2

    return run


def _target(options: argparse.Namespace) -> Wanted:
    """The device as it is wanted; its login is the one given here, in a `want` with another administrator the factory's."""
    address, _, port = options.address.rpartition(":") if ":" in options.address else (options.address, "", "80")
    given = _given(options)
    found = json.loads(options.want.read_text()) if getattr(options, "want", None) else {"audio": None}
    if not isinstance(found, dict):
        raise wanted.BadDocument(f"{options.want}: an object is needed")
    accounts = dict(found.get("accounts") or {})
    login = {"user": given.user, "password": given.password} if given else None
    factory = [login] if login and accounts.get("admin") not in (None, login) else []
    accounts.setdefault("admin", login)
    own = {"slot": 0, "address": address, "port": int(port), "driver": options.driver}
    return wanted.device({**found, "accounts": accounts, "factory": factory, **own}, {}, "want")


def _given(options: argparse.Namespace) -> Account | None:
    if options.password_file is None:
        if options.action == "identify":
            return None
        raise wanted.BadDocument(here("thiếu --password-file", "--password-file is needed"))
    text = sys.stdin.read() if options.password_file == "-" else Path(options.password_file).read_text()  # noqa: S105
    return Account(options.user, text.partition("\n")[0].rstrip("\r"))


def _show(options: argparse.Namespace, target: Wanted) -> int:
    state = durable.state_folder()
    durable.make_folder(state)
    logins = Logins(state, target.lockout_s)
    try:
        if target.admin is None:
            document = show.anonymous(target, drivers.of(target.driver).identify(target, logins))
        else:
            driver = drivers.of(target.driver)
            with driver.connect(target, logins) as connection:
                document = show.document(target, driver.get(connection, target, all_options=True))
    except DeviceFailure as failure:
        document = show.failed(target, failure)
    if options.action == "identify":
        document = {k: document[k] for k in ("driver", "class", "identity", "clock", "problems")}
    print(json.dumps(document, ensure_ascii=False) if options.json else show.page(document, default_lang()))
    return 1 if document["class"] else 0


def _plan(options: argparse.Namespace, target: Wanted) -> int:
    return _run(options, target, check=True)


def _apply(options: argparse.Namespace, target: Wanted) -> int:
    return _run(options, target, check=False)


def _run(options: argparse.Namespace, target: Wanted, *, check: bool) -> int:
    from edge_agent.devices.commands import line

    state = durable.state_folder()
    durable.make_folder(state)
    result = engine.apply_one(target, state, check=check).as_dict()
    print(json.dumps(result, ensure_ascii=False) if options.json else line(result, default_lang(), check))
    return 1 if result["status"] == "failed" else 0
