"""Evidence of many facilities at once, with machines that answer, fail, or say nonsense."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from province.judging.verdict import Occasion, judge
from province.measure import confined, remote
from province.measure.devices.logins import WINDOW_S, Ledger
from province.measure.gather import Scope, gather
from province.measure.inventory import passwords
from province.measure.result import LONGEST, clean
from province.measure.subjects import Site
from province.reach.ssh import Shell
from province.standard.load import load
from tests.unit import verdicts as v

ACCOUNTS = {"admin": {"user": "admin", "password": "Aa1aaaaa"}, "viewer": {"user": "kn-view", "password": "Bb2bbbbb"}}


class FakeShell(Shell):
    """The province's machines as they would answer: `down` facilities have no tunnel, `answer` overrides a host's."""

    def __init__(self, sites: Sequence[Site], down: Sequence[str] = (), answer: dict[str, Any] | None = None) -> None:
        super().__init__(Path("inventory/none"))
        object.__setattr__(self, "sites", {site.code: site for site in sites})
        object.__setattr__(self, "down", set(down))
        object.__setattr__(self, "answer", answer or {})
        object.__setattr__(self, "asked", [])

    def run(
        self, host: str, argv: Sequence[str], stdin: str = "", seconds: float = 60.0, on_line: Callable[[str], None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        self.asked.append((host, list(argv), stdin))
        program = list(argv[1:] if argv[0] == "sudo" else argv)
        told = self.answer.get((host, " ".join(program[:2])), self.answer.get((host, program[0])))
        if told is not None:
            return subprocess.CompletedProcess(argv, told[0], told[1], "")
        if argv[0] == "ketnoi-measure":
            results = [self._measured(task) for task in json.loads(stdin)["tasks"]]
            return subprocess.CompletedProcess(argv, 0, json.dumps({"schema": 1, "results": results}), "")
        if "evidence" in argv:
            known = {site.id: as_told(v.evidence(site)["hub"]) for site in self.sites.values()}
            return subprocess.CompletedProcess(argv, 0, json.dumps({"sites": known, "database": None}), "")
        if "continuity" in argv:
            past = {site.id: {key: told for key, told in v.history(site).items() if key != "ok"} for site in self.sites.values()}
            return subprocess.CompletedProcess(argv, 0, json.dumps({"sites": past}), "")
        if "last" in argv:
            return subprocess.CompletedProcess(argv, 0, json.dumps({"sites": dict.fromkeys(argv[3:], LAST)}), "")
        if argv[0] == "python3":
            return subprocess.CompletedProcess(argv, 0, json.dumps(["SSH-2.0-ROSSSH\r\n" for _ in json.loads(stdin)]), "")
        if argv[0] == "sh":
            return subprocess.CompletedProcess(argv, 0, "ZmlsbQ==", "")
        if "recordings" in argv:
            return subprocess.CompletedProcess(argv, 0, json.dumps(box_status(self.sites[host])), "")
        return subprocess.CompletedProcess(argv, 0, json.dumps(RULES), "")

    def _measured(self, task: dict[str, Any]) -> dict[str, Any]:
        site = self.sites[task["site"]]
        whole = v.evidence(site)
        slot = task["camera"]
        camera = whole["cameras"].get(str(slot), {})
        camera["settings"] = camera.get("settings", {}) | {"stream": {"port": 554, "path": f"/ch{slot}"}}
        dead = {"ok": False, "reason": "tunnel_down"}
        found: dict[str, Any] = {
            "tunnel": {"tunnel": whole["tunnel"]},
            "box": {"ssh": whole["ssh"], "ports": whole["ports"]},
            "settings": {key: camera.get(key) for key in ("clock", "settings", "factory_login")},
            "recorder": v.recorder(site),
            "footage": {"footage": {"ok": True, "codec": "h264", "width": 1920, "height": 1080, "pictures": 30}},
            "stream": {name: camera.get(name) for name in (task.get("as"), task.get("open_as")) if name},
        }[task["kind"]]
        if site.code in self.down:
            gone = {"ok": True, "alive": False, "rtt_ms": None, "tries": 3}
            found = {name: gone if name == "tunnel" else dead for name in found}
        return remote.about(task) | {"found": found}


LAST = {
    "verdict": {"at": "2026-01-30T00:00:00Z", "verdict": "met", "counts": {"met": 90}, "not_met": []},
    "last_seen": "2026-01-31T00:00:00Z", "cameras": {"up": 4},
}  # fmt: skip


def as_told(hub: dict[str, Any]) -> dict[str, Any]:
    """As `ketnoi-hub evidence` has it: the box's clock stands in its snapshot."""
    clock, age = hub.pop("clock"), hub.pop("state_age_s")
    return hub | {"state": {"clock": clock}, "state_age_s": age}


