"""What the benches of an idle box share: root, so many minutes, figures scaled to a day."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DAY = 86400
Found = dict[str, Any]


def main(
    name: str,
    about: str,
    why_root: str,
    measure: Callable[[float], Found],
    table: Callable[[Found], str],
    *,
    minutes: float = 10,
    least_minutes: float = 0.1,
    within: Callable[[Found], bool] = lambda found: True,
) -> int:
    """Measure for so many seconds, at least `least_minutes`, and print the table; exit 1 where the figures are not `within` their
    budget, 2 without root."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=about)
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--json", type=Path, help="the figures to this file, too")
    given = parser.parse_args()
    if given.minutes < least_minutes:
        parser.error(f"--minutes: at least {least_minutes:g}, for a part of what is counted comes no more often")
    if os.geteuid() != 0:
        print(f"bench.{name}: {why_root} needs root", file=sys.stderr)
        return 2
    found = measure(given.minutes * 60)
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    return 0 if within(found) else 1


def written(block_device: str) -> int:
    """Bytes that have reached a block device of /sys/block."""
    return int(Path("/sys/block", block_device, "stat").read_text().split()[6]) * 512
