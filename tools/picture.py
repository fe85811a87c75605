"""docs/picture.svg and docs/picture.vi.svg, the README's picture: `python -m tools.picture vi|en` prints one.

An SVG with colours of its own for light and dark, on a ground of its own: legible whatever page it stands on. No font is embedded.
"""

import sys
from html import escape

from province.text import Lang, Text

WIDTH, HEIGHT = 960, 376
TITLE = Text("Ketnoi trong một hình", "Ketnoi in one picture")
ALT = Text(
    "Tại văn phòng, phiếu khảo sát và kết quả quét thành danh mục của tỉnh, được ketnoi check kiểm tra. Từ đó, máy được "
    "tiếp nhận một lần và triển khai bao nhiêu lần cũng được, qua máy chủ kết nối cấp tỉnh. Thiết bị biên tại mỗi cơ sở, "
    "phía sau là camera và đầu ghi hình, nối với máy chủ kết nối bằng đường hầm WireGuard và đường cứu hộ SSH. Hệ thống "
    "giám sát tập trung xem từng camera qua máy chủ kết nối. Số liệu đo từ hai nơi, so với tiêu chuẩn, thành kết luận rồi "
    "thành báo cáo có chữ ký số.",
    "In the office, survey sheets and scans become the inventory, which ketnoi check checks. From it machines are taken "
    "over once and rolled out any number of times, by way of the province's hub. The edge box at each facility, with "
    "cameras and recorders behind it, has a WireGuard tunnel and an SSH lifeline to the hub. The central system plays each "
    "camera through the hub. What is measured from both, held against the standard, becomes a verdict and then a signed "
    "report.",
)
STYLE = """
  .ground { fill: #ffffff } .panel { fill: #f2f5f9; stroke: #c4ccd6 } .box { fill: #ffffff; stroke: #57606a }
  text { fill: #1f2328; font: 14px system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif; text-anchor: middle }
  .head { font-size: 13px; font-weight: 600; fill: #0a58ca } .name { font-weight: 600 } .small { font-size: 12px; fill: #4a535e }
  .line { stroke: #0a58ca; stroke-width: 2; fill: none } .dashed { stroke-dasharray: 5 4 } .tip { fill: #0a58ca }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .panel { fill: #161b22; stroke: #3d444d } .box { fill: #0d1117; stroke: #8b949e }
    text { fill: #e6edf3 } .head { fill: #79b8ff } .small { fill: #aab4bf } .line { stroke: #79b8ff } .tip { fill: #79b8ff }
  }
"""


