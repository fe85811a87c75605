"""Documentation of the action `cameras`; the work is in plugins/action/cameras.py and on the box in edge_agent/devices."""

DOCUMENTATION = r"""
module: cameras
short_description: Bring all cameras of a facility to what the inventory wants
description:
  - One round trip for all cameras of a facility; the box handles them side by side, and one that fails delays no other.
  - Passwords come from the facility's vault file and are in no argument, result or diff.
  - Supports check mode and diff. Fails after all are done if one failed, with the list of the failed.
options:
  facility: {type: dict, required: true, description: 'The facility: id, code, cameras.'}
  ntp: {type: str, required: true, description: Where the cameras take their time from.}
  timezone: {type: str, required: true, description: 'POSIX time zone, such as C(ICT-7).'}
  encoder: {type: dict, required: true, description: 'codec, width, height, fps, keyframe_s, bitrate_kbps of the main stream.'}
  discovery: {type: str, required: true, description: NonDiscoverable or Discoverable.}
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
  cameras:
    facility: "{{ ketnoi_facility }}"
    ntp: 192.168.1.1
    timezone: ICT-7
    encoder: {codec: h264, width: 1920, height: 1080, fps: 15, keyframe_s: 2, bitrate_kbps: 2048}
    discovery: NonDiscoverable
    factory: {}
"""

RETURN = r"""
cameras:
  description: 'For each: slot, address, name, status, class, changes, reason, hint, seconds.'
  returned: always
  type: list
"""
