"""What people state that can be checked: sentences with hearsay, numbers, dates, causes,
accusations; the same statement in other words is counted once.

Nothing here says whether a statement is so. Questions and wishes state nothing, unless they pass
on what was heard (听说要涨价，是真的吗). Numbers and denial are identity: 停水三天 and 停水五天
are two statements, and so are 有虫 and 没有虫.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from tingda.lib.forwarding import COMMENT, FORWARDED, LINK
from tingda.lib.numerals import in_digits
from tingda.lib.text import HAN, fold
from tingda.lib.wordlists import lists

KINDS = ("hearsay", "accusation", "cause", "number", "date")
"""Why a sentence counts as a claim; what weighs most stands first."""

SHORTEST, LONGEST = 6, 120  # characters of a sentence
MOST_SENTENCES = 40  # of one text
ALIKE = 0.5  # share of pairs of characters that two wordings have in common (Dice)
WITHIN = 0.8  # or share of the shorter one's, where it has at least:
ENOUGH = 4
_WEIGHT = {"hearsay": 3.0, "accusation": 2.0, "cause": 1.5, "number": 1.0, "date": 0.5}

_END = re.compile(r"(?<=[。！？!?；;\n\r])|(?<=[a-z][.!?])\s")
_NUMERAL = "零〇一二两三四五六七八九十百千万亿"
_WORD = re.compile(rf"[{HAN}]|[a-z0-9]+")
_DATE = (
    r"\d{1,4}年\d{1,2}月|\d{1,2}月\d{1,2}|\d{1,2}:\d{2}|\d{4}-\d{1,2}-\d{1,2}"
    r"|\d{1,2}号(?!楼|线|门|院|桌|窗)"
)
_FIGURE = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Said:
    """One text; `who` only tells one person from another (any key). `carried`: how many copies."""

    who: str
    title: str
    text: str
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement in the wording most used, why it counts as one (of KINDS), how many people
    made it in their own text, and how many copies carried it further."""

    text: str
    kinds: tuple[str, ...]
    people: int
    carried: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """What tells two wordings apart: pairs of characters or words, figures, denial."""

    pairs: frozenset[str]
    figures: frozenset[str]
    denies: bool


@dataclass(slots=True)
class _Group:
    shape: _Shape
    wordings: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    who: set[str] = field(default_factory=set)
    texts: dict[int, int] = field(default_factory=dict)  # text -> its copies


def claims(texts: Sequence[Said], limit: int = 12) -> list[Claim]:
    """The statements of many texts, those of most people and of most weight first.

    The order of the texts does not say who was first; of equal wordings the earlier stands.
    """
    groups: list[_Group] = []
    having: defaultdict[str, list[int]] = defaultdict(list)  # pair -> groups
    for index, said in enumerate(texts):
        for sentence, kinds in _stated(said):
            group = _joined(_shape(sentence), groups, having)
            group.wordings[sentence] += 1
            group.kinds.update(kinds)
            group.who.add(said.who)
            group.texts[index] = said.carried
    found = [_claim(group) for group in groups]
    return sorted(found, key=_rank)[:limit]


def same(one: str, other: str) -> bool:
    """Whether two sentences state the same."""
    return _same(_shape(one), _shape(other))


def _claim(group: _Group) -> Claim:
    wording = group.wordings.most_common(1)[0][0]
    kinds = tuple(kind for kind in KINDS if kind in group.kinds)
    return Claim(wording, kinds, len(group.who), sum(group.texts.values()))


def _rank(claim: Claim) -> tuple[float, int]:
    weight = sum(_WEIGHT[kind] for kind in claim.kinds)
    return -weight * (claim.people + min(claim.carried, 100) ** 0.5), len(claim.text)


