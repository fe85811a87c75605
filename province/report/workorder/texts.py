"""What stands on a work order, in both languages. Health precautions and the checklist are our choice, and say so on the paper."""

from collections.abc import Mapping

from province.text import Text

TEXTS: Mapping[str, Text] = {
    "motto": Text("CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM"),
    "motto2": Text("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness"),
    "title": Text("PHIẾU CÔNG VIỆC TẠI CƠ SỞ CÁCH LY TẬP TRUNG", "WORK ORDER FOR A QUARANTINE FACILITY"),
    "number": Text("Số: ……………", "No. ……………"),
    "day": Text("ngày {day:%d} tháng {day:%m} năm {day:%Y}", "{day:%d/%m/%Y}"),
    "where": Text("1. Cơ sở và đầu mối", "1. Facility and contacts"),
    "facility": Text("Cơ sở", "Facility"),
    "address": Text("Địa chỉ", "Address"),
    "kind": Text("Loại cơ sở", "Kind"),
    "authority": Text("Cơ quan quản lý", "Authority"),
    "focal": Text("Đầu mối tại cơ sở", "Focal point"),
    "connector": Text("Doanh nghiệp kết nối", "Connector"),
    "network": Text("Mạng camera · thiết bị biên", "Camera LAN · edge box"),
    "engineers": Text("Người thực hiện", "Who goes"),
    "engineers_blank": Text("họ tên, đơn vị, điện thoại: ………………………………………………………………", "name, company, phone: ………………………………………………………………"),
    "basis": Text("2. Căn cứ", "2. Papers on file"),
    "opinion": Text("Ý kiến của quân khu (doanh trại)", "Opinion of the military region (barracks)"),
    "plan": Text("Phương án kết nối", "Connection plan"),
    "funding": Text("Kinh phí", "Funding"),
    "none": Text("chưa có", "none on file"),
    "needless": Text("không phải doanh trại", "no barracks"),
    "agreed": Text("{who} thống nhất ngày {day}", "agreed by {who} on {day}"),
    "agrees": Text("{who}, văn bản số {number} ngày {day}: đồng ý", "{who}, document {number} of {day}: agrees"),
    "refuses": Text("{who}, văn bản số {number} ngày {day}: KHÔNG đồng ý", "{who}, document {number} of {day}: does NOT agree"),
    "do": Text("3. Việc cần làm", "3. What to do"),
    "nothing": Text(
        "Chưa thấy việc gì cần làm thêm ngoài kiểm tra theo mục 8.", "Nothing is known to be done but the checklist in part 8."
    ),
    "there": Text("4. Thiết bị tại cơ sở", "4. What is on site"),
    "scanned": Text("Kết quả quét mạng camera lúc {at}.", "The camera LAN was scanned at {at}."),
    "not_scanned": Text(
        "Mạng camera chưa được quét; danh sách theo danh mục của tỉnh.", "The camera LAN was not scanned; the list is the inventory's."
    ),
    "verified": Text("Tình trạng thiết bị theo kết luận {measured}.", "Classes of devices from the verdict, {measured}."),
    "slot": Text("Vị trí", "Slot"),
    "device": Text("Thiết bị", "Device"),
    "place": Text("Nơi lắp · khu vực", "Place · zone"),
    "lan": Text("Địa chỉ", "Address"),
    "state": Text("Tình trạng", "State"),
    "new": Text("mới thấy", "newly found"),
    "absent": Text("không thấy khi quét", "not found by the scan"),
    "no_access": Text("không được tiếp cận", "no access"),
    "unknown": Text("chưa rõ", "not known"),
    "no_devices": Text("Danh mục chưa ghi thiết bị nào.", "The inventory lists no device yet."),
    "cable": Text("5. Cáp và cổng", "5. Cables and ports"),
    "switch": Text("Bộ chuyển mạch", "Switch"),
    "to_box": Text("Thiết bị biên, cổng thứ hai (phía camera)", "Edge box, its second port (cameras' side)"),
    "to_box_flat": Text("Thiết bị biên", "Edge box"),
    "to_uplink": Text("Bộ chuyển mạch khác hoặc bộ định tuyến", "Another switch or the router"),
    "router": Text("Bộ định tuyến của cơ sở", "The facility's router"),
    "first_port": Text("Thiết bị biên, cổng thứ nhất (đường lên)", "Edge box, its first port (uplink)"),
    "no_switch": Text(
        "Danh mục chưa ghi bộ chuyển mạch nào: ghi lại cổng thực tế khi đi dây.",
        "The inventory lists no switch: note the ports as you cable them.",
    ),
    "uncabled": Text("Chưa biết cổng của: {names}.", "Ports not known of: {names}."),
    "zones": Text("6. Camera theo khu vực giám sát", "6. Cameras by zone"),
    "zone": Text("Khu vực", "Zone"),
    "cameras": Text("Camera · hoặc lý do không có", "Cameras · or the reason for none"),
    "missing": Text("CÒN THIẾU: lắp camera, hoặc ghi lý do", "MISSING: put a camera up, or give the reason"),
    "never": Text(
        "Không đặt camera trong phòng ở, nhà vệ sinh, nhà tắm; camera ở hành lang không hướng vào trong phòng.",
        "No camera inside rooms, toilets or bathrooms; none in a corridor that looks into a room.",
    ),
    "health": Text("7. Phòng dịch khi vào cơ sở", "7. Health precautions"),
    "health_source": Text(
        "Sở Y tế hướng dẫn và quyết định (UBND tỉnh Phú Yên 2021, mục 3); lời văn dưới đây là lựa chọn của chúng tôi.",
        "The Department of Health instructs and decides (UBND Phú Yên 2021, item 3); the words below are our choice.",
    ),
    "check": Text("8. Danh mục kiểm tra", "8. Checklist"),
    "check_source": Text("Lựa chọn của chúng tôi.", "Our choice."),
    "sign": Text("9. Xác nhận", "9. Signatures"),
    "sign_facility": Text("ĐẠI DIỆN CƠ SỞ", "FOR THE FACILITY"),
    "sign_engineer": Text("NGƯỜI THỰC HIỆN", "ENGINEER"),
    "sign_office": Text("NGƯỜI GIAO VIỆC", "FOR THE OFFICE"),
    "sign_note": Text("(ký, ghi rõ họ tên)", "(signature, full name)"),
    "notes": Text(
        "Ghi chú tại chỗ (cổng đã đổi, thiết bị đã thay, MAC mới):", "Notes on site (ports changed, devices replaced, new MACs):"
    ),
    "in": Text("Vào lúc …… giờ ……, ra lúc …… giờ ……, ngày ……/……/………", "In at ……:……, out at ……:……, on ……/……/………"),
}
HEALTH: tuple[Text, ...] = (
    Text(
        "Trước khi đến: báo đầu mối, hỏi y tế cơ sở lối đi, khu vực được vào, giờ vào; không đi khi đang sốt, ho, khó thở.",
        "Before going: call the focal point, ask its medical staff which way, which parts, when; stay away with fever or cough.",
    ),
    Text(
        "Tại cổng: khai báo y tế, đo thân nhiệt, ghi sổ ra vào; chỉ những người có tên trong phiếu được vào.",
        "At the gate: health declaration, temperature, visitors' book; only those named on this paper go in.",
    ),
    Text(
        "Trong cơ sở: khẩu trang và phương tiện phòng hộ do y tế cơ sở quy định; giữ khoảng cách từ 2 m; không vào phòng người cách ly, "
        "không nhận, không đưa đồ vật.",
        "Inside: mask and protective clothing as the medical staff say; 2 m apart; enter no room in quarantine, take and give nothing.",
    ),
    Text(
        "Sát khuẩn tay, dụng cụ, thang, máy tính khi vào và khi ra; bỏ khẩu trang, găng tay đã dùng đúng nơi quy định.",
        "Disinfect hands, tools, ladder and laptop on the way in and out; used masks and gloves go where they belong.",
    ),
    Text(
        "Khi về: ghi giờ ra, theo dõi sức khoẻ và xét nghiệm theo hướng dẫn của y tế địa phương; có dấu hiệu thì báo ngay.",
        "Afterwards: note the time, watch your health and be tested as the local health authority says; report symptoms at once.",
    ),
)
CHECKS: tuple[Text, ...] = (
    Text(
        "Thiết bị biên: có điện, cổng thứ nhất nối bộ định tuyến, cổng thứ hai nối bộ chuyển mạch camera",
        "Edge box: power, first port to the router, second to the cameras' switch",
    ),
    Text(
        "Văn phòng xác nhận đã vào được thiết bị biên: ketnoi wait --site {code}",
        "The office confirms that the box can be reached: ketnoi wait --site {code}",
    ),
    Text(
        "Mọi camera có điện, có hình, đúng nơi lắp ở mục 4; tem ghi số vị trí",
        "Every camera has power and a picture, and hangs where part 4 says; labelled with its slot",
    ),
    Text("Góc nhìn không vào trong phòng, nhà vệ sinh, nhà tắm", "No camera looks into a room, toilet or bathroom"),
    Text("Cổng bộ chuyển mạch đúng mục 5; cổng không dùng đã rút dây", "Switch ports as in part 5; unused ports have no cable"),
    Text(
        "Thiết bị mới: đã kích hoạt, mật khẩu giao cho văn phòng, không ghi lên phiếu này",
        "New devices: activated, password given to the office, never written on this paper",
    ),
    Text("Quét lại sau khi xong: ketnoi survey scan --site {code}", "Scan again when done: ketnoi survey scan --site {code}"),
    Text("Văn phòng đo kiểm: ketnoi verify --site {code}", "The office verifies: ketnoi verify --site {code}"),
)
DO: Mapping[str, Text] = {
    "withheld": Text("CHƯA ĐƯỢC VÀO: {why}", "DO NOT GO IN YET: {why}"),
    "obsolete": Text("Thay {name}: {why}.", "Replace {name}: {why}."),
    "needs_activation": Text("Kích hoạt {name} bằng công cụ của hãng.", "Activate {name} with its maker's tool."),
    "needs_firmware": Text("Cập nhật phần mềm {name}: {why}.", "Update the firmware of {name}: {why}."),
    "needs_credentials": Text("Lấy mật khẩu quản trị của {name}: {why}.", "Get the administrator's password of {name}: {why}."),
    "driver": Text("Báo văn phòng sửa danh mục: {name}: {why}.", "Have the office mend the inventory: {name}: {why}."),
    "unknown": Text("Xem lại {name}: {why}.", "Look at {name}: {why}."),
    "absent": Text(
        "Tìm {name} ({address}): không thấy khi quét; xem nguồn điện, dây mạng, cổng, địa chỉ.",
        "Find {name} ({address}), which the scan did not: power, cable, port, address.",
    ),
    "moved": Text("Xem lại địa chỉ của {name}: {why}.", "See to the address of {name}: {why}."),
    "new": Text(
        "Xác định nơi lắp và khu vực của {name} ({address}), chưa có trong danh mục.",
        "Note place and zone of {name} ({address}), which the inventory lacks.",
    ),
    "zone": Text("Lắp camera cho khu vực: {zone}, hoặc ghi lý do không lắp.", "Put a camera up for: {zone}, or note why there is none."),
    "line": Text("Nâng đường truyền: cần {needed}, đo được {rate}.", "Get a better line: {needed} are needed, {rate} were measured."),
    "survey": Text("Hỏi và ghi lại điều còn thiếu: {fields}.", "Ask for what is missing, and note it: {fields}."),
}
