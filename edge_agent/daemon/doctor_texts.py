"""What `edge-agent doctor` says of each step, and what to do about it."""

from edge_agent.contract.text import Text
from edge_agent.daemon.probes import ProbeResult

TITLES = {
    "power": Text("Nguồn điện", "Power"),
    "disk": Text("Ổ đĩa", "Disk"),
    "clock": Text("Đồng hồ", "Clock"),
    "address": Text("Địa chỉ", "Address"),
    "dns": Text("Tên miền", "Names"),
    "hub": Text("Máy chủ", "Hub"),
    "handshake": Text("Bắt tay", "Handshake"),
    "tunnel": Text("Đường hầm", "Tunnel"),
    "tls": Text("TLS", "TLS"),
    "certificate": Text("Chứng thư", "Certificate"),
    "agent": Text("Chương trình", "Agent"),
    "login": Text("Đăng nhập", "Login"),
    "acknowledgement": Text("Xác nhận", "Acknowledged"),
}
SUMMARY = {
    False: Text("Không thấy chỗ nào hỏng.", "Nothing is broken as far as this box can tell."),
    True: Text("Hỏng từ bước: {step}. Sửa bước này trước.", "It breaks at: {step}. Mend that first."),
}
MAINS = {True: Text("có điện lưới", "mains power"), False: Text("đang chạy pin", "on battery")}
ADDRESS = {
    "none": Text("không có đường đi tới máy chủ kết nối", "there is no route to the hub"),
    "no_carrier": Text("cổng {interface} không có tín hiệu", "port {interface} has no signal"),
    "plug": Text("cắm lại dây mạng vào bộ định tuyến; thử dây khác", "plug the cable into the router again; try another cable"),
    "well": Text("ra ngoài qua cổng {interface}", "goes out by port {interface}"),
}
DNS = {False: Text("phân giải được {names}", "{names} resolve"), True: Text("không phân giải được {names}", "{names} do not resolve")}
DNS_HINT = Text(
    "xem máy chủ tên miền của đường truyền (uplink.dns trong danh mục)", "see the uplink's name servers (uplink.dns in the inventory)"
)
REACH = {
    "answers": Text("{endpoint} trả lời", "{endpoint} answers"),
    "refuses": Text("tới được {endpoint} nhưng dịch vụ ở đó không chạy", "{endpoint} is there but its service is not running"),
    "silent": Text("{endpoint} không trả lời", "{endpoint} does not answer"),
}
REACH_HINT = {
    "silent": Text(
        "đường internet của cơ sở hỏng, hoặc tường lửa chặn TCP 443: thử mở một trang web từ cùng mạng",
        "the facility's internet line is down, or a firewall eats TCP 443: try a web page from the same network",
    ),
    "refuses": Text("báo cho tỉnh: dịch vụ trên máy chủ kết nối đã dừng", "tell the province: the hub's service has stopped"),
}
HANDSHAKE = {
    True: Text("đường hầm bắt tay {seconds} s trước", "the tunnel shook hands {seconds} s ago"),
    False: Text("lần bắt tay cuối đã {seconds} s trước", "the last handshake was {seconds} s ago"),
}
HANDSHAKE_HINT = Text(
    "bộ định tuyến hoặc nhà mạng chặn UDP 51820 đi ra, hoặc đồng hồ của thiết bị đã lùi: mở UDP 51820; xem bước Đồng hồ",
    "the router or the provider eats UDP 51820, or the box's clock went back: let UDP 51820 out; see the clock's step",
)
TUNNEL_HINT = {
    True: Text(
        "bắt tay được mà không có dữ liệu: gói lớn bị chặn (MTU), báo cho tỉnh",
        "it shakes hands but carries nothing: large packets are lost (MTU)",
    ),
    False: Text("sửa bước Bắt tay trước", "mend the handshake first"),
}
TLS = {
    "no_way": Text("không có đường nào để thử", "there is no way to try it"),
    "well": Text("{version} với {endpoint}, chứng thư hai bên đúng", "{version} with {endpoint}, both certificates right"),
    "refused": Text("không thiết lập được TLS: {why}", "TLS fails: {why}"),
    "clock_hint": Text(
        "đồng hồ sai, hoặc có thiết bị đứng giữa thay chứng thư: xem bước Đồng hồ, tắt kiểm soát HTTPS của bộ định tuyến",
        "the clock is wrong, or something in between replaces certificates: see the clock, switch off the router's HTTPS inspection",
    ),
    "ended_hint": Text(
        "chứng thư của máy chủ kết nối đã hết hạn (hoặc đồng hồ chạy nhanh, xem bước Đồng hồ): tỉnh chạy ketnoi bootstrap hub",
        "the hub's certificate has ended (or this box's clock is ahead, see the clock's step): the province runs ketnoi bootstrap hub",
    ),
    "cut_hint": Text(
        "có thiết bị ở giữa cắt kết nối, hoặc chứng thư của thiết bị đã bị thu hồi: hỏi tỉnh",
        "something in between cuts it, or this box's certificate was revoked: ask the province",
    ),
    "own_hint": Text(
        "cấp lại chứng thư: tỉnh chạy ketnoi bootstrap --site", "have it issued again: the province runs ketnoi bootstrap --site"
    ),
}
CERTIFICATE = {
    True: Text("còn {days} ngày, đến {day}", "{days} days left, until {day}"),
    False: Text("đã hết hạn ngày {day}", "it ended on {day}"),
}
LOGIN_HINT = Text(
    "chờ 1 phút; nếu vẫn vậy, xem: sudo journalctl -u ketnoi-agent -n 50", "wait a minute; then see: sudo journalctl -u ketnoi-agent -n 50"
)
ACK_HINT = Text(
    "máy chủ kết nối nhận mà không xác nhận: báo cho tỉnh (ketnoi-collector)",
    "the hub takes events and does not acknowledge: tell the province (ketnoi-collector)",
)


def power(seen: ProbeResult) -> Text:
    hours = seen.measured.get("hours")
    return Text(f"thiết bị đã chạy {hours} giờ", f"the box has run for {hours} h") if hours is not None else MAINS[seen.status == "up"]


def disk(seen: ProbeResult) -> Text:
    free, total = seen.measured.get("free_mb", "?"), seen.measured.get("total_mb", "?")
    return Text(f"còn trống {free} trên {total} MB", f"{free} of {total} MB free")


def clock(seen: ProbeResult) -> Text:
    offset = seen.measured.get("offset_ms")
    return Text("chưa rõ độ lệch", "offset unknown") if offset is None else Text(f"lệch {offset} ms", f"{offset} ms off")
