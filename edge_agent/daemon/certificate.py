"""When a certificate ends."""

import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def ends(path: Path) -> datetime:
    """notAfter, by openssl (Python's ssl has no public way to read a certificate of one's own). ValueError says why it can't be told."""
    asked = ["openssl", "x509", "-noout", "-enddate", "-in", str(path)]
    try:
        shown = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown.strip().removeprefix("notAfter=")), UTC)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ValueError(f"{path}: {error}") from error
