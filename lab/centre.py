"""The centre plays the Ministry's system: a machine beyond the hub with a tunnel of its own and a user to measure from.

It is nobody's to configure but the lab's, as the real one is its owner's: Ketnoi only learns its public key. It is not a hub
either: services of the packages it gets are kept from starting.
"""

from __future__ import annotations

import json
import secrets
import shlex
import subprocess
from pathlib import Path
from typing import Any

from lab import layout
from lab.hands import access
from lab.machines import machine
from lab.plan import Plan
from lab.say import LabError

NAME = "centre"
USER = "probe"

SEED = {
    "etc/hostname": "centre\n",
    "etc/ssh/sshd_config.d/factory.conf": "PermitRootLogin no\nPasswordAuthentication no\n",
}
_PREPARE = f"""
id {USER} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh {USER}
passwd -q -l root
if [ ! -e /etc/ssh/own ]; then
  rm -f /etc/ssh/ssh_host_*
  ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
  touch /etc/ssh/own
  systemctl reload ssh
fi
"""
_AUTHORIZE = f"""
install -d -o {USER} -g {USER} -m 700 /home/{USER}/.ssh
cat > /home/{USER}/.ssh/authorized_keys
chown {USER}: /home/{USER}/.ssh/authorized_keys
"""
_INSTALL = """
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
echo "deb [signed-by=/srv/repository/ketnoi.asc] file:/srv/repository ./" > /etc/apt/sources.list.d/ketnoi.list
mkdir -p /etc/postgresql-common
echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold \\
  wireguard-tools "$@" >/tmp/install.log 2>&1 || { tail -20 /tmp/install.log >&2; exit 1; }
rm -f /usr/sbin/policy-rc.d
"""
_TUNNEL = """
umask 077
mkdir -p /etc/wireguard
[ -e /etc/wireguard/ketnoi.key ] || wg genkey > /etc/wireguard/ketnoi.key
cat > /etc/wireguard/ketnoi.conf.new
cmp -s /etc/wireguard/ketnoi.conf.new /etc/wireguard/ketnoi.conf || {
  mv /etc/wireguard/ketnoi.conf.new /etc/wireguard/ketnoi.conf
  systemctl enable -q wg-quick@ketnoi
  systemctl restart wg-quick@ketnoi
}
rm -f /etc/wireguard/ketnoi.conf.new
wg pubkey < /etc/wireguard/ketnoi.key
cat /etc/ssh/ssh_host_ed25519_key.pub
"""


def _inside(lab: layout.Lab, script: str, *arguments: str, stdin: str = "") -> str:
    """Run a shell script in the centre; its output. LabError with its last words if it fails."""
    argv = [*access.enter_machine(lab, NAME), "sh", "-euc", script, "sh", *arguments]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, env=env)
    if done.returncode:
        text = done.stderr.strip()[-1500:]
        raise LabError(f"máy trung tâm báo lỗi:\n{text}", f"the centre reported an error:\n{text}")
    return done.stdout


def seed() -> dict[str, str]:
    """Files that make the centre no clone of the boxes, before its first boot."""
    return SEED | {"etc/machine-id": secrets.token_hex(16) + "\n"}


def prepare(plan: Plan) -> None:
    """After its first boot: own host key, no root login, user `probe`, the office's key if the plan brings it."""
    _inside(plan.lab, _PREPARE)
    if plan.office_key:
        authorize(plan.lab, plan.office_key)


def authorize(lab: layout.Lab, key: str) -> None:
    _inside(lab, _AUTHORIZE, stdin=key.strip() + "\n")


def wireguard_text(wanted: dict[str, Any]) -> str:
    """wg-quick's configuration for the peer described; the private key stays in a file of its own."""
    return (
        f"[Interface]\nAddress = {wanted['address']}/32\nMTU = 1280\n"
        "PostUp = wg set %i private-key /etc/wireguard/ketnoi.key\n\n"
        f"[Peer]\nPublicKey = {wanted['peer_public_key']}\nEndpoint = {wanted['endpoint']}\n"
        f"AllowedIPs = {', '.join(wanted['allowed_ips'])}\nPersistentKeepalive = 25\n"
    )


def _copy_repository(lab: layout.Lab, source: Path) -> None:
    if not (source / "InRelease").exists() or not (source / "ketnoi.asc").exists():
        raise LabError(
            f"{source} không phải kho gói đã ký (thiếu InRelease hoặc ketnoi.asc)",
            f"{source} is no signed package repository (InRelease or ketnoi.asc is missing)",
            2,
        )
    pid = machine.leader(lab, NAME)
    there = f"/proc/{pid}/root/srv/repository"
    script = f"rm -rf {there} && cp -r {shlex.quote(str(source))} {there} && chmod -R a+rX {there}"
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"không chép được kho gói: {done.stderr.strip()}", f"can't copy the repository: {done.stderr.strip()}")


def configure(plan: Plan, wanted: dict[str, Any]) -> dict[str, str]:
    """Make the centre the hub's peer and give it the measuring package; again with the same document changes nothing.

    `wanted`: `{"wireguard": {"address", "peer_public_key", "endpoint", "allowed_ips": [...]}, "authorized_key", "repository":
    {"path", "package"}}`. Returns its public keys, `{"wireguard_public_key", "host_key"}`. LabError (exit 2) for a missing field.
    """
    lab = plan.lab
    try:
        text, repository, key = wireguard_text(wanted["wireguard"]), wanted.get("repository"), wanted.get("authorized_key")
        packages = (Path(repository["path"]), str(repository["package"])) if repository else None
    except (KeyError, TypeError) as missing:
        raise LabError(f"tài liệu centre thiếu trường {missing}", f"the centre's document lacks the field {missing}", 2) from missing
    access.enter_machine(lab, NAME)
    if key:
        authorize(lab, key)
    if packages:
        _copy_repository(lab, packages[0])
        _inside(lab, _INSTALL, packages[1])
        _inside(lab, "rm -rf /srv/repository /etc/apt/sources.list.d/ketnoi.list; apt-get -qq clean")
    lines = _inside(lab, _TUNNEL, stdin=text).splitlines()
    return {"wireguard_public_key": lines[0], "host_key": " ".join(lines[1].split()[:2])}


def read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as trouble:
        raise LabError(f"không đọc được {path}: {trouble}", f"can't read {path}: {trouble}", 2) from trouble
    if not isinstance(document, dict):
        raise LabError(f"{path} phải là một đối tượng JSON", f"{path} must hold a JSON object", 2)
    return document
