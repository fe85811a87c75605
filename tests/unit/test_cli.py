"""`ketnoi` as a user meets it: help in both languages, one line for what can't start, exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from province.cli import app
from province.commands.rollout import known_tags
from province.commands.targets import targets
from province.paths import data

pytestmark = pytest.mark.slow

COMMANDS = ("init", "check", "schema", "packages", "bootstrap", "enrol", "hub", "rollout", "wait", "verify", "reprovision", "lab")


def ketnoi(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "KETNOI_HOME": str(cwd / "home"), **environment}
    command = [str(Path(sys.executable).parent / "ketnoi"), *arguments]
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("environment", "word"), [({"LANG": "vi_VN.UTF-8"}, "tỉnh"), ({"LANG": "C.UTF-8"}, "province")])
def test_help_names_every_command_in_the_language_of_the_locale(tmp_path: Path, environment: dict[str, str], word: str) -> None:
    done = ketnoi("--help", cwd=tmp_path, **environment)
    assert done.returncode == 0 and word in done.stdout
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize(("lang", "word"), [("vi", "danh mục của tỉnh nào"), ("en", "which province")])
def test_without_an_inventory_it_says_what_to_add(tmp_path: Path, lang: str, word: str) -> None:
    done = ketnoi("check", "--lang", lang, cwd=tmp_path)
    assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_option_is_a_usage_error(tmp_path: Path) -> None:
    assert ketnoi("rollout", "--nonsense", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["rollout", "--site", "an-nhon-01", "--site", "an-nhon-02"], "--site"),
        (["survey", "scan", "--site", "an-nhon-01", "--site=an-nhon-02"], "--site"),
        (["report", "--area", "an-nhon", "--district", "quy-nhon"], "--area"),
    ],
)
def test_an_option_of_one_value_given_twice_is_refused(tmp_path: Path, arguments: list[str], named: str) -> None:
    done = ketnoi(*arguments, "-i", sample(), cwd=tmp_path)
    assert done.returncode == 2 and named in done.stderr and "more than once" in " ".join(done.stderr.replace("│", " ").split())


def test_options_of_many_values_and_flags_may_come_twice() -> None:
    done = CliRunner().invoke(app, ["rollout", "--tags", "base", "--tags", "agent", "--json", "--json", "--help"])
    assert done.exit_code == 0


@pytest.mark.parametrize(("tags", "named"), [("camera", "camera"), ("cameras,agnt", "agnt"), ("", "")])
def test_a_tag_that_no_role_has_is_refused(tmp_path: Path, tags: str, named: str) -> None:
    done = ketnoi("rollout", "-i", sample(), "--tags", tags, "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2 and f"--tags {named}: there is no such role" in done.stderr and "cameras" in done.stderr


def test_tags_may_stand_side_by_side() -> None:
    assert known_tags(["cameras,agent", "base"]) == ["cameras", "agent", "base"]


def sample() -> str:
    return str(data("inventory") / "binh-dinh")


def test_an_unknown_area_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    done = ketnoi("rollout", "-i", sample(), "--area", "an-nhom", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2 and "an-nhon" in done.stderr and "quy-nhon" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "which machines"),
        (["--site", "an-nhon-01"], "where does an-nhon-01 answer"),
        (["--at", "192.0.2.7"], "needs --site"),
        (["hub", "--area", "an-nhon", "--at", "hub=203.0.113.10"], "where does an-nhon-01"),
        (["hub", "--site", "an-nhon-01"], "where does an-nhon-01 answer"),
        (["--site", "an-nhon-99", "--at", "192.0.2.7"], "an-nhon-99"),
        (["hupp"], "hupp"),
    ],
)
def test_bootstrap_says_what_it_lacks_before_it_touches_anything(tmp_path: Path, arguments: list[str], word: str) -> None:
    done = ketnoi("bootstrap", *arguments, "-i", sample(), "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"), [(["--from", "."], "which machine"), (["--site", "an-nhon-01", "--from", "nowhere"], "ketnoi init")]
)
def test_enrol_says_what_it_lacks(tmp_path: Path, arguments: list[str], word: str) -> None:
    done = ketnoi("enrol", *arguments, "-i", sample(), "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr


def test_hub_and_boxes_may_be_named_together() -> None:
    where = {"an-nhon-01": "192.0.2.101", "hub": "203.0.113.99"}
    at = [f"{code}={address}" for code, address in where.items()]
    chosen = targets(Path(sample()), "en", machine="hub", area=None, site="an-nhon-01", at=at, bench=None)
    assert list(chosen.items()) == [("hub", "203.0.113.99"), ("an-nhon-01", "192.0.2.101")]
    assert targets(Path(sample()), "en", machine="hub", area=None, site=None, at=at, bench=None) == {"hub": "203.0.113.99"}
