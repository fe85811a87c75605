"""What a machine must generate itself, and what must run on it."""

from collections.abc import Sequence

from pyinfra import host
from pyinfra.api import QuoteString, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from bootstrap.facts.machine import (
    HOST_KEY,
    LIFELINE_HOST_KEY,
    LIFELINE_KEY,
    MARKERS,
    WIREGUARD_KEY,
    HostName,
    MachineGenerated,
    MachineHostName,
    MachineIdentity,
    UnitState,
)
from bootstrap.operations import Commands, script


@operation()
def machine_id() -> Commands:
    """A machine-id of its own. systemd-machine-id-setup would take the old one back from D-Bus or the hypervisor."""
    if host.get_fact(MachineGenerated).own_machine_id:
        return
    yield script(
        f"mkdir -p {MARKERS}; chmod 0700 {MARKERS}\n"
        "systemd-id128 new >/etc/.machine-id.new; chmod 0444 /etc/.machine-id.new\n"
        "mv -f /etc/.machine-id.new /etc/machine-id 2>/dev/null || "
        "{ cat /etc/.machine-id.new >/etc/machine-id; rm /etc/.machine-id.new; }\n"
        "rm -f /var/lib/dbus/machine-id; mkdir -p /var/lib/dbus; ln -s /etc/machine-id /var/lib/dbus/machine-id\n"
        f"cat /etc/machine-id >{MARKERS}/machine-id\n"
        "systemctl try-restart systemd-journald.service\n"
    )


@operation()
def host_name(desired: str) -> Commands:
    """The machine's name, and a line for it in /etc/hosts: without one sudo asks the name servers each time, and a bench that
    has none makes every command wait 20 seconds.
    """
    if host.get_fact(MachineHostName) == HostName(desired, desired, desired):
        return
    yield script(
        f"echo {desired} >/etc/hostname; hostname {desired}\n"
        "touch /etc/hosts; grep -v '^127\\.0\\.1\\.1[[:space:]]' /etc/hosts >/etc/hosts.new || true\n"
        "grep -q '^127\\.0\\.0\\.1[[:space:]]' /etc/hosts.new || echo '127.0.0.1 localhost' >>/etc/hosts.new\n"
        f"echo '127.0.1.1 {desired}' >>/etc/hosts.new\n"
        "cat /etc/hosts.new >/etc/hosts; rm /etc/hosts.new\n"
    )


@operation()
def host_keys(comment: str) -> Commands:
    """An SSH host key of its own (ed25519 alone); the image's are removed. Serves from sshd's next reload on."""
    if host.get_fact(MachineGenerated).own_host_keys:
        return
    yield script(
        f"mkdir -p {MARKERS}; chmod 0700 {MARKERS}\n"
        f"rm -f {HOST_KEY}.new {HOST_KEY}.new.pub\n"
        f"ssh-keygen -q -t ed25519 -N '' -C {comment} -f {HOST_KEY}.new\n"
        f"mv -f {HOST_KEY}.new.pub {HOST_KEY}.pub; mv -f {HOST_KEY}.new {HOST_KEY}\n"
        f"for f in /etc/ssh/ssh_host_*; do case $f in {HOST_KEY}|{HOST_KEY}.pub) ;; *) rm -f $f ;; esac; done\n"
        f"cut -d' ' -f1,2 {HOST_KEY}.pub >{MARKERS}/host-keys\n"
    )


@operation()
def wireguard_key() -> Commands:
    if host.get_fact(MachineGenerated).wireguard:
        return
    yield script(f"umask 077; mkdir -p /etc/wireguard\nwg genkey >{WIREGUARD_KEY}.new\nmv -f {WIREGUARD_KEY}.new {WIREGUARD_KEY}\n")


@operation()
def ssh_key(path: str, comment: str) -> Commands:
    """An ed25519 pair for the lifeline: the box's (LIFELINE_KEY) or the hub's host key (LIFELINE_HOST_KEY)."""
    generated = host.get_fact(MachineGenerated)
    if {LIFELINE_KEY: generated.lifeline_key, LIFELINE_HOST_KEY: generated.lifeline_host_key}[path]:
        return
    yield script(
        f"mkdir -p /etc/ketnoi; chmod 0755 /etc/ketnoi; rm -f {path} {path}.new {path}.new.pub\n"
        f"ssh-keygen -q -t ed25519 -N '' -C {comment} -f {path}.new\n"
        f"mv -f {path}.new {path}; mv -f {path}.new.pub {path}.pub\n"
    )


@operation()
def certificate_key(stem: str) -> Commands:
    """An EC P-256 key at STEM.key, 0600."""
    if host.get_fact(MachineIdentity, stem).public_key:
        return
    yield script(
        "mkdir -p /etc/ketnoi; chmod 0755 /etc/ketnoi; umask 077\n"
        f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {stem}.key.new\n"
        f"mv -f {stem}.key.new {stem}.key\n"
    )


@operation()
def kept_up(units: Sequence[str], files: Sequence[OperationMeta]) -> Commands:
    """Units that are up now and at boot; files: the operations that wrote them. One that systemd starts again and again counts as up.

    Their start isn't waited for: the lifeline's begins with a random pause of up to 7 s.
    """
    anew = any(each.did_change() if each.is_complete() else each.will_change for each in files)
    late = [unit for unit in units if anew or host.get_fact(UnitState, unit) != "running"]
    if late:
        named = " ".join(late)
        yield script(f"systemctl daemon-reload; systemctl enable -q {named}; systemctl --no-block restart {named}")


@operation()
def lock_root() -> Commands:
    if not host.get_fact(MachineGenerated).root_locked:
        yield StringCommand("usermod", "-p", QuoteString("!"), "root")
