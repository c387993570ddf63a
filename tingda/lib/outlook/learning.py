"""What an office's own history teaches: how issues fade and which method to believe.

Everything is learnt from rolling origins: each day on which an issue was alive, with only what was
known on that day, against what then came.
"""

from dataclasses import dataclass

import numpy as np

from tingda.lib.outlook.bands import (
    Bands,
    Cases,
    band,
    cut,
    learn_regressions,
    own_errors,
    scored,
)
from tingda.lib.outlook.methods import (
    HORIZONS,
    METHODS,
    Floats,
    Ints,
    Table,
    Truths,
    running,
    totals_ahead,
    weekdays_of,
)
from tingda.lib.outlook.signs import Standing, stand

FEWEST_DAYS = 7  # of an issue
ALIVE_DAYS = 14  # an issue is alive when something came in them
_MEASURED_FROM = 3  # day of an issue from which its own errors count
_CHANGE = (-3.5, 1.2)  # logarithm: no issue is expected to more than treble
_HELD = 100.0  # against chance findings
_ROUNDS = 8
_USUAL_SPREAD = 0.3  # 1/k of the negative binomial
_MIX_SIZES = np.array([1.0, 8.0])
_KINDS = 2 * (len(_MIX_SIZES) + 1)
_FEWEST = 80
_STEP = 0.1
_FOLDS, _MANY = 3, 150  # issues


@dataclass(frozen=True, slots=True)
class Lessons:
    """`weekdays[7]`, 1 on average; `life[horizons, signs]` of the regression of rise and fall;
    `mix[horizons, kinds, methods]` sums to 1; learnt from so many `origins[horizons]`."""

    weekdays: Floats
    life: Floats
    mix: Floats
    bands: tuple[Bands, ...]
    issues: int
    origins: Ints


@dataclass(frozen=True, slots=True)
class Look:
    """Of each day: `said[issues, days, horizons, methods]`, `weights` alike, `change[issues, days,
    horizons]` against the present rate, `band[issues, days, horizons, (low, expected, high)]`."""

    said: Floats
    weights: Floats
    change: Floats
    band: Floats


def alive(table: Table) -> Truths:
    """The days that are learnt from and judged."""
    return (table.age >= FEWEST_DAYS) & (running(table.counts, ALIVE_DAYS) > 0)


def learn(table: Table) -> Lessons:
    """From all issues at once; there must be days to learn from at each horizon."""
    weekdays = weekdays_of(table)
    standing = stand(table, weekdays)
    came, used = totals_ahead(table.counts), alive(table)
    issues = len(table.counts)
    # where issues are few, what was learnt from them fits them too well to measure a band by
    fold = np.arange(issues) % (_FOLDS if issues < _MANY else 1)
    lives, mixes, bands, origins = [], [], [], []
    for at in range(len(HORIZONS)):
        ok = used & ~np.isnan(came[:, :, at])
        past = _Past(table, standing, came, at)
        parts = []
        for one in range(fold.max() + 1):
            held = ok & (fold == one)[:, None]
            life, mix, doubt, ends = past.lessons(ok & ~held if fold.any() else ok)
            parts.append(scored(past.cases(life, mix).where(held), past.came[held], doubt, ends))
        life, mix, doubt, ends = past.lessons(ok) if fold.any() else (life, mix, doubt, ends)
        lives.append(life)
        mixes.append(mix)
        bands.append(cut(doubt, ends, parts))
        origins.append(int(ok.sum()))
    many = np.array(origins, dtype=np.int64)
    return Lessons(weekdays, np.stack(lives), np.stack(mixes), tuple(bands), issues, many)


class _Past:
    """All days of one horizon, for learning from some of them."""

    def __init__(self, table: Table, standing: Standing, came: Floats, at: int) -> None:
        self.table, self.standing, self.every, self.at = table, standing, came, at
        self.came = came[:, :, at]

    def lessons(self, rows: Truths) -> tuple[Floats, Floats, Floats, Floats]:
        """`life`, `mix`, and the regressions of the band, from these rows alone."""
        standing, came = self.standing, self.came[rows]
        life = _learn_life(standing.moves[rows], standing.methods[2][:, :, self.at][rows], came)
        mix = _learn_mix(_said(standing, life, self.at)[rows], standing.calm[rows], came)
        return life, mix, *learn_regressions(self.cases(life, mix).where(rows), came)

    def cases(self, life: Floats, mix: Floats) -> Cases:
        """What these lessons say on each day."""
        said = _said(self.standing, life, self.at)
        expected = _mixed(said, self.standing.calm, mix)
        return _cases(self.table, self.standing, self.every, said, expected, self.at)


