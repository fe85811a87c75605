"""What the codes that cross between a box and the hub mean to a person: what happened, and what to do."""

from edge_agent.contract.text import Text

STATUS = {
    "up": Text("hoạt động", "up"),
    "frozen": Text("đứng hình", "frozen"),
    "down": Text("không hoạt động", "down"),
    "unreachable": Text("không tới được", "unreachable"),
    "unknown": Text("chưa xác định", "unknown"),
}


REASON = {
    "no_answer": Text(
        "camera không trả lời: kiểm tra nguồn, dây mạng, địa chỉ", "the camera does not answer: check its power, cable, address"
    ),
    "port_closed": Text(
        "camera có mặt nhưng cổng RTSP đóng: bật RTSP hoặc sửa cổng trong danh mục",
        "the camera is there but its RTSP port is closed: switch RTSP on, or correct the port in the inventory",
    ),
    "no_reply": Text(
        "camera nhận kết nối nhưng không đáp RTSP: khởi động lại camera", "it takes the connection but does not speak RTSP: restart it"
    ),
    "closed": Text(
        "camera ngắt giữa chừng: có thể quá số phiên xem, khởi động lại camera",
        "it closed half-way: perhaps too many viewers; restart the camera",
    ),
    "not_rtsp": Text("cổng này không phải RTSP: sửa cổng trong danh mục", "this port does not speak RTSP: correct it in the inventory"),
    "refused": Text("camera từ chối phát: xem cấu hình luồng chính", "the camera refuses to play: look at its main stream's settings"),
    "no_such_stream": Text(
        "đường dẫn luồng không còn đúng: chạy lại ketnoi rollout cho cơ sở này",
        "the stream's path is no longer right: run ketnoi rollout for this facility again",
    ),
    "no_video": Text("luồng không có hình: xem cấu hình mã hóa", "the stream has no video: look at the encoder's settings"),
    "login_wanted": Text(
        "camera đòi đăng nhập mà thiết bị biên chưa có tài khoản xem: chạy lại ketnoi rollout",
        "the camera wants a login and the box has no viewer's account: run ketnoi rollout again",
    ),
    "login_refused": Text(
        "camera từ chối tài khoản xem: chạy lại ketnoi rollout; thiết bị biên 30 phút sau mới thử lại",
        "the camera refuses the viewer's account: run ketnoi rollout again; the box tries again only after 30 minutes",
    ),
    "login_unknown": Text(
        "camera đòi kiểu đăng nhập không hỗ trợ: bật RTSP digest trên camera",
        "the camera wants a strange kind of login: switch RTSP digest on",
    ),
    "no_packets": Text(
        "phiên xem mở nhưng không có gói hình: khởi động lại camera", "the session stands but no packets come: restart the camera"
    ),
    "same_picture": Text("camera cứ gửi mãi một hình: khởi động lại camera", "it sends one picture for ever: restart the camera"),
    "no_carrier": Text(
        "cổng mạng phía camera không có tín hiệu: kiểm tra dây và bộ chuyển mạch",
        "the box's camera port has no signal: check the cable and the switch",
    ),
    "no_interface": Text("thiết bị biên thiếu cổng mạng phía camera: báo cho tỉnh", "the box lacks its camera port: tell the province"),
    "not_configured_yet": Text("camera chưa được cấu hình: chạy ketnoi rollout", "the camera is not configured yet: run ketnoi rollout"),
    "not_probed_yet": Text("chưa kiểm tra lần nào: chờ vài giây", "not looked at yet: wait some seconds"),
    "flapping": Text(
        "camera lúc được lúc mất liên tục: kiểm tra nguồn, đầu cáp, cổng PoE",
        "it comes and goes all the time: check power, plugs, PoE port",
    ),
    "read_only": Text("hệ thống tệp chỉ còn đọc được: ổ hỏng, cần thay", "the file system is read-only: the disk fails, replace it"),
    "errors": Text("hệ thống tệp có lỗi: thay ổ sớm", "the file system counted errors: replace the disk soon"),
    "full": Text("ổ đĩa sắp đầy: xoá bớt, kiểm tra hạn lưu ghi hình", "the disk is nearly full: make room, look at the recordings' limits"),
    "not_readable": Text("không xem được ổ đĩa: báo cho tỉnh", "the disk can't be looked at: tell the province"),
    "chrony_silent": Text("không hỏi được chrony: systemctl status chrony", "chrony cannot be asked: systemctl status chrony"),
    "not_synchronised": Text("đồng hồ chưa đồng bộ: mở UDP 123 ra máy chủ kết nối", "not synchronised: let UDP 123 out to the hub"),
    "astray": Text(
        "đồng hồ lệch hơn 0,5 giây: chờ vài phút, xem chronyc tracking", "over 0.5 s off: wait some minutes, see chronyc tracking"
    ),
    "no_route": Text(
        "thiết bị biên không có đường đi: kiểm tra dây và bộ định tuyến, rồi chạy lại ketnoi rollout",
        "the box has no route: check the cable and the router, then run ketnoi rollout again",
    ),
    "hub_silent": Text(
        "máy chủ kết nối không trả lời: kiểm tra đường internet của cơ sở, tường lửa",
        "the hub does not answer: check the facility's internet line and firewall",
    ),
    "not_connected": Text(
        "đường cứu hộ chưa nối: kiểm tra TCP 443 đi ra; systemctl status ketnoi-lifeline",
        "the lifeline is not connected: check that TCP 443 gets out; systemctl status ketnoi-lifeline",
    ),
    "not_observed": Text("chưa quan sát được: systemctl status ketnoi-observer", "not observed: systemctl status ketnoi-observer"),
    "not_recording": Text(
        "có camera không ghi hình: edge-agent recordings status", "a camera is not being recorded: edge-agent recordings status"
    ),
    "recorder_silent": Text(
        "đầu ghi trên thiết bị biên không trả lời: systemctl status ketnoi-recorder",
        "the recorder says nothing: systemctl status ketnoi-recorder",
    ),
    "recording_disk_full": Text(
        "ổ ghi hình đầy: edge-agent recordings status", "the recordings' disk is full: edge-agent recordings status"
    ),
    "recording_disk_failed": Text("ổ ghi hình hỏng: thay ổ", "the recordings' disk has failed: replace it"),
    "settings_differ": Text(
        "thiết bị bị đổi cài đặt: sudo edge-agent devices drift, rồi chạy ketnoi rollout",
        "a device was set otherwise: sudo edge-agent devices drift, then ketnoi rollout",
    ),
    "settings_unread": Text(
        "chưa đọc được cài đặt của mọi thiết bị: sudo edge-agent devices drift",
        "not every device's settings could be read: sudo edge-agent devices drift",
    ),
    "hot": Text("thiết bị biên quá nóng: kiểm tra quạt, chỗ đặt", "the box is too hot: check its fan and place"),
    "on_battery": Text("mất điện lưới, đang chạy pin", "mains power is gone, running on battery"),
    "agent_not_running": Text(
        "chương trình biên không chạy, không ai quan sát: edge-agent doctor", "the agent was not running, nobody looked: edge-agent doctor"
    ),
    "events_missing": Text("thiếu sự kiện của thiết bị biên, không rõ tình trạng", "events of the box are missing, so nobody knows"),
    "probe_failed": Text("lỗi của chương trình: gửi journal cho tỉnh", "a fault of the program: send the journal to the province"),
}


REPLACE = Text("Thay thiết bị này.", "Replace this device.")
"""What to do about a camera or recorder that can't meet the standard."""

SUBJECT = {
    "disk": Text("Ổ đĩa", "Disk"),
    "clock": Text("Đồng hồ", "Clock"),
    "uplink": Text("Internet", "Uplink"),
    "tunnel": Text("Đường hầm", "Tunnel"),
    "lifeline": Text("Cứu hộ", "Lifeline"),
    "recorder": Text("Ghi hình", "Recorder"),
    "settings": Text("Cài đặt", "Settings"),
    "temperature": Text("Nhiệt độ", "Heat"),
    "power": Text("Nguồn", "Power"),
}
