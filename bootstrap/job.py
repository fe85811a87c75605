"""What the bootstrap process is told and what it tells: one JSON job in, a JSON line for each event out.

It is a process of its own because pyinfra runs on gevent, which replaces Python's threads and sockets for the whole
process. The factory password travels in the job, through a pipe: never in arguments, environment or a file.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from province.text import Text

Kind = Literal["box", "hub"]
Trust = Literal["enrolled", "pending", "new"]

STEPS: Mapping[str, Text] = {
    "contact": Text("kết nối lần đầu", "first contact"),
    "identity": Text("đối chiếu MAC, số sê-ri", "MAC and serial compared"),
    "packages": Text("gói phần mềm đầu tiên", "first packages"),
    "administrator": Text("tài khoản quản trị và khoá", "administrator and key"),
    "birth": Text("tên, machine-id, khoá máy chủ SSH riêng", "name, machine-id, host key of its own"),
    "login": Text("đăng nhập chỉ bằng khoá", "login by key only"),
    "keys": Text("khoá sinh ra trên thiết bị", "keys born on the machine"),
    "certificate": Text("chứng thư do tỉnh ký", "certificate signed by the province"),
    "lifeline": Text("đường cứu hộ (lifeline)", "lifeline"),
    "closing": Text("bỏ đăng nhập root bằng mật khẩu", "root's password locked"),
}
"""Steps in their order; the machine's kind leaves some out."""


@dataclass(frozen=True)
class Lifeline:
    """Where a box calls home: hub's public address, its port on the hub's loopback, the key that must answer."""

    endpoint: str
    port: int
    host_key: str


@dataclass(frozen=True)
class Machine:
    """One machine to take over.

    host_key: pinned already (trust is "enrolled" or "pending"), else None. macs, serial: as in the inventory; at least
    one of the MACs, and the serial if given, must be the machine's. addresses: alternatives in a hub's certificate.
    """

    name: str
    kind: Kind
    address: str
    common_name: str
    number: int = 0
    trust: Trust = "new"
    host_key: str | None = None
    serial: str | None = None
    macs: tuple[str, ...] = ()
    lifeline: Lifeline | None = None
    addresses: tuple[str, ...] = ()
    port: int = 22

    @property
    def steps(self) -> list[str]:
        return [step for step in STEPS if step != "lifeline" or self.kind == "box"]


@dataclass(frozen=True)
class Job:
    """machines, and the province whose home holds key and authority.

    repository: port of the office's loopback where the package repository is served. look: identify the machines and go no
    further.
    """

    province: str
    machines: tuple[Machine, ...]
    factory_password: str | None = field(default=None, repr=False)
    repository: int = 0
    look: bool = False

    def dumps(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> "Job":
        raw = json.loads(text)
        raw["machines"] = tuple(_machine(row) for row in raw["machines"])
        return cls(**raw)


def _machine(row: dict[str, Any]) -> Machine:
    lifeline = row.pop("lifeline")
    for key in ("macs", "addresses"):
        row[key] = tuple(row[key])
    return Machine(**row, lifeline=Lifeline(**lifeline) if lifeline else None)


@dataclass(frozen=True)
class Event:
    """A step that ended (`step`, `changed`), or the machine's end (`result`, with `record` or `reason` and `hint`).

    known: the machine opened to a host key that was pinned before. macs, serial: its marks.
    """

    machine: str
    step: str | None = None
    changed: int = 0
    known: bool = False
    macs: tuple[str, ...] = ()
    serial: str | None = None
    result: Literal["done", "failed", "refused"] | None = None
    record: dict[str, Any] | None = None
    reason: Text | None = None
    hint: Text | None = None

    def dumps(self) -> str:
        raw = asdict(self)
        for key in ("reason", "hint"):
            text = getattr(self, key)
            raw[key] = text.as_dict() if text else None
        return json.dumps(raw, ensure_ascii=False)

    @classmethod
    def loads(cls, line: str) -> "Event":
        raw = json.loads(line)
        for key in ("reason", "hint"):
            raw[key] = Text(**raw[key]) if raw[key] else None
        raw["macs"] = tuple(raw["macs"])
        return cls(**raw)
