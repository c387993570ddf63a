"""Names of private persons in English, told by their capitals in the text as it was written."""

import re
from collections.abc import Iterator

from tingda.lib.masks.parts import Mask, one_of, words

_english = words("english")
_OFFICIAL = frozenset(_english["official"])
_FIRST = frozenset(_english["first"])
_NOT_LAST = frozenset(_english["not_after"])
_NEVER = frozenset(_english["never"]) | _OFFICIAL | _NOT_LAST
_NOT_SECOND = _NEVER - _NOT_LAST - {"st"}
_NAME = r"[A-Z][a-z]+(?:['-][A-Z]?[a-z]+)*"
_FULL = rf"{_NAME}(?: (?:[A-Z]\. )?{_NAME}){{0,2}}"
_TITLED = re.compile(rf"\b(?i:({one_of(_english['title'])}))\.? ({_FULL})")
_CUED = re.compile(
    rf"\b(?i:my name is|my name's|i am|i'm|name:|called|call|{one_of(_english['cue'])})"
    rf"(?:,|:| is)? ({_FULL})"
)
_KNOWN = re.compile(rf"\b({_NAME}) ((?:[A-Z]\. )?{_NAME})\b")
_WORD_BEFORE = re.compile(r"([A-Za-z]+)\.? $")
_PLACE_AFTER = re.compile(rf" (?i:{one_of(_english['not_after'])})\b|'s (?:School|Church|Hospital)")


def english_names(text: str) -> Iterator[Mask]:
    """The masks in a text that was not folded."""
    for match in _TITLED.finditer(text):
        whole = _kept(text, match.start(2), match.end(2))
        if whole:
            single = " " not in text[whole.start : whole.end]
            yield Mask(match.start() if single else whole.start, whole.end, "name")
    for match in _CUED.finditer(text):
        if whole := _kept(text, match.start(1), match.end(1)):
            yield whole
    for match in _KNOWN.finditer(text):
        known = match[1].lower() in _FIRST and match[2].lower() not in _NOT_SECOND
        if known and (whole := _kept(text, match.start(), match.end())):
            yield whole


def _kept(text: str, start: int, end: int) -> Mask | None:
    """The name without words that are none; None for an official's, a street's or a school's."""
    before = _WORD_BEFORE.search(text, 0, start)
    if before and before[1].lower() in _OFFICIAL:
        return None
    if _PLACE_AFTER.match(text, end):
        return None
    parts = text[start:end].split(" ")
    known = parts[0].lower() in _FIRST
    if not known and (parts[0].lower() in _NEVER or parts[-1].lower() in _NOT_LAST):
        return None
    while parts[1:] and parts[-1].lower() in (_NEVER - _NOT_LAST if known else _NEVER):
        parts.pop()
    size = len(" ".join(parts))
    return Mask(start, start + size, "name") if size else None
