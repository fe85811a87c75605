"""Commands that change facilities: taken over, brought to the inventory, given new passwords, repaired."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from province.cli.options import LANG, Area, FactoryPassword, Inventory, Json, LangOption, Site, app, texts
from province.paths import find_inventory


@app.command(help=texts("Tiếp nhận máy trắng: máy chủ kết nối, thiết bị biên", "Take blank machines over: hub, edge boxes"))
def bootstrap(
    machine: Annotated[str | None, typer.Argument(help=texts("`hub`, hoặc để trống", "`hub`, or nothing"))] = None,
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    at: Annotated[list[str] | None, typer.Option("--at", help=texts("ĐỊA-CHỈ hoặc MÃ=ĐỊA-CHỈ", "ADDRESS or CODE=ADDRESS"))] = None,
    bench: Annotated[Path | None, typer.Option("--bench", help=texts("tệp JSON {mã: địa chỉ}", "JSON file {code: address}"))] = None,
    factory_password_file: FactoryPassword = None,
    write_inventory: Annotated[
        Path | None,
        typer.Option(
            "--write-inventory",
            help=texts("chỉ ghi thư mục này để tự chạy pyinfra", "only write this folder, to run pyinfra by hand"),
        ),
    ] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.bootstrap import bootstrap as run
    from province.commands.targets import targets

    path = find_inventory(inventory)
    where = targets(path, lang, machine=machine, area=area, site=site, at=at or [], bench=bench)
    code = run(path, where, lang, password_file=factory_password_file, write_inventory=write_inventory, json_output=json_output)
    raise typer.Exit(code)


@app.command(
    help=texts(
        "Giữa hai lượt chạy pyinfra bằng tay: ký chứng thư và ghi danh một máy",
        "Between two deploys of pyinfra by hand: sign a machine's certificates and enrol it",
    )
)
def enrol(
    folder: Annotated[Path, typer.Option("--from", help=texts("thư mục của --write-inventory", "the folder of --write-inventory"))],
    machine: Annotated[str | None, typer.Argument(help=texts("`hub`, hoặc để trống", "`hub`, or nothing"))] = None,
    inventory: Inventory = None,
    site: Site = None,
    lang: LangOption = LANG,
) -> None:
    from province.commands.enrol import enrol as run

    raise typer.Exit(run(find_inventory(inventory), folder, machine=machine, site=site, lang=lang))


@app.command(help=texts("Đợi đến khi vào được thiết bị biên của một cơ sở", "Wait until a facility's box can be reached"))
def wait(
    site: Annotated[str, typer.Option("--site", help=texts("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    via: Annotated[Literal["auto", "tunnel", "lifeline"], typer.Option("--via", help=texts("đi đường nào", "by which way"))] = "auto",
    timeout: Annotated[float, typer.Option("--timeout", help=texts("số giây chờ", "seconds to wait"))] = 120,
    lang: LangOption = LANG,
) -> None:
    from province.commands.wait import wait as run

    raise typer.Exit(run(find_inventory(inventory), site, via, timeout, lang))


@app.command(
    help=texts("Cơ sở nào cần vào, vì sao; không kết nối tới cơ sở nào", "Which facilities need a visit, and why; connects to none of them")
)
def plan(inventory: Inventory = None, area: Area = None, site: Site = None, lang: LangOption = LANG, json_output: Json = False) -> None:
    from province.commands.plan import plan as run

    raise typer.Exit(run(find_inventory(inventory), area=area, site=site, lang=lang, json_output=json_output))


@app.command(help=texts("Triển khai các cơ sở của một khu vực", "Roll out the facilities of an area"))
def rollout(
    inventory: Inventory = None,
    area: Area = None,
    site: Site = None,
    tags: Annotated[list[str] | None, typer.Option("--tags", help=texts("chỉ chạy các vai trò này", "only these roles"))] = None,
    check: Annotated[bool, typer.Option("--check", help=texts("chỉ xem thay đổi", "only show what would change"))] = False,
    full: Annotated[bool, typer.Option("--full", help=texts("vào mọi cơ sở, dù không có gì đổi", "visit all, changed or not"))] = False,
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


@app.command(help=texts("Đổi mật khẩu các thiết bị của một cơ sở", "Give a facility's devices new passwords"))
def rotate(
    site: Annotated[str, typer.Option("--site", help=texts("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    slot: Annotated[
        list[int] | None, typer.Option("--slot", help=texts("chỉ vị trí này; lặp lại được", "only this slot; may be repeated"))
    ] = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.rotate import rotate as run

    raise typer.Exit(run(find_inventory(inventory), site=site, slots=slot or [], lang=lang, json_output=json_output))


@app.command(
    help=texts("Cho thiết bị biên có đồng hồ từng chạy nhanh vào lại đường hầm", "Let a box whose clock was ahead into its tunnel again")
)
def readmit(
    site: Annotated[str, typer.Option("--site", help=texts("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.readmit import readmit as run

    raise typer.Exit(run(find_inventory(inventory), site=site, lang=lang, json_output=json_output))


@app.command(help=texts("Thay thiết bị biên hỏng của một cơ sở", "Give a facility a new edge box"))
def reprovision(
    site: Annotated[str, typer.Option("--site", help=texts("mã cơ sở", "the facility's code"))],
    at: Annotated[str, typer.Option("--at", help=texts("địa chỉ máy mới", "address of the new box"))],
    inventory: Inventory = None,
    factory_password_file: FactoryPassword = None,
    mac: Annotated[str | None, typer.Option("--mac", help=texts("MAC của máy mới", "the new box's MAC"))] = None,
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


@app.command(
    "power-cycle",
    help=texts(
        "Tắt rồi bật lại nguồn PoE của một camera bị treo, đợi đến khi có hình",
        "Switch a hung camera's PoE port off and on, and wait until it streams",
    ),
)
def power_cycle(
    camera: Annotated[str, typer.Argument(metavar="CODE/SLOT", help=texts("ví dụ an-nhon-01/3", "such as an-nhon-01/3"))],
    inventory: Inventory = None,
    off: Annotated[float, typer.Option("--off", help=texts("số giây tắt nguồn", "seconds without power"))] = 5.0,
    timeout: Annotated[float, typer.Option("--timeout", help=texts("số giây chờ có hình", "seconds to wait for a picture"))] = 180.0,
    local: Annotated[
        bool, typer.Option("--local", help=texts("từ máy này, không qua thiết bị biên", "from here, not through the box"))
    ] = False,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.power_cycle import power_cycle as run

    path = find_inventory(inventory)
    raise typer.Exit(run(path, camera, off_s=off, timeout_s=timeout, lang=lang, json_output=json_output, local=local))


@app.command(
    name="command",
    help=texts(
        "Bảo chương trình biên của một cơ sở: probe-now|report-now|raise-lifeline|restart-recorder|read-settings",
        "Have a facility's agent do: probe-now|report-now|raise-lifeline|restart-recorder|read-settings",
    ),
)
def command(
    name: Annotated[
        Literal["probe-now", "report-now", "raise-lifeline", "restart-recorder", "read-settings"],
        typer.Argument(help=texts("lệnh", "which")),
    ],
    site: Annotated[str, typer.Option("--site", help=texts("mã cơ sở", "the facility's code"))],
    inventory: Inventory = None,
    lang: LangOption = LANG,
    json_output: Json = False,
) -> None:
    from province.commands.command import command as run

    raise typer.Exit(run(find_inventory(inventory), site=site, name=name, lang=lang, json_output=json_output))
