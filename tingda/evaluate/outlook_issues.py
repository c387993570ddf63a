"""Simulated issues for the outlook: five families, settings to tune on and others to measure on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tingda.lib.outlook.methods import Floats, History

FIRST = date(2026, 1, 5)  # a Monday
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Setting:
    """Ranges that each issue draws from. `weekend` is what a weekend day has of a weekday's
    volume, `spread` the k of the negative binomial (variance = mean + mean² / k)."""

    days: Range
    peak: Range
    half_life: Range
    growth: Range
    times: Range
    steady: Range
    sparse: Range
    weekend: Range
    spread: Range
    wild: Range


# What the constants of `lib.outlook` were chosen on; nothing is reported from these.
TUNING = Setting(
    days=(60, 150),
    peak=(5, 60),
    half_life=(2, 9),
    growth=(0.03, 0.1),
    times=(3, 12),
    steady=(1, 25),
    sparse=(0.1, 0.5),
    weekend=(0.3, 0.8),
    spread=(8, 40),
    wild=(0.6, 2.5),
)
# What `tingda evaluate outlook` measures on. No constant was fitted to it, but the families, their
# numbers and both settings were settled while both were being looked at.
MEASURING = Setting(
    days=(50, 160),
    peak=(8, 90),
    half_life=(1.5, 12),
    growth=(0.02, 0.12),
    times=(4, 15),
    steady=(0.8, 40),
    sparse=(0.12, 0.6),
    weekend=(0.4, 0.9),
    spread=(5, 60),
    wild=(0.5, 3.0),
)


def _between(dice: np.random.Generator, bounds: Range) -> float:
    """Evenly on the scale of the logarithm."""
    return float(np.exp(dice.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def _burst(dice: np.random.Generator, setting: Setting, days: int) -> Floats:
    """A quick rise, then half and half again; a third of them flare up once more."""
    at = np.arange(days)
    half, rise = _between(dice, setting.half_life), dice.integers(0, 4)
    peak = _between(dice, setting.peak)
    mean = peak * np.where(at < rise, (at + 1) / (rise + 1), 0.5 ** ((at - rise) / half))
    if dice.random() < 1 / 3:
        again = dice.integers(5, 30)
        mean += np.where(
            at < again, 0, peak * dice.uniform(0.2, 0.8) * 0.5 ** ((at - again) / half)
        )
    return np.asarray(mean)


def _growing(dice: np.random.Generator, setting: Setting, days: int) -> Floats:
    """Slow growth that slackens and comes to a level many times higher."""
    at = np.arange(days)
    growth = _between(dice, setting.growth)
    first, times = dice.uniform(0.3, 2), _between(dice, setting.times)
    return np.asarray(first * times / (1 + (times - 1) * np.exp(-growth * at)))


def _steady(dice: np.random.Generator, setting: Setting, days: int) -> Floats:
    return np.full(days, _between(dice, setting.steady))


def _sparse(dice: np.random.Generator, setting: Setting, days: int) -> Floats:
    return np.full(days, _between(dice, setting.sparse))


FAMILIES: Mapping[str, Callable[[np.random.Generator, Setting, int], Floats]] = {
    "burst": _burst,
    "growth": _growing,
    "steady": _steady,
    "overdispersed": _steady,
    "sparse": _sparse,
}


def simulate(dice: np.random.Generator, setting: Setting, family: str, weekend: float) -> History:
    """One issue, from its first voice on."""
    days = int(dice.integers(int(setting.days[0]), int(setting.days[1])))
    mean = FAMILIES[family](dice, setting, days)
    start = int(dice.integers(0, 7))
    own = weekend * dice.uniform(0.8, 1.2)
    weekly = np.where((start + np.arange(days)) % 7 >= 5, own, 1.0)
    spread = _between(dice, setting.wild if family == "overdispersed" else setting.spread)
    counts = dice.poisson(dice.gamma(spread, mean * weekly / spread))
    begun = int(np.argmax(counts > 0))
    return History(FIRST + timedelta(days=start + begun), [int(count) for count in counts[begun:]])


def office(seed: int, setting: Setting, each: int) -> dict[str, list[History]]:
    """So many issues of each family, of one office with one habit of weekends."""
    dice = np.random.default_rng(seed)
    weekend = _between(dice, setting.weekend)
    return {
        family: [
            simulate(dice, setting, family, weekend)
            for _n in range(each * (3 if family == "burst" else 1))
        ]
        for family in FAMILIES
    }
