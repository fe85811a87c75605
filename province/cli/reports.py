"""Commands that tell others: reports, lists of contacts, what the central system takes in."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from province.cli.options import LANG, Area, Commands, Inventory, Json, LangOption, app, texts
from province.paths import find_inventory

Authority = Annotated[str | None, typer.Option("--authority", help=texts("cơ quan quản lý (mã)", "who answers (id)"))]
Out = Annotated[
    Path | None, typer.Option("--out", help=texts("tệp ghi ra (mặc định: màn hình)", "file to write (default: standard output)"))
]

reports = Commands(
    no_args_is_help=False,
    help=texts(
        "Báo cáo có chữ ký về một ngày: bảng tính, trang web, PDF, thư đôn đốc", "A signed report of a day: workbook, page, PDF, reminders"
    ),
)
exports = Commands(no_args_is_help=True, help=texts("Xuất dữ liệu cho hệ thống khác", "Data for other systems"))
app.add_typer(reports, name="report")
app.add_typer(exports, name="export")


@reports.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    inventory: Inventory = None,
    area: Area = None,
    authority: Authority = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help=texts("ngày báo cáo 2021-06-12 (mặc định hôm nay)", "day 2021-06-12 (default: today)"))
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", help=texts("record.json của lần trước, không hỏi máy chủ", "an earlier record.json: no hub asked")),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help=texts("thư mục báo cáo", "folder of the report"))] = Path("report"),
    reminders: Annotated[
        bool,
        typer.Option("--reminders", help=texts("kèm thư đôn đốc từng cơ quan chậm", "with a letter to each authority that is behind")),
    ] = False,
    number: Annotated[
        str | None,
        typer.Option("--number", help=texts("số văn bản (mặc định để trống)", "the document's number (default: left blank)")),
    ] = None,
    contact_sheet: Annotated[
        str | None,
        typer.Option(
            "--contact-sheet",
            metavar="WHY",
            help=texts("thêm một hình hiện tại của từng camera; lý do được ghi nhật ký", "one current frame of each camera; WHY is noted"),
        ),
    ] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    from province.commands.report import report as run

    raise typer.Exit(
        run(
            find_inventory(inventory),
            area=area,
            authority=authority,
            as_of=as_of,
            record=record,
            lang=lang,
            out=out,
            reminders=reminders,
            number=number,
            contact_sheet=contact_sheet,
            json_output=json_output,
        )
    )


@reports.command("check", help=texts("Báo cáo còn nguyên như khi ký không", "Whether a report is as it was signed"))
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=texts("thư mục báo cáo", "folder of the report"))],
    inventory: Inventory = None,
    ca: Annotated[Path | None, typer.Option("--ca", help=texts("chứng thư gốc của tỉnh (ca.crt)", "the province's ca.crt"))] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.report import check as run

    raise typer.Exit(run(folder, None if ca else find_inventory(inventory), ca, lang, json_output))


@app.command(help=texts("Danh sách đầu mối của các cơ sở", "List of the facilities' focal points"))
def contacts(
    inventory: Inventory = None,
    area: Area = None,
    authority: Authority = None,
    form: Annotated[Literal["csv", "xlsx", "json"], typer.Option("--format", help=texts("dạng tệp", "form"))] = "csv",
    out: Out = None,
    lang: LangOption = LANG,
) -> None:
    from province.commands.lists import contacts as run

    raise typer.Exit(run(find_inventory(inventory), area=area, authority=authority, form=form, out=out, lang=lang))


@exports.callback()
def export() -> None:
    """Its commands name what is handed on."""


@exports.command(
    "streams",
    help=texts(
        "Camera cho hệ thống giám sát tập trung: địa chỉ, đường dẫn, nơi giữ mật khẩu (không có mật khẩu)",
        "Cameras for the central system: address, path, where the password is kept (never the password)",
    ),
)
def streams(
    inventory: Inventory = None,
    area: Area = None,
    authority: Authority = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", help=texts("record.json của một báo cáo, không hỏi máy chủ", "a report's record.json: no hub asked")),
    ] = None,
    form: Annotated[Literal["csv", "json", "m3u", "frigate"], typer.Option("--format", help=texts("dạng tệp", "form"))] = "csv",
    out: Out = None,
    lang: LangOption = LANG,
) -> None:
    from province.commands.lists import streams as run

    raise typer.Exit(run(find_inventory(inventory), area=area, authority=authority, record=record, form=form, out=out, lang=lang))
