"""The task `ketnoi_verify`: `ketnoi verify` for all facilities of the play at once. What plugins/modules/ketnoi_verify.py documents."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from province.rollout.action import BoxAction
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult, FacilityVerified
from province.text import Lang, Text, default_lang

ADVISED = Text("khuyến nghị", "advised")
EXPECTED = Text("cần", "expected")
COMMAND = "from province.cli import main; main()"


class VerifyArgs(TypedDict):
    out: str
    local: bool


class ActionModule(BoxAction[VerifyArgs]):
    """Shows the command's progress as it comes; changes nothing, so that it runs in check mode too."""

    ARGUMENTS = documented("ketnoi_verify")

    def act(self, args: VerifyArgs) -> ActionResult:
        codes = [str(code) for code in self.variable("ansible_play_hosts", [self.host])]
        out = Path(args["out"]).absolute()
        argv = [sys.executable, "-c", COMMAND, "verify", "-i", str(self.variable("ketnoi_inventory")), "--out", str(out)]
        argv += [part for code in codes for part in ("--site", code)]
        argv += ["--local"] if args["local"] else []
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line.strip())
            Display().display(line.rstrip())
        if process.wait() not in (0, 1):
            raise AnsibleActionFail("\n".join(said[-20:]) or f"ketnoi verify: exit {process.returncode}")
        document = json.loads((out / "verify.json").read_text(encoding="utf-8"))
        lang = default_lang()
        facilities: dict[str, FacilityVerified] = {
            facility["code"]: {
                "verdict": facility["verdict"],
                "wrong": [_line(facility["code"], row, lang) for row in _wrong(facility)],
                "devices": [_device(facility["code"], each, lang) for each in facility["devices"] if each["class"]],
            }
            for facility in document["facilities"]
        }
        return {"changed": False, "verdict": document["verdict"], "facilities": facilities, "written": str(out)}


def _wrong(facility: dict[str, Any]) -> list[dict[str, Any]]:
    """The checks that are not met, or are required and unknown; required ones first. What is waived, and what only time can tell, is
    no fault of today."""
    pressing = (
        row
        for row in facility["checks"]
        if row["verdict"] == "not_met" or (row["verdict"] == "unknown" and row["required"] and not row["pending"])
    )
    return sorted(pressing, key=lambda row: not row["required"])


def _line(code: str, row: dict[str, Any], lang: Lang) -> str:
    advised = "" if row["required"] else f" ({ADVISED.pick(lang)})"
    hint = f" -> {row['hint'][lang]}" if row["hint"] else ""
    expected = f" ({EXPECTED.pick(lang)} {shown})" if (shown := _shown(row["expected"])) else ""
    return f"{code} {row['subject']} {row['id']} {row['verdict']}{advised}: {row['title'][lang]}: {row['says'][lang]}{expected}{hint}"


def _device(code: str, device: dict[str, Any], lang: Lang) -> str:
    """One device that falls into a class, and what an engineer does next."""
    hint = f" -> {device['hint'][lang]}" if device["hint"] else ""
    return f"{code} {device['subject']} {device['class']}: {device['reason'][lang]}{hint}"


def _shown(expected: Any) -> str:
    if isinstance(expected, dict):
        return ", ".join(f"{name} {value}" for name, value in expected.items())
    return ", ".join(map(str, expected)) if isinstance(expected, list) else "" if expected in (None, True) else str(expected)
