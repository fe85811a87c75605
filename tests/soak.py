"""How wide a test searches at random: short in every run, KETNOI_SOAK times as wide in `make soak`."""

import os

FACTOR = int(os.environ.get("KETNOI_SOAK", "1"))
HYPOTHESIS_OWN = 100
"""How many examples hypothesis tries where a test names no number."""


def examples(short: int) -> int:
    return short * FACTOR
