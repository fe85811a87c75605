"""Which province's inventory a command works on, when the user says so and when not."""

import os
from pathlib import Path

from province.trouble import Trouble


def find_inventory(given: Path | None) -> Path:
    """The inventory named, or KETNOI_INVENTORY, or the only one under ./inventory."""
    if given is None and os.environ.get("KETNOI_INVENTORY"):
        given = Path(os.environ["KETNOI_INVENTORY"])
    if given is None:
        found = sorted(path.parent for path in Path("inventory").glob("*/province.yml"))
        if len(found) != 1:
            raise Trouble(
                "không rõ dùng danh mục của tỉnh nào; thêm -i inventory/TÊN-TỈNH",
                "which province? add -i inventory/PROVINCE",
            )
        given = found[0]
    path = given.parent if given.name == "province.yml" else given
    if not (path / "province.yml").is_file():
        raise Trouble(f"{path}: không có province.yml", f"{path}: no province.yml there")
    return path.resolve()
