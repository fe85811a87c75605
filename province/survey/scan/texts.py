"""What a scan says of a device: why its class, and what to do next."""

from collections.abc import Mapping

from edge_agent.contract.texts import REPLACE
from province.model.survey import Class
from province.text import Text

CLASSES: Mapping[Class | None, Text] = {
    "ready": Text("sẵn sàng", "ready"),
    "ready_after_settings": Text("sẵn sàng sau cài đặt", "ready after settings"),
    "needs_credentials": Text("cần mật khẩu", "needs credentials"),
    "needs_activation": Text("cần kích hoạt", "needs activation"),
    "needs_firmware": Text("cần cập nhật phần mềm", "needs firmware"),
    "obsolete": Text("quá cũ, cần thay", "obsolete"),
    "not_a_camera": Text("không phải camera", "not a camera"),
    "no_access": Text("không được tiếp cận", "no access"),
    None: Text("chưa rõ", "unknown"),
}

NEXT: Mapping[str, Text] = {
    "ready_after_settings": Text("`ketnoi rollout --site {site}` sẽ cài đặt.", "`ketnoi rollout --site {site}` sets it up."),
    "driver": Text(
        "`ketnoi survey accept --site {site} --slot {slot}` nhận driver, rồi `ketnoi rollout --site {site}`.",
        "`ketnoi survey accept --site {site} --slot {slot}` takes the driver, then `ketnoi rollout --site {site}`.",
    ),
    "needs_credentials": Text(
        "Hỏi cơ sở mật khẩu quản trị rồi ghi vào kho mật khẩu, hoặc khôi phục cài đặt gốc; đừng thử mật khẩu.",
        "Ask the facility for the administrator's password and put it in the vault, or reset the device; don't try passwords.",
    ),
    "needs_activation": Text(
        "Kích hoạt bằng công cụ của hãng (đặt mật khẩu quản trị lần đầu), rồi quét lại.",
        "Activate it with the maker's tool (its first administrator's password), then scan again.",
    ),
    "needs_firmware": Text(
        "Cập nhật phần mềm theo hướng dẫn của hãng, rồi quét lại.", "Update its firmware as the maker says, then scan again."
    ),
    "obsolete": REPLACE,
}

SAYS: Mapping[str, Text] = {
    "ready": Text("đúng yêu cầu, không phải đổi gì", "as wanted, nothing to change"),
    "settings": Text("{count} cài đặt sẽ được đổi", "{count} settings would change"),
    "factory": Text("còn mật khẩu xuất xưởng", "the factory password is still set"),
    "previous": Text("còn mật khẩu trước lần đổi gần nhất", "it still has the password from before the last rotation"),
    "no_password": Text(
        "kho mật khẩu chưa có mật khẩu của thiết bị này; chưa đăng nhập lần nào", "the vault has no password for it; no login was tried"
    ),
    "unlisted": Text("chưa có trong danh mục; chưa đăng nhập lần nào", "not in the inventory; no login was tried"),
    "accept": Text(
        "Điền `place` và `zone` trong survey/{site}.yml, rồi `ketnoi survey accept --site {site}`.",
        "Fill in `place` and `zone` in survey/{site}.yml, then `ketnoi survey accept --site {site}`.",
    ),
    "take_recorder": Text("`ketnoi survey accept --site {site} --slot {slot}`", "`ketnoi survey accept --site {site} --slot {slot}`"),
    "not_ours": Text("không phải camera: không cần làm gì", "not a camera: nothing to do"),
    "silent": Text("không có giao diện nào của camera (cổng mở: {ports})", "it has no interface that a camera has (open ports: {ports})"),
    "rtsp_only": Text(
        "có RTSP, không có ONVIF hay giao diện của hãng: có thể ONVIF đang tắt",
        "it speaks RTSP, neither ONVIF nor a maker's interface: ONVIF may be switched off",
    ),
    "switch_on_onvif": Text(
        "Vào giao diện của thiết bị bằng mật khẩu quản trị, bật ONVIF, rồi quét lại.",
        "Log in to its own pages as its administrator, switch ONVIF on, scan again.",
    ),
    "switch": Text("bộ chuyển mạch đã có trong danh mục", "a switch of the inventory"),
    "moved": Text("đang ở {at}, trong danh mục là {listed}", "it is at {at}, the inventory says {listed}"),
    "other_driver": Text("driver {listed} không dùng được, driver {fits} dùng được", "driver {listed} doesn't fit, driver {fits} does"),
    "port": Text(
        "trả lời ở cổng {port}, trong danh mục là cổng khác: chưa đăng nhập",
        "it answers at port {port}, the inventory has another: no login was tried",
    ),
    "take": Text(
        "`ketnoi survey accept --site {site} --slot {slot}`, rồi quét lại.",
        "`ketnoi survey accept --site {site} --slot {slot}`, scan again.",
    ),
    "firmware": Text(
        "phần mềm {firmware} cũ hơn {below}; bản mới có {gives} ({source})",
        "firmware {firmware} is older than {below}; newer has {gives} ({source})",
    ),
    "no_encoder": Text(
        "không đọc được bộ mã hoá qua ONVIF (H.265 thiếu Media2?)", "ONVIF doesn't tell its encoder (H.265 without Media2?)"
    ),
    "stream": Text("luồng chính không có hình: {why}", "no picture in its main stream: {why}"),
    "odd_stream": Text(
        "luồng thật không như cài đặt: {measured}, cài đặt {settings}",
        "the stream isn't what its settings say: {measured}, set to {settings}",
    ),
}

STREAMS: Mapping[str, Text] = {
    "no_answer": Text("không trả lời", "no answer"),
    "port_closed": Text("cổng RTSP đóng", "its RTSP port is closed"),
    "closed": Text("ngắt kết nối", "it hung up"),
    "not_rtsp": Text("không phải RTSP", "not RTSP"),
    "refused": Text("bị từ chối", "refused"),
    "no_such_stream": Text("không có luồng này", "there is no such stream"),
    "no_video": Text("không có hình", "no video"),
    "login_wanted": Text("đòi đăng nhập", "wants a login"),
    "login_refused": Text("từ chối mật khẩu", "refuses the password"),
    "login_unknown": Text("cách đăng nhập không hỗ trợ", "a login of a kind that nobody knows"),
    "locked_out": Text("chưa được thử đăng nhập thêm", "no more logins may be tried now"),
}
NO_PICTURE = Text("không có gói tin hình", "no packets of pictures came")
