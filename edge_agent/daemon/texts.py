"""What the box's screens say to the engineer who stands beside it: what happened, and what to do."""

from edge_agent.contract.text import Text

LINE = {
    "title": Text("{name} ({site})", "{name} ({site})"),
    "hub": Text("Máy chủ", "Hub"),
    "tunnel": Text("Đường hầm", "Tunnel"),
    "clock": Text("Đồng hồ", "Clock"),
    "events": Text("Sự kiện", "Events"),
    "cameras": Text("Camera", "Cameras"),
    "connected": Text("đã kết nối {endpoint}", "connected to {endpoint}"),
    "connected_direct": Text(
        "đã kết nối {endpoint}, KHÔNG qua đường hầm (tường lửa chặn UDP?)",
        "connected to {endpoint}, NOT by the tunnel (a firewall eats UDP?)",
    ),
    "offline": Text("mất kết nối {seconds} s: {problem}", "no connection for {seconds} s: {problem}"),
    "never": Text("chưa kết nối được: {problem}", "not connected yet: {problem}"),
    "trying": Text("đang thử", "trying"),
    "handshake": Text("bắt tay {seconds} s trước", "handshake {seconds} s ago"),
    "no_handshake": Text("chưa bắt tay lần nào: kiểm tra đường mạng ra UDP 51820", "no handshake yet: check that UDP 51820 gets out"),
    "no_tunnel": Text(
        "không có giao diện ketnoi: systemctl status wg-quick@ketnoi", "there is no interface ketnoi: systemctl status wg-quick@ketnoi"
    ),
    "tunnel_there": Text("có giao diện; chạy bằng sudo để xem lần bắt tay", "the interface is there; run with sudo to see the handshake"),
    "hub_answers": Text("máy chủ kết nối trả lời", "the hub answers"),
    "hub_refuses": Text("tới được máy chủ kết nối nhưng dịch vụ chưa chạy", "the hub is there but its service is not running"),
    "hub_silent": Text("máy chủ kết nối không trả lời", "the hub does not answer"),
    "synced": Text("đồng bộ, lệch {offset} ms", "synchronised, {offset} ms off"),
    "unsynced": Text("CHƯA đồng bộ: chronyc sources", "NOT synchronised: chronyc sources"),
    "clock_unknown": Text("không hỏi được chrony: systemctl status chrony", "chrony cannot be asked: systemctl status chrony"),
    "pending": Text("{count} sự kiện chưa được máy chủ kết nối xác nhận", "{count} events not yet acknowledged by the hub"),
    "only_in_memory": Text("; {count} CHỈ CÒN TRONG BỘ NHỚ: {problem}", "; {count} ONLY IN MEMORY: {problem}"),
    "counts": Text("{up} trên {all} hoạt động", "{up} of {all} up"),
    "since": Text("từ {since}", "since {since}"),
    "not_running": Text(
        "Chương trình biên (agent) không chạy: sudo systemctl status ketnoi-agent; sudo journalctl -u ketnoi-agent -n 50",
        "The agent is not running: sudo systemctl status ketnoi-agent; sudo journalctl -u ketnoi-agent -n 50",
    ),
    "stale": Text(
        "Số liệu đã cũ {seconds} s: chương trình biên bị treo hoặc đã dừng: sudo systemctl status ketnoi-agent",
        "These figures are {seconds} s old: the agent hangs or has stopped: sudo systemctl status ketnoi-agent",
    ),
    "no_events": Text("Máy chủ kết nối đã nhận đủ mọi sự kiện.", "The hub has every event."),
    "needs_root": Text("Cần quyền root: sudo edge-agent events", "Root is needed: sudo edge-agent events"),
    "no_outbox": Text("Chưa có sổ sự kiện ở {path}.", "There is no outbox at {path} yet."),
}
