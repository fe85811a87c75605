"""Progress on standard error, so that standard output holds the result alone: each line behind the time since the command began."""

import sys
import threading
import time


class Elapsed:
    """`[mm:ss] text`, one line at a time whichever thread has something to report."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._turn = threading.Lock()

    def line(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        with self._turn:
            print(f"[{minutes:02}:{seconds:02}] {text}", file=sys.stderr, flush=True)
