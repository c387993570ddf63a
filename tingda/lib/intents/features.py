"""A voice as what speaks for an intent: lists of cues, shape, and pieces of one to three words.

A word is a Chinese character, a Latin word or a number. How often a mark is repeated, capitals and
exclamation marks are seen nowhere.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from operator import add
from typing import NamedTuple

from tingda.lib.cues import Hit

_MASKED = frozenset(("danger_now", "harmed", "serious", "grumbles", "bad_condition"))
_TIMES = 2  # a list that is met more often says no more
_QUOTED = re.compile(r"“[^”]{1,200}”|「[^」]{1,200}」|『[^』]{1,200}』|\"[^\"\n]{1,200}\"")
_DOCUMENT = re.compile(r"《[^》]{1,80}》")
_CLAUSE = re.compile(r"[^,.!?;:。\n]+")
_LETTER = re.compile(r"[^\W_]")
_STOPS = ",.!;:。~、…\n|()[]{}<>《》【】「」『』“”\"-_/\\·—*#+=^$`"
_MARKS = str.maketrans(_STOPS + "‘’0123456789\t\r", "|" * len(_STOPS) + "''" + "0" * 10 + "  ")
_WORD = re.compile(r"[|?][|? ]*|[a-z']+|0+|[^ ]")
_MUTE = "|"
ENOUGH = 150
"""Pieces that count in full; of a longer text each counts less, since it says more by chance."""


class Met(NamedTuple):
    """What was met: cues, how much each list and shape counts, words and pieces as they stand.

    `pieces` are first each word, the two ends of the text among them, then twos, then threes.
    """

    hits: list[Hit]
    lists: dict[str, float]
    words: list[str]
    pieces: list[str]

    @property
    def share(self) -> float:
        """What one piece counts."""
        return min(1.0, (ENOUGH / max(1, len(self.pieces))) ** 0.5)


def met(text: str, hits: Sequence[Hit]) -> Met:
    """All that speaks, of a folded text and the cues found in it."""
    kept = outermost(hits)
    words = ["^", *_words(text), "$"]
    twos = list(map(add, words, words[1:]))
    return Met(
        kept, lists_of(text, kept), words, [*words, *twos, *map(add, twos, words[2:])]
    )


def _words(text: str) -> list[str]:
    found = _WORD.findall(readable(text))
    words = [_written(word) for word in found]
    while words and words[-1] == "|":
        words.pop()
    return words[1:] if words and words[0] == "|" else words


def readable(text: str) -> str:
    """The text as its words are searched in, character by character: marks and digits alike."""
    if "《" in text:
        text = _DOCUMENT.sub(lambda found: _MUTE * len(found[0]), text)
    return text.translate(_MARKS)


def _written(word: str) -> str:
    first = word[0]
    if first in "|?":
        return "?" if "?" in word else "|"
    if first == "0":
        return "0"
    return f" {word}" if first.isascii() and first.isalpha() else word


def place_of(found: Met, text: str, number: int) -> tuple[int, int]:
    """Where the piece of that number stands in the folded text."""
    count = len(found.words)
    size = 1 + (number >= count) + (number >= 2 * count - 1)
    first = number - (0, count, 2 * count - 1)[size - 1] - 1
    places = [one.span() for one in _WORD.finditer(readable(text))]
    if places and _written(readable(text)[slice(*places[0])]) == "|":
        places = places[1:]
    return places[first][0], places[first + size - 1][1]


def lists_of(text: str, hits: Sequence[Hit]) -> dict[str, float]:
    """How much each list of cues is met, anywhere, at the beginning and at the end; the shape."""
    features: defaultdict[str, float] = defaultdict(float)
    spans = (clause.span() for clause in _CLAUSE.finditer(text))
    clauses = [span for span in spans if _LETTER.search(text, *span)] or [(0, 0)]
    first, last = clauses[0][1], clauses[-1][0]
    last = last if len(clauses) > 1 else len(text) + 1
    inside = _muted(text)
    groups = set()
    for group, start, _end in hits:
        if group == "beside":
            continue
        loud = _loud(inside, start) if inside else 1.0
        groups.add(group)
        features[group] += loud
        if start < first:
            name = f"{group} first"
            features[name] = max(features[name], loud)
        if start >= last:
            name = f"{group} last"
            features[name] = max(features[name], loud)
    for group in groups:
        much = features[group]
        features[group] = min(much, 1.0) + 0.3 * min(max(much - 1, 0.0), _TIMES)
    return features | _shape(text, len(clauses), bool(groups))


def _loud(inside: Sequence[tuple[int, int, float]], start: int) -> float:
    return next((much for begin, end, much in inside if begin <= start < end), 1.0)


def _shape(text: str, clauses: int, met: bool) -> dict[str, float]:
    bare = text.rstrip("!。.~ \n")
    return {
        "always": 1.0,
        "long": float(len(bare) > 14),
        "very long": float(len(bare) > 90),
        "no cue": float(not met),
        "asks last": float(bare.endswith("?")),
        "asks once": float("?" in text),
        "ends in 吗": float(bare.rstrip("?").endswith(("吗", "呢", "么", "不", "没", "呀", "吧"))),
        "bracketed": float(text.lstrip().startswith(("【", "["))),
        "one clause": float(clauses == 1),
        "many clauses": float(clauses > 4),
        "latin": float(text[:200].isascii()),
    }


def outermost(hits: Sequence[Hit]) -> list[Hit]:
    """Without those that stand inside a longer one of the same list."""
    kept: list[Hit] = []
    reach: dict[str, int] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        group, _start, end = hit
        if group in _MASKED and end <= reach.get("beside", -1):
            continue
        if end > reach.get(group, -1):
            reach[group] = end
            kept.append(hit)
    return kept


def _muted(text: str) -> list[tuple[int, int, float]]:
    quoted = [(found.start(), found.end(), 0.5) for found in _QUOTED.finditer(text)]
    return [(found.start(), found.end(), 0.0) for found in _DOCUMENT.finditer(text)] + quoted
