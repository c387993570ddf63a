"""What of a text is weighed: the lists it meets, two lists in one clause, its small words.

Marks, capitals and words of mood are no part of it (`signs.toml`, mood).
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

from tingda.lib.cues import Hit

PAIR, WORD = "&", "'"
"""Between two lists of one clause; before a small word."""

_MOOD = "mood.words"
SILENT = ("mood.", "passing.", "beside.", "own.")
"""Beginnings of the names of lists that weigh nothing."""

_MOST_CLAUSES = 200
_MOST_LISTS = 40  # of one clause that are taken two by two
_CLAUSE = re.compile(r"[,.!?;:。\n]")
_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z']+|[^\sa-z'\u3400-\u9fff]+")
_ENDING = re.compile(r"(?:ing|ed|es|s|'s|ly)$")
_SPACE = re.compile(r"(?<=[\u3400-\u9fff]{3})[ \u3000](?=[\u3400-\u9fff]{3})")
_SHORTEST_STEM = 4
_SHARE = 0.15  # how much a small word says less in a long text


def paused(text: str) -> str:
    """The same length, with a comma for a space by which somebody parts Chinese clauses."""
    return _SPACE.sub(",", text)


def lists_met(text: str, hits: Sequence[Hit]) -> dict[str, float]:
    """Each list that is met, and each two that are met in one clause."""
    ends = [found.start() for found in _CLAUSE.finditer(text)]
    clauses: defaultdict[int, set[str]] = defaultdict(set)
    for hit in heard(hits):
        clauses[bisect_left(ends, hit.start)].add(hit.group)
    met: dict[str, float] = {}
    for groups in list(clauses.values())[:_MOST_CLAUSES]:
        ordered = sorted(groups)
        met |= dict.fromkeys(ordered, 1.0)
        for one, other in combinations(ordered[:_MOST_LISTS], 2):
            met[f"{one}{PAIR}{other}"] = 1.0
    return met


def small_words(text: str, hits: Sequence[Hit]) -> tuple[set[str], float]:
    """Characters, pairs of characters, Latin words and pairs of them; what each weighs."""
    words = _words(_without_mood(text, hits))
    return words, max(len(words), 8) ** -_SHARE


def heard(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Without words of mood, what stands inside them, and lists that only serve other rules."""
    kept = list(hits)
    mood = [hit for hit in kept if hit.group == _MOOD][:_MOST_CLAUSES]
    if not mood:
        yield from (hit for hit in kept if not hit.group.startswith(SILENT))
        return
    for hit in kept:
        if not hit.group.startswith(SILENT) and not any(
            one.start <= hit.start and hit.end <= one.end for one in mood
        ):
            yield hit


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
    words: set[str] = set()
    before = ""
    for run in _RUN.findall(text):
        if "\u3400" <= run[0] <= "\u9fff":
            before = ""
            words.update(run)
            words.update(map("".join, pairwise(run)))
        elif run[0].isascii() and run[0].isalpha():
            word = stem(run)
            words.add(word)
            if before:
                words.add(f"{before} {word}")
            before = word
        else:
            before = ""
    return words
