"""How counts are usually watched, to compare with: each gives a score for every issue and day."""

import numpy as np
from numpy.typing import NDArray

from tingda.lib.rising.tail import LARGEST_SIZE, log_tail
from tingda.lib.rising.values import FEWEST_PEOPLE

Floats = NDArray[np.float64]

OTHERS = ("ears_c1", "t7", "poisson")
# what each takes for one false alarm in a hundred days; C1's three deviations are its own rule
TEXTBOOK = {"ears_c1": 3.0, "t7": 3.1427, "poisson": 2.0}
_WEEK, _MONTH = 7, 28
_LEAST_DEVIATION = 0.5  # as EARS is run: a week of nothing must not make one person an alarm
_LEAST_T = 1 / np.sqrt(_WEEK)


def score(method: str, counts: NDArray[np.int32], day: int) -> Floats:
    """The score of each issue on this day, from this day and those before it."""
    today = counts[:, day].astype(np.float64)
    week = counts[:, day - _WEEK : day].astype(np.float64)
    more: Floats = today - week.mean(axis=1)
    deviation: Floats = week.std(axis=1, ddof=1)
    if method == "ears_c1":
        # Hutwagner et al., "The bioterrorism preparedness and response EARS" (2003)
        c1: Floats = more / np.maximum(deviation, _LEAST_DEVIATION)
        return c1
    if method == "t7":
        t: Floats = more / (np.maximum(deviation, _LEAST_T) * float(np.sqrt(1 + 1 / _WEEK)))
        return t
    mean = np.maximum(counts[:, max(day - _MONTH, 0) : day].mean(axis=1), 0.5 / _MONTH)
    above = today > mean
    found = np.zeros_like(today)
    size = np.full(int(above.sum()), LARGEST_SIZE)
    found[above] = -log_tail(today[above], mean[above], size) / np.log(10)
    return found


def with_people(scores: Floats, counts: NDArray[np.int32], day: int) -> Floats:
    """The rule of at least three people in a week, which helps the others too."""
    week = counts[:, max(day + 1 - _WEEK, 0) : day + 1].sum(axis=1)
    return np.where((week >= FEWEST_PEOPLE) & (counts[:, day] > 0), scores, -np.inf)
