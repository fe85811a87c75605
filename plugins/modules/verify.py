"""Documentation of the action `verify`; the work is in plugins/action/verify.py and in `ketnoi verify`."""

DOCUMENTATION = r"""
module: verify
short_description: Measure the facilities of a play and judge them by the standard
description:
  - Runs C(ketnoi verify) once for all hosts of the play, on this machine; use it with C(run_once).
  - Fails only when it could not start. What a facility's verdict is, the play decides by the result.
options:
  out: {type: path, default: out, description: 'Folder for verify.json, verify.html and verify.xml.'}
  local: {type: bool, default: false, description: Measure the devices alone, from this machine, without a hub.}
author: Ketnoi
"""

EXAMPLES = r"""
- name: Measure and judge
  verify: {out: out}
  run_once: true
  register: verify_measured
"""

RETURN = r"""
verdict: {description: 'Of all of them: met, waived (met with waivers), not_met or unknown.', returned: always, type: str}
facilities:
  description: 'By code: {"verdict", "wrong": a line for each check that is not met, "devices": a line for each in a class of failure}.'
  returned: always
  type: dict
"""
