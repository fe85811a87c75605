"""Commands of the office: what must be there before any facility is."""

from pathlib import Path
from typing import Annotated

import typer

from province.cli.options import LANG, Inventory, Json, LangOption, app, texts
from province.paths import find_inventory


@app.command(help=texts("Tạo chứng thư gốc, khoá và mật khẩu của tỉnh", "Make the province's authority, keys and passwords"))
def init(inventory: Inventory = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.init import init as run

    raise typer.Exit(run(find_inventory(inventory), lang, json_output))


@app.command(help=texts("Kiểm tra toàn bộ danh mục của tỉnh", "Check the whole inventory"))
def check(inventory: Inventory = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.check import check as run

    raise typer.Exit(run(find_inventory(inventory), lang, json_output))


@app.command(
    help=texts("Ghi JSON Schema để trình soạn thảo gợi ý và báo lỗi", "Write JSON Schemas, so that an editor completes and underlines")
)
def schema(
    out: Annotated[Path, typer.Option("--out", help=texts("thư mục ghi", "directory to write to"))] = Path("schema"),
) -> None:
    from province.commands.schema import schema as run

    raise typer.Exit(run(out))


@app.command(
    help=texts(
        "In tiêu chuẩn, điều kiện kỹ thuật cho các cơ sở (văn bản hướng dẫn)", "Print the standards and technical conditions for facilities"
    )
)
def guide(
    inventory: Inventory = None,
    out: Annotated[Path, typer.Option("--out", help=texts("tệp .pdf hoặc .html", "a .pdf or .html file"))] = Path("guide.pdf"),
    as_of: Annotated[
        str | None, typer.Option("--as-of", help=texts("ngày ghi trên văn bản (mặc định hôm nay)", "day it is dated (default: today)"))
    ] = None,
    lang: LangOption = LANG,
) -> None:
    from province.commands.guide import run

    raise typer.Exit(run(find_inventory(inventory), out, as_of, lang))


@app.command(help=texts("Tạo kho gói phần mềm có chữ ký", "Build the signed package repository"))
def packages(inventory: Inventory = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.packages import packages as run

    raise typer.Exit(run(find_inventory(inventory), lang, json_output))


@app.command(help=texts("Cấu hình máy chủ kết nối cấp tỉnh", "Configure the province's hub"))
def hub(
    inventory: Inventory = None,
    check: Annotated[bool, typer.Option("--check", help=texts("chỉ xem thay đổi", "only show what would change"))] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help=texts("chỉ cập nhật những ai được vào", "bring only who may come in up to date"))
    ] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.rollout import hub as run

    tags = ("peers",) if peers else ()
    raise typer.Exit(run(find_inventory(inventory), tags=tags, check=check, lang=lang, json_output=json_output))


@app.command(
    help=texts(
        "Phòng thử, cả tỉnh trên một máy: up|down|status|shell MÁY|plug MÃ|unplug MÃ …",
        "A province on one machine: up|down|status|shell MACHINE|plug CODE|unplug CODE …",
    ),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def lab(context: typer.Context) -> None:
    from province.commands.lab import lab as run

    raise typer.Exit(run(context.args, LANG))
