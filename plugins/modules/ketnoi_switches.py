"""Documentation of the action `ketnoi_switches`; the work is in plugins/action/ketnoi_switches.py and province/switches."""

DOCUMENTATION = r"""
module: ketnoi_switches
short_description: Bring all switches of a facility to what the inventory wants
description:
  - Camera ports in their VLAN and isolated from each other, ports that nobody listed off, name and ports described, all saved.
  - Driven from the office through the facility's box by netmiko; switches side by side, each with its own deadline.
  - Nothing is written while the box is seen on a port that the inventory takes for something else. What a switch refuses is undone.
  - Passwords come from the facility's vault file and are in no argument, result or diff. Host keys are pinned in enrolled/CODE.yml.
  - Fails after all are done if one failed, with the list of the failed.
options:
  deadline:
    description: Seconds for each switch.
    type: float
    default: 120
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
extends_documentation_fragment:
  - ketnoi
  - ketnoi.devices
  - ketnoi.state
  - ketnoi.part
"""

EXAMPLES = r"""
- name: Bring the switches to the standard
  ketnoi_switches:
    facility: "{{ ketnoi_facility }}"
    factory: {mikrotik: [{user: admin, password: ""}]}
"""

RETURN = r"""
devices:
  description: What became of each switch; the fields are those of M(ketnoi_devices) but C(until).
  returned: when the switches were visited
  type: list
  elements: dict
opened:
  description: Names of the devices on ports that were opened, or would be.
  returned: when the switches were visited
  type: list
  elements: str
reason:
  description: 'Which switches failed, and why, C({vi, en}).'
  returned: when a switch failed
  type: dict
hint:
  description: 'What to do about each, C({vi, en}).'
  returned: when a switch failed
  type: dict
"""
