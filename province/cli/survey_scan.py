"""`ketnoi survey scan|accept|no-access` and `ketnoi workorder`: what is on site, into the inventory, onto paper."""

from pathlib import Path
from typing import Annotated

import typer

from province.cli.options import LANG, Inventory, Json, LangOption, app, texts
from province.cli.survey import survey
from province.paths import find_inventory

OneSite = Annotated[str, typer.Option("--site", help=texts("mã cơ sở", "the facility's code"))]
Check = Annotated[bool, typer.Option("--check", help=texts("chỉ xem thay đổi", "only show what would change"))]


@survey.command(
    help=texts(
        "Quét mạng camera của một cơ sở: có thiết bị gì, kết nối được không; không ghi vào thiết bị nào",
        "Look at a facility's camera LAN: what is there, can it be connected; writes to no device",
    )
)
def scan(
    site: OneSite,
    inventory: Inventory = None,
    local: Annotated[
        bool,
        typer.Option("--local", help=texts("quét từ máy này, đang ở trong mạng camera", "from this machine, which is in the camera LAN")),
    ] = False,
    uplink: Annotated[
        bool, typer.Option("--uplink/--no-uplink", help=texts("đo tốc độ đường lên (tối đa 8 MB)", "measure the uplink (8 MB at most)"))
    ] = True,
    streams: Annotated[
        bool, typer.Option("--streams/--no-streams", help=texts("xem thử từng luồng hình", "watch each stream for a few seconds"))
    ] = True,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.survey_scan import scan as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, site, local=local, uplink_too=uplink, streams=streams, lang=lang, json_output=json_output))


@survey.command(
    help=texts(
        "Đưa kết quả quét vào danh mục: thiết bị mới, kiểu máy, MAC, địa chỉ",
        "Take what a scan found into the inventory: devices, models, MACs",
    )
)
def accept(
    site: OneSite,
    inventory: Inventory = None,
    slot: Annotated[
        list[int] | None,
        typer.Option(
            "--slot",
            help=texts("chỉ vị trí này, kể cả điều cần người quyết định; lặp lại được", "only this slot, decisions too; may be repeated"),
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=texts("mọi thứ, kể cả điều cần người quyết định", "all, also what somebody must want"))
    ] = False,
    place: Annotated[
        list[str] | None,
        typer.Option("--place", metavar="SLOT=…", help=texts("vị trí lắp đặt của thiết bị mới", "where a new device is")),
    ] = None,
    zone: Annotated[
        list[str] | None,
        typer.Option("--zone", metavar="SLOT=…", help=texts("khu vực giám sát của camera mới", "zone of a new camera")),
    ] = None,
    check: Check = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.survey_accept import accept as run

    path = find_inventory(inventory)
    raise typer.Exit(
        run(
            path,
            site,
            slots=slot or [],
            everything=everything,
            places=place or [],
            zones=zone or [],
            check=check,
            lang=lang,
            json_output=json_output,
        )
    )


@survey.command(
    "no-access",
    help=texts(
        "Ghi nhận cơ sở, hoặc một thiết bị, không cho tiếp cận: lý do, ngày, người chứng kiến",
        "Note that a facility, or a device, lets nobody in: reason, date, witness",
    ),
)
def no_access(
    site: OneSite,
    reason: Annotated[str, typer.Option("--reason", help=texts("đã nghe hoặc thấy gì", "what was said or seen"))],
    witness: Annotated[str, typer.Option("--witness", help=texts("người chứng kiến: họ tên, đơn vị", "who saw it: name and office"))],
    inventory: Inventory = None,
    slot: Annotated[int | None, typer.Option("--slot", help=texts("chỉ thiết bị này", "only this device"))] = None,
    day: Annotated[
        str | None, typer.Option("--date", help=texts("ngày, ví dụ 2021-05-20 (mặc định hôm nay)", "the day, 2021-05-20 (today)"))
    ] = None,
    check: Check = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.survey_accept import no_access as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, site, slot=slot, reason=reason, witness=witness, day=day, check=check, lang=lang, json_output=json_output))


@app.command(
    help=texts(
        "In phiếu công việc cho người đến cơ sở: HTML và PDF, một hai trang",
        "Print the work order for whoever goes to a facility: HTML and PDF, a page or two",
    )
)
def workorder(
    site: OneSite,
    inventory: Inventory = None,
    out: Annotated[Path, typer.Option("--out", help=texts("thư mục kết quả", "directory of the results"))] = Path("out"),
    verdict: Annotated[
        Path | None, typer.Option("--verdict", help=texts("verify.json của lần đo kiểm gần nhất", "verify.json of the last verdict"))
    ] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.workorder import workorder as run

    raise typer.Exit(run(find_inventory(inventory), site, out=out, verdict=verdict, lang=lang, json_output=json_output))
