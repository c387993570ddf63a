"""A week of listening in simulated time, with everything that goes wrong in a week.

The office's own code claims, looks and hears; only the network, the clock and death are played:
the worker is killed every few minutes (in the middle of a look, or of the transaction that keeps
it), hosts fail for seconds or hours, the clock jumps by up to two hours, both ways.

An entry counts as *offered* when it stood in its feed, on a server that answered, while Tingda
was running, for at least one interval of that source without a break. The interval is the one at
which the source was looked at then: a source that failed several times in a row is looked at
less often (`collect.rules.next_check`), and a host that asked for twenty minutes gets them.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from re import compile as pattern
from typing import TypedDict
from zoneinfo import ZoneInfo

from tingda.collect.actions.hearing import Heard, fresh_entries, hear
from tingda.collect.actions.looking import claim_due, free_claims_of_the_dead, put_clock_right
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.collect.sources.gate import host_of as host_row
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.round import go_round, through_gate
from tingda.duty.actions import beat
from tingda.evaluate.soak_world import DAY, HOUR, Feed, Span, World
from tingda.lib.fetch import Limits, Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

TICK = 20.0  # seconds of true time
AT_ONCE = 48
_MARK = pattern(r"F\d+E\d+\.")
START = datetime(2026, 3, 2, tzinfo=UTC)


class Report(TypedDict):
    """Counts of entries; `offered` ones must be heard exactly once. And what was suffered."""

    offered: int
    heard: int
    missed: int
    twice: int
    looks: int
    failed_looks: int
    kills: int
    clock_jumps: int


class Killed(BaseException):
    """As if the process had been killed: nobody tidies up."""


@dataclass
class _Life:
    """When the worker dies next, and what it was called."""

    dice: Random
    worker: str = "worker-0"
    dies_at: float = 0.0
    dead_until: float = 0.0
    down: list[Span] = field(default_factory=list)
    kills: int = 0

    def __post_init__(self) -> None:
        self.dies_at = self._some_minutes(0.0)

    def _some_minutes(self, at: float) -> float:
        return at + self.dice.uniform(2 * 60, 9 * 60)

    def die(self, at: float) -> None:
        """Killed now; the supervisor starts another soon."""
        self.kills += 1
        self.dead_until = at + self.dice.uniform(1, 30)
        self.down.append(Span(at, self.dead_until))
        self.worker = f"worker-{self.kills}"
        self.dies_at = self._some_minutes(self.dead_until)


class Soak:
    """One simulated stretch of time, from an empty office."""

    def __init__(self, days: float, seed: int) -> None:
        self.world = World(seed, days, START)
        self.dice = Random(seed + 1)  # noqa: S311 - a simulation is repeatable on purpose
        self.life = _Life(self.dice)
        self.now, self.offset = 0.0, 0.0
        self.jumps = sorted(self.dice.uniform(0, days * DAY) for _n in range(round(days * 2)))
        self.jumped = 0
        self.feed_of: dict[int, Feed] = {}
        self.intervals: dict[int, list[tuple[float, float]]] = {}
        self.looks = self.failed = 0

    def wall(self, at: float) -> datetime:
        """What the clock on the wall shows."""
        return START + timedelta(seconds=at + self.offset)

    def run(self, on_day: Callable[[int], None] = lambda _day: None) -> Report:
        """Live through it all."""
        self._found()
        day = 0
        while self.now < self.world.days * DAY:
            self._jump()
            self._tick()
            self.now += TICK
            if self.now // DAY > day:
                day = int(self.now // DAY)
                on_day(day)
        return self._report()

    def _found(self) -> None:
        for feed in self.world.feeds:
            source = Source.objects.create(
                kind="feed",
                name=f"feed-{feed.number}",
                address=feed.address,
                host=host_row(feed.address),
                interval_minutes=feed.minutes,
                next_due=self.wall(0),
            )
            self.feed_of[source.pk] = feed
            self.intervals[source.pk] = [(0.0, feed.minutes * 60)]

    def _jump(self) -> None:
        """The clock is set, wrongly, and the next time right again."""
        if self.jumped < len(self.jumps) and self.now >= self.jumps[self.jumped]:
            self.jumped += 1
            wrong = self.dice.choice((-1, 1)) * self.dice.uniform(60, 2 * HOUR)
            self.offset = 0.0 if self.offset else wrong

    def _tick(self) -> None:
        life = self.life
        if self.now < life.dead_until:
            return
        if self.now >= life.dies_at:  # between two looks
            life.die(self.now)
            return
        now = self.wall(self.now)
        if beat(life.worker, now=now):
            put_clock_right(now=now)
        free_claims_of_the_dead(now=now)
        worker = life.worker
        for source in claim_due(now=now, limit=AT_ONCE, worker=worker):
            if life.worker == worker:  # whoever died claims nothing and gives nothing back
                self._look(source)

    def _look(self, source: Source) -> None:
        clock = _Elapsed(self)
        plain = Manners(zone=ZoneInfo("Asia/Shanghai"), fetch=clock.fetch)
        out = through_gate(plain, clock.wall, clock.sleep)
        try:
            check = go_round(source, clock.hear, fresh_entries, self.wall(self.now), out)
        except Killed:
            self.life.die(self.now + clock.spent)
            return
        self.looks += 1
        self.failed += check.outcome == "failed"
        source.refresh_from_db()
        minutes = self.feed_of[source.pk].minutes * max(source.failures, 1)
        self.intervals[source.pk].append((self.now, minutes * 60.0))

    def _report(self) -> Report:
        marks = Counter(
            mark
            for title in Voice.objects.values_list("title", flat=True).iterator()
            for mark in _MARK.findall(title)
        )
        offered = [
            feed.mark(entry)
            for source, feed in self.feed_of.items()
            for entry in range(len(feed.born))
            if self._was_offered(source, feed, entry)
        ]
        return Report(
            offered=len(offered),
            heard=sum(1 for mark in offered if marks[mark]),
            missed=sum(1 for mark in offered if not marks[mark]),
            twice=sum(1 for count in marks.values() if count > 1),
            looks=self.looks,
            failed_looks=self.failed,
            kills=self.life.kills,
            clock_jumps=self.jumped,
        )

    def _was_offered(self, source: int, feed: Feed, entry: int) -> bool:
        end = self.world.days * DAY
        for span in self.world.well(feed, entry):
            start = max(span.start, 0.0)
            stood = min(span.end, end) - start - self._down_in(start, min(span.end, end))
            if stood >= self._interval_at(source, start):
                return True
        return False

    def _interval_at(self, source: int, at: float) -> float:
        known = self.intervals[source]
        return known[max(bisect_right(known, (at, float("inf"))) - 1, 0)][1]

    def _down_in(self, start: float, end: float) -> float:
        return sum(
            max(0.0, min(span.end, end) - max(span.start, start))
            for span in self.life.down
            if span.start < end and span.end > start
        )


class _Elapsed:
    """The time one look takes, and the death that may come meanwhile."""

    def __init__(self, soak: Soak) -> None:
        self.soak = soak
        self.spent = 0.0

    def wall(self) -> datetime:
        """The clock, as the look goes on."""
        return self.soak.wall(self.soak.now + self.spent)

    def sleep(self, seconds: float) -> None:
        """Wait for a host's turn."""
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.spent += seconds
        if self.soak.now + self.spent >= self.soak.life.dies_at:
            raise Killed

    def fetch(
        self, url: str, *, etag: str | None = None, limits: Limits, **_rest: object
    ) -> Response:
        """The world's answer, after a while."""
        with limits.turn(url.split("/")[2]):
            self._pass(self.soak.dice.choice((0.1, 0.5, 2.0, 15.0)))
            return self.soak.world.answer(url, etag or "", self.soak.now + self.spent)

    def hear(self, source: Source, entries: Iterable[Entry], *, now: datetime) -> Heard:
        """`hear`, with a small chance to be killed before it is kept."""
        heard = hear(source, entries, now=now)
        if self.soak.dice.random() < 0.01:
            raise Killed
        return heard


def soak(days: float, seed: int, on_day: Callable[[int], None] = lambda _day: None) -> Report:
    """Simulate so many days. Refused in a data folder that is in use."""
    if Source.objects.exists():
        raise Refused(_("这里已经有来源了。请在空的数据目录里做"))
    return Soak(days, seed).run(on_day)
