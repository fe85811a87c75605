"""Older forms of the workbook, whose headings were other words: data/survey-vN.yml, {headings: {heading: key of a column}}."""

from functools import cache

import yaml

from province.survey.reading.columns import DATA
from province.survey.reading.normalise import fold


@cache
def headings(version: int | None) -> dict[str, str]:
    """Folded heading -> key of the column that it was; nothing for today's, for none and for one that we don't know."""
    file = DATA / f"survey-v{version}.yml"
    if not version or not file.is_file():
        return {}
    return {fold(heading): name for heading, name in yaml.safe_load(file.read_text(encoding="utf-8"))["headings"].items()}
