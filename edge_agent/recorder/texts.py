"""What the recorder's codes mean to a person, and what to do."""

from edge_agent.contract.text import Text
from edge_agent.contract.texts import REASON

STATE = {
    "recording": Text("đang ghi", "recording"),
    "stalled": Text("đứng, đang nối lại", "stalled, being connected again"),
    "down": Text("KHÔNG ghi", "NOT recorded"),
}

WHY = {
    "starting": Text("đang khởi động", "being started"),
    "camera_down": Text("camera không gửi hình", "the camera sends no picture"),
    "stalled": Text("camera giữ kết nối nhưng không gửi hình", "the camera kept the connection but sent no picture"),
    "box_off": Text("thiết bị biên mất điện hoặc khởi động lại", "the box was off or restarted"),
    "recorder_stopped": Text("chương trình ghi hình đã dừng", "the recorder was not running"),
    "disk_full": Text("đĩa đầy", "the disk was full"),
    "disk_failed": Text("đĩa hỏng hoặc không ghi được", "the disk failed or could not be written"),
    "resized": Text("camera đổi kích thước hình", "the camera changed its picture's size"),
    "changed": Text("địa chỉ hoặc luồng của camera đã đổi", "the camera's address or stream was changed"),
    "clock_set": Text("đồng hồ thiết bị biên được chỉnh", "the box's clock was set"),
    "footage_missing": Text("tệp ghi hình bị mất khỏi đĩa", "the recorded file is gone from the disk"),
    "unknown": Text("chưa rõ lý do", "the reason is not known"),
}

DISK_STATE = {
    "ok": Text("tốt", "good"),
    "low": Text("SẮP THIẾU CHỖ", "LOW"),
    "full": Text("ĐẦY", "FULL"),
    "failed": Text("HỎNG", "FAILED"),
}

DISK = {
    "ok": Text("đủ chỗ", "enough room"),
    "too_small": Text(
        "đĩa chỉ đủ khoảng {holds} ngày, cần {days}: giảm tốc độ bit, gắn đĩa lớn hơn, hoặc giảm số ngày trong danh mục",
        "the disk holds about {holds} of {days} days: lower the bit rate, fit a larger disk, or want fewer days in the inventory",
    ),
    "crowded": Text(
        "thiếu chỗ nên đã xóa hình chưa quá {days} ngày: giảm tốc độ bit hoặc gắn đĩa lớn hơn",
        "footage younger than {days} days had to go for lack of room: lower the bit rate or fit a larger disk",
    ),
    "little_free": Text(
        "còn ít chỗ trống hơn mức giữ lại: xem tệp nào khác chiếm đĩa (du -xh /)",
        "less is free than is to be kept free: see what else fills the disk (du -xh /)",
    ),
    "full": Text(
        "không còn chỗ, đã ngừng ghi: xem tệp nào khác chiếm đĩa (du -xh /)",
        "no room left, nothing is recorded: see what else fills the disk (du -xh /)",
    ),
    "read_only": Text(
        "đĩa chuyển sang chỉ đọc, thường do lỗi: xem dmesg, thay đĩa",
        "the disk went read-only, mostly after errors: see dmesg, replace the disk",
    ),
    "not_ours": Text(
        "ketnoi-recorder không được ghi vào thư mục này: sửa chủ sở hữu",
        "ketnoi-recorder may not write into this folder: mend its owner",
    ),
    "missing": Text("không thấy thư mục ghi hình: đĩa đã gắn (mount) chưa?", "the footage's folder is not there: is its disk mounted?"),
    "broken": Text("đĩa báo lỗi đọc ghi: xem dmesg, thay đĩa", "the disk reports errors: see dmesg, replace the disk"),
    "silent": Text("đĩa không trả lời: xem dmesg, thay đĩa", "the disk does not answer: see dmesg, replace the disk"),
    "index": Text(
        "không ghi được chỉ mục: xem đĩa hệ thống (df -h /var/lib)",
        "the index can't be written: look at the system's disk (df -h /var/lib)",
    ),
}


