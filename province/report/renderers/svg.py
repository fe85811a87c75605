"""Small pieces of SVG, for charts that stand inside a page: no script, no link, colours that the page's style may turn for the dark."""

from collections.abc import Mapping

from markupsafe import Markup

COLOURS: Mapping[str, str] = {
    "met": "#0072b2",
    "waived": "#8cc3e3",
    "not_met": "#d55e00",
    "unknown": "#f3d55b",
    "not_monitored": "#e8a15a",
    "not_installed": "#7a4419",
    "withheld": "#b4b4b4",
}
"""State -> fill, after Okabe and Ito: neighbours differ in lightness as well as in hue, so they part for every eye and in grey print."""
INK, SOFT, GRID = "#1c2733", "#5b6875", "#d9dee3"
DARK_ON_LIGHT = ("waived", "unknown", "not_monitored", "withheld")
"""States whose fill carries dark figures; the others carry white ones."""
SIZE = 13.0
"""Height of letters in pixels; a chart is never stretched, so it stays that."""
LETTER = 0.56
"""Mean width of a letter, in heights."""


def tag(name: str, content: str | Markup = "", **attributes: object) -> Markup:
    """`class_` is class, `text_anchor` text-anchor; numbers with one decimal. What is None is left out."""
    pairs = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _shown(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{}{}>{}</{}>").format(name, pairs, content, name)


def _shown(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


def caption(text: str, x: float, y: float, anchor: str = "start", colour: str = INK, bold: bool = False, size: float = SIZE) -> Markup:
    weight = "600" if bold else None
    return tag("text", text, x=x, y=y, text_anchor=anchor, fill=colour, font_size=size, font_weight=weight, class_=_class(colour))


def figure(count: int, x: float, y: float, state: str) -> Markup:
    """A number on a bar: its colour goes with the bar's, in the dark too."""
    colour = INK if state in DARK_ON_LIGHT else "#ffffff"
    return tag("text", str(count), x=x, y=y, text_anchor="middle", fill=colour, font_size=12)


def box(x: float, y: float, width: float, height: float, state: str, title: str) -> Markup:
    """A bar; pointing at it tells its title."""
    return tag("rect", tag("title", title), x=x, y=y, width=max(width, 0.0), height=height, fill=COLOURS[state], class_=f"s-{state}")


def line(x1: float, y1: float, x2: float, y2: float, colour: str = GRID, dash: str | None = None, width: float = 1) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_dasharray=dash, stroke_width=width, class_=f"l-{_class(colour)}")


def path(points: list[tuple[float, float]], colour: str, width: float, dash: str | None, name: str) -> Markup:
    drawn = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return tag("path", d=drawn, fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dash, stroke_linejoin="round", class_=name)


def picture(name: str, width: int, height: float, title: str, description: str, parts: list[Markup]) -> Markup:
    """`name` is its id on the page. Read aloud: the title, then the description."""
    head = tag("title", title, id=f"{name}-t") + tag("desc", description, id=f"{name}-d")
    return tag(
        "svg",
        head + Markup("").join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:.0f}",
        width=width,
        height=f"{height:.0f}",
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
        font_family="Liberation Sans, Segoe UI, Noto Sans, DejaVu Sans, sans-serif",
    )


def length(text: str, size: float = SIZE) -> float:
    return len(text) * size * LETTER


def cut(text: str, width: float) -> str:
    """As much as fits, with … where something is left out."""
    fits = int(width / (SIZE * LETTER))
    return text if len(text) <= fits else text[: max(fits - 1, 1)].rstrip() + "…"


def _class(colour: str) -> str:
    named = {INK: "ink", SOFT: "soft", GRID: "grid", COLOURS["met"]: "t-met", COLOURS["not_met"]: "t-not_met"}
    return named.get(colour, "own")
