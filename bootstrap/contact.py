"""Who answers at an address, and whether it is the machine that we mean. Nothing is written before `identify` agrees."""

from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api import Host, Inventory
from pyinfra.api.exceptions import ConnectError

from bootstrap.facts.machine import MachineMarks, Marks
from bootstrap.files import ADMINISTRATOR
from bootstrap.job import Job, Machine
from province.office.home import Home
from province.text import Text
from province.user_error import UserError

WAYS = FIRST, PINNED, OWN = "first", "pinned", "own"


class Refused(UserError):
    """A machine that we won't touch. `hint` says what to do."""

    def __init__(self, reason: Text, hint: Text) -> None:
        super().__init__(*reason)
        self.hint = hint


class Failed(Refused):
    """A machine that couldn't be reached or finished."""


@dataclass
class Doors:
    """The ways into one machine, as pyinfra hosts.

    `first`: by the factory's password; `pinned`: by a host key that we know; `own`: by the one it has just been given.
    """

    first: Host
    pinned: Host
    own: Host
    open: list[Host] = field(default_factory=list, init=False)

    def use(self, host: Host) -> Host:
        host.connect(raise_exceptions=True, show_errors=False)
        self.open.append(host)
        return host

    def close(self) -> None:
        for host in self.open:
            host.disconnect()
            host.connector.client.close()  # type: ignore[attr-defined]


def inventory(job: Job, home: Home, scratch: Path) -> Inventory:
    """Three pyinfra hosts for each machine. Known hosts are files in scratch; the user's own are left alone."""
    hosts = []
    for machine in job.machines:
        shared = {
            "ssh_hostname": machine.address,
            "ssh_port": machine.port,
            "ssh_config_file": "/dev/null",
            "ssh_allow_agent": False,
            "ssh_look_for_keys": False,
        }
        by_key = {
            **shared,
            "ssh_user": ADMINISTRATOR,
            "ssh_key": str(home.ssh_key),
            "ssh_strict_host_key_checking": "yes",
        }
        ways = {
            FIRST: {
                **shared,
                "ssh_user": "root",
                "ssh_password": job.factory_password or "",
                "ssh_strict_host_key_checking": "no",
            },
            PINNED: {**by_key, "_sudo": True},
            OWN: {**by_key, "_sudo": True, "ssh_connect_retries": 10},
        }
        for way, data in ways.items():
            known = scratch / f"{machine.name}.{way}"
            known.touch()
            hosts.append((f"{machine.name}/{way}", {**data, "ssh_known_hosts_file": str(known)}))
        if machine.host_key:
            pin(scratch, machine, PINNED, machine.host_key)
    return Inventory((hosts, {}))


def pin(scratch: Path, machine: Machine, way: str, host_key: str) -> None:
    alias = machine.address if machine.port == 22 else f"[{machine.address}]:{machine.port}"
    (scratch / f"{machine.name}.{way}").write_text(f"{alias} {host_key}\n")


def enter(machine: Machine, doors: Doors) -> tuple[Host, bool]:
    """(host, taken over before). A pinned key is tried first; unknown keys are only for machines that aren't enrolled.

    Raises Refused when an enrolled facility's address answers with another key, Failed when nobody lets us in.
    """
    if machine.host_key:
        try:
            return doors.use(doors.pinned), True
        except ConnectError as error:
            if machine.trust == "enrolled":
                if "does not match" in str(error):
                    raise Refused(
                        Text(
                            f"{machine.name}: thiết bị tại {machine.address} có khoá máy chủ khác với thiết bị đã ghi danh",
                            f"{machine.name}: the machine at {machine.address} has another host key than the enrolled one",
                        ),
                        Text(
                            f"nếu thay thiết bị: `ketnoi reprovision --site {machine.name} --at {machine.address}`; nếu không, "
                            "kiểm tra lại địa chỉ và đường mạng",
                            f"if the box was replaced: `ketnoi reprovision --site {machine.name} --at {machine.address}`; if "
                            "not, check the address and the network in between",
                        ),
                    ) from error
                raise _no_way_in(machine, error) from error
    try:
        return doors.use(doors.first), False
    except ConnectError as error:
        raise _no_way_in(machine, error) from error


def _no_way_in(machine: Machine, error: ConnectError) -> Failed:
    said = str(error)
    if "Authentication" in said:
        hint = Text(
            "sai mật khẩu xuất xưởng, hoặc máy không còn ở trạng thái xuất xưởng: cài lại máy rồi chạy lại",
            "wrong factory password, or the machine is no longer in its factory state: install it again, then run again",
        )
    else:
        hint = Text(
            "kiểm tra nguồn điện, dây mạng và địa chỉ tại bàn cài đặt, rồi chạy lại",
            "check power, cable and the address on the bench, then run again",
        )
    return Failed(
        Text(
            f"{machine.name}: không vào được {machine.address}: {said}",
            f"{machine.name}: no way in at {machine.address}: {said}",
        ),
        hint,
    )


def identify(host: Host, machine: Machine) -> Marks:
    """Compare MACs and serial number with the inventory's. Raises Refused; reads only."""
    marks = host.get_fact(MachineMarks)
    wrong = []
    if machine.macs and not marks.macs.intersection(machine.macs):
        wrong.append(("MAC", ", ".join(machine.macs), ", ".join(sorted(marks.macs)) or "-"))
    if machine.serial and marks.serial != machine.serial:
        wrong.append(("serial", machine.serial, marks.serial or "-"))
    if machine.kind == "box" and not machine.macs and not machine.serial:
        wrong.append(("MAC", "-", ", ".join(sorted(marks.macs))))
    if not wrong:
        return marks
    vi = "; ".join(f"{mark}: danh mục ghi {wanted}, máy có {found}" for mark, wanted, found in wrong)
    en = "; ".join(f"{mark}: the inventory says {wanted}, the machine has {found}" for mark, wanted, found in wrong)
    raise Refused(
        Text(f"{machine.name}: máy tại {machine.address} không phải máy này ({vi})",
             f"{machine.name}: the machine at {machine.address} is another one ({en})"),
        Text("chưa ghi gì vào máy đó; sửa địa chỉ, hoặc sửa box.mac / box.serial trong danh mục",
             "nothing was written to it; correct the address, or box.mac / box.serial in the inventory"),
    )  # fmt: skip
