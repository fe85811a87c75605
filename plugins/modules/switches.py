"""Documentation of the action `switches`; the work is in plugins/action/switches.py and province/switches."""

DOCUMENTATION = r"""
module: switches
short_description: Bring all switches of a facility to what the inventory wants
description:
  - Camera ports in their VLAN and isolated from each other, ports that nobody listed off, name and ports described, all saved.
  - Driven from the office through the facility's box by netmiko; switches side by side, each with its own deadline.
  - Nothing is written while the box is seen on a port that the inventory takes for something else. What a switch refuses is undone.
  - Passwords come from the facility's vault file and are in no argument, result or diff. Host keys are pinned in enrolled/CODE.yml.
  - Supports check mode and diff. Fails after all are done if one failed, with the list of the failed.
options:
  facility: {type: dict, required: true, description: 'The facility: code, switches.'}
  factory: {type: dict, description: 'make to the logins that its devices come with.'}
  slots: {type: list, elements: int, description: Only these; all when empty.}
  deadline: {type: float, default: 120, description: Seconds for each switch.}
  state_dir: {type: path, description: Where the box keeps what it converged to; its own default when absent.}
  part: {type: str, description: As for M(files).}
author: Ketnoi
"""

EXAMPLES = r"""
- name: Bring the switches to the standard
  switches:
    facility: "{{ ketnoi_facility }}"
    factory: {mikrotik: [{user: admin, password: ""}]}
"""

RETURN = r"""
devices:
  description: 'For each: slot, address, name, status, class, changes, reason, hint, notes, seconds.'
  returned: always
  type: list
"""
