"""Between the deploys: a machine's requests are signed; and the record, by which the office and the hub know it from then on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from province.bootstrap import folder
from province.bootstrap.folder import Facts, Hardware
from province.bootstrap.machine import Lifeline, Machine
from province.bootstrap.outcome import BootstrapError
from province.files import write_if_changed
from province.model import Province
from province.office import authority, enrolment
from province.office.home import Home

Certificates = Mapping[str, str]
"""PEM by file name."""


def office_home(province: Province) -> Home:
    """Raises BootstrapError when `ketnoi init` hasn't been run."""
    home = Home(province.code)
    if not home.ca_crt.exists() or not home.ssh_key.exists():
        raise BootstrapError("văn phòng chưa có khoá: chạy `ketnoi init` trước", "the office has no keys yet: run `ketnoi init` first")
    return home


def claimed(machine: Machine) -> tuple[Hardware, Facts]:
    """What the first deploy left of a machine that it finished. Raises BootstrapError when it didn't, or it was another machine."""
    hardware, facts = folder.hardware(machine), folder.facts(machine)
    if hardware is None or facts is None or hardware.wrong:
        raise BootstrapError(
            f"{machine.name}: lượt chạy thứ nhất (claim) chưa xong: không có {machine.results / folder.FACTS}",
            f"{machine.name}: the first deploy (claim) isn't through: no {machine.results / folder.FACTS}",
        )
    if machine.trust == "enrolled" and facts.host_key != machine.host_key:
        raise BootstrapError(
            f"{machine.name}: đã ghi danh một máy khác; nếu thay máy, dùng `ketnoi reprovision`",
            f"{machine.name}: another machine is enrolled; if it is being replaced, use `ketnoi reprovision`",
        )
    return hardware, facts


def sign(home: Home, machine: Machine, facts: Facts) -> Certificates:
    """Put the root and the machine's certificates into its results folder; a certificate that can stay is not signed again.

    Raises AuthorityError.
    """
    write_if_changed(machine.results / "ca.crt", home.ca_crt.read_text(), 0o644)
    certificates = {}
    for name, common_name in machine.certificates.items():
        file = machine.results / f"{name}.crt"
        alternatives = machine.alternatives if name == machine.certificate else ()
        there = facts.certificates[name]
        earlier = (there.certificate, file.read_text() if file.exists() else None)
        kept = next((pem for pem in earlier if authority.serves(home, pem, there.public_key, alternatives)), None)
        if kept is None:
            request = (machine.results / f"{name}.csr").read_text()
            kept = authority.sign(home, request, common_name, addresses=alternatives)
        write_if_changed(file, kept, 0o644)
        certificates[name] = kept
    return certificates


def prepared(machine: Machine, facts: Facts, lifeline: Lifeline | None) -> Machine:
    """As the second deploy enters it: by the administrator's key, where its own host key answers."""
    return replace(machine, enter="key", host_key=facts.host_key, lifeline=lifeline)


def record(inventory: Path, machine: Machine, hardware: Hardware, facts: Facts, certificates: Certificates) -> bool:
    """Write enrolled/NAME.yml; False when it said so already."""
    return enrolment.save(inventory, machine.name, _record(machine, hardware, facts, certificates))


def _record(machine: Machine, hardware: Hardware, facts: Facts, certificates: Certificates) -> enrolment.Record:
    enrolled_at = datetime.now(UTC).replace(microsecond=0).isoformat()
    if machine.kind == "hub":
        return {
            "code": machine.name,
            "serial": hardware.serial,
            "macs": sorted(hardware.macs),
            "machine_id": facts.machine_id,
            "host_key": facts.host_key,
            "lifeline_host_key": facts.lifeline_key,
            "wireguard_public_key": facts.wireguard_public_key,
            "certificate": certificates["hub"],
            "collector_certificate": certificates["collector"],
            "enrolled_at": enrolled_at,
        }
    stated = [mac for mac in machine.macs if mac in hardware.macs]
    return {
        "code": machine.name,
        "id": machine.certificates["box"],
        "number": machine.number,
        "serial": hardware.serial,
        "mac": stated[0] if stated else next(iter(sorted(hardware.macs)), ""),
        "machine_id": facts.machine_id,
        "host_key": facts.host_key,
        "wireguard_public_key": facts.wireguard_public_key,
        "lifeline_public_key": facts.lifeline_key,
        "certificate": certificates["box"],
        "enrolled_at": enrolled_at,
    }


def refresh(inventory: Path, province: Province, home: Home) -> bool:
    """known_hosts and reach.json from the records."""
    probe = province.central.probe
    hub: enrolment.HubAddress = {
        "block": province.hub.block,
        "endpoint": str(province.hub.endpoint),
        "ssh_user": province.hub.ssh_user,
    }
    return enrolment.refresh(home, inventory, hub, str(probe.host) if probe else None)
