"""What a text must hold before a rule can match it at all: the cheapest such choice of a rule."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from tingda.lib.text import HAN
from tingda.lib.watching.evaluate import Lists
from tingda.lib.watching.fold import Readable, fold_value
from tingda.lib.watching.syntax import (
    And,
    Listed,
    Named,
    Near,
    Node,
    Or,
    Pattern,
    Prefix,
    Term,
    Word,
)

Key = tuple[Literal["whole", "part"], str] | tuple[Literal["field"], str, str]
"""A word that stands alone, letters anywhere, or a field's whole value."""

SAMPLE_LENGTH = 200_000
"""Characters in which words are counted: enough to tell the common from the rare."""

_HAN = re.compile(f"[{HAN}]")
_FIELD_COST = {"place": 0.02, "source": 0.1, "site": 0.2, "topic": 0.1, "channel": 0.3}
_RUN = re.compile(f"[A-Za-z0-9{HAN}]+")
# A character class, an escape, or a sign of its own: none of them is a letter that must occur.
_NOT_LETTERS = re.compile(
    r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\(?:[pPx]\{[^}]*\}|[pP].|x..|[0-7]{1,3}|.)|\{[0-9]*,?[0-9]*\}",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """At least one of the keys must be there; `cost` guesses in which share of texts one is."""

    cost: float
    keys: frozenset[Key]


class Costs:
    """How common keys are: counted in texts of the office's own where there are some."""

    def __init__(self, sample: Sequence[Readable] = ()) -> None:
        self._sample = sample
        self._haystack = "\n".join(text.joined for text in sample)[:SAMPLE_LENGTH]
        self._known: dict[Key, float] = {}

    def __call__(self, key: Key) -> float:
        if key not in self._known:
            self._known[key] = self._guess(key) if not self._sample else self._count(key)
        return self._known[key]

    def _guess(self, key: Key) -> float:
        if key[0] == "field":
            return _FIELD_COST.get(key[1], 0.5)
        # Chinese characters say more each than Latin letters
        weight = sum(1.0 if _HAN.match(char) else 0.5 for char in key[1])
        return min(1.0, float(6.0 ** (1 - weight)))

    def _count(self, key: Key) -> float:
        if key[0] == "field":
            times = sum(fold_value(getattr(text.said, key[1])) == key[2] for text in self._sample)
        else:
            times = self._haystack.count(key[1])
        # the guess orders what the sample does not hold
        return (times + self._guess(key)) / (len(self._sample) + 1)


def demands(node: Node, lists: Lists, costs: Costs) -> list[Choice]:
    """All that must hold together, cheapest first; empty where a rule has to be always tried."""
    return sorted(_demands(node, lists, costs), key=lambda choice: choice.cost)


def _demands(node: Node, lists: Lists, costs: Costs) -> Iterator[Choice]:
    match node:
        case And():
            yield from chain.from_iterable(_demands(part, lists, costs) for part in node.parts)
        case Or():
            yield from _any(_first(demands(part, lists, costs)) for part in node.parts)
        case Near():
            for terms in node.operands:
                yield from _any(_of_term(term, lists, costs) for term in terms)
        case Named() if not node.starts:
            yield _one(("field", node.field, node.value), costs)
        case Word() | Prefix() | Pattern() | Listed():
            yield from _any([_of_term(node, lists, costs)])


def _of_term(term: Term, lists: Lists, costs: Costs) -> Choice | None:
    match term:
        case Word():
            return _one(("whole", term.text), costs)
        case Prefix():
            return _one(("part", term.stem), costs)
        case Pattern():
            run = letters_of(term.source)
            return _one(("part", run), costs) if run else None
        case Listed():
            entries = (_of_term(entry, lists, costs) for entry in lists.get(term.name, ()))
            return _first(list(_any(entries)))


def _one(key: Key, costs: Costs) -> Choice:
    return Choice(costs(key), frozenset([key]))


def _first(choices: list[Choice]) -> Choice | None:
    return choices[0] if choices else None


def _any(choices: Iterable[Choice | None]) -> Iterator[Choice]:
    """One choice out of several, if each of them demands anything."""
    cost, keys = 0.0, frozenset[Key]()
    for choice in choices:
        if choice is None:
            return
        cost, keys = cost + choice.cost, keys | choice.keys
    yield Choice(cost, keys)


def letters_of(pattern: str) -> str:
    """The longest run of letters that each match of a pattern holds; empty where none is sure.

    Only what stands outside brackets and classes counts, and nothing where the whole is a choice.
    Letters are ASCII or Chinese: others have more than two cases.
    """
    if r"\Q" in pattern or "[:" in pattern or pattern.count("(") > 50:
        return ""
    flat = _without_groups(_NOT_LETTERS.sub(lambda found: _stand_in(found[0]), pattern))
    if "|" in flat:
        return ""
    # a letter that may be repeated or left out is not sure, but ends the run before it
    runs = _RUN.findall(re.sub(r".[?*\x02]", "\x01", flat))
    return max((run.lower() for run in runs), key=len, default="")


def _stand_in(piece: str) -> str:
    return "\x02" if piece[0] == "{" else "\x01"


def _without_groups(pattern: str) -> str:
    while (shorter := re.sub(r"\([^()]*\)", "\x01", pattern)) != pattern:
        pattern = shorter
    return pattern
