"""Names of private persons in Chinese: a surname, what follows it, and what says so.

A name is masked where a cue stands before it (姓名, 我叫, 班主任), where a title follows it (王老师),
or where the segmenter takes three characters for a name. Officials in office stay, and so do names
that are of a place, a school or a shop.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import rjieba

from tingda.lib.masks.parts import Mask, one_of, words
from tingda.lib.places import dictionary_count, tag_of
from tingda.lib.text import HAN

_surnames = words("surnames")
_DOUBLE = frozenset(_surnames["double"])
_COMMON = frozenset(_surnames["common"])
_RARE = frozenset(_surnames["rare"])
_titles, _cues, _given = words("titles"), words("cues"), words("given")
_STOP = frozenset(_given["stop"])
_NEVER = frozenset(_given["never"])
_NOT_AFTER = re.compile(one_of(_given["not_after"]))
_OFFICIAL = one_of(_titles["official"])
_OFFICIAL_BEFORE = re.compile(rf"(?:{_OFFICIAL})(?:同志)?[::]?$")
_OFFICIAL_AFTER = re.compile(rf"(?:副)?(?:{_OFFICIAL})")
_NEXT = re.compile(one_of(_given["next"]))
_PRIVATE_HEAD = re.compile(rf"(?:{one_of(_titles['private_heads'])})$")
_AFTER = re.compile(rf"(?:{one_of(_titles['after'])})")
_GAP = r"[是为叫有系:  \"'“”‘’()—-]{0,4}"
_STRONG = re.compile(rf"(?:{one_of(_cues['strong'])}|此致敬礼[,!。]?){_GAP}$|[—-]{{2}}$")
_WEAK = re.compile(rf"(?:{one_of([*_cues['weak'], *(t for t in _titles['after'] if len(t) > 1)])}){_GAP}$")
_JOIN = re.compile(r"[、,和与及跟]$")
_MASKED = re.compile("[某×*xX○〇]")
_SURNAME = re.compile(
    rf"{one_of(sorted(_DOUBLE))}|[{''.join(sorted(_COMMON | _RARE))}]"
)
_PERSON_AFTER = re.compile(r"[,(: ]{0,2}(?:男|女|先生|女士|\d{1,3}岁|身份证|电话|手机|身高|[(]1\d)")
_NICK = re.compile(rf"(?<![{HAN}])?(?:小|老|阿)([{HAN}])(头|哥|姐|弟|妹|爷子|太太)?")
_NICK_AFTER = re.compile(r"[,。!?:;、\s的家把说是和跟在给被不没也都又就等来去让要叫住]|$")
_NICK_NOT = frozenset("高方金江石白康龙万易常武文于时成安平水花海区台明全冷单商中国大小家车马路")
_HAN = re.compile(f"[{HAN}]")


def names(text: str) -> Iterator[Mask]:
    """The masks in a folded text."""
    if not _HAN.search(text):
        return
    tagged = _tagged(text)
    last: Mask | None = None
    for match in _SURNAME.finditer(text):
        if last and match.start() < last.end:
            continue
        mask = _name(text, match, tagged, last)
        if mask:
            last = mask
            yield mask
    yield from _nicknames(text)


def _tagged(text: str) -> dict[int, tuple[str, str]]:
    """Words of the text with their part of speech, by where they start."""
    found, at = {}, 0
    for word, tag in rjieba.tag(text):
        found[at] = (word, tag)
        at += len(word)
    return found


def _name(
    text: str, surname: re.Match[str], tagged: dict[int, tuple[str, str]], last: Mask | None
) -> Mask | None:
    start, end = surname.span()
    if _MASKED.match(text, end) or end >= len(text):
        return None
    before = text[max(0, start - 14) : start]
    if _OFFICIAL_BEFORE.search(before) and not _PRIVATE_HEAD.search(before):
        return None
    if titled := _titled(text, start, end, before, tagged):
        return titled
    stop = _end_of_given(text, end)
    if stop is None or _OFFICIAL_AFTER.match(text, stop) or _is_place(text, stop):
        return None
    strength = _strength(text, start, before, last)
    if not strength and stop - start > 2 and _PERSON_AFTER.match(text, stop):
        strength = 2
    return Mask(start, stop, "name") if _believed(text, start, stop, strength, tagged) else None


def _titled(
    text: str, start: int, end: int, before: str, tagged: dict[int, tuple[str, str]]
) -> Mask | None:
    """王老师: a surname, and a title of a private person right after it."""
    title = _AFTER.match(text, end)
    if title is None or _OFFICIAL_AFTER.match(text, end):
        return None
    inside = any(
        at < start < at + len(word) for at, (word, _) in tagged.items() if start - 4 < at < start
    )
    surname = text[start:end]
    begins = not before or not _HAN.match(before[-1]) or before[-1] in "的了是和与在对找请问叫位向被"
    if (inside or surname in _RARE) and not begins:
        return None
    if surname in _RARE and surname in "和向从于有时成应" or text[start : title.end()] in _NEVER:
        return None
    if title[0] in ("总", "工", "姐", "哥", "嫂", "叔", "姨", "婆") and not _NICK_AFTER.match(
        text, title.end()
    ):
        return None
    return Mask(start, title.end(), "name")


def _strength(text: str, start: int, before: str, last: Mask | None) -> int:
    """3 where it is said that a name follows, 2 where one may follow, else 0."""
    if _STRONG.search(before):
        return 3
    if _WEAK.search(before):
        return 2
    joined = _JOIN.search(before)
    return 2 if joined and last and last.end == start - 1 and last.end - last.start < 5 else 0


def _end_of_given(text: str, at: int) -> int | None:
    """Where the given name ends: one or two characters that are not words of their own."""
    if not _given_char(text, at):
        return None
    if not _given_char(text, at + 1) or text[at + 1] in "某":
        return at + 1
    rest = text[at + 1 : at + 3]
    if any(pattern.match(text, at + 1) for pattern in (_AFTER, _OFFICIAL_AFTER, _NEXT)):
        return at + 1
    if len(rest) == 2 and _is_word(rest) and not _is_given(text[at : at + 2]):
        return at + 1
    return at + 2


def _given_char(text: str, at: int) -> bool:
    return at < len(text) and bool(_HAN.match(text[at])) and text[at] not in _STOP


@lru_cache(20_000)
def _is_word(pair: str) -> bool:
    return dictionary_count(pair) >= 100


@lru_cache(20_000)
def _is_given(pair: str) -> bool:
    """Whether two characters are known as a given name, or as a word of their own."""
    return dictionary_count(pair) > 0


def _is_place(text: str, end: int) -> bool:
    return bool(_NOT_AFTER.match(text, end))


def _believed(
    text: str, start: int, end: int, strength: int, tagged: dict[int, tuple[str, str]]
) -> bool:
    whole = text[start:end]
    if _never(text, start, end):
        return False
    if strength == 3:
        return True
    word, tag = tagged.get(start, ("", ""))
    named = tag.startswith("nr") and len(word) > 1
    if strength == 2:
        if whole[0] in _RARE:
            return named
        return named or whole[:2] in _DOUBLE or not (_is_word(whole) or _is_word(whole[:2]))
    if whole[0] in _RARE and whole[:2] not in _DOUBLE:
        return False
    if named and word == whole and (len(whole) > 2 or _in_a_row(text, start, end)):
        return tag_of(whole) in ("nr", "") and dictionary_count(whole) < 50
    return False


def _in_a_row(text: str, start: int, end: int) -> bool:
    """张强、李敏: two surnames with a mark between them, or a person's data after a short name."""
    following = re.match(r"[、和与](.)", text[end : end + 2])
    return bool(following and following[1] in _COMMON or _PERSON_AFTER.match(text, end))


def _never(text: str, start: int, end: int) -> bool:
    return any(text[start : start + size] in _NEVER for size in (2, 3, end - start))


def _nicknames(text: str) -> Iterator[Mask]:
    """小王, 老李头: where what follows shows that it is a person."""
    for match in _NICK.finditer(text):
        surname = match[1]
        if surname not in _COMMON or surname in _NICK_NOT:
            continue
        if match.start() and _HAN.match(text[match.start() - 1]):
            if text[match.start() - 1] not in "的和与是找叫被把对跟给":
                continue
        if match[2] or _NICK_AFTER.match(text, match.end()):
            yield Mask(match.start(), match.end(), "name")
