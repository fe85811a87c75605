"""The lab's image: a blank Debian as a supplier would install it on a box, plus only what the lab itself needs.

In it: minbase, systemd, dbus, OpenSSH with the factory's root password, iproute2 (Debian's installer always puts it there), and
wireguard-go, because a lab's kernel may lack WireGuard. Not in it: Python, any package source. Like boxes cloned by a supplier,
all have the same SSH host keys and machine-id until bootstrap gives them their own.

Built by mmdebstrap from the host's own package sources, about 15 s, kept as /var/lib/ketnoi-lab/image-DIGEST of the recipe.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from lab import layout
from lab.say import LabError, announce

PACKAGES = ("systemd", "systemd-sysv", "dbus", "openssh-server", "iproute2", "wireguard-go")
SUITE = "bookworm"
SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))

FILES = {
    "etc/hostname": "debian\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 debian\n",
    "etc/resolv.conf": "",
    "etc/machine-id": "6b65746e6f690000000000000000cafe\n",
    "etc/ssh/sshd_config.d/factory.conf": "PermitRootLogin yes\n",
    "etc/systemd/network/10-eth0.network": (
        "[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n\n[DHCPv4]\nClientIdentifier=mac\nSendHostname=no\n"
    ),
    # A container may not set the clock: it would be the host's. chronyd, once installed, measures and reports only (-x).
    "etc/systemd/system/chrony.service.d/zz-lab.conf": (
        "[Unit]\nConditionCapability=\n\n[Service]\nExecStart=\nExecStart=!/usr/sbin/chronyd -x $DAEMON_OPTS\n"
    ),
}


def sources() -> Path:
    for path in SOURCES:
        if path.exists():
            return path
    raise LabError(
        f"không thấy nguồn gói của máy này ({', '.join(map(str, SOURCES))})",
        f"found no package sources of this machine ({', '.join(map(str, SOURCES))}); the lab runs on Debian 12",
        2,
    )


def digest() -> str:
    recipe = json.dumps([PACKAGES, SUITE, FILES, layout.FACTORY_PASSWORD, sources().read_text()], sort_keys=True)
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def path() -> Path:
    return layout.VAR / f"image-{digest()}"


def ensure() -> Path:
    """The image, built first if this recipe's isn't there. A build cut short leaves a `.new` directory, which the next one removes."""
    image = path()
    if image.exists():
        return image
    announce("dựng ảnh đĩa của lab, một lần, chừng 15-60 s", "building the lab's image, once, about 15 to 60 s")
    layout.VAR.mkdir(parents=True, exist_ok=True)
    building = image.with_suffix(".new")
    shutil.rmtree(building, ignore_errors=True)
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", f"--include={','.join(PACKAGES)}"]
    done = subprocess.run([*argv, SUITE, str(building), str(sources())], capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(building, ignore_errors=True)
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise LabError(
            f"mmdebstrap không dựng được ảnh đĩa; máy này có tới được kho gói Debian không?\n{last}",
            f"mmdebstrap could not build the image; does this machine reach its Debian mirror (apt-get update)?\n{last}",
        )
    furnish(building)
    building.rename(image)
    return image


def furnish(root: Path) -> None:
    """Turn a plain Debian tree into the lab's."""
    for place in (
        "etc/apt/sources.list",
        *(f"etc/apt/sources.list.d/{p.name}" for p in (root / "etc/apt/sources.list.d").iterdir()),
    ):
        (root / place).unlink(missing_ok=True)
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(0o644)
    chroot = ["chroot", str(root)]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    password = f"root:{layout.FACTORY_PASSWORD}\n"
    subprocess.run([*chroot, "chpasswd"], input=password, text=True, env=env, check=True)
    subprocess.run([*chroot, "systemctl", "enable", "-q", "systemd-networkd"], env=env, check=True)
    for leftover in ("var/lib/dbus/machine-id", "etc/.pwd.lock"):
        (root / leftover).unlink(missing_ok=True)
    os.sync()


def remove_all() -> list[Path]:
    """Delete every image that no running lab stands on; the paths that went."""
    used = {layer for file in layout.VAR.glob("*/*/layers") for layer in file.read_text().split(":")}
    gone = [p for p in sorted(layout.VAR.glob("image-*")) if str(p) not in used]
    for image in gone:
        shutil.rmtree(image)
    return gone
