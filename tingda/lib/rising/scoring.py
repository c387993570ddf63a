"""One score for each issue and day: how improbable its last 1, 3 and 7 days are.

The days before the last seven, fading with time, say what is usual for the issue; the last seven
are left out, so that a slow rise does not hide itself. Each window is compared with a negative
binomial whose variance holds the unevenness of days and how little is known of the issue. The
three probabilities are combined by their weighted harmonic mean (Wilson, "The harmonic mean
p-value for combining dependent tests", PNAS 2019), which needs no independence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tingda.lib.rising.table import Table
from tingda.lib.rising.tail import LARGEST_SIZE, Floats, log_tail
from tingda.lib.rising.usual import YOUNG, Usual
from tingda.lib.rising.values import FEWEST_PEOPLE, WINDOWS

GUARD = 7  # the longest window
LN10 = float(np.log(10))


@dataclass(frozen=True, slots=True)
class Settings:
    """`fade` is what a day of the past counts beside the day after it; `weights` of the windows."""

    fade: float = 0.98
    weights: tuple[float, float, float] = (0.75, 0.15, 0.1)


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one day, for each issue: `score` is 0 where there are too few people to judge.

    `seen`, `expected` and `size` have a row for each window; `log_p` is natural. `age` is in days;
    an issue not begun has a negative one. `loudness` is people a week by all that was heard, the
    last seven days with it: among issues of one loudness it says nothing about how many of them
    are usual that the last days were the loud ones, so that thresholds by it hold for every true
    rate (as in the conditional test of two Poisson counts).
    """

    score: Floats
    seen: Floats
    expected: Floats
    size: Floats
    log_p: Floats
    age: Floats
    loudness: Floats


class _Past:
    """What was heard of each issue before the guard, fading, and in how many average days."""

    def __init__(self, issues: int) -> None:
        self.heard = np.zeros(issues)
        self.worth = np.zeros(issues)

    def add(self, counts: Floats, factor: float, alive: Floats, fade: float) -> None:
        self.heard = self.heard * fade + counts * alive
        self.worth = self.worth * fade + factor * alive


def scores_of(
    table: Table, usual: Usual, days: range, settings: Settings | None = None
) -> Iterator[Scores]:
    """The scores of each of these days of the table, which must follow one another."""
    settings = settings or Settings()
    counts = table.counts.astype(np.float64)
    factors = usual.factors[table.kinds]
    past = _Past(len(counts))
    known = 0
    for day in days:
        for before in range(known, max(day - GUARD + 1, 0)):
            alive = (table.born <= before).astype(np.float64)
            past.add(counts[:, before], float(factors[before]), alive, settings.fade)
        known = max(day - GUARD + 1, 0)
        yield _day_scores(table, usual, day, past, settings)


def _day_scores(table: Table, usual: Usual, day: int, past: _Past, settings: Settings) -> Scores:
    age = (day - table.born).astype(np.float64)
    issues = len(age)
    seen, expected, size = (np.zeros((len(WINDOWS), issues)) for _ in range(3))
    factors = usual.factors[table.kinds]
    rate = (usual.shape + past.heard) / (usual.days + past.worth)
    # of a fading mean half as much is unsure as of a plain one of the same weight
    unsure = (1 + usual.extra + usual.twin * rate) / (1 + settings.fade)
    unsure = unsure / (usual.shape + past.heard)
    for number, window in enumerate(WINDOWS):
        last = slice(max(0, day + 1 - window), day + 1)
        seen[number] = table.counts[:, last].sum(axis=1)
        mean = rate * factors[last].sum()
        squares = rate * rate * float((factors[last] ** 2).sum())
        over = mean * usual.extra + usual.twin * squares + mean * mean * unsure
        expected[number] = mean
        size[number] = np.clip(mean * mean / np.maximum(over, 1e-12), 1e-3, LARGEST_SIZE)
    young = (age >= 0) & (age < YOUNG)
    if young.any():
        ages = age[young].astype(np.int64)
        expected[:, young] = usual.first_mean[:, ages]
        size[:, young] = usual.first_size[:, ages]
    log_p = _log_p(seen, expected, size, age)
    heard, worth = (
        past.heard + seen[-1],
        past.worth + factors[max(0, day + 1 - GUARD) : day + 1].sum(),
    )
    loudness = GUARD * (usual.shape + heard) / (usual.days + worth)
    return Scores(_combined(log_p, settings), seen, expected, size, log_p, age, loudness)


def _log_p(seen: Floats, expected: Floats, size: Floats, age: Floats) -> Floats:
    """Of each window; 0 where too few people were heard, or no more than expected."""
    windows = np.array(WINDOWS)[:, None]
    # the first person of an issue is why it is looked at; only the others are evidence
    others = seen - ((age >= 0) & (age < YOUNG) & (windows > age))
    asked = (seen >= FEWEST_PEOPLE) & (others > expected) & (age >= 0)
    log_p = np.zeros_like(seen)
    log_p[asked] = log_tail(others[asked], expected[asked], size[asked])
    return log_p


def _combined(log_p: Floats, settings: Settings) -> Floats:
    weights = np.array(settings.weights)[:, None] / sum(settings.weights)
    lowest = log_p.min(axis=0)
    inverse = (weights * np.exp(lowest - log_p)).sum(axis=0)
    score: Floats = (np.log(inverse) - lowest) / LN10
    return np.maximum(score, 0.0)
