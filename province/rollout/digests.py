"""What each machine should have converged to: the digests of its roles' rendered input, from this office's inventory alone.

Rendering takes its time, so what was rendered is kept under a key of all that it is made of; a plan costs what changed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from province.model import Province
from province.office import enrolment
from province.office.home import Home
from province.rollout import inventory as ansible_inventory
from province.rollout import keys
from province.rollout.kept import Kept
from province.rollout.rendered import Digests
from province.rollout.watch import ansible_environment
from province.user_error import UserError

Enrolled = Mapping[str, enrolment.Record]


def ours(province: Province, enrolled: Enrolled, hosts: Collection[str], tags: Mapping[str, Sequence[str]]) -> Digests:
    """The digests that these hosts would converge to by these playbooks, each narrowed to its tags (none: all of it).

    enrolled: the records of those taken over. Raises UserError with what stopped it.
    """
    home, on = Home.of(province.path), date.today()
    asked = sorted(hosts)
    known, kept = keys.keys(province, enrolled, home, on, asked, tags), Kept(home, on)
    found = {host: digests for host in asked if (digests := kept.get(host, known.get(host))) is not None}
    moved = [host for host in asked if host not in found]
    if moved:
        made = _rendered(province, enrolled, home, on, moved, tags)
        for host, digests in made.items():
            if host in known and digests and all(digests.values()):
                kept.add(host, known[host], digests)
        home.ensure()
        kept.save({"hub", *(facility.code for facility in province.facilities)})
        found |= made
    return found


def _rendered(
    province: Province,
    enrolled: Enrolled,
    home: Home,
    on: date,
    hosts: list[str],
    tags: Mapping[str, Sequence[str]],
) -> Digests:
    with tempfile.TemporaryDirectory(prefix="ketnoi-plan-") as folder:
        handed = ansible_inventory.hand_over(keys.listing_for(province, enrolled, home, on, hosts), Path(folder, "listing.json"))
        done = subprocess.run(
            [sys.executable, "-m", "province.rollout.rendered", str(province.path)],
            input=json.dumps({"hosts": hosts, "tags": {playbook: list(wanted) for playbook, wanted in tags.items()}}),
            capture_output=True,
            text=True,
            env=os.environ | ansible_environment(province.path) | handed,
            check=False,
        )
    if done.returncode:
        said = done.stderr.strip()[-2000:] or f"exit {done.returncode}"
        raise UserError(f"không tính được kế hoạch: {said}", f"the plan could not be computed: {said}")
    return dict(json.loads(done.stdout)["digests"])
