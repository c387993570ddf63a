"""Whether a rule matches a text, and by which words: the plain way, one rule after another."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from operator import eq, ge, gt, le, lt
from typing import NamedTuple

from tingda.lib.refusal import Refused
from tingda.lib.text import HAN, Folded, merged, stands_alone
from tingda.lib.watching.atoms import compiled
from tingda.lib.watching.fold import Readable, Said, fold_value, readable, units
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import (
    And,
    Counted,
    Listed,
    Named,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Prefix,
    Rule,
    Step,
    Term,
    Word,
)
from tingda.lib.words import mark as _

MOST_MARKS = 1000
"""Finds of one word that are highlighted in one field; a text may be one word a million times."""

PATTERN_REACH = 100_000
"""Characters of a field that a regular expression looks at."""

MOST_PLACES = 10_000
"""Finds of one side of NEAR that are compared in one field."""

_WORD_CHAR, _LETTER = f"[^\\W_{HAN}]", f"[^\\W\\d_{HAN}]"
_HOLDS: Mapping[str, Callable[[int, int], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le, "=": eq}

Lists = Mapping[str, tuple[Term, ...]]
"""The office's word lists by folded name, as `read_lists` gives them."""

NO_LISTS: Lists = {}


class Span(NamedTuple):
    """A piece of a text as it was said: `field` is "title" or "body"."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """That a rule matches, and the words that made it so, in order and without overlap."""

    spans: tuple[Span, ...]


Place = tuple[int, int]
Finds = list[tuple[str, Place]]


class Reading:
    """One text while rules are held against it; what is counted for distances is counted once."""

    __slots__ = ("_units", "lists", "text")

    def __init__(self, text: Readable, lists: Lists) -> None:
        self.text = text
        self.lists = lists
        self._units: dict[str, list[int]] = {}

    def fields(self, field: str) -> Iterator[tuple[str, Folded]]:
        """The fields that a term looks into; empty ones hold nothing."""
        if field != "body" and self.text.title.text:
            yield "title", self.text.title
        if field != "title" and self.text.body.text:
            yield "body", self.text.body

    def units(self, name: str, text: str) -> list[int]:
        """Where countable things begin in a field."""
        if name not in self._units:
            self._units[name] = units(text)
        return self._units[name]


def read_lists(raw: Mapping[str, Iterable[str]]) -> Lists:
    """Word lists as people write them: a word, a phrase or a `prefix*` each."""
    return {fold_value(name): tuple(_entries(name, words)) for name, words in raw.items()}


def _entries(name: str, words: Iterable[str]) -> Iterator[Term]:
    for word in words:
        plain = word.strip().strip('"')
        try:
            root = parse(plain if plain.endswith("*") else f'"{plain}"').root
        except Refused:
            root = None
        if not isinstance(root, Word | Prefix):
            message = _("名单“%(name)s”里的“%(word)s”不是一个词：只能写词，或者 elect* 这样的字头")
            raise Refused(message, name=name, word=word)
        yield root


def match(rule: Rule, text: Said | Readable, lists: Lists = NO_LISTS) -> Match | None:
    """Whether a rule matches a text, and where; None where it does not."""
    seen = readable(text) if isinstance(text, Said) else text
    return judge(rule.root, Reading(seen, lists))


def judge(root: Node, reading: Reading) -> Match | None:
    """The same for a text that is already being read."""
    finds = _judge(root, reading)
    return None if finds is None else Match(_spans(finds, reading.text))


def _spans(finds: Finds, text: Readable) -> tuple[Span, ...]:
    spans: list[Span] = []
    for name, folded in (("title", text.title), ("body", text.body)):
        pieces = [folded.span(*place) for field, place in finds if field == name]
        spans.extend(Span(name, start, end) for start, end in merged(pieces))
    return tuple(spans)


def _judge(node: Node, reading: Reading) -> Finds | None:
    """The finds that make a node true (none for a field or an exclusion), None where it is not."""
    match node:
        case And():
            return _all(node, reading)
        case Or():
            found = [finds for part in node.parts if (finds := _judge(part, reading)) is not None]
            return [find for finds in found for find in finds] if found else None
        case Not():
            return [] if _judge(node.part, reading) is None else None
        case Near():
            return _near(node, reading)
        case Named() | Counted():
            return [] if _holds(node, reading.text.said) else None
    return _term(node, reading)


def _all(node: And, reading: Reading) -> Finds | None:
    together: Finds = []
    for part in node.parts:
        finds = _judge(part, reading)
        if finds is None:
            return None
        together += finds
    return together


def _holds(node: Named | Counted, said: Said) -> bool:
    if isinstance(node, Counted):
        number = said.urgency if node.field == "urgency" else said.likes
        return _HOLDS[node.sign](number, node.value)
    value = fold_value(getattr(said, node.field))
    return value.startswith(node.value) if node.starts else value == node.value


def _term(term: Term, reading: Reading) -> Finds | None:
    finds: Finds = []
    matched = False
    for name, folded in reading.fields(term.field):
        if not _may_stand(term, folded.text):
            continue
        places = list(islice(occurrences(term, folded.text, reading.lists), MOST_MARKS))
        matched = matched or bool(places)
        finds += [(name, place) for place in places if place[0] < place[1]]
    return finds if matched else None


def occurrences(term: Term, text: str, lists: Lists) -> Iterator[Place]:
    """Where a term stands in a folded text, whatever its field."""
    match term:
        case Word():
            yield from _words(term.text, text)
        case Prefix():
            for found in _prefix(term.stem).finditer(text):
                yield found.span()
        case Pattern():
            for place in compiled(term.source).finditer(text[:PATTERN_REACH]):
                yield place.span()
        case Listed():
            for entry in filter(lambda one: _may_stand(one, text), lists.get(term.name, ())):
                yield from occurrences(entry, text, lists)


def _may_stand(term: Term, text: str) -> bool:
    """A list is long, and most of its words are not there."""
    return not isinstance(term, Word) or term.text in text


def _words(word: str, text: str) -> Iterator[Place]:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if stands_alone(text, at, end):
            yield at, end
        at = text.find(word, at + 1)


@lru_cache(4096)
def _prefix(stem: str) -> re.Pattern[str]:
    return re.compile(f"(?<!{_WORD_CHAR}){re.escape(stem)}{_LETTER}*+(?!{_WORD_CHAR})")


def _near(node: Near, reading: Reading) -> Finds | None:
    finds: Finds = []
    for name, folded in reading.fields(""):
        rows = [_places(terms, name, folded.text, reading.lists) for terms in node.operands]
        if all(rows):
            for row in _chained(rows, node.steps, reading.units(name, folded.text)):
                finds += [(name, place) for place in row[:MOST_MARKS]]
    return finds or None


def _places(terms: tuple[Term, ...], field: str, text: str, lists: Lists) -> list[Place]:
    found = chain.from_iterable(
        occurrences(term, text, lists) for term in terms if term.field in ("", field)
    )
    # an empty find of a regular expression is nowhere, so near nothing
    return sorted({place for place in islice(found, MOST_PLACES) if place[0] < place[1]})


def _chained(
    rows: list[list[Place]], steps: tuple[Step, ...], counted: list[int]
) -> list[list[Place]]:
    """Of each operand the places that are near one of the next and one of the last, all along."""
    kept = [rows[0]]
    for step, row in zip(steps, rows[1:], strict=True):
        kept.append(_beside(row, kept[-1], step, counted, after=True))
    for number in range(len(steps) - 1, -1, -1):
        kept[number] = _beside(kept[number], kept[number + 1], steps[number], counted, after=False)
    return kept if kept[-1] else []


def _beside(
    places: list[Place], others: list[Place], step: Step, counted: list[int], *, after: bool
) -> list[Place]:
    """The places with one of the others near: before it if they come `after`, or either way."""
    starts = sorted(start for start, _end in others)
    ends = sorted(end for _start, end in others)

    def near(start: int, end: int) -> bool:
        if after or not step.ordered:
            last = bisect_right(ends, start)
            if last and _gap(ends[last - 1], start, counted) <= step.within:
                return True
        if not after or not step.ordered:
            first = bisect_left(starts, end)
            return first < len(starts) and _gap(end, starts[first], counted) <= step.within
        return False

    return [place for place in places if near(*place)]


def _gap(end: int, start: int, counted: list[int]) -> int:
    return bisect_left(counted, start) - bisect_left(counted, end)
