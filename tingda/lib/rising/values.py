"""What is judged, and what is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

DayKind = Literal["holiday", "makeup"]  # a day off besides weekends; a weekend day that is worked
WINDOWS = (1, 3, 7)  # days, the day that is judged included
HOUR_WINDOWS = (1, 3, 6, 12)
FEWEST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Series:
    """How many distinct people spoke of one issue on each day.

    `counts` begin with the day `first`, on which the issue began; days after the last of them
    count as 0. `hours` are the people of each of the last hours, oldest first, and matter only
    for an issue of today or yesterday. `people` are the distinct people of the last seven days
    where that is known: somebody who writes daily is one. Raises ValueError for negative counts.
    """

    key: int
    counts: Sequence[int]
    first: date
    hours: Sequence[int] = ()
    people: int | None = None

    def __post_init__(self) -> None:
        if min(self.counts, default=0) < 0 or min(self.hours, default=0) < 0:
            raise ValueError(f"series {self.key} has a negative count")


@dataclass(frozen=True, slots=True)
class Rise:
    """How unusual the last days of one issue are.

    `window` is the one that is most unusual, as "1d", "3d", "7d" or "1h" to "12h"; `expected`
    and `seen` are people in it; `p` is how probable so many were, all windows taken together,
    before calibration; `score` is -log10 of it; `is_alarm` says that the score is higher than the
    office's own history allows for the wanted number of false alarms. `why` is for storing.
    """

    key: int
    window: str
    expected: float
    seen: int
    p: float
    score: float
    is_alarm: bool
    why: dict[str, object] = field(hash=False)
