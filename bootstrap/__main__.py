"""`python -m bootstrap <job >events`; see bootstrap.job. Exit 0 when the job was played, whatever came of it."""

from gevent import monkey

monkey.patch_all()

import ctypes  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402

from bootstrap.job import Event, Job  # noqa: E402
from bootstrap.run import run  # noqa: E402


def tell(event: Event) -> None:
    print(event.dumps(), flush=True)


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: nobody is left to enrol what we would finish
    run(Job.loads(sys.stdin.read()), tell)
