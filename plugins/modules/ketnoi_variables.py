"""Documentation of the action `ketnoi_variables`; the work is in plugins/action/ketnoi_variables.py."""

DOCUMENTATION = r"""
module: ketnoi_variables
short_description: Fail where a role's variable is not of its kind, or would not meet the standard
description:
  - Looks at every variable of a role that C(-e), C(group_vars) or C(host_vars) chooses, before the first role begins.
  - Kinds are those of C(meta/argument_specs.yml) of each role.
  - It looks in check mode too, and connects to nothing.
options:
  standard:
    description: The thresholds of the province's standard, C(ketnoi_standard) of the inventory plugin.
    type: dict
    required: true
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: It changes nothing.
  idempotent:
    support: full
extends_documentation_fragment:
  - ketnoi
"""

EXAMPLES = r"""
- name: Look at what was chosen for the roles
  ketnoi_variables:
    standard: "{{ ketnoi_standard }}"
"""

RETURN = r"""
reason:
  description: 'Which variables are wrong, and why, C({vi, en}).'
  returned: when some are
  type: dict
hint:
  description: 'What to do, C({vi, en}).'
  returned: when some are
  type: dict
"""
