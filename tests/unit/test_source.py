"""Reading YAML: text stays text, lines are kept, and nothing that a person mistypes becomes a traceback."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from province.source import Source, read


def written(folder: Path, content: str | bytes) -> Source:
    file = folder / "file.yml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(file)


def test_scalars_are_what_was_written_and_not_what_yaml_makes_of_them(tmp_path: Path) -> None:
    source = written(tmp_path, "mac: 12:34:56:12:34:56\nphone: 0256382222\nanswer: no\nday: 2021-06-12\nnone: ~\n")
    assert source.data == {
        "mac": "12:34:56:12:34:56", "phone": "0256382222", "answer": "no", "day": "2021-06-12", "none": None,
    }  # fmt: skip
    assert source.faults == []


def test_every_key_has_its_line(tmp_path: Path) -> None:
    source = written(tmp_path, "a: 1\nb:\n  - x: 1\n    y: 2\n  - {x: 3,\n     y: 4}\n")
    assert source.line(("a",)) == 1
    assert source.line(("b", 0, "y")) == 4
    assert source.line(("b", 1, "y")) == 6


def test_a_missing_key_has_the_line_of_what_is_around_it(tmp_path: Path) -> None:
    source = written(tmp_path, "a: 1\nb:\n  c: 2\n")
    assert source.line(("b", "missing", "deeper")) == 2
    assert not source.has(("b", "missing"))


def test_a_name_typed_with_combining_marks_equals_the_same_name_typed_without(tmp_path: Path) -> None:
    decomposed = "name: An Nho\u031bn\n"
    assert written(tmp_path, decomposed).data == {"name": "An Nhơn"}


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: [1, 2\nb: 3\n", 2, "not YAML"),
        ("a: 1\na: 2\n", 2, "line 1"),
        ("a: &x 1\nb: *x\n", 2, "aliases"),
        ("a: !!python/object:os.system 1\n", 1, "tag"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML"),
        (b"a: 1\nb: \xff\xfe\n", 2, "UTF-8"),
        ("a: 1\nb: \x07\n", 2, "character"),
        ("? [a]\n: 1\n", 1, "must be text"),
    ],
)
def test_a_broken_file_is_a_fault_with_its_line(tmp_path: Path, content: str | bytes, line: int, words: str) -> None:
    faults = written(tmp_path, content).faults
    assert [(fault.line, words in fault.text.en) for fault in faults] == [(line, True)]


def test_a_missing_file_and_a_folder_are_faults(tmp_path: Path) -> None:
    assert not read(tmp_path / "none.yml").readable
    assert not read(tmp_path).readable


@given(st.binary(max_size=60) | st.text(alphabet="ab:-[]{}&*!|>\"'#?,\n \t%@", max_size=60).map(str.encode))
def test_no_content_raises(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".yml") as file:
        file.write(content)
        file.flush()
        source = read(Path(file.name))
    assert source.readable or source.faults
