"""Grouping: what was read joins an issue or begins one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from django.db import connection, transaction
from django.db.models import QuerySet

from tingda.analyse.actions.quarantine import due_again, put_aside, settled
from tingda.analyse.actions.reading import NOT_THE_VOICES_FAULT
from tingda.analyse.models import Quarantine, Reading
from tingda.collect.models import Voice
from tingda.detect.actions.counting import hold, recount
from tingda.detect.actions.warning import AT_ONCE
from tingda.detect.actions.weighing import weigh_now
from tingda.detect.models import Apart, Belonging, Gathering, Issue
from tingda.detect.rules import Grouper, Item, Placed

BATCH = 500
# plain values: of a flood a hundred thousand rows are learnt while nobody else can write
_READ = ("terms", "places", "digest")
_LEARNT = ("issue", "stamp", "voice", "voice__at", *(f"voice__reading__{name}" for name in _READ))


class Memory:
    """What this process knows of the grouping: a copy of the tables, kept current by stamp."""

    def __init__(self) -> None:
        self.grouper = Grouper()
        self.stamp = 0

    def catch_up(self) -> None:
        """Learn what was grouped, moved, merged or pulled apart since the last look."""
        changed = Belonging.objects.filter(stamp__gt=self.stamp).order_by("stamp", "voice_id")
        for issue, stamp, *learnt in changed.values_list(*_LEARNT).iterator(2000):
            self.grouper.load([_learnt(*learnt)], [issue])
            self.stamp = stamp
        for one, other in Apart.objects.values_list("one", "other"):
            self.grouper.keep_apart(one, other)


_memory: Memory | None = None
_turn = Lock()


def gather_due(*, now: datetime, limit: int = BATCH) -> int:
    """Group the readings that are owed it, in the order they were heard; how many were done.

    A batch stands or falls together. What went wrong half-way is forgotten and read again from
    the tables, so the process never believes what the database does not hold. Of a batch that
    fails each voice is tried alone: one that fails by itself is put aside with its reason.
    """
    owed = Reading.objects.filter(ungathered=True).order_by("voice_id")
    if not owed.exists():
        return 0  # the usual case: nobody waits until this process knows every issue
    with _at_work() as work:
        if work is None:
            return 0  # another process is at it
        readings = list(_held(owed)[:limit])
        work.gather(readings, now)
        return len(readings)


def gather_again_due(*, now: datetime, limit: int = 20) -> int:
    """Try again the voices that could not be grouped, when their time has come; how many."""
    if not Quarantine.objects.filter(stage=Quarantine.Stage.GATHER, next_due__lte=now).exists():
        return 0  # the usual case, without taking turns
    with _at_work() as work:
        if work is None:
            return 0
        waiting = due_again(Quarantine.Stage.GATHER, now, limit)
        work.gather_alone(list(_held(Reading.objects.filter(pk__in=waiting))), now)
        return len(waiting)


@contextmanager
def grouping() -> Iterator[tuple[Grouper, Gathering] | None]:
    """All that is grouped, held until the end; None while another process is at it."""
    with _at_work() as work:
        yield None if work is None else (work.current().grouper, work.gathering)


def _held(rows: "QuerySet[Reading]") -> "QuerySet[Reading]":
    """With what grouping needs. A voice that is read anew just now is grouped anew after it."""
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",))
    return rows.select_related("voice", "voice__source")


@contextmanager
def _at_work() -> "Iterator[_Work | None]":
    """One transaction of the one process that groups, in one thread of it; None in the others.

    A process that begins learns hundreds of thousands of voices: before the transaction, in which
    on SQLite nobody else can write.
    """
    global _memory
    if not _turn.acquire(blocking=False):
        yield None
        return
    try:
        memory, _memory = _memory or Memory(), None
        memory.catch_up()
        with transaction.atomic():
            gathering = hold(wait=False)
            work = _Work(memory, gathering) if gathering else None
            yield work
        _memory = work.memory if work else memory
    finally:
        _turn.release()


class _Work:
    """A batch, while the gathering is held."""

    def __init__(self, memory: Memory | None, gathering: Gathering) -> None:
        self.memory, self.gathering = memory, gathering

    def gather(self, readings: Sequence[Reading], now: datetime) -> None:
        """Group them together or, where that fails, each alone."""
        memory = self.current()
        if not readings:
            return
        try:
            with transaction.atomic():
                self.memory = _place(memory, self.gathering, readings, now)
        except NOT_THE_VOICES_FAULT:
            raise
        except Exception:  # whatever a voice can do to the engine
            self._start_over()
            self.gather_alone(readings, now)

    def gather_alone(self, readings: Sequence[Reading], now: datetime) -> None:
        """Group each by itself; those that fail are put aside."""
        for reading in readings:
            memory = self.current()
            try:
                with transaction.atomic():
                    self.memory = _place(memory, self.gathering, [reading], now)
            except NOT_THE_VOICES_FAULT:
                raise
            except Exception as error:
                self._start_over()
                put_aside(reading.voice_id, Quarantine.Stage.GATHER, error, now=now)

    def current(self) -> Memory:
        """What is known of the grouping, as it is now."""
        memory = self.memory
        if memory is None or memory.stamp > self.gathering.stamp:  # a backup came back
            memory = Memory()
        memory.catch_up()
        self.memory = memory
        return memory

    def _start_over(self) -> None:
        self.memory = None
        self.gathering.refresh_from_db()


def _item(reading: Reading, voice: Voice) -> Item:
    return _learnt(voice.pk, voice.at, reading.terms, reading.places, reading.digest)


def _learnt(key: int, at: datetime, terms: str, places: Sequence[str], digest: str) -> Item:
    return Item(key, tuple(terms.split()), tuple(places), digest, at)


def _place(
    memory: Memory, gathering: Gathering, readings: Sequence[Reading], now: datetime
) -> Memory:
    """Where each belongs; those that were read again stay where they are. Returns the memory
    that is current afterwards.
    """
    of = {row.voice_id: row for row in readings}
    again = Belonging.objects.in_bulk(list(of))
    items = [_item(row, row.voice) for row in readings if row.voice_id not in again]
    memory, placed = _placed(memory, items)
    numbers = _new_issues([row for row in placed if row.is_new], of)
    memory.grouper.renumber(numbers)
    issue_of = {row.key: numbers.get(row.issue, row.issue) for row in placed}
    stamp = gathering.stamp + 1
    Belonging.objects.bulk_create(
        _belonging(row, of[row.key].voice, issue_of[row.key], stamp) for row in placed
    )
    Gathering.objects.filter(pk=1).update(stamp=stamp)
    _fold_again([*again.values()], of)
    grown = {issue_of[row.key] for row in placed if not row.is_new}
    issue_of |= {voice: belonging.issue_id for voice, belonging in again.items()}
    Reading.objects.filter(pk__in=list(of)).update(ungathered=False)
    recount(grown | {belonging.issue_id for belonging in again.values()})
    urgent = (row for row in readings if row.urgency >= AT_ONCE and not row.repeat_of_id)
    if at_once := sorted({issue_of[row.voice_id] for row in urgent}):
        weigh_now(at_once, now)
    settled(list(of))
    memory.stamp = gathering.stamp = stamp
    return memory


def _placed(memory: Memory, items: Sequence[Item]) -> tuple[Memory, list[Placed]]:
    """Issues end without a stamp, when the time of all their voices is over: who still remembers
    one learns anew what there is.
    """
    placed = memory.grouper.place(items)
    joined = {row.issue for row in placed if row.issue > 0}
    standing = Issue.objects.filter(pk__in=joined).exclude(state=Issue.State.MERGED)
    if standing.count() < len(joined):
        memory = Memory()
        memory.catch_up()
        placed = memory.grouper.place(items)
    return memory, placed


def _fold_again(belongings: Sequence[Belonging], of: Mapping[int, Reading]) -> None:
    """A voice that was read again is folded where it repeats another of the same issue."""
    firsts = [of[row.pk].repeat_of_id for row in belongings]
    rows = Belonging.objects.filter(pk__in=[first for first in firsts if first])
    issue_of = dict(rows.values_list("pk", "issue_id"))
    for row, first in zip(belongings, firsts, strict=True):
        row.copy = first is not None and issue_of.get(first) == row.issue_id
    Belonging.objects.bulk_update(belongings, ["copy"], batch_size=500)


def _belonging(row: Placed, voice: Voice, issue: int, stamp: int) -> Belonging:
    return Belonging(
        voice=voice,
        issue_id=issue,
        at=voice.at,
        author_hash=voice.author_hash or f"v{voice.pk}",
        copy=row.copy_of is not None,
        why=row.why(),
        stamp=stamp,
    )


def _new_issues(begun: Sequence[Placed], of: Mapping[int, Reading]) -> dict[int, int]:
    """A row for every issue that the engine began; its provisional number to ours."""
    rows = [
        Issue(
            title=reading.voice.headline[:200],
            topic_id=reading.topic_id,
            place=reading.place,
            first_at=reading.voice.at,
            last_at=reading.voice.at,
            heard_at=reading.voice.heard_at,
            messages=1,
            people=1,
        )
        for reading in (of[row.key] for row in begun)
    ]
    made = Issue.objects.bulk_create(rows)
    return {row.issue: issue.pk for row, issue in zip(begun, made, strict=True)}
