"""YAML read, changed and written back as it was: comments, order, quotes and layout, by ruamel.yaml."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

LAYOUTS = ({"sequence": 4, "offset": 2}, {"sequence": 2, "offset": 0})
"""Lists indented, or flush with their names."""


class _AsWritten(VersionedResolver):
    """Every plain scalar is text, as our reader takes it: a phone number without its quotes keeps its zero."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        return self.DEFAULT_SCALAR_TAG if kind is ScalarNode else super().resolve(kind, value, implicit)


def read(text: str) -> tuple[Any, Mapping[str, int]]:
    """(document, the layout by which it is written back as it was; the first where none does)."""
    document = _yaml(LAYOUTS[0]).load(text)
    return document, next((layout for layout in LAYOUTS if written(document, layout) == text), LAYOUTS[0])


def written(document: Any, layout: Mapping[str, int] = LAYOUTS[0]) -> str:
    out = io.StringIO()
    _yaml(layout).dump(document, out)
    return out.getvalue()


def _yaml(layout: Mapping[str, int]) -> YAML:
    yaml = YAML()
    yaml.Resolver = _AsWritten
    yaml.width, yaml.preserve_quotes, yaml.allow_unicode = 100_000, True, True
    yaml.indent(mapping=2, **layout)
    return yaml
