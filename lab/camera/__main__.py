"""``python -m lab.camera --config camera.json``: plays one camera until SIGTERM or SIGINT."""

from __future__ import annotations

import sys

from lab.camera import config, playing
from lab.camera.camera import Camera

if __name__ == "__main__":
    sys.exit(playing.main("lab.camera", "A simulated network camera: ONVIF and RTSP.", lambda path: Camera(config.load(path))))