def box_status(site: Site) -> dict[str, Any]:
    """`edge-agent recordings status --json` of a box whose recorder has run for ten minutes."""
    camera = {
        "state": "recording", "last_segment_at": "2026-01-31T11:59:30Z", "kept_from": "2026-01-31T11:50:00Z", "days_kept": 0.01,
        "bytes": 1, "gaps": [],
    }  # fmt: skip
    disk = {"path": "/srv/ketnoi", "total_bytes": 4 * 10**12, "free_bytes": 10**12, "state": "ok", "detail": None}
    return {"schema": 1, "at": "2026-01-31T12:00:00Z", "disk": disk, "cameras": {str(each.slot): camera for each in site.cameras}}


def rule(handle: int, expr: list[dict[str, Any]], comment: str | None = None) -> dict[str, Any]:
    return {"rule": {"chain": "forward", "handle": handle, "comment": comment, "expr": expr}}


def match(key: str, value: Any, kind: str = "meta") -> dict[str, Any]:
    return {"match": {"op": "in" if kind == "ct" else "==", "left": {kind: {"key": key}}, "right": value}}


DROP = rule(9, [match("iifname", "eth1"), {"counter": {"packets": 7, "bytes": 420}}, {"drop": None}], confined.REFUSED)
ANSWERS = rule(4, [match("iifname", "eth1"), match("state", ["established", "related"], "ct"), {"accept": None}], "devices answer viewers")
VIEWERS = rule(2, [match("iifname", "ketnoi"), {"accept": None}], "viewers to devices")
FORWARD = {"chain": {"name": "forward", "policy": "drop"}}
RULES = {"nftables": [{"metainfo": {}}, FORWARD, VIEWERS, ANSWERS, DROP]}


def three() -> list[Site]:
    return [v.site(f"an-nhon-0{n}") for n in (1, 2, 3)]


def run(sites: list[Site], shell: FakeShell, lab: str | None = None) -> dict[str, Any]:
    logins = {(site.code, camera.slot): ACCOUNTS for site in sites for camera in site.cameras}
    alone = {key: {"ok": True, "shared_with": []} for key in logins}
    sites = [Site(**{**site.__dict__, "id": f"BD-000{n}"}) for n, site in enumerate(sites, 1)]
    for site in sites:
        shell.sites[site.code] = site
    scope = Scope(sites, load(), logins, {"": []}, alone, lab)
    evidence = gather(scope, shell, lambda where, told: None)
    return judge(evidence, load(), sites, Occasion("binh-dinh", "an-nhon", None, "full", "now", 1.0, {}))


def test_a_box_that_records_is_asked_itself_and_a_piece_of_its_footage_is_decoded_at_the_hub() -> None:
    sites = [v.site(by="box", enrolled_at="2026-01-31T11:45:00+00:00")]
    hub = as_told(v.evidence(sites[0])["hub"]) | {"first_seen": None}
    shell = FakeShell(sites, answer={("hub", "ketnoi-hub evidence"): (0, json.dumps({"sites": {"BD-0001": hub}}))})
    document = run(sites, shell)
    assert verdict_of(document) == ["met"]
    rows = [r for r in document["facilities"][0]["checks"] if r["id"] == "recording_now"]
    assert sorted(r["derived"] for r in rows) == [False, True, True, True]
    assert [r["so_far"] for r in document["facilities"][0]["checks"] if r["id"] == "days_kept"] == [True] * 4
    asked = [json.loads(stdin) for host, argv, stdin in shell.asked if (host, argv[0]) == ("hub", "ketnoi-measure")]
    assert [task["data"] for request in asked for task in request["tasks"] if task["kind"] == "footage"] == ["ZmlsbQ=="]


def verdict_of(document: dict[str, Any]) -> list[str]:
    return [facility["verdict"] for facility in document["facilities"]]


def test_three_facilities_that_answer_well_are_met() -> None:
    sites = three()
    document = run(sites, FakeShell(sites))
    assert verdict_of(document) == ["met"] * 3
    assert v.row(document, "cameras_confined")["derived"] is True


