"""What of a text is weighed: the lists it meets, two lists in one clause, its small words.

Marks, capitals and words of mood are no part of it (`signs.toml`, mood).
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations
from operator import add, itemgetter

from tingda.lib.cues import Hit

PAIR, WORD = "&", "'"
"""Between two lists of one clause; before a small word."""

_MOOD = "mood.words"
SILENT = ("mood.", "passing.", "beside.", "own.")
"""Beginnings of the names of lists that weigh nothing."""

_MOST_CLAUSES = 200
_MOST_LISTS = 40  # of one clause that are taken two by two
_CLAUSE = re.compile(r"[,.!?;:。\n]")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[a-z]")
_RUN = re.compile(r"[a-z']+|[^\sa-z']+")
_ENDING = re.compile(r"(?:ing|ed|es|s|'s|ly)$")
_SPACE = re.compile(r"(?<=[\u3400-\u9fff]{3})[ \u3000](?=[\u3400-\u9fff]{3})")
_SHORTEST_STEM = 4
_SHARE = 0.15  # how much a small word says less in a long text


def paused(text: str) -> str:
    """The same length, with a comma for a space by which somebody parts Chinese clauses."""
    return _SPACE.sub(",", text)


def lists_met(text: str, hits: Sequence[Hit]) -> set[str]:
    """Each list that is met, and each two that are met in one clause."""
    ends = [found.start() for found in _CLAUSE.finditer(text)]
    clauses: defaultdict[int, set[str]] = defaultdict(set)
    for group, start, _end in heard(hits):
        clauses[bisect_left(ends, start)].add(group)
    met: set[str] = set()
    for groups in list(clauses.values())[:_MOST_CLAUSES]:
        met |= groups
        if len(groups) > 1:
            met.update(_pairs(frozenset(groups)))
    return met


@lru_cache(1_000)
def _pairs(groups: frozenset[str]) -> tuple[str, ...]:
    """Remembered, since the same few lists are met together over and over."""
    return tuple(map(PAIR.join, combinations(sorted(groups)[:_MOST_LISTS], 2)))


def small_words(text: str, hits: Sequence[Hit]) -> tuple[set[str], float]:
    """Characters, pairs of characters, Latin words and pairs of them; what each weighs."""
    words = _words(_without_mood(text, hits))
    return words, max(len(words), 8) ** -_SHARE


def heard(hits: Sequence[Hit]) -> list[Hit]:
    """Without words of mood, what stands inside them, and lists that only serve other rules."""
    groups = list(map(_GROUP, hits))
    silent = set(filter(_is_silent, set(groups)))
    loud = [hit for hit in hits if hit[0] not in silent] if silent else list(hits)
    if _MOOD not in silent:
        return loud
    mood = [hit for hit, group in zip(hits, groups, strict=True) if group == _MOOD]
    return [hit for hit in loud if not _within(hit, mood[:_MOST_CLAUSES])]


_GROUP = itemgetter(0)


@lru_cache(1_000)
def _is_silent(group: str) -> bool:
    return group.startswith(SILENT)


def _within(hit: Hit, others: Iterable[Hit]) -> bool:
    _group, start, end = hit
    return any(first <= start and end <= last for _mood, first, last in others)


def stem(word: str) -> str:
    """A Latin word without its ending."""
    return _ENDING.sub("", word) if len(word) > _SHORTEST_STEM else word


def _without_mood(text: str, hits: Sequence[Hit]) -> str:
    mood = sorted((hit.start, hit.end) for hit in hits if hit.group == _MOOD)
    if not mood:
        return text
    pieces, at = [], 0
    for start, end in mood:
        if start > at:
            pieces.append(text[at:start])
        at = max(at, end)
    return "\0".join([*pieces, text[at:]])


def _words(text: str) -> set[str]:
    chinese = _CHINESE.findall(text)
    words = set("".join(chinese))
    for run in chinese:
        words.update(map(add, run, run[1:]))
    return words | _latin_words(text) if _LATIN.search(text) else words


def _latin_words(text: str) -> set[str]:
    words: set[str] = set()
    before = ""
    for run in _RUN.findall(text):
        if not (run[0].isascii() and run[0].isalpha()):
            before = ""
            continue
        word = stem(run)
        words.add(word)
        if before:
            words.add(f"{before} {word}")
        before = word
    return words
