"""Documentation of the action `devices`; the work is in plugins/action/devices.py and on the box in edge_agent/devices."""

DOCUMENTATION = r"""
module: devices
short_description: Bring all cameras, or all recorders, of a facility to what the inventory wants
description:
  - One round trip for all of them; the box handles them side by side, and one that fails delays no other.
  - Passwords come from the facility's vault file and are in no argument, result or diff. A rotation that has come through
    is settled there.
  - A device under C(no_access) is not touched, and is no failure.
  - Supports check mode and diff. Fails after all are done if one failed, with the list of the failed.
options:
  kind: {type: str, required: true, choices: [cameras, recorders], description: Which of the facility's devices.}
  facility: {type: dict, required: true, description: 'The facility: id, code, lan, recording, cameras, recorders.'}
  ntp: {type: str, required: true, description: Where the devices take their time from.}
  timezone: {type: str, required: true, description: 'POSIX time zone, such as C(ICT-7).'}
  encoder: {type: dict, description: 'Cameras: codec, width, height, fps, keyframe_s, bitrate_kbps of the main stream.'}
  sub_encoder: {type: dict, description: 'Cameras: the same of the sub stream; left alone when empty.'}
  osd: {type: bool, description: 'Cameras: whether their name stands in the picture.'}
  discovery: {type: str, description: 'Cameras: NonDiscoverable or Discoverable.'}
  services_off: {type: list, elements: str, required: true, description: Network services that are switched off.}
  deadline_s: {type: int, required: true, description: Seconds for each device; one that hangs costs only itself.}
  factory: {type: dict, required: true, description: 'make to the logins that its devices leave the factory with.'}
  slots: {type: list, elements: int, description: Only these; all when empty.}
  edge_agent: {type: str, default: /usr/bin/edge-agent, description: The command on the box.}
  state_dir: {type: path, description: Where edge-agent keeps its state; its own default when absent.}
  timeout: {type: int, default: 900, description: Seconds for all of it.}
  part: {type: str, description: As for M(files).}
author: Ketnoi
"""

EXAMPLES = r"""
- name: Bring the cameras to the standard
  devices:
    kind: cameras
    facility: "{{ ketnoi_facility }}"
    ntp: 192.168.1.1
    timezone: ICT-7
    encoder: {codec: h264, width: 1920, height: 1080, fps: 15, keyframe_s: 2, bitrate_kbps: 2048}
    sub_encoder: {}
    osd: true
    discovery: NonDiscoverable
    services_off: [upnp, telnet]
    deadline_s: 90
    factory: {}
"""

RETURN = r"""
devices:
  description: 'For each: slot, kind, address, name, status, class, changes, reason, hint, until, failures, notes, seconds.'
  returned: always
  type: list
"""
