"""How high a score has to be so that false alarms come at a wanted rate.

Scores are compared with those of the office's own past days and, as far as these are few, with
those of days drawn from what was learnt (parametric bootstrap). Both apart for issues as loud as
this one, since the scores of quiet issues are coarse. Beyond what the days can show, the tail of
scores is taken to be exponential, never lighter than that of true probabilities.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tingda.lib.rising.scoring import LN10, Scores, scores_of
from tingda.lib.rising.table import LONG_AGO, Table
from tingda.lib.rising.tail import Floats
from tingda.lib.rising.usual import YOUNG, Usual

RATES = np.array([0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005])
YOUNG_ROWS = 3  # its first day; the next two; the rest of the first week
_QUIETEST, _STEP, _LOUDNESSES = -6.0, 0.5, 31  # log2 of people expected in a week
ROWS = YOUNG_ROWS + _LOUDNESSES
_DRAWN_DAYS = 1_500.0  # what the drawn days weigh beside those of the past
_DRAWN_BIRTHS = 100.0  # how issues begin is drawn from less, and there are fewer of them
_DRAWN_SERIES, _JUDGED = 150, 14
_LONGEST, _SHORTEST = 90, 42
_OLDER = 2 / 3  # scores of earlier days were made of shorter pasts
_BASELINE = 28  # days before the first past day that is scored
_FEWEST_ABOVE = 20.0
_NO_LIGHTER = 1 / LN10
_AT_MOST, _AT_LEAST = 1.5, 0.67  # so far the past may move what the drawn days say
_LEAST = 1e-9
_SURELY_RISEN, _MOST_RISEN = 6.0, 0.02
_MOST_DAYS = 500_000  # issues times days that are looked at
_NEIGHBOURS = np.array([1.0, 2.0, 3.0, 2.0, 1.0])


@dataclass(frozen=True, slots=True)
class Curve:
    """For each row (ages, then loudness) the `heights` that scores pass at `RATES`.

    `reach` is the share of days on which there was anything to judge, `last` the last of `RATES`
    that the days can show, `scale` the exponential tail beyond it.
    """

    heights: Floats
    reach: Floats
    last: NDArray[np.int64]
    scale: Floats

    def needed(self, scores: Scores, rate: float | Floats) -> Floats:
        """The score that each issue has to pass to alarm at this rate (0 to 1, an issue and day).

        More than 0 everywhere: a day without anything to judge never alarms.
        """
        rates = np.broadcast_to(np.asarray(rate, dtype=np.float64), scores.age.shape)
        low, high, part = _rows(scores)
        below, above = self._height(low, rates), self._height(high, rates)
        return np.maximum(below * (1 - part) + above * part, _LEAST)

    def reached(self, scores: Scores) -> Floats:
        """The highest rate of false alarms that an issue like each of these can have."""
        low, high, part = _rows(scores)
        return self.reach[low] * (1 - part) + self.reach[high] * part

    def _height(self, rows: NDArray[np.int64], rates: Floats) -> Floats:
        """Between two of `RATES` by the logarithm of the rate."""
        rates = np.clip(rates, 1e-12, 1.0)
        at = np.clip(np.searchsorted(-RATES, -rates, side="right") - 1, 0, len(RATES) - 2)
        part = np.log(RATES[at] / rates) / np.log(RATES[at] / RATES[at + 1])
        inside = self.heights[rows, at] * (1 - part) + self.heights[rows, at + 1] * part
        last = self.last[rows]
        beyond = self.heights[rows, last] + self.scale[rows] * np.log(RATES[last] / rates)
        height: Floats = np.where(rates < RATES[last], beyond, inside)
        return np.where(rates >= self.reach[rows], 0.0, np.maximum(height, 0.0))


def curve_of(table: Table, usual: Usual, left_out: NDArray[np.bool_]) -> Curve:
    """Learn from the days of a table and from drawn ones; rows `left_out` are not looked at."""
    kept = Table(table.counts[~left_out], table.born[~left_out], table.kinds)
    past, drawn = _past(kept, usual), _drawn(usual, table.days)
    past_of, drawn_of = _by_row(past), _by_row(drawn)
    worth = [_DRAWN_BIRTHS] * YOUNG_ROWS + [_DRAWN_DAYS] * _LOUDNESSES
    rows = [_row_of(*row) for row in zip(past_of, drawn_of, worth, strict=True)]
    heights = np.array([row[0] for row in rows])
    reach = np.array([row[1] for row in rows])
    weight = np.array([row[2] for row in rows])
    old = slice(YOUNG_ROWS, ROWS)
    heights[old] = _smooth(heights[old], reach[old], weight[old])
    heights[old] = _levelled(heights[old], reach[old], past_of[old], past)
    last = np.array([max(int((RATES * days >= _FEWEST_ABOVE).sum()) - 1, 2) for days in weight])
    return Curve(heights, reach, last, _scales(heights, last))


# ---- where a score belongs ----
def _rows(scores: Scores) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """The two rows between which each issue lies, and how far it is from the first."""
    place = _places(scores)
    low = np.floor(place).astype(np.int64)
    return low, np.where(low < YOUNG_ROWS, low, np.minimum(low + 1, ROWS - 1)), place - low


def _places(scores: Scores) -> Floats:
    """The row of each issue; old ones lie between two."""
    place = (np.log2(np.maximum(scores.loudness, 1e-9)) - _QUIETEST) / _STEP
    place = np.clip(place, 0, _LOUDNESSES - 1) + YOUNG_ROWS
    young = (scores.age >= 0) & (scores.age < YOUNG)
    own: Floats = np.select([scores.age < 1, scores.age < 3], [0.0, 1.0], 2.0)
    return np.where(young, own, place)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Scores of many issues and days, and the rows where they belong."""

    score: NDArray[np.float32]
    place: NDArray[np.float32]


