"""Contents of the files that bootstrap writes and nothing else does."""

from bootstrap.facts.machine import HOST_KEY, LIFELINE_KEY
from bootstrap.machine import Lifeline

ADMINISTRATOR = "ketnoi"
LIFELINE_USER = "ketnoi-lifeline"
LIFELINE_UNIT = "ketnoi-lifeline.service"
MOVED_PATH, MOVED_UNIT = "ketnoi-lifeline-moved.path", "ketnoi-lifeline-moved.service"
SUDOERS = f"{ADMINISTRATOR} ALL=(ALL:ALL) NOPASSWD: ALL\n"
SSHD_PATH = "/etc/ssh/sshd_config.d/00-ketnoi.conf"
SSHD = f"""\
# Written by `ketnoi bootstrap`. sshd takes the first value of a keyword, so this file's name comes first.
HostKey {HOST_KEY}
AllowUsers {ADMINISTRATOR}
AuthenticationMethods publickey
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxAuthTries 3
LoginGraceTime 30
MaxSessions 30
X11Forwarding no
AllowAgentForwarding no
AllowTcpForwarding yes
PermitTunnel no
GatewayPorts no
"""
SSHD_RELOAD = "systemctl reload-or-restart ssh.service"
SSHD_CHECK = "sshd -t && sshd -T >/run/ketnoi-sshd && " + " && ".join(
    f"grep -qix '{line}' /run/ketnoi-sshd"
    for line in ("permitrootlogin no", "passwordauthentication no", "kbdinteractiveauthentication no")
) + " && rm /run/ketnoi-sshd"  # fmt: skip


def known_hosts(lifeline: Lifeline) -> str:
    return f"[{lifeline.endpoint}]:443 {lifeline.host_key}\n"


_SOURCE = (
    'import pathlib, socket, time; f = pathlib.Path("/run/ketnoi-lifeline/source"); '
    'a = lambda s: (s.connect_ex(("{endpoint}", 9)), s.getsockname()[0])[1]; '
    "here = lambda: a(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)); {then}"
)
_NOTE = "f.write_text(here())"
_COMPARE = 'exit(any(f.exists() and here() not in ("0.0.0.0", f.read_text()) or time.sleep(0.5) for _ in range(20)))'
"""Looks for 10 s: systemd tells nothing of what changes while the service runs, and the new address is not the first change."""


def moved_path() -> str:
    """networkd writes this file whenever a link or an address changes."""
    return f"""\
# Written by `ketnoi bootstrap`.
[Unit]
Description=Notice that the box was plugged in elsewhere

[Path]
PathChanged=/run/systemd/netif/state
Unit={MOVED_UNIT}

[Install]
WantedBy=multi-user.target
"""


def moved_unit(lifeline: Lifeline) -> str:
    """Call home anew at once when our address towards the hub is another: ssh by itself would notice after 40 s."""
    return f"""\
# Written by `ketnoi bootstrap`.
[Unit]
Description=Ketnoi lifeline from a new address
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh -c '/usr/bin/python3 -I -c "$$0" || systemctl restart {LIFELINE_UNIT}' \
  '{_SOURCE.format(endpoint=lifeline.endpoint, then=_COMPARE)}'
"""


def lifeline_unit(lifeline: Lifeline) -> str:
    """The box's call home: OpenSSH with one reverse forward, started again for ever, at random moments.

    The key is handed over by systemd, since it stays root's; a user of its own, because OpenSSH wants one in passwd.
    """
    options = " ".join(
        f"-o {option}"
        for option in (
            "BatchMode=yes",
            "ExitOnForwardFailure=yes",
            # The hub asks every 16 s (role hub): as long as it does, the box need not, and each question costs a mobile line.
            "ServerAliveInterval=20",
            "ServerAliveCountMax=1",
            "ConnectTimeout=15",
            "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=/etc/ketnoi/lifeline_known_hosts",
            "GlobalKnownHostsFile=/dev/null",
            "UpdateHostKeys=no",
            "IdentitiesOnly=yes",
            "IPQoS=none",
        )
    )
    return f"""\
# Written by `ketnoi bootstrap`. The second way to this box, which must not depend on anything that a rollout changes.
[Unit]
Description=Ketnoi lifeline to the hub
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
User={LIFELINE_USER}
LoadCredential=key:{LIFELINE_KEY}
RuntimeDirectory=ketnoi-lifeline
ExecStartPre=-/usr/bin/python3 -I -c '{_SOURCE.format(endpoint=lifeline.endpoint, then=_NOTE)}'
ExecStartPre=/bin/sh -c 'sleep $$(($$(od -An -N1 -tu1 /dev/urandom) %% 8))'
ExecStart=/usr/bin/ssh -N -T -F /dev/null {options} -i %d/key -p 443 \\
  -R 127.0.0.1:{lifeline.port}:127.0.0.1:22 lifeline@{lifeline.endpoint}
Restart=always
RestartSec=3
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""
