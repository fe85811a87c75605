"""Packages, files that are checked before they count, and what must be born on the machine."""

import shlex
from collections.abc import Generator
from io import StringIO

from pyinfra import host
from pyinfra.api import FileUploadCommand, QuoteString, StringCommand, operation
from pyinfra.api.command import PyinfraCommand
from pyinfra.facts.files import File, Sha1File

from bootstrap.facts.machine import (
    HOST_KEY,
    LIFELINE_HOST_KEY,
    LIFELINE_KEY,
    MARKERS,
    WIREGUARD_KEY,
    HostName,
    MachineBorn,
    MachineHostName,
    MachineIdentity,
    MissingPackages,
    UnitState,
)

Commands = Generator[PyinfraCommand, None, None]

KEYRING = "/etc/apt/keyrings/ketnoi.asc"
_SOURCE = "/etc/apt/sources.list.d/ketnoi-bench.list"


def _script(text: str) -> StringCommand:
    """Lines of shell that stop at the first error."""
    return StringCommand("sh", "-euc", QuoteString(text))


@operation()
def packages(wanted: list[str], repository: str) -> Commands:
    """Install what is missing from the office's repository (URL) and from nowhere else; its apt source is gone afterwards.

    The box has no clock that could be trusted yet, so the repository's dates are not looked at; its signature is.
    """
    missing = host.get_fact(MissingPackages, wanted)
    if not missing:
        return
    only = f"-o Dir::Etc::sourcelist={_SOURCE} -o Dir::Etc::sourceparts=/dev/null -o Acquire::Check-Date=false"
    yield _script(
        f"trap 'rm -f {_SOURCE}' EXIT\n"
        f"echo 'deb [signed-by={KEYRING}] {repository}/ ./' >{_SOURCE}\n"
        "export DEBIAN_FRONTEND=noninteractive\n"
        f"apt-get -q {only} update --error-on=any\n"
        f"apt-get -q -y {only} -o Dpkg::Options::=--force-confold --no-install-recommends install {shlex.join(missing)}\n"
    )


@operation()
def checked_file(dest: str, content: str, mode: str, check: str, then: str = "true") -> Commands:
    """A file of root's that stays only if `check` (shell) passes with it in place; then `then` is run."""
    now = host.get_fact(File, dest)
    digest = host.get_fact(Sha1File, dest) if now else None
    from hashlib import sha1

    if now and digest == sha1(content.encode(), usedforsecurity=False).hexdigest() and str(now["mode"]) == mode:
        return
    upload = f"{dest}.ketnoi-new"
    yield FileUploadCommand(StringIO(content), upload, remote_temp_filename=host.get_temp_filename(dest))
    yield _script(
        f"chown root:root {upload}; chmod {mode} {upload}\n"
        f"[ ! -e {dest} ] || cp -p {dest} {dest}.ketnoi-old\n"
        f"mv {upload} {dest}\n"
        f"if ! {{ {check}; }}; then\n"
        f"  if [ -e {dest}.ketnoi-old ]; then mv {dest}.ketnoi-old {dest}; else rm {dest}; fi\n"
        "  exit 1\n"
        "fi\n"
        f"rm -f {dest}.ketnoi-old\n"
        f"{then}\n"
    )


@operation()
def machine_id() -> Commands:
    """A machine-id of its own. systemd-machine-id-setup would take the old one back from D-Bus or the hypervisor."""
    if host.get_fact(MachineBorn).own_machine_id:
        return
    yield _script(
        f"mkdir -p {MARKERS}; chmod 0700 {MARKERS}\n"
        "systemd-id128 new >/etc/.machine-id.new; chmod 0444 /etc/.machine-id.new\n"
        "mv -f /etc/.machine-id.new /etc/machine-id 2>/dev/null || "
        "{ cat /etc/.machine-id.new >/etc/machine-id; rm /etc/.machine-id.new; }\n"
        "rm -f /var/lib/dbus/machine-id; mkdir -p /var/lib/dbus; ln -s /etc/machine-id /var/lib/dbus/machine-id\n"
        f"cat /etc/machine-id >{MARKERS}/machine-id\n"
        "systemctl try-restart systemd-journald.service\n"
    )


