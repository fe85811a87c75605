"""What the central system needs to take a province's cameras in: where each is, its streams' paths, and where its login is kept.

Paths are those that the camera itself told when it was last measured (the newest verdict); one that nobody was told stays
unknown and is never guessed. No password is in any of it: a login is named by where the vault keeps it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import TypedDict

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from province.model import Province
from province.office.vaults import ACCOUNTS
from province.report.contacts import Line as Named
from province.report.contacts import lines
from province.report.model.places import Place, Spot, zone_name
from province.report.model.record import Record, local
from province.report.renderers.tables import Listing
from province.report.renderers.xlsx import Column
from province.standard.verdict import StreamPlace
from province.text import Lang, Text

TITLE = Text("Luồng hình camera", "Camera streams")
USER = ACCOUNTS["cameras"]["viewer"]
SCHEMES = {"main": Text("luồng chính", "main stream"), "sub": Text("luồng phụ", "sub-stream")}


@dataclass(frozen=True)
class Stream:
    """One camera. `reported_at`: when the camera told its streams; `why`: what to do where main is unknown."""

    named: Named
    spot: Spot
    zone: Text
    main: StreamPlace | None
    sub: StreamPlace | None
    reported_at: str | None
    why: Text | None

    @property
    def id(self) -> str:
        return f"{self.named.place.code}-{self.spot.subject}"

    @property
    def label(self) -> str:
        return f"{self.named.place.name} – {self.spot.subject} {self.spot.place}"

    @property
    def credentials(self) -> str:
        """Where the viewer's login is kept; never the login."""
        return f"vault/{self.named.place.code}.yml#cameras/{self.spot.slot}/viewer"

    def url(self, at: StreamPlace, login: str = "") -> str:
        return f"rtsp://{login}{self.spot.address}:{at['port']}{at['path']}"

    def urls(self, login: str = "") -> dict[str, str]:
        """Those that are known, of "main" and "sub"."""
        return {name: self.url(at, login) for name, at in (("main", self.main), ("sub", self.sub)) if at}


def streams(province: Province, places: Sequence[Place], record: Record, on: date) -> list[Stream]:
    """Every camera that may be looked at on the day: one that nobody is let at, or of a facility that is left out, is not handed on."""
    return [
        _stream(province, named, spot, record)
        for named in lines(province, places, on)
        if named.place.ready and not named.place.ready.withheld(on)
        for spot in named.place.cameras
        if not spot.no_access
    ]


def _stream(province: Province, named: Named, spot: Spot, record: Record) -> Stream:
    known = record.of(named.place.code)
    device = known.devices.get(spot.subject)
    places = device.get("streams") if device else None
    main, sub = (places["main"], places["sub"]) if places else (None, None)
    why = None if main else NEVER if known.verdict is None else UNTOLD
    return Stream(
        named, spot, zone_name(province, spot.zone), main, sub, local(known.verdict["at"]) if known.verdict and main else None, why
    )


NEVER = Text("chưa đo: chạy ketnoi verify", "never measured: run ketnoi verify")
UNTOLD = Text(
    "lần đo gần nhất camera không cho biết đường dẫn: xử lý camera rồi ketnoi verify",
    "when last measured the camera told no path: mend it, then ketnoi verify",
)
COLUMNS: Sequence[Column[Stream]] = (
    Column(Text("Mã camera", "Camera id"), 18, lambda each: each.id),
    Column(Text("Mã cơ sở", "Facility id"), 12, lambda each: each.named.place.id),
    Column(Text("Tên cơ sở", "Facility"), 24, lambda each: each.named.place.name),
    Column(Text("Khu vực triển khai", "Area"), 18, lambda each: each.named.area),
    Column(Text("Đơn vị hành chính", "Administrative unit"), 26, lambda each: each.named.unit),
    Column(Text("Khu vực giám sát", "Zone"), 20, lambda each: each.zone),
    Column(Text("Vị trí", "Place"), 26, lambda each: each.spot.place),
    Column(Text("Địa chỉ ánh xạ", "Mapped address"), 14, lambda each: each.spot.address),
    Column(Text("Cổng luồng chính", "Main port"), 8, lambda each: each.main and each.main["port"]),
    Column(Text("Đường dẫn luồng chính", "Main path"), 34, lambda each: each.main and each.main["path"]),
    Column(Text("Cổng luồng phụ", "Sub port"), 8, lambda each: each.sub and each.sub["port"]),
    Column(Text("Đường dẫn luồng phụ", "Sub path"), 34, lambda each: each.sub and each.sub["path"]),
    Column(Text("Tài khoản", "User"), 10, lambda each: USER),
    Column(Text("Nơi giữ mật khẩu", "Password kept at"), 34, lambda each: each.credentials),
    Column(Text("Camera cho biết lúc", "Told at"), 20, lambda each: each.reported_at),
    Column(Text("Ghi chú", "Note"), 34, lambda each: each.why),
)


