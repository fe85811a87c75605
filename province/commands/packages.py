"""`ketnoi packages`: the signed repository that hub and boxes install from, brought up to date in the office."""

import json
import sys
from pathlib import Path

from province.office import packages as repository
from province.office.home import Home
from province.text import Lang, Text


def packages(inventory: Path, lang: Lang, json_output: bool) -> int:
    home = Home.of(inventory)
    home.ensure()
    before = repository.versions(home.repository)
    after = repository.build(home.repository, home.signing, lambda what: print(f"  {what} …", file=sys.stderr))
    if json_output:
        print(json.dumps({"changed": before != after, "repository": str(home.repository), "versions": after}))
    else:
        said = Text("kho gói đã đủ, không đổi", "packages: nothing to build")
        if before != after:
            said = Text("đã tạo kho gói", "packages built")
        print(f"{said.pick(lang)}: " + ", ".join(f"{name} {version}" for name, version in after.items()))
    return 0
