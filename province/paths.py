"""Where things are: the data that travels with the code (beside the checkout, or inside the wheel), and the inventory meant."""

import os
from pathlib import Path

from province.user_error import UserError

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parent


def data(name: str) -> Path:
    """Path of a data folder or file, such as "templates" or "playbooks/site.yml".

    Raises FileNotFoundError when neither the checkout nor the installed package holds it.
    """
    for root in (_HERE / "share", _CHECKOUT):
        candidate = root / name
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"{name} is neither in {_CHECKOUT} nor in {_HERE / 'share'}: reinstall ketnoi")


def find_inventory(given: Path | None) -> Path:
    """The inventory named, or KETNOI_INVENTORY, or the only one under ./inventory."""
    if given is None and os.environ.get("KETNOI_INVENTORY"):
        given = Path(os.environ["KETNOI_INVENTORY"])
    if given is None:
        found = sorted(path.parent for path in Path("inventory").glob("*/province.yml"))
        if len(found) != 1:
            raise UserError(
                "không rõ dùng danh mục của tỉnh nào; thêm -i inventory/TÊN-TỈNH",
                "which province? add -i inventory/PROVINCE",
            )
        given = found[0]
    path = given.parent if given.name == "province.yml" else given
    if not (path / "province.yml").is_file():
        raise UserError(f"{path}: không có province.yml", f"{path}: no province.yml there")
    return path.resolve()
