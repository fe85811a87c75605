"""Simulated managed switches: MikroTik RouterOS, Cisco IOS and a Linux shell, over real SSH, with a memory.

``python -m lab.switch --config switch.json`` prints ``ready`` and plays one switch until SIGTERM. Configuration (JSON):

    {"kind": "routeros"|"cisco-ios"|"linux", "state_file", "control_socket", "address", "port", "mac", "model",
     "ports": ["ether1", ...], "poe_ports": [...] (default: all but the first), "vlan": {"ether1": 20} (default: 1 everywhere),
     "filtering": whether its bridge heeds VLANs (RouterOS, Linux), "wired": {"ether1": ["02:..", ...]} (MACs behind each port),
     "account": {"user", "password"} (how it leaves the factory or the bench), "hook": [command ...], "personality": {...}}

``hook`` is run whenever what a port does for its cable changes, with one JSON document on stdin: {"port", "link": bool,
"power": bool or null, "isolated", "vlan"}; the lab pulls and feeds cables by it (lab.switch.cables).

Personality, all absent by default: ``refuse`` {regex: answer} a command that matches is refused; ``forgets`` [field] accepted and
not kept; ``slow_s`` seconds before each answer; ``hang`` regex of a command that never answers; ``lockout`` {"tries", "seconds"};
``minute_s`` how long a minute of `reload in` lasts; ``cuts_off`` regex of a command after which nothing comes through any more;
``tcp_s`` after how long the switch notices a dead session; ``busy`` somebody else holds RouterOS's safe mode; ``level`` privilege
of IOS accounts (15).

Orders on the control socket, one JSON line each, answered by {"ok", "value"|"error"}: get/set {"path": "ports.ether2.isolated",
"value", "saved": true} (or "personality.NAME"), reboot, factory_reset, writes, logins, forget, unlock, status;
run {"argv"} in a Linux switch.

What is in force and what a reboot brings back are two documents, as on a real switch. Nothing here is shared with the drivers.
"""
