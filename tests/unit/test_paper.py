"""Paper: what is printed reads as it was written, needs nothing from outside, and comes out the same every time."""

import builtins
import contextlib
import re
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest

from province.report import paper
from province.user_error import UserError

# Every letter of Vietnamese: 12 vowels in 6 tones, đ, both cases.
VOWELS = ["a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y"]
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
LETTERS = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES] + ["đ"]
ALPHABET = " ".join(LETTERS + [letter.upper() for letter in LETTERS])


def document(body: str, head: str = "") -> str:
    styled = '<style>body { font: 13pt/1.4 "Liberation Serif", serif }</style>'
    return f'<!doctype html><html lang="vi"><head><title>Báo cáo kết quả</title>{styled}{head}</head><body>{body}</body></html>'


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paper") / "letters.pdf"
    decomposed = unicodedata.normalize("NFD", "Thị xã An Nhơn")
    paper.pdf(document(f"<p>{ALPHABET}</p><p><b>{ALPHABET}</b> <i>{ALPHABET}</i></p><p>{decomposed}</p>"), path)
    return path


def told(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_every_vietnamese_letter_can_be_copied_from_the_page(printed: Path) -> None:
    text = told("pdftotext", printed, "-")
    for letter in ALPHABET.split():
        assert text.count(letter) >= 3, letter
    assert "\ufffd" not in text
    assert "Thị xã An Nhơn" in unicodedata.normalize("NFC", text)


def test_fonts_travel_in_the_file(printed: Path) -> None:
    rows = told("pdffonts", printed).splitlines()[2:]
    assert rows
    assert all("Liberation-Serif" in row or "LiberationSerif" in row for row in rows), rows
    # … emb sub uni object ID
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows), rows


def test_a_pdf_says_its_title_and_language(printed: Path) -> None:
    about = told("pdfinfo", printed)
    assert "Báo cáo kết quả" in about
    assert "Page size:       595.276 x 841.89 pts (A4)" in about
    assert "Tagged:          yes" in about
    assert b"/Lang (vi)" in b"".join(inflated(printed))


def inflated(path: Path) -> Iterator[bytes]:
    """Every compressed stream of a PDF; the catalogue lies in one of them."""
    for raw in re.findall(rb"stream\n(.*?)\nendstream", path.read_bytes(), re.DOTALL):
        with contextlib.suppress(zlib.error):
            yield zlib.decompress(raw)


def test_the_same_page_gives_the_same_bytes(printed: Path, tmp_path: Path) -> None:
    html = document(f"<p>{ALPHABET}</p>", '<meta name="dcterms.created" content="2021-06-12T00:00:00+07:00">')
    for name in ("first.pdf", "second.pdf"):
        paper.pdf(html, tmp_path / name)
    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()
    assert "2021" in told("pdfinfo", tmp_path / "first.pdf")


@pytest.mark.parametrize(
    "asks",
    [
        '<img src="https://example.org/a.png">',
        '<img src="file:///etc/hostname">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/a.css">',
    ],
)
def test_a_page_that_wants_something_from_outside_is_refused(asks: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fetches nothing"):
        paper.pdf(document(asks), tmp_path / "out.pdf")
    assert not (tmp_path / "out.pdf").exists()


def test_a_picture_may_travel_inside_the_page(tmp_path: Path) -> None:
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    paper.pdf(document(f'<img alt="" src="data:image/png;base64,{dot}">'), tmp_path / "dot.pdf")
    assert "1     1" in told("pdfimages", "-list", tmp_path / "dot.pdf")


def test_a_machine_without_pango_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def without_pango(name: str, *rest: Any, **more: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(UserError) as caught:
        paper.pdf(document(""), tmp_path / "out.pdf")
    for words in caught.value.text:
        assert "libpango-1.0-0" in words
        assert "apt install" in words


def test_a_file_that_cant_be_written_is_a_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file"):
        paper.pdf(document(""), tmp_path / "file" / "out.pdf")


def test_a_template_escapes_and_leaves_no_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "note.html.j2").write_text("<p>{{ name }}</p>{% if day %}{{ day }}{% endif %}")
    monkeypatch.setattr(paper, "data", lambda name: tmp_path)
    paper.environment.cache_clear()
    try:
        assert paper.page("note.html.j2", name="<b>An Nhơn</b>", day="") == "<p>&lt;b&gt;An Nhơn&lt;/b&gt;</p>"
        with pytest.raises(jinja2.UndefinedError):
            paper.page("note.html.j2", name="")
    finally:
        paper.environment.cache_clear()


def test_the_library_of_paper_is_loaded_only_to_print() -> None:
    code = "import sys; import province.report.paper; sys.exit('weasyprint' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
