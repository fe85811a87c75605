"""Which ketnoi this is."""

import functools
import subprocess
from importlib.metadata import PackageNotFoundError, version

PACKAGE = "ketnoi-edge"


@functools.cache
def agent_version() -> str:
    """Of the installed distribution; on a box, which has none, of the Debian package; else "unknown"."""
    try:
        return version("ketnoi")
    except PackageNotFoundError:
        pass
    try:
        asked = ["dpkg-query", "--show", "--showformat=${Version}", PACKAGE]
        return subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout or "unknown"
    except (OSError, subprocess.SubprocessError):
        return "unknown"
