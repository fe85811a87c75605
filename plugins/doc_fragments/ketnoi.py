"""What several of our modules document alike; see `extends_documentation_fragment` in plugins/modules."""


class ModuleDocFragment:
    """Each text is taken by its name: `ketnoi` is DOCUMENTATION, `ketnoi.files` is FILES."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: In check mode says what would change, and changes nothing.
  diff_mode:
    description: With C(--diff) shows what differs, without secrets.
  idempotent:
    description: Run again with the same input it changes nothing.
requirements:
  - The Python package ketnoi on the controller; Python 3.11 and no Ansible on the host.
author:
  - The maintainers of Ketnoi
"""

    PART = r"""
options:
  part:
    description:
      - Name under which the digest of this task's input is recorded on the host after success.
      - It is what C(ketnoi plan) compares, to visit only where something changed. Nothing is recorded without it.
    type: str
"""

    STATE = r"""
options:
  state_dir:
    description: Where the box keeps what it converged to; C(/var/lib/ketnoi) when empty.
    type: str
    default: ""
"""

    DEVICES = r"""
options:
  facility:
    description:
      - The facility as the inventory plugin gives it in C(ketnoi_facility).
      - Its fields are those of an area's file, see docs/schema/area.json.
    type: dict
    required: true
  factory:
    description: Logins that devices leave the factory with, by make; tried once where a device does not take the vault's yet.
    type: dict
    default: {}
  slots:
    description: Only the devices in these slots; all when empty. Nothing is recorded then.
    type: list
    elements: int
    default: []
"""

    CAMERAS = r"""
options:
  encoder:
    description: What of the cameras' main stream is chosen otherwise than as the standard asks for.
    type: dict
    suboptions: &stream
      codec:
        description: Video codec.
        type: str
        choices: [h264, h265]
      width:
        description: Pixels across.
        type: int
      height:
        description: Pixels down.
        type: int
      fps:
        description: Frames a second.
        type: int
      keyframe_s:
        description: Seconds between two keyframes.
        type: float
      bitrate_kbps:
        description: Kilobits a second.
        type: int
  sub_encoder:
    description: The same of their sub stream.
    type: dict
    suboptions: *stream
  osd:
    description: Whether a camera's name stands in its picture; as the standard says when absent.
    type: bool
  discovery:
    description: Whether a camera answers who looks for one; as the standard says when empty.
    type: str
    choices: ["", NonDiscoverable, Discoverable]
"""

    FILES = r"""
options:
  files:
    description: In the order in which they are put in place.
    type: list
    elements: dict
    suboptions:
      path:
        description: Where on the host.
        type: str
        required: true
      template:
        description:
          - Jinja2 template, looked up in the role, then in templates/box and templates.
          - It sees the variables that it names, and C(vault), the facility's decrypted vault file.
        type: str
      source:
        description: A file on the controller, copied as it is; looked up in the role's files.
        type: str
      content:
        description: The text itself.
        type: str
      mode:
        description: Permissions; C(0644) when absent.
        type: str
      owner:
        description: Account on the host; its group too. Left as it is when absent.
        type: str
      validate:
        description: Command that must succeed, with C(%s) for the file beside its place.
        type: str
      secret:
        description: Never show the content.
        type: bool
      absent:
        description: Remove the file.
        type: bool
"""

    UNITS = r"""
options:
  units:
    description: systemd units, seen to last.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the unit.
        type: str
        required: true
      enabled:
        description: Enable it when it is not.
        type: bool
      started:
        description: Start it when it is not running.
        type: bool
      restart:
        description: Paths and C(package:NAME), or true for all files; restart the unit if one of them changed.
        type: raw
      reload:
        description: The same, with reload-or-restart.
        type: raw
      check:
        description: Command, word by word, that fails when a running unit has to be restarted.
        type: list
        elements: str
"""
