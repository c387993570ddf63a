"""Whether a text was read in a wrong charset before it came here: 浣犲ソ, ÄãºÃ, 锟斤拷.

Nothing is mended: what was lost cannot be guessed. A text is held broken where undoing the usual
mistakes gives everyday Chinese that does not stand there now, or where the marks of lost
characters stand in numbers.
"""

import re

LOOKED_AT = 2_000
"""Characters by which a text is judged."""

_EVERYDAY = "".join(
    bytes((high, low)).decode("gb2312")
    for high in range(0xB0, 0xD8)
    for low in range(0xA1, 0xFF if high < 0xD7 else 0xFA)
)
_COMMON = re.compile(f"[{_EVERYDAY}]")
_STRETCH = re.compile(f"[{_EVERYDAY}，。！？、：；“”（）]{{6,}}")
_ENOUGH = 2  # everyday characters that must come out

_HIGH = "\u0080-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_LOW = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_LATIN_RUN = re.compile(f"[{_HIGH}]{{4,}}")
_LETTER = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]")
_TWO_BYTES = re.compile(f"[ÂÃ][{_LOW}]")
_THREE_BYTES = re.compile(f"(?:[ã-é][{_LOW}]{{2}}){{2,}}|ï¼[{_LOW}]|ã€[{_LOW}]")
_MARKS = re.compile("锟斤拷|锟斤|斤拷锟|烫{4,}|屯{4,}|^锘|ï»¿")
_FILLED = re.compile("[烫屯]{3,}")
_LOST = "\ufffd"


def is_broken(text: str) -> bool:
    """Whether the text looks like one that a program read in a wrong charset."""
    text = text[:LOOKED_AT].strip()
    if not text or text.isascii():
        return False
    return bool(
        _MARKS.search(text)
        or _FILLED.fullmatch(text)
        or _has_lost(text)
        or _utf8_as_latin(text)
        or _gbk_as_latin(text)
        or _utf8_as_gbk(text)
    )


def _has_lost(text: str) -> bool:
    lost = text.count(_LOST)
    return lost >= 3 and lost * 50 >= len(text)


def _utf8_as_latin(text: str) -> bool:
    """Ã¤Â½, ä½\xa0å¥½; one pair alone may be meant (25Â°)."""
    return len(_TWO_BYTES.findall(text)) >= _ENOUGH or bool(_THREE_BYTES.search(text))


def _gbk_as_latin(text: str) -> bool:
    """ÄãºÃ: letters with signs between, which no alphabet has side by side."""
    return any(
        _is_chinese(_bytes_of(run).decode("gb18030", "replace"))
        for run in _LATIN_RUN.findall(text)
        if not (run.isalpha() and (run.isupper() or run.islower()))
        and len(_LETTER.findall(run)) * 4 >= len(run)
    )


def _bytes_of(run: str) -> bytes:
    return b"".join(
        letter.encode("latin-1") if letter <= "\u00ff" else letter.encode("cp1252")
        for letter in run
    )


def _is_chinese(text: str) -> bool:
    common = len(_COMMON.findall(text))
    return common >= _ENOUGH and common * 4 >= len(text) * 3


def _utf8_as_gbk(text: str) -> bool:
    """浣犲ソ: as a whole, or a long stretch of it."""
    written = text.replace(_LOST, "").encode("gb18030", "ignore")
    undone = written.decode("utf-8", "replace")
    if len(_COMMON.findall(undone)) < _ENOUGH:
        return False
    if _STRETCH.search(undone):
        return True
    foreign = sum(byte > 0x7F for byte in written)
    return len(_COMMON.findall(undone)) * 3 * 2 >= foreign