@operation()
def host_name(wanted: str) -> Commands:
    """The machine's name, and a line for it in /etc/hosts: without one sudo asks the name servers each time, and a bench that
    has none makes every command wait 20 seconds.
    """
    if host.get_fact(MachineHostName) == HostName(wanted, wanted, wanted):
        return
    yield _script(
        f"echo {wanted} >/etc/hostname; hostname {wanted}\n"
        "touch /etc/hosts; grep -v '^127\\.0\\.1\\.1[[:space:]]' /etc/hosts >/etc/hosts.new || true\n"
        "grep -q '^127\\.0\\.0\\.1[[:space:]]' /etc/hosts.new || echo '127.0.0.1 localhost' >>/etc/hosts.new\n"
        f"echo '127.0.1.1 {wanted}' >>/etc/hosts.new\n"
        "cat /etc/hosts.new >/etc/hosts; rm /etc/hosts.new\n"
    )


@operation()
def host_keys(comment: str) -> Commands:
    """An SSH host key of its own (ed25519 alone); the image's are removed. Serves from sshd's next reload on."""
    if host.get_fact(MachineBorn).own_host_keys:
        return
    yield _script(
        f"mkdir -p {MARKERS}; chmod 0700 {MARKERS}\n"
        f"rm -f {HOST_KEY}.new {HOST_KEY}.new.pub\n"
        f"ssh-keygen -q -t ed25519 -N '' -C {comment} -f {HOST_KEY}.new\n"
        f"mv -f {HOST_KEY}.new.pub {HOST_KEY}.pub; mv -f {HOST_KEY}.new {HOST_KEY}\n"
        f"for f in /etc/ssh/ssh_host_*; do case $f in {HOST_KEY}|{HOST_KEY}.pub) ;; *) rm -f $f ;; esac; done\n"
        f"cut -d' ' -f1,2 {HOST_KEY}.pub >{MARKERS}/host-keys\n"
    )


@operation()
def wireguard_key() -> Commands:
    if host.get_fact(MachineBorn).wireguard:
        return
    yield _script(f"umask 077; mkdir -p /etc/wireguard\nwg genkey >{WIREGUARD_KEY}.new\nmv -f {WIREGUARD_KEY}.new {WIREGUARD_KEY}\n")


@operation()
def ssh_key(path: str, comment: str) -> Commands:
    """An ed25519 pair for the lifeline: the box's (LIFELINE_KEY) or the hub's host key (LIFELINE_HOST_KEY)."""
    born = host.get_fact(MachineBorn)
    if {LIFELINE_KEY: born.lifeline_key, LIFELINE_HOST_KEY: born.lifeline_host_key}[path]:
        return
    yield _script(
        f"mkdir -p /etc/ketnoi; chmod 0755 /etc/ketnoi; rm -f {path} {path}.new {path}.new.pub\n"
        f"ssh-keygen -q -t ed25519 -N '' -C {comment} -f {path}.new\n"
        f"mv -f {path}.new {path}; mv -f {path}.new.pub {path}.pub\n"
    )


@operation()
def certificate_key(stem: str) -> Commands:
    """An EC P-256 key at STEM.key, 0600."""
    if host.get_fact(MachineIdentity, stem).public_key:
        return
    yield _script(
        "mkdir -p /etc/ketnoi; chmod 0755 /etc/ketnoi; umask 077\n"
        f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {stem}.key.new\n"
        f"mv -f {stem}.key.new {stem}.key\n"
    )


@operation()
def kept_up(unit: str, anew: bool) -> Commands:
    """A unit that is up now and at boot; anew: its files changed. One that systemd starts again and again counts as up.

    Its start isn't waited for: the lifeline's begins with a random pause of up to 7 s.
    """
    state = host.get_fact(UnitState, unit)
    if state != "running" or anew:
        yield _script(f"systemctl daemon-reload; systemctl enable -q {unit}; systemctl --no-block restart {unit}")


@operation()
def lock_root() -> Commands:
    if not host.get_fact(MachineBorn).root_locked:
        yield StringCommand("usermod", "-p", QuoteString("!"), "root")


@operation(is_idempotent=False)
def undo_login(path: str) -> Commands:
    """Open the door again by which we came in, when the new one was found not to open."""
    yield _script(f"rm -f {path}; systemctl reload-or-restart ssh.service")
