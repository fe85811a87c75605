"""How onvif-zeep's questions travel: to the dialled host only, within time and size, answers mended, refusals told apart."""

import io
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from zeep.transports import Transport

from province.measure.devices.errors import AuthRejected, DeviceError
from province.measure.devices.onvif import mend

ONE_CALL_S = 5.0
LARGEST = 4 * 1024 * 1024
ENTRANCE = "/onvif/device_service"
NO_SERVICE = (403, 404, 405, 410, 501)
"""What a web server says where no ONVIF is behind it."""


class Patient(HTTPAdapter):
    """Some promise more bytes than they send (home-assistant/core#148093); mend sees whether an answer is whole."""

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        resp.enforce_content_length = False
        return super().build_response(req, resp)


class Talk:
    """What was learnt of one device on the way: `spoke` ONVIF, wants `soap11`, `ahead_s` by its HTTP Date, None without one."""

    def __init__(self) -> None:
        self.spoke = self.soap11 = False
        self.ahead_s: float | None = None


class Wire(Transport):
    def __init__(self, session: requests.Session, end: float, talk: Talk) -> None:
        super().__init__(session=session, operation_timeout=ONE_CALL_S)  # type: ignore[no-untyped-call]  # zeep says no types
        self._end, self._talk = end, talk

    def post(self, address: str, message: Any, headers: Any) -> requests.Response:
        answer, body = self._send(address, message, headers)
        if answer.status_code == 200 and not body and not self._talk.soap11:
            self._talk.soap11 = True  # silence is what some have for SOAP 1.2 (OpenIPC/viewer#65)
            answer, body = self._send(address, message, headers)
        if b"not activated" in body.lower() or b"notactivated" in body.lower():
            raise DeviceError("not_activated")
        if answer.status_code == 401:
            raise AuthRejected(digest="digest" in answer.headers.get("WWW-Authenticate", "").lower(), locked=locked(body))
        if b"Envelope" not in body:
            self._no_envelope(answer, address, body)
        self._talk.spoke = True
        return _mended(answer, mend.envelope(body))

    def _no_envelope(self, answer: requests.Response, address: str, body: bytes) -> None:
        if answer.status_code == 403 and self._talk.spoke:
            raise AuthRejected(locked=locked(body))
        if answer.status_code in NO_SERVICE:
            raise DeviceError("onvif_off" if address.endswith(ENTRANCE) and not self._talk.spoke else "no_service")

    def _send(self, address: str, message: Any, headers: Any) -> tuple[requests.Response, bytes]:
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeviceError("timeout")
        stop = time.monotonic() + min(left, 2 * ONE_CALL_S)
        if self._talk.soap11:
            message = bytes(message).replace(mend.SOAP12.encode(), mend.SOAP11.encode())
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        body = b""
        try:
            answer = self.session.post(
                address,
                data=message,
                headers=headers,
                timeout=min(ONE_CALL_S, left),
                stream=True,
                allow_redirects=False,
            )
            self._date(answer)
            for chunk in answer.iter_content(65536):
                body += chunk
                if len(body) > LARGEST or time.monotonic() > stop:
                    raise DeviceError("timeout" if len(body) <= LARGEST else "protocol")
        except requests.exceptions.Timeout as error:
            raise DeviceError("timeout" if isinstance(error, requests.exceptions.ReadTimeout) else "unreachable") from error
        except requests.exceptions.ConnectionError as error:
            raise DeviceError("unreachable") from error
        except requests.exceptions.RequestException as error:
            raise DeviceError("protocol", type(error).__name__) from error
        return answer, body

    def _date(self, answer: requests.Response) -> None:
        try:
            there = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError, TypeError):
            return
        there = there if there.tzinfo else there.replace(tzinfo=UTC)
        self._talk.ahead_s = (there - datetime.now(UTC)).total_seconds()


def _mended(answer: requests.Response, body: bytes) -> requests.Response:
    """The same answer with another body, read already."""
    mended = requests.Response()
    mended.status_code, mended.headers, mended.encoding, mended.url = answer.status_code, answer.headers, answer.encoding, answer.url
    mended.raw = io.BytesIO(body)
    return mended


def locked(body: bytes) -> bool:
    return re.search(rb"\block", body, re.IGNORECASE) is not None
