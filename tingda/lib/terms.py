"""The words of a text that tell one matter from another, for grouping.

Chinese is cut by `rjieba`; stop words and everyday words (`chinese.toml`) are our own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import rjieba

from tingda.lib.forwarding import LINK, host_of
from tingda.lib.matters import matters_in
from tingda.lib.numerals import value_of
from tingda.lib.places import BEFORE_NAMES, CODED_AREA, dictionary_count, tag_of
from tingda.lib.text import HAN
from tingda.lib.wordlists import chinese

TITLE_WEIGHT = 3
"""A word of the title counts as often as three of the body."""

MOST_TERMS = 150
"""Different words kept of one text; a longer one is judged by its first."""

MOST_REPEATS = 4
MATTER_WEIGHT = 1  # times that a matter counts which was named in any of its wordings
SHORTEST_CUT, SHORTEST_ROOT = 5, 4
_ENDINGS = ("ings", "ing", "ed", "es", "s")
SELDOM_ALONE = 5_000  # of the dictionary's count

_words = chinese("terms")
_STOP = frozenset(_words["stop"])
_EVERYDAY = frozenset(_words["everyday"])
_NOT_IN_NAMES = frozenset("".join(_words["not_in_names"]))
_NOT_LAST_IN_NAMES = tuple("".join(_words["not_last_in_names"]))
_NAME_TAGS = frozenset(("nr", "nrt", "nrfg", "ns", "nt"))
_VERBS = frozenset(("v", "vn", "d", "c", "p", "a", "ad"))
_ROUTE = re.compile(r"(?<![a-z0-9])[a-z]?\d{1,4}路(?![人段])")
# A sum of money or a number of people: who names the same uneven one speaks of the same matter.
_SPELT_ROUTE = re.compile(
    "(?<![东西南北第零一二三四五六七八九十百经纬])([零一二三四五六七八九十百]{2,4})路(?![人段])"
)
_ENGLISH_ROUTE = re.compile(
    r"\b(?:bus|route|line)(?: number| no\.?)? (\d{1,4})\b|\b(?:no\.? |number )?(\d{1,4}) bus\b"
)
_AMOUNT = re.compile(
    r"(?<![\d.a-z])(?:(\d{1,5}(?:\.\d{1,4})?)万(?:(\d)千?(?![\d.]))?"
    r"|(\d{4,8})(?:\.\d\d?)?(?=多?[元块户亩人名平吨]))"
)
_EVEN = re.compile(r"[1-9]0+")
_TAG = re.compile(rf"#([{HAN}a-z][{HAN}\w]{{2,29}})")
_SHORT_KINDS = frozenset("小中大校幼医图")  # 实小 is 实验小学
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
    routes, words = _cut(text)
    return routes + [word for word in words if _is_telling(word)]


def _cut(text: str) -> tuple[list[str], list[str]]:
    """Hosts and routes, and all other words as they follow each other."""
    hosts = [host for link in LINK.findall(text) if (host := host_of(link))]
    plain = CODED_AREA.sub("\n", LINK.sub("\n", text))
    plain = _SPELT_ROUTE.sub(lambda spelt: f"{value_of(spelt[1])}路", plain)
    plain = _ENGLISH_ROUTE.sub(lambda bus: f"{bus[1] or bus[2]}路 bus", plain)
    return hosts + _ROUTE.findall(plain), rjieba.cut(_ROUTE.sub("\n", plain))


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
    for word in (*_words_and_names(title), *_leading_names(title)):
        counts[word] = TITLE_WEIGHT
    counts.update(_words_and_names(body))
    text = f"{title}\n{body}"
    counts.update(dict.fromkeys((*_tags(text), *_amounts(text)), 1))
    for matter in matters_in(text):
        counts[matter] = max(MATTER_WEIGHT, counts[matter])
    return tuple(
        word
        for word, count in list(counts.items())[:MOST_TERMS]
        for _ in range(min(count, MOST_REPEATS))
    )


def _words_and_names(text: str) -> list[str]:
    routes, words = _cut(text)
    return routes + [word for word in words if _is_telling(word)] + _unknown_names(words)


def _unknown_names(words: Sequence[str]) -> list[str]:
    """Names that the dictionary does not hold, as its words fall apart on them: 铂|健 is 铂健, and
    给翠屏 is 翠屏."""
    found, run, before = [], "", ""
    for word in (*words, ""):
        if word in _SHORT_KINDS and _may_begin(before):
            found.append(before + word)
        before = word
        if _may_be_part(word):
            run += word
            continue
        if 1 < len(run) < 4:
            found.append(run)
        run = ""
        if len(word) == 3 and word[0] in BEFORE_NAMES and not dictionary_count(word):
            found.append(word[1:])
    return found


def _may_begin(word: str) -> bool:
    """Whether what stands before 小 or 校 may be short for a school's name."""
    return (
        len(word) == 1
        and bool(_HAN_START.match(word))
        and word not in BEFORE_NAMES
        and word not in _NOT_IN_NAMES
        and word not in _STOP
    )


@lru_cache(30_000)
def _may_be_part(word: str) -> bool:
    """Whether a character is so rarely a word by itself that it is rather a part of a name."""
    return (
        len(word) == 1
        and bool(_HAN_START.match(word))
        and dictionary_count(word) < SELDOM_ALONE
        and word not in _NOT_IN_NAMES
    )


def _tags(text: str) -> Iterator[str]:
    """What a text is said to be about by a mark: #SGHaze, #云溪苑停水#."""
    return (f"#{tag}" for tag in _TAG.findall(text)) if "#" in text else iter(())


def _amounts(text: str) -> Iterator[str]:
    """Uneven amounts in digits: 18.5万 and 18万5千 are 185000; 10万 and 3000 tell nothing."""
    for large, thousands, plain in _AMOUNT.findall(text):
        value = plain or str(round(float(large) * 10_000) + 1000 * int(thousands or 0))
        if not _EVEN.fullmatch(value) and len(set(value)) > 1:
            yield value


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
    if is_matter(word):
        return True
    if word in _EVERYDAY or len(word) > 8:
        return False
    if not _HAN_START.match(word):
        return False
    if word.endswith(_NOT_LAST_IN_NAMES):
        return False
    if not dictionary_count(word):
        return _NOT_IN_NAMES.isdisjoint(word)
    return dictionary_count(word) < 300 and tag_of(word) in _NAME_TAGS


def is_matter(word: str) -> bool:
    """Whether a name is as well what people speak of: 112路 (a line of buses), an amount, a tag."""
    return word[:1] == "#" or word.isdecimal() or bool(_ROUTE.fullmatch(word))


@lru_cache(30_000)
def root(word: str) -> str:
    """One form of a Latin word for all: floods, flooding and flooded are flood.

    Only endings are cut, after the S stemmer of Harman ("How effective is suffixing?", 1991) with
    -ing and -ed; what is left need be no word. Other words stay as they are.
    """
    if len(word) < SHORTEST_CUT or not (word.isascii() and word.isalpha()) or word[-2:] == "ss":
        return word
    fitting = (end for end in _ENDINGS if len(word) - len(end) >= SHORTEST_ROOT)
    stem = word.removesuffix(next((end for end in fitting if word.endswith(end)), ""))
    if stem != word and stem[-1] == stem[-2]:
        stem = stem[:-1]
    return stem.removesuffix("e") if len(stem) > SHORTEST_ROOT else stem
