"""A box as the hub finds it at its tunnel address: does it answer, what is open, how may one log in, who is it."""

import asyncio
import socket
import time
from collections.abc import Iterable

import paramiko

from province.measure.evidence import Failed, Greeting, Ports, Ssh, Tunnel, failed

TRIES, TRY_S = 3, 2.5
USERS = ("ketnoi", "root")


def tunnel(host: str, port: int = 22) -> Tunnel:
    """A refused connection is an answer too; silence and ICMP errors are not."""
    for attempt in range(1, TRIES + 1):
        sent = time.monotonic()
        try:
            socket.create_connection((host, port), timeout=TRY_S).close()
        except ConnectionRefusedError:
            pass
        except OSError:
            time.sleep(max(0.0, min(0.5, TRY_S - (time.monotonic() - sent))))
            continue
        return {"ok": True, "alive": True, "rtt_ms": round((time.monotonic() - sent) * 1000, 1), "tries": attempt}
    return {"ok": True, "alive": False, "rtt_ms": None, "tries": TRIES}


def ports(host: str, tried: Iterable[int], seconds: float = 2.0) -> Ports:
    """TCP ports that accept a connection."""
    wanted = sorted(set(tried))
    return {"ok": True, "open": asyncio.run(_scan(host, wanted, seconds)), "tried": len(wanted)}


async def _scan(host: str, wanted: list[int], seconds: float) -> list[int]:
    narrow = asyncio.Semaphore(64)

    async def accepts(port: int) -> bool:
        async with narrow:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), seconds)
            except (OSError, TimeoutError):
                return False
            writer.close()
            return True

    answers = await asyncio.gather(*(accepts(port) for port in wanted))
    return [port for port, answer in zip(wanted, answers, strict=True) if answer]


def greeting(host: str, port: int, seconds: float = 5.0) -> Greeting | Failed:
    """What an SSH server says first; nothing is sent to it, no login tried."""
    try:
        with socket.create_connection((host, port), timeout=seconds) as link:
            link.settimeout(seconds)
            banner = link.recv(255)
    except TimeoutError:
        return failed("timeout")
    except OSError as error:
        return failed("unreachable", type(error).__name__)
    return {"ok": True, "banner": banner.split(b"\n")[0].decode("ascii", "replace")} if banner.startswith(b"SSH-") else failed("protocol")


def ssh(host: str, pinned: str | None, port: int = 22, seconds: float = 6.0) -> Ssh | Failed:
    """Its host key, and how each of USERS may log in. No password is ever sent."""
    methods: dict[str, list[str]] = {}
    host_key = None
    for user in USERS:
        try:
            host_key, methods[user] = _greet(host, port, user, pinned, seconds)
        except (TimeoutError, EOFError):
            return failed("timeout")
        except OSError as error:
            return failed("unreachable", type(error).__name__)
        except paramiko.SSHException as error:
            return failed("protocol", type(error).__name__)
    return {"ok": True, "host_key": host_key, "methods": methods}


def _greet(host: str, port: int, user: str, pinned: str | None, seconds: float) -> tuple[str, list[str]]:
    with socket.create_connection((host, port), timeout=seconds) as link:
        transport = paramiko.Transport(link)
        try:
            if pinned:
                options = transport.get_security_options()
                options.key_types = sorted(options.key_types, key=lambda kind: kind != pinned.split()[0])
            transport.start_client(timeout=seconds)
            key = transport.get_remote_server_key()
            try:
                transport.auth_none(user)
                offered = ["none"]
            except paramiko.BadAuthenticationType as error:
                offered = sorted(error.allowed_types)
            return f"{key.get_name()} {key.get_base64()}", offered
        finally:
            transport.close()
