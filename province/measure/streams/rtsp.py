"""Does a stream ask for a login? One RTSP DESCRIBE without one. Standard library only."""

import re
import socket
import time

from province.measure.evidence import Failed, OpenStream, failed

_STATUS = re.compile(rb"^RTSP/1\.\d (\d{3})")
MOST = 64 * 1024


def without_login(host: str, port: int, path: str, seconds: float = 5.0) -> OpenStream | Failed:
    """{"ok": true, "status": 401} when it is refused; status 200 means that anybody may watch."""
    address = f"rtsp://{host}:{port}{path}"
    question = f"DESCRIBE {address} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    end = time.monotonic() + seconds
    try:
        with socket.create_connection((host, port), timeout=seconds) as link:
            link.sendall(question.encode())
            answer = b""
            while b"\r\n" not in answer and len(answer) < MOST:
                link.settimeout(max(0.01, end - time.monotonic()))
                chunk = link.recv(4096)
                if not chunk:
                    break
                answer += chunk
    except TimeoutError:
        return failed("timeout")
    except OSError as error:
        return failed("unreachable", type(error).__name__)
    status = _STATUS.match(answer)
    return {"ok": True, "status": int(status[1])} if status else failed("protocol")
