"""Chinese and Latin text made comparable: folding, and highlights.

Folding makes one writing of many (full width, Traditional, capitals, look-alike letters) and
remembers for every character where it stood, so that whatever is found can be shown in the words
as they were said.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import opencc

from tingda.lib.lookalikes import FORMS, as_latin

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Chinese characters, as the inside of a regular expression's class."""

SHORT = 500
"""Longest text, in characters, whose folding is remembered for a while."""

_INVISIBLE = frozenset("\u00ad\u180e\ufeff\u2060\u2061\u2062\u2063\u2064") | frozenset(
    chr(code)
    for first, beyond in (
        (0x200B, 0x2010),
        (0x202A, 0x202F),
        (0x2066, 0x206A),  # isolates of writing direction
        (0x20DD, 0x20E5),  # what encloses a character: the frame of a keycap
        (0xFE00, 0xFE10),
        (0x1F3FB, 0x1F400),  # the colour of a skin: 👍🏻 is 👍
        (0xE0020, 0xE0080),  # tags
    )
    for code in range(first, beyond)
)
_SEPARATOR = re.compile(f"(?<=[{HAN}])[ .·\u2022\u2027\u30fb*_-]+(?=[{HAN}])")
_WORD_CHAR = re.compile(f"[^\\W_{HAN}]")

_to_simplified = (opencc.OpenCC("tw2s"), opencc.OpenCC("t2s"))


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `offsets[i]` is the index in the original of folded character i."""

    text: str
    offsets: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The piece `[start, end)` of the folded text as `(start, end)` in the original."""
        if start >= end:
            raise ValueError("an empty piece has no place in the original")
        return self.offsets[start], self.offsets[end - 1] + 1


class _Table(dict[int, str]):
    """What each character folds to on its own, learnt as characters are met.

    `odd` holds the characters that do not become exactly one, or that join their neighbour; a text
    without them keeps its length, which makes the usual case one call of `str.translate`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.odd: set[str] = set()

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = _fold_cluster(char)
        if len(folded) != 1 or unicodedata.combining(char):
            self.odd.add(char)
        self[code] = folded
        return folded


def _fold_cluster(cluster: str) -> str:
    if cluster in _INVISIBLE or cluster == "\0":
        return ""  # the converter stops at NUL, and databases refuse it
    if unicodedata.category(cluster[0]) == "Cs":
        return "\ufffd"  # half of a broken pair: cannot be encoded
    if cluster in FORMS:
        return FORMS[cluster]
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).lower())


_table = _Table()


def _simplify(text: str) -> str:
    """Traditional to Simplified, same length: Taiwan's forms first, then what it leaves."""
    for converter in _to_simplified:
        converted = converter.convert(text)
        if len(converted) != len(text):
            converted = "".join(
                one if len(one) == 1 else char
                for char, one in ((char, converter.convert(char)) for char in text)
            )
        text = converted
    return text


def _clusters(text: str) -> Iterable[tuple[int, str]]:
    """Each character with the marks that combine with it, and where it starts."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not unicodedata.combining(text[index]):
            yield start, text[start:index]
            start = index


def fold(text: str, *, squeeze: bool = False) -> Folded:
    """NFKC, lower case, Simplified, without zero-width characters, look-alike letters as what they
    look like, and where each came from.

    With `squeeze`, spaces and `. · - * _` between two Chinese characters are dropped too, so that
    停·水 is found as 停水; without it they stay, as a search needs them to part words.
    """
    if len(text) <= SHORT:
        return _remembered_squeezed(text) if squeeze else _remembered(text)
    folded = _fold(text)
    return _squeezed(folded) if squeeze else folded


@lru_cache(2_000)
def _remembered(text: str) -> Folded:
    """Every stage of reading folds the texts of its batch: the first does it for all."""
    return _fold(text)


@lru_cache(2_000)
def _remembered_squeezed(text: str) -> Folded:
    return _squeezed(_remembered(text))


def _fold(text: str) -> Folded:
    text = as_latin(text)
    folded = text.translate(_table)
    if _table.odd.isdisjoint(text):
        return Folded(_simplify(folded), range(len(folded)))
    return _fold_slowly(text)


def _fold_slowly(text: str) -> Folded:
    pieces: list[str] = []
    offsets: list[int] = []
    for start, cluster in _clusters(text):
        folded = _table[ord(cluster)] if len(cluster) == 1 else _fold_cluster(cluster)
        pieces.append(folded)
        offsets.extend([start] * len(folded))
    return Folded(_simplify("".join(pieces)), offsets)


def squeezed(folded: str) -> str:
    """A folded text with what `squeeze` drops dropped."""
    return _SEPARATOR.sub("", folded)


def _squeezed(folded: Folded) -> Folded:
    pieces: list[str] = []
    offsets: list[int] = []
    last = 0
    for match in _SEPARATOR.finditer(folded.text):
        pieces.append(folded.text[last : match.start()])
        offsets.extend(folded.offsets[last : match.start()])
        last = match.end()
    if not last:
        return folded
    pieces.append(folded.text[last:])
    offsets.extend(folded.offsets[last:])
    return Folded("".join(pieces), offsets)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a find is a whole word: no Latin letter or digit runs on at either side.

    Chinese beside Latin is a boundary: `ai` stands alone in 用ai写, `5g` does not in 15g.
    """
    if start > 0 and _runs(text[start]) and _runs(text[start - 1]):
        return False
    return not (end < len(text) and _runs(text[end - 1]) and _runs(text[end]))


@lru_cache(10_000)
def _runs(char: str) -> bool:
    return bool(_WORD_CHAR.match(char))


def highlight(original: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where the words stand in the original, pulled apart or not, as merged `(start, end)`."""
    folded = fold(original, squeeze=True)
    found: list[tuple[int, int]] = []
    for word in {fold(word, squeeze=True).text.strip() for word in words} - {""}:
        at = folded.text.find(word)
        while at >= 0:
            if stands_alone(folded.text, at, at + len(word)):
                found.append(folded.span(at, at + len(word)))
            at = folded.text.find(word, at + 1)
    return merged(found)


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch or overlap made one."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


_HAN_CHARACTER = re.compile(f"[{HAN}]")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7a3]")
_LATIN_WORD = re.compile(r"[a-z]{2,}", re.IGNORECASE)


def language_of(text: str) -> str:
    """`zh` or `en` by the writing, which is all that the product tells apart; else empty."""
    text = text[:2000]
    han, words = len(_HAN_CHARACTER.findall(text)), len(_LATIN_WORD.findall(text))
    if len(_KANA_OR_HANGUL.findall(text)) > han / 2:
        return ""
    if han > words:
        return "zh"
    return "en" if words else ""
