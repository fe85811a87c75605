"""A facility's box: keys of its own, certificate, and the lifeline by which it calls home from anywhere."""

from datetime import UTC, datetime
from typing import Any

from pyinfra.api import Host
from pyinfra.api.exceptions import PyinfraError
from pyinfra.operations import server

from bootstrap.deploys import common
from bootstrap.facts.machine import LIFELINE_KEY, MachineBorn, MachineIdentity, MachineMarks
from bootstrap.files import (
    LIFELINE_UNIT,
    LIFELINE_USER,
    MOVED_PATH,
    MOVED_UNIT,
    known_hosts,
    lifeline_unit,
    moved_path,
    moved_unit,
)
from bootstrap.job import Machine
from bootstrap.operations import machine as operations
from province.office.home import Home

STEM = "/etc/ketnoi/box"
UNITS = "/etc/systemd/system"


def keys(machine: Machine) -> int:
    return common.changes(operations.wireguard_key(), operations.ssh_key(path=LIFELINE_KEY, comment=f"lifeline-{machine.name}"))


def certificate(host: Host, machine: Machine, home: Home) -> int:
    root = common.changes(common.put("/etc/ketnoi/ca.crt", home.ca_crt.read_text()))
    return root + common.certificate(host, home, STEM, machine.common_name)[0]


def lifeline(machine: Machine) -> int:
    """The unit is started at once: on a bench without a way to the hub it keeps trying."""
    if machine.lifeline is None:
        raise PyinfraError(f"{machine.name}: no hub to call home to")
    nobody = "/nonexistent"
    user = server.user(  # noqa: S604 - the account's shell
        user=LIFELINE_USER, system=True, shell="/usr/sbin/nologin", ensure_home=False, home=nobody
    )
    pinned = common.put("/etc/ketnoi/lifeline_known_hosts", known_hosts(machine.lifeline))
    unit = common.put(f"{UNITS}/{LIFELINE_UNIT}", lifeline_unit(machine.lifeline))
    moved = (
        common.put(f"{UNITS}/{MOVED_PATH}", moved_path()),
        common.put(f"{UNITS}/{MOVED_UNIT}", moved_unit(machine.lifeline)),
    )
    written = common.changes(pinned, unit, *moved)
    service = operations.kept_up(unit=LIFELINE_UNIT, anew=written > 0)
    watch = operations.kept_up(unit=MOVED_PATH, anew=written > 0)
    return written + common.changes(user, service, watch)


def record(host: Host, machine: Machine) -> dict[str, Any]:
    """enrolled/CODE.yml: what the inventory says and what was read back from the machine."""
    born, marks = host.get_fact(MachineBorn), host.get_fact(MachineMarks)
    stated = [mac for mac in machine.macs if mac in marks.macs]
    return {
        "code": machine.name,
        "id": machine.common_name,
        "number": machine.number,
        "serial": marks.serial,
        "mac": stated[0] if stated else next(iter(sorted(marks.macs)), ""),
        "machine_id": born.machine_id,
        "host_key": born.host_key,
        "wireguard_public_key": born.wireguard,
        "lifeline_public_key": born.lifeline_key,
        "certificate": host.get_fact(MachineIdentity, STEM).certificate,
        "enrolled_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }
