"""What a person reads, in both languages: on the box, in the office and on the hub."""

import locale
import os
from typing import Literal, NamedTuple

Lang = Literal["vi", "en"]


class Text(NamedTuple):
    """One message in Vietnamese and English; `format` fills both."""

    vi: str
    en: str

    def format(self, **values: object) -> "Text":
        return Text(self.vi.format(**values), self.en.format(**values))

    def pick(self, lang: Lang) -> str:
        return self.vi if lang == "vi" else self.en

    def as_dict(self) -> dict[str, str]:
        return self._asdict()


def here(vi: str, en: str) -> str:
    """The text in this machine's language, for command-line help."""
    return Text(vi, en).pick(default_lang())


def default_lang() -> Lang:
    """Vietnamese where the locale is (KETNOI_LANG, LC_ALL, LC_MESSAGES, LANG), else English."""
    for variable in ("KETNOI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "vi" if value.lower().startswith("vi") else "en"
    return "vi" if (locale.getlocale()[0] or "").lower().startswith("vi") else "en"
