"""Why a device could not be read or set: one class for each kind, with what happened and what to do next."""

from datetime import datetime
from typing import ClassVar

from edge_agent.contract.text import Text
from edge_agent.contract.texts import REPLACE


def shown_time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


class DeviceFailure(Exception):
    """A device falls into a class of failure. `detail` is for people and never holds a password."""

    category: ClassVar[str] = "unknown_device"
    reason_text: ClassVar[Text] = Text("Thiết bị trả lời không như mong đợi: {detail}", "The device answered unexpectedly: {detail}")
    hint_text: ClassVar[Text] = Text(
        "Kiểm tra địa chỉ và hãng sản xuất trong danh mục; nếu ở đó là thiết bị khác, sửa lại kết quả khảo sát.",
        "Check the address and make in the inventory; if another device is there, correct the survey.",
    )

    def __init__(self, detail: str | Text = "", **values: object) -> None:
        self.detail = Text(detail, detail) if isinstance(detail, str) else detail
        self.values = values
        super().__init__(self.reason.en)

    @property
    def reason(self) -> Text:
        return self._filled(self.reason_text)

    @property
    def hint(self) -> Text:
        return self._filled(self.hint_text)

    def _filled(self, text: Text) -> Text:
        return Text(
            text.vi.format(detail=self.detail.vi, **self.values).strip(),
            text.en.format(detail=self.detail.en, **self.values).strip(),
        )


class Unreachable(DeviceFailure):
    category = "unreachable"
    reason_text = Text("Không liên lạc được với thiết bị: {detail}", "The device can't be reached: {detail}")
    hint_text = Text(
        "Kiểm tra nguồn điện, dây mạng, cổng bộ chuyển mạch (switch) và địa chỉ IP của thiết bị.",
        "Check the device's power, cable, switch port and IP address.",
    )


class WrongCredentials(DeviceFailure):
    category = "wrong_credentials"
    reason_text = Text("Thiết bị từ chối mật khẩu: {detail}", "The device refuses the password: {detail}")
    hint_text = Text(
        "Hỏi cơ sở mật khẩu quản trị hiện tại rồi ghi vào kho mật khẩu, hoặc khôi phục cài đặt gốc cho thiết bị; "
        "không thử thêm để tránh bị khoá.",
        "Ask the facility for the administrator's present password and put it in the vault, or reset the device to "
        "factory settings; don't try more, or it locks out.",
    )


class LockedOut(DeviceFailure):
    """No attempt was made, or the device says that it is locked; `until` is when the next one is allowed."""

    category = "locked_out"
    reason_text = Text(
        "Đã có đủ số lần đăng nhập sai; chưa thử lại trước {until}. {detail}",
        "Failed logins have reached the limit; nothing is tried before {until}. {detail}",
    )
    hint_text = Text(
        "Chờ đến {until} rồi triển khai lại; trước đó kiểm tra mật khẩu trong kho mật khẩu.",
        "Wait until {until}, then roll out again; check the password in the vault first.",
    )

    def __init__(self, detail: str | Text = "", *, until: datetime) -> None:
        self.until, self.shown = until, shown_time(until)
        super().__init__(detail, until=self.shown)


class NotActivated(DeviceFailure):
    category = "not_activated"
    reason_text = Text("Thiết bị chưa được kích hoạt: {detail}", "The device is not activated: {detail}")
    hint_text = Text(
        "Kích hoạt thiết bị (đặt mật khẩu quản trị lần đầu) bằng công cụ của hãng, rồi triển khai lại.",
        "Activate the device (set its first administrator password) with the maker's tool, then roll out again.",
    )


class OnvifOff(DeviceFailure):
    category = "onvif_off"
    reason_text = Text("Thiết bị không cung cấp ONVIF: {detail}", "The device does not offer ONVIF: {detail}")
    hint_text = Text(
        "Bật ONVIF trong giao diện của thiết bị và tạo tài khoản ONVIF, hoặc đổi `driver` của thiết bị trong danh mục.",
        "Switch ONVIF on in the device's own pages and give it an ONVIF account, or change the inventory's driver.",
    )


class Obsolete(DeviceFailure):
    category = "obsolete"
    reason_text = Text("Thiết bị quá cũ so với tiêu chuẩn: {detail}", "The device is too old for the standard: {detail}")
    hint_text = REPLACE


class SettingNotKept(DeviceFailure):
    """The device accepted a write, or refused it, and the value is not there when read back."""

    category = "setting_not_kept"
    reason_text = Text(
        "Thiết bị không giữ cài đặt {field}: đã gửi {sent}, hiện có {there}. {detail}",
        "The device did not keep {field}: sent {sent}, there is {there}. {detail}",
    )
    hint_text = Text(
        "Đặt {field} bằng giao diện của thiết bị; nếu vẫn không được, cập nhật phần mềm của thiết bị hoặc thay thiết bị.",
        "Set {field} in the device's own pages; if it still isn't kept, update the device's firmware or replace it.",
    )

    def __init__(self, field: str, sent: object, there: object, detail: str = "") -> None:
        self.field, self.sent, self.there = field, sent, there
        super().__init__(detail, field=field, sent=sent, there=there)


class NoPermission(DeviceFailure):
    category = "no_permission"
    reason_text = Text("Tài khoản không đủ quyền: {detail}", "The account lacks the permission: {detail}")
    hint_text = Text(
        "Ghi tài khoản quản trị của thiết bị vào kho mật khẩu.",
        "Put the device's administrator account in the vault.",
    )


class UnknownDevice(DeviceFailure):
    category = "unknown_device"


class OldFirmware(UnknownDevice):
    """Firmware from before the interface that its driver speaks."""


class NoAccess(DeviceFailure):
    """Entered by hand in the inventory. Nothing was sent to the device, and it is no failure of ours."""

    category = "no_access"
    reason_text = Text(
        "Cơ sở không cho tiếp cận thiết bị: {detail} (ngày {date}, người chứng kiến: {witness})",
        "The facility gives no access to the device: {detail} ({date}, witness: {witness})",
    )
    hint_text = Text(
        "Báo cơ quan quản lý cơ sở; khi được phép, xoá `no_access` của thiết bị trong danh mục rồi triển khai lại.",
        "Tell the authority that answers for the facility; once allowed, remove the device's `no_access` from the inventory and "
        "roll out again.",
    )


class BadAnswer(UnknownDevice):
    """The answer is not XML, not SOAP, hostile, or too large."""


FAILURES: tuple[type[DeviceFailure], ...] = (
    Unreachable,
    WrongCredentials,
    LockedOut,
    NotActivated,
    OnvifOff,
    Obsolete,
    SettingNotKept,
    NoPermission,
    UnknownDevice,
    NoAccess,
)
CATEGORIES: tuple[str, ...] = tuple(failure.category for failure in FAILURES)
