"""How far the clock of somebody else is from ours, by the times it gives to what is new.

Whoever is looked at often lists a message soon after it was said. A message that was not there at
the last look, and was said a year before it, was said by a clock that is a year slow; unless it
is an old one that came up again. So times have to be the newest that were ever given, or to go on
at the same distance from ours from look to look.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

FAR = timedelta(days=7)
NEARLY = timedelta(days=1.5).total_seconds()  # that the distance may change from look to look
MOST, AGAIN = 3, 2  # looks that are kept; of another clock before, so many must agree
_DAY = timedelta(days=1).total_seconds()


class Drift(NamedTuple):
    """`days` the clock is slow (less than 0: fast), 0 while it is right or nobody knows; `kept`
    is what the next look is judged by, for keeping as JSON."""

    days: int
    kept: dict[str, object]


def drift(
    kept: Mapping[str, object], said: Sequence[datetime], now: datetime, before: datetime | None
) -> Drift:
    """After a look that brought new messages with these times; `before` is the look before it,
    None where what is new may be old: at the first one, or after a time of failures. Without a
    time nothing changes.
    """
    looks = [_look(one) for one in _listed(kept.get("looks"))]
    newest = _number(kept.get("newest"))
    if said:
        last = max(said).timestamp()
        if before is not None and newest:
            is_far = before - max(said) > FAR or max(said) - now > FAR
            looks = [*looks, (last, now.timestamp() if is_far else last, newest)][-MOST:]
        newest = max(newest, last)
    return Drift(_days(looks), {"looks": [list(one) for one in looks], "newest": newest})


_Look = tuple[float, float, float]
"""The time of its newest message; when that was heard, or the same where it may be right; the
newest time before."""


def _days(looks: Sequence[_Look]) -> int:
    run: list[_Look] = []
    for look in reversed(looks):
        if look[0] == look[1] or (run and not _go_on(look, run[-1])):
            break
        run.append(look)
    if not run:
        return 0
    is_newest = len(run) == len(looks) < MOST and all(said > before for said, _at, before in run)
    if not (is_newest or len(run) >= AGAIN):
        return 0
    said, heard, _before = run[0]
    return round((heard - said) / _DAY)


def _go_on(one: _Look, later: _Look) -> bool:
    steady = abs((one[1] - one[0]) - (later[1] - later[0])) <= NEARLY
    return steady and one[0] < later[0]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _look(value: object) -> _Look:
    said, heard, before = map(_number, _listed(value))
    return said, heard, before


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
