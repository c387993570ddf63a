"""A rule tried on what was said lately: what it marks, what a change adds and takes away, and
whether it looks like a mistake.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import NO_LISTS, Lists, Match
from tingda.lib.watching.fold import Readable
from tingda.lib.watching.syntax import Rule

WIDE = 0.2
"""A rule that marks more than this share of all voices tells nobody anything."""

ENOUGH = 20
"""Texts from which on a share says something."""

TELLING = 3
"""Finds from which on it says something that another rule has them too."""

_NEW, _SAVED = 0, 1


@dataclass(frozen=True, slots=True)
class Lint:
    """What may be wrong. `rule` is the number of the other rule that it is the same as, lies
    within, or covers; 0 where no other is meant."""

    kind: Literal["wide", "never", "same", "within", "covers"]
    rule: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule did to texts, by their places in the row: marked, `added` and `lost` against
    the saved rule."""

    looked: int
    marked: Mapping[int, Match]
    lost: Mapping[int, Match]
    added: tuple[int, ...]
    lints: tuple[Lint, ...]


def try_rule(
    rule: Rule,
    texts: Sequence[Readable],
    *,
    saved: Rule | None = None,
    others: Mapping[int, AbstractSet[int]] | None = None,
    lists: Lists = NO_LISTS,
) -> Trial:
    """Hold a rule, and the one it is to replace, against texts. `others` are the texts that each
    other rule marks, as `marked_by` gives them."""
    rules = {_NEW: rule} if saved is None else {_NEW: rule, _SAVED: saved}
    found = Engine(rules, lists).match_readable(texts)
    marked = {index: hits[_NEW] for index, hits in enumerate(found) if _NEW in hits}
    before = {index: hits[_SAVED] for index, hits in enumerate(found) if _SAVED in hits}
    return Trial(
        looked=len(texts),
        marked=marked,
        lost={index: match for index, match in before.items() if index not in marked},
        added=tuple(index for index in marked if index not in before),
        lints=tuple(_lints(marked.keys(), len(texts), others or {})),
    )


def marked_by(engine: Engine, texts: Sequence[Readable]) -> dict[int, set[int]]:
    """Which texts each rule of an engine marks; rules that mark none are left out."""
    found: dict[int, set[int]] = {}
    for index, hits in enumerate(engine.match_readable(texts)):
        for rule in hits:
            found.setdefault(rule, set()).add(index)
    return found


def _lints(
    own: AbstractSet[int], looked: int, others: Mapping[int, AbstractSet[int]]
) -> list[Lint]:
    if not own:
        return [Lint("never")] if looked else []
    found = [Lint("wide")] if looked >= ENOUGH and len(own) > WIDE * looked else []
    for number, other in others.items():
        if len(own) >= TELLING and own == other:
            found.append(Lint("same", number))
        elif len(own) >= TELLING and own < other:
            found.append(Lint("within", number))
        elif len(other) >= TELLING and other < own:
            found.append(Lint("covers", number))
    return found
