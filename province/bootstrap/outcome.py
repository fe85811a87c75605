"""Why a bootstrap can't begin, and how one machine's bootstrap ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from province.bootstrap.steps import AGAIN, HINTS, STEPS
from province.text import Text
from province.user_error import UserError

Status = Literal["enrolled", "unchanged", "changed", "failed", "refused", "seen"]


class BootstrapError(UserError):
    """A bootstrap that can't begin."""


class OutcomeDocument(TypedDict):
    """As `--json` prints it; reason and hint in both languages."""

    code: str
    status: Status
    changed: int
    seconds: float
    reason: dict[str, str] | None
    hint: dict[str, str] | None


@dataclass(frozen=True)
class Outcome:
    """How one machine ended. changed: operations that wrote something; seconds: from the run's start to its end.

    "seen": it is the machine that we mean, and nothing was asked of it (`look`). known: it opened to a pinned host key.
    macs, serial: the machine's own, where it was asked.
    """

    name: str
    status: Status
    changed: int = 0
    seconds: float = 0.0
    reason: Text | None = None
    hint: Text | None = None
    known: bool = False
    macs: tuple[str, ...] = ()
    serial: str | None = None

    def document(self) -> OutcomeDocument:
        return {
            "code": self.name,
            "status": self.status,
            "changed": self.changed,
            "seconds": self.seconds,
            "reason": self.reason.as_dict() if self.reason else None,
            "hint": self.hint.as_dict() if self.hint else None,
        }


def no_way_in(name: str, address: str, message: str) -> Outcome:
    if "Authentication" in message:
        hint = Text(
            "sai mật khẩu xuất xưởng, hoặc máy không còn ở trạng thái xuất xưởng: cài lại máy rồi chạy lại",
            "wrong factory password, or the machine is no longer in its factory state: install it again, then run again",
        )
    else:
        hint = Text(
            "kiểm tra nguồn điện, dây mạng và địa chỉ tại bàn cài đặt, rồi chạy lại",
            "check power, cable and the address on the bench, then run again",
        )
    reason = Text(f"{name}: không vào được {address}: {message}", f"{name}: no way in at {address}: {message}")
    return Outcome(name, "failed", reason=reason, hint=hint)


def another_host_key(name: str, address: str) -> Outcome:
    return Outcome(
        name,
        "refused",
        reason=Text(
            f"{name}: thiết bị tại {address} có khoá máy chủ khác với thiết bị đã ghi danh",
            f"{name}: the machine at {address} has another host key than the enrolled one",
        ),
        hint=Text(
            f"nếu thay thiết bị: `ketnoi reprovision --site {name} --at {address}`; nếu không, kiểm tra lại địa chỉ và đường mạng",
            f"if the box was replaced: `ketnoi reprovision --site {name} --at {address}`; if "
            "not, check the address and the network in between",
        ),
    )


def another_machine(name: str, address: str, wrong: Sequence[Sequence[str]]) -> Outcome:
    """wrong: (what, as in the inventory, as the machine has it) of each that differs."""
    vi = "; ".join(f"{what}: danh mục ghi {expected}, máy có {actual}" for what, expected, actual in wrong)
    en = "; ".join(f"{what}: the inventory says {expected}, the machine has {actual}" for what, expected, actual in wrong)
    return Outcome(
        name,
        "refused",
        reason=Text(
            f"{name}: máy tại {address} không phải máy này ({vi})",
            f"{name}: the machine at {address} is another one ({en})",
        ),
        hint=Text(
            "chưa ghi gì vào máy đó; sửa địa chỉ, hoặc sửa box.mac / box.serial trong danh mục",
            "nothing was written to it; correct the address, or box.mac / box.serial in the inventory",
        ),
    )


def step_failed(name: str, step: str, message: str, what: Text | None = None) -> Outcome:
    """what: how, where the message alone doesn't tell."""
    at = STEPS[step] if what is None else Text(f"{STEPS[step].vi}: {what.vi}", f"{STEPS[step].en}: {what.en}")
    reason = Text(f"{name}: {at.vi}: {message}", f"{name}: {at.en}: {message}")
    return Outcome(name, "failed", reason=reason, hint=HINTS.get(step, AGAIN) if what is None else AGAIN)