def test_one_facility_down_is_named_and_leaves_the_others_met() -> None:
    sites = three()
    document = run(sites, FakeShell(sites, down=["an-nhon-02"]))
    assert verdict_of(document) == ["met", "not_met", "met"]
    rows = document["facilities"][1]["checks"]
    assert [r["id"] for r in rows if r["verdict"] == "not_met"] == ["tunnel_up"]
    cameras = [
        r for r in rows if r["subject"].startswith("C") and r["id"] not in ("password_unique", "access_given", "continuous_operation")
    ]
    assert {(r["verdict"], r["says"]["en"]) for r in cameras} == {("unknown", "the facility's tunnel is down")}
    assert [facility["last"] is None for facility in document["facilities"]] == [True, False, True]
    last = document["facilities"][1]["last"]
    assert (last["verdict"]["verdict"], last["cameras"]) == ("met", {"up": 4})
    assert last["last_seen"]["age_s"] < last["verdict"]["age_s"]


def test_a_dead_tunnels_streams_are_not_asked_of_the_centre() -> None:
    sites = three()
    shell = FakeShell(sites, down=["an-nhon-02"])
    run(sites, shell)
    asked = [json.loads(stdin) for host, argv, stdin in shell.asked if host == "centre"]
    assert {task["site"] for request in asked for task in request["tasks"]} == {"an-nhon-01", "an-nhon-03"}


