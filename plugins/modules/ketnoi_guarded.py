"""Documentation of the action `ketnoi_guarded`; the work is in plugins/action/ketnoi_guarded.py and on the box in edge_agent/guard."""

DOCUMENTATION = r"""
module: ketnoi_guarded
short_description: Change what could cut every way to a box, and let the box undo it if nobody gets in any more
description:
  - When a file differs, C(edge-agent guard apply) keeps the old, arms a timer that survives a reboot, and applies.
  - The connection is dropped, and the change committed over a new one; otherwise the box restores itself and the task fails.
  - Nothing to change costs one round trip.
options:
  name:
    description: Name of the change, such as C(network).
    type: str
    required: true
  validate:
    description: Commands, each word by word, that must succeed before the change is applied.
    type: list
    elements: list
    default: []
  apply:
    description: Commands that bring the files into effect, new or restored.
    type: list
    elements: list
    default: []
  undo:
    description: Commands that come first when restoring, the new files still there.
    type: list
    elements: list
    default: []
  targets:
    description: Of these C(host:port) one must answer before a confirmation counts.
    type: list
    elements: str
    default: []
  seconds:
    description: How long the box waits to be confirmed.
    type: int
    default: 300
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
extends_documentation_fragment:
  - ketnoi
  - ketnoi.files
  - ketnoi.units
  - ketnoi.part
"""

EXAMPLES = r"""
- name: Close the firewall
  ketnoi_guarded:
    name: firewall
    files: [{path: /etc/ketnoi/firewall.nft, template: firewall.nft.j2}]
    apply: [[systemctl, restart, ketnoi-firewall.service]]
"""

RETURN = r"""
changes:
  description: What was done, or would be done, in order.
  returned: when the host was visited
  type: list
  elements: str
  sample: [/etc/ketnoi/firewall.nft]
reason:
  description: 'Why the change did not stay, C({vi, en}).'
  returned: when the box refused the change, restored itself or was lost
  type: dict
hint:
  description: 'What to do next, C({vi, en}).'
  returned: when the box refused the change, restored itself or was lost
  type: dict
"""
