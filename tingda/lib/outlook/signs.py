"""How an issue stands on each day: what tells whether it will rise or fall, and how far off an
expectation may be. Numbers only; `lib.outlook.learning` finds out what each of them is worth.
"""

from dataclasses import dataclass

import numpy as np

from tingda.lib.outlook.methods import (
    HORIZONS,
    WEEK,
    Floats,
    Table,
    naive,
    running,
    smooth,
    weekdays_ahead,
)

_SLOPES = {7: 0.15, 14: 0.06, 28: 0.03}  # in so many days: how steep issues are (logarithm a day)
_RESTLESS = -1.0  # the unrest (logarithm) above which an issue is no longer calm


@dataclass(frozen=True, slots=True)
class Standing:
    """`methods[m]` are `[issues, days, horizons]`, totals expected, the last of them before the
    usual rise or fall. `moves` and `unrest` are `[issues, days, signs]`: for whether it will rise
    or fall, and for how unsure that is. `calm` and `young` go from 0 to 1."""

    methods: tuple[Floats, Floats, Floats]
    moves: Floats
    unrest: Floats
    calm: Floats
    young: Floats


def stand(table: Table, weekdays: Floats) -> Standing:
    """What each method expects on each day, and how the issue stands."""
    ahead = weekdays_ahead(table, weekdays)
    winters, rate, rates = smooth(table, ahead)
    cumulated = np.cumsum(ahead, axis=2)[:, :, [h - 1 for h in HORIZONS]]
    young = np.clip(1 - np.log(np.maximum(table.age, WEEK) / WEEK) / np.log(4), 0, 1)
    moves, unrest, calm = _signs(table, ahead[:, :, 0], rate, rates, young)
    methods = (naive(table.counts), winters, rate[:, :, None] * cumulated)
    return Standing(methods, moves, unrest, calm, young)


def _signs(
    table: Table, tomorrow: Floats, rate: Floats, rates: Floats, young: Floats
) -> tuple[Floats, Floats, Floats]:
    """`moves`, `unrest` and `calm` of a standing; the first of the moves is 1."""
    logs = np.log(rates + 0.05) - np.log(rate + 0.05)[:, :, None]
    lean = logs[:, :, 0] - logs[:, :, 2]
    week = running(table.counts, WEEK)
    change, lasting = _changes(table, week)
    fallen = np.log((rate * WEEK + 1) / (np.maximum.accumulate(week, axis=1) + 1))
    size = np.log(rate + 0.2)
    quiet = np.log1p(_days_quiet(table.counts))
    usual = np.log((week / WEEK + 0.05) / (rate + 0.05))
    moves = [
        np.ones_like(rate), *np.moveaxis(logs, 2, 0), change, lasting, fallen, young, young * lean,
        young * fallen, size, np.minimum(size, 0), quiet, usual,
    ]  # fmt: skip
    felt = [fallen, np.abs(change), np.abs(lasting)]
    today = np.concatenate([np.ones((len(rate), 1)), tomorrow[:, :-1]], axis=1)
    for days in _SLOPES:
        slope, chance, unrest = _slope(table, today, days)
        moves += [slope, np.minimum(slope, 0)]
        felt += [np.abs(slope), slope, chance, unrest]
    calm = 1 / (1 + np.exp(2 * (unrest - _RESTLESS)))
    moves += [part * calm for part in (change, fallen, lean, young)]
    felt += [calm, calm * young, unrest**2, np.maximum(unrest, 0), unrest * size, calm * size]
    return np.stack(moves, axis=-1), np.stack(felt, axis=-1), calm


def _changes(table: Table, week: Floats) -> tuple[Floats, Floats]:
    """This week against the last (logarithm), and as much of it as was so the week before, too."""
    first, second = _earlier(week, WEEK), _earlier(week, 2 * WEEK)
    change = np.where(table.age > WEEK, np.log((week + 1) / (first + 1)), 0.0)
    before = np.where(table.age > 2 * WEEK, np.log((first + 1) / (second + 1)), 0.0)
    same_way = np.where(change * before > 0, np.sign(change), 0.0)
    return change, same_way * np.minimum(np.abs(change), np.abs(before))


def _slope(table: Table, today: Floats, days: int) -> tuple[Floats, Floats, Floats]:
    """How steeply the logarithm rose a week over the last days, held to nought as far as chance
    could make it so; the chance left of it; and the unrest around it (logarithm)."""
    logs = np.where(table.known, np.log(table.counts / np.maximum(today, 0.1) + 0.5), 0.0)
    at = np.arange(logs.shape[1], dtype=float) - logs.shape[1] / 2
    known = table.known.astype(float)
    n = np.maximum(running(known, days), 1.0)
    t, tt = running(known * at, days), running(known * at * at, days)
    r, rr, tr = running(logs, days), running(logs * logs, days), running(logs * at, days)
    across = np.maximum(tt - t * t / n, 1.0)
    along = tr - t * r / n
    slope = along / across
    rest = np.maximum(rr - r * r / n - along * slope, 0.0)
    steep = _SLOPES[days] ** 2
    unrest = (rest + 0.4) / (n + 1.0)
    chance = unrest / across
    believed = slope * steep / (steep + chance)
    left = np.sqrt(chance * steep / (steep + chance))
    return believed * WEEK, left * WEEK, np.log(unrest)


def _earlier(values: Floats, days: int) -> Floats:
    found = np.zeros_like(values)
    found[:, days:] = values[:, :-days]
    return found


def _days_quiet(counts: Floats) -> Floats:
    """Days since something came."""
    days = np.arange(counts.shape[1])
    last = np.maximum.accumulate(np.where(counts > 0, days, -1), axis=1)
    return np.asarray(np.minimum(days - last, 30).astype(float))
