"""Lists of words as an office writes them, found in a text in one pass.

A cue is a word or phrase. `…` stands for a few other characters of the same clause, `#` for a
number in digits or Chinese, `(甲|乙)` for one or the other, `*` after a Latin word for its endings.
Texts and cues are folded alike; Latin words stand whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from tingda.lib.text import Folded, fold, stands_alone

LONGEST, LONGEST_TITLE = 10_000, 500
"""Characters of a text and a title that are looked at; who writes more has said it by then."""

GAP, GAP_LATIN = 12, 36
NUMBER = "[0-9一二两三四五六七八九十百千万几数多好半]{1,8}"
_OF_A_CLAUSE = r"[^,.!?;:。\n]"
_PARTS = re.compile(r"…|#|\*|\([^)]*\)|[^…#*()]+")
_REACH = 16  # characters before its literal in which a cue that starts with a number may start
_FAR = 120


_NO_TITLE = Folded("", ())


class Hit(NamedTuple):
    """A cue of a group at `[start, end)` of the folded text."""

    group: str
    start: int
    end: int


class _Cue(NamedTuple):
    group: str
    pattern: re.Pattern[str] | None  # none for a plain word
    leads: bool  # the literal that was searched for is its beginning
    latin: bool
    then: str  # the next plain word of the pattern; without it there is nothing to verify


class Found(NamedTuple):
    """Words that decided, as they were written: in the title or not, and where."""

    words: str
    in_title: bool
    start: int
    end: int


class Cues:
    """Groups of cues in one automaton; verified one by one where its literal was found."""

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        found: defaultdict[str, list[_Cue]] = defaultdict(list)
        for group, cues in groups.items():
            for cue in dict.fromkeys(one for written in cues for one in _spelt_out(written)):
                literal, made = _compiled(group, cue)
                found[literal].append(made)
        self._cues = list(found.values())
        self._plain = [_plain(cues) for cues in self._cues]
        # as fast as the DFA for thousands of cues, with a twentieth of its 50 MB
        kind = Implementation.ContiguousNFA
        self._automaton = AhoCorasick(list(found), implementation=kind)

    def find(self, text: str) -> list[Hit]:
        """Every cue in a folded text, in the order of where its literal ends."""
        hits: list[Hit] = []
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        for index, start, end in found:
            if plain := self._plain[index]:
                for group in plain:
                    hits.append(_hit(Hit, (group, start, end)))
                continue
            for cue in self._cues[index]:
                group, pattern, _leads, latin, then = cue
                if pattern is None:
                    if not latin or stands_alone(text, start, end):
                        hits.append(Hit(group, start, end))
                elif then in text and (hit := _verified(cue, pattern, text, start, end)):
                    hits.append(hit)
        return hits


_hit = tuple.__new__  # half the time of `Hit(…)`, and most texts have dozens


def _plain(cues: Sequence[_Cue]) -> tuple[str, ...]:
    """The groups, where all cues of a literal are nothing but it; else none."""
    plain = all(cue.pattern is None and not cue.latin for cue in cues)
    return tuple(cue.group for cue in cues) if plain else ()


def _verified(cue: _Cue, pattern: re.Pattern[str], text: str, start: int, end: int) -> Hit | None:
    if cue.leads:
        found = pattern.match(text, start, end + _FAR)
    else:
        found = pattern.search(text, max(0, start - _REACH), end + _FAR)
    if not found:
        return None
    first, last = found.span()
    if not first <= start < last:
        return None
    if cue.latin and not stands_alone(text, first, last):
        return None
    return Hit(cue.group, first, last)


def _spelt_out(cue: str) -> list[str]:
    """One cue for each choice of its first bracket, where it has no longer word to search for."""
    parts = _PARTS.findall(cue)
    literals = [part for part in parts if part[0] not in "…#*("]
    at = next((at for at, part in enumerate(parts) if part[0] == "("), None)
    if any(len(literal) > 1 for literal in literals) or (literals and (at is None or at > 0)):
        return [cue]
    if at is None:
        raise ValueError(f"a cue needs a plain word: {cue}")
    before, after = "".join(parts[:at]), "".join(parts[at + 1 :])
    return [f"{before}{choice}{after}" for choice in parts[at][1:-1].split("|")]


def _compiled(group: str, cue: str) -> tuple[str, _Cue]:
    parts = _PARTS.findall(fold(cue).text.replace("...", "…"))
    literals = [part for part in parts if part[0] not in "…#*("]
    latin = literals[0].isascii()
    pattern = None
    if len(parts) > 1:
        pattern = re.compile("".join(_regex(part, latin) for part in parts))
    then = literals[1] if len(literals) > 1 else ""
    return literals[0], _Cue(group, pattern, parts[0] == literals[0], latin, then)


def _regex(part: str, latin: bool) -> str:
    if part == "…":
        return f"{_OF_A_CLAUSE}{{0,{GAP_LATIN if latin else GAP}}}?"
    if part == "#":
        return NUMBER
    if part == "*":
        return "[a-z]*"
    if part[0] == "(":
        return "(?:" + "|".join(map(re.escape, part[1:-1].split("|"))) + ")"
    return re.escape(part)


class Reading(NamedTuple):
    """Title and text folded into one, the title first and a line of its own."""

    text: str
    title: Folded
    body: Folded

    def found(self, start: int, end: int, original: tuple[str, str]) -> Found:
        """Where a piece of the folded text stands in the original title or text."""
        beyond = len(self.title.text) + 1
        in_title = start < beyond - 1
        part, shift = (self.title, 0) if in_title else (self.body, beyond)
        first, last = part.span(start - shift, min(end - shift, len(part.text)))
        source = original[0] if in_title else original[1]
        return Found(source[first:last], in_title, first, last)


def read(title: str, text: str) -> Reading:
    """What the cues are searched in; a title that the text repeats is left to the text."""
    title = "" if title and text.lstrip().startswith(title) else title
    folded = fold(title[:LONGEST_TITLE], squeeze=True) if title else _NO_TITLE
    body = fold(text[:LONGEST], squeeze=True)
    return Reading(f"{folded.text}\n{body.text}", folded, body)
