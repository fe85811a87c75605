"""Commands that look: measured against the standard, or as the hub knows it."""

from pathlib import Path
from typing import Annotated

import typer

from province.cli.options import LANG, Area, Inventory, Json, LangOption, Site, app, texts
from province.paths import find_inventory


@app.command(help=texts("Đo kiểm các cơ sở theo tiêu chuẩn", "Measure facilities against the standard"))
def verify(
    inventory: Inventory = None,
    area: Area = None,
    site: Annotated[
        list[str] | None, typer.Option("--site", help=texts("mã một cơ sở; lặp lại được", "code of a facility; may be repeated"))
    ] = None,
    out: Annotated[Path, typer.Option("--out", help=texts("thư mục kết quả", "directory of the results"))] = Path("out"),
    local: Annotated[
        bool,
        typer.Option(
            "--local", help=texts("đo thiết bị ngay từ máy này, không qua máy chủ kết nối", "measure devices from here, without a hub")
        ),
    ] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.verify import verify as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, area=area, sites=site or (), lang=lang, json_output=json_output, out=out, local=local))


@app.command(
    help=texts(
        "Toàn tỉnh trong một bảng, xấu nhất trước; theo máy chủ kết nối", "The province at a glance, worst first, as the hub knows it"
    )
)
def status(inventory: Inventory = None, area: Area = None, site: Site = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.overview import status as run

    raise typer.Exit(run(find_inventory(inventory), area=area, site=site, lang=lang, json_output=json_output))


@app.command(help=texts("Các lần gián đoạn: cái gì, từ lúc nào đến lúc nào", "Outages: of what, from when to when"))
def outages(
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    since: Annotated[str, typer.Option("--since", help=texts("24h, 7d, hoặc ngày 2026-11-01", "24h, 7d, or a day 2026-11-01"))] = "24h",
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.overview import outages as run

    raise typer.Exit(run(find_inventory(inventory), area=area, site=site, since=since, lang=lang, json_output=json_output))


@app.command(help=texts("Mỗi camera hoạt động bao nhiêu phần thời gian, theo ngày", "What share of the time each camera was up, by day"))
def availability(
    first: Annotated[str, typer.Option("--from", help=texts("ngày đầu, 2026-11-01", "first day, 2026-11-01"))],
    last: Annotated[str | None, typer.Option("--to", help=texts("ngày cuối (mặc định hôm nay)", "last day (default: today)"))] = None,
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.overview import availability as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, area=area, site=site, first=first, last=last, lang=lang, json_output=json_output))
