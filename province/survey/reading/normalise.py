"""Vietnamese as people type it, brought to one form for comparing: never for storing."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from unicodedata import category, combining, normalize

ABBREVIATIONS = {
    "thcs": "trung hoc co so",
    "thpt": "trung hoc pho thong",
    "ptth": "trung hoc pho thong",
    "th": "tieu hoc",
    "mn": "mam non",
    "cd": "cao dang",
    "dh": "dai hoc",
    "ktx": "ky tuc xa",
    "ks": "khach san",
    "nn": "nha nghi",
    "bv": "benh vien",
    "bvdk": "benh vien da khoa",
    "tt": "trung tam",
    "ttyt": "trung tam y te",
    "tyt": "tram y te",
    "tx": "thi xa",
    "tp": "thanh pho",
    "h": "huyen",
    "p": "phuong",
    "x": "xa",
    "bch": "ban chi huy",
    "chqs": "chi huy quan su",
    "bchqs": "ban chi huy quan su",
    "e": "trung doan",
    "yt": "y te",
    "tr": "truong",
}
"""Short forms in the names of facilities and units -> written out."""

_NOTHING = (
    "", "không", "không có", "ko", "k", "ko có", "k có", "kg", "khg", "chưa", "chưa có", "chưa rõ", "không rõ", "na", "n a", "none", "no",
    "x", "nil", "null", "trống", "chưa cập nhật", "đang cập nhật",
)  # fmt: skip
"""Ways to say that there is nothing; a cell of dashes or dots folds to ""."""

DITTO = frozenset({"nt", "n t", "nhu tren", "tuong tu", "nhu tren nt"})
"""Ways to say "as above", folded; also a ditto mark."""

_DITTO_MARK = re.compile(r"[\s.-]*(\"|[″”“〃]|'{2}|’{2}|/{2}|,{2})[\s.-]*")
_SCHOOL = re.compile(r"^truong (?=(trung hoc|tieu hoc|mam non|mau giao|cao dang|dai hoc|trung cap|pho thong) )")
"""Value or not, the name is the same."""
_SPACE = re.compile(r"\s+")
_OTHER = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=100_000)
def clean(text: str) -> str:
    """Composed (NFC), without zero-width and control characters, with single ordinary spaces; line breaks stay. Idempotent."""
    kept = "".join(c for c in normalize("NFC", text) if c in "\n\t" or category(c) not in ("Cf", "Cc", "Cs", "Co"))
    lines = (_SPACE.sub(" ", line).strip() for line in kept.replace("\t", " ").split("\n"))
    return normalize("NFC", "\n".join(line for line in lines if line))


def text_of(value: Any) -> str:
    """A cell as text: whole floats without their ".0", days as people write them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    return clean(str(value))


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower case, no marks, đ as d, words parted by single spaces: "Mã  CƠ-SỞ" and "ma co so" are the same. Idempotent."""
    bare = "".join(c for c in normalize("NFKD", clean(text).lower()) if not combining(c)).replace("đ", "d")
    return _OTHER.sub(" ", bare).strip()


@lru_cache(maxsize=50_000)
def name_key(text: str) -> str:
    """`fold` with short forms written out: "Trường THCS Gò Sành", "THCS Gò Sành" and "TRUONG TRUNG HOC CO SO GO SANH" are the same."""
    return _SCHOOL.sub("", " ".join(ABBREVIATIONS.get(word, word) for word in fold(text).split()))


@lru_cache(maxsize=50_000)
def nothing(text: str) -> bool:
    """Marks count where there are any: "Chùa" and "Trọng" are something."""
    if marked(text):
        return " ".join(re.findall(r"\w+", one_line(text).lower())) in _NOTHING
    return fold(text) in _BARE


def absent(text: str) -> bool:
    """Nothing, or in more words that there is none: "Chưa lắp camera"."""
    return nothing(text) or bool(re.match(r"(khong|chua) (co|lap|trang bi)\b", fold(text)) and not re.search(r"\d", text))


def ditto(text: str) -> bool:
    return fold(text) in DITTO or bool(_DITTO_MARK.fullmatch(text))


def marked(text: str) -> bool:
    """Whether it has any Vietnamese mark."""
    return any(combining(c) or c in "đĐ" for c in normalize("NFD", text))


@lru_cache(maxsize=100_000)
def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def same_text(old: str, new: str) -> bool:
    """Whether `new` says nothing that `old` doesn't: typed without marks, in capitals, or with the tone on the other vowel."""
    old, new = one_line(old), one_line(new)
    if old == new:
        return True
    if fold(old) != fold(new):
        return False
    if not marked(new) or (new.isupper() and not old.isupper()):
        return True
    return _loose_tones(old) == _loose_tones(new)


_TONES = str.maketrans(dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"), ""))


def _loose_tones(text: str) -> list[tuple[str, list[str]]]:
    """Each word without its tone, and the tones in it: "Hoà" and "Hòa" are the same."""
    words = normalize("NFD", text).split()
    return [(word.translate(_TONES), sorted(c for c in word if ord(c) in _TONES)) for word in words]


_BARE = frozenset(fold(way) for way in _NOTHING)


def slug(text: str) -> str:
    """As an id: "Thị xã An Nhơn" is thi-xa-an-nhon."""
    return fold(text).replace(" ", "-")
