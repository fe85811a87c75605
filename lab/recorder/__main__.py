"""``python -m lab.recorder --config recorder.json``: plays one recorder until SIGTERM or SIGINT."""

from __future__ import annotations

import sys

from lab.camera import playing
from lab.recorder import config, orders
from lab.recorder.recorder import Recorder

if __name__ == "__main__":
    sys.exit(playing.main("lab.recorder", "A simulated network video recorder.", lambda path: Recorder(config.load(path)), orders.ORDERS))