@pytest.mark.parametrize(
    ("host", "program", "answer", "check", "says"),
    [
        ("hub", "ketnoi-measure", (255, ""), "tunnel_up", "the hub could not be reached"),
        ("hub", "ketnoi-measure", (127, ""), "tunnel_up", "the measuring tool is missing on that machine"),
        ("hub", "ketnoi-measure", (0, "not json"), "box_ports", "the measuring tool failed on that machine"),
        ("hub", "ketnoi-hub", (255, ""), "agent_connected", "the hub could not be reached"),
        ("hub", "ketnoi-hub", (0, '{"sites": {}}'), "lifeline_up", "was not measured"),
        ("hub", "ketnoi-hub", (0, '{"sites": {"BD-0001": {}}, "database": "down"}'), "agent_connected",
         "the hub's database does not answer"),
        ("centre", "ketnoi-measure", (255, ""), "playable_centre", "the centre's probe could not be reached"),
        ("centre", "ketnoi-measure", (124, ""), "playable_centre", "the centre's probe could not be reached"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("odd_evidence")
def test_a_machine_that_fails_us_is_unknown_with_its_reason_never_met(
    host: str, program: str, answer: tuple[int, str], check: str, says: str
) -> None:
    sites = [v.site()]
    document = run(sites, FakeShell(sites, answer={(host, program): answer}))
    found = v.row(document, check)
    assert (found["verdict"], found["says"]["en"]) == ("unknown", says)
    assert document["facilities"][0]["verdict"] == "unknown"


def test_logins_go_by_stdin_and_never_by_command_line() -> None:
    sites = [v.site()]
    shell = FakeShell(sites)
    run(sites, shell)
    assert any(ACCOUNTS["viewer"]["password"] in stdin for _, _, stdin in shell.asked)
    assert not any(ACCOUNTS["viewer"]["password"] in " ".join(argv) for _, argv, _ in shell.asked)


def test_the_centre_is_given_no_administrators_password() -> None:
    sites = [v.site()]
    shell = FakeShell(sites)
    run(sites, shell)
    assert not any(ACCOUNTS["admin"]["password"] in stdin for host, _, stdin in shell.asked if host == "centre")


def opened(*rules: dict[str, Any], policy: str = "drop") -> list[str]:
    return list(confined.judge_rules([{"chain": {"name": "forward", "policy": policy}}, *rules])["reached"])


def test_the_boxes_rules_are_read_for_what_lets_a_camera_out() -> None:
    assert opened(VIEWERS, ANSWERS, DROP) == []
    assert opened(VIEWERS, ANSWERS, DROP, policy="accept") == ["forward policy accept"]
    assert opened(VIEWERS, ANSWERS) == [f"no rule {confined.REFUSED!r}"]
    hole = rule(3, [match("iifname", "eth1"), {"accept": None}], "by hand")
    assert opened(hole, VIEWERS, ANSWERS, DROP) == ["by hand"]
    assert opened(VIEWERS, ANSWERS, DROP, hole) == []
    anything = rule(3, [match("state", ["new", "established"], "ct"), {"accept": None}])
    assert opened(anything, DROP) == ["rule 3"]


def test_rules_tell_how_many_packets_were_refused() -> None:
    assert confined.judge_rules(RULES["nftables"])["refused_packets"] == 7


def lab(reached: list[str], able: bool = True, unproven: list[str] | None = None) -> dict[str, Any]:
    cameras = [{"slot": 1, "able": able, "reached": reached}, {"slot": 2, "able": True, "reached": []}]
    return confined._of_lab({"cameras": cameras, "targets": ["hub", "centre"], "unproven": unproven or []})


def test_the_labs_packets_count_only_where_silence_means_something() -> None:
    assert lab([])["ok"] is True
    assert lab(["centre 203.0.113.20"])["reached"] == ["C01 -> centre 203.0.113.20"]
    assert lab([], able=False)["reason"] == "camera_silent"
    assert lab([], unproven=["hub"])["reason"] == "not_proven"
    assert lab(["hub"], able=False)["ok"] is True


def test_a_password_used_twice_or_a_makers_own_is_named() -> None:
    def accounts(admin: str, viewer: str) -> dict[str, dict[str, str]]:
        return {"admin": {"user": "admin", "password": admin}, "viewer": {"user": "kn-view", "password": viewer}}

    logins = {("a", 1): accounts("p1", "p2"), ("a", 2): accounts("p3", "p1"), ("b", 1): accounts("p5", "admin12345")}
    logins |= {("a", 20): accounts("p9", "p5")}
    found = passwords(logins, {"generic": [{"user": "admin", "password": "admin12345"}]}, {("a", 20)})
    assert {key: value["shared_with"] for key, value in found.items()} == {
        ("a", 1): ["a/C02"], ("a", 2): ["a/C01"], ("b", 1): ["a/R20", "factory"], ("a", 20): ["b/C01"],
    }  # fmt: skip
    assert "p1" not in json.dumps(list(found.values()))


def test_failed_logins_are_counted_for_half_an_hour_and_a_refusal_is_evidence_for_a_day(tmp_path: Path) -> None:
    now = [1000.0]
    ledger = Ledger(tmp_path, lambda: now[0])
    ledger.failed("k")
    assert ledger.factory_refused("k").startswith("1970-01-01T00:16:40")
    ledger.failed("k")
    assert (ledger.left("k"), ledger.left("other")) == (0, 2)
    now[0] += WINDOW_S + 1
    assert ledger.left("k") == 2
    assert ledger.factory_evidence("k", 86400)
    now[0] += 86400
    assert ledger.factory_evidence("k", 86400) is None


def test_a_clock_set_back_does_not_shut_a_device_out_for_long(tmp_path: Path) -> None:
    now = [10_000_000.0]
    ledger = Ledger(tmp_path, lambda: now[0])
    ledger.failed("k")
    ledger.failed("k")
    now[0] = 1000.0
    assert ledger.left("k") == 0
    now[0] += WINDOW_S + 1
    assert ledger.left("k") == 2


def test_a_damaged_ledger_is_begun_anew(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.failed("k")
    (tmp_path / "measured-logins.json").write_text("{")
    assert ledger.left("k") == 2


def test_what_a_device_says_is_fit_to_print() -> None:
    said = clean({"na\x1bme": ["\x1b[2Jevil\u202e", "x" * 999]})
    assert said == {"name": ["[2Jevil", "x" * LONGEST]}


def test_what_runs_on_the_hub_needs_nothing_of_the_offices_libraries() -> None:
    import sys

    code = (
        "import sys\n"
        "for name in ('pydantic', 'typer', 'rich', 'yaml', 'ansible', 'jinja2', 'ruamel'): sys.modules[name] = None\n"
        "import province.measure.remote, province.measure.devices.onvif.camera, province.measure.streams.stream\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ssh_is_pinned_quoted_and_asks_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETNOI_HOME", str(tmp_path))
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "province.yml").write_text("code: x\n")
    command = Shell(tmp_path / "p").command("an-nhon-01", ["sudo", "nft", "a b; rm"])
    options = dict(word.split("=", 1) for word in command if "=" in word and not word.startswith("ketnoi"))
    assert options["StrictHostKeyChecking"] == "yes"
    assert options["BatchMode"] == "yes"
    assert options["HostKeyAlias"] == "an-nhon-01"
    assert options["UserKnownHostsFile"] == str(tmp_path / "x" / "known_hosts")
    assert command[-1] == "sudo nft 'a b; rm'"
