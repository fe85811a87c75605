"""Documentation of the action `ketnoi_devices`; the work is in plugins/action/ketnoi_devices.py and on the box in edge_agent/devices."""

DOCUMENTATION = r"""
module: ketnoi_devices
short_description: Bring all cameras, or all recorders, of a facility to what standard and inventory want
description:
  - One round trip for all of them; the box handles them side by side, and one that fails delays no other.
  - Passwords come from the facility's vault file and are in no argument, result or diff. A rotation that has come through
    is confirmed there.
  - A device under C(no_access) is not touched, and is no failure.
  - Fails after all are done if one failed, with the list of the failed.
options:
  kind:
    description: Which of the facility's devices.
    type: str
    choices: [cameras, recorders]
    required: true
  standard:
    description: Thresholds of the province's standard that settings come from, by check; C(ketnoi_standard) of the inventory plugin.
    type: dict
    required: true
  ntp:
    description: Address of the host where the devices take their time from; the facility's box when empty.
    type: str
  timezone:
    description: POSIX time zone, such as C(ICT-7); its sign is inverted. Vietnam's when empty.
    type: str
  services_off:
    description: Network services that are switched off where a device has them; as the standard says when empty.
    type: list
    elements: str
  deadline_s:
    description: Seconds for each device; one that hangs costs only itself.
    type: int
    required: true
  edge_agent:
    description: The command on the box, which may be of several words.
    type: str
    default: /usr/bin/edge-agent
  timeout:
    description: Seconds for all of it.
    type: int
    default: 900
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
extends_documentation_fragment:
  - ketnoi
  - ketnoi.cameras
  - ketnoi.devices
  - ketnoi.state
  - ketnoi.part
"""

EXAMPLES = r"""
- name: Bring the cameras to the standard
  ketnoi_devices:
    kind: cameras
    facility: "{{ ketnoi_facility }}"
    standard: "{{ ketnoi_standard }}"
    encoder: {fps: 20, bitrate_kbps: 3000}
    deadline_s: 90
"""

RETURN = r"""
devices:
  description: What became of each device.
  returned: when the box was visited
  type: list
  elements: dict
  contains: &device
    slot: {description: The device's number in its facility., type: int, returned: always}
    kind: {description: 'C(camera), C(recorder) or C(switch).', type: str, returned: always}
    name: {description: The device's name., type: str, returned: always}
    address: {description: Its address on the facility's LAN., type: str, returned: always}
    status: {description: 'C(ok), C(changed), C(failed), C(no_access) or C(not_reached).', type: str, returned: always}
    class: {description: The kind of its failure., type: str, returned: when it failed}
    changes: {description: 'What was changed, or would be: C({field, from, to}).', type: list, elements: dict, returned: always}
    reason: {description: 'Why it failed, C({vi, en}).', type: dict, returned: when it failed}
    hint: {description: 'What to do next, C({vi, en}).', type: dict, returned: when it failed}
    until: {description: Until when it refuses every login., type: str, returned: when it has locked us out}
    failures: {description: 'Each failure: C({class, reason}) and more.', type: list, elements: dict, returned: always}
    notes: {description: What is worth knowing and no failure., type: list, elements: dict, returned: always}
    admin_works: {description: Whether it takes the vault's password., type: bool, returned: when it is known}
    seconds: {description: How long it took., type: float, returned: always}
confirmed: {description: Whether a device has taken a rotation's passwords just now., type: bool, returned: when the box was visited}
reason: {description: 'Which devices failed, and why, C({vi, en}).', returned: when a device failed, type: dict}
hint: {description: 'What to do about each, C({vi, en}).', returned: when a device failed, type: dict}
"""