def reason(why: str, detail: str | None) -> Text:
    """Why there is no picture; what the camera's own trouble is and what to do, where that is known."""
    text = WHY.get(why, WHY["unknown"])
    more = REASON.get(detail or "")
    return Text(f"{text.vi}: {more.vi}", f"{text.en}: {more.en}") if more else text


SAYS = {
    "bad_time": Text("{name} {given!r} không phải thời gian; viết như: {forms}", "{name} {given!r} is not a time; write one of: {forms}"),
    "order": Text("--to phải sau --from: {start} .. {end}", "--to must come after --from: {start} .. {end}"),
    "too_long": Text(
        "mỗi tệp tối đa {hours} giờ: chia thành nhiều lần, ví dụ --to {example}",
        "one file holds at most {hours} hours: ask for several, for example --to {example}",
    ),
    "no_slot": Text("không có camera ở vị trí {slot}; có: {slots}", "there is no camera in slot {slot}; there are: {slots}"),
    "no_output": Text(
        "-o {path}: thư mục {folder} không có hoặc không ghi được: tạo trước, hoặc chọn thư mục khác",
        "-o {path}: there is no folder {folder} that you may write into: make it, or choose another",
    ),
    "exists": Text(
        "-o {path} đã có: chọn tên khác, ví dụ {example}",
        "-o {path} is there already: choose another name, for example {example}",
    ),
    "not_mkv": Text("-o {path}: tên tệp phải kết thúc bằng .mkv: {example}", "-o {path}: the name must end in .mkv: {example}"),
    "not_a_reader": Text(
        "{user} không được xem hình: chạy bằng sudo, hoặc nhờ tỉnh thêm vào nhóm {group}",
        "{user} may not see footage: run it with sudo, or have the province put you into the group {group}",
    ),
    "not_noted": Text(
        "không ghi được sổ truy cập nên không cho xem: xem đĩa hệ thống (df -h /var/lib)",
        "the access can't be noted, so nothing is shown: look at the system's disk (df -h /var/lib)",
    ),
    "index": Text(
        "không đọc được chỉ mục: sudo journalctl -u ketnoi-recorder -n 50",
        "the index can't be read: sudo journalctl -u ketnoi-recorder -n 50",
    ),
    "not_running": Text(
        "chương trình ghi hình không chạy: sudo systemctl status ketnoi-recorder",
        "the recorder is not running: sudo systemctl status ketnoi-recorder",
    ),
    "stale": Text(
        "chương trình ghi hình không cập nhật từ {seconds} s: sudo systemctl status ketnoi-recorder",
        "the recorder has said nothing for {seconds} s: sudo systemctl status ketnoi-recorder",
    ),
    "needs_root": Text("cần quyền đọc {path}: chạy bằng sudo", "{path} may not be read: run it with sudo"),
    "nothing_here": Text(
        "camera {slot} không có hình trong khoảng {start} - {end}: xem `edge-agent recordings list {slot}`",
        "camera {slot} has no footage from {start} to {end}: see `edge-agent recordings list {slot}`",
    ),
    "nothing": Text("chưa ghi được gì", "nothing is recorded yet"),
    "no_gaps": Text("không có khoảng trống", "no gaps"),
    "played": Text(
        "{path}: {start} - {end}, {seconds} hình, {missing} không có hình",
        "{path}: {start} - {end}, {seconds} of picture, {missing} without",
    ),
    "gap": Text("không có hình", "no picture"),
    "broken": Text("không xuất được tệp: {said}", "the file could not be made: {said}"),
    "disk": Text("Đĩa {path}: {state}, trống {free} / {total} GB: {detail}", "Disk {path}: {state}, {free} of {total} GB free: {detail}"),
    "holds": Text("giữ {days} ngày", "{days} days kept"),
    "gap_count": Text("{count} khoảng trống", "{count} gap(s)"),
    "now": Text("đến nay", "still"),
}
