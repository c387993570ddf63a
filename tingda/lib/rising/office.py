"""Learning what is usual in an office, and judging its issues by it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tingda.lib.rising.curve import Curve, curve_of
from tingda.lib.rising.hours import most_unusual_hours
from tingda.lib.rising.scoring import LN10, Scores, scores_of
from tingda.lib.rising.table import SPAN, Table, table_of
from tingda.lib.rising.tail import Floats
from tingda.lib.rising.usual import Usual, usual_of
from tingda.lib.rising.values import FEWEST_PEOPLE, WINDOWS, DayKind, Rise, Series

_FRESH = 1  # the oldest age in days at which hours are looked at
_HALVINGS = 60
_DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Office:
    """What was learnt from all issues of an office up to a day. Never changed, only learnt anew."""

    usual: Usual
    curve: Curve

    @classmethod
    def learn(
        cls,
        series: Sequence[Series],
        until: date,
        special: Mapping[date, DayKind] | None = None,
        confirmed: Collection[int] = (),
    ) -> "Office":
        """Learn from the 90 days up to and with `until`, the last day that is over.

        Days that no issue of the office has yet are not learnt from. `confirmed` are keys of
        issues that a person said had truly grown: what they did is not held to be a false alarm.
        """
        series = sorted(series, key=lambda one: one.key)  # what is learnt hangs on no order
        firsts = [(until - one.first).days + 1 for one in series if one.first <= until]
        table = table_of(series, until, special or {}, span=min(max([*firsts, 1]), SPAN))
        known = set(confirmed)
        return cls.learn_table(table, np.array([one.key in known for one in series], dtype=bool))

    @classmethod
    def learn_table(cls, table: Table, left_out: "np.typing.NDArray[np.bool_]") -> "Office":
        """The same from a matrix; `left_out` says which rows no threshold is learnt from."""
        usual = usual_of(table)
        return cls(usual, curve_of(table, usual, left_out))

    def judge(
        self,
        series: Sequence[Series],
        today: date,
        *,
        per_week: float,
        special: Mapping[date, DayKind] | None = None,
    ) -> list[Rise]:
        """How unusual each issue is today, in the order given.

        At most `per_week` false alarms a week are to be expected over all of `series`, which must
        therefore be all live issues, the silent ones too. An alarm that lasts counts every day.
        """
        if not series:
            return []
        table = table_of(series, today, special or {})
        (scores,) = scores_of(table, self.usual, range(table.days - 1, table.days))
        needed = self.curve.needed(scores, self.rate(scores, per_week))
        return [self._rise(one, row, scores, float(needed[row])) for row, one in enumerate(series)]

    def rate(self, scores: Scores, per_week: float) -> float:
        """The rate of false alarms, an issue and day, that makes `per_week` of them over all.

        Issues too quiet ever to alarm at that rate leave their part to the others.
        """
        most = self.curve.reached(scores)
        wanted = per_week / _DAYS_A_WEEK
        low, high = 0.0, 1.0
        for _halving in range(_HALVINGS):
            middle = (low + high) / 2
            few = float(np.minimum(most, middle).sum()) < wanted
            low, high = (middle, high) if few else (low, middle)
        return low

    def _rise(self, one: Series, row: int, scores: Scores, needed: float) -> Rise:
        number = int(np.argmin(scores.log_p[:, row]))
        window, seen = f"{WINDOWS[number]}d", int(scores.seen[number, row])
        expected, score = float(scores.expected[number, row]), float(scores.score[row])
        hours = most_unusual_hours(one.hours, self.usual) if _is_fresh(scores.age, row) else None
        if hours and -hours[3] / LN10 > score:
            window, seen, expected = f"{hours[0]}h", hours[1], hours[2]
            score = -hours[3] / LN10
        enough = one.people is None or one.people >= FEWEST_PEOPLE
        return Rise(
            key=one.key,
            window=window,
            expected=round(expected, 2),
            seen=seen,
            p=float(10.0**-score),
            score=round(score, 3),
            is_alarm=bool(enough and score >= needed),
            why={
                "window": window,
                "expected": round(expected, 2),
                "seen": seen,
                "score": round(score, 2),
                "needed": round(needed, 2),
                "is_young": bool(scores.age[row] < _DAYS_A_WEEK),
            },
        )


def _is_fresh(age: Floats, row: int) -> bool:
    return bool(0 <= age[row] <= _FRESH)
