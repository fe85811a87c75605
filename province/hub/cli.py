"""`ketnoi-hub`: what runs on the hub. Thin: each command calls one function."""

import argparse
import json
import logging
import os
import pwd
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

from edge_agent.contract.messages import COMMANDS
from edge_agent.contract.strict import ContractError
from province.hub import commands as orders
from province.hub import continuity, evidence, last, lifelines, overview, readmission, record, reported, rollouts, verdicts
from province.hub.migrate import MigrationError, migrate
from province.hub.settings import COLLECTOR, SITES, Settings, SettingsError, Site, read_settings, read_sites
from province.text import VIETNAM


def main(argv: Sequence[str] | None = None) -> int:
    """0: done; 1: it could not be done (the message says why); 2: usage."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=os.environ.get("KETNOI_LOG", "INFO"), format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        if "sshd" in options:
            return _lifelines(options.sshd)
        return int(options.run(options, read_settings(options.settings)))
    except (SettingsError, MigrationError, ContractError, orders.NotSigned) as error:
        print(error, file=sys.stderr)
    except psycopg.Error as error:
        print(f"PostgreSQL: {' '.join(str(error).split())}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ketnoi-hub", description="The hub's side of Ketnoi.")
    parser.add_argument("--settings", type=Path, default=COLLECTOR, help="default %(default)s")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("collector", help="run the collector (ketnoi-collector.service)").set_defaults(run=_collector)
    commands.add_parser("migrate", help="bring the database to this version's form").set_defaults(run=_migrate)
    one = commands.add_parser("evidence", help="what the hub knows of the facilities (as root: WireGuard too)")
    one.add_argument("--json", action="store_true", help="the whole document; else a line for each facility")
    one.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
    one.add_argument("site", nargs="*", metavar="SITE", help="id or code; default: all")
    one.set_defaults(run=_evidence)
    known = commands.add_parser("reported", help="what a plan is compared with, as JSON (as root: the hub's own too)")
    known.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
    known.set_defaults(run=_reported)
    ended = commands.add_parser("lifelines", help="end the lifelines whose keys are gone (ketnoi-lifeline-sshd.service, on reload)")
    ended.add_argument("sshd", type=int, metavar="PID", help="of the sshd that listens")
    for name, about, run in (
        ("status", "how every facility is now", _status),
        ("outages", "what did not work, from when to when", _outages),
        ("availability", "how long each camera was up, day by day", _availability),
        ("continuity", "what history tells of the last whole days", _continuity),
        ("last", "what was last known of facilities that can't be reached", _last),
    ):
        asked = commands.add_parser(name, help=f"{about}; a JSON document")
        asked.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
        asked.add_argument("site", nargs="*", metavar="SITE", help="id or code; default: all")
        asked.set_defaults(run=run)
        if name == "outages":
            asked.add_argument("--since", type=_instant, required=True, metavar="ISO")
            asked.add_argument("--until", type=_instant, default=datetime.max.replace(tzinfo=UTC), metavar="ISO", help="default: now")
        if name == "continuity":
            asked.add_argument("--days", type=int, default=7, help="default %(default)s")
            asked.add_argument("--silent", type=float, default=60, metavar="SECONDS", help="a silence is longer (default %(default)s)")
        if name == "availability":
            asked.add_argument("--from", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD", dest="first")
            asked.add_argument("--to", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD", dest="last")
    asof = commands.add_parser("record", help="all that a report needs of these facilities, as it was at an instant; a JSON document")
    asof.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
    asof.add_argument("--until", type=_instant, required=True, metavar="ISO")
    asof.add_argument("--days", type=int, default=record.DAYS, help="of history told day by day (default %(default)s)")
    asof.add_argument("site", nargs="*", metavar="SITE", help="id or code; default: all")
    asof.set_defaults(run=_record)
    done = commands.add_parser("rollouts", help="the record of rollouts; nothing in it can be changed")
    add = done.add_subparsers(required=True, metavar="append").add_parser("append", help="keep the rollout document on standard input")
    add.add_argument("--by", default=os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name)
    add.set_defaults(run=_append_rollout)
    order = commands.add_parser("command", help="have a facility's agent do one of a few things (as root: the hub's key signs it)")
    order.add_argument("site", metavar="SITE", help="id or code")
    order.add_argument("name", choices=COMMANDS)
    order.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
    order.add_argument("--wait", type=float, default=30, metavar="SECONDS", help="for the answer (default %(default)s)")
    order.add_argument("--by", default=os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name)
    order.set_defaults(run=_command)
    again = commands.add_parser("readmit", help="let a box into the tunnel again whose clock was ahead (as root); a JSON document")
    again.add_argument("site", metavar="SITE", help="id or code")
    again.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
    again.add_argument("--wait", type=float, default=60, metavar="SECONDS", help="for its handshake (default %(default)s)")
    again.set_defaults(run=_readmit)
    kept = commands.add_parser("verdicts", help="the record of verdicts; nothing in it can be changed")
    acts = kept.add_subparsers(required=True, metavar="append|list")
    add = acts.add_parser("append", help='keep the verdict document on standard input; prints {"id"}')
    add.add_argument("--by", default=os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name)
    add.set_defaults(run=_append)
    show = acts.add_parser("list", help="the newest, as JSON, one a line")
    show.add_argument("-n", "--newest", type=int, default=20)
    show.add_argument("--area")
    show.set_defaults(run=_list)
    seen = commands.add_parser("views", help="looks at cameras, each noted before it is granted")
    acts = seen.add_subparsers(required=True, metavar="take|list")
    look = acts.add_parser("take", help="one frame of each camera named on standard input; a JSON line for each")
    look.add_argument("--by", default=os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name)
    look.set_defaults(run=_look)
    show = acts.add_parser("list", help="who looked, when and why: the newest, as JSON, one a line")
    show.add_argument("-n", "--newest", type=int, default=20)
    show.add_argument("--site", help="id or code of a facility")
    show.add_argument("--sites", type=Path, default=SITES, help="default %(default)s")
    show.set_defaults(run=_looks)
    return parser


def _connect(settings: Settings) -> psycopg.Connection[Any]:
    """As the collector's user when run as root: PostgreSQL knows that one by its unix name, and nothing here needs root any more."""
    if os.geteuid() == 0 and settings.user:
        try:
            user = pwd.getpwnam(settings.user)
        except KeyError as error:
            raise SettingsError(f"user {settings.user} does not exist: run playbooks/hub.yml") from error
        os.initgroups(settings.user, user.pw_gid)
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    return psycopg.connect(settings.dsn, autocommit=True, connect_timeout=10)


