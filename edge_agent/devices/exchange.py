"""One HTTP exchange with a device: every error of the layers below becomes one of ours, every answer has a size limit.

No proxy, no redirect, no compression; connect and read timeouts, both under the device's deadline (`patience`).
"""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.client import BadStatusLine

import requests

from edge_agent.contract.text import Text
from edge_agent.devices import patience, xmlsafe
from edge_agent.devices.faults import BadAnswer, Unreachable
from edge_agent.devices.patience import Deadline

LIMIT = xmlsafe.LIMIT
GUARD: ContextVar[Callable[[str, str, bytes | None], None] | None] = ContextVar("guard", default=None)
"""Where set, it is shown every request (method, target, body) before that leaves, and raises what it does not let through."""

HTTPS_ONLY = Text(
    "chỉ cho vào bằng HTTPS: tắt chuyển hướng HTTPS trong giao diện của thiết bị",
    "it lets nobody in but by HTTPS: switch its redirection off in the device's own pages",
)

for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.poolmanager", "urllib3.util.retry"):
    # They log addresses, at some levels always; Dahua's addresses carry passwords.
    logging.getLogger(_name).disabled = True


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)

    @property
    def sends_to_https(self) -> bool:
        return 300 <= self.status < 400 and self.headers.get("location", "").lower().startswith("https:")

    @property
    def text(self) -> str:
        """The body, in whatever encoding: devices declare one and send another. GB18030 is what Chinese makers' old firmware writes."""
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return self.content.decode(encoding)
            except UnicodeDecodeError:
                continue
        return self.content.decode("latin-1")


def was_cut(failure: Unreachable) -> bool:
    """Whether the connection ended without an answer: mostly a kept one, which the device had closed meanwhile without a word."""
    cause: BaseException | None = failure
    while cause is not None and not isinstance(cause, ConnectionResetError | BrokenPipeError | BadStatusLine):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


_PLAIN = re.compile(r"^/[\x21-\x7e]*$")


class Wire:
    """One device's keep-alive connection. Not for several threads at once.

    A device that was seen to close it gets a new one for each request, so that no write is lost on a closed one.
    `short`: take an answer with fewer bytes than its Content-Length promises (Dahua's ONVIF: home-assistant/core#148093); for
    who can tell a whole document from half of one.
    """

    def __init__(
        self, host: str, port: int, deadline: Deadline, connect_s: float = 4.0, read_s: float = 10.0, *, short: bool = False
    ) -> None:
        self.host, self.port, self.deadline = host, port, deadline
        self.exchanges = 0
        self._timeouts, self._short = (connect_s, read_s), short
        self._http = patience.session(deadline)
        self._http.headers.update({"Accept-Encoding": "identity", "User-Agent": "ketnoi"})

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, target: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """`target`: path and query. Raises Unreachable and BadAnswer."""
        where = f"{self.host}:{self.port}"
        if (guard := GUARD.get()) is not None:
            guard(method, target, data)
        try:
            connect_s, read_s = (min(t, self.deadline.left()) for t in self._timeouts)
        except TimeoutError as error:
            raise Unreachable(f"{where}: {error}") from error
        if self._http.connections > 1:
            self._http.close()
        self.exchanges += 1
        url = f"http://{where}{target}"
        self._http.target = target if _PLAIN.match(target) else None
        try:
            with self._http.request(
                method, url, data=data, headers=headers, timeout=(connect_s, read_s), stream=True, allow_redirects=False
            ) as answer:
                return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, _body(answer, self._short))
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable(f"{where} does not answer") from error
        except requests.exceptions.Timeout as error:
            raise Unreachable(f"{where} took the request and sent no answer") from error
        except (requests.exceptions.ConnectionError, OSError) as error:
            raise Unreachable(f"{where}: {_cause(error)}") from error
        except (requests.exceptions.RequestException, ValueError) as error:
            raise BadAnswer(f"broken HTTP: {type(error).__name__}") from error
        except Exception as error:  # urllib3 and http.client have errors of their own that requests lets through
            if type(error).__module__.partition(".")[0] in ("urllib3", "http"):
                raise BadAnswer(f"broken HTTP: {type(error).__name__}") from error
            raise


def _body(answer: requests.Response, short: bool) -> bytes:
    answer.raw.enforce_content_length = not short
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadAnswer("a compressed answer that nobody asked for")
    content = bytearray()
    for chunk in answer.iter_content(16384):
        content += chunk
        if len(content) > LIMIT:
            raise BadAnswer(f"more than {LIMIT} bytes")
    return bytes(content)


def _cause(error: BaseException) -> str:
    while below := error.__cause__ or error.__context__:
        error = below
    return getattr(error, "strerror", None) or type(error).__name__
