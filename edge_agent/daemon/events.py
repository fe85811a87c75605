"""`edge-agent events [--json]`: what the hub has not acknowledged yet, oldest first, read beside the running daemon."""

import argparse
import json
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_agent.contract.text import default_lang, here
from edge_agent.daemon.texts import LINE

STATE = Path("/var/lib/ketnoi-agent")
_ABOUT = ("Các sự kiện mà máy chủ kết nối chưa xác nhận.", "Events that the hub has not acknowledged yet.")
_NEWEST = ("nhiều nhất bấy nhiêu sự kiện mới nhất (mặc định %(default)s)", "at most so many of the newest (default %(default)s)")


def main(argv: Sequence[str] | None = None) -> int:
    """0: shown; 2: no outbox, or not allowed to read it."""
    parser = argparse.ArgumentParser(prog="edge-agent events", description=here(*_ABOUT))
    parser.add_argument("--json", action="store_true", help=here("mỗi dòng một sự kiện", "one event a line"))
    parser.add_argument("--lang", choices=("vi", "en"), default=default_lang())
    parser.add_argument("-n", "--newest", type=int, default=50, help=here(*_NEWEST))
    parser.add_argument("--state", type=Path, default=STATE, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    path = options.state / "outbox.db"
    try:
        rows = read(path, options.newest)
    except PermissionError:
        print(LINE["needs_root"].pick(options.lang), file=sys.stderr)
        return 2
    except (FileNotFoundError, sqlite3.DatabaseError):
        print(LINE["no_outbox"].format(path=path).pick(options.lang), file=sys.stderr)
        return 2
    if options.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    elif not rows:
        print(LINE["no_events"].pick(options.lang))
    else:
        for row in rows:
            print(f"{row['seq']:>8}  {row['wall'][:19]}Z  {row['cls']:<8} {json.dumps(row['body'], ensure_ascii=False)}")
    return 0


def read(path: Path, newest: int) -> list[dict[str, Any]]:
    """The newest rows, in order. Nothing is written: a journal made by root would lock the daemon's user out."""
    path.stat()
    running = Path(f"{path}-wal").exists()
    db = sqlite3.connect(f"file:{path}?mode=ro{'' if running else '&immutable=1'}", uri=True, timeout=5)
    try:
        query = "SELECT seq, wall, cls, body FROM events ORDER BY seq DESC LIMIT ?"
        rows: list[tuple[int, str, str, str]] = list(db.execute(query, (newest,)))
    finally:
        db.close()
    return [{"seq": seq, "wall": wall, "cls": cls, "body": json.loads(body)} for seq, wall, cls, body in reversed(rows)]


if __name__ == "__main__":
    sys.exit(main())