def _sample(days: Iterable[Scores], is_young: bool, without_risen: bool = False) -> _Sample:
    """All scores of issues in their first week, or of those that are older.

    `without_risen` leaves out issues that have so surely risen that what they did says nothing
    about chance, at most one in fifty.
    """
    found, places = list[NDArray[np.float32]](), list[NDArray[np.float32]]()
    for scores in days:
        young = (scores.age >= 0) & (scores.age < YOUNG)
        counted = young if is_young else scores.age >= YOUNG
        found.append(np.where(counted, scores.score, -1.0).astype(np.float32))
        places.append(_places(scores).astype(np.float32))
    if not found:
        return _Sample(np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32))
    score, place = np.stack(found), np.stack(places)
    if without_risen and score.shape[1]:
        peak = score.max(axis=0)
        most = max(float(np.quantile(peak, 1 - _MOST_RISEN, method="higher")), _SURELY_RISEN)
        score[:, peak > most] = -1.0
    return _Sample(score[score >= 0], place[score >= 0])


def _joined(one: _Sample, other: _Sample) -> _Sample:
    return _Sample(
        np.concatenate([one.score, other.score]), np.concatenate([one.place, other.place])
    )


def _by_row(sample: _Sample) -> list[NDArray[np.float32]]:
    row = np.round(sample.place).astype(np.int64)
    order = np.argsort(row, kind="stable")
    return np.split(sample.score[order], np.searchsorted(row[order], np.arange(1, ROWS)))


