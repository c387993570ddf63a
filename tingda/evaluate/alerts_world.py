"""Offices of simulated counts, in which some issues rise and most do not.

Every setting is an office of its own: issues of given means, weekends quieter, days uneven. What
`tingda.lib.rising` was tuned on is marked and was chosen first; the rest was never looked at for
tuning. Rises begin on a day after the learnt history.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tingda.lib.rising.table import LONG_AGO, Table

MEANS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0)  # people on an average workday
KINDS = ("sudden", "slow", "doubled")
JUDGED = 42  # days after the history
RISE_DAYS = 3  # days on which a rise may be found in time
QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Setting:
    """One office. The variance of a day with mean m is m (1 + `extra`) + `twin` m².

    `uneven`: how much `twin` differs between issues (squared coefficient of variation); `drift`:
    standard deviation of a day's step of the logarithm of an issue's rate, which turns back to its
    mean by a half in two weeks; `risen`: share of issues that rose once in the history.
    """

    name: str
    tuned: bool
    extra: float = 0.0
    twin: float = 0.0
    weekend: float = 0.5
    uneven: float = 0.0
    drift: float = 0.0
    learnt: int = 90
    risen: float = 0.0


SETTINGS = (
    Setting("even", tuned=True, twin=0.1),
    Setting("rough", tuned=True, extra=1.0),
    Setting("calm", tuned=False, extra=0.1, twin=0.02),
    Setting("wild", tuned=False, extra=0.3, twin=0.35),
    Setting("mixed", tuned=False, extra=0.2, twin=0.15, uneven=0.5, weekend=0.4),
    Setting("drifting", tuned=False, extra=0.3, twin=0.08, drift=0.04),
    Setting("short", tuned=False, extra=0.5, twin=0.1, learnt=42, weekend=0.6),
    Setting("risen", tuned=False, extra=0.4, twin=0.05, risen=0.01),
)


@dataclass(frozen=True, slots=True)
class Office:
    """`table` holds the history and the judged days; `risen_on[i]` is -1 where nothing rises.

    `kind[i]` is an index of `KINDS` for those that rise; `mean[i]` an index of `MEANS`.
    """

    setting: Setting
    table: Table
    mean: NDArray[np.int64]
    kind: NDArray[np.int64]
    risen_on: NDArray[np.int64]

    def history(self) -> Table:
        """What is known when the first day is judged."""
        known = self.table.counts[:, : self.setting.learnt]
        return Table(known, self.table.born, self.table.kinds[: self.setting.learnt])


def office_of(setting: Setting, quiet: int, rises: int, chance: np.random.Generator) -> Office:
    """For each mean, `quiet` issues that stay as they are and `rises` of each kind of rise."""
    each = quiet + rises * len(KINDS)
    mean = np.repeat(np.arange(len(MEANS)), each)
    kind = np.tile(np.repeat(np.arange(-1, len(KINDS)), [quiet] + [rises] * len(KINDS)), len(MEANS))
    days = setting.learnt + JUDGED
    kinds = ((np.arange(days) + int(chance.integers(7))) % 7).astype(np.int32)
    usual = np.array(MEANS)[mean][:, None] * np.where(kinds >= 5, setting.weekend, 1.0)[None, :]
    usual = usual * _drift(setting, len(mean), days, chance)
    start = chance.integers(setting.learnt, days - RISE_DAYS, len(mean))
    risen_on = np.where(kind >= 0, start, -1)
    rate = usual * 1.0
    for row in np.flatnonzero(kind >= 0):
        rate[row, risen_on[row] :] = _risen(usual[row, risen_on[row] :], KINDS[kind[row]])
    for row in np.flatnonzero(chance.random(len(mean)) < setting.risen):
        begin = int(chance.integers(7, setting.learnt - 7))
        rate[row, begin : begin + 7] = _risen(usual[row, begin : begin + 7], "sudden")
    twin = np.full(len(mean), setting.twin)
    if setting.uneven:
        twin *= chance.gamma(1 / setting.uneven, setting.uneven, len(mean))
    spread = setting.extra + twin[:, None] * rate
    loud = chance.gamma(rate / np.maximum(spread, 1e-9), np.maximum(spread, 1e-9))
    counts = chance.poisson(loud).astype(np.int32)
    born = np.full(len(mean), LONG_AGO, dtype=np.int32)
    return Office(setting, Table(counts, born, kinds), mean, kind, risen_on)


def _risen(usual: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """The rate from the first day of a rise on."""
    if kind == "doubled":
        double: NDArray[np.float64] = usual * 2
        return double
    if kind == "slow":
        grown: NDArray[np.float64] = 1.25 ** np.minimum(np.arange(1.0, len(usual) + 1), 14.0)
        slow: NDArray[np.float64] = usual * grown + 0.25
        return slow
    sudden: NDArray[np.float64] = usual + 2 + 2 * np.sqrt(usual)
    return sudden


def _drift(
    setting: Setting, issues: int, days: int, chance: np.random.Generator
) -> NDArray[np.float64]:
    factor = np.ones((issues, days))
    if not setting.drift:
        return factor
    keep = 0.5 ** (1 / 14)
    log_rate = chance.normal(0, setting.drift / np.sqrt(1 - keep**2), issues)
    for day in range(days):
        log_rate = keep * log_rate + chance.normal(0, setting.drift, issues)
        factor[:, day] = np.exp(log_rate)
    return factor