def look_ahead(table: Table, lessons: Lessons) -> Look:
    """What is to be expected on each day, knowing that day and those before it."""
    standing = stand(table, lessons.weekdays)
    came = totals_ahead(table.counts)
    every, weights, change, found = [], [], [], []
    for at in range(len(HORIZONS)):
        said = _said(standing, lessons.life[at], at)
        expected = _mixed(said, standing.calm, lessons.mix[at])
        cases = _cases(table, standing, came, said, expected, at)
        every.append(said)
        weights.append(lessons.mix[at][_kind_of(said, standing.calm)])
        change.append(_change(standing.moves, lessons.life[at]))
        found.append(band(lessons.bands[at], cases))
    look = Look(*(np.stack(parts, axis=2) for parts in (every, weights, change, found)))
    # more days bring no less: what one day may bring, seven may bring as well
    np.maximum.accumulate(look.band, axis=2, out=look.band)
    return look


def _said(standing: Standing, life: Floats, at: int) -> Floats:
    """`[issues, days, methods]`, the last method with the usual rise and fall."""
    naive, winters, level = (method[:, :, at] for method in standing.methods)
    return np.stack([naive, winters, level * _change(standing.moves, life)], axis=-1)


def _change(moves: Floats, life: Floats) -> Floats:
    """What comes, against what would come at the rate of that day."""
    return np.asarray(np.exp(np.clip(moves @ life, *_CHANGE)))


def _learn_life(moves: Floats, level: Floats, came: Floats) -> Floats:
    """How issues rise and fall: a negative-binomial regression on the signs, with the logarithm
    of the level as its offset, held to "no change" where little is known."""
    life: Floats = np.zeros(moves.shape[1])
    held = np.diag(np.full(len(life), _HELD))
    level = level + 1e-3
    for _round in range(_ROUNDS):
        line = np.clip(moves @ life, *_CHANGE)
        mean = level * np.exp(line)
        weight = mean / (1 + _USUAL_SPREAD * mean)
        step = np.clip((came - mean) / mean, -1.0, 4.0)
        pull = moves.T @ (weight * (line + step))
        inner = (moves * weight[:, None]).T @ moves + held
        life = np.asarray(np.linalg.solve(inner, pull), dtype=np.float64)
    return life


def _mixed(said: Floats, calm: Floats, mix: Floats) -> Floats:
    return np.asarray((said * mix[_kind_of(said, calm)]).sum(axis=-1))


def _kind_of(said: Floats, calm: Floats) -> Ints:
    """By size, and apart for what is calm and what is restless."""
    size = np.digitize(said.mean(axis=-1), _MIX_SIZES)
    return np.asarray(size + (len(_MIX_SIZES) + 1) * (calm > 0.5))


def _learn_mix(said: Floats, calm: Floats, came: Floats) -> Floats:
    """For each kind of one horizon the weights under which what came was likeliest."""
    kind = _kind_of(said, calm)
    choices = _simplex()
    even = np.abs(choices - 1 / len(METHODS)).sum(axis=1)
    unlikely = np.zeros((_KINDS, len(choices)))
    for which, weights in enumerate(choices):
        mean = said @ weights + 0.02
        loss = (came + 1 / _USUAL_SPREAD) * np.log1p(mean * _USUAL_SPREAD) - came * np.log(mean)
        unlikely[:, which] = np.bincount(kind, loss, _KINDS)
    everywhere = unlikely.sum(axis=0) / max(len(came), 1)
    # a kind that was hardly seen follows the others
    unlikely += _FEWEST * everywhere + 0.001 * even
    return np.asarray(choices[unlikely.argmin(axis=1)])


def _simplex() -> Floats:
    steps = round(1 / _STEP)
    return np.array(
        [
            (a / steps, b / steps, (steps - a - b) / steps)
            for a in range(steps + 1)
            for b in range(steps + 1 - a)
        ]
    )


def _cases(
    table: Table, standing: Standing, came: Floats, said: Floats, expected: Floats, at: int
) -> Cases:
    """The expectations of one horizon, with what may tell how far off they will be."""
    level, known = standing.methods[2], table.age >= _MEASURED_FROM
    near = own_errors(level[:, :, 0], came[:, :, 0], known, HORIZONS[0])
    far = own_errors(expected, came[:, :, at], known, HORIZONS[at])
    size = np.log(expected + 0.3)
    apart = np.log(said + 0.5).std(axis=-1)
    change = np.log((expected + 0.2) / (level[:, :, at] + 0.2))
    parts = [
        np.ones_like(size), size, np.minimum(size, 0), np.maximum(size - 2, 0), *near, *far,
        near[0] * size, far[0] * size, apart, np.minimum(apart, 0.3), np.abs(change), change,
        standing.young, standing.young * size, *np.moveaxis(standing.unrest, -1, 0),
    ]  # fmt: skip
    return Cases(np.stack(parts, axis=-1), expected, level[:, :, at])
