"""The steps of a bootstrap, as users read them. Their names are those that the deploys print."""

from collections.abc import Mapping
from dataclasses import dataclass

from province.text import Text

STEPS: Mapping[str, Text] = {
    "contact": Text("kết nối lần đầu", "first contact"),
    "identity": Text("đối chiếu MAC, số sê-ri", "MAC and serial compared"),
    "packages": Text("gói phần mềm đầu tiên", "first packages"),
    "administrator": Text("tài khoản quản trị và khoá", "administrator and key"),
    "own": Text("tên, machine-id, khoá máy chủ SSH riêng", "name, machine-id, host key of its own"),
    "login": Text("đăng nhập chỉ bằng khoá", "login by key only"),
    "keys": Text("khoá sinh ra trên thiết bị", "keys generated on the machine"),
    "certificate": Text("chứng thư do tỉnh ký", "certificate signed by the province"),
    "lifeline": Text("đường cứu hộ (lifeline)", "lifeline"),
    "closing": Text("bỏ đăng nhập root bằng mật khẩu", "root's password locked"),
}
"""Steps in their order; the machine's kind leaves some out."""

LOOK, CLAIM, ENROL = "look", "claim", "enrol"
DEPLOYS: Mapping[str, tuple[str, ...]] = {
    LOOK: ("contact", "identity"),
    CLAIM: ("contact", "identity", "packages", "administrator", "own", "login", "keys"),
    ENROL: ("certificate", "lifeline", "closing"),
}
"""Which steps each deploy has."""

AGAIN = Text("chạy lại lệnh này: những bước đã xong được giữ", "run this command again: finished steps are kept")
HINTS: Mapping[str, Text] = {
    "packages": Text(
        "kiểm tra kho gói của văn phòng (`ketnoi packages`) và chỗ trống trên ổ đĩa của máy, rồi chạy lại",
        "check the office's repository (`ketnoi packages`) and the free space on the machine's disk, then run again",
    ),
    "login": Text(
        "máy vẫn vào được như trước; xem /etc/ssh/sshd_config của máy có đặt lại đăng nhập bằng mật khẩu không",
        "the machine can still be entered as before; see whether its /etc/ssh/sshd_config sets password login again",
    ),
}


@dataclass(frozen=True)
class StepDone:
    """A step of a machine that ended; changed: how many operations wrote something there."""

    machine: str
    step: str
    changed: int
