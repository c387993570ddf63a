"""What people ask: the sentences of many texts that ask or request, the same ones together.

Extractive: every question is somebody's own sentence, cut only where a clause begins, without
personal data (`tingda.lib.masks`). Two sentences are the same question where the words that the
rest of the texts do not all share agree, and they ask for the same thing: when, who, why, whether.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tingda.lib.masks import masked
from tingda.lib.terms import words_of
from tingda.lib.text import fold
from tingda.lib.wordlists import lists

MOST = 5
ENOUGH = 3  # questions that several ask; then what one alone asks is not shown
COMFORTABLE = 40  # characters; clauses before the one that asks are shown up to here
LONGEST = 60
MOST_OF_ONE = 12  # sentences of one text that are looked at
MOST_COMPARED = 1_000
SAME = 0.42  # cosine of what two sentences ask for, the root of rarity as the weight of a word
FEWEST_WORDS = 2  # telling words: 请尽快处理 alone asks nothing that could be answered

Said = tuple[str, str, str]
"""Who said it (any name for one person), title, body."""

_SENTENCE = re.compile(r"(?:[^。！？!?；;\n\r.]|\.(?!\s))+[。！？!?；;]*")
_BORDER = re.compile(r"(?:[，；;]|[,：:](?!\d))+")
_EDGES = " \t，,。；;：:、”’）)》"
_MARK = re.compile(r"[?？]")
_OPENING = re.compile(r"^[（(]?[\d一二三四五六七八九十]{1,3}[、.．)）](?!\d)|^[^\w“‘《（(]+")
_LINKING = re.compile(
    r"^(?:但是?|而且?|那么?|所以|因此|不过|再者|同时|另外|还有|并且|并|可是|然而|现|现在|其中|其次|首先|最后|总之)(?=.{6})[，,]?"
)
_TAG = "?"  # before what a sentence asks for, beside its words


@dataclass(frozen=True, slots=True)
class Question:
    """One question in the words of one of those who ask it; `people` ask it."""

    text: str
    people: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    who: str
    text: str
    parts: frozenset[str]  # telling words, and what is asked for: ?when


@dataclass(frozen=True)
class _Words:
    asks: re.Pattern[str]
    requests: re.Pattern[str]
    wants: dict[str, re.Pattern[str]]
    polite: re.Pattern[str]
    empty: frozenset[str]


@cache
def _words() -> _Words:
    told = lists(Path(__file__).with_name("words.toml"), "words")
    wants = lists(Path(__file__).with_name("words.toml"), "wants")
    return _Words(
        asks=_any(told["asks"]),
        requests=_any(told["requests"]),
        wants={name: _any(words) for name, words in wants.items()},
        polite=_any(told["polite"]),
        empty=frozenset(told["empty"]),
    )


def _any(words: Sequence[str]) -> re.Pattern[str]:
    """Any of the words; Latin ones stand alone."""
    return re.compile("|".join(rf"\b{w}\b" if w.isascii() else w for w in words))


def questions(said: Sequence[Said], most: int = MOST) -> list[Question]:
    """At most `most` questions, those that most people ask first; of equals the first said."""
    found = [one for row in said for one in _asking(row)][:MOST_COMPARED]
    rarity = _rarity(found)
    groups: list[list[_Sentence]] = []
    sums: list[Counter[str]] = []
    for one in found:
        best = max(
            range(len(groups)), key=lambda at: _alike(one, groups[at], sums[at], rarity), default=-1
        )
        if best >= 0 and _alike(one, groups[best], sums[best], rarity) >= SAME:
            groups[best].append(one)
            sums[best].update(one.parts)
        else:
            groups.append([one])
            sums.append(Counter(one.parts))
    common = Counter(part for one in found for part in one.parts)
    rows = [(len({one.who for one in group}), _nearest(group)) for group in groups]
    rows.sort(key=lambda row: (-row[0], -_worth(row[1], common)))
    shared = sum(people > 1 for people, _one in rows)
    kept = rows[: min(most, shared) if shared >= ENOUGH else most]
    return [Question(masked(one.text), people) for people, one in kept]


def _asking(row: Said) -> Iterator[_Sentence]:
    """The sentences of one text that ask or request something, each once."""
    who, title, body = row
    known: set[str] = set()
    for match in list(_SENTENCE.finditer(f"{title}\n{body}"))[: 4 * MOST_OF_ONE]:
        text = _telling(match[0])
        if text and text not in known and len(known) < MOST_OF_ONE:
            folded = fold(text).text
            parts = {word for word in words_of(folded) if word not in _words().empty}
            if len(parts) >= FEWEST_WORDS:
                known.add(text)
                tags = {_TAG + name for name, cue in _words().wants.items() if cue.search(folded)}
                yield _Sentence(who, text, frozenset(parts | tags))


def _telling(sentence: str) -> str:
    """The clauses that ask, and those before them that fit; "" where nothing is asked."""
    sentence = _OPENING.sub("", sentence.strip()).strip()
    spans = _clauses(sentence)
    folded = [fold(sentence[start:end]).text.strip() for start, end in spans]
    asking = [at for at, clause in enumerate(folded) if _asks(clause)]
    if not asking:
        return ""
    first, last = asking[0], asking[-1]
    while spans[last][1] - spans[first][0] > LONGEST and first < last:
        first += 1
    while first and not _words().polite.search(folded[first - 1]):
        if spans[last][1] - spans[first - 1][0] > COMFORTABLE:
            break
        first -= 1
    text = sentence[spans[first][0] : spans[last][1]].strip(_EDGES)
    text = _LINKING.sub("", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _clauses(sentence: str) -> list[tuple[int, int]]:
    """Where each clause begins and ends, the mark behind it not with it, but ? and !."""
    borders = [match.span() for match in _BORDER.finditer(sentence)]
    starts = [0, *(end for _start, end in borders)]
    ends = [*(start for start, _end in borders), len(sentence)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


def _asks(clause: str) -> bool:
    words = _words()
    if words.polite.search(clause):
        return False
    if _MARK.search(clause):
        return True
    return bool(words.asks.search(clause) or words.requests.search(clause))


def _rarity(found: Sequence[_Sentence]) -> dict[str, float]:
    """What all sentences have says little about which question it is."""
    having = Counter(part for one in found for part in one.parts)
    return {part: math.log(1.0 + len(found) / n) for part, n in having.items()}


def _alike(
    one: _Sentence, group: Sequence[_Sentence], total: Counter[str], rarity: dict[str, float]
) -> float:
    """Cosine with the mean of the group."""
    share = {part: count / len(group) for part, count in total.items()}
    dot = sum(rarity[part] * share.get(part, 0.0) for part in one.parts)
    mine = math.sqrt(sum(rarity[part] for part in one.parts))
    theirs = math.sqrt(sum(rarity[part] * value**2 for part, value in share.items()))
    return dot / (mine * theirs or 1.0)


def _nearest(group: Sequence[_Sentence]) -> _Sentence:
    """The sentence that has most of what the group has in common; of equals the shorter."""
    having = Counter(part for one in group for part in one.parts)
    return max(group, key=lambda one: (_worth(one, having), -len(one.text)))


def _worth(one: _Sentence, having: Counter[str]) -> float:
    """How much of what others say too; length alone does not win."""
    return sum(having[part] for part in one.parts) / math.sqrt(len(one.parts))
