"""Documentation of the action `ketnoi_files`; the work is in plugins/action/ketnoi_files.py and plugins/module_utils/box.py."""

DOCUMENTATION = r"""
module: ketnoi_files
short_description: Put many files in place together, with the packages and units that go with them
description:
  - Renders on the controller and makes one round trip per host, whatever the number of files.
  - All files that differ are written and validated beside their places first, then renamed; a failure leaves every file as it was.
  - A file marked secret, or whose template uses C(vault), shows no content.
options:
  packages:
    description: 'Debian packages and their exact versions, C({name: version}); installed after the files are in place.'
    type: dict
    default: {}
  apt_list:
    description: The one source of APT that is read for them.
    type: str
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
- name: Serve the time
  ketnoi_files:
    part: base.time
    files:
      - {path: /etc/chrony/chrony.conf, template: chrony.conf.j2, mode: "0644", validate: "chronyd -p -f %s"}
    units:
      - {name: chrony.service, enabled: true, started: true, restart: true}
"""

RETURN = r"""
changes:
  description: What was done, or would be done, in order.
  returned: when the host was visited
  type: list
  elements: str
  sample: [/etc/chrony/chrony.conf, restart chrony.service]
"""
