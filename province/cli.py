"""`ketnoi`: the province's command line. Each command is a function of province.commands; here they get their words.

Exit codes: 0 done or meets the standard, 1 ran and something failed or does not meet it, 2 could not start.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from province.inventories import find_inventory
from province.text import Lang, Text, default_lang
from province.trouble import Trouble


def _lang_of_arguments() -> Lang:
    """--lang decides the help's language too, so it is looked for before the arguments are parsed."""
    for at, word in enumerate(sys.argv):
        value = word.partition("=")[2] or (sys.argv[at + 1] if at + 1 < len(sys.argv) else "")
        if word.split("=")[0] == "--lang" and value in ("vi", "en"):
            return "vi" if value == "vi" else "en"
    return default_lang()


LANG = _lang_of_arguments()


def _(vi: str, en: str) -> str:
    return Text(vi, en).pick(LANG)


app = typer.Typer(
    name="ketnoi",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=_(
        "Từ phiếu khảo sát đến camera đã kết nối và được đo kiểm theo tiêu chuẩn.",
        "From a survey sheet to cameras that are connected and measured against the standard.",
    ),
)

Inventory = Annotated[
    Path | None,
    typer.Option("-i", "--inventory", help=_("thư mục danh mục của tỉnh", "folder of the province's inventory")),
]
Area = Annotated[str | None, typer.Option("--area", "--district", help=_("khu vực triển khai", "area of the rollout"))]
Site = Annotated[str | None, typer.Option("--site", help=_("mã một cơ sở", "code of one facility"))]
Json = Annotated[bool, typer.Option("--json", help=_("in kết quả dạng JSON", "result as JSON"))]
FactoryPassword = Annotated[
    Path | None,
    typer.Option(help=_("tệp chứa mật khẩu xuất xưởng", "file with the factory password")),
]
LangOption = Annotated[Literal["vi", "en"], typer.Option("--lang", help=_("ngôn ngữ (mặc định theo máy)", "language (from the locale)"))]


