"""What the tests of the office's half share."""

import sys
from pathlib import Path

import pytest

from province.bootstrap import process
from province.commands import init as init_command
from province.model import Province
from province.office import packages
from province.office.home import Home
from tests.unit.bootstrap.played import PYINFRA, Machines, whole
from tests.unit.inventories import copied


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """Stand in for pyinfra."""
    script = PYINFRA.format(log=str(tmp_path / "calls.json"), script=str(tmp_path / "script.json"))
    monkeypatch.setattr(process, "PYINFRA", [sys.executable, "-c", script])
    made = Machines(tmp_path)
    made.write()
    return made


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KETNOI_REPO", raising=False)
    monkeypatch.setattr(packages, "build", lambda repository, signing: {})
    made = copied(tmp_path, "an-nhon")
    init_command.init(made, "en", json_output=True)
    Home.of(made).repository.mkdir()
    return made


@pytest.fixture
def province(inventory: Path) -> Province:
    return whole(inventory)
