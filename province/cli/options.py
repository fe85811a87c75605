"""What the commands share: the language, the texts of options that many have, and the app that they join."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from province.text import Lang, Text, default_lang


def _lang_of_arguments() -> Lang:
    """--lang decides the help's language too, so it is looked for before the arguments are parsed."""
    for at, word in enumerate(sys.argv):
        value = word.partition("=")[2] or (sys.argv[at + 1] if at + 1 < len(sys.argv) else "")
        if word.split("=")[0] == "--lang" and value in ("vi", "en"):
            return "vi" if value == "vi" else "en"
    return default_lang()


LANG = _lang_of_arguments()


def texts(vi: str, en: str) -> str:
    """A help text in the user's language."""
    return Text(vi, en).pick(LANG)


F = TypeVar("F", bound=Callable[..., Any])


TWICE = texts("chỉ nhận một giá trị, đã ghi nhiều lần", "takes one value, and was given more than once")


def once(command: TyperCommand | TyperGroup, ctx: Any, args: list[str]) -> None:
    """Refuse an option given twice where it takes one value: of two facilities it would silently take the last."""
    given = Counter(command.make_parser(ctx).parse_args(args=list(args))[2])
    for option, times in given.items():
        if isinstance(option, TyperOption) and times > 1 and not option.multiple and not option.is_flag:
            raise typer.BadParameter(TWICE, ctx, option)


class Command(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        once(self, ctx, args)
        return super().parse_args(ctx, args)


class Group(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        once(self, ctx, args)
        return super().parse_args(ctx, args)


class Commands(typer.Typer):
    """Commands that read their arguments strictly."""

    def __init__(self, *, cls: type[TyperGroup] | None = Group, **more: Any) -> None:
        super().__init__(cls=cls, **more)

    def command(self, name: str | None = None, *, cls: type[TyperCommand] | None = Command, **more: Any) -> Callable[[F], F]:
        return super().command(name, cls=cls, **more)


app = Commands(
    name="ketnoi",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=texts(
        "Từ phiếu khảo sát đến camera đã kết nối và được đo kiểm theo tiêu chuẩn.",
        "From a survey sheet to cameras that are connected and measured against the standard.",
    ),
)

Inventory = Annotated[
    Path | None,
    typer.Option("-i", "--inventory", help=texts("thư mục danh mục của tỉnh", "folder of the province's inventory")),
]
Area = Annotated[str | None, typer.Option("--area", "--district", help=texts("khu vực triển khai", "area of the rollout"))]
Site = Annotated[str | None, typer.Option("--site", help=texts("mã một cơ sở", "code of one facility"))]
Json = Annotated[bool, typer.Option("--json", help=texts("in kết quả dạng JSON", "result as JSON"))]
FactoryPassword = Annotated[
    Path | None,
    typer.Option(help=texts("tệp chứa mật khẩu xuất xưởng", "file with the factory password")),
]
LangOption = Annotated[
    Literal["vi", "en"], typer.Option("--lang", help=texts("ngôn ngữ (mặc định theo máy)", "language (from the locale)"))
]
