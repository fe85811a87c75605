"""Which column of a sheet is which field: headings compared without marks, order, capitals and punctuation; unclear ones are faults."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache

from openpyxl.utils import get_column_letter

from province.survey.reading import older
from province.survey.reading.columns import COUNTS, IGNORED, KEYS, NUMBERS, SECRET, SHEETS, Column, Entity, of_entity, of_facility
from province.survey.reading.grid import Grid, blank, filled
from province.survey.reading.normalise import fold

ENOUGH, CERTAIN, APART = 68.0, 95.0, 4.0
"""A heading counts from ENOUGH on (of 100); CERTAIN ones are spelled right; two that are not APART are unclear."""
WORTH = 100.0
"""What the columns of a sheet must score together to be taken for its headings."""
LOOK_AT = 40
"""Rows from the top in which the headings are looked for."""
DEEP = 3
"""Rows that headings take at most."""

_NUMBER = re.compile(r"(?i)((có\s+)?\d{1,3}\s*(camera|cam|cái|mắt|đầu|bộ)?|x|có|không( có)?|-)")
_YES, _NO = {"co", "x", "yes", "true"}, {"khong", "khong co", "no", "false", ""}
_NAME = re.compile(r"[^\W\d]{2,} +[^\W\d]+ +[^\W\d]+")
_COUNTS = {"cameras.count", "facility.camera_count"}
"""A number of cameras either way."""
_TELLING = frozenset(
    {"ma", "ten", "ngay", "ip", "mac", "email", "mail", "kenh", "user", "serial", "pppoe", "thoai", "chuc", "can", "them", "nhu", "nghi",
     "sung", "hong", "kien", "khong", "chua", "noi", "thieu"}
)  # fmt: skip
"""Words that make another thing of a heading: "Mã cơ sở" isn't "Cơ sở", nor "Số camera cần lắp" "Số camera"."""
_LEADING = ("so", "tong", "loai", "dia chi")
"""Words that make another thing of a heading when they begin it: "Số cơ sở" isn't "Cơ sở"."""
_ENOUGH_ALONE = frozenset({"location", "gateway", "subnet", "vlan", "brand", "model", "phone", "huyen", "district", "email", "mail"})
"""Words that say a column whatever stands around them."""
_SHAPES = {
    "address": r"\d{1,3}(\.\d{1,3}){3}",
    "addresses": r"\d{1,3}(\.\d{1,3}){3}",
    "mac": r"(?i)[0-9a-f]{2}([:. -]?[0-9a-f]{2}){5}",
    "email": r"\S+@\S+",
    "phone": r"(\+?84|0)?[\d .()-]{8,}",
    **dict.fromkeys(NUMBERS, r"\d"),
}


@dataclass
class Reading:
    """columns: index -> Column. left: headings (index, text) that mean nothing to us; unclear: with the fields between which."""

    entity: Entity
    first: int
    last: int
    columns: dict[int, Column] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    sure: dict[int, float] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    secret: list[int] = field(default_factory=list)
    unclear: list[tuple[int, list[Column]]] = field(default_factory=list)
    twice: list[tuple[int, int]] = field(default_factory=list)
    score: float = 0.0

    @property
    def named(self) -> bool:
        """Whether a column says which facility a row is about."""
        return any(column.field in KEYS for column in self.columns.values())

    def letter(self, index: int) -> str:
        return str(get_column_letter(index + 1))

    def take(self, index: int, name: str) -> None:
        """This column is that field of the facility, by what its cells say."""
        self.columns[index] = next(column for column in of_facility() if column.field == name)
        self.sure[index] = ENOUGH
        self.left = [each for each in self.left if each != index]
        self.unclear = [each for each in self.unclear if each[0] != index]

    def index(self, key: str) -> int | None:
        return next((index for index, column in self.columns.items() if column.key == key), None)


