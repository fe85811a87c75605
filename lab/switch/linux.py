"""A Linux machine as a switch: a bridge of the kernel's in namespaces of its own, and bash at the door. Nothing is imitated here.

No root needed where user namespaces are allowed. /etc is the switch's own and outlives a reboot (with what systemd would do at
boot: run the script of ketnoi-switch.service if that is installed); /run does not.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

from lab.switch.config import Config

_NEEDED = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives")
_HOLD = "mount --bind {etc} /etc && mount -t tmpfs tmpfs /run && {setup}; echo ready; exec sleep infinity"
_BOOT = "test ! -e /etc/systemd/system/ketnoi-switch.service || sh /etc/ketnoi/switch.sh"


class Machine:
    """The namespaces of one switch. `restart` is a reboot."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._etc = config.state_file.parent / "etc"
        if not self._etc.exists():
            self._etc.mkdir(parents=True)
            for name in _NEEDED:
                source = Path("/etc", name)
                with contextlib.suppress(OSError):
                    (shutil.copytree if source.is_dir() else shutil.copy)(source, self._etc / name)
            (self._etc / "systemd" / "system").mkdir(parents=True)
            (self._etc / "hostname").write_text("switch\n")
        self._holder = self._start()

    def _start(self) -> subprocess.Popen[str]:
        setup = ["ip link add br0 type bridge" + (" vlan_filtering 1" if self._config.filtering else ""), "ip link set br0 up"]
        for number, name in enumerate(self._config.ports):
            setup += [
                f"ip link add {name} type veth peer name far{number}",
                f"ip link set {name} master br0 up",
                f"ip link set far{number} up",
            ]
            vlan = self._config.vlan.get(name, 1)
            if vlan != 1:
                setup += [f"bridge vlan del dev {name} vid 1", f"bridge vlan add dev {name} vid {vlan} pvid untagged"]
        for name, macs in self._config.wired.items():
            setup += [f"bridge fdb add {mac} dev {name} master dynamic" for mac in macs]
        setup += ["hostname $(cat /etc/hostname)", _BOOT]
        root = () if os.getuid() == 0 else ("--map-root-user",)
        held = _HOLD.format(etc=self._etc, setup=" && ".join(setup))
        holder = subprocess.Popen(
            ["unshare", *root, "--net", "--mount", "--uts", "--propagation", "private", "sh", "-c", held],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert holder.stdout is not None
        if holder.stdout.readline().strip() != "ready":
            raise OSError("the namespaces of the Linux switch could not be made")
        return holder

    def inside(self, *argv: str) -> list[str]:
        """A command line that runs in the switch."""
        user = () if os.getuid() == 0 else ("--user", "--preserve-credentials")
        return ["nsenter", "--target", str(self._holder.pid), *user, "--net", "--mount", "--uts", "--", *argv]

    def run(self, *argv: str) -> str:
        return subprocess.run(self.inside(*argv), capture_output=True, text=True, check=True, timeout=20).stdout

    def restart(self) -> None:
        self.stop()
        self._holder = self._start()

    def stop(self) -> None:
        self._holder.kill()
        self._holder.wait()


class Cli:
    """A shell of the machine's behind the SSH channel."""

    def __init__(self, switch: Any, terminal: Any, user: str, suffix: str) -> None:
        self._machine: Machine = switch.machine
        self._terminal = terminal
        self._shell: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        channel = self._terminal.channel
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 1000, 511, 0, 0))  # as netmiko asks for it
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "TERM": "vt100", "PS1": "root@switch:~# ", "HOME": "/"}
        argv = self._machine.inside("bash", "--norc", "--noprofile", "-i")
        self._shell = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
        os.close(theirs)
        try:
            while self._shell.poll() is None:
                ready, _, _ = select.select([ours, channel], [], [], 0.5)
                if channel in ready:
                    typed = channel.recv(4096)
                    if not typed:
                        return
                    os.write(ours, typed)
                if ours in ready:
                    channel.sendall(os.read(ours, 4096))
        except OSError:
            return
        finally:
            os.close(ours)

    def ended(self) -> None:
        if self._shell and self._shell.poll() is None:
            self._shell.kill()
            self._shell.wait()
