"""What is usual in one office: how loud its issues are, how uneven, and how they begin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tingda.lib.rising.table import KINDS, Table, factors_of
from tingda.lib.rising.tail import LARGEST_SIZE, Floats, log_gamma
from tingda.lib.rising.values import WINDOWS

YOUNG = 7  # days; before that there is no usual of its own to compare an issue with
_ROUNDS = 3
_MOST_FITTED = 1_000
_FEWEST_FITTED = 5
_UNSURE_ISSUES = 5.0
_EXTRA, _TWIN = 0.2, 0.1  # unevenness where an office is too small to tell
_LEFT_OUT = 0.02  # rises of the past must not make the ordinary look uneven
_UNSURE_BIRTHS, _FIRST_DAY, _LATER_DAY, _BIRTH_SIZE = 20.0, 0.5, 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Usual:
    """Learnt from all issues together.

    `factors` by kind of day (mean of the seven weekdays 1). The rate of an issue is drawn to the
    prior gamma(`shape`, `days`): as if `shape` people had been heard in `days` average days. The
    variance of a day's count with mean m is m (1 + `extra`) + `twin` m². For an issue in its
    first week `first_mean[w, age]` people besides the first are usual in window w, and
    `first_size` is the size of their negative binomial.
    """

    factors: Floats
    shape: float
    days: float
    extra: float
    twin: float
    first_mean: Floats
    first_size: Floats


def usual_of(table: Table) -> Usual:
    """Learn from a table; an empty one gives cautious defaults."""
    settled = np.arange(table.days)[None, :] >= table.born[:, None] + YOUNG
    rows = settled.any(axis=1)
    settled = settled[rows]
    old = Table(np.where(settled, table.counts[rows], 0), table.born[rows] + YOUNG, table.kinds)
    heard = old.counts.sum(axis=1).astype(np.float64)
    factors, extra, twin = np.ones(KINDS), _EXTRA, _TWIN
    worth = np.ones_like(heard)
    for _round in range(_ROUNDS):
        worth = settled @ factors[table.kinds]
        rates = heard / worth
        factors = factors_of(old, rates, 1 + extra + twin * rates)
        extra, twin = _dispersion(old, settled, rates, factors)
    shape, days = _prior(heard, worth)
    first_mean, first_size = _beginnings(table)
    return Usual(factors, shape, days, extra, twin, first_mean, first_size)


def _dispersion(
    old: Table, settled: NDArray[np.bool_], rates: Floats, factors: Floats
) -> tuple[float, float]:
    """`extra` and `twin` by weighted least squares over issues, never below 0."""
    loud = rates > 0
    mean = rates[loud, None] * factors[old.kinds][None, :] * settled[loud]
    days = settled[loud].sum(axis=1)
    enough = days >= 2 * YOUNG
    mean, days = mean[enough], days[enough]
    if not len(days):
        return _EXTRA, _TWIN
    squares = ((old.counts[loud][enough] - mean) ** 2).sum(axis=1) * days / (days - 1)
    sums = mean.sum(axis=1)
    ratio = squares / sums - 1
    loudness = (mean**2).sum(axis=1) / sums
    extra, twin = _EXTRA, _TWIN
    for _round in range(_ROUNDS):
        usual = extra + twin * loudness
        error = (1 + usual) ** 2 * 2 / days + 1 / sums
        strange = (ratio - usual) / np.sqrt(error)
        kept = strange <= np.quantile(strange, 1 - _LEFT_OUT)
        extra, twin = _line(loudness[kept], ratio[kept], 1 / error[kept])
    return extra, twin


def _line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    """y = extra + twin x, drawn to the defaults as by `_UNSURE_ISSUES` more of average weight."""
    more = _UNSURE_ISSUES * float(weight.mean())
    xs, ys = np.append(x, [0.1, 10.0]), np.append(y, [_EXTRA, _EXTRA + 10 * _TWIN])
    ws = np.append(weight, [more, more / 10])
    design = np.stack([np.ones_like(xs), xs], axis=1)
    try:
        extra, twin = np.linalg.solve((design.T * ws) @ design, (design.T * ws) @ ys)
    except np.linalg.LinAlgError:
        return _EXTRA, _TWIN
    if extra < 0:
        return 0.0, max(float((ws * xs * ys).sum() / (ws * xs * xs).sum()), 0.0)
    if twin < 0:
        return max(float((ws * ys).sum() / ws.sum()), 0.0), 0.0
    return float(extra), float(twin)


def _prior(heard: Floats, worth: Floats) -> tuple[float, float]:
    """The gamma prior of rates by maximum likelihood over all issues, on a grid."""
    if len(heard) < _FEWEST_FITTED or not heard.sum():
        return 0.5, 0.5 * float((worth.sum() + 10) / (heard.sum() + 1))
    step = max(1, len(heard) // _MOST_FITTED)
    some, days = heard[::step], worth[::step]
    mean = float(heard.sum() / worth.sum())
    best, found = -np.inf, (0.5, 0.5 / mean)
    for shape in 2.0 ** np.arange(-5, 3.5, 0.5):
        a = np.array([shape])
        base = (log_gamma(some + a) - log_gamma(a)).sum()
        for b in shape / mean * 2.0 ** np.arange(-3, 3.5, 0.5):
            likely = base + (a * np.log(b) - (some + a) * np.log(days + b)).sum()
            if likely > best:
                best, found = float(likely), (float(shape), float(b))
    return found


def _beginnings(table: Table) -> tuple[Floats, Floats]:
    """How many people besides the first are usual in each window, by the age of the issue."""
    mean, size = np.empty((len(WINDOWS), YOUNG)), np.empty((len(WINDOWS), YOUNG))
    seen = (table.born >= 0) & (table.born < table.days)
    counts, born = table.counts[seen], table.born[seen]
    for age in range(YOUNG):
        ripe = born + age < table.days
        days = born[ripe, None] + np.arange(age + 1)[None, :]
        first = counts[ripe][np.arange(int(ripe.sum()))[:, None], days].astype(np.float64)
        for number, window in enumerate(WINDOWS):
            part = first[:, max(0, age + 1 - window) :]
            more = part.sum(axis=1) - (1 if window > age else 0)
            guess = _LATER_DAY * (part.shape[1] - 1) + (_FIRST_DAY if window > age else _LATER_DAY)
            mean[number, age], size[number, age] = _moments(np.maximum(more, 0.0), guess)
    return mean, size


def _moments(more: Floats, guess: float) -> tuple[float, float]:
    """Mean and size, drawn to a guess as by `_UNSURE_BIRTHS` more issues."""
    births = len(more) + _UNSURE_BIRTHS
    mean = (float(more.sum()) + _UNSURE_BIRTHS * guess) / births
    squares = float(((more - mean) ** 2).sum())
    variance = (squares + _UNSURE_BIRTHS * (guess + guess**2 / _BIRTH_SIZE)) / births
    return mean, float(np.clip(mean**2 / max(variance - mean, 1e-9), 0.05, LARGEST_SIZE))
