"""A recorder that speaks ONVIF Profile G on loopback: what it holds is a list of spans, told as real recorders tell it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tse="http://www.onvif.org/ver10/search/wsdl" '
    'xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tns1="http://www.onvif.org/ver10/topics" '
    'xmlns:ter="http://www.onvif.org/ver10/error"'
)
Span = tuple[datetime, datetime]


@dataclass
class Recorder:
    """`holds`: camera's address -> spans, oldest first. `history`: whether it keeps one; `page`: results in one answer."""

    holds: dict[str, list[Span]]
    password: str
    recording: bool = True
    history: bool = True
    page: int = 2
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    port: int = 0
    told: dict[str, list[str]] = field(default_factory=dict)

    def answer(self, operation: str, body: str) -> str:
        self.asked.append(operation)
        return str(getattr(self, f"do_{operation}", self.unknown)(body))

    def unknown(self, body: str) -> str:
        return _fault("ter:ActionNotSupported")

    def do_GetSystemDateAndTime(self, body: str) -> str:
        now = datetime.now(UTC)
        clock = f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        date = f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
        told = f"<tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime>{clock}{date}</tt:UTCDateTime>"
        return f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>{told}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"

    def do_GetUsers(self, body: str) -> str:
        user = "<tt:Username>admin</tt:Username><tt:UserLevel>Administrator</tt:UserLevel>"
        return f"<tds:GetUsersResponse><tds:User>{user}</tds:User></tds:GetUsersResponse>"

    def do_GetServices(self, body: str) -> str:
        where = "<tds:Namespace>http://www.onvif.org/ver10/search/wsdl</tds:Namespace><tds:XAddr>http://192.0.2.9/onvif/search</tds:XAddr>"
        version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>4</tt:Minor></tds:Version>"
        return f"<tds:GetServicesResponse><tds:Service>{where}{version}</tds:Service></tds:GetServicesResponse>"

    def do_FindRecordings(self, body: str) -> str:
        self.told["rec"] = [self._information(n, address) for n, address in enumerate(self.holds)]
        return "<tse:FindRecordingsResponse><tse:SearchToken>rec</tse:SearchToken></tse:FindRecordingsResponse>"

    def do_GetRecordingSearchResults(self, body: str) -> str:
        return self._page("GetRecordingSearchResults", "rec")

    def do_FindEvents(self, body: str) -> str:
        if not self.history:
            return _fault("ter:ActionNotSupported")
        number = int(re.findall(r"IncludedRecordings[^>]*>REC(\d+)<", body)[0])
        spans = list(self.holds.values())[number]
        changes = [(at, present) for span in spans for at, present in ((span[0], "true"), (span[1], "false"))]
        self.told["events"] = [self._event(number, at, present) for at, present in changes]
        return "<tse:FindEventsResponse><tse:SearchToken>events</tse:SearchToken></tse:FindEventsResponse>"

    def do_GetEventSearchResults(self, body: str) -> str:
        return self._page("GetEventSearchResults", "events")

    def _page(self, operation: str, search: str) -> str:
        rows, self.told[search] = self.told[search][: self.page], self.told[search][self.page :]
        state = "Searching" if self.told[search] else "Completed"
        inside = f"<tt:SearchState>{state}</tt:SearchState>{''.join(rows)}"
        return f"<tse:{operation}Response><tse:ResultList>{inside}</tse:ResultList></tse:{operation}Response>"

    def _information(self, number: int, address: str) -> str:
        spans = self.holds[address]
        ends = f"<tt:DataFrom>{_utc(spans[0][0])}</tt:DataFrom><tt:DataTo>{_utc(spans[-1][1])}</tt:DataTo>" if spans else ""
        track = f"<tt:TrackToken>V{number}</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description/>{ends}"
        source = f"<tt:SourceId/><tt:Name>c</tt:Name><tt:Location/><tt:Description/><tt:Address>http://{address}/onvif</tt:Address>"
        status = "Recording" if self.recording else "Stopped"
        inside = (
            f"<tt:RecordingToken>REC{number}</tt:RecordingToken><tt:Source>{source}</tt:Source><tt:Content/><tt:Track>{track}</tt:Track>"
        )
        return f"<tt:RecordingInformation>{inside}<tt:RecordingStatus>{status}</tt:RecordingStatus></tt:RecordingInformation>"

    def _event(self, number: int, at: datetime, present: str) -> str:
        item = f'<tt:Data><tt:SimpleItem Name="IsDataPresent" Value="{present}"/></tt:Data>'
        topic = '<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:RecordingHistory/Track/State</wsnt:Topic>'
        message = f'<wsnt:Message><tt:Message UtcTime="{_utc(at)}" PropertyOperation="Changed">{item}</tt:Message></wsnt:Message>'
        inside = f"<tt:RecordingToken>REC{number}</tt:RecordingToken><tt:TrackToken>V{number}</tt:TrackToken><tt:Time>{_utc(at)}</tt:Time>"
        return f"<tt:Result>{inside}<tt:Event>{topic}{message}</tt:Event><tt:StartStateEvent>false</tt:StartStateEvent></tt:Result>"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _fault(code: str) -> str:
    subcode = f"<s:Subcode><s:Value>{code}</s:Value></s:Subcode>"
    return f'<s:Fault><s:Code><s:Value>s:Sender</s:Value>{subcode}</s:Code><s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault>'


@contextmanager
def serving(recorder: Recorder) -> Iterator[Recorder]:
    """Logins: WS-Security by the user's name and a token that is there; which password made it is told by `password` alone."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            inner = body.partition("Body>")[2]
            operation = re.findall(r"<(?:\w+:)?(\w+)", inner)[0]
            if operation == "GetSystemDateAndTime" or _knows(body, recorder.password):
                answer = recorder.answer(operation, inner)
            else:
                recorder.refused += "UsernameToken" in body
                answer = _fault("ter:NotAuthorized")
            data = f"<s:Envelope {SPACES}><s:Body>{answer}</s:Body></s:Envelope>".encode()
            self.send_response(400 if "s:Fault" in answer else 200)
            self.send_header("Content-Type", "application/soap+xml")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()


def _knows(body: str, password: str) -> bool:
    """WS-Security's digest: base64(sha1(nonce + created + password))."""
    import base64
    import hashlib

    found = re.search(r"PasswordDigest\">([^<]+)<.*?Nonce[^>]*>([^<]+)<.*?Created[^>]*>([^<]+)<", body, re.DOTALL)
    if not found:
        return False
    made = hashlib.sha1(base64.b64decode(found[2]) + found[3].encode() + password.encode()).digest()
    return base64.b64encode(made).decode() == found[1]
