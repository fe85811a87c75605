"""An error that a user reads: what happened, to what, what to do; in both languages."""

from province.text import Text, default_lang


class UserError(Exception):
    """Base of the errors that commands show as they are, without a traceback."""

    def __init__(self, vi: str, en: str) -> None:
        self.text = Text(vi, en)
        super().__init__(vi, en)

    def __str__(self) -> str:
        return self.text.pick(default_lang())
