"""Paper: templates become HTML, HTML becomes A4 pages that an office prints, signs and files.

What is printed is made of the HTML alone: nothing is fetched, neither from a network nor from a disk (a picture travels as a
`data:` address). The same HTML gives the same bytes, so a report can be made again and compared: no day, no number of the run
gets in, unless the HTML says so (`<meta name=dcterms.created>`).
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from province.files import write
from province.paths import data
from province.user_error import UserError

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2"
"""What Debian must bring for PDF, as in tools/apt. The first fonts-liberation lacks most letters of Vietnamese: words came out
in two fonts."""


def page(template: str, **values: Any) -> str:
    """A template of `templates/` filled in, NFC. A name that the template asks for and nobody gave is an error, never a gap."""
    return unicodedata.normalize("NFC", environment().get_template(template).render(**values))


@cache
def environment() -> Environment:
    """Shared, so that a template is compiled once; HTML-escaped whatever the file is called."""
    loader = FileSystemLoader(data("templates"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def pdf(html: str, path: Path) -> None:
    """Print `html` to `path`: tagged for readers, fonts embedded, title and language as the HTML says.

    UserError where the machine can't print, or the file can't be written.
    """
    raw = _rendered(html)
    try:
        write(path, raw, 0o644)
    except OSError as error:
        raise UserError(f"không ghi được {path}: {error.strerror}", f"can't write {path}: {error.strerror}") from error


def _rendered(html: str) -> bytes:
    try:
        # Imported when asked for: WeasyPrint takes 0.5 s, and Pango is on no machine that never prints.
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except OSError as error:
        raise UserError(
            f"máy này thiếu thư viện để in PDF ({error}); cài: sudo apt install {PACKAGES}",
            f"this machine lacks a library that PDF needs ({error}); install it: sudo apt install {PACKAGES}",
        ) from error

    class NothingOutside(URLFetcher):  # type: ignore[misc]  # WeasyPrint says no types
        """WeasyPrint goes on without what it can't fetch; a page that lacks a part must not pass for whole."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:"):
                raise FatalURLFetchingError(f"a printed page fetches nothing: {url[:200]}")
            return super().fetch(url, headers)

    document = HTML(string=html, url_fetcher=NothingOutside())
    try:
        return bytes(document.write_pdf(pdf_tags=True))
    except FatalURLFetchingError as error:  # not an Exception: it would end the command without a word
        raise ValueError(str(error)) from error