class Picture:
    """Shapes in the order in which they are drawn; all lengths in the picture's own units."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.shapes: list[str] = []

    def text(self, x: float, y: float, text: Text, kind: str) -> None:
        self.shapes.append(f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text.pick(self.lang))}</text>')

    def panel(self, x: float, y: float, width: float, height: float, head: Text) -> None:
        self.shapes.append(f'<rect class="panel" x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>')
        self.text(x + width / 2, y + 22, head, "head")

    def box(self, x: float, y: float, width: float, height: float, name: Text, small: Text) -> None:
        self.shapes.append(f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>')
        self.text(x + width / 2, y + height / 2 - 4, name, "name")
        self.text(x + width / 2, y + height / 2 + 14, small, "small")

    def arrow(self, *points: tuple[float, float], both: bool = False, dashed: bool = False) -> None:
        path = " ".join(f"{'L' if n else 'M'}{x:g} {y:g}" for n, (x, y) in enumerate(points))
        start = ' marker-start="url(#tip)"' if both else ""
        self.shapes.append(f'<path class="line{" dashed" if dashed else ""}" d="{path}"{start} marker-end="url(#tip)"/>')

    def svg(self) -> str:
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"'
                f' lang="{self.lang}" aria-labelledby="title alt">',
                f'<title id="title">{escape(TITLE.pick(self.lang))}</title>',
                f'<desc id="alt">{escape(ALT.pick(self.lang))}</desc>',
                f"<style>{STYLE}</style>",
                '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse"'
                ' orient="auto-start-reverse"><path class="tip" d="M0 0 L10 5 L0 10 z"/></marker></defs>',
                f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="12"/>',
                *self.shapes,
                "</svg>\n",
            ]
        )


def picture(lang: Lang) -> str:
    drawn = Picture(lang)
    drawn.panel(16, 16, 216, 226, Text("Văn phòng", "Office"))
    drawn.box(28, 48, 192, 48, Text("khảo sát", "survey"), Text("phiếu các huyện, quét mạng", "sheets of districts, scans"))
    drawn.box(28, 115, 192, 48, Text("danh mục của tỉnh", "inventory"), Text("YAML, mỗi tỉnh một thư mục", "YAML, one folder a province"))
    drawn.box(28, 182, 192, 48, Text("ketnoi check", "ketnoi check"), Text("mọi lỗi, kèm tệp và dòng", "each fault, with file and line"))
    drawn.arrow((124, 96), (124, 114))
    drawn.arrow((124, 163), (124, 181))

    drawn.arrow((220, 206), (308, 206), (308, 132), (375, 132))
    drawn.text(308, 52, Text("tiếp nhận máy", "bootstrap"), "name")
    drawn.text(308, 69, Text("một lần, pyinfra", "once, pyinfra"), "small")
    drawn.text(308, 97, Text("triển khai", "rollout"), "name")
    drawn.text(308, 114, Text("nhiều lần, Ansible", "any time, Ansible"), "small")

    drawn.panel(376, 16, 216, 132, Text("Máy chủ kết nối cấp tỉnh", "Hub of the province"))
    drawn.box(
        388,
        48,
        192,
        88,
        Text("một địa chỉ công khai", "one public address"),
        Text("sự kiện, lịch sử, gói cài", "events, history, packages"),
    )
    drawn.box(408, 186, 184, 56, Text("hệ thống giám sát", "central system"), Text("tập trung: xem từng camera", "plays each camera"))
    drawn.arrow((500, 186), (500, 149))

    drawn.arrow((593, 66), (727, 66), both=True)
    drawn.text(660, 57, Text("đường hầm", "tunnel"), "name")
    drawn.text(660, 82, Text("WireGuard", "WireGuard"), "small")
    drawn.arrow((593, 118), (727, 118), both=True, dashed=True)
    drawn.text(660, 109, Text("đường cứu hộ", "lifeline"), "name")
    drawn.text(660, 134, Text("SSH, TCP 443", "SSH, TCP 443"), "small")

    drawn.panel(728, 16, 216, 226, Text("Mỗi cơ sở", "Each facility"))
    drawn.box(740, 48, 192, 88, Text("thiết bị biên", "edge box"), Text("tường lửa, ghi, theo dõi", "firewall, footage, watching"))
    drawn.box(740, 174, 192, 56, Text("camera, đầu ghi hình", "cameras, recorders"), Text("192.168.1.0/24 …", "192.168.1.0/24 …"))
    drawn.arrow((836, 136), (836, 173))

    drawn.panel(
        16,
        272,
        928,
        88,
        Text("Đo từ máy chủ kết nối và từ hệ thống giám sát tập trung", "Measured from the hub and from the central system"),
    )
    drawn.arrow((392, 148), (392, 271))
    drawn.arrow((500, 242), (500, 271))
    steps = (
        (Text("số liệu đo", "evidence"), Text("hình, cài đặt, đăng nhập", "streams, settings, logins")),
        (Text("× tiêu chuẩn", "× standard"), Text("dữ liệu, có nguồn", "data, each with its source")),
        (Text("kết luận", "verdict"), Text("đạt, không, chưa xác định", "meets, does not, unknown")),
        (Text("báo cáo có chữ ký số", "signed report"), Text("PDF, bảng tính, trang web", "PDF, workbook, page")),
    )
    for n, (name, small) in enumerate(steps):
        x = 28 + n * 237
        drawn.box(x, 303, 192, 46, name, small)
        if n:
            drawn.arrow((x - 45, 326), (x - 1, 326))
    return drawn.svg()


if __name__ == "__main__":
    sys.stdout.write(picture("vi" if sys.argv[1:] == ["vi"] else "en"))
