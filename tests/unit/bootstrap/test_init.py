"""`ketnoi init`: what it makes, and that it makes it once."""

import json
from pathlib import Path

import pytest

from province.commands import init as init_command
from province.office.home import Home


def test_init_again_changes_nothing_and_says_so(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def files() -> dict[Path, bytes]:
        roots = (inventory, Home.of(inventory).root)
        return {path: path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}

    before = files()
    capsys.readouterr()
    assert init_command.init(inventory, "en", json_output=True) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == 0
    assert files() == before
    assert init_command.init(inventory, "vi") == 0
    assert "Không có gì thay đổi" in capsys.readouterr().out


def test_init_publishes_no_private_key(inventory: Path) -> None:
    home = Home.of(inventory)
    assert {path.name for path in (inventory / "authority").iterdir()} == {
        "ca.crt",
        "crl.pem",
        "office-ssh.pub",
        "office-wireguard.pub",
    }
    public = "".join(path.read_text() for path in (inventory / "authority").iterdir())
    for private in (home.ca_key, home.ssh_key, home.wireguard_key, home.vault_secret):
        body = [line for line in private.read_text().splitlines() if line and not line.startswith("-----")]
        assert not any(line in public for line in body)
