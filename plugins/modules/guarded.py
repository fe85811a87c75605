"""Documentation of the action `guarded`; the work is in plugins/action/guarded.py and on the box in edge_agent/guard."""

DOCUMENTATION = r"""
module: guarded
short_description: Change what could cut every way to a box, and let the box undo it if nobody gets in any more
description:
  - When a file differs, C(edge-agent guard apply) keeps the old, arms a timer that survives a reboot, and applies.
  - The connection is dropped, and the change committed over a new one; otherwise the box restores itself and the task fails.
  - Nothing to change costs one round trip. Supports check mode and diff.
options:
  name: {type: str, required: true, description: 'Name of the change, such as C(network).'}
  files: {type: list, elements: dict, required: true, description: As for M(files).}
  validate: {type: list, elements: list, description: Commands that must succeed before the change is applied.}
  apply: {type: list, elements: list, description: 'Commands that bring the files into effect, new or restored.'}
  undo: {type: list, elements: list, description: 'First thing when restoring, the new files still there.'}
  targets: {type: list, elements: str, description: 'host:port, one of which must answer before a confirmation counts.'}
  seconds: {type: int, default: 300, description: How long the box waits to be confirmed.}
  units: {type: list, elements: dict, description: As for M(files); seen to after the change is confirmed.}
  part: {type: str, description: As for M(files).}
author: Ketnoi
"""

EXAMPLES = r"""
- name: Close the firewall
  guarded:
    name: firewall
    files: [{path: /etc/ketnoi/firewall.nft, template: firewall.nft.j2}]
    apply: [[systemctl, restart, ketnoi-firewall.service]]
"""
