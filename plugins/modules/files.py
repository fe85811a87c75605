"""Documentation of the action `files`; the work is in plugins/action/files.py and plugins/module_utils/box.py."""

DOCUMENTATION = r"""
module: files
short_description: Put many files in place together, with the packages and units that go with them
description:
  - Renders on the controller and makes one round trip per host, whatever the number of files.
  - All files that differ are written and validated beside their places first, then renamed; a failure leaves every file as it was.
  - Supports check mode and diff. A file marked secret, or whose template uses C(vault), shows no content.
options:
  files:
    description: In the order in which they are put in place.
    type: list
    elements: dict
    suboptions:
      path: {type: path, required: true, description: Where on the host.}
      template:
        type: str
        description:
          - Jinja2 template, looked up in the role, then in templates/box and templates.
          - It sees the variables that it names, and C(vault), the facility's decrypted vault file.
      source: {type: path, description: A file on the controller, copied as it is.}
      content: {type: str, description: The text itself.}
      mode: {type: str, default: '0644', description: Permissions.}
      owner: {type: str, description: Account on the host; its group too. Left as it is when absent.}
      validate: {type: str, description: 'Command that must succeed, with C(%s) for the file beside its place.'}
      secret: {type: bool, default: false, description: Never show the content.}
      absent: {type: bool, default: false, description: Remove the file.}
  packages:
    description: Debian packages with their exact versions, installed after the files are in place.
    type: dict
  apt_list:
    description: The one source of APT that is read for them.
    type: path
  units:
    description: systemd units, seen to last.
    type: list
    elements: dict
    suboptions:
      name: {type: str, required: true, description: Name of the unit.}
      enabled: {type: bool, description: Enable it when it is not.}
      started: {type: bool, description: Start it when it is not running.}
      restart: {type: raw, description: 'Paths and C(package:NAME), or true for all files: restart the unit if one of them changed.'}
      reload: {type: raw, description: The same, with reload-or-restart.}
      check: {type: list, description: Command that fails when a running unit has to be restarted.}
  part:
    description: Name under which the digest of this task's input is recorded on the host after success.
    type: str
author: Ketnoi
"""

EXAMPLES = r"""
- name: Serve the time
  files:
    part: base.time
    files:
      - {path: /etc/chrony/chrony.conf, template: chrony.conf.j2, mode: "0644", validate: "chronyd -p -f %s"}
    units:
      - {name: chrony.service, enabled: true, started: true, restart: true}
"""

RETURN = r"""
changes:
  description: What was done, in order.
  returned: always
  type: list
"""
