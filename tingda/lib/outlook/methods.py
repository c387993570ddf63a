"""What three methods expect of an issue's next days, at every day of many issues at once.

All arrays are `[issues, days]`, aligned at the last day; what was before an issue's first day is
not `known`. A forecast made on a day knows that day and those before it, never a later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

HORIZONS = (1, 3, 7)  # days
WEEK = 7
MOST_DAYS = 120  # what is older does not change what is expected
METHODS = ("seasonal_naive", "holt_winters", "negative_binomial")
# level, trend: quick, slow, and one that follows growth; all of them damped
_SMOOTHING = np.array([(0.12, 0.0), (0.2, 0.03), (0.3, 0.08), (0.5, 0.05)])
_DAMPING = 0.85
_DAMPED = np.cumsum(_DAMPING ** np.arange(1, WEEK + 1))
_KEPT = np.array([0.6, 0.8, 0.92, 0.97])  # how much of its weight a day keeps by the next day
_FORGET = 0.93  # of what a smoothing erred
_PRIOR_COUNTS = 12.0  # an issue's own weekdays weigh as much as the office's after so many counts


@dataclass(frozen=True, slots=True)
class History:
    """One issue: whole counts a day without a gap, from its first day up to the last known."""

    first_day: date
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Table:
    """Many histories: `counts` (0 where not known), `known`, `weekday` (Monday 0), `age` (1 on
    the first day, 0 before it)."""

    counts: Floats
    known: Truths
    weekday: Ints
    age: Ints


def tabulate(histories: Sequence[History]) -> Table:
    """The last 120 days of each."""
    cut = [list(history.counts[-MOST_DAYS:]) for history in histories]
    days = MOST_DAYS  # the same width always: an issue is foreseen alike in any company
    counts = np.zeros((len(cut), days))
    age = np.zeros((len(cut), days), dtype=np.int64)
    weekday = np.zeros((len(cut), days), dtype=np.int64)
    for row, (history, kept) in enumerate(zip(histories, cut, strict=True)):
        if kept:
            counts[row, -len(kept) :] = kept
            older = len(history.counts) - len(kept)
            age[row, -len(kept) :] = np.arange(older + 1, len(history.counts) + 1)
        last = history.first_day.weekday() + len(history.counts) - 1
        weekday[row] = (last - np.arange(days - 1, -1, -1)) % WEEK
    return Table(counts, age > 0, weekday, age)


def running(values: Floats, days: int) -> Floats:
    """The sum of each day and those before it, `days` in all."""
    total = np.cumsum(values, axis=1)
    total[:, days:] -= total[:, :-days].copy()
    return total


def totals_ahead(counts: Floats) -> Floats:
    """What came in the next days of each horizon; NaN where that is not known yet."""
    issues, days = counts.shape
    found = np.full((issues, days, len(HORIZONS)), np.nan)
    total = np.concatenate([np.zeros((issues, 1)), np.cumsum(counts, axis=1)], axis=1)
    for at, ahead in enumerate(HORIZONS):
        found[:, : days - ahead, at] = total[:, 1 + ahead :] - total[:, 1 : days + 1 - ahead]
    return found


def weekdays_of(table: Table) -> Floats:
    """How much comes on each day of the week in this office; 1 on average."""
    usual = running(table.counts, WEEK) / WEEK
    whole = table.age >= WEEK
    came, meant = np.zeros(WEEK), np.zeros(WEEK)
    for day in range(WEEK):
        on = whole & (table.weekday == day)
        # a very large issue is not the whole office
        weight = 1 / np.sqrt(1 + usual[on])
        came[day] = (table.counts[on] * weight).sum()
        meant[day] = (usual[on] * weight).sum()
    factors = (came + 5.0) / (meant + 5.0)
    return np.asarray(np.clip(factors / factors.mean(), 0.05, 5.0))


def naive(counts: Floats) -> Floats:
    """The same days of the last week."""
    week = running(counts, WEEK)
    found = np.empty((*counts.shape, len(HORIZONS)))
    for at, days in enumerate(HORIZONS):
        rest = WEEK - days
        found[:, :, at] = week - (running(counts, rest) if rest else 0.0)
    return found


def weekdays_ahead(table: Table, weekdays: Floats) -> Floats:
    """The factor of each of the next seven days: the issue's own and the office's together."""
    usual = running(table.counts, WEEK) / np.clip(table.age, 1, WEEK)
    onehot = (table.weekday[:, :, None] == np.arange(WEEK)) & table.known[:, :, None]
    came = np.cumsum(table.counts[:, :, None] * onehot, axis=1)
    meant = np.cumsum(usual[:, :, None] * onehot, axis=1)
    share = (came.sum(axis=2) + 1) / (meant.sum(axis=2) + 1)
    factors = (came + _PRIOR_COUNTS / WEEK * weekdays) / (
        meant * share[:, :, None] + _PRIOR_COUNTS / WEEK
    )
    factors /= factors.mean(axis=2, keepdims=True)
    order = (table.weekday[:, :, None] + np.arange(1, WEEK + 1)) % WEEK
    return np.asarray(np.take_along_axis(factors, order, axis=2))


def smooth(table: Table, ahead: Floats) -> tuple[Floats, Floats, Floats]:
    """Totals by damped Holt-Winters; the rate a day by discounted counts; that rate for each
    discount. Of several smoothings those weigh more that erred less on this issue so far."""
    issues, days = table.counts.shape
    (alpha, beta), smoothings = _SMOOTHING.T, len(_SMOOTHING)
    level, trend = np.zeros((2, issues, days, smoothings))
    sums, weights = np.zeros((2, issues, days, len(_KEPT)))
    begun = (table.age > 1)[:, :, None].astype(float)
    known = table.known[:, :, None].astype(float)
    came = table.counts[:, :, None] * known
    factors = np.concatenate([np.ones((issues, 1, 1)), ahead[:, :-1, :1]], axis=1)
    plain = came / np.maximum(factors, 0.1)
    gain = np.where(begun > 0, alpha, 1.0)  # the first day is the first level
    heard, shares = gain * plain, factors * known
    beta = begun * beta
    sums[:, 0], weights[:, 0], level[:, 0] = came[:, 0], known[:, 0], heard[:, 0]
    for day in range(1, days):
        carried = level[:, day - 1] + _DAMPING * trend[:, day - 1]
        level[:, day] = heard[:, day] + (1 - gain[:, day]) * carried
        fallen = _DAMPING * trend[:, day - 1] * begun[:, day]
        step = level[:, day] - level[:, day - 1]
        trend[:, day] = fallen + beta[:, day] * (step - fallen)
        sums[:, day] = sums[:, day - 1] * _KEPT + came[:, day]
        weights[:, day] = weights[:, day - 1] * _KEPT + shares[:, day]
    rates = (sums + 0.05) / (weights + 0.25)
    winning = _shares(came, level + _DAMPING * trend, factors, begun)
    mean_level = (level * winning).sum(axis=2)[:, :, None]
    mean_trend = (trend * winning).sum(axis=2)[:, :, None]
    path = np.maximum(mean_level + _DAMPED * mean_trend, 0.0)
    total = np.cumsum(path * ahead, axis=2)[:, :, [h - 1 for h in HORIZONS]]
    kept = (rates * _shares(came, rates, factors, begun)).sum(axis=2)
    return total, kept, rates


def _shares(came: Floats, expected: Floats, factors: Floats, begun: Floats) -> Floats:
    """How much each smoothing weighs on each day, by what it said of the days up to then."""
    said = np.maximum(expected[:, :-1], 0.0) * factors[:, 1:]
    missed = np.zeros_like(expected)
    missed[:, 1:] = begun[:, 1:] * (came[:, 1:] - said) ** 2 / (said + 0.5)
    for day in range(1, missed.shape[1]):
        missed[:, day] += _FORGET * missed[:, day - 1]
    weights = (missed + 1.0) ** -2.0
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))
