"""Many series as one matrix of days, and what each day is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tingda.lib.rising.tail import Floats
from tingda.lib.rising.values import DayKind, Series

Ints = NDArray[np.int32]

SPAN = 90  # days that are looked at
LONG_AGO = -10_000
HOLIDAY, MAKEUP = 7, 8  # after the seven weekdays
KINDS = 9


@dataclass(frozen=True, slots=True)
class Table:
    """`counts[i, d]` people of issue i on day d; `born[i]` is the day on which it began.

    `born` may be before the table. `kinds[d]` is 0 to 6 for Monday to Sunday, or `HOLIDAY`,
    `MAKEUP`.
    """

    counts: Ints
    born: Ints
    kinds: Ints

    @property
    def days(self) -> int:
        return int(self.counts.shape[1])


def table_of(
    series: Sequence[Series], until: date, special: Mapping[date, DayKind], span: int = SPAN
) -> Table:
    """The last `span` days up to and with `until`; what is later is left out."""
    start = until - timedelta(days=span - 1)
    counts = np.zeros((len(series), span), dtype=np.int32)
    born = np.empty(len(series), dtype=np.int32)
    for row, one in enumerate(series):
        offset = (one.first - start).days
        born[row] = max(offset, LONG_AGO)
        skip = max(-offset, 0)
        part = one.counts[skip : skip + span - max(offset, 0)] if offset < span else ()
        if part:
            counts[row, max(offset, 0) : max(offset, 0) + len(part)] = part
    days = [start + timedelta(days=n) for n in range(span)]
    return Table(counts, born, kinds_of(days, special))


def kinds_of(days: Sequence[date], special: Mapping[date, DayKind]) -> Ints:
    """The kind of each day as a number."""
    named = {"holiday": HOLIDAY, "makeup": MAKEUP}
    return np.array(
        [named[special[day]] if day in special else day.weekday() for day in days], dtype=np.int32
    )


def factors_of(table: Table, rates: Floats, spread: Floats) -> Floats:
    """What each kind of day is worth beside an average day, learnt from all issues together.

    `rates` are people a day of each issue and `spread` the variance over the mean, by which loud
    issues count less. Each factor is drawn to 1 as if `_UNSURE` quiet-issue people had been heard
    at the usual rate; a holiday is drawn to the Sunday, a worked weekend to the workdays.
    """
    weights = 1 / np.maximum(spread, 1.0)
    alive = np.arange(table.days)[None, :] >= table.born[:, None]
    heard = weights @ np.where(alive, table.counts, 0)
    usual = (weights * rates) @ alive.astype(np.float64)
    factors = np.ones(KINDS)
    for kind in range(7):
        factors[kind] = _factor(kind, table.kinds, heard, usual, 1.0)
    factors[HOLIDAY] = _factor(HOLIDAY, table.kinds, heard, usual, float(factors[6]))
    factors[MAKEUP] = _factor(MAKEUP, table.kinds, heard, usual, float(factors[:5].mean()))
    level = float(factors[:7].mean())
    return factors / level


_UNSURE = 40.0


def _factor(kind: int, kinds: Ints, heard: Floats, usual: Floats, to: float) -> float:
    of_kind = kinds == kind
    return float((heard[of_kind].sum() + _UNSURE * to) / (usual[of_kind].sum() + _UNSURE))
