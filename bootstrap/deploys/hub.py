"""The hub: a box's keys, a host key for the lifelines' sshd, certificates for its services and its collector."""

from datetime import UTC, datetime
from typing import Any

from pyinfra.api import Host

from bootstrap.deploys import common
from bootstrap.facts.machine import LIFELINE_HOST_KEY, MachineBorn, MachineIdentity, MachineMarks
from bootstrap.job import Machine
from bootstrap.operations import machine as operations
from province.office.home import Home

SERVER_STEM, COLLECTOR_STEM = "/etc/ketnoi/hub", "/etc/ketnoi/collector"
COLLECTOR = "collector"


def keys(machine: Machine) -> int:
    return common.changes(operations.wireguard_key(), operations.ssh_key(path=LIFELINE_HOST_KEY, comment="lifeline-hub"))


def certificate(host: Host, machine: Machine, home: Home) -> int:
    """Root, server's certificate for the public and the tunnel address, client's for the collector.

    The revocation list is the hub role's to bring.
    """
    made = common.changes(common.put("/etc/ketnoi/ca.crt", home.ca_crt.read_text()))
    made += common.certificate(host, home, SERVER_STEM, machine.common_name, machine.addresses)[0]
    return made + common.certificate(host, home, COLLECTOR_STEM, COLLECTOR)[0]


def record(host: Host, machine: Machine) -> dict[str, Any]:
    """enrolled/hub.yml."""
    born, marks = host.get_fact(MachineBorn), host.get_fact(MachineMarks)
    return {
        "code": machine.name,
        "serial": marks.serial,
        "macs": sorted(marks.macs),
        "machine_id": born.machine_id,
        "host_key": born.host_key,
        "lifeline_host_key": born.lifeline_host_key,
        "wireguard_public_key": born.wireguard,
        "certificate": host.get_fact(MachineIdentity, SERVER_STEM).certificate,
        "collector_certificate": host.get_fact(MachineIdentity, COLLECTOR_STEM).certificate,
        "enrolled_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }
