"""The usual rhythm of a source, and whether it has been quiet for too long.

Gaps are not measured in hours but in how much was to be expected in them, hour by hour and apart
for workdays and days off (holidays included): a notice board that is written on workdays is not
silent on a Sunday, and one that is written by day is not silent at night.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate, pairwise
from statistics import median

from tingda.lib.clocks import day_kind
from tingda.lib.words import mark as _

FEWEST_GAPS = 5
SHORTEST_SILENCE = timedelta(hours=6)
WINDOW = timedelta(days=60)
_TIMES_THE_USUAL, _TIMES_THE_SECOND = 3.0, 1.5
_UNSURE = 1.0  # on days of each sort so much is thought to come as on all others
_FEWEST_DAYS = 2
_HOURS_UNSURE = 6.0  # so many moments are thought to be spread over the whole day
_REST = frozenset({"weekend", "holiday"})


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often something new is heard. `usual` is the median gap, None where it is not known yet.

    `by_hour` says how much is expected up to each full hour of a workday and of a day off (25
    numbers each), `limit` after how much expected, but not heard, a silence is strange.
    """

    zone: tzinfo
    usual: timedelta | None = None
    per_day: float = 0.0
    by_hour: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    limit: float = 0.0

    @property
    def known(self) -> bool:
        """Whether enough was heard to speak of a rhythm."""
        return self.usual is not None


def rhythm_of(counts: Mapping[datetime, int], zone: tzinfo) -> Rhythm:
    """The rhythm of a source that was heard so: how many new things at each moment. The 60 days
    up to the last of them count: a silence after that does not change what was usual.
    """
    last = max(counts, default=None)
    since = sorted(at for at in counts if last and last - WINDOW <= at)
    if len(since) <= FEWEST_GAPS:
        return Rhythm(zone)
    local = [at.astimezone(zone) for at in since]
    by_hour = _by_hour(local)
    place = _Places(by_hour, local[0].date())
    gaps = sorted(place.of(later) - place.of(earlier) for earlier, later in pairwise(local))
    usual = gaps[int(0.95 * (len(gaps) - 1))]
    # what was as quiet before is not strange; and what was so twice belongs to the rhythm
    limit = max(_TIMES_THE_USUAL * usual, _TIMES_THE_SECOND * gaps[-2], gaps[-1])
    days = max((since[-1] - since[0]) / timedelta(days=1), 1.0)
    seconds = median((later - earlier).total_seconds() for earlier, later in pairwise(since))
    per_day = sum(counts[at] for at in since[1:]) / days
    return Rhythm(zone, timedelta(seconds=seconds), per_day, by_hour, limit)


def is_silent(last: datetime | None, now: datetime, rhythm: Rhythm) -> bool:
    """Whether nothing came for far longer than usual. Never where the rhythm is not known."""
    if last is None or not rhythm.known or now - last <= SHORTEST_SILENCE:
        return False
    begun, ends = last.astimezone(rhythm.zone), now.astimezone(rhythm.zone)
    place = _Places(rhythm.by_hour, begun.date())
    return place.of(ends) - place.of(begun) > rhythm.limit


def in_words(rhythm: Rhythm) -> tuple[str, dict[str, object]]:
    """The rhythm as a msgid and its params."""
    if rhythm.usual is None:
        return _("还看不出规律"), {}
    if rhythm.per_day >= 1.5:
        return _("平常每天约 %(n)s 条"), {"n": round(rhythm.per_day)}
    hours = rhythm.usual / timedelta(hours=1)
    if hours < 48:
        return _("平常每 %(n)s 小时有新的"), {"n": max(1, round(hours))}
    return _("平常每 %(n)s 天有新的"), {"n": round(hours / 24)}


def _by_hour(local: Sequence[datetime]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What is expected up to each hour, on a workday and on a day off."""
    span = (local[-1].date() - local[0].date()).days + 1
    days = Counter(_rests(local[0].date() + timedelta(days=n)) for n in range(span))
    heard = Counter(_rests(at.date()) for at in local)
    all_days = len(local) / span
    hours = Counter(at.hour for at in local)
    # neighbours share: what came at 8:59 may come at 9:01
    spread = [
        (hours[(h - 1) % 24] + 2 * hours[h] + hours[(h + 1) % 24]) / 4 + _HOURS_UNSURE / 24
        for h in range(24)
    ]
    share = [0.0, *accumulate(value / sum(spread) for value in spread)]
    work, rest = (
        (heard[kind] + _UNSURE) / (days[kind] + _UNSURE / all_days)
        # before it was heard through a weekend nothing is expected of one
        if days[kind] >= _FEWEST_DAYS
        else 0.0
        for kind in (False, True)
    )
    return tuple(work * part for part in share), tuple(rest * part for part in share)


def _rests(day: date) -> bool:
    return day_kind(day) in _REST


class _Places:
    """Where a moment stands on the line of what was to be expected since the first day."""

    def __init__(self, by_hour: tuple[tuple[float, ...], tuple[float, ...]], first: date) -> None:
        self._by_hour = by_hour
        self._days = [first]
        self._begin = [0.0]

    def of(self, at: datetime) -> float:
        """The place of a local moment that is not before the first day."""
        number = (at.date() - self._days[0]).days
        while number >= len(self._begin):
            whole = self._by_hour[_rests(self._days[-1])][-1]
            self._begin.append(self._begin[-1] + whole)
            self._days.append(self._days[-1] + timedelta(days=1))
        table = self._by_hour[_rests(at.date())]
        part = (at.minute * 60 + at.second) / 3600
        within = table[at.hour] + (table[at.hour + 1] - table[at.hour]) * part
        return self._begin[number] + within
