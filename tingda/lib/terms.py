"""The words of a text that tell one matter from another, for grouping.

Chinese is cut by `rjieba`; stop words and everyday words (`chinese.toml`) are our own.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import rjieba

from tingda.lib.forwarding import LINK, host_of
from tingda.lib.places import CODED_AREA, dictionary_count, tag_of
from tingda.lib.text import HAN
from tingda.lib.wordlists import chinese

TITLE_WEIGHT = 3
"""A word of the title counts as often as three of the body."""

MOST_TERMS = 150
"""Different words kept of one text; a longer one is judged by its first."""

MOST_REPEATS = 4

_words = chinese("terms")
_STOP = frozenset(_words["stop"])
_EVERYDAY = frozenset(_words["everyday"])
_NOT_IN_NAMES = frozenset("".join(_words["not_in_names"]))
_NOT_LAST_IN_NAMES = tuple("".join(_words["not_last_in_names"]))
_NAME_TAGS = frozenset(("nr", "nrt", "nrfg", "ns", "nt"))
_VERBS = frozenset(("v", "vn", "d", "c", "p", "a", "ad"))
_ROUTE = re.compile(r"(?<![a-z0-9])[a-z]?\d{1,4}路(?![人段])")
_COUNTED = re.compile(
    "[第约近]?[一二三四五六七八九十百千万亿两几半零多来]+"
    "(?:点|点钟|点多|个|个月|时|小时|分|分钟|秒|年|月|天|日|周|号|次|位|名|条|家|户|元|块|楼|层|度|米"
    "|公里|里|人|成|岁|倍|遍|回|下|桶|只|件|台|辆|栋|斤|吨|句|片|段|班|期|半|左右)?"
)
_HAN_START = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[a-z][a-z0-9'-]{2,}|[a-z]+\d+[a-z]*|\d+[a-z]+")


def words_of(text: str) -> list[str]:
    """The telling words of a folded text, repeats kept; no stop words, no numbers but of routes.
    Of a link only its host is one.
    """
    hosts = [host for link in LINK.findall(text) if (host := host_of(link))]
    plain = CODED_AREA.sub("\n", LINK.sub("\n", text))
    routes = _ROUTE.findall(plain)
    return (
        [host for host in hosts if host]
        + routes
        + [word for word in rjieba.cut(_ROUTE.sub("\n", plain)) if _is_telling(word)]
    )


@lru_cache(30_000)
def _is_telling(word: str) -> bool:
    if word in _STOP or len(word) > 32:
        return False
    if _HAN_START.match(word):
        return len(word) > 1 and not _COUNTED.fullmatch(word)
    return bool(_LATIN_WORD.fullmatch(word))


def terms_of(title: str, body: str) -> tuple[str, ...]:
    """The terms of a voice's folded title and body, a word repeated as often as it weighs.

    Title first, at most MOST_TERMS words, each at most MOST_REPEATS times (the weight grows with
    the logarithm, so more would change nothing).
    """
    counts: Counter[str] = Counter()
    for word in (*words_of(title), *_leading_names(title)):
        counts[word] = TITLE_WEIGHT
    counts.update(words_of(body))
    return tuple(
        word
        for word, count in list(counts.items())[:MOST_TERMS]
        for _ in range(min(count, MOST_REPEATS))
    )


def _leading_names(title: str) -> Iterator[str]:
    """Names of several words right behind an area: A市|江畔三角洲|超市… gives 江畔三角洲.

    Each word alone may be an everyday one, so that only together they are known as a name.
    """
    for area in CODED_AREA.finditer(title):
        name: list[str] = []
        for word in rjieba.cut(title[area.end() : area.end() + 12]):
            if not _in_name(word):
                break
            name.append(word)
        if len(name) > 1 and any(map(is_name, name)) and is_name("".join(name)):
            yield "".join(name)


def _in_name(word: str) -> bool:
    if word in _EVERYDAY or not _is_telling(word) or not _HAN_START.match(word):
        return False
    return not (dictionary_count(word) >= 200 and tag_of(word) in _VERBS)


@lru_cache(30_000)
def is_name(word: str) -> bool:
    """Whether a word may be the name of something: unknown to the dictionary, or rare and a name.

    Everyday words of complaints are known not to be; whether a name is rare is for the caller.
    """
    if word in _EVERYDAY or len(word) > 8:
        return False
    if _ROUTE.fullmatch(word):
        return True
    if not _HAN_START.match(word):
        return False
    if word.endswith(_NOT_LAST_IN_NAMES):
        return False
    if not dictionary_count(word):
        return _NOT_IN_NAMES.isdisjoint(word)
    return dictionary_count(word) < 300 and tag_of(word) in _NAME_TAGS


def is_route(word: str) -> bool:
    """Whether a term is a line of buses (112路): a name, and what people complain of as well."""
    return bool(_ROUTE.fullmatch(word))