def find(grid: Grid) -> Reading | None:
    """The best reading of the sheet's headings, or None where no row looks like headings."""
    top = next((number for number, row in enumerate(grid.rows) if not blank(row)), 0)
    title = " ".join([grid.sheet or grid.file.stem, *(said for row in grid.rows[top : top + 6] for _, said in filled(row))])
    best: Reading | None = None
    for first in range(top, min(top + LOOK_AT, len(grid.rows))):
        if best and first > best.last and sum(1 for sure in best.sure.values() if sure >= CERTAIN) >= 2:
            break
        if sum(1 for _ in filled(grid.rows[first])) < 2 or _like_data(grid, first):
            continue
        for last in range(first, min(first + DEEP, len(grid.rows))):
            if last > first and _like_data(grid, last):
                break
            paths = _paths(grid, first, last)
            for entity in dict.fromkeys(sheet.entity for sheet in SHEETS):
                reading = _read(grid, paths, entity, first, last, title)
                if (
                    len(reading.columns) + len(reading.twice) >= 2
                    and reading.score > WORTH
                    and (best is None or reading.score > best.score + 0.5)
                ):
                    best = reading
    return best


def _like_data(grid: Grid, row: int) -> bool:
    """A row with numbers, addresses, long sentences, labels ("Địa chỉ:") or a group's number ("II") holds no headings."""
    texts = [said for _, said in filled(grid.rows[row])]
    if any(said.endswith(":") for said in texts) or (texts and re.fullmatch(r"[IVX]+\.?", texts[0])):
        return True
    data = sum(1 for said in texts if re.search(r"\d{3,}|@|\d[/.]\d", said) or len(said) > 90)
    return not texts or data * 4 >= len(texts)


def _paths(grid: Grid, first: int, last: int) -> dict[int, list[str]]:
    """For each column the headings above it, outermost first, merged ranges spread, repetitions once."""
    block = Grid(grid.file, grid.sheet, [list(row) for row in grid.rows[first : last + 1]])
    block.merged = [
        (top - first, bottom - first, left, right) for top, bottom, left, right in grid.merged if top >= first and bottom <= last
    ]
    block.spread(0, last - first)
    if not grid.merged and last > first:
        _spread_groups(block)
    paths: dict[int, list[str]] = {}
    for row in range(len(block.rows)):
        for column, said in filled(block.rows[row]):
            path = paths.setdefault(column, [])
            if not path or path[-1] != said:
                path.append(said)
    return paths


def _spread_groups(block: Grid) -> None:
    """A csv keeps no merged cells: a heading with nothing beside it stands over those below that have none of their own."""
    upper, lower = block.rows[0], block.rows[-1]
    over = None
    for column, value in enumerate(upper):
        if value not in (None, ""):
            over = value if lower[column] not in (None, "") else None
        elif over is not None and lower[column] not in (None, ""):
            upper[column] = over


def _read(grid: Grid, paths: dict[int, list[str]], entity: Entity, first: int, last: int, title: str) -> Reading:
    person = next(column for column in of_facility() if column.kind == "person")
    reading = Reading(entity, first, last, texts={index: " / ".join(path) for index, path in paths.items()})
    for index, path in paths.items():
        leaf = key(_bare(path[-1]))
        if _secret(path):
            reading.secret.append(index)
            continue
        if not leaf or leaf.isdigit() or {" ".join(sorted(said.split())) for said in (leaf, key(" ".join(path)))} & _IGNORED:
            reading.left.append(index)
            continue
        found = [(CERTAIN, person)] if _people(path[-1], grid.version) else ranked(tuple(path), entity, grid.version)
        if not found or found[0][0] < ENOUGH:
            reading.left.append(index)
            continue
        near = [column for points, column in found if points >= max(ENOUGH, found[0][0] - APART)]
        if {column.key for column in near} == _COUNTS:
            near = near[:1]
        if len(near) > 1:
            near = _fitting(grid, index, last, near)
            own = [column for column in near if column.entity == entity]
            near = own if len(own) == 1 and entity != "facility" else near
        if len(near) > 1:
            reading.unclear.append((index, near))
            continue
        chosen = near[0]
        reading.columns[index], reading.sure[index] = chosen, next(points for points, column in found if column is chosen)
    _counts(grid, reading)
    _once(grid, reading)
    named = _named(grid.sheet or grid.file.stem, entity)
    mine = sum(1 for column in reading.columns.values() if column.entity == entity)
    reading.score = sum(reading.sure[index] for index in reading.columns) + 60.0 * named
    words = [fold(word) for sheet in SHEETS if sheet.entity == entity for word in sheet.keywords]
    reading.score += 8.0 * any(f" {word} " in f" {fold(title)} " for word in words)
    reading.score -= (
        25.0 * (entity != "facility" and mine < 2)
        + 100.0 * (entity in ("ports", "no_camera_zones") and mine < 2)
        + 3.0 * (last - first)
        + 20.0 * len(reading.unclear)
        - 60.0 * len(reading.twice)
    )
    return reading


