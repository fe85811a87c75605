"""`edge-agent doctor [--json]`: walks from power to the hub and says where it breaks and what to do. Changes nothing.

    {"schema": 1, "at", "breaks_at": id|null, "steps": [{"id", "verdict": "well|broken|unknown", "says": {vi, en}, "hint": {vi, en}|null}]}

Each step rests on the one before: the first that is broken is the one to mend. Made for an engineer beside the box.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict

from edge_agent.contract.box import AgentStatus
from edge_agent.contract.strict import ContractError
from edge_agent.contract.text import Lang, Text, default_lang, here
from edge_agent.contract.texts import REASON
from edge_agent.daemon import certificate, config, health, observer
from edge_agent.daemon import doctor_texts as texts
from edge_agent.daemon.config import AgentConfig, Endpoint
from edge_agent.daemon.link import Answer, client_context, probe
from edge_agent.daemon.probes import ProbeResult
from edge_agent.daemon.session import LoginRefused
from edge_agent.daemon.start import DEFAULT_CONFIG
from edge_agent.daemon.status import STALE_S, STATUS_FILE
from edge_agent.daemon.texts import LINE
from edge_agent.system import clock, durable

HANDSHAKE_S = 180.0
WAITING_S = 60.0
CERTIFICATE_DAYS = 14
REFUSAL_S = 1.0
_ENDED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED."""
_KEY = Path("/etc/ketnoi/box.key")
_MARKS = {"well": "✓", "broken": "✗", "unknown": "?"}


class WrittenStep(TypedDict):
    id: str
    verdict: str
    says: dict[str, str]
    hint: dict[str, str] | None


@dataclass(frozen=True)
class Step:
    """One thing looked at."""

    id: str
    verdict: str
    says: Text
    hint: Text | None = None

    def as_dict(self) -> WrittenStep:
        return {
            "id": self.id, "verdict": self.verdict, "says": self.says.as_dict(), "hint": self.hint.as_dict() if self.hint else None
        }  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """0: all is well as far as the hub's acknowledgement; 1: something is broken or unknown; 2: this box has no configuration."""
    parser = argparse.ArgumentParser(
        prog="edge-agent doctor", description=here("Kiểm tra từ nguồn điện đến máy chủ kết nối.", "Look from power to the hub.")
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("vi", "en"), default=default_lang())
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help=argparse.SUPPRESS)
    parser.add_argument("--status", type=Path, default=STATUS_FILE, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    try:
        settings = config.parse(options.config.read_text(encoding="utf-8"), _KEY.parent)
    except (OSError, UnicodeDecodeError, ContractError) as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 2
    steps = []
    for step in walk(settings, options.status):
        steps.append(step)
        if not options.json:
            print("\n".join(_lines(step, options.lang)), flush=True)
    breaks_at = next((step.id for step in steps if step.verdict == "broken"), None)
    if options.json:
        document = {"schema": 1, "at": clock.wall(), "breaks_at": breaks_at, "steps": [step.as_dict() for step in steps]}
        print(json.dumps(document, ensure_ascii=False))
    else:
        print(texts.SUMMARY[breaks_at is not None].format(step=breaks_at).pick(options.lang))
    return 0 if all(step.verdict == "well" for step in steps) else 1


def walk(settings: AgentConfig, status: Path = STATUS_FILE, places: health.Places | None = None) -> Iterator[Step]:
    """The steps, each looked at as it is asked for."""
    places = places or health.Places()
    yield _health_step("power", health.power(places) or ProbeResult("up", None, {"hours": round(clock.mono() / 3600, 1)}), texts.power)
    yield _health_step("disk", health.disk(places), texts.disk)
    yield _health_step("clock", health.clock(asyncio.run(clock.ask_chrony())), texts.clock)
    yield _address(places, settings.outside)
    ways = {endpoint: asyncio.run(probe(endpoint.address, settings.probe_port or endpoint.port)) for endpoint in settings.endpoints}
    yield from _hub(settings, ways)
    answering = [endpoint for endpoint, answer in ways.items() if answer == "answers"]
    yield _certificate(settings)
    yield _tls(settings, answering[0]) if answering else Step("tls", "unknown", texts.TLS["no_way"])
    yield from _agent(durable.read(AgentStatus, status))


def _health_step(name: str, seen: ProbeResult, tell: Callable[[ProbeResult], Text]) -> Step:
    verdict = {"up": "well", "unknown": "unknown"}.get(seen.status, "broken")
    return Step(name, verdict, tell(seen), REASON.get(seen.reason or ""))


def _address(places: health.Places, outside: str) -> Step:
    interface = health.way_to(outside)
    if interface is None:
        return Step("address", "broken", texts.ADDRESS["none"], REASON["no_route"])
    carrier = places.sys / "class/net" / interface / "carrier"
    if interface and carrier.exists() and carrier.read_text().strip() == "0":
        return Step("address", "broken", texts.ADDRESS["no_carrier"].format(interface=interface), texts.ADDRESS["plug"])
    return Step("address", "well", texts.ADDRESS["well"].format(interface=interface))


def _hub(settings: AgentConfig, ways: dict[Endpoint, Answer]) -> Iterator[Step]:
    names = [endpoint.address for endpoint in settings.endpoints if not _is_address(endpoint.address)]
    unknown = [name for name in names if not _resolves(name)]
    if names:
        yield Step("dns", "broken" if unknown else "well", texts.DNS[bool(unknown)].format(names=", ".join(unknown or names)),
                   texts.DNS_HINT if unknown else None)  # fmt: skip
    direct = {endpoint: answer for endpoint, answer in ways.items() if endpoint.way == "direct"}
    for endpoint, answer in direct.items():
        yield Step(
            "hub", "broken" if answer == "silent" else "well", texts.REACH[answer].format(endpoint=endpoint), texts.REACH_HINT.get(answer)
        )
    age = observer.handshake_age()
    fresh = age is not None and age < HANDSHAKE_S
    told = texts.HANDSHAKE[fresh].format(seconds=round(age)) if age is not None else LINE["no_handshake"]
    yield Step("handshake", "well" if fresh else "broken", told, None if fresh else texts.HANDSHAKE_HINT)
    for endpoint, answer in ways.items():
        if endpoint.way == "tunnel":
            verdict = "well" if answer == "answers" else "broken"
            yield Step(
                "tunnel", verdict, texts.REACH[answer].format(endpoint=endpoint), None if verdict == "well" else texts.TUNNEL_HINT[fresh]
            )


def _tls(settings: AgentConfig, endpoint: Endpoint) -> Step:
    """As the agent does it, up to the login; the agent's own session is left alone."""
    try:
        context = client_context(settings, endpoint.alpn)
        with (
            socket.create_connection((endpoint.address, endpoint.port), 10) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.address) as secured,
        ):
            _await_refusal(secured)
            return Step("tls", "well", texts.TLS["well"].format(endpoint=endpoint, version=secured.version()))
    except LoginRefused as error:
        return Step("tls", "broken", Text(str(error), str(error)), texts.TLS["own_hint"])
    except ssl.SSLCertVerificationError as error:
        return Step(
            "tls",
            "broken",
            texts.TLS["refused"].format(why=error.verify_message),
            texts.TLS["ended_hint" if error.verify_code == _ENDED else "clock_hint"],
        )
    except OSError as error:
        return Step("tls", "broken", texts.TLS["refused"].format(why=error), texts.TLS["cut_hint"])


