"""What `ketnoi survey accept` and `no-access` say."""

from collections.abc import Mapping

from province.text import Text

PENDING: Mapping[str, Text] = {
    "missing": Text(
        "thiết bị mới, vị trí {slot}: còn thiếu {fields}; điền trong survey/{site}.yml hoặc thêm --place {slot}=… --zone {slot}=…",
        "new device, slot {slot}: {fields} missing; fill in survey/{site}.yml, or add --place {slot}=… --zone {slot}=…",
    ),
    "no_driver": Text(
        "thiết bị mới, vị trí {slot}: chưa có driver nào dùng được; xem cột “cần làm” của lần quét",
        "new device, slot {slot}: no driver fits it; see what the scan says to do",
    ),
    "address": Text(
        "vị trí {slot} đang ở {after}, danh mục ghi {before}: lần triển khai tới sẽ chuyển về {before}; muốn giữ {after}: --slot {slot}",
        "slot {slot} is at {after}, the inventory says {before}: the next rollout moves it back; to keep {after}: --slot {slot}",
    ),
    "port": Text(
        "vị trí {slot} trả lời ở cổng {after}: nhận cổng này bằng --slot {slot}",
        "slot {slot} answers at port {after}: take it with --slot {slot}",
    ),
    "driver": Text(
        "vị trí {slot}: driver {before} không dùng được, {after} dùng được: nhận bằng --slot {slot}",
        "slot {slot}: driver {before} doesn't fit, {after} does: take it with --slot {slot}",
    ),
    "replaced": Text(
        "ở {address} (vị trí {slot}) là thiết bị khác, MAC {mac}: nếu đã thay thiết bị, nhận bằng --slot {slot}",
        "at {address} (slot {slot}) stands another device, MAC {mac}: if it was replaced, take it with --slot {slot}",
    ),
}
NO_SCAN = Text(
    "{code} chưa được quét: chạy `ketnoi survey scan --site {code}` trước",
    "{code} was not scanned: run `ketnoi survey scan --site {code}` first",
)
NOTHING = Text("không có gì để nhận: danh mục đã đủ", "nothing to take: the inventory has it all")
PENDING_HEAD = Text("còn lại {count} việc cần người quyết định:", "left for a person to decide: {count}")
TAKEN = Text("đã ghi {file}: {count} thay đổi", "written {file}: {count} changes")
WOULD = Text("sẽ ghi {file}: {count} thay đổi (--check: chưa ghi)", "would write {file}: {count} changes (--check: nothing written)")
THEN_INIT = Text("tiếp theo: `ketnoi init` tạo mật khẩu cho thiết bị mới", "next: `ketnoi init` makes passwords for the new devices")
NOT_PAIR = Text("{option}: viết VỊ-TRÍ=GIÁ-TRỊ, ví dụ 5=…: {what}", "{option}: write SLOT=VALUE, such as 5=…: {what}")
NO_SLOT = Text("{code} không có thiết bị ở vị trí {slot}", "{code} has no device in slot {slot}")
NO_ACCESS = Text(
    "{what}: không được tiếp cận, từ {date}; không gửi gì tới đó nữa", "{what}: no access, since {date}; nothing is sent there any more"
)
BAD_DAY = Text("“{value}” không phải ngày: viết năm-tháng-ngày", "“{value}” is no date: write year-month-day")
LATER = Text("ngày {date} còn ở phía trước", "{date} is still to come")
