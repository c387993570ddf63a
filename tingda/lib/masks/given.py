"""What Chinese names are made of: surnames, the characters of given names, where a name ends."""

import re
from functools import lru_cache

from tingda.lib.masks.parts import one_of, words
from tingda.lib.places import dictionary_count, tag_of
from tingda.lib.text import HAN

_surnames, _given, _titles = words("surnames"), words("given"), words("titles")
DOUBLE = frozenset(_surnames["double"])
COMMON = frozenset(_surnames["common"])
RARE = frozenset(_surnames["rare"])
GRAMMAR = frozenset(
    "向于时成应单双台区海代相全包强占费水车边管路米付段花原富连查师计容满国那元红权盖益展修税云植幸冒旷英申练寿仰席揭房惠商"
)
"""Surnames that in running text are nearly always something else."""
AMBIGUOUS = frozenset("金石钱常白严毛梅康夏温牛苗柳江林黄周易史田童蓝桂兰项盛季")
"""Common surnames with which names of estates, firms and things begin too."""

SURNAME = re.compile(rf"{one_of(sorted(DOUBLE))}|[{''.join(sorted(COMMON | RARE))}]")
TITLE = re.compile(one_of(_titles["after"]))
OFFICIAL = one_of(_titles["official"])
OFFICIAL_AFTER = re.compile(rf"(?:副)?(?:{OFFICIAL})")
PERSON_AFTER = re.compile(
    r"[,(: ]{0,2}(?:男|女|先生|女士|老两口|两口子|夫妻|夫妇|\d{1,3}岁|身份证|电话|手机|身高|[(]1\d)"
)
CUT_AFTER = re.compile(r"[,。!?:;、\s的家把说是和跟在给被不没也都又就等来去让要叫住]|$")

_HAN = re.compile(f"[{HAN}]")
_STOP = frozenset(_given["stop"])
_NEVER = frozenset(_given["never"])
_NEXT = re.compile(one_of(_given["next"]))
_CHARACTERS = frozenset("".join(_given["characters"]))
_NOT_AFTER = re.compile(one_of(_given["not_after"]))
_PLACE_END = frozenset("阁寨郡塘坝坪道山路街村镇湖河桥巷里湾苑府城区县市站庄园楼院校局岭洲")


def end_of_given(text: str, at: int) -> int | None:
    """Where the given name ends: one or two characters that are not words of their own."""
    if text[at : at + 1] == "家" and _of_house(text, at):
        return at + 2
    if not _may_be_given(text, at):
        return None
    if text[at + 1 : at + 2] == "来" and (at + 2 >= len(text) or not text[at + 2].isalnum()):
        return at + 2
    if not _may_be_given(text, at + 1) or text[at + 1] == "某":
        return at + 1
    if any(pattern.match(text, at + 1) for pattern in (TITLE, OFFICIAL_AFTER, _NEXT)):
        return at + 1
    rest = text[at + 1 : at + 3]
    if len(rest) == 2 and is_word(rest) and not dictionary_count(text[at : at + 2]):
        return at + 1
    return at + 2


def _of_house(text: str, at: int) -> bool:
    """Whether 家 begins a given name here (家俊), and not what belongs to the person (家门口)."""
    last = text[at + 1 : at + 2]
    return last in _CHARACTERS and last not in _STOP and not dictionary_count(text[at : at + 2])


def _may_be_given(text: str, at: int) -> bool:
    if at >= len(text) or not _HAN.match(text[at]):
        return False
    return text[at] not in _STOP or bool(PERSON_AFTER.match(text, at + 1))


@lru_cache(20_000)
def is_word(piece: str) -> bool:
    """Whether a piece is an everyday word."""
    return dictionary_count(piece) >= 100


def given_of(name: str) -> str:
    """The name without its surname."""
    return name[2:] if name[:2] in DOUBLE else name[1:]


def usual_given(name: str) -> bool:
    """Whether all characters of the given name are often found in given names."""
    return _CHARACTERS.issuperset(given_of(name))


def fairly_usual_given(name: str) -> bool:
    """Whether at least one character of the given name is often found in given names."""
    return not _CHARACTERS.isdisjoint(given_of(name))


def ends(text: str, end: int) -> bool:
    """Whether what follows can only follow a whole name."""
    if end >= len(text) or text[end] in _STOP:
        return True
    return bool(CUT_AFTER.match(text, end) or _NEXT.match(text, end))


def uncommon(name: str) -> bool:
    """Whether what may be a name is no everyday word, nor begins with one."""
    if name[:2] in DOUBLE:
        return True
    if name[0] in RARE:
        known = dictionary_count(name) or dictionary_count(name[:2])
        return name[0] not in GRAMMAR and not known
    return not (is_word(name) or is_word(name[:2]))


def is_other_word(name: str) -> bool:
    """Whether it is an everyday word that is nobody's name."""
    return is_word(name) and not tag_of(name).startswith("nr")


def could_be_a_place(name: str) -> bool:
    """Whether it ends as places do."""
    return name[-1] in _PLACE_END


def of_a_place(text: str, end: int) -> bool:
    """Whether what follows makes it the name of a place, a school, a shop."""
    return bool(_NOT_AFTER.match(text, end))


def never(text: str, start: int, end: int) -> bool:
    """Whether a word that is known to be none begins there."""
    return any(text[start : start + size] in _NEVER for size in (2, 3, end - start))
