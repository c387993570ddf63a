"""Steps around a limit: who is reminded before it, told at it, and called on after it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EARLIEST = 0.5  # a reminder waits until half of the time is over


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: `hours` after the limit (below nought: before it), and who it goes to.

    `urgent` is told at night, too.
    """

    code: str
    hours: int
    to: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A rung whose time has come or will come."""

    rung: Rung
    at: datetime


def times(rungs: Iterable[Rung], start: datetime, limit: datetime) -> list[Due]:
    """When each rung is due for something that began at `start` and must be done by `limit`
    (aware), the earliest first. A reminder never comes in the first half of the time."""
    half = start + (limit - start) * EARLIEST
    found = []
    for rung in rungs:
        at = limit + timedelta(hours=rung.hours)
        found.append(Due(rung, max(at, min(half, limit)) if rung.hours < 0 else at))
    return sorted(found, key=lambda due: (due.at, due.rung.hours))


def owed(
    plan: Sequence[Due], done: Iterable[str], now: datetime
) -> tuple[list[Rung], datetime | None]:
    """The rungs that are due by `now` and not done, in order, and when the next one is due."""
    left = [due for due in plan if due.rung.code not in set(done)]
    later = [due.at for due in left if due.at > now]
    return [due.rung for due in left if due.at <= now], min(later, default=None)
