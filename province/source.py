"""YAML files read fast, with the line of every node kept.

libyaml composes the nodes; the conversion to plain data is ours, because YAML 1.1 reads things into what people write:
a MAC address of digits becomes a sexagesimal integer, a phone number an octal one, `no` a boolean. Here a scalar is
text or nothing (`null`, `~`, empty); the model gives it its type. Text is normalised to NFC, so that a Vietnamese name
typed on one keyboard equals the same name typed on another.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import is_normalized, normalize

import yaml

from province.fault import Fault
from province.text import Text

Key = tuple[str | int, ...]
Written = str | None | list["Written"] | dict[str, "Written"]
"""What a file says: every scalar is text or nothing."""

_IMPLIED = "implied"


class _Composer(yaml.CBaseLoader):
    """libyaml's composer without PyYAML's tag resolver, which would cost more than all the rest."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return _IMPLIED

    def descend_resolver(self, parent: Any, index: Any) -> None: ...

    def ascend_resolver(self) -> None: ...


@dataclass
class Source:
    """A file's data, the line of each key (path of keys and indexes), and what was wrong with it as YAML."""

    file: Path
    data: Any = None
    lines: dict[Key, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    readable: bool = True

    def line(self, key: Key) -> int:
        """The line of `key`, or of the nearest thing around it that is written in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def has(self, key: Key) -> bool:
        return key in self.lines

    def fault(self, line: int, name: str, text: Text) -> None:
        self.faults.append(Fault(self.file, line, name, text))


def read(file: Path) -> Source:
    """Read one file. Never raises for what a person can get wrong: see `faults`; `readable` is false if nothing came."""
    source = Source(file)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _broken(source, line, _NOT_UTF8)
    except OSError as error:
        return _broken(source, 1, _UNREADABLE.format(reason=error.strerror))
    try:
        composer = _Composer(text)
        try:
            node = composer.get_single_node()
        finally:
            composer.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _broken(source, mark.line + 1 if mark else 1, _BROKEN.format(problem=error.problem or error.context))
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        return _broken(source, line, _CHARACTER.format(code=f"U+{ord(str(error.character)[:1] or '?'):04X}"))
    except yaml.YAMLError as error:
        return _broken(source, 1, _BROKEN.format(problem=" ".join(str(error).split())))
    try:
        source.data = _Reader(source).convert(node, ()) if node is not None else None
    except RecursionError:
        return _broken(source, 1, _BROKEN.format(problem="too deeply nested"))
    return source


def _broken(source: Source, line: int, text: Text) -> Source:
    source.fault(line, "yaml", text)
    source.readable = False
    return source


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen: set[int] = set()

    def convert(self, node: yaml.Node, key: Key) -> Any:
        lines = self.source.lines
        line = lines.setdefault(key, node.start_mark.line + 1)
        if id(node) in self.seen:
            self._fault(line, key, _ALIAS)
            return None
        self.seen.add(id(node))
        if node.tag != _IMPLIED:
            self._fault(line, key, _TAG.format(tag=node.tag))
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(child, (*key, index)) for index, child in enumerate(node.value)]
        mapping: dict[str, Any] = {}
        for name_node, child in node.value:
            name = _scalar(name_node) if isinstance(name_node, yaml.ScalarNode) else None
            name_line = name_node.start_mark.line + 1
            if name is None:
                self._fault(name_line, key, _KEY)
                continue
            if name in mapping:
                self._fault(name_line, (*key, name), _TWICE.format(line=lines[(*key, name)]))
                continue
            lines[(*key, name)] = name_line
            mapping[name] = self.convert(child, (*key, name))
        return mapping

    def _fault(self, line: int, key: Key, text: Text) -> None:
        self.source.fault(line, ".".join(map(str, key)) or "yaml", text)


def _scalar(node: yaml.ScalarNode) -> str | None:
    value: str = node.value
    if not node.style and value in ("", "~", "null"):
        return None
    return value if is_normalized("NFC", value) else normalize("NFC", value)


_NOT_UTF8 = Text(
    "tệp không phải UTF-8 từ dòng này: hãy lưu lại với mã hoá UTF-8",
    "the file is not UTF-8 from this line on: save it with the encoding UTF-8",
)
_UNREADABLE = Text(
    "không đọc được tệp ({reason}): kiểm tra tên tệp và quyền đọc",
    "the file can't be read ({reason}): see to its name and permissions",
)
_BROKEN = Text(
    "YAML sai từ đây ({problem}): kiểm tra thụt lề, dấu hai chấm, dấu nháy ở dòng này và dòng trước",
    "this is not YAML from here on ({problem}): look at indentation, colons and quotes in this line and the one before",
)
_CHARACTER = Text("ký tự {code} không dùng được trong YAML: hãy xoá nó", "YAML allows no character {code}: remove it")
_ALIAS = Text(
    "không dùng neo & hay bí danh *: hãy viết ra, hoặc đặt vào `defaults`",
    "anchors & and aliases * are not used here: write the value out, or put it under `defaults`",
)
_TAG = Text("không dùng thẻ {tag}: hãy xoá nó", "the tag {tag} is not used here: remove it")
_KEY = Text("tên trường phải là chữ", "the name of a field must be text")
_TWICE = Text(
    "trường này đã có ở dòng {line}: giữ lại một",
    "this field stands already at line {line}: keep one of the two",
)