@app.command(help=_("Tạo chứng thư gốc, khoá và mật khẩu của tỉnh", "Make the province's authority, keys and passwords"))
def init(inventory: Inventory = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.init import init as run

    raise typer.Exit(run(find_inventory(inventory), lang, json_output))


@app.command(help=_("Kiểm tra toàn bộ danh mục của tỉnh", "Check the whole inventory"))
def check(inventory: Inventory = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.check import check as run

    raise typer.Exit(run(find_inventory(inventory), lang, json_output))


@app.command(
    help=_("Ghi JSON Schema để trình soạn thảo gợi ý và báo lỗi", "Write JSON Schemas, so that an editor completes and underlines")
)
def schema(
    out: Annotated[Path, typer.Option("--out", help=_("thư mục ghi", "directory to write to"))] = Path("schema"),
) -> None:
    from province.commands.schema import schema as run

    raise typer.Exit(run(out))


@app.command(help=_("Tiếp nhận máy trắng: máy chủ kết nối, thiết bị biên", "Take blank machines over: hub, edge boxes"))
def bootstrap(
    machine: Annotated[str | None, typer.Argument(help=_("`hub`, hoặc để trống", "`hub`, or nothing"))] = None,
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    at: Annotated[list[str] | None, typer.Option("--at", help=_("ĐỊA-CHỈ hoặc MÃ=ĐỊA-CHỈ", "ADDRESS or CODE=ADDRESS"))] = None,
    bench: Annotated[Path | None, typer.Option("--bench", help=_("tệp JSON {mã: địa chỉ}", "JSON file {code: address}"))] = None,
    factory_password_file: FactoryPassword = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.bootstrap import bootstrap as run
    from province.commands.targets import targets

    path = find_inventory(inventory)
    where = targets(path, lang, machine=machine, area=area, site=site, at=at or [], bench=bench)
    raise typer.Exit(run(path, where, lang, password_file=factory_password_file, json_output=json_output))


@app.command(help=_("Cấu hình máy chủ kết nối cấp tỉnh", "Configure the province's hub"))
def hub(
    inventory: Inventory = None,
    check: Annotated[bool, typer.Option("--check", help=_("chỉ xem thay đổi", "only show what would change"))] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.rollout import hub as run

    raise typer.Exit(run(find_inventory(inventory), check=check, lang=lang, json_output=json_output))


@app.command(help=_("Triển khai các cơ sở của một khu vực", "Roll out the facilities of an area"))
def rollout(
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    tags: Annotated[list[str] | None, typer.Option("--tags", help=_("chỉ chạy các vai trò này", "only these roles"))] = None,
    check: Annotated[bool, typer.Option("--check", help=_("chỉ xem thay đổi", "only show what would change"))] = False,
    full: Annotated[bool, typer.Option("--full", help=_("vào mọi cơ sở, dù không có gì đổi", "visit all, changed or not"))] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.rollout import rollout as run

    raise typer.Exit(
        run(
            find_inventory(inventory),
            area=area,
            site=site,
            tags=tags or [],
            check=check,
            full=full,
            lang=lang,
            json_output=json_output,
        )
    )


@app.command(
    help=_("Cơ sở nào cần vào, vì sao; không kết nối tới cơ sở nào", "Which facilities need a visit, and why; connects to none of them")
)
def plan(inventory: Inventory = None, area: Area = None, site: Site = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.plan import plan as run

    raise typer.Exit(run(find_inventory(inventory), area=area, site=site, lang=lang, json_output=json_output))


@app.command(help=_("Đổi mật khẩu các thiết bị của một cơ sở", "Give a facility's devices new passwords"))
def rotate(
    site: Annotated[str, typer.Option("--site", help=_("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    slot: Annotated[
        list[int] | None, typer.Option("--slot", help=_("chỉ vị trí này; lặp lại được", "only this slot; may be repeated"))
    ] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.rotate import rotate as run

    raise typer.Exit(run(find_inventory(inventory), site=site, slots=slot or [], lang=lang, json_output=json_output))


@app.command(help=_("Thay thiết bị biên hỏng của một cơ sở", "Give a facility a new edge box"))
def reprovision(
    site: Annotated[str, typer.Option("--site", help=_("mã cơ sở", "the facility's code"))],
    at: Annotated[str, typer.Option("--at", help=_("địa chỉ máy mới", "address of the new box"))],
    inventory: Inventory = None,
    factory_password_file: FactoryPassword = None,
    mac: Annotated[str | None, typer.Option("--mac", help=_("MAC của máy mới", "the new box's MAC"))] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.reprovision import reprovision as run

    raise typer.Exit(
        run(
            find_inventory(inventory),
            site=site,
            at=at,
            mac=mac,
            factory_password_file=factory_password_file,
            lang=lang,
            json_output=json_output,
        )
    )


@app.command(help=_("Đo kiểm các cơ sở theo tiêu chuẩn", "Measure facilities against the standard"))
def verify(
    inventory: Inventory = None,
    area: Area = None,
    site: Annotated[
        list[str] | None, typer.Option("--site", help=_("mã một cơ sở; lặp lại được", "code of a facility; may be repeated"))
    ] = None,
    out: Annotated[Path, typer.Option("--out", help=_("thư mục kết quả", "directory of the results"))] = Path("out"),
    local: Annotated[
        bool,
        typer.Option(
            "--local", help=_("đo thiết bị ngay từ máy này, không qua máy chủ kết nối", "measure devices from here, without a hub")
        ),
    ] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.verify import verify as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, area=area, sites=site or (), lang=lang, json_output=json_output, out=out, local=local))


@app.command(
    help=_("Toàn tỉnh trong một bảng, xấu nhất trước; theo máy chủ kết nối", "The province at a glance, worst first, as the hub knows it")
)
def status(inventory: Inventory = None, area: Area = None, site: Site = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.overview import status as run

    raise typer.Exit(run(find_inventory(inventory), area=area, site=site, lang=lang, json_output=json_output))


@app.command(
    name="command",
    help=_(
        "Bảo chương trình biên của một cơ sở: probe-now|report-now|raise-lifeline|restart-recorder",
        "Have a facility's agent do: probe-now|report-now|raise-lifeline|restart-recorder",
    ),
)
def command(
    name: Annotated[Literal["probe-now", "report-now", "raise-lifeline", "restart-recorder"], typer.Argument(help=_("lệnh", "which"))],
    site: Annotated[str, typer.Option("--site", help=_("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.command import command as run

    raise typer.Exit(run(find_inventory(inventory), site=site, name=name, lang=lang, json_output=json_output))


@app.command(help=_("Các lần gián đoạn: cái gì, từ lúc nào đến lúc nào", "Outages: of what, from when to when"))
def outages(
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    since: Annotated[str, typer.Option("--since", help=_("24h, 7d, hoặc ngày 2026-11-01", "24h, 7d, or a day 2026-11-01"))] = "24h",
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.overview import outages as run

    raise typer.Exit(run(find_inventory(inventory), area=area, site=site, since=since, lang=lang, json_output=json_output))


@app.command(help=_("Mỗi camera hoạt động bao nhiêu phần thời gian, theo ngày", "What share of the time each camera was up, by day"))
def availability(
    first: Annotated[str, typer.Option("--from", help=_("ngày đầu, 2026-11-01", "first day, 2026-11-01"))],
    last: Annotated[str | None, typer.Option("--to", help=_("ngày cuối (mặc định hôm nay)", "last day (default: today)"))] = None,
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.overview import availability as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, area=area, site=site, first=first, last=last, lang=lang, json_output=json_output))


@app.command(
    "power-cycle",
    help=_(
        "Tắt rồi bật lại nguồn PoE của một camera bị treo, đợi đến khi có hình",
        "Switch a hung camera's PoE port off and on, and wait until it streams",
    ),
)
def power_cycle(
    camera: Annotated[str, typer.Argument(metavar="CODE/SLOT", help=_("ví dụ an-nhon-01/3", "such as an-nhon-01/3"))],
    inventory: Inventory = None,
    off: Annotated[float, typer.Option("--off", help=_("số giây tắt nguồn", "seconds without power"))] = 5.0,
    timeout: Annotated[float, typer.Option("--timeout", help=_("số giây chờ có hình", "seconds to wait for a picture"))] = 180.0,
    local: Annotated[
        bool, typer.Option("--local", help=_("từ máy này, không qua thiết bị biên", "from here, not through the box"))
    ] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.power_cycle import power_cycle as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, camera, off_s=off, timeout_s=timeout, lang=lang, json_output=json_output, local=local))


@app.command(help=_("Đợi đến khi vào được thiết bị biên của một cơ sở", "Wait until a facility's box can be reached"))
def wait(
    site: Annotated[str, typer.Option("--site", help=_("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    via: Annotated[Literal["auto", "tunnel", "lifeline"], typer.Option("--via", help=_("đi đường nào", "by which way"))] = "auto",
    timeout: Annotated[float, typer.Option("--timeout", help=_("số giây chờ", "seconds to wait"))] = 120,
    lang: LangOption = LANG,
) -> None:
    from province.commands.wait import wait as run

    raise typer.Exit(run(find_inventory(inventory), site, via, timeout, lang))


@app.command(help=_("Tạo kho gói phần mềm có chữ ký", "Build the signed package repository"))
def packages(inventory: Inventory = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.packages import packages as run

    raise typer.Exit(run(find_inventory(inventory), lang, json_output))


@app.command(
    help=_(
        "Phòng thử, cả tỉnh trên một máy: up|down|status|shell MÁY|plug MÃ|unplug MÃ …",
        "A province on one machine: up|down|status|shell MACHINE|plug CODE|unplug CODE …",
    ),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def lab(context: typer.Context) -> None:
    from province.commands.lab import lab as run

    raise typer.Exit(run(context.args, LANG))


def main() -> None:
    """Console script. What stops a command before it starts is said in one line, without a traceback."""
    try:
        app()
    except Trouble as reason:
        print(f"ketnoi: {reason.text.pick(LANG)}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print(_("ketnoi: đã dừng theo yêu cầu", "ketnoi: interrupted"), file=sys.stderr)
        sys.exit(130)
