"""Passwords of devices: each its own, kept once made, and unreadable without the province's secret."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.office import vaults
from province.office.home import Home
from province.office.vaults import VaultError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "home"))
    made = Home("tinh-thu")
    vaults.create_secret(made)
    return made


def passwords(content: dict) -> list[str]:
    return [account["password"] for kind in content.values() for device in kind.values() for account in device.values()]


def test_a_password_suits_the_pickiest_maker() -> None:
    for _ in range(200):
        made = vaults.password()
        assert len(made) == 16 and made.isalnum() and made.isascii()
        assert any(c.islower() for c in made) and any(c.isupper() for c in made) and any(c.isdigit() for c in made)


def test_the_secret_is_made_once(home: Home) -> None:
    before = home.vault_secret.read_text()
    assert vaults.create_secret(home) is False
    assert home.vault_secret.read_text() == before
    assert stat.S_IMODE(home.vault_secret.stat().st_mode) == 0o600


@given(st.dictionaries(st.sampled_from(["cameras", "recorders", "switches"]), st.sets(st.integers(1, 126), max_size=12)))
def test_every_account_of_every_device_has_a_password_of_its_own(wanted: dict[str, set[int]]) -> None:
    full, added = vaults.complete({}, wanted)
    made = passwords(full)
    assert len(made) == len(set(made)) == added
    assert added == sum(len(slots) * len(vaults.ACCOUNTS[kind]) for kind, slots in wanted.items())


@given(st.sets(st.integers(1, 126), max_size=8), st.sets(st.integers(1, 126), max_size=8))
def test_what_is_there_stays_and_what_is_missing_is_added(first: set[int], second: set[int]) -> None:
    before, _ = vaults.complete({}, {"cameras": first})
    after, added = vaults.complete(before, {"cameras": second})
    assert added == 2 * len(second - first)
    assert all(after["cameras"][slot] == device for slot, device in before.get("cameras", {}).items())


def test_what_people_wrote_unquoted_is_text(home: Home, tmp_path: Path) -> None:
    written = "cameras:\n  3: {admin: {user: admin, password: 0123456}, viewer: {user: 777, password: yes}}\n"
    (tmp_path / "vault").mkdir()
    vaults.path(tmp_path, "an-nhon-01").write_bytes(vaults._vault(home).encrypt(written.encode()))
    assert vaults.read(home, tmp_path, "an-nhon-01") == {
        "cameras": {"3": {"admin": {"user": "admin", "password": "0123456"}, "viewer": {"user": "777", "password": "yes"}}}
    }


SLIPS = {
    "a word in place of an account": "cameras: {'3': {admin: {user: root, password: as-found}, viewer: word}}",
    "a word in place of the accounts": "cameras: {'3': as-found}",
    "an account without a password": "cameras: {'3': {admin: {user: root}}}",
}


@pytest.mark.parametrize("written", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_no_account_and_nothing_of_it_is_overwritten(home: Home, tmp_path: Path, written: str) -> None:
    file = vaults.path(tmp_path, "an-nhon-01")
    file.parent.mkdir()
    file.write_bytes(raw := vaults._vault(home).encrypt(written.encode()))
    assert vaults.read(home, tmp_path, "an-nhon-01")["cameras"]["3"].keys() <= {"admin"}
    with pytest.raises(VaultError, match=r"an-nhon-01\.yml"):
        vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [3]})
    assert file.read_bytes() == raw


def test_what_is_noted_beside_a_password_and_what_is_left_empty_is_in_nobodys_way(home: Home, tmp_path: Path) -> None:
    written = "cameras: {'3': {admin: {user: root, password: as-found, note: sticker}}, '4': }\nrecorders:\n"
    (tmp_path / "vault").mkdir()
    vaults.path(tmp_path, "an-nhon-01").write_bytes(vaults._vault(home).encrypt(written.encode()))
    assert vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [3, 4]}) == 3
    found = vaults.read(home, tmp_path, "an-nhon-01")
    assert found["cameras"]["3"]["admin"] == {"user": "root", "password": "as-found", "note": "sticker"}
    assert found["cameras"]["4"].keys() == {"admin", "viewer"} and found["recorders"] == {}


def test_a_password_that_people_wrote_is_kept(home: Home, tmp_path: Path) -> None:
    known = {"cameras": {"3": {"admin": {"user": "root", "password": "as-found-on-site"}}}}
    vaults.write_vault(home, tmp_path, "an-nhon-01", known)
    assert vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [3]}) == 1
    found = vaults.read(home, tmp_path, "an-nhon-01")["cameras"]["3"]
    assert found["admin"] == {"user": "root", "password": "as-found-on-site"}
    assert found["viewer"]["user"] == "kn-view"


def test_the_file_on_disk_tells_nothing_and_a_second_run_leaves_it_alone(home: Home, tmp_path: Path) -> None:
    assert vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [1, 2]}) == 4
    file = vaults.path(tmp_path, "an-nhon-01")
    raw = file.read_text()
    assert raw.startswith("$ANSIBLE_VAULT;1.1;AES256") and "kn-view" not in raw
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [1, 2]}) == 0
    assert file.read_text() == raw


def test_another_provinces_secret_opens_nothing_and_damages_nothing(home: Home, tmp_path: Path) -> None:
    vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [1]})
    raw = vaults.path(tmp_path, "an-nhon-01").read_bytes()
    stranger = Home("tinh-khac")
    vaults.create_secret(stranger)
    with pytest.raises(VaultError):
        vaults.ensure(stranger, tmp_path, "an-nhon-01", {"cameras": [1, 2]})
    assert vaults.path(tmp_path, "an-nhon-01").read_bytes() == raw


def test_without_the_secret_the_message_says_which_file_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path / "empty"))
    vaults.path(tmp_path, "x").parent.mkdir()
    vaults.path(tmp_path, "x").write_text("$ANSIBLE_VAULT;1.1;AES256\n00")
    with pytest.raises(VaultError, match="vault-secret"):
        vaults.read(Home("tinh-thu"), tmp_path, "x")


def test_ansibles_own_command_reads_the_file_through_our_script(home: Home, tmp_path: Path) -> None:
    vaults.ensure(home, tmp_path, "an-nhon-01", {"cameras": [7]})
    script = Path(__file__).parents[2] / "plugins" / "vault" / "ketnoi-vault-client"
    ansible_vault = Path(sys.executable).with_name("ansible-vault")
    command = [str(ansible_vault), "view", "--vault-id", f"tinh-thu@{script}", str(vaults.path(tmp_path, "an-nhon-01"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "'7':" in done.stdout, done.stderr


FULL = vaults.complete({}, {"cameras": [1, 2], "recorders": [101], "switches": [121]})[0]


def test_a_rotation_keeps_the_old_password_beside_the_new_one() -> None:
    renewed, count = vaults.renew(FULL, {"cameras": [1], "switches": [121]}, "2021-06-01T00:00:00+00:00")
    first, old = renewed["cameras"]["1"], FULL["cameras"]["1"]
    assert count == 2
    assert first["previous"] == {**old["admin"], "since": "2021-06-01T00:00:00+00:00", "viewer": old["viewer"]}
    assert first["admin"]["password"] != old["admin"]["password"] and first["viewer"]["password"] != old["viewer"]["password"]
    assert (renewed["cameras"]["2"], renewed["recorders"]) == (FULL["cameras"]["2"], FULL["recorders"])
    assert set(renewed["switches"]["121"]) == {"admin", "previous"}


def test_a_rotation_that_has_not_come_through_is_not_rotated_over() -> None:
    once, _ = vaults.renew(FULL, {"cameras": [1]}, "2021-06-01T00:00:00+00:00")
    twice, count = vaults.renew(once, {"cameras": [1, 2]}, "2021-07-01T00:00:00+00:00")
    assert count == 1 and twice["cameras"]["1"] == once["cameras"]["1"]
    assert vaults.unsettled(twice) == {"cameras": [1, 2]}


def test_passwords_of_a_facility_are_all_different_in_a_rotation_too() -> None:
    renewed, _ = vaults.renew(FULL, {kind: [int(slot) for slot in devices] for kind, devices in FULL.items()}, "2021-06-01T00:00:00+00:00")
    assert len(set(passwords(renewed))) == len(passwords(renewed)) == 11


def test_the_previous_password_goes_only_for_the_one_that_works_now(home: Home, tmp_path: Path) -> None:
    vaults.write_vault(home, tmp_path, "an-nhon-01", FULL)
    assert vaults.rotate(home, tmp_path, "an-nhon-01", {"cameras": [1, 2]}, "2021-06-01T00:00:00+00:00") == 2
    content = vaults.read(home, tmp_path, "an-nhon-01")
    vaults.confirm(home, tmp_path, "an-nhon-01", "cameras", {1: content["cameras"]["1"]["admin"], 2: FULL["cameras"]["2"]["admin"]})
    assert vaults.unsettled(vaults.read(home, tmp_path, "an-nhon-01")) == {"cameras": [2]}
