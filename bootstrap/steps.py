"""The steps of the deploys, in pyinfra's operations. What each is for, and in which order, is in `deploys`."""

from pathlib import Path

from pyinfra import host
from pyinfra.api import DeployError
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import server

from bootstrap import files
from bootstrap.facts.machine import LIFELINE_HOST_KEY, LIFELINE_KEY, MachineGenerated, MachineHardware, MachineIdentity, UnitState
from bootstrap.files import ADMINISTRATOR, LIFELINE_UNIT, LIFELINE_USER, MOVED_PATH, MOVED_UNIT
from bootstrap.machine import Machine, Office
from bootstrap.operations import hardware, login, machine, packages, results
from bootstrap.operations.files import Entry, checked_file, entries
from bootstrap.operations.results import Content, document

PACKAGES = ["sudo", "python3", "openssl", "wireguard-tools"]
APT_SECONDS = 900
FOLDER, UNITS = "/etc/ketnoi", "/etc/systemd/system"


def _ended(expected: Machine, step: str, *changes: OperationMeta, after: tuple[OperationMeta, ...] = ()) -> None:
    results.ended(machine=expected.name, step=step, after=after, changes=changes, name=f"{step}: done")


def contact(expected: Machine) -> None:
    """Its hardware identity is noted before it is compared: it is of use when it is another machine."""

    def hardware_now() -> Content:
        found = host.get_fact(MachineHardware)
        return document({"macs": sorted(found.macs), "serial": found.serial, "wrong": hardware.wrong(expected, found)})

    noted = results.kept(file=expected.results / "hardware.json", content=hardware_now, name="contact: note MACs and serial")
    _ended(expected, "contact", after=(noted,))
    identified = hardware.identified(machine=expected, name="identity: compare them")
    _ended(expected, "identity", after=(identified,))


def first_packages(expected: Machine, office: Office) -> None:
    keyring = Entry(packages.KEYRING, office.repository_key.read_text(encoding="utf-8"))
    key = entries(desired=[keyring], name="packages: the repository's key")
    desired = [*PACKAGES, *expected.packages]
    installed = packages.installed(
        desired=desired, repository=office.repository, _timeout=APT_SECONDS, name=f"packages: {', '.join(desired)}"
    )
    _ended(expected, "packages", key, installed)


def administrator(expected: Machine, office: Office) -> None:
    """The one account that people and Ansible use; its key is the office's only."""
    home = f"/home/{ADMINISTRATOR}"
    public = Path(f"{office.ssh_key}.pub").read_text(encoding="utf-8")
    account = server.user(  # noqa: S604 - the account's shell
        user=ADMINISTRATOR,
        home=home,
        shell="/bin/bash",
        ensure_home=True,
        name="administrator: account",
    )
    key = entries(
        desired=[
            Entry(f"{home}/.ssh", mode="700", owner=ADMINISTRATOR),
            Entry(f"{home}/.ssh/authorized_keys", public, mode="600", owner=ADMINISTRATOR),
        ],
        name="administrator: key",
    )
    sudo = checked_file(desired=Entry("/etc/sudoers.d/ketnoi", files.SUDOERS, "440"), check="visudo -cq", name="administrator: sudo")
    _ended(expected, "administrator", account, key, sudo)


def own(expected: Machine) -> None:
    _ended(
        expected,
        "own",
        machine.host_name(desired=expected.name, name="own: host name"),
        machine.machine_id(name="own: machine-id of its own"),
        machine.host_keys(comment=expected.name, name="own: host key of its own"),
    )


def login_by_key(expected: Machine, office: Office) -> None:
    """From here on the factory's way is shut, so the host key is noted first: a run that dies now goes on with it."""
    noted = results.kept(
        file=expected.results / "host_key",
        content=lambda: Content(host.get_fact(MachineGenerated).host_key + "\n"),
        name="login: note the host key",
    )
    shut = checked_file(
        desired=Entry(files.SSHD_PATH, files.SSHD), check=files.SSHD_CHECK, then=files.SSHD_RELOAD, name="login: by key only"
    )
    after = [noted]
    if expected.enter == "factory":
        after.append(login.proved(machine=expected, office=office, name="login: the new way opens"))
    _ended(expected, "login", shut, after=tuple(after))


