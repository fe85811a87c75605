"""The next step as a letter to officials words it: what their own people do, with no command of ours in it."""

import re
from collections.abc import Mapping

from province.report.model.content import FacilityRow
from province.text import Text

STEPS: Mapping[str, Text] = {
    "surveyed": Text("Cơ sở bổ sung thông tin khảo sát còn thiếu.", "The facility completes what the survey lacks."),
    "no_cameras": Text(
        "Cơ sở lắp camera theo hướng dẫn tiêu chuẩn, điều kiện kỹ thuật; {connector} hỗ trợ kỹ thuật.",
        "The facility puts up cameras as the technical conditions say; {connector} helps.",
    ),
    "no_box": Text(
        "Cơ sở bố trí vị trí, nguồn điện, đường truyền; {connector} lắp thiết bị kết nối.",
        "The facility provides room, power and a line; {connector} puts the edge box up.",
    ),
    "not_rolled_out": Text(
        "Cơ sở tạo điều kiện để {connector} lắp đặt thiết bị kết nối tại cơ sở.",
        "The facility lets {connector} put the edge box up.",
    ),
    "rollout_failed": Text(
        "{connector} cử kỹ thuật viên đến cơ sở hoàn thành việc kết nối; cơ sở phối hợp.",
        "{connector} sends an engineer to finish the connection; the facility helps.",
    ),
    "silent": Text(
        "Cơ sở kiểm tra nguồn điện, giữ thiết bị luôn hoạt động; {connector} kiểm tra đường truyền.",
        "The facility sees that the equipment has power and stays on; {connector} looks at the line.",
    ),
    "not_played": Text(
        "{connector} kiểm tra, khắc phục camera tại cơ sở; cơ sở phối hợp.",
        "{connector} looks at the cameras on site and mends them; the facility helps.",
    ),
    "never_measured": Text("{connector} phối hợp đo kiểm tại cơ sở.", "{connector} helps to measure the facility."),
    "stale": Text("{connector} phối hợp đo kiểm lại tại cơ sở.", "{connector} helps to measure the facility again."),
    "no_opinion": Text(
        "Bộ Chỉ huy Quân sự tỉnh có văn bản xin ý kiến Bộ Tư lệnh Quân khu.",
        "The province's military command asks for the military region's opinion.",
    ),
    "no_access": Text(
        "Cơ quan quản lý làm việc với cơ sở, yêu cầu phối hợp, tạo điều kiện khảo sát, lắp đặt.",
        "The authority has the facility cooperate and let survey and installation go ahead.",
    ),
    "wrong_credentials": Text(
        "Cơ sở cung cấp mật khẩu quản trị của camera, đầu ghi cho {connector}.",
        "The facility tells {connector} its devices' administrator password.",
    ),
    "obsolete": Text("Thay camera, đầu ghi không đáp ứng tiêu chuẩn.", "Replace the devices that can't meet the standard."),
    "unreachable": Text(
        "Cơ sở kiểm tra nguồn điện, dây mạng của camera; {connector} khắc phục.",
        "The facility looks at its cameras' power and cables; {connector} mends what is broken.",
    ),
}
GENERAL = Text(
    "{connector} kiểm tra, cấu hình lại thiết bị tại cơ sở; cơ sở phối hợp.",
    "{connector} looks at the devices on site and sets them right; the facility helps.",
)
_OURS = re.compile(r"ketnoi|systemctl|`|[a-z]_[a-z]", re.IGNORECASE)
"""Commands, services and fields: an engineer's words."""


def step(row: FacilityRow) -> Text | None:
    """None where there is nothing to do."""
    if row.hint is None:
        return None
    known = STEPS.get(row.category or "")
    if known is None and not any(_OURS.search(side) for side in row.hint):
        return row.hint
    return (known or GENERAL).format(connector=row.connector_name)
