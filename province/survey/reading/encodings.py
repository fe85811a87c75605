"""Which encoding a csv is in. Vietnam has had four: UTF-8, Windows-1258 (base letter and tone apart), TCVN3 (ABC) and VNI.

The last two are fonts' encodings: the same bytes are other letters in their capitals' fonts, so they are recognised and refused.
"""

import re
from unicodedata import normalize

FOREIGN = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}

_VIETNAMESE = re.compile(r"[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
_TCVN3 = re.compile(r"[a-zA-Z][µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô­õøö÷ùúýûüþ]|®")
_VNI = re.compile(r"[aeouyAEOUY][ùøûõïâáàåãêéèúüëÙØÛÕÏÂÁÀÅÃÊÉÈÚÜË]|[ñÑ](?=[aeouyöôAEOUYÖÔòóæíì])|[öô][ùøûõï]")


def wide(raw: bytes) -> bool:
    """UTF-16 without a mark: every other byte of plain text is zero."""
    sample = raw[:4000]
    return len(sample) > 8 and max(sample[0::2].count(0), sample[1::2].count(0)) > len(sample) // 6


def decode(raw: bytes) -> tuple[str, str]:
    """The text (NFC) and the encoding's name; for those of FOREIGN the text is of no use."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return normalize("NFC", raw.decode(name, "replace")), name.removesuffix("-sig")
    if wide(raw):
        name = "utf-16-le" if raw[1::2].count(0) > raw[0::2].count(0) else "utf-16-be"
        return normalize("NFC", raw.decode(name, "replace")), "utf-16"
    try:
        return normalize("NFC", raw.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        pass
    if foreign := font_encoded(raw.decode("cp1252", "replace")):
        return "", foreign
    try:
        return normalize("NFC", raw.decode("cp1258")), "Windows-1258"
    except UnicodeDecodeError:
        return normalize("NFC", raw.decode("cp1252", "replace")), "Windows-1252"


def font_encoded(text: str) -> str | None:
    """ "tcvn3" or "vni" where the text looks like bytes of those encodings read as Western ones."""
    if text.isascii():
        return None
    as_1258 = normalize("NFC", text.encode("cp1252", "replace").decode("cp1258", "replace"))
    right = max(len(_VIETNAMESE.findall(as_1258)), len(_VIETNAMESE.findall(normalize("NFC", text))))
    tcvn3, vni = (len(pattern.findall(text)) for pattern in (_TCVN3, _VNI))
    strange = sum(1 for c in text if c in "µ¸¶·¹¨»¾¼½Æ©ÇËÐÏÑª×ÞßÕÖ®«¬­÷þ")
    if tcvn3 >= 3 and strange * 3 > len([c for c in text if ord(c) > 127]):
        return "tcvn3"
    if vni >= 3 and vni * 2 > right:
        return "vni"
    return None