def _past(table: Table, usual: Usual) -> _Sample:
    """The office's own days: of old issues only such as have a past to be compared with."""
    begin = max(_BASELINE, int(table.days * _OLDER))
    old = np.flatnonzero(table.born < table.days - YOUNG)
    if old.size * (table.days - begin) > _MOST_DAYS:
        old = old[:: old.size * (table.days - begin) // _MOST_DAYS + 1]
    some = Table(table.counts[old], table.born[old], table.kinds)
    new = table.born >= 0
    births = Table(table.counts[new], table.born[new], table.kinds)
    return _joined(
        _sample(scores_of(some, usual, range(begin, table.days)), False, True),
        _sample(scores_of(births, usual, range(table.days if new.any() else 0)), True, True),
    )


# ---- one row ----
def _row_of(
    past: NDArray[np.float32], drawn: NDArray[np.float32], worth: float
) -> tuple[Floats, float, float]:
    """Heights at `RATES`, reach, and the days behind them."""
    share = worth / len(drawn) if len(drawn) else 0.0
    scores = np.concatenate([past, drawn]).astype(np.float64)
    weights = np.concatenate([np.ones(len(past)), np.full(len(drawn), share)])
    total = float(weights.sum())
    if not total:
        return -np.log10(RATES), 0.0, 0.0
    heights = _quantiles(scores, weights, total)
    if len(drawn):
        alone = _quantiles(drawn.astype(np.float64), np.ones(len(drawn)), float(len(drawn)))
        high = np.where(alone > 0, alone * _AT_MOST, np.inf)
        heights = np.clip(heights, alone * _AT_LEAST, high)
    return heights, float(weights[scores > 0].sum() / total), total


def _quantiles(scores: Floats, weights: Floats, total: float) -> Floats:
    order = np.argsort(-scores, kind="stable")
    above = np.cumsum(weights[order]) / total
    at = np.searchsorted(above, RATES, side="left")
    heights: Floats = scores[order][np.minimum(at, len(scores) - 1)]
    return heights


def _smooth(heights: Floats, reach: Floats, weight: Floats) -> Floats:
    """Neighbours by loudness share what they know, where the rate can be reached in both."""
    result = heights.copy()
    for number, rate in enumerate(RATES):
        used = weight * (reach > rate)
        top = np.convolve(used * heights[:, number], _NEIGHBOURS, "same")
        bottom = np.convolve(used, _NEIGHBOURS, "same")
        result[:, number] = np.where(used > 0, top / np.maximum(bottom, 1e-9), heights[:, number])
    return np.maximum.accumulate(result, axis=1)


def _levelled(
    heights: Floats, reach: Floats, past: Sequence[NDArray[np.float32]], all_past: _Sample
) -> Floats:
    """What steps, smoothing and coarse scores moved in all is put right by counting."""
    used = (all_past.score > 0) & (all_past.place >= YOUNG_ROWS)
    score, place = all_past.score[used], all_past.place[used] - YOUNG_ROWS
    days = np.array([len(row) for row in past], dtype=np.float64)
    result = heights.copy()
    for number, rate in enumerate(RATES):
        passed = score >= np.interp(place, np.arange(_LOUDNESSES), heights[:, number])
        above = np.bincount(np.round(place[passed]).astype(np.int64), minlength=_LOUDNESSES)
        # a quiet issue is known for one only after it was quiet; what it cannot use goes to the
        # others of its kind, or all would have fewer alarms than wanted
        group = reach > rate / 20
        wanted = float(days[group].sum() * rate)
        if wanted >= _FEWEST_ABOVE:
            ratio = np.clip(above[group].sum() / wanted, 0.8, 1.25)
            result[:, number] += _NO_LIGHTER * np.log(ratio)
        result[:, number] = np.where(
            heights[:, number] > 0, np.maximum(result[:, number], _LEAST), 0
        )
    return np.maximum.accumulate(result, axis=1)


def _scales(heights: Floats, last: NDArray[np.int64]) -> Floats:
    """How fast the last heights grow, for what lies beyond them."""
    rows = np.arange(len(heights))
    before = last - 2
    slope: Floats = (heights[rows, last] - heights[rows, before]) / np.log(
        RATES[before] / RATES[last]
    )
    return np.minimum(np.maximum(slope, _NO_LIGHTER), 2 * _NO_LIGHTER)


# ---- drawn days ----
def _drawn(usual: Usual, known: int) -> _Sample:
    """Scores of days drawn from what was learnt; always the same ones."""
    chance = np.random.default_rng(20_110_901)
    days = int(np.clip(known, _SHORTEST, _LONGEST))
    week = (np.arange(days) % 7).astype(np.int32)
    rates = np.repeat(2.0 ** (_QUIETEST + _STEP * np.arange(_LOUDNESSES)) / 7, _DRAWN_SERIES)
    mean = rates[:, None] * usual.factors[week][None, :]
    size = (
        mean / max(usual.extra, 1e-6)
        if not usual.twin
        else mean / (usual.extra + usual.twin * mean)
    )
    counts = chance.poisson(chance.gamma(size, mean / size)).astype(np.int32)
    born = np.full(len(rates), LONG_AGO, dtype=np.int32)
    old = scores_of(Table(counts, born, week), usual, range(days - _JUDGED, days))
    young = scores_of(_births(usual, week[:YOUNG], chance), usual, range(YOUNG))
    return _joined(_sample(old, is_young=False), _sample(young, is_young=True))


def _births(usual: Usual, kinds: NDArray[np.int32], chance: np.random.Generator) -> Table:
    """Issues in their first week: some are loud from the start, most are not."""
    issues = 10 * _DRAWN_SERIES
    size = float(usual.first_size[-1, -1])
    loud = chance.gamma(size, 1 / size, issues)
    counts = chance.poisson(loud[:, None] * usual.first_mean[0][None, :]).astype(np.int32)
    counts[:, 0] += 1
    return Table(counts, np.zeros(issues, dtype=np.int32), kinds)
