"""How much will be said about an issue in the next 1, 3 and 7 days, with a band that holds 80 %.

Three methods look at the counts a day: the same days of last week, a damped Holt-Winters, and a
negative-binomial regression that has learnt how issues fade. They are mixed by weights, and the
band is made as wide as it has to be, both learnt from rolling origins over the history of the
office itself. Nothing here is random: the same history gives the same outlook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tingda.lib.outlook.learning import (
    FEWEST_DAYS,
    Lessons,
    Look,
    alive,
    learn,
    look_ahead,
)
from tingda.lib.outlook.methods import HORIZONS, METHODS, WEEK, History, tabulate, totals_ahead
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

__all__ = ["Expected", "History", "Horizon", "Outlook", "Prospect", "Why"]

FEWEST_ISSUES = 5
FEWEST_ORIGINS = 150  # days of issues, after which seven more days are known
MOST_ISSUES = 500  # from more of them nothing more is learnt
_AT_ONCE = 100
_MONTH = 28


@dataclass(frozen=True, slots=True)
class Expected:
    """What comes in the next so many days together, in whole counts: low ≤ expected ≤ high. What
    is expected is the middle: more comes about as often as less. Four of five lie in the band."""

    days: int
    expected: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Horizon:
    """Why so much in `days` days: what each method said and its weight (by name; weights sum to
    1), and how an issue that stands like this one changes (1: goes on as it is now)."""

    days: int
    weights: dict[str, float]
    said: dict[str, float]
    change: float


@dataclass(frozen=True, slots=True)
class Why:
    """What an outlook rests on: counts of the last days, days known of this issue, and the issues
    and days of issues (rolling origins of the longest horizon) that were learnt from."""

    last_7: int
    last_28: int
    days_known: int
    horizons: tuple[Horizon, ...]
    issues: int
    origins: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """The outlook of one issue and its reasons."""

    expected: tuple[Expected, ...]
    why: Why


class Outlook:
    """What was learnt from an office's history; answers for one issue or many."""

    def __init__(self, lessons: Lessons) -> None:
        self.lessons = lessons

    @classmethod
    def learn(cls, histories: Sequence[History]) -> "Outlook":
        """From the issues of the office, dead ones too: each up to the last known day. Of more
        than 500 evenly chosen ones are taken. Refused: too little history, counts below nought."""
        for history in histories:
            _check(history.counts)
        some = [history for history in histories if len(history.counts) > FEWEST_DAYS]
        step = max(len(some) / MOST_ISSUES, 1.0)
        chosen = [some[int(n * step)] for n in range(min(len(some), MOST_ISSUES))]
        table = tabulate(chosen)
        known = ~np.isnan(totals_ahead(table.counts)[:, :, -1])
        origins = int((alive(table) & known).sum())
        if len(chosen) < FEWEST_ISSUES or origins < FEWEST_ORIGINS:
            raise Refused(
                _(
                    "历史太短，还不能预计走势：至少要有 %(issues)s 个议题、合计 %(origins)s 天记录"
                    "（每个议题的头 %(first)s 天和最近 7 天不算），现在有 %(has)s 个、%(days)s 天"
                ),
                issues=FEWEST_ISSUES,
                origins=FEWEST_ORIGINS,
                first=FEWEST_DAYS - 1,
                has=len(chosen),
                days=origins,
            )
        return cls(learn(table))

    def expect(self, counts: Sequence[int], first_day: date) -> list[Expected]:
        """Of one issue: counts a day without a gap from its first day up to the last whole day.
        Refused: fewer than 7 days, counts below nought."""
        return list(self.prospect(counts, first_day).expected)

    def prospect(self, counts: Sequence[int], first_day: date) -> Prospect:
        """As `expect`, with its reasons."""
        found = self.prospects([History(first_day, counts)])[0]
        if isinstance(found, Refused):
            raise found
        return found

    def prospects(self, histories: Sequence[History]) -> list[Prospect | Refused]:
        """Of many issues at once; a refusal stands in the place of its issue."""
        found: list[Prospect | Refused] = []
        for start in range(0, len(histories), _AT_ONCE):
            some = histories[start : start + _AT_ONCE]
            refused = [_refused(history.counts) for history in some]
            good = [one for one, refusal in zip(some, refused, strict=True) if not refusal]
            look = look_ahead(tabulate(good), self.lessons) if good else None
            made = iter(self._prospect(look, row, one) for row, one in enumerate(good) if look)
            found += [refusal or next(made) for refusal in refused]
        return found

    def _prospect(self, look: Look, row: int, history: History) -> Prospect:
        counts = history.counts
        expected = [_expected(days, look, row, at, counts) for at, days in enumerate(HORIZONS)]
        why = Why(
            last_7=sum(counts[-WEEK:]),
            last_28=sum(counts[-_MONTH:]),
            days_known=len(counts),
            horizons=tuple(_horizon(days, look, row, at) for at, days in enumerate(HORIZONS)),
            issues=self.lessons.issues,
            origins=int(self.lessons.origins[-1]),
        )
        return Prospect(tuple(expected), why)


def _refused(counts: Sequence[int]) -> Refused | None:
    try:
        _check(counts)
    except Refused as refusal:
        return refusal
    if len(counts) >= FEWEST_DAYS:
        return None
    return Refused(
        _("这个议题的记录只有 %(days)s 天，满 %(need)s 天才能预计走势"),
        days=len(counts),
        need=FEWEST_DAYS,
    )


def _check(counts: Sequence[int]) -> None:
    if any(count < 0 or count != int(count) for count in counts):
        raise Refused(_("每天的条数必须是不小于零的整数"))


def _expected(days: int, look: Look, row: int, at: int, counts: Sequence[int]) -> Expected:
    low, middle, high = (int(count) for count in look.band[row, -1, at])
    if len(set(counts)) == 1:  # every day was the same, so no fading is to be read into it
        middle = days * counts[-1]
        low, high = min(low, middle), max(high, middle)
    return Expected(days, middle, low, high)


def _horizon(days: int, look: Look, row: int, at: int) -> Horizon:
    weights, said = look.weights[row, -1, at], look.said[row, -1, at]
    return Horizon(
        days=days,
        weights={name: round(float(part), 3) for name, part in zip(METHODS, weights, strict=True)},
        said={name: round(float(part), 1) for name, part in zip(METHODS, said, strict=True)},
        change=round(float(look.change[row, -1, at]), 3),
    )