def _stated(said: Said) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The sentences of a text that state something, each once, and why."""
    seen: set[str] = set()
    for line in (said.title, COMMENT.split(said.text)[0]):
        for raw in _END.split(line)[:MOST_SENTENCES]:
            sentence = _bare(raw)
            if not SHORTEST <= len(sentence) <= LONGEST or sentence in seen:
                continue
            seen.add(sentence)
            if kinds := kinds_of(sentence):
                yield sentence, kinds


@lru_cache(5_000)  # whoever looks again finds nearly the same newest sentences
def _bare(raw: str) -> str:
    """Without links, marks of forwarding and empty ends."""
    raw = re.sub(r"https?://\S+", "", raw)
    folded = fold(raw)
    mark = FORWARDED.match(folded.text)
    if mark and mark.end():
        raw = raw[folded.span(0, mark.end())[1] :]
    return " ".join(raw.split()).strip(" ，,、：:。；;")


@lru_cache(5_000)
def kinds_of(sentence: str) -> tuple[str, ...]:
    """Which of KINDS a sentence states; none for a question, a wish, or what nobody can check."""
    plain = LINK.sub(" ", fold(sentence, squeeze=True).text)
    cues = _cues()
    undated = re.sub(f"(?:{_DATE})[日号]?", " ", plain)  # the 3 of 11月3日 counts nothing
    found = tuple(k for k in KINDS if cues[k].search(undated if k == "number" else plain))
    asks = plain.rstrip(" )」”\"'").endswith(("?", "吗", "呢", "么")) or cues["question"].search(
        plain
    )
    if (asks or cues["wish"].search(plain)) and "hearsay" not in found:
        return ()
    return () if found == ("date",) else found  # that there was a day is no statement


@lru_cache(1)
def _cues() -> dict[str, re.Pattern[str]]:
    words = lists(Path(__file__).with_suffix(".toml"), "words")
    units, said, days = (_one_of(words.pop(name)) for name in ("units", "units_said", "days"))
    cues = {name: re.compile(_one_of(found)) for name, found in words.items()}
    spoken = f"(?<![{_NUMERAL}第])(?!一[天年次人名])[{_NUMERAL}]+多?(?:{said})"
    digits = rf"(?<![第\d.])\d+(?:\.\d+)?\s*(?:余|多|来)?\s*(?:{units})"
    cues["number"] = re.compile(
        f"(?:{digits}|{spoken})(?!级|代|轻)"
    )  # 八年级 is no number of years
    cues["date"] = re.compile(f"{_DATE}|{days}")
    return cues


def _one_of(words: Sequence[str]) -> str:
    """Any of the words, the longest first; Latin ones stand whole."""

    def pattern(word: str) -> str:
        text = re.escape(word.replace("_", " "))
        if not word[0].isascii() or not word[0].isalpha():
            return text
        return rf"(?<![a-z]){text}(?![a-z])"

    return "|".join(map(pattern, sorted(words, key=lambda word: -len(word))))


# ---- sameness ----


@lru_cache(5_000)
def _shape(sentence: str) -> _Shape:
    plain = in_digits(LINK.sub(" ", folded := fold(sentence, squeeze=True).text))
    parts = _WORD.findall(plain)
    pairs = frozenset(map("".join, pairwise(parts)))
    figures = frozenset(_FIGURE.findall(plain))
    if "1" not in folded:  # of 一直, 一下 and the like
        figures -= {"1"}
    return _Shape(pairs, figures, bool(_cues()["deny"].search(plain.replace("没人", ""))))


def _same(one: _Shape, other: _Shape) -> bool:
    if one.denies != other.denies or (one.figures != other.figures):
        return False
    shared, less = len(one.pairs & other.pairs), min(len(one.pairs), len(other.pairs))
    if not less:
        return one.pairs == other.pairs
    if less >= ENOUGH and shared / less >= WITHIN:
        return True
    return 2 * shared / (len(one.pairs) + len(other.pairs)) >= ALIKE


def _joined(shape: _Shape, groups: list[_Group], having: defaultdict[str, list[int]]) -> _Group:
    """The group of the same statement that shares most, or a new one."""
    shared = Counter(number for pair in shape.pairs for number in having[pair])
    for number_, _count in shared.most_common(10):
        if _same(shape, groups[number_].shape):
            return groups[number_]
    for pair in shape.pairs:
        having[pair].append(len(groups))
    groups.append(_Group(shape))
    return groups[-1]
