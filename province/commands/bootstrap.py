"""`ketnoi bootstrap`: take blank machines over, side by side, and enrol them."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from getpass import getpass
from pathlib import Path

from province.bootstrap.machine import Machine
from province.bootstrap.outcome import BootstrapError, Outcome
from province.bootstrap.process import deploy_file
from province.bootstrap.run import Progress, ready, take_over, write_folder
from province.bootstrap.steps import CLAIM, STEPS, StepDone
from province.model import load
from province.text import Lang, Text

PASSWORD_VARIABLE = "KETNOI_FACTORY_PASSWORD"  # noqa: S105 - a name

STATUS: Mapping[str, Text] = {
    "enrolled": Text("đã ghi danh", "enrolled"),
    "changed": Text("đã cập nhật", "updated"),
    "unchanged": Text("không đổi", "unchanged"),
    "failed": Text("LỖI", "FAILED"),
    "refused": Text("TỪ CHỐI", "REFUSED"),
}
CHANGED, SAME = Text("xong", "done"), Text("đã có", "already so")
NOTHING = Text("Không có gì thay đổi.", "Nothing changed.")
NEXT = Text(
    "Đã ghi {folder}. Tiếp:\n  pyinfra {folder}/inventory.py {deploy}",
    "{folder} is written. Next:\n  pyinfra {folder}/inventory.py {deploy}",
)
ASK = Text("Mật khẩu root xuất xưởng: ", "Factory root password: ")


def factory_password(file: Path | None, lang: Lang) -> str | None:
    """From the file (`-`: standard input), else KETNOI_FACTORY_PASSWORD, else a prompt; never from arguments.

    None where there is nobody to ask: machines that are enrolled already need none.
    """
    if file is not None:
        try:
            text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
        except OSError as error:
            raise BootstrapError(f"{file}: không đọc được ({error.strerror})", f"{file}: can't be read ({error.strerror})") from error
        return text.partition("\n")[0]
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    return getpass(ASK.pick(lang)) if sys.stdin.isatty() else None


def read_bench(file: Path) -> dict[str, str]:
    """`{code: address}` from the bench's leases (JSON). Raises BootstrapError."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BootstrapError(f"{file}: không đọc được: {error}", f"{file}: can't be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BootstrapError(f'{file}: phải là {{"mã": "địa chỉ"}}', f'{file}: must be {{"code": "address"}}')
    return found


def steps_shown(lang: Lang) -> Progress:
    """A line on standard error for each machine and step."""

    def show(machine: Machine, done: StepDone) -> None:
        at = machine.steps.index(done.step) + 1
        result = (CHANGED if done.changed else SAME).pick(lang) if done.step not in ("contact", "identity") else ""
        line = f"  {machine.name:<16} {at:>2}/{len(machine.steps)} {STEPS[done.step].pick(lang):<40} {result}"
        print(line.rstrip(), file=sys.stderr, flush=True)

    return show


def unseen(machine: Machine, done: StepDone) -> None:
    """Progress that nobody looks at."""


def report(outcomes: Sequence[Outcome], lang: Lang, json_output: bool) -> int:
    """Print how each machine ended; 0 when all are enrolled, 1 otherwise."""
    failed = [o for o in outcomes if o.status in ("failed", "refused")]
    changed = sum(o.changed for o in outcomes)
    if json_output:
        document = {"changed": changed, "failed": len(failed), "machines": [o.document() for o in outcomes]}
        print(json.dumps(document, ensure_ascii=False))
        return 1 if failed else 0
    for outcome in outcomes:
        print(f"  {outcome.name:<16} {STATUS[outcome.status].pick(lang):<12} {outcome.seconds:>6.1f} s")
    for outcome in failed:
        if outcome.reason:
            print(f"\n{outcome.reason.pick(lang)}")
        if outcome.hint:
            print(f"  → {outcome.hint.pick(lang)}")
    if not failed and not changed:
        print(NOTHING.pick(lang))
    return 1 if failed else 0


def bootstrap(
    inventory: Path,
    where: Mapping[str, str],
    lang: Lang,
    *,
    password_file: Path | None = None,
    write_inventory: Path | None = None,
    json_output: bool = False,
) -> int:
    """The command: where maps `hub` or facility codes to addresses. 0 when every machine is enrolled. Raises UserError.

    write_inventory: a folder for pyinfra is written there, and nothing else done. The inventory was checked by whoever made `where` from
    it; a facility that can't be understood isn't in the model.
    """
    province = load(inventory)[0]
    if province is None:
        raise BootstrapError(f"{inventory}: chạy `ketnoi check`", f"{inventory}: run `ketnoi check`")
    if write_inventory is not None:
        ready(province)
        outcomes = write_folder(inventory, province, where, write_inventory)
        if outcomes:
            return report(outcomes, lang, json_output)
        print(NEXT.format(folder=write_inventory, deploy=deploy_file(CLAIM)).pick(lang))
        return 0
    progress = unseen if json_output else steps_shown(lang)
    password = factory_password(password_file, lang)
    ready(province)
    return report(take_over(inventory, province, where, password, progress), lang, json_output)
