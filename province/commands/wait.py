"""`ketnoi wait`: until a facility's box can be reached; for scripts, and for whoever has just plugged one in."""

import subprocess
import sys
import time
from pathlib import Path

from province.model.select import loaded, selected
from province.text import Lang, Text

WAITING = Text("{code}: đợi thiết bị biên gọi về …", "{code}: waiting for the box to call home …")
CAME = Text("{code}: đã kết nối sau {seconds:.0f} s", "{code}: reached after {seconds:.0f} s")
LATE = Text(
    "{code}: sau {seconds:.0f} s vẫn chưa kết nối được; kiểm tra nguồn điện, dây mạng và đường truyền tại cơ sở",
    "{code}: not reached after {seconds:.0f} s; check power, cable and uplink on site",
)
_POLL_SECONDS = 1.0


def wait(inventory: Path, site: str, via: str, timeout: float, lang: Lang) -> int:
    """Exit 0 as soon as the box's sshd answers, 1 when it has not within `timeout` seconds."""
    (facility,) = selected(loaded(inventory, lang), None, site)
    print(WAITING.format(code=facility.code).pick(lang), file=sys.stderr)
    started = time.monotonic()
    while not _answers(inventory, facility.code, via):
        if time.monotonic() - started > timeout:
            print(LATE.format(code=facility.code, seconds=timeout).pick(lang), file=sys.stderr)
            return 1
        time.sleep(_POLL_SECONDS)
    print(CAME.format(code=facility.code, seconds=time.monotonic() - started).pick(lang))
    return 0


def _answers(inventory: Path, code: str, via: str) -> bool:
    command = [str(Path(sys.executable).parent / "ketnoi-reach"), "--inventory", str(inventory), "--via", via, code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as way:
        assert way.stdout is not None
        banner = way.stdout.read(4)
        way.kill()
    return banner == b"SSH-"
