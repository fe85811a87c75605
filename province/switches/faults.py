"""Why a switch could not be read or set: the classes of failure that cameras have too, with what happened and what to do.

Nothing of it ever holds a password: answers of devices pass `session.Session.clean` first.
"""

from datetime import datetime
from typing import NamedTuple

from province.text import VIETNAM, Text


class Kind(NamedTuple):
    """One way to fail: its class, what happened, what an engineer does next. Both texts take `str.format` values."""

    category: str
    reason: Text
    hint: Text


class SwitchFailure(Exception):
    """A switch falls into a class of failure."""

    def __init__(self, kind: Kind, **values: object) -> None:
        self.category = kind.category
        self.reason, self.hint = kind.reason.format(**values), kind.hint.format(**values)
        super().__init__(self.reason.en)


def shown_time(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S %z")


_LOOK = Text(
    "Kiểm tra nguồn điện, dây nối tới thiết bị biên, địa chỉ và dịch vụ SSH của bộ chuyển mạch.",
    "Check the switch's power, its cable to the edge box, its address and its SSH service.",
)
_SURVEY = Text(
    "So lại dây nối thực tế với `switches` trong danh mục, sửa danh mục rồi triển khai lại.",
    "Compare the cables as they are with `switches` in the inventory, correct it, then roll out again.",
)

UNREACHABLE = Kind("unreachable", Text("Không liên lạc được với bộ chuyển mạch: {detail}", "The switch can't be reached: {detail}"), _LOOK)
NO_BOX = Kind(
    "unreachable",
    Text("Không vào được thiết bị biên của cơ sở: {detail}", "The facility's edge box can't be reached: {detail}"),
    Text("Xử lý thiết bị biên trước: `ketnoi wait --site {code}`.", "See to the box first: `ketnoi wait --site {code}`."),
)
SILENT = Kind(
    "unreachable",
    Text("Bộ chuyển mạch không trả lời lệnh `{command}` sau {seconds} giây", "The switch didn't answer `{command}` within {seconds} s"),
    _LOOK,
)
LATE = Kind(
    "unreachable",
    Text("Chưa xong sau {seconds} giây", "Not done within {seconds} s"),
    Text(
        "Chạy lại; nếu vẫn vậy, kiểm tra tải và đường nối của bộ chuyển mạch.",
        "Run it again; if it stays so, check the switch's load and its link.",
    ),
)
WRONG_CREDENTIALS = Kind(
    "wrong_credentials",
    Text("Bộ chuyển mạch từ chối tài khoản {user}", "The switch refuses the account {user}"),
    Text(
        "Đặt cho tài khoản này mật khẩu trong kho mật khẩu của cơ sở (`ansible-vault view`), hoặc khôi phục cài đặt gốc; không thử thêm.",
        "Give that account the password in the facility's vault file (`ansible-vault view`), or reset the switch; don't try more.",
    ),
)
LOCKED_OUT = Kind(
    "locked_out",
    Text(
        "Đã có đủ số lần đăng nhập sai; chưa thử lại trước {until}", "Failed logins have reached the limit; nothing is tried before {until}"
    ),
    Text(
        "Kiểm tra mật khẩu trong kho mật khẩu, chờ đến {until} rồi triển khai lại.",
        "Check the password in the vault, wait until {until}, then roll out again.",
    ),
)
NO_PERMISSION = Kind(
    "no_permission",
    Text("Tài khoản {user} không có quyền cấu hình", "The account {user} may not configure the switch"),
    Text(
        "Cấp quyền quản trị cho tài khoản này (IOS: privilege 15; RouterOS: nhóm full; Linux: sudo).",
        "Give the account an administrator's rights (IOS: privilege 15; RouterOS: group full; Linux: sudo).",
    ),
)
OBSOLETE = Kind(
    "obsolete",
    Text("SSH của bộ chuyển mạch quá cũ: {detail}", "The switch's SSH is too old: {detail}"),
    Text(
        "Cập nhật phần mềm và tạo khoá SSH mới (IOS: `crypto key generate rsa modulus 2048`, `ip ssh version 2`), hoặc thay thiết bị.",
        "Update its firmware and make a new SSH key (IOS: `crypto key generate rsa modulus 2048`, `ip ssh version 2`), or replace it.",
    ),
)
OTHER_DEVICE = Kind(
    "unknown_device",
    Text(
        "Tại {address} là thiết bị {there}, trong danh mục là {mac}; chưa gửi mật khẩu nào",
        "At {address} there is {there}, the inventory says {mac}; no password was sent",
    ),
    _SURVEY,
)
UNSEEN_DEVICE = Kind(
    "unknown_device",
    Text(
        "Lần đầu liên lạc với {address} mà thiết bị biên không thấy địa chỉ MAC nào ở đó; chưa gửi mật khẩu nào",
        "First contact with {address}, and the edge box sees no MAC there; no password was sent",
    ),
    _SURVEY,
)
OTHER_KEY = Kind(
    "unknown_device",
    Text(
        "Khoá SSH của bộ chuyển mạch {address} khác khoá đã ghi nhận ({pinned}, nay là {found}); chưa gửi mật khẩu nào",
        "The switch at {address} shows another SSH key than the one pinned ({pinned}, now {found}); no password was sent",
    ),
    Text(
        "Nếu vừa thay hoặc khôi phục cài đặt gốc thiết bị này, xoá mục `switches: {slot}` trong {file} rồi chạy lại; "
        "nếu không, báo ngay: có thể có kẻ chen giữa.",
        "If this switch was just replaced or reset, remove `switches: {slot}` from {file} and run again; if not, raise the alarm: "
        "somebody may sit in between.",
    ),
)
NOWHERE_TO_PIN = Kind(
    "unknown_device",
    Text(
        "Chưa biết khoá SSH của {address}, mà {code} chưa ghi danh nên chưa có chỗ ghi nhận",
        "The SSH key of {address} isn't known, and {code} isn't enrolled, so there is nowhere to pin it",
    ),
    Text("Chạy `ketnoi bootstrap --site {code}` trước.", "Run `ketnoi bootstrap --site {code}` first."),
)
UNREADABLE = Kind(
    "unknown_device",
    Text("Không hiểu câu trả lời của `{command}`: {detail}", "The answer to `{command}` can't be understood: {detail}"),
    Text("Kiểm tra `driver` trong danh mục (routeros, cisco-ios, linux).", "Check `driver` in the inventory (routeros, cisco-ios, linux)."),
)
NO_SUCH_PORT = Kind(
    "unknown_device",
    Text("Bộ chuyển mạch không có cổng {missing}; có: {there}", "The switch has no port {missing}; it has: {there}"),
    _SURVEY,
)
NO_ACCESS_PORT = Kind(
    "unknown_device",
    Text(
        "Cổng {port} thuộc một nhóm cổng hoặc có địa chỉ riêng, không thể là cổng của camera hay đầu ghi; chưa ghi gì",
        "Port {port} belongs to a bundle or has an address of its own, so it can't be a camera's or recorder's; nothing was written",
    ),
    _SURVEY,
)
BOX_ELSEWHERE = Kind(
    "unknown_device",
    Text(
        "Thiết bị biên ({mac}) nằm ở cổng {there}, danh mục lại không ghi cổng đó là `box` hay `uplink`; chưa ghi gì, kẻo mất liên lạc",
        "The edge box ({mac}) is on port {there}, which the inventory calls neither `box` nor `uplink`; nothing was written, "
        "lest we cut ourselves off",
    ),
    _SURVEY,
)
BOX_UNSEEN = Kind(
    "unknown_device",
    Text(
        "Bộ chuyển mạch không thấy thiết bị biên ({mac}) ở cổng nào, nên không rõ tắt cổng nào là an toàn; chưa ghi gì",
        "The switch sees the edge box ({mac}) on no port, so nobody knows which ports may be switched off; nothing was written",
    ),
    _SURVEY,
)
OTHER_VLAN = Kind(
    "unknown_device",
    Text(
        "Cổng {port} (về thiết bị biên) không thuộc VLAN {vlan} mà ở {there}: đưa camera sang VLAN {vlan} sẽ cắt chúng khỏi "
        "thiết bị biên; chưa ghi gì",
        "Port {port} (towards the box) is not in VLAN {vlan} but in {there}: cameras moved there would be cut off from the box; "
        "nothing was written",
    ),
    Text(
        "Đặt VLAN cho cổng này và địa chỉ quản trị khi lắp đặt (tại chỗ), hoặc sửa `vlan` trong danh mục.",
        "Put that port and the management address into the VLAN on site, or correct `vlan` in the inventory.",
    ),
)
NO_FILTERING = Kind(
    "unknown_device",
    Text(
        "Cầu nối của bộ chuyển mạch chưa bật lọc VLAN, nên VLAN {vlan} không có tác dụng; chưa ghi gì",
        "VLAN filtering is off on the switch's bridge, so VLAN {vlan} would mean nothing; nothing was written",
    ),
    Text(
        "Bật lọc VLAN khi lắp đặt (tại chỗ: bật từ xa dễ mất liên lạc), hoặc ghi `vlan: 1`.",
        "Switch it on on site (from afar it cuts the way in), or write `vlan: 1`.",
    ),
)
REFUSED = Kind(
    "setting_not_kept",
    Text("Bộ chuyển mạch không nhận lệnh `{command}`: {answer}. {undone}", "The switch refused `{command}`: {answer}. {undone}"),
    Text(
        "Xem tài liệu của hãng về lệnh này; có thể cần cập nhật phần mềm hoặc sửa danh mục.",
        "See the maker's manual for that command; newer firmware or a corrected inventory may help.",
    ),
)
NOT_KEPT = Kind(
    "setting_not_kept",
    Text(
        "Bộ chuyển mạch không giữ {field}: đã đặt {sent}, hiện có {there}", "The switch did not keep {field}: sent {sent}, there is {there}"
    ),
    Text(
        "Đặt {field} bằng tay; nếu vẫn không được, cập nhật phần mềm hoặc thay thiết bị.",
        "Set {field} by hand; if it still isn't kept, update its firmware or replace the switch.",
    ),
)
CUT_OFF = Kind(
    "setting_not_kept",
    Text(
        "Sau thay đổi không mở được kết nối mới tới bộ chuyển mạch ({detail}); {undone}",
        "After the change no new connection to the switch could be made ({detail}); {undone}",
    ),
    _SURVEY,
)
NO_POE = Kind(
    "no_permission",
    Text("Cổng {port} của bộ chuyển mạch không cấp nguồn (PoE)", "The switch doesn't feed port {port} (PoE)"),
    Text("Rút nguồn camera tại chỗ rồi cắm lại.", "Unplug the camera's supply on site and plug it in again."),
)
LEFT_OFF = Kind(
    "setting_not_kept",
    Text("Cổng {port} có thể VẪN ĐANG TẮT nguồn", "Port {port} may STILL be without power"),
    Text(
        "Chạy `ketnoi rollout --site {code} --tags switches` (sẽ bật lại nguồn); nếu không được, bật lại tại chỗ.",
        "Run `ketnoi rollout --site {code} --tags switches`, which switches it on again; else do so on site.",
    ),
)
OTHER_SUPPLY = Kind(
    "unknown_device",
    Text(
        "Camera vẫn có hình khi cổng {port} đã tắt nguồn: camera không nằm ở cổng này, hoặc có nguồn riêng",
        "The camera went on streaming while port {port} was off: it is not on that port, or has a supply of its own",
    ),
    _SURVEY,
)
NO_STREAM = Kind(
    "unreachable",
    Text("Đã bật lại nguồn, sau {seconds} giây camera vẫn chưa có hình", "Power is back, and after {seconds} s the camera doesn't stream"),
    Text("Kiểm tra camera tại chỗ: dây mạng, nguồn, đèn báo.", "Look at the camera on site: cable, supply, lights."),
)
BUSY = Kind(
    "no_permission",
    Text("Một người quản trị khác đang sửa bộ chuyển mạch này (safe mode)", "Another administrator is changing this switch (safe mode)"),
    Text("Đợi người đó xong rồi triển khai lại.", "Wait until they are done, then roll out again."),
)
BROKEN = Kind(
    "unknown_device",
    Text("Lỗi bên trong: {detail}", "Internal error: {detail}"),
    Text("Báo lỗi này cho nhóm phát triển.", "Report this to the developers."),
)
NO_PASSWORD = Kind(
    "wrong_credentials",
    Text("Kho mật khẩu chưa có mật khẩu của bộ chuyển mạch này", "The vault file has no password for this switch"),
    Text("Chạy `ketnoi init` để bổ sung.", "Run `ketnoi init` to add it."),
)

UNDONE = Text("Đã trả lại như cũ.", "Everything is as it was.")
NOT_UNDONE = Text("KHÔNG trả lại được: {left}.", "It could NOT be undone: {left}.")
ITSELF = Text("bộ chuyển mạch sẽ tự trả lại cấu hình cũ ({means})", "the switch returns to its old configuration by itself ({means})")
