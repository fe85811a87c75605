"""`ketnoi schema`: JSON Schemas of the inventory's files, for editors."""

import json
from pathlib import Path

from province.model.schemas import SCHEMAS


def schema(out: Path) -> int:
    """Write one NAME.json for each kind of file into `out` and print the paths."""
    out.mkdir(parents=True, exist_ok=True)
    for name, document in SCHEMAS.items():
        file = out / f"{name}.json"
        file.write_text(render(document()), encoding="utf-8")
        print(file)
    return 0


def render(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