def _people(heading: str, version: int | None) -> bool:
    """Whether it asks for a focal point's name together with other things of theirs: "Họ tên/chức vụ/SĐT"."""
    parts = [ranked((part,), "facility", version) for part in re.split(r"[/,;+\n]| và ", heading) if key(part)]
    fields = {found[0][1].field if found else "" for found in parts}
    return len(fields) > 1 and "focal_point.full_name" in fields and all(field.startswith("focal_point.") for field in fields)


def _counts(grid: Grid, reading: Reading) -> None:
    """A column "Camera" or "Đầu ghi" that holds numbers or ticks only says how many there are, not where; ticks alone say no number.
    A column of phones with names in it is one of people."""
    for index, column in list(reading.columns.items()):
        if column.kind == "phone" and not any(each.kind == "person" for each in reading.columns.values()):
            people = _samples(grid, index, reading.last)
            if people and sum(bool(_NAME.search(said)) for said in people) * 2 > len(people):
                reading.take(index, "focal_point.full_name")
        samples = _samples(grid, index, reading.last) if column.field == "place" and column.entity in COUNTS else []
        if samples and all(_NUMBER.fullmatch(said) for said in samples):
            reading.take(index, COUNTS[column.entity])
        ticks = {fold(said) for said in _samples(grid, index, reading.last)} if reading.columns[index].kind == "count" else set()
        if ticks & _YES and ticks <= _YES | _NO:
            del reading.columns[index]
            reading.left.append(index)


def _named(sheet: str, entity: Entity) -> bool:
    """Whether the sheet's name is this entity's, and no other's by a longer word."""
    name = f" {fold(sheet)} "
    held: dict[str, int] = {}
    for each in SHEETS:
        lengths = [len(fold(word)) for word in each.keywords if f" {fold(word)} " in name]
        held[each.entity] = max([held.get(each.entity, 0), *lengths])
    return 0 < held[entity] == max(held.values())


def _once(grid: Grid, reading: Reading) -> None:
    """Of two columns with one meaning the surer stays, else the one that holds something; else neither, and that is unclear."""
    first: dict[str, int] = {}
    for index in sorted(reading.columns):
        key = reading.columns[index].key
        if key not in first:
            first[key] = index
            continue
        other = first[key]
        gap = reading.sure[index] - reading.sure[other]
        empty = [each for each in (index, other) if not any(_samples(grid, each, reading.last))]
        loser = (other if gap > 0 else index) if abs(gap) > APART else empty[0] if empty else None
        if loser is None:
            reading.twice.append((other, index))
            continue
        first[key] = other if loser == index else index
        del reading.columns[loser]
        reading.left.append(loser)
    for index in {index for pair in reading.twice for index in pair} & set(reading.columns):
        del reading.columns[index]
        reading.left.append(index)


def _fitting(grid: Grid, index: int, last: int, columns: list[Column]) -> list[Column]:
    """Those of which the cells below look like it; all where that tells nothing."""
    samples = _samples(grid, index, last)
    if not samples:
        return columns[:1]
    shaped = [column for column in columns if column.kind in _SHAPES]
    like = [column for column in shaped if sum(bool(re.search(_SHAPES[column.kind], said)) for said in samples) * 2 >= len(samples)]
    if len(like) == 1:
        return like
    return [column for column in columns if column not in shaped] or columns if not like else columns


def _samples(grid: Grid, index: int, last: int) -> list[str]:
    texts = (grid.texts(row)[index] for row in range(last + 1, min(last + 60, len(grid.rows))))
    return [said for said in texts if said][:20]


def _secret(path: Sequence[str]) -> bool:
    words = f" {fold(' '.join(path))} "
    return any(f" {word} " in words for word in SECRET)


def _bare(heading: str) -> str:
    """Without what stands in brackets, a star, a number in front ("3. Tên cơ sở (ghi đầy đủ) *")."""
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]|\*", " ", heading)
    bare = re.sub(r"^\s*(\d{1,2}|[a-zA-Z]|[IVX]+)\s*[.)]\s+", " ", bare)
    return bare if fold(bare) else heading


