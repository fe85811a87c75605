"""`ketnoi survey …`: from what is on site to the inventory."""

from pathlib import Path
from typing import Annotated

import typer

from province.cli.options import LANG, Commands, Inventory, Json, LangOption, app, texts
from province.paths import find_inventory

survey = Commands(
    no_args_is_help=True, help=texts("Khảo sát: phiếu khảo sát, quét mạng camera", "The survey: sheets, and a look at the camera LAN")
)
app.add_typer(survey, name="survey")


@survey.command(help=texts("Tạo phiếu khảo sát (bảng tính) cho các huyện điền", "Write the workbook that districts fill in"))
def template(
    out: Annotated[Path, typer.Option("--out", help=texts("tệp .xlsx sẽ ghi", "the .xlsx to write"))],
    inventory: Inventory = None,
    area: Annotated[
        str | None,
        typer.Option(
            "--area",
            "--district",
            help=texts("điền sẵn những gì danh mục đã có của khu vực này", "filled in with what the inventory has of it"),
        ),
    ] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.survey import template as run

    raise typer.Exit(run(find_inventory(inventory), out, area=area, lang=lang, json_output=json_output))


@survey.command(
    "import", help=texts("Đưa phiếu khảo sát (.xlsx, .csv) vào danh mục", "Take survey sheets (.xlsx, .csv) into the inventory")
)
def import_(
    files: Annotated[list[Path], typer.Argument(metavar=texts("TỆP…", "FILE…"), help=texts("phiếu khảo sát", "survey sheets"))],
    inventory: Inventory = None,
    area: Annotated[
        str | None,
        typer.Option(
            "--area",
            "--district",
            help=texts("khu vực của cơ sở mới khi phiếu không ghi", "area of new facilities where a sheet names none"),
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help=texts("chỉ xem thay đổi", "only show what would change"))] = False,
    partial: Annotated[
        bool,
        typer.Option("--partial", help=texts("nhận các dòng tốt của phiếu còn lỗi", "take the good rows of a sheet that has faults")),
    ] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.survey import import_ as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, files, area=area, check=check, partial=partial, lang=lang, json_output=json_output))
