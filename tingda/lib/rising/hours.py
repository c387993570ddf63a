"""The first hours of a fresh issue, before a day of it is over."""

from collections.abc import Sequence

import numpy as np

from tingda.lib.rising.tail import log_tail
from tingda.lib.rising.usual import Usual
from tingda.lib.rising.values import FEWEST_PEOPLE, HOUR_WINDOWS

_HOURS_A_DAY = 24


def most_unusual_hours(hours: Sequence[int], usual: Usual) -> tuple[int, int, float, float] | None:
    """Of the windows of hours up to now the most unusual: hours, people, expected, log p.

    `hours` are people of each of the last hours, oldest first. The first person of an issue is no
    evidence. `p` is corrected for how many windows of its length a day has and for how many
    lengths are tried, since a fresh issue is looked at all day. None where nothing is unusual.
    """
    mean, size = float(usual.first_mean[0, 0]), float(usual.first_size[0, 0])
    best: tuple[int, int, float, float] | None = None
    for window in HOUR_WINDOWS:
        part = hours[-window:]
        is_all = sum(part) == sum(hours)
        seen = sum(part)
        others = seen - (1 if is_all else 0)
        expected = max(mean * window / _HOURS_A_DAY, 1e-6)
        if seen < FEWEST_PEOPLE or others <= expected:
            continue
        tried = np.log(len(HOUR_WINDOWS) * _HOURS_A_DAY / window)
        one = (np.array([value]) for value in (float(others), expected, size))
        log_p = min(float(log_tail(*one)[0] + tried), 0.0)
        if best is None or log_p < best[3]:
            best = (window, seen, expected, log_p)
    return best
