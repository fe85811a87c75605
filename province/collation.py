"""Vietnamese order, as a dictionary has it: `sorted(names, key=vietnamese)`.

Syllable by syllable; within one first the letters (a ă â b c d đ e ê ... o ô ơ ... u ư ...), then its tone (ngang, huyền, hỏi,
ngã, sắc, nặng: the order of CLDR's vi and of Từ điển tiếng Việt), wherever the mark is written: "hoà" and "hòa" stand together.
A number counts as a number: "số 2" before "số 10". What is no letter separates and is otherwise passed over; capitals,
composed and decomposed spellings make no difference until all else is equal.
"""

import re
import unicodedata
from functools import lru_cache

Key = tuple[tuple[tuple[int, tuple[int, ...], int], ...], str]

_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_SHAPES = {"\u0302", "\u0306", "\u031b"}
"""Circumflex, breve, horn: with their letter they are another letter."""
_ALPHABET = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=1 << 16)
def vietnamese(text: str) -> Key:
    """The key of a text. Texts that differ only in form have keys that differ in their last part alone."""
    composed = unicodedata.normalize("NFC", text)
    return tuple(_syllable(token) for token in _TOKEN.findall(composed)), composed


def _syllable(token: str) -> tuple[int, tuple[int, ...], int]:
    """A number as (0, (number,), 0), a word as (1, places of its letters, its tone)."""
    if token.isdecimal():
        return 0, (int(token),), 0
    letters: list[str] = []
    tone = 0
    for sign in unicodedata.normalize("NFD", token.lower()):
        if sign in _TONES:
            tone = max(tone, _TONES[sign])
        elif sign in _SHAPES and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + sign)
        elif not unicodedata.combining(sign):
            letters.append(sign)
    return 1, tuple(_ALPHABET.get(letter, len(_ALPHABET) + ord(letter[0])) for letter in letters), tone