def _collector(_: argparse.Namespace, settings: Settings) -> int:
    from province.hub.collector import serve

    serve(settings)
    return 0


def _lifelines(sshd: int) -> int:
    """Needs none of the collector's settings: the first of the hub's services is reloaded before they are there."""
    for pid in lifelines.prune(sshd):
        print(f"lifeline ended: session {pid}")
    return 0


def _migrate(_: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        for name in migrate(database):
            print(name)
    return 0


def _evidence(options: argparse.Namespace, settings: Settings) -> int:
    chosen = _chosen(options)
    seen = evidence.outside(chosen, settings.wireguard_interface)
    try:
        with _connect(settings) as database:
            document = evidence.document(seen, evidence.agents(database, seen))
    except psycopg.Error as error:
        document = evidence.document(seen, {}, str(error).strip())
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
        return 0
    for name, one in document["sites"].items():
        age = one["tunnel"]["handshake_age_s"] if one["tunnel"] else None
        lifeline = "up" if one["lifeline"] and one["lifeline"]["up"] else "down"
        print(f"{name:<10} {chosen[name].code:<24} {one['status']:<10} silent {one['silent_s']} s, handshake {age} s, lifeline {lifeline}")
    return 0


def _chosen(options: argparse.Namespace) -> dict[str, Site]:
    sites, wanted = read_sites(options.sites), set(options.site)
    strangers = sorted(wanted - set(sites) - {site.code for site in sites.values()})
    if strangers:
        print(f"{options.sites} does not know {', '.join(strangers)}: run playbooks/hub.yml", file=sys.stderr)
    return {name: site for name, site in sites.items() if not wanted or wanted & {name, site.code}}


def _status(options: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        return _print(overview.status(database, list(_chosen(options))))


def _outages(options: argparse.Namespace, settings: Settings) -> int:
    until = min(options.until, datetime.now(UTC))
    with _connect(settings) as database:
        return _print(overview.outages(database, list(_chosen(options)), options.since, until))


def _availability(options: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        return _print(overview.availability(database, list(_chosen(options)), options.first, options.last))


def _record(options: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        record.write(database, _chosen(options), min(options.until, datetime.now(UTC)), sys.stdout, options.days)
    return 0


def _continuity(options: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        return _print(continuity.document(database, list(_chosen(options)), options.days, options.silent))


def _last(options: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        return _print(last.document(database, list(_chosen(options))))


def _command(options: argparse.Namespace, settings: Settings) -> int:
    """The key is root's: sign first, then become the collector's user."""
    name, _ = _one(options)
    signed = orders.sign(name, options.name)
    with _connect(settings) as database:
        orders.keep(database, name, options.name, options.by, signed)
        document = orders.wait(database, name, signed[0], options.wait)
    _print(document)
    return 0 if document["status"] == "done" else 1


def _readmit(options: argparse.Namespace, settings: Settings) -> int:
    document = readmission.readmit(settings.wireguard_interface, _one(options)[1], options.wait)
    _print(document)
    return 1 if document["status"] == "silent" else 0


def _one(options: argparse.Namespace) -> tuple[str, Site]:
    """The facility that is named, by its id or its code; exit 2 where there is none."""
    found = next(((name, site) for name, site in read_sites(options.sites).items() if options.site in (name, site.code)), None)
    if found is None:
        print(f"{options.sites} does not know {options.site}: run playbooks/hub.yml", file=sys.stderr)
        raise SystemExit(2)
    return found


def _print(document: object) -> int:
    print(json.dumps(document, ensure_ascii=False))
    return 0


def _instant(text: str) -> datetime:
    """ISO 8601; without a zone it is Vietnam's time."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def _reported(options: argparse.Namespace, settings: Settings) -> int:
    own = reported.own_digests()
    sites = read_sites(options.sites)
    with _connect(settings) as database:
        print(json.dumps(reported.document(database, sites, own)))
    return 0


def _append_rollout(options: argparse.Namespace, settings: Settings) -> int:
    text = sys.stdin.read()
    with _connect(settings) as database:
        print(json.dumps({"id": rollouts.append(database, text, options.by)}))
    return 0


def _append(options: argparse.Namespace, settings: Settings) -> int:
    text = sys.stdin.read()
    with _connect(settings) as database:
        print(json.dumps({"id": verdicts.append(database, text, options.by)}))
    return 0


def _list(options: argparse.Namespace, settings: Settings) -> int:
    with _connect(settings) as database:
        for row in verdicts.newest(database, options.newest, options.area):
            print(json.dumps(row, ensure_ascii=False))
    return 0


def _look(options: argparse.Namespace, settings: Settings) -> int:
    from province.hub import views

    why, cameras = views.asked(sys.stdin.read())
    with _connect(settings) as database:
        views.note(database, options.by, why, cameras)
    for found in views.taken(cameras):
        print(json.dumps(found), flush=True)
    return 0


def _looks(options: argparse.Namespace, settings: Settings) -> int:
    from province.hub import views

    name, site = _one(options) if options.site else ("", None)
    names = (name, site.code) if site else ()
    with _connect(settings) as database:
        for row in views.newest(database, options.newest, names):
            print(json.dumps(row, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
