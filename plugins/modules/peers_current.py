"""Documentation of the action `peers_current`; the work is in plugins/action/peers_current.py."""

DOCUMENTATION = r"""
module: peers_current
short_description: Fail unless the hub's digest of the enrolled machines is the one given
description:
  - Reads C(/etc/ketnoi/peers.digest), which the role hub writes.
options:
  digest: {type: str, required: true, description: sha256 of the canonical JSON of C(ketnoi_peers).}
author: Ketnoi
"""

EXAMPLES = r"""
- name: Compare the enrolled machines with the hub's
  peers_current:
    digest: "{{ ketnoi_peers_digest }}"
  run_once: true
  delegate_to: hub
"""
