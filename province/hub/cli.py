"""`ketnoi-hub`: what runs on the hub. Thin: each command calls one function."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from province.hub.migrate import MigrationError, migrate
from province.hub.settings import COLLECTOR, SettingsError, read_settings


def main(argv: Sequence[str] | None = None) -> int:
    """0: done; 1: it could not be done (the message says why); 2: usage."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=os.environ.get("KETNOI_LOG", "INFO"), format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        return int(options.run(options))
    except (SettingsError, MigrationError) as error:
        print(error, file=sys.stderr)
    except psycopg.Error as error:
        print(f"PostgreSQL: {str(error).strip()}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ketnoi-hub", description="The hub's side of Ketnoi.")
    parser.add_argument("--settings", type=Path, default=COLLECTOR, help="collector.json")
    commands = parser.add_subparsers(required=True)
    collector = commands.add_parser("collector", help="run the collector (ketnoi-collector.service)")
    collector.set_defaults(run=_collector)
    one = commands.add_parser("migrate", help="bring the database to this version's form")
    one.set_defaults(run=_migrate)
    return parser


def _collector(options: argparse.Namespace) -> int:
    from province.hub.collector import serve

    serve(read_settings(options.settings))
    return 0


def _migrate(options: argparse.Namespace) -> int:
    with psycopg.connect(read_settings(options.settings).dsn, autocommit=True) as database:
        for name in migrate(database):
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