def keys(expected: Machine) -> None:
    """Generated on the machine; their public halves, and requests by them, are left in the results folder."""
    box = expected.kind == "box"
    changes = [
        machine.wireguard_key(name="keys: WireGuard"),
        machine.ssh_key(
            path=LIFELINE_KEY if box else LIFELINE_HOST_KEY, comment=f"lifeline-{expected.name}", name="keys: lifeline"
        ),
    ]  # fmt: skip
    requests = []
    for name, common_name in expected.certificates.items():
        stem = f"{FOLDER}/{name}"
        changes.append(machine.certificate_key(stem=stem, name=f"keys: {name} certificate's"))
        requests.append(
            results.request_kept(
                file=expected.results / f"{name}.csr", stem=stem, common_name=common_name, name=f"keys: request for {name}"
            )
        )

    def facts() -> Content:
        generated = host.get_fact(MachineGenerated)
        found = {name: host.get_fact(MachineIdentity, f"{FOLDER}/{name}") for name in expected.certificates}
        facts = {
            "machine_id": generated.machine_id,
            "host_key": generated.host_key,
            "wireguard_public_key": generated.wireguard,
            "lifeline_key": generated.lifeline_key if box else generated.lifeline_host_key,
            "certificates": {
                name: {"public_key": each.public_key, "certificate": each.certificate or None} for name, each in found.items()
            },
        }
        return document(facts, [key for key, value in facts.items() if not value])

    noted = results.kept(file=expected.results / "facts.json", content=facts, name="keys: note what was generated")
    _ended(expected, "keys", *changes, after=(*requests, noted))


def certificate(expected: Machine) -> None:
    """The root and what it signed, as `ketnoi enrol` left them in the results folder."""
    desired = [Entry(f"{FOLDER}/{name}.crt", _signed(expected, name)) for name in ("ca", *expected.certificates)]
    _ended(expected, "certificate", entries(desired=desired, name=f"certificate: {', '.join(expected.certificates)}"))


def _signed(expected: Machine, name: str) -> str:
    try:
        return (expected.results / f"{name}.crt").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise _not_enrolled(expected) from error


def _not_enrolled(expected: Machine) -> DeployError:
    where = f"ketnoi enrol {'hub' if expected.kind == 'hub' else f'--site {expected.name}'} --from {expected.results.parent}"
    return DeployError(
        f"{expected.name}: chạy `{where}` trước, hoặc bỏ qua máy này bằng --exclude {expected.name}"
        f" / run `{where}` first, or leave this machine out with --exclude {expected.name}"
    )


def lifeline(expected: Machine) -> None:
    """The unit is started at once: on a bench without a way to the hub it keeps trying."""
    if expected.lifeline is None:
        raise _not_enrolled(expected)
    nobody = "/nonexistent"
    user = server.user(  # noqa: S604 - the account's shell
        user=LIFELINE_USER,
        system=True,
        shell="/usr/sbin/nologin",
        ensure_home=False,
        home=nobody,
        name="lifeline: account",
    )
    written = entries(
        desired=[
            Entry(f"{FOLDER}/lifeline_known_hosts", files.known_hosts(expected.lifeline)),
            Entry(f"{UNITS}/{LIFELINE_UNIT}", files.lifeline_unit(expected.lifeline)),
            Entry(f"{UNITS}/{MOVED_PATH}", files.moved_path()),
            Entry(f"{UNITS}/{MOVED_UNIT}", files.moved_unit(expected.lifeline)),
        ],
        name="lifeline: its files",
    )
    up = machine.kept_up(units=[LIFELINE_UNIT, MOVED_PATH], files=[written], name="lifeline: up now and at boot")
    _ended(expected, "lifeline", user, written, up)


def closing(expected: Machine) -> None:
    """Root's password opens nothing any more; what the machine has now is read back."""
    locked = machine.lock_root(name="closing: root's password locked")

    def state() -> Content:
        found = {name: host.get_fact(MachineIdentity, f"{FOLDER}/{name}").certificate for name in expected.certificates}
        state = {
            "certificates": found == {name: _signed(expected, name) for name in expected.certificates},
            "lifeline_up": expected.kind == "hub" or host.get_fact(UnitState, LIFELINE_UNIT) == "running",
            "root_locked": host.get_fact(MachineGenerated).root_locked,
        }
        return document(state, [key for key, value in state.items() if not value])

    noted = results.kept(file=expected.results / "enrolled.json", content=state, name="closing: read back")
    _ended(expected, "closing", locked, after=(noted,))
