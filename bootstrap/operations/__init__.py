"""What changes a machine (or, `results`, the folder of results): each asks a fact first and yields only what is missing."""

from collections.abc import Generator

from pyinfra.api import QuoteString, StringCommand
from pyinfra.api.command import PyinfraCommand

Commands = Generator[PyinfraCommand, None, None]


def script(text: str) -> StringCommand:
    """Lines of shell that stop at the first error."""
    return StringCommand("sh", "-euc", QuoteString(text))


def failure(message: str) -> StringCommand:
    """The operation fails on this machine, and this is what pyinfra prints of it."""
    return StringCommand("echo", QuoteString(message), ">&2;", "false")