_SHORT = {
    "cb": "canbo", "sl": "so luong", "dt": "dien thoai", "sdt": "so dien thoai", "dtdd": "dien thoai di dong", "dd": "di dong",
    "nsx": "nha san xuat", "sx": "san xuat", "cs": "co so", "cl": "cach ly", "cscl": "co so cach ly", "kcl": "khu cach ly", "vt": "vi tri",
    "kv": "khu vuc", "ks": "khao sat", "dn": "doanh nghiep", "dv": "don vi", "dvhc": "don vi hanh chinh", "ql": "quan ly", "cam": "camera",
    "pt": "phu trach", "lh": "lien he", "tx": "thi xa", "tp": "thanh pho", "gs": "giam sat", "cv": "chuc vu", "sdthoai": "so dien thoai",
}  # fmt: skip
"""Short forms in headings, folded -> written out."""


@lru_cache(maxsize=20_000)
def key(heading: str) -> str:
    """`fold` with short forms written out; "cán bộ" is one word, since "cần" is another."""
    return " ".join(_SHORT.get(word, word) for word in fold(heading).replace("can bo", "canbo").split())


_IGNORED = frozenset(" ".join(sorted(key(each).split())) for each in IGNORED)


@cache
def _candidates(entity: Entity) -> tuple[tuple[Column, tuple[str, ...]], ...]:
    """Columns that a sheet of this entity may have, each with its headings, folded."""
    own = of_entity(entity) if entity != "facility" else ()
    columns: Iterable[tuple[Column, bool]] = [
        *((column, True) for column in own),
        *((column, entity == "facility") for column in of_facility()),
    ]
    return tuple((column, tuple(map(key, column.headings + (column.short if short else ())))) for column, short in columns)


@lru_cache(maxsize=20_000)
def ranked(path: tuple[str, ...], entity: Entity, version: int | None) -> list[tuple[float, Column]]:
    """Best first: how well the heading, alone or with those above it, says each column."""
    whole, own = key(" ".join(map(_bare, path))), list(dict.fromkeys([key(_bare(path[-1])), key(path[-1])]))
    leaf = set(own[0].split())
    older_names = {key(heading): name for heading, name in older.headings(version).items()}
    found: list[tuple[float, Column]] = []
    for column, headings in _candidates(entity):
        names = (*headings, *(heading for heading, name in older_names.items() if name == column.key))
        points = max(_points(way, name) - (1.5 if len(path) > 1 else 0.0) for way in own for name in names)
        if len(path) > 1:
            points = max([points, *(_points(whole, name) for name in names if leaf & set(name.split()))])
        if points >= ENOUGH:
            found.append((points, column))
    found.sort(key=lambda each: -each[0])
    return found


@lru_cache(maxsize=100_000)
def _points(said: str, name: str) -> float:
    if said == name:
        return 100.0
    words, wanted = set(said.split()), set(name.split())
    if (lead := next((each for each in _LEADING if said.startswith(f"{each} ")), None)) and not f"{name} ".startswith(f"{lead} "):
        return 0.0
    if words == wanted or said.replace(" ", "") == name.replace(" ", ""):
        return 97.0
    if (words ^ wanted) & _TELLING:
        return 0.0
    if wanted <= words and (len(wanted) > 1 or wanted <= _ENOUGH_ALONE):
        return 72.0 + 20.0 * len(wanted) / len(words)
    if len(words) > 1 and words <= wanted:
        return 60.0 + 25.0 * len(words) / len(wanted)
    return 85.0 * _likeness(said.split(), name.split())


def _likeness(said: list[str], name: list[str]) -> float:
    """Of words mistyped: 0..1, 0 where one of them is another word."""
    if len(said) != len(name) or not any(len(word) >= 5 for word in name):
        return 0.0
    ratios = [1.0 if one == other else SequenceMatcher(None, one, other).ratio() for one, other in zip(said, name, strict=True)]
    unlike = [word for word, ratio in zip(said, ratios, strict=True) if ratio < 0.8 or (ratio < 1.0 and len(word) < 4)]
    return 0.0 if unlike else sum(ratios) / len(ratios)
