"""A band around an expectation that holds four of five outcomes, learnt from what came.

Everything is measured on the scale of roots, where chance is about as wide for small counts as
for large ones. First a regression says how far off an outcome usually is, then two quantile
regressions where the ends lie, and last the ends are moved until, among past outcomes of the same
size, whole counts lie within as often as they should (split by group, as conformal bands are).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from tingda.lib.outlook.methods import Floats, Ints, Truths, running

COVER = 0.8
_SIZES = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 20.0])  # totals expected
_FALLING = 0.7  # expected, against what would come at the present rate
_PHASE = len(_SIZES) + 1
_GROUPS = 2 * _PHASE
_FEWEST = 80  # outcomes in a group
_EDGE = -0.9  # nought is left out of a band only where it is so far off
_OWN_DAYS, _OWN, _OWN_SQUARE = 35, 4.0, 0.3  # an issue's own errors: window, days and size of prior
_HELD, _HELD_ENDS = 100.0, 50.0  # against chance findings
_NARROWING = (0.6, 0.4, 0.3, 0.25, 0.2, 0.2, 0.2, 0.2)
_ROUNDS = 16
_LINE = (-6.0, 4.0)
_NO_END = -50.0
_MIDDLES = np.arange(-1.2, 0.61, 0.1)


@dataclass(frozen=True, slots=True)
class Bands:
    """Of one horizon: `doubt[signs]`, `ends[2, signs]`; `low`, `high`, `middle` of each group."""

    doubt: Floats
    ends: Floats
    low: Floats
    high: Floats
    middle: Floats


@dataclass(frozen=True, slots=True)
class Cases:
    """Some expectations of one horizon, `[…]`, with `signs[…, signs]`; `level` is what would come
    at the present rate."""

    signs: Floats
    expected: Floats
    level: Floats

    def where(self, wanted: Truths) -> "Cases":
        """Only these."""
        return Cases(self.signs[wanted], self.expected[wanted], self.level[wanted])


def own_errors(expected: Floats, came: Floats, known: Truths, days: int) -> tuple[Floats, Floats]:
    """How far off this issue's outcomes were that are known by then (the logarithm of the mean
    square, on the scale of roots, beside chance), and how many of them there are."""
    ok = known & ~np.isnan(came)
    off = np.where(ok, root(np.where(ok, came, 0.0)) - root(expected), 0.0) ** 2
    square, rows = np.zeros((2, *off.shape))
    square[:, days:] = running(off, _OWN_DAYS)[:, :-days]
    rows[:, days:] = running(ok.astype(float), _OWN_DAYS)[:, :-days]
    own = np.log((square + _OWN_SQUARE * _OWN) / (rows + _OWN) + 0.02)
    return own, own * rows / _OWN_DAYS


@dataclass(frozen=True, slots=True)
class Scored:
    """Outcomes on the scale that bands are cut on, `[rows]`: how far they lie above both ends of
    the regressions, and what they were."""

    under: Floats
    over: Floats
    group: Ints
    expected: Floats
    deviated: Floats
    came: Floats


def learn_regressions(cases: Cases, came: Floats) -> tuple[Floats, Floats]:
    """`doubt` and `ends` of `Bands`, from outcomes `[rows]`."""
    doubt = _learn_doubt(cases.signs, cases.expected, came)
    found = _score(came, cases.expected, _deviation(cases.signs, doubt))
    shares = ((1 - COVER) / 2, (1 + COVER) / 2)
    ends = [_learn_quantile(cases.signs, found, share) for share in shares]
    return doubt, np.stack(ends)


def scored(cases: Cases, came: Floats, doubt: Floats, ends: Floats) -> Scored:
    """Outcomes as these regressions see them."""
    deviated = _deviation(cases.signs, doubt)
    found = _score(came, cases.expected, deviated)
    nought = _score(np.zeros_like(came), cases.expected, deviated)
    under = np.where(nought < _EDGE, found - cases.signs @ ends[0], np.inf)
    over = found - cases.signs @ ends[1]
    return Scored(under, over, _group_of(cases), cases.expected, deviated, came)


def cut(doubt: Floats, ends: Floats, parts: Sequence[Scored]) -> Bands:
    """The bands of these regressions, moved to hold what came. Best from outcomes that the
    regressions behind them had not seen. A small group takes in those that lie nearest to it."""
    under, over, group, expected, deviated, came = (
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Scored)
    )
    low, high, middle = np.zeros((3, _GROUPS))
    for which in range(_GROUPS):
        inside = _nearest(group, which)
        low[which], high[which] = _ends(under[inside], over[inside])
        middle[which] = _middle(expected[inside], deviated[inside], came[inside])
    return Bands(doubt, ends, low, high, middle)


def band(bands: Bands, cases: Cases) -> Floats:
    """`[…, (low, expected, high)]` as whole numbers. What is expected is the middle: more comes
    about as often as less."""
    deviated, group = _deviation(cases.signs, bands.doubt), _group_of(cases)
    nought = _score(np.zeros_like(cases.expected), cases.expected, deviated)
    under = bands.low[group] + cases.signs @ bands.ends[0]
    over = bands.high[group] + cases.signs @ bands.ends[1]
    low = np.ceil(np.maximum(_at(under, cases.expected, deviated) - 1e-9, 0.0))
    low = np.where(nought < _EDGE, np.minimum(low, np.floor(cases.expected)), 0.0)
    high = np.floor(np.maximum(_at(over, cases.expected, deviated) + 1e-9, low))
    middle = _whole(_at(bands.middle[group], cases.expected, deviated))
    return np.stack([low, np.clip(middle, low, high), high], axis=-1)


def _learn_doubt(signs: Floats, expected: Floats, came: Floats) -> Floats:
    """A gamma regression of the squared distance, on the scale of roots, on the signs."""
    square = np.minimum((root(came) - root(expected)) ** 2, 30.0) + 0.003
    learnt = np.zeros(signs.shape[1])
    learnt[0] = np.log(square.mean())
    inner = signs.T @ signs + np.diag(np.full(len(learnt), _HELD))
    for _round in range(_ROUNDS):
        line = np.clip(signs @ learnt, *_LINE)
        step = np.clip(square / np.exp(line) - 1, -1.0, 4.0)
        learnt += 0.7 * np.linalg.solve(inner, signs.T @ step)
    return learnt


def _learn_quantile(signs: Floats, found: Floats, share: float) -> Floats:
    """A smoothed linear regression of the quantile below which `share` of the scores lie: along
    each sign as many lie below it as should."""
    learnt = np.zeros(signs.shape[1])
    learnt[0] = np.quantile(found, share)
    held = np.full(len(learnt), _HELD_ENDS)
    held[0] = 0.0
    for width in _NARROWING:
        off = (signs @ learnt - found) / width
        below = 1 / (1 + np.exp(-np.clip(1.7 * off, -30, 30)))
        steep = 1.7 * below * (1 - below) / width
        pull = signs.T @ (below - share) + held * learnt
        inner = (signs * (steep + 0.02)[:, None]).T @ signs + np.diag(held)
        learnt -= np.clip(np.linalg.solve(inner, pull), -0.5, 0.5)
    return learnt


def root(count: Floats) -> Floats:
    return np.asarray(np.sqrt(count + 0.375))


def _deviation(signs: Floats, doubt: Floats) -> Floats:
    """How far the root of a count lies from the root of what was expected, usually."""
    return np.asarray(np.exp(0.5 * np.clip(signs @ doubt, *_LINE)))


def _score(came: Floats, expected: Floats, deviated: Floats) -> Floats:
    return np.asarray((root(came) - root(expected)) / deviated)


def _at(scored: Floats, expected: Floats, deviated: Floats) -> Floats:
    """The count, not yet whole, that has this score."""
    return np.asarray(np.maximum(root(expected) + scored * deviated, 0.0) ** 2 - 0.375)


def _group_of(cases: Cases) -> Ints:
    """By size, and apart for what is expected to fall soon."""
    steady = cases.expected / (cases.level + 0.1) >= _FALLING
    return np.asarray(np.digitize(cases.expected, _SIZES) + _PHASE * steady)


def _nearest(group: Ints, which: int) -> Truths:
    far = 2 * np.abs(group % _PHASE - which % _PHASE) + (group // _PHASE != which // _PHASE)
    inside = far == 0
    for reach in range(1, 2 * _PHASE):
        if inside.sum() >= _FEWEST:
            break
        inside = far <= reach
    return np.asarray(inside)


def _ends(under: Floats, over: Floats) -> tuple[float, float]:
    """How much the ends move so that whole counts, too, lie within as often as they should."""
    rows, reaching = len(over), np.sort(under[np.isfinite(under)])
    low = float(reaching[int((1 - COVER) / 2 * len(reaching))]) if len(reaching) else _NO_END
    above = int((1 - COVER) * rows) - int((under < low).sum())
    return low, float(np.sort(over)[max(rows - 1 - above, 0)])


def _middle(expected: Floats, deviated: Floats, came: Floats) -> float:
    """The score whose count, made whole, erred least."""
    errors = [
        np.abs(_whole(_at(np.full(1, z), expected, deviated)) - came).mean() + 1e-4 * abs(z)
        for z in _MIDDLES
    ]
    return float(_MIDDLES[int(np.argmin(errors))])


def _whole(count: Floats) -> Floats:
    return np.asarray(np.floor(np.maximum(count, 0.0) + 0.5))
