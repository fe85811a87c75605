"""`edge-agent device identify|show|plan|apply ADDRESS[:PORT]`: one device, for an engineer beside it. The first three never
write. Logins are counted with those of all other commands."""

import argparse
import json
import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from edge_agent.contract import devices as desired
from edge_agent.contract.devices import Account, DesiredDevice
from edge_agent.contract.text import default_lang, here
from edge_agent.devices import drivers, engine, show
from edge_agent.devices.faults import DeviceFailure, Unreachable
from edge_agent.devices.logins import Logins
from edge_agent.devices.model import ObservedDevice
from edge_agent.devices.outcome import line
from edge_agent.system import durable

UNKNOWN = "?"
"""The driver of a device that is yet to be told apart."""
RECORDER = re.compile(r"(?<![A-Z])(D|N|X|HC|H)VR", re.IGNORECASE)
"""Model names of recorders: DHI-NVR4208, DS-HVR, XVR5108, HCVR5104."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    device = commands.add_parser("device", help=here("một thiết bị, theo địa chỉ", "one device, by its address"))
    actions = device.add_subparsers(dest="action", required=True)
    for name, work, about in (
        ("identify", _identify, here("ở đó là thiết bị gì", "who is there")),
        ("show", _show, here("mọi điều thiết bị cho biết", "all that it tells")),
        ("plan", _plan, here("sẽ đổi gì; không ghi", "what would change; nothing is written")),
        ("apply", _apply, here("đổi", "change it")),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("address", metavar="ADDRESS[:PORT]")
        action.add_argument("--driver", choices=drivers.NAMES, help=here("mặc định: tìm cái dùng được", "default: find one that fits"))
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
                help=here("một thiết bị trong yêu cầu (JSON)", "a device of the desired document"),
            )
        action.set_defaults(run=_guarded(work))


def _guarded(work: Any) -> Any:
    def run(options: argparse.Namespace) -> int:
        """0 read or done, 1 in a failure class, 2 usage."""
        try:
            target = _target(options)
        except (OSError, ValueError) as error:
            print(f"edge-agent device {options.action}: {error}", file=sys.stderr)
            return 2
        return int(work(options, target))

    return run


def _target(options: argparse.Namespace) -> DesiredDevice:
    """The device as it is wanted; its login is the one given here, in a `want` with another administrator the factory's.

    Raises OSError or ValueError for what was given wrongly.
    """
    address, _, port = options.address.rpartition(":") if ":" in options.address else (options.address, "", "80")
    given = _given(options)
    found = json.loads(options.want.read_text()) if getattr(options, "want", None) else {"audio": None, "smart_codec": None}
    if not isinstance(found, dict):
        raise desired.BadDocument(f"{options.want}: an object is needed")
    accounts = dict(found.get("accounts") or {})
    login = {"user": given.user, "password": given.password} if given else None
    factory = [login] if login and accounts.get("admin") not in (None, login) else []
    accounts.setdefault("admin", login)
    own = {"slot": 0, "address": address, "port": int(port)} | ({"driver": options.driver} if options.driver else {})
    return desired.device({"driver": UNKNOWN, **found, "accounts": accounts, "factory": factory, **own}, "want")


def _given(options: argparse.Namespace) -> Account | None:
    if options.password_file is None:
        if options.action == "identify":
            return None
        raise desired.BadDocument(here("thiếu --password-file", "--password-file is needed"))
    text = sys.stdin.read() if options.password_file == "-" else Path(options.password_file).read_text()  # noqa: S105
    return Account(options.user, text.partition("\n")[0].rstrip("\r"))


def _identify(options: argparse.Namespace, target: DesiredDevice) -> int:
    """Who is there, and by which drivers it could be spoken to; logs in only with a password given."""
    fitting, failure = _fitting(options, target)
    if failure is not None:
        document = show.failed(target, failure)
    elif target.admin is not None:
        document = _reading(replace(target, driver=next(iter(fitting))))
    else:
        name, observed = next(iter(fitting.items()))
        document = show.anonymous(replace(target, driver=name), observed)
    told = {k: document[k] for k in ("driver", "class", "identity", "clock", "problems")} | {"drivers": list(fitting)}
    return _print(options, told)


def _show(options: argparse.Namespace, target: DesiredDevice) -> int:
    fitting, failure = _fitting(options, target)
    return _print(options, show.failed(target, failure) if failure else _reading(replace(target, driver=next(iter(fitting)))))


def _plan(options: argparse.Namespace, target: DesiredDevice) -> int:
    return _run(options, target, check=True)


def _apply(options: argparse.Namespace, target: DesiredDevice) -> int:
    return _run(options, target, check=False)


def _run(options: argparse.Namespace, target: DesiredDevice, *, check: bool) -> int:
    fitting, failure = _fitting(options, target)
    if failure is not None:
        result = engine.Result(target, failures=[failure]).as_dict()
    else:
        result = engine.apply_one(replace(target, driver=next(iter(fitting))), _state(), check=check).as_dict()
    print(json.dumps(result, ensure_ascii=False) if options.json else line(result, default_lang(), check))
    return 1 if result["status"] == "failed" else 0


def _fitting(options: argparse.Namespace, target: DesiredDevice) -> tuple[dict[str, ObservedDevice], DeviceFailure | None]:
    """By name the drivers that the device answers to, and what it tells each without a login; or why none fits.

    One that was named is asked for all alone, and only where somebody wants to know who is there.
    """
    if target.driver in drivers.NAMES and options.action != "identify":
        return {target.driver: ObservedDevice()}, None
    found: dict[str, ObservedDevice] = {}
    first: DeviceFailure | None = None
    logins = Logins(_state(), target.lockout_s)
    for name in (target.driver,) if target.driver in drivers.NAMES else drivers.NAMES:
        try:
            found[name] = engine.named(partial(drivers.of(name).identify, target, logins))
        except Unreachable as failure:
            return found, None if found else failure
        except DeviceFailure as failure:
            first = first if first and first.category != "onvif_off" else failure
    return found, None if found else first


def _reading(target: DesiredDevice) -> dict[str, Any]:
    """All that the device tells. One that calls itself a recorder is asked for its channels and disks as well."""
    logins = Logins(_state(), target.lockout_s)

    def look() -> dict[str, Any]:
        driver, desired = drivers.of(target.driver), target
        with driver.connect(desired, logins) as connection:
            observed = driver.get(connection, desired, all_options=True)
            if desired.kind == "camera" and not observed.channels and RECORDER.search(observed.identity.model or ""):
                desired = replace(desired, kind="recorder")
                observed = driver.get(connection, desired, all_options=True)
            return show.document(replace(desired, kind="recorder") if observed.channels else desired, observed)

    try:
        return engine.named(look)
    except DeviceFailure as failure:
        return show.failed(target, failure)


def _print(options: argparse.Namespace, document: dict[str, Any]) -> int:
    print(json.dumps(document, ensure_ascii=False) if options.json else show.page(document, default_lang()))
    return 1 if document["class"] else 0


def _state() -> Path:
    state = durable.state_folder()
    durable.make_folder(state)
    return state