def listing(found: Sequence[Stream]) -> Listing[Stream]:
    return Listing(TITLE, COLUMNS, found, _row)


@dataclass(frozen=True)
class Way:
    port: int
    path: str
    url: str


@dataclass(frozen=True)
class StreamRow:
    """A camera as JSON has it."""

    id: str
    facility: str
    code: str
    name: str
    area: str
    unit: str
    authority: str
    slot: int
    subject: str
    zone: str
    zone_name: Text
    place: str
    address: str
    transport: str
    main: Way | None
    sub: Way | None
    user: str
    credentials: str
    reported_at: str | None
    note: Text | None


def _row(each: Stream) -> StreamRow:
    place, spot = each.named.place, each.spot
    main, sub = (Way(at["port"], at["path"], each.url(at)) if at else None for at in (each.main, each.sub))
    return StreamRow(
        id=each.id, facility=place.id, code=place.code, name=place.name, area=place.area, unit=each.named.unit,
        authority=place.authority, slot=spot.slot, subject=spot.subject, zone=spot.zone, zone_name=each.zone,
        place=spot.place, address=spot.address, transport="tcp", main=main, sub=sub,
        user=USER, credentials=each.credentials, reported_at=each.reported_at, note=each.why,
    )  # fmt: skip


def m3u(found: Sequence[Stream], lang: Lang) -> bytes:
    """A playlist for VLC, which asks for user and password. Main and sub-stream of each camera; unknown ones as remarks."""
    return ("\n".join(["#EXTM3U", *(line for each in found for line in _entries(each, lang))]) + "\n").encode()


def _entries(each: Stream, lang: Lang) -> Iterator[str]:
    label, group = _flat(each.label), _flat(each.named.area).replace('"', "'")
    if each.why:
        yield f"# {each.id}: {each.why.pick(lang)}"
    for stream, url in each.urls().items():
        yield f'#EXTINF:-1 tvg-id="{each.id}-{stream}" group-title="{group}",{label} ({SCHEMES[stream].pick(lang)})'
        yield "#EXTVLCOPT:rtsp-tcp"
        yield url


def _flat(text: str) -> str:
    return " ".join(text.split())


def frigate(found: Sequence[Stream], lang: Lang) -> bytes:
    """config.yml for Frigate: it puts environment variables that begin with FRIGATE_ into the braces. The user is one for all, each
    camera has a password of its own. Nothing is detected: no face recognition, no analytics."""
    cameras = CommentedMap()
    for each in found:
        if each.main:
            name = each.id.replace("-", "_")
            cameras[name] = {
                "ffmpeg": {"inputs": _inputs(each, f"{{FRIGATE_RTSP_USER}}:{{FRIGATE_{name.upper()}_PASSWORD}}@")},
                "detect": {"enabled": False},
                "record": {"enabled": False},
            }
            cameras.yaml_set_comment_before_after_key(name, before=f"{_flat(each.label)} ({each.credentials})", indent=2)
    document = CommentedMap({"mqtt": {"enabled": False}, "cameras": cameras})
    unknown = [f"{each.id}: {each.why.pick(lang)}" for each in found if each.why]
    document.yaml_set_start_comment("\n".join([FRIGATE_HEAD.format(user=USER).pick(lang), *unknown]))
    out = StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump(document, out)
    return out.getvalue().encode()


class Input(TypedDict):
    """A stream in Frigate's words."""

    path: str
    roles: list[str]


def _inputs(each: Stream, login: str) -> list[Input]:
    """Frigate wants the role `detect` given to one stream, though nothing is detected. Braces in a path would be taken for variables."""
    urls = {stream: url.replace("{", "%7B").replace("}", "%7D") for stream, url in each.urls().items()}
    placed = {stream: f"rtsp://{login}{url.removeprefix('rtsp://')}" for stream, url in urls.items()}
    if "sub" not in placed:
        return [{"path": placed["main"], "roles": ["detect", "record"]}]
    return [{"path": placed["main"], "roles": ["record"]}, {"path": placed["sub"], "roles": ["detect"]}]


FRIGATE_HEAD = Text(
    "FRIGATE_RTSP_USER={user}; mật khẩu từng camera ở biến FRIGATE_…_PASSWORD, lấy từ kho mật khẩu của tỉnh.",
    "FRIGATE_RTSP_USER={user}; each camera's password goes into FRIGATE_..._PASSWORD, from the province's vault.",
)
