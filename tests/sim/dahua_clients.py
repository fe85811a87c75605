"""aiodahua, a client of Dahua's CGI that we didn't write, run on a program of a few lines in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

AIODAHUA = Path(sys.prefix) / "other-clients" / "aiodahua"

_FRAME = """
import asyncio, json, sys
from aiodahua import DahuaClient
from aiodahua.exceptions import DahuaAuthError, DahuaNotSupportedError

async def told(client):
{body}

async def main():
    async with DahuaClient(sys.argv[1], sys.argv[3], sys.stdin.read(), port=int(sys.argv[2]), rtsp_port=554) as client:
        print(json.dumps(await told(client)))

asyncio.run(main())
"""


def aiodahua(address: str, port: int, login: tuple[str, str], body: str) -> Any:
    """What ``body``, the inside of an asynchronous function of ``client``, returns."""
    assert AIODAHUA.is_dir(), "aiodahua is missing; run: make setup"
    program = _FRAME.format(body="\n".join("    " + line for line in body.strip().splitlines()))
    command = [sys.executable, "-c", program, address, str(port), login[0]]
    environment = {**os.environ, "PYTHONPATH": str(AIODAHUA)}
    done = subprocess.run(command, input=login[1], capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
