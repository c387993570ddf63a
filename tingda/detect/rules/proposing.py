"""What a slow look at whole issues suggests: two that are one matter, one that is two."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from tingda.detect.rules.grouping import Grouper
from tingda.detect.rules.standing import Item, Match
from tingda.lib.places import is_wide

BY_ITSELF = 0.9
"""A merge at least this sure may be done without a person, where neither issue bears a person's
decision or a case."""

SMALL = 3  # voices of a fragment, which is also no more than half of the other
STRETCH = 3  # voices that make a stretch of time
SILENT_DAYS = 30
MATTER = 0.08  # that words other than names must add, for a merge without a person
WORTH_ASKING = 1.2  # how much better than needed two must fit, for a person to be asked
MOST_ROUNDS = 5  # merges may make others possible
LEAST_LEAVING = 2  # voices; a split of one is not worth a person's time


@dataclass(frozen=True, slots=True)
class Proposal:
    """A merge (`other` would go into `issue`, the older) or a split (`voices` would leave it).

    `why` is for storing as JSON: a merge has `words` and `places` (lists of what both have),
    `similarity`, `needed` (0 to 1) and `voices` (of both, the kept one first); a split has `words`
    and `places` (lists, of those that would leave), `voices` (that would stay, that would leave)
    and, where they are another stretch of time, `silent_days` before it. `sure` is 0 to 1.
    """

    kind: Literal["merge", "split"]
    issue: int
    other: int | None
    voices: tuple[int, ...]
    why: dict[str, object]
    sure: float


@dataclass(frozen=True, slots=True)
class Decided:
    """What persons decided, not to be asked again: `apart`, pairs of issues that are two matters;
    `whole`, issues that are one matter, with the voices each had when that was said (asked again
    when it has twice as many)."""

    apart: Collection[frozenset[int]] = ()
    whole: Mapping[int, int] = field(default_factory=dict)


def propose(
    grouper: Grouper,
    decided: Decided,
    *,
    among: Collection[int] | None = None,
    voices: Mapping[int, Sequence[Item]] | None = None,
) -> list[Proposal]:
    """The surest first. Nothing is changed: whoever agrees calls `Grouper.merge` or `load`.

    `among` are the issues looked at, each beside all live ones (None: all; `Grouper.touched`
    gives those that changed). `voices` are the items of issues that are to be looked at for a
    split, by issue; only these can be split. An issue is in one merge at most, so that all of
    them can be done; more may be found after that.
    """
    merges = _merges(grouper, decided, grouper.live() if among is None else among)
    found = [*_once(merges), *_splits(grouper, decided, voices or {})]
    return sorted(found, key=lambda one: (-one.sure, one.kind, one.issue))


def settle(grouper: Grouper, decided: Decided) -> list[Proposal]:
    """Do what needs no person among the issues that changed; the merges that were done, in order.

    For where the grouping is only in memory; what is stored has its own way of merging.
    """
    done: list[Proposal] = []
    for _ in range(MOST_ROUNDS):
        found = propose(grouper, decided, among=grouper.touched())
        sure = [one for one in found if one.other is not None and one.sure >= BY_ITSELF]
        for one in sure:
            grouper.merge(one.other or 0, into=one.issue)
        if not sure:
            break
        done += sure
    return done


def _merges(grouper: Grouper, decided: Decided, among: Collection[int]) -> Iterator[Proposal]:
    for issue in sorted(among):
        fitting = [
            match
            for match in grouper.alike(issue)
            if match.fit >= 1.0
            and frozenset((issue, match.issue)) not in decided.apart
            and not grouper.are_apart(issue, match.issue)
        ]
        judged = [(_sure(grouper, issue, match), match) for match in fitting]
        sure, best = max(judged, key=lambda one: (one[0], one[1].fit), default=(0.0, None))
        if best is not None and sure:
            yield _merge(grouper, issue, best, sure)


def _sure(grouper: Grouper, issue: int, match: Match) -> float:
    """How sure; 0 for what is not worth asking."""
    smaller, larger = sorted((grouper.voices_of(issue), grouper.voices_of(match.issue)))
    fragment = smaller <= SMALL and 2 * smaller <= max(2, larger)
    narrow = [place for place in match.places if not is_wide(place)]
    if match.burst > 0 or (narrow and match.matter >= MATTER and fragment):
        return min(1.0, BY_ITSELF + 0.1 * (match.fit - 1.0))
    if match.fit < WORTH_ASKING or match.matter < MATTER:
        return 0.0
    return round(min(BY_ITSELF - 0.01, 0.5 + 0.4 * (match.fit - WORTH_ASKING)), 2)


def _merge(grouper: Grouper, issue: int, match: Match, sure: float) -> Proposal:
    kept, gone = sorted((issue, match.issue), key=lambda one: (one < 0, abs(one)))
    why: dict[str, object] = {
        "words": list(grouper.shared(issue, match.issue)),
        "places": list(match.places),
        "similarity": round(match.similarity, 2),
        "needed": round(match.needed, 2),
        "voices": [grouper.voices_of(kept), grouper.voices_of(gone)],
    }
    return Proposal("merge", kept, gone, (), why, sure)


def _once(merges: Iterator[Proposal]) -> Iterator[Proposal]:
    """Of those that speak of one issue, the surest."""
    seen: set[int] = set()
    for one in sorted(merges, key=lambda merge: (-merge.sure, merge.issue, merge.other or 0)):
        both = {one.issue, one.other or 0}
        if seen.isdisjoint(both):
            seen |= both
            yield one


def _splits(
    grouper: Grouper, decided: Decided, voices: Mapping[int, Sequence[Item]]
) -> Iterator[Proposal]:
    for issue, items in voices.items():
        if len(items) < 2 * decided.whole.get(issue, 0):
            continue
        elsewhere = _of_another_place(grouper, items)
        later, days = _after_silence(items)
        if elsewhere:
            yield _split(issue, items, elsewhere, {})
        elif later:
            yield _split(issue, items, later, {"silent_days": days})


def _of_another_place(grouper: Grouper, items: Sequence[Item]) -> list[Item]:
    """The voices that would stand apart if they came now, and name other places than the rest."""
    of = {item.key: item for item in items}
    groups: dict[int, list[Item]] = defaultdict(list)
    for placed in grouper.groups_of(items):
        groups[placed.issue].append(of[placed.key])
    first, *others = sorted(groups.values(), key=len, reverse=True) or [[]]
    here = {place for item in first for place in item.places}
    for group in others:
        there = {place for item in group for place in item.places}
        if len(group) >= LEAST_LEAVING and here and there and here.isdisjoint(there):
            return group
    return []


def _after_silence(items: Sequence[Item]) -> tuple[list[Item], int]:
    """The voices after the longest silence and its days, where there were many before it and
    after it and it is long beside the time that they lasted."""
    ordered = sorted(items, key=lambda item: item.said_at)
    gaps = [(later.said_at - one.said_at).days for one, later in pairwise(ordered)]
    days = max(gaps, default=0)
    at = gaps.index(days) + 1 if gaps else 0
    before, after = ordered[:at], ordered[at:]
    spoken = (ordered[-1].said_at - ordered[0].said_at).days - days if ordered else 0
    if days < SILENT_DAYS or days < spoken or min(len(before), len(after)) < STRETCH:
        return [], 0
    return after, days


def _split(
    issue: int, items: Sequence[Item], leaving: Sequence[Item], more: dict[str, object]
) -> Proposal:
    share = len(leaving) / len(items)
    why: dict[str, object] = {
        "words": _most([term for item in leaving for term in dict.fromkeys(item.terms)]),
        "places": _most([place for item in leaving for place in item.places]),
        "voices": [len(items) - len(leaving), len(leaving)],
    }
    keys = tuple(item.key for item in leaving)
    return Proposal("split", issue, None, keys, why | more, round(0.5 + 0.3 * share, 2))


def _most(words: Sequence[str]) -> list[str]:
    """The six most frequent, first come first."""
    order = {word: place for place, word in reversed(list(enumerate(words)))}
    return sorted(order, key=lambda word: (-words.count(word), order[word]))[:6]
