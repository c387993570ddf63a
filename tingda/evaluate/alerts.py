"""How early rises are found, and at how many false alarms: ours beside what is usual.

All methods are compared at the same actual rate of false alarms: the thresholds of the others
are moved until each alarms on as many of the quiet days as ours does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from tingda.evaluate.alerts_methods import OTHERS, TEXTBOOK, score, with_people
from tingda.evaluate.alerts_world import (
    JUDGED,
    KINDS,
    MEANS,
    RISE_DAYS,
    SETTINGS,
    Office,
    Setting,
    office_of,
)
from tingda.lib.rising.office import Office as Learnt
from tingda.lib.rising.scoring import scores_of

NOMINAL = 0.01
METHODS = ("ours", *OTHERS)
_BETWEEN_TIES = 1e-6

Found = dict[str, list[float]]
Bools = NDArray[np.bool_]


class OfSetting(TypedDict):
    """One simulated office: whether it was used for tuning, and what came of it."""

    name: str
    tuned: bool
    actual: float
    by_mean: dict[str, float]
    found_by_day: Found


class Report(TypedDict):
    """Over the settings not used for tuning; rates are of an issue and day.

    `by_mean` are ours; `worst` is the largest distance of them from `nominal`, as a share of it.
    `textbook` are the rates of the others at the thresholds that are written about them.
    """

    nominal: float
    actual: dict[str, float]
    found_by_day: Found
    by_mean: dict[str, float]
    worst: float
    by_rise: dict[str, Found]
    textbook: dict[str, float]
    settings: list[OfSetting]


@dataclass(frozen=True, slots=True)
class Size:
    """Issues of each mean in one setting: quiet ones, and rising ones of each kind."""

    quiet: int = 1_200
    rises: int = 60


@dataclass(frozen=True, slots=True)
class _Watched:
    """One office watched by all methods: `alarms[method][issue, judged day]`."""

    office: Office
    alarms: dict[str, Bools]
    textbook: dict[str, float]


def evaluate_alerts(
    seed: int,
    size: Size | None = None,
    settings: Sequence[Setting] = SETTINGS,
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Simulate every setting and watch it; the same seed gives the same report.

    `on_progress(done, of)` is called after each setting.
    """
    size = size or Size()
    watched = []
    for number, setting in enumerate(settings):
        chance = np.random.default_rng([abs(seed), number])
        watched.append(_watch(office_of(setting, size.quiet, size.rises, chance)))
        if on_progress:
            on_progress(number + 1, len(settings))
    judged = [one for one in watched if not one.office.setting.tuned] or watched
    means = _by_mean(judged)
    return Report(
        nominal=NOMINAL,
        actual={method: _rate(judged, method) for method in METHODS},
        found_by_day=_found(judged, range(len(KINDS))),
        by_mean=means,
        worst=round(max(abs(rate / NOMINAL - 1) for rate in means.values()), 3),
        by_rise={kind: _found(judged, [number]) for number, kind in enumerate(KINDS)},
        textbook={
            method: round(float(np.mean([one.textbook[method] for one in judged])), 5)
            for method in OTHERS
        },
        settings=[_of_setting(one) for one in watched],
    )


def at_same_rate(scores: NDArray[np.float64], quiet: Bools, rate: float) -> Bools:
    """Alarms where a score is higher than on all but the share `rate` of the quiet days.

    Of days with the same score as many alarm as the rate allows, always the same ones.
    """
    scores = scores + np.random.default_rng(1).random(scores.shape) * _BETWEEN_TIES
    values = np.sort(scores[quiet], axis=None)
    allowed = round(rate * values.size)
    threshold = values[-allowed - 1] if allowed < values.size else -np.inf
    result: Bools = scores > threshold
    return result


def _watch(office: Office) -> _Watched:
    table, learnt = office.table, office.setting.learnt
    known = Learnt.learn_table(office.history(), np.zeros(len(office.mean), dtype=bool))
    days = range(learnt, learnt + JUDGED)
    ours = [
        scores.score >= known.curve.needed(scores, NOMINAL)
        for scores in scores_of(table, known.usual, days)
    ]
    alarms = {"ours": np.stack(ours, axis=1)}
    quiet = np.broadcast_to((office.kind < 0)[:, None], alarms["ours"].shape)
    rate = float(alarms["ours"][quiet].mean())
    textbook = {}
    for method in OTHERS:
        plain = [score(method, table.counts, day) for day in days]
        textbook[method] = float((np.stack(plain, axis=1) > TEXTBOOK[method])[quiet].mean())
        ruled = [with_people(at, table.counts, day) for at, day in zip(plain, days, strict=True)]
        alarms[method] = at_same_rate(np.stack(ruled, axis=1), quiet, rate)
    return _Watched(office, alarms, textbook)


def _quiet(one: _Watched) -> Bools:
    return one.office.kind < 0


def _rate(watched: Sequence[_Watched], method: str) -> float:
    return round(float(np.mean([one.alarms[method][_quiet(one)].mean() for one in watched])), 5)


def _by_mean(watched: Sequence[_Watched]) -> dict[str, float]:
    return {
        f"{mean:g}": round(
            float(
                np.mean(
                    [
                        one.alarms["ours"][_quiet(one) & (one.office.mean == number)].mean()
                        for one in watched
                    ]
                )
            ),
            5,
        )
        for number, mean in enumerate(MEANS)
    }


def _found(watched: Sequence[_Watched], kinds: Sequence[int]) -> Found:
    """The share of rises with an alarm on their first day, first two, first three."""
    found: Mapping[str, list[Bools]] = {method: [] for method in METHODS}
    for one in watched:
        rows = np.flatnonzero(np.isin(one.office.kind, list(kinds)))
        first = one.office.risen_on[rows] - one.office.setting.learnt
        days = first[:, None] + np.arange(RISE_DAYS)[None, :]
        for method in METHODS:
            found[method].append(one.alarms[method][rows[:, None], days])
    return {
        method: [
            round(float(np.concatenate(hits)[:, : day + 1].any(axis=1).mean()), 4)
            for day in range(RISE_DAYS)
        ]
        for method, hits in found.items()
    }


def _of_setting(one: _Watched) -> OfSetting:
    return OfSetting(
        name=one.office.setting.name,
        tuned=one.office.setting.tuned,
        actual=_rate([one], "ours"),
        by_mean=_by_mean([one]),
        found_by_day=_found([one], range(len(KINDS))),
    )
