"""`python -m bench.survey [FACILITIES [CAMERAS]]`: a province of 700 facilities x 20 cameras imported from one workbook, and checked.

No root, no network. The workbook is written first and not counted. Measured: the import into empty areas, the same import again
(nothing changes), one changed row, and `ketnoi check`; seconds by the clock and by the processor, and the most memory each took.
A table on stdout, out/bench-survey.json.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from province.paths import data

FACILITIES, CAMERAS = 700, 20
MOST_S, MOST_MB = 60.0, 1024.0
KETNOI = str(Path(sys.executable).parent / "ketnoi")
DISTRICTS = ("Thành phố Quy Nhơn", "Thị xã An Nhơn", "Thị xã Hoài Nhơn", "Huyện An Lão", "Huyện Hoài Ân", "Huyện Phù Cát", "Huyện Phù Mỹ",
             "Huyện Tây Sơn", "Huyện Tuy Phước", "Huyện Vân Canh", "Huyện Vĩnh Thạnh")  # fmt: skip
ZONES = ("Cổng ra vào", "Hành lang, ngoài cửa phòng", "Sảnh các tầng", "Nơi tiếp đón", "Sân", "Nơi lấy mẫu xét nghiệm",
         "Nơi khám, theo dõi sức khoẻ", "Nơi nhận thuốc, hàng hoá", "Bên ngoài nhà vệ sinh, nhà tắm chung")  # fmt: skip
SHEETS: dict[str, tuple[str, ...]] = {
    "Cơ sở": ("Tên cơ sở", "Loại hình", "Địa chỉ", "Huyện"),
    "Đầu mối": ("Tên cơ sở", "Họ và tên", "Chức vụ", "Số điện thoại", "Email"),
    "Mạng": ("Tên cơ sở", "Mạng camera", "Địa chỉ thiết bị biên", "Thiết bị biên: MAC ngoài"),
    "Camera": ("Tên cơ sở", "Khu vực giám sát", "Vị trí lắp đặt", "Hãng", "Địa chỉ IP", "Địa chỉ MAC"),
}


def province(folder: Path) -> Path:
    """The sample's head and units, its areas without facilities."""
    sample, inventory = data("inventory") / "binh-dinh", folder / "binh-dinh"
    (inventory / "areas").mkdir(parents=True)
    for name in ("province.yml", "units.yml"):
        shutil.copy(sample / name, inventory / name)
    for file in (sample / "areas").glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        (inventory / "areas" / file.name).write_text(text[: text.index("facilities:")] + "facilities: []\n", encoding="utf-8")
    return inventory


def workbook(file: Path, facilities: int, cameras: int, phone: str = "0256 000 1000") -> None:
    book = Workbook(write_only=True)
    sheets = {name: book.create_sheet(name) for name in SHEETS}
    for name, headings in SHEETS.items():
        sheets[name].append(headings)
    for number in range(1, facilities + 1):
        name, high, low = f"Trường Tiểu học số {number}", number >> 8, number & 255
        sheets["Cơ sở"].append((name, "Trường học", f"Số {number} đường Nguyễn Huệ", DISTRICTS[number % len(DISTRICTS)]))
        own = phone if number == 1 else f"0256 000 {1000 + number:04}"
        sheets["Đầu mối"].append((name, f"Nguyễn Văn {number}", "Hiệu trưởng", own, f"th{number}@coso.example"))
        sheets["Mạng"].append((name, "192.168.1.0/24", "192.168.1.1", f"02:4b:{high:02x}:{low:02x}:00:01"))
        for slot in range(1, cameras + 1):
            zone, mac = ZONES[slot % len(ZONES)], f"02:4b:{high:02x}:{low:02x}:01:{slot:02x}"
            sheets["Camera"].append((name, zone, f"{zone} số {slot}", "Hikvision", f"192.168.1.{10 + slot}", mac))
    book.save(file)


def measured(*arguments: str) -> dict[str, Any]:
    """One `ketnoi` run: seconds by the clock, by the processor, and the most memory (MB)."""
    started = time.perf_counter()
    child = os.posix_spawn(KETNOI, [KETNOI, *arguments], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "s": round(seconds, 1), "cpu_s": round(used.ru_utime + used.ru_stime, 1), "mb": round(used.ru_maxrss / 1024)}


def main() -> int:
    facilities, cameras = (int(word) for word in (sys.argv[1:3] + [str(FACILITIES), str(CAMERAS)][len(sys.argv[1:3]) :]))
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as folder:
        inventory, file, changed = province(Path(folder)), Path(folder) / "a.xlsx", Path(folder) / "b.xlsx"
        workbook(file, facilities, cameras)
        workbook(changed, facilities, cameras, phone="0912 345 678")
        rows = {
            "import": measured("survey", "import", str(file), "-i", str(inventory)),
            "import again": measured("survey", "import", str(file), "-i", str(inventory)),
            "one row changed": measured("survey", "import", str(changed), "-i", str(inventory)),
            "check": measured("check", "-i", str(inventory)),
        }
    print(f"{facilities} facilities x {cameras} cameras")
    for name, row in rows.items():
        print(f"{name:18} {row['s']:6.1f} s   {row['cpu_s']:6.1f} s of the processor   {row['mb']:5} MB   exit {row['code']}")
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench-survey.json").write_text(json.dumps({"facilities": facilities, "cameras": cameras, **rows}, indent=1) + "\n")
    whole = rows["import"]["s"] + rows["check"]["s"]
    fine = whole <= MOST_S and max(row["mb"] for row in rows.values()) <= MOST_MB and not any(row["code"] for row in rows.values())
    print(f"import and check: {whole:.1f} s (at most {MOST_S:.0f} are asked for)")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
