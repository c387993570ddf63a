"""Names of private persons in English, told by their capitals in the text as it was written."""

import re
from collections.abc import Iterator

from tingda.lib.masks.parts import Mask, one_of, words

_english = words("english")
_OFFICIAL = frozenset(_english["official"])
_FIRST = frozenset(_english["first"])
_NOT_LAST = frozenset(_english["not_after"])
_NEVER = frozenset(_english["never"]) | _OFFICIAL | _NOT_LAST
_NOT_SECOND = (_NEVER - {"st"}) - frozenset(("hill", "park", "green", "church", "hall", "house"))
_NAME = r"(?:(?:O['’]|Mc|Mac|De|D['’])?[A-Z][a-z]+(?:['’-](?!s\b)[A-Z]?[a-z]+)*)"
_FULL = rf"{_NAME}(?: (?:[A-Z]\. )?{_NAME}){{0,2}}"
_TITLED = re.compile(rf"\b(?i:({one_of(_english['title'])}))\.? ({_FULL})", re.ASCII)
_CUED = re.compile(
    rf"\b(?i:my name is|my name's|i am|i'm|name:|called|call|{one_of(_english['cue'])})"
    rf"(?:,|:| is)? ({_FULL})"
)
_KNOWN = re.compile(rf"\b({_NAME}) ((?:[A-Z]\. )?{_NAME})\b", re.ASCII)
_ROLE = re.compile(
    rf"\b(?:{'|'.join(role.capitalize() for role in sorted(_english['role']))}) {_NAME}(?![\w'-])"
    rf"(?! {_NAME})",
    re.ASCII,
)
_SYLLABLE = (
    "(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo"
    "|[aeiouv]))"
)
_GIVEN = rf"{_SYLLABLE}(?:-?{_SYLLABLE})?"
_FAMILY = one_of(_english["pinyin"])
_NO_PINYIN = frozenset(_english["not_pinyin"])
_PINYIN = re.compile(
    rf"\b(?=[A-Z])(?i:({_FAMILY}) ({_GIVEN}(?: {_GIVEN})?))\b"
    rf"|\b(?=[A-Z])(?i:({_GIVEN}) ({_FAMILY}))\b(?! (?:Road|Lu|Jie))",
    re.ASCII,
)
_BRAND = re.compile(r"Dr Pepper|Mr Kipling|Mr X\b|Uncle Ben(?:'s)?|Aunt Bessie|Dr Martens|St James")
_BEFORE_ONE = re.compile(
    rf"\b(?i:{one_of(_english['person_before'])}) ({_NAME} {_NAME})\b", re.ASCII
)
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
    yield from _known(text)
    yield from _pinyin(text)


def _known(text: str) -> Iterator[Mask]:
    """Where a first name or what stands before tells: Lucy Marsh, it's Carla Dunleavy."""
    for match in _KNOWN.finditer(text):
        known = match[1].lower() in _FIRST and match[2].lower() not in _NOT_SECOND
        if known and (whole := _kept(text, match.start(), match.end())):
            yield whole
    for match in _BEFORE_ONE.finditer(text):
        none = set(match[1].lower().split(" ")) & (_NEVER | _NOT_LAST)
        if not none and (whole := _kept(text, match.start(1), match.end(1))):
            yield whole
    for match in _ROLE.finditer(text):
        if _kept(text, match.start(), match.end()):
            yield Mask(match.start(), match.end(), "name")


def _pinyin(text: str) -> Iterator[Mask]:
    """Wang Jiayi, ZHANG Mei Ling, Lina Tao: every part begins with a capital."""
    for match in _PINYIN.finditer(text):
        parts = match[0].split(" ")
        if not parts[-1][0].isupper():
            parts.pop()
        end = match.start() + len(" ".join(parts))
        named = _is_pinyin(parts, surname_first=match[1] is not None)
        if named and not _PLACE_AFTER.match(text, end):
            yield Mask(match.start(), end, "name")


def _is_pinyin(parts: list[str], *, surname_first: bool) -> bool:
    if len(parts) < 2 or not all(part[0].isupper() for part in parts):
        return False
    if any(part.lower() in _NO_PINYIN | _NEVER for part in parts):
        return False
    own = "".join(parts[1:] if surname_first else parts[:1])
    return len(own) > (2 if surname_first else 3)


def _kept(text: str, start: int, end: int) -> Mask | None:
    """The name without words that are none; None for an official's, a street's or a school's."""
    if any(brand.start() <= start < brand.end() for brand in _BRAND.finditer(text)):
        return None
    before = _WORD_BEFORE.search(text, 0, start)
    if before and before[1].lower() in _OFFICIAL:
        return None
    if _PLACE_AFTER.match(text, end):
        return None
    parts = text[start:end].split(" ")
    known = parts[0].lower() in _FIRST
    if not known and (parts[0].lower() in _NEVER or parts[-1].lower() in _NOT_LAST):
        return None
    while parts[1:] and parts[-1].lower() in (_NOT_SECOND if known else _NEVER):
        parts.pop()
    size = len(" ".join(parts))
    return Mask(start, start + size, "name") if size else None