def _await_refusal(secured: ssl.SSLSocket) -> None:
    """In TLS 1.3 the server looks at the client's certificate after the client's handshake is over; OSError when it refuses."""
    secured.settimeout(REFUSAL_S)
    with contextlib.suppress(TimeoutError):
        if not secured.recv(1):
            raise ConnectionResetError("closed by the hub")


def _certificate(settings: AgentConfig) -> Step:
    """When the box's own certificate ends."""
    try:
        ends = certificate.ends(settings.cert)
    except ValueError as error:
        return Step("certificate", "broken", Text(str(error), str(error)), texts.TLS["own_hint"])
    left = ends - datetime.now(UTC)
    days = left.days
    told = texts.CERTIFICATE[left > timedelta(0)].format(days=days, day=ends.strftime("%d/%m/%Y"))
    return Step(
        "certificate", "well" if days >= CERTIFICATE_DAYS else "broken", told, None if days >= CERTIFICATE_DAYS else texts.TLS["own_hint"]
    )


def _agent(status: AgentStatus | None) -> Iterator[Step]:
    if status is None or not 0 <= clock.mono() - status["written_mono"] <= STALE_S:
        yield Step("agent", "broken", LINE["not_running"])
        return
    link, outbox = status["link"], status["outbox"]
    if link["connected"]:
        yield Step("login", "well", LINE["connected"].format(endpoint=link["endpoint"]))
    else:
        why = link["problem"] or LINE["trying"].en
        yield Step("login", "broken", LINE["never"].format(problem=why), texts.LOGIN_HINT)
    waiting = outbox["oldest_s"] or 0.0
    late = outbox["unacknowledged"] > 0 and waiting > WAITING_S
    told = LINE["pending"].format(count=outbox["unacknowledged"])
    yield Step("acknowledgement", "broken" if late or outbox["waiting"] else "well", told, texts.ACK_HINT if late else None)


def _is_address(name: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in name else socket.AF_INET, name)
    except OSError:
        return False
    return True


def _resolves(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM))
    except OSError:
        return False


def _lines(step: Step, lang: Lang) -> list[str]:
    shown = [f" {_MARKS[step.verdict]} {texts.TITLES[step.id].pick(lang):<14} {step.says.pick(lang)}"]
    return shown + ([f"                  → {step.hint.pick(lang)}"] if step.hint and step.verdict != "well" else [])


if __name__ == "__main__":
    sys.exit(main())
