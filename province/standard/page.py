"""docs/standard.md: every check in both languages, made from the data: `python -m province.standard.page` prints it."""

import sys
from collections.abc import Iterator

from province.standard.checks import GROUPS, Check, Standard
from province.standard.load import load
from province.standard.texts import asked, limit_of

HEAD = """# The standard · Tiêu chuẩn

Generated from `inventory/standards/default.yml` by `python -m province.standard.page`: edit the data instead.

Name `{name}`, version {version}, digest `{digest}`.

- A check that could not run is *unknown · chưa xác định*, never *met*. A facility is met when every *required* check is.
  One that answers by no way (tunnel, lifeline, agent) is unknown: its connection fails the checks over time (`continuity`) instead.
- *once*: measured once, so worded *met when checked · đạt tại thời điểm kiểm tra*. *declared*: the inventory's word, worded
  *met on record · đạt theo hồ sơ*.
- What needs days of history (`continuity`) is *unknown: not enough data yet · chưa đủ dữ liệu* while a facility is younger than
  its window. That alone does not keep a young facility from being met, and it is said beside its verdict each time.
- Subject `area`: over all facilities asked for. These rows stand beside the facilities' verdicts and change none of them.
- `source` says which order asks for it, or *our choice*: what an order does not say is never presented as an order.
- A province changes thresholds and severities in `standard.yml` beside its `province.yml` (`overrides:`, each with reason and
  who decided); every table then shows both values. A file with `checks:` takes the place of the whole standard.
- What is not met may be excused for a time in `waivers.yml`, by check or by group; what says *never waived* may not.
"""


def markdown(standard: Standard) -> str:
    lines = [HEAD.format(name=standard.name, version=standard.version, digest=standard.digest)]
    for group, name in GROUPS.items():
        checks = [check for check in standard.checks if check.group == group]
        if checks:
            lines += [f"## {name.vi} · {name.en} (`{group}`)", ""]
        for check in checks:
            lines += [*_section(check), ""]
    return "\n".join(lines)


def _section(check: Check) -> Iterator[str]:
    yield f"### `{check.id}`"
    yield ""
    yield f"**{check.title.vi}** · {check.title.en}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| subject | {check.subject} |"
    marks = [
        word for word, true in (("measured once", check.once), ("declared", check.declared), ("never waived", not check.waivable)) if true
    ]
    yield f"| severity | {', '.join([check.severity, *marks])} |"
    yield f"| profiles | {', '.join(check.profiles)} |"
    yield f"| measured | {check.measures.vi} · {check.measures.en} |"
    limit, fields = limit_of(check), " · ".join(f"{key}: {_plain(value)}" for key, value in check.threshold.items())
    yield f"| threshold | {f'{limit.vi} · {limit.en}; ' if check.limit else ''}{f'`{fields}`' if fields else '–'} |"
    wanted = asked(check)
    if wanted:
        yield f"| asked of facilities | {wanted.vi} · {wanted.en} |"
    yield f"| source | {check.source.vi} · {check.source.en} |"
    yield f"| if not met | {check.hint.vi} · {check.hint.en} |"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    sys.stdout.write(markdown(load()))
