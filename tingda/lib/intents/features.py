"""A voice as what speaks for an intent: lists of cues, shape, and pieces of one to three words.

A word is a Chinese character, a digit, a mark or a Latin word. Capitals, exclamation marks and how
often a mark is repeated are seen nowhere.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tingda.lib.cues import Hit

_MASKED = frozenset(("danger_now", "harmed", "serious", "grumbles", "bad_condition"))
_TIMES = 2  # a list that is met more often says no more
_QUOTED = re.compile(r"“[^”]{1,200}”|「[^」]{1,200}」|『[^』]{1,200}』|\"[^\"\n]{1,200}\"")
_DOCUMENT = re.compile(r"《[^》]{1,80}》")
_OPENS = frozenset('“「『"《')
_CLAUSE = re.compile(r"[^,.!?;:。\n]+")
_LETTER = re.compile(r"[^\W_]")
_STOPS = ',.!;:。~、…\n|()[]{}<>《》【】「」『』“”"-_/\\·—*#+=^$`'
_MARKS = str.maketrans(_STOPS + "‘’0123456789\t\r", "|" * len(_STOPS) + "''" + "0" * 10 + "  ")
_RUN = re.compile(r"[|? ][|? ]+")
_EDGE = re.compile(r"(?<![a-z' ])(?=[a-z'])|(?<=[a-z'])(?![a-z' ])")
_LATIN = re.compile(r"[a-z']")
_WORD = re.compile(r" ?[a-z']+ ?|[^ ]")


class Met(NamedTuple):
    """What was met: cues, how much each list and shape counts, and the text to find pieces in.

    `said` starts with ^ and ends with $, has | for marks and 0 for digits, and a space on either
    side of a Latin word, so that a piece is found in it as it is. `marked` is as long as the text.
    """

    hits: list[Hit]
    lists: dict[str, float]
    said: str
    marked: str


def met(text: str, hits: Sequence[Hit]) -> Met:
    """All that speaks, of a folded text and the cues found in it."""
    kept, marked = outermost(hits), _marked(text)
    return Met(kept, lists_of(text, kept), f"^{_evened(marked)}$", marked)


def _marked(text: str) -> str:
    if "《" in text:
        text = _DOCUMENT.sub(lambda found: "|" * len(found[0]), text)
    return text.translate(_MARKS)


def _evened(marked: str) -> str:
    if _RUN.search(marked):
        marked = _RUN.sub(_one, marked)
    marked = marked.strip("| ")
    return _EDGE.sub(" ", marked) if _LATIN.search(marked) else marked


def _one(run: re.Match[str]) -> str:
    return "?" if "?" in run[0] else "|" if "|" in run[0] else " "


def pieces_of(said: str) -> set[str]:
    """All pieces of one to three words: what could be learnt."""
    words = [one.span() for one in _WORD.finditer(said)]
    # a Latin word shares its space with the next one
    words = [(start - (said[start - 1 : start] == " "), end) for start, end in words]
    return {
        said[words[at][0] : words[at + more][1]]
        for more in range(3)
        for at in range(len(words) - more)
    } - {"^", "|", "$"}


def where(met: Met) -> Sequence[int]:
    """Where each character of `said` stands in the text; a space or end, where its neighbour is."""
    said, marked, at = met.said, met.marked, -1
    lead = len(marked) - len(marked.lstrip("| "))
    if marked.startswith(said[1:-1], lead):
        return range(lead - 1, lead + len(said) - 1)
    found: list[int] = []
    for char in said:
        if char in "^$ ":
            found.append(at + 1)
            continue
        at = marked.index(char, at + 1)
        found.append(at)
    return found


def lists_of(text: str, hits: Sequence[Hit]) -> dict[str, float]:
    """How much each list of cues is met, anywhere, at the beginning and at the end; the shape."""
    features: defaultdict[str, float] = defaultdict(float)
    spans = [clause.span() for clause in _CLAUSE.finditer(text)]
    clauses = [
        (start, end)
        for start, end in spans
        if text[start].isalnum() or _LETTER.search(text, start, end)
    ] or [(0, 0)]
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
        if much != 1:
            features[group] = min(much, 1.0) + 0.3 * min(max(much - 1, 0.0), _TIMES)
    return features | _shape(text, len(clauses), bool(groups))


def _loud(inside: Sequence[tuple[int, int, float]], start: int) -> float:
    return next((much for begin, end, much in inside if begin <= start < end), 1.0)


def _shape(text: str, clauses: int, met: bool) -> dict[str, float]:
    bare = text.rstrip("!。.~ \n")
    shape = {
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
    return {name: much for name, much in shape.items() if much}


def outermost(hits: Sequence[Hit]) -> list[Hit]:
    """Without those that stand inside a longer one of the same list."""
    kept: list[Hit] = []
    reach: dict[str, int] = {}
    for hit in sorted(hits, key=_outer_first):
        group, _start, end = hit
        if group in _MASKED and end <= reach.get("beside", -1):
            continue
        if end > reach.get(group, -1):
            reach[group] = end
            kept.append(hit)
    return kept


def _outer_first(hit: Hit) -> tuple[int, int]:
    return hit[1], -hit[2]


def _muted(text: str) -> list[tuple[int, int, float]]:
    if _OPENS.isdisjoint(text):
        return []
    quoted = [(found.start(), found.end(), 0.5) for found in _QUOTED.finditer(text)]
    return [(found.start(), found.end(), 0.0) for found in _DOCUMENT.finditer(text)] + quoted
