"""A verdict document as one self-contained page in both languages, for paper: no script, no image, no link out."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from province.judge import LABELS, label
from province.paths import data


def render(document: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(data("templates")), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    counts = Counter(facility["verdict"] for facility in document["facilities"])
    return environment.get_template("verify.html.j2").render(
        doc=document,
        counts={verdict: counts[verdict] for verdict in LABELS},
        labels=LABELS,
        label=label,
    )
