"""Voices grouped as the worker does it, and how steady their issues are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from tingda.detect.rules import Decided, Grouper, Item, Settings, settle


def group_stream(
    items: Sequence[Item], settings: Settings | None = None
) -> tuple[dict[int, int], float]:
    """The issue of each voice, in order of time, when issues are looked at as wholes once a day.

    Beside it the share of the voices heard so far whose issue got another number, on the average
    day.
    """
    grouper = Grouper(settings)
    issue_of: dict[int, int] = {}
    shares: list[float] = []
    for _day, voices in groupby(items, key=lambda item: item.said_at.date()):
        issue_of |= {placed.key: placed.issue for placed in grouper.place(list(voices))}
        gone = {one.other: one.issue for one in settle(grouper, Decided())}
        moved = [key for key, issue in issue_of.items() if issue in gone] if gone else []
        for key in moved:
            issue_of[key] = _last(issue_of[key], gone)
        shares.append(len(moved) / len(issue_of))
    return issue_of, round(sum(shares) / max(1, len(shares)), 5)


def _last(issue: int, gone: Mapping[int | None, int]) -> int:
    while issue in gone:
        issue = gone[issue]
    return issue


def moved_by_restart(items: Sequence[Item]) -> float:
    """The share of the second half that is put elsewhere by an engine which learnt the first half
    from what was stored, beside one that never stopped."""
    half = len(items) // 2
    steady, restarted = Grouper(), Grouper()
    before = steady.place(items[:half])
    numbers = {issue: 1 - issue for issue in {placed.issue for placed in before}}
    steady.renumber(numbers)
    restarted.load(items[:half], [numbers[placed.issue] for placed in before])
    pairs = zip(steady.place(items[half:]), restarted.place(items[half:]), strict=True)
    same = _as_one((one.issue, other.issue) for one, other in pairs)
    return round(1.0 - same / max(1, len(items) - half), 5)


def _as_one(pairs: Iterable[tuple[int, int]]) -> int:
    """How many are in the same group by both, where a group is the one it shares most with."""
    together = Counter(pairs)
    most: dict[int, int] = defaultdict(int)
    for (one, _other), count in together.items():
        most[one] = max(most[one], count)
    return sum(most.values())


def twins_merged(
    found: Mapping[str, int], truth: Mapping[str, str], twins: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The pairs of issues that have most of their voices in the same group."""
    groups: dict[str, Counter[int]] = defaultdict(Counter)
    for row, issue in truth.items():
        groups[issue][found[row]] += 1
    main = {issue: counts.most_common(1)[0][0] for issue, counts in groups.items()}
    return [(a, b) for a, b in twins if a in main and b in main and main[a] == main[b]]
