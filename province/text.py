"""What users read, in both languages."""

import locale
import os
from datetime import timedelta, timezone
from typing import Literal, NamedTuple

Lang = Literal["vi", "en"]
VIETNAM = timezone(timedelta(hours=7))
"""The time of every place in Vietnam, all the year."""


class Text(NamedTuple):
    """One message in Vietnamese and English; `str.format` arguments are filled in both."""

    vi: str
    en: str

    def format(self, **values: object) -> "Text":
        return Text(self.vi.format(**values), self.en.format(**values))

    def pick(self, lang: Lang) -> str:
        return self.vi if lang == "vi" else self.en

    def as_dict(self) -> dict[str, str]:
        return self._asdict()


def default_lang() -> Lang:
    """Vietnamese where the locale is (LC_ALL, LC_MESSAGES, LANG), else English."""
    for variable in ("KETNOI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "vi" if value.lower().startswith("vi") else "en"
    return "vi" if (locale.getlocale()[0] or "").lower().startswith("vi") else "en"
