"""The first page of the workbook: what to fill in, who, how. In Vietnamese, for those who fill it in."""

from collections.abc import Iterator

Line = tuple[str, str, bool]
"""(mark in the margin, text, bold)."""

_WHO = (
    "UBND huyện, thị xã, thành phố (nay là phường, xã): trang Cơ sở, Đầu mối, Camera, Không có camera, Hồ sơ.",
    "Doanh nghiệp kết nối, khi khảo sát tại chỗ: trang Mạng, Đầu ghi, Bộ chuyển mạch, Cổng mạng và địa chỉ ở trang Camera.",
)
_HOW = (
    "Mỗi cơ sở một dòng ở trang Cơ sở. Ở trang khác ghi lại mã cơ sở, hoặc tên cơ sở giống hệt. Cột có dấu * là bắt buộc.",
    "Cơ sở mới để trống mã: phần mềm cấp mã và giữ suốt đời. Không sửa mã đã có.",
    "Mỗi camera một dòng, kể cả camera hỏng hoặc chưa kết nối. Chưa biết hãng, địa chỉ thì để trống, khảo sát sẽ bổ sung.",
    "Không đặt camera trong phòng ở, nhà vệ sinh, nhà tắm. Khu vực bắt buộc mà không có camera riêng: ghi lý do ở trang Không có camera.",
    "Ngày viết ngày/tháng/năm, ví dụ 12/06/2021. Số điện thoại đủ số 0 ở đầu.",
    "Ô để trống nghĩa là không có gì mới; ô trống không xoá dữ liệu đã có.",
    "Không ghi mật khẩu vào phiếu.",
    "Dòng màu xám có chữ VÍ DỤ chỉ để xem cách điền, khi nhập sẽ được bỏ qua.",
    "Rê chuột lên tiêu đề cột để xem hướng dẫn. Điền xong lưu tệp dạng .xlsx và gửi về Sở.",
)


def lines(place: str, mark: str) -> Iterator[Line]:
    yield "", "PHIẾU KHẢO SÁT CAMERA TẠI CÁC CƠ SỞ CÁCH LY TẬP TRUNG", True
    yield "", f"Địa bàn: {place}", False
    yield "", f"Mẫu phiếu {mark}", False
    number = 0
    for title, texts in (("Ai điền trang nào", _WHO), ("Cách điền", _HOW)):
        yield "", "", False
        yield "", title, True
        for text in texts:
            number += 1
            yield str(number), text, False
