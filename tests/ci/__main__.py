"""The steps of tests/ci/run, in order; see the package's docstring."""

import argparse
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from province.model import Facility, Province, load
from province.model.devices import Camera, Recorder, Switch
from province.office import vaults
from province.office.home import Home
from province.text import Text, default_lang
from tests.ci import rehearsal
from tests.ci.stage import ROOT, Stage, free_ports
from tests.ci.told import Teller, Wrong

OWN = Path(__file__).with_name("inventory")
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
SUBJECT = re.compile(r"\bC\d{2,3}\b")
ALTERED = {"encoder.width": 640, "encoder.height": 480}
TAGS, OTHERS = "cameras,recorders,switches", "base,agent,tunnel,network"
NO_BOX = '{"recorders_here": false, "recorders_no_files": [], "recorders_no_units": []}'
"""This machine is no box: nothing of the recorder on the box is put in place here."""
STEPS = 10


class Ci:
    """One run: each method is a step; Wrong ends it."""

    def __init__(self, stage: Stage, teller: Teller, inventory: Path) -> None:
        self.stage, self.teller, self.inventory = stage, teller, inventory
        self.province: Province
        self.facility: Facility

    def check(self, site: str | None) -> None:
        with self.teller.step(f"ketnoi check -i {self.inventory}", f"ketnoi check -i {self.inventory}") as step:
            status, said = self.stage.command("check", "ketnoi", "check", "-i", str(self.inventory))
            if status:
                raise Wrong(Text("danh mục của tỉnh có lỗi", "the inventory has faults"), said)
            province, _ = load(self.inventory)
            assert province is not None, "no faults, so a province"
            facility = rehearsal.chosen(province, site)
            if facility is None:
                raise Wrong(_none(province, site))
            self.province, self.facility = province, facility
            last = said.strip().splitlines()[-1:]
            step.note(*(last * 2 if last else ("", "")))

    def raise_facility(self) -> None:
        facility, devices = self.facility, rehearsal.played(self.facility)
        with self.teller.step(
            f"dựng {len(devices)} thiết bị mô phỏng của {facility.code} trên 127.0.0.0/8, như mới xuất xưởng",
            f"play the {len(devices)} devices of {facility.code} on 127.0.0.0/8, as they leave the factory",
        ) as step:
            if shutil.which("ffmpeg", path=self.stage.environment["PATH"]) is None:
                raise Wrong(Text("thiếu ffmpeg: apt-get install ffmpeg", "ffmpeg is missing: apt-get install ffmpeg"))
            ntp_port = self.stage.time_server(rehearsal.moved(facility.lan.box_address))
            (rtsp_port,) = free_ports(1)  # one for all, each at its own address: recorders look for cameras there
            more = {"ntp_port": ntp_port, "clock_offset_s": -7 * 3600.0, "rtsp_port": rtsp_port}
            for device in devices:
                wants = {} if isinstance(device, Switch) else more
                wants |= {"camera_rtsp_port": rtsp_port, "channels": device.channels or 16} if isinstance(device, Recorder) else {}
                self.stage.play(device, rehearsal.factory_account(self.province, device), **wants)
            ports = {device.slot: self.stage.port(device.slot) for device in devices}
            rehearsal.write(self.province, facility, ports, self.stage.inventory)
            listed = ", ".join(f"{named(device)} {rehearsal.moved(device.address)}:{ports[device.slot]}" for device in devices)
            step.note(listed, listed)

    def init(self) -> None:
        with self.teller.step("ketnoi init, ketnoi check (kho khoá tạm)", "ketnoi init, ketnoi check (keys of this run alone)"):
            for name in ("init", "check"):
                status, said = self.stage.command(f"rehearsed-{name}", "ketnoi", name, "-i", str(self.stage.inventory))
                if status:
                    raise Wrong(Text(f"`ketnoi {name}` kết thúc với mã {status}", f"`ketnoi {name}` ended with status {status}"), said)

    def plan(self) -> None:
        with self.teller.step(
            f"site.yml --tags {TAGS} --check: báo thay đổi, không ghi gì", f"site.yml --tags {TAGS} --check: says, writes nothing"
        ):
            self.site("site-0-check", changed=self.kinds(), wrote=set(), more=("--check",))

    def configure(self) -> None:
        with self.teller.step(
            f"site.yml --tags {TAGS}: lần đầu, mọi thiết bị được đặt lại", f"site.yml --tags {TAGS}: the first run sets every device"
        ) as step:
            self.site("site-1-first", changed=self.kinds(), wrote=set(self.stage.devices))
            count = sum(self.stage.written().values())
            step.note(f"{count} lệnh ghi, {len(self.stage.devices)} thiết bị", f"{count} writes, {len(self.stage.devices)} devices")

    def again(self) -> None:
        with self.teller.step(f"site.yml --tags {TAGS}: lần hai, changed=0", f"site.yml --tags {TAGS}: the second run, changed=0"):
            self.stage.forget()
            self.site("site-2-again", changed=0, wrote=set())

    def verified(self) -> None:
        with self.teller.step("verify.yml: đạt", "verify.yml: meets the standard") as step:
            self.meets("verify-1", step.note)

    def altered(self) -> int:
        cameras = [camera.slot for camera in self.facility.cameras if camera.slot in self.stage.devices]
        slot = cameras[len(cameras) // 2]
        name = f"C{slot:02d}"
        with self.teller.step(
            f"đổi cỡ hình của {name} sau lưng: verify.yml phải báo đúng camera đó",
            f"the picture size of {name} altered behind our back: verify.yml must name it and no other",
        ) as step:
            for path, value in ALTERED.items():
                self.stage.devices[slot].control("set", path=path, value=value)
            status, said, rows = self.verify("verify-2-altered")
            if status == 0:
                raise Wrong(Text("verify.yml không phát hiện gì", "verify.yml found nothing"), said)
            named, printed = {row["subject"] for row in rows}, set(SUBJECT.findall(said))
            if named != {name} or printed != {name}:
                found = ", ".join(sorted(named | printed)) or "-"
                raise Wrong(Text(f"phải báo {name}, lại báo: {found}", f"expected {name}, named: {found}"), said)
            for row in rows:
                step.note(*(f"{name} {row['id']}: {row['says'][lang]}" for lang in ("vi", "en")))
        return slot

    def repaired(self, slot: int) -> None:
        """Together with a switch, if there is one, one of whose camera ports was opened to the others."""
        name, wrong = f"C{slot:02d}", {slot}
        for switch in self.facility.switches:
            port = next((port for port in switch.ports if port.camera), None)
            if switch.slot in self.stage.devices and port and len(wrong) == 1:
                self.stage.devices[switch.slot].control("set", path=f"ports.{port.name}.isolated", value=False)
                wrong.add(switch.slot)
                name += f", S{switch.slot:02d}"
        with self.teller.step(
            f"site.yml --tags {TAGS}: chỉ sửa {name}; verify.yml: đạt",
            f"site.yml --tags {TAGS} repairs {name} alone; verify.yml: meets the standard",
        ) as step:
            self.stage.forget()
            self.site("site-3-repair", changed=len(wrong), wrote=wrong)
            step.note("các thiết bị khác: không một lệnh ghi", "the others: not one write")
            self.meets("verify-3-repaired", step.note)

    def kinds(self) -> int:
        """How many of the roles have something to do."""
        return len({type(device) for device in rehearsal.played(self.facility)})

    def quiet(self) -> None:
        with self.teller.step("không mật khẩu nào lọt vào kết quả", "no password in anything that was printed or written"):
            home = Home(self.province.code)
            accounts = [pair for kind in vaults.read(home, self.stage.inventory, self.facility.code).values() for pair in kind.items()]
            secrets = {account["password"]: slot for slot, several in accounts for account in several.values()}
            secrets[home.vault_secret.read_text().strip()] = "vault-secret"
            kept = "".join(file.read_text(errors="replace") for file in self.stage.out.rglob("*") if file.is_file())
            seen = sorted({owner for secret, owner in secrets.items() if secret in kept + self.stage.said})
            if seen:
                raise Wrong(Text(f"lộ mật khẩu: {', '.join(seen)}", f"secrets were shown: {', '.join(seen)}"))

    def site(self, log: str, changed: int, wrote: set[int], more: tuple[str, ...] = ()) -> None:
        """Run the role; the facility's `changed` in Ansible's recap, and the slots that were written to, by the cameras' own word."""
        playbook = (
            "ansible-playbook",
            "-i",
            str(self.stage.inventory),
            "playbooks/site.yml",
            "--tags",
            TAGS,
            "--skip-tags",
            OTHERS,
            "-e",
            NO_BOX,
            "--diff",
            *more,
        )
        status, said = self.stage.command(log, *playbook, variables={"site_hub_check": "false", **self.settings()})
        recap = {host: (int(count), int(lost), int(failed)) for host, count, lost, failed in RECAP.findall(said)}
        if status or recap.get(self.facility.code) != (changed, 0, 0):
            wanted = f"changed={changed} failed=0, exit 0"
            raise Wrong(Text(f"mong đợi {wanted}; mã kết thúc {status}", f"expected {wanted}; it ended with status {status}"), said)
        found = set(self.stage.written())
        if found != wrote:
            names = [", ".join(map(str, sorted(slots))) or "-" for slots in (wrote, found)]
            raise Wrong(
                Text(
                    f"thiết bị được ghi (theo vị trí): mong đợi {names[0]}, thực tế {names[1]}",
                    f"devices written to, by slot: expected {names[0]}, found {names[1]}",
                ),
                said,
            )

    def settings(self) -> Mapping[str, str]:
        """What makes a box of this machine: no SSH, no sudo, the agent of this environment, its state in our folder."""
        return {
            "ansible_connection": "local",
            "ansible_become": "false",
            "ansible_python_interpreter": sys.executable,
            **{f"{kind}_edge_agent": str(Path(sys.executable).with_name("edge-agent")) for kind in ("cameras", "recorders")},
            **{f"{kind}_state_dir": str(self.stage.folder / "box") for kind in ("cameras", "recorders", "switches")},
        }

    def verify(self, log: str) -> tuple[int, str, list[dict[str, Any]]]:
        """Run verify.yml: exit status, what it said, and the checks that are not met."""
        folder = self.stage.out / log
        playbook = ("ansible-playbook", "-i", str(self.stage.inventory), "playbooks/verify.yml")
        status, said = self.stage.command(
            log, *playbook, variables={"verify_local": "true", "verify_out": str(folder), "ansible_become": "false"}
        )
        documents = [json.loads(file.read_text(encoding="utf-8")) for file in folder.rglob("verify.json")]
        rows = [row for each in documents for facility in each["facilities"] for row in facility["checks"]]
        if not rows:
            raise Wrong(Text("verify.yml không đo được gì", "verify.yml measured nothing"), said)
        return status, said, [row for row in rows if row["verdict"] != "met"]

    def meets(self, log: str, note: Any) -> None:
        status, said, rows = self.verify(log)
        if status or rows:
            raise Wrong(Text(f"{len(rows)} mục chưa đạt, mã kết thúc {status}", f"{len(rows)} checks are not met, exit {status}"), said)
        for file in (self.stage.out / log).rglob("verify.xml"):
            shutil.copy(file, self.stage.out / "verify.xml")
        note("mọi mục đo đều đạt", "every check is met")


def named(device: Camera | Recorder | Switch) -> str:
    """C03, R20, S30: as verdicts and displays call it."""
    letter = "C" if isinstance(device, Camera) else "R" if isinstance(device, Recorder) else "S"
    return f"{letter}{device.slot:02d}"


def _none(province: Province, site: str | None) -> Text:
    named = province.facility(site) if site else None
    if named is None:
        return province.unknown(site=site) or Text("không có cơ sở nào có camera", "no facility has cameras")
    return named.withheld(date.today()) or Text(f"{named.code} chưa có camera", f"{named.code} has no cameras")


def main() -> int:
    lang = default_lang()
    options = _options()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    teller = Teller(lang, STEPS)
    with Stage(options.out, lang) as stage:
        os.environ["KETNOI_HOME"] = stage.environment["KETNOI_HOME"]
        ci = Ci(stage, teller, options.inventory)
        try:
            ci.check(options.site)
            ci.raise_facility()
            ci.init()
            ci.plan()
            ci.configure()
            ci.again()
            ci.verified()
            ci.repaired(ci.altered())
            ci.quiet()
        except Wrong:
            pass
        finally:
            teller.write(options.out / "steps.xml")
    failed = any(step.wrong for step in teller.steps)
    summary = Text("LỖI", "FAILED") if failed else Text("xong, mọi bước đều đúng", "done, every step went as it should")
    written = [name for name in ("steps.xml", "verify.xml", "*.log") if any(options.out.glob(name))]
    teller.line(f"{summary.pick(lang)}: {_short(options.out)}/ {', '.join(written)}")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/ci/run", description="Rehearse one facility of an inventory on loopback, without root.")
    parser.add_argument("-i", "--inventory", type=_from_there, default=OWN, help="the province's folder (default: a small one of our own)")
    parser.add_argument("--site", help="which facility (default: the first with cameras)")
    parser.add_argument("--out", type=_from_there, default=ROOT / "out" / "ci", help="where results go (default: out/ci)")
    options = parser.parse_args()
    if options.inventory.name == "province.yml":
        options.inventory = options.inventory.parent
    return options


def _from_there(path: str) -> Path:
    """A path as the caller meant it: tests/ci/run goes to the checkout's root first."""
    return Path(os.environ.get("KETNOI_CI_FROM", "."), path).resolve()


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _stop(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
