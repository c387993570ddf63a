"""Which of several rules in order takes a matter: the first that holds, and which would be next.

A rule holds where its words are found and every field that it names agrees. One that is faulty
stands in the way of those after it as far as its fields agree: it might have taken the matter.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time

from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import NO_LISTS, Lists, Span
from tingda.lib.watching.fold import Readable, fold_value
from tingda.lib.watching.syntax import Rule as Words


@dataclass(frozen=True, slots=True)
class Hours:
    """When: `works` True on working days only, False on days off only; from `start` to before
    `end`, over midnight where `end` is not later."""

    works: bool | None = None
    start: time | None = None
    end: time | None = None

    def hold(self, at: time, works: bool) -> bool:
        """Whether a moment, on a day that works or not, lies within."""
        if self.works is not None and self.works != works:
            return False
        if self.start is None or self.end is None:
            return True
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` names it; empty fields mean any. `words` None: no words are asked for.

    `unread`: its words cannot be read, so nobody knows whether it holds.
    """

    number: int
    words: Words | None = None
    topic: str = ""
    place: str = ""
    source: str = ""
    hours: Hours = Hours()
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """One text and what is known of it; `at` and `works`: when it came, in the office's time."""

    text: Readable
    topic: str = ""
    places: Collection[str] = ()
    source: str = ""
    at: time = time()
    works: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """Where one matter goes: `takes` is the first rule that holds, `spans` its words, `then` all
    that hold after it; `unread` are the rules before it that might have held."""

    takes: int | None = None
    spans: tuple[Span, ...] = ()
    then: tuple[int, ...] = ()
    unread: tuple[int, ...] = field(default=())


class Router:
    """Rules in their order, ready for any number of matters."""

    def __init__(self, rules: Sequence[Rule], lists: Lists = NO_LISTS) -> None:
        self._rules = rules
        self._places = {rule.number: fold_value(rule.place) for rule in rules if rule.place}
        words = {rule.number: rule.words for rule in rules if rule.words and not rule.unread}
        self._engine = Engine(words, lists)

    def ways(self, matters: Sequence[Matter]) -> list[Way]:
        """Where each goes."""
        found = self._engine.match_readable([matter.text for matter in matters])
        return [
            self._way(matter, {number: match.spans for number, match in hits.items()})
            for matter, hits in zip(matters, found, strict=True)
        ]

    def _way(self, matter: Matter, hits: Mapping[int, tuple[Span, ...]]) -> Way:
        takes: int | None = None
        then: list[int] = []
        unread: list[int] = []
        for rule in self._rules:
            if not self._fits(rule, matter):
                continue
            if rule.unread:
                if takes is None:
                    unread.append(rule.number)
            elif rule.words and rule.number not in hits:
                continue
            elif takes is None:
                takes = rule.number
            else:
                then.append(rule.number)
        spans = hits.get(takes, ()) if takes is not None else ()
        return Way(takes, spans, tuple(then), tuple(unread))

    def _fits(self, rule: Rule, matter: Matter) -> bool:
        if rule.topic and rule.topic != matter.topic:
            return False
        if rule.source and rule.source != matter.source:
            return False
        if rule.place and self._places[rule.number] not in map(fold_value, matter.places):
            return False
        return rule.hours.hold(matter.at, matter.works)
