"""Documentation of the action `ketnoi_verify`; the work is in plugins/action/ketnoi_verify.py and in `ketnoi verify`."""

DOCUMENTATION = r"""
module: ketnoi_verify
short_description: Measure the facilities of a play and judge them by the standard
description:
  - Runs C(ketnoi verify) once for all hosts of the play, on this machine; use it with C(run_once).
  - Fails only when it could not start. What a facility's verdict is, the play decides by the result.
options:
  out:
    description: Folder for verify.json, verify.html and verify.xml, made when it is missing.
    type: str
    default: out
  local:
    description: Measure the devices alone, from this machine, without a hub.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details: It changes nothing on any host, so that it measures in check mode too.
  diff_mode:
    support: none
    details: It changes nothing.
  idempotent:
    support: full
    details: Measures anew each time, and is never C(changed).
extends_documentation_fragment:
  - ketnoi
"""

EXAMPLES = r"""
- name: Measure and judge
  ketnoi_verify: {out: out}
  run_once: true
  register: verify_measured
"""

RETURN = r"""
verdict:
  description: 'Of all of them: C(met), C(waived) (met with waivers), C(not_met) or C(unknown).'
  returned: always
  type: str
facilities:
  description: Each facility's verdict and its lines, by code.
  returned: always
  type: dict
  contains:
    CODE:
      description: One facility.
      type: dict
      returned: always
      contains:
        verdict: {description: As for all of them., type: str, returned: always}
        wrong: {description: A line for each check that is not met., type: list, elements: str, returned: always}
        devices: {description: A line for each device that has failed., type: list, elements: str, returned: always}
written:
  description: The folder that the results are in.
  returned: always
  type: str
"""
