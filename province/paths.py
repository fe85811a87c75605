"""Where the data that travels with the code is: the checkout's root when run from one, else inside the wheel."""

from pathlib import Path

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
