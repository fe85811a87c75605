"""Documentation of the action `ketnoi_peers_current`; the work is in plugins/action/ketnoi_peers_current.py."""

DOCUMENTATION = r"""
module: ketnoi_peers_current
short_description: Fail unless the hub's digest of the enrolled machines is the one given
description:
  - Reads C(/etc/ketnoi/peers.digest), which the role hub writes.
  - It looks in check mode too.
options:
  digest:
    description: sha256 of the canonical JSON of C(ketnoi_peers).
    type: str
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
- name: Compare the enrolled machines with the hub's
  ketnoi_peers_current:
    digest: "{{ ketnoi_peers_digest }}"
  run_once: true
  delegate_to: hub
"""

RETURN = r"""
reason:
  description: 'That the hub does not know the same machines, C({vi, en}).'
  returned: when it does not
  type: dict
hint:
  description: 'What to do, C({vi, en}).'
  returned: when it does not
  type: dict
"""
