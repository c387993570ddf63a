"""复盘: asked for, written, its tasks given out, finished."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from tingda.answers import rules
from tingda.answers.models import Lookback
from tingda.cases.actions.meetings import give_task
from tingda.cases.models import Case, Task
from tingda.cases.queries.people import looked_after_by
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name

BATCH = 50
EVERY = timedelta(minutes=10)  # between two looks while there is nothing to ask for


@dataclass(frozen=True)
class Learnt:
    """What a review says."""

    happened: str
    went_well: str
    to_change: str


def ask_lookback(case: Case, *, by: Person | None, now: datetime) -> Lookback:
    """A case that is over is looked back at, once; None asks for the system, after a grave case."""
    if by is not None:
        by.must("take_on")
    if case.is_open:
        raise Refused(_("办结以后才能复盘"))
    try:
        with transaction.atomic():
            row = Lookback.objects.create(case=case, asked_by=by, asked_at=now)
            _line("lookback.asked", row, by=by, now=now)
            data = {"title": case.title}
            key = f"lookback.asked:{row.pk}"
            whom = looked_after_by(case, now)
            tell(whom, "lookback.asked", key=key, link=_subject(row), now=now, data=data)
            return row
    except IntegrityError as error:
        raise Refused(_("这个事项已经有一份复盘")) from error


class _Looked:
    """When this process saw that no grave case waits for its review."""

    at: datetime | None = None


def look_back_if_grave(case: Case, *, now: datetime) -> None:
    """Ask for the review of a case that was just closed, where its grade calls for one."""
    if case.grade in rules.LOOKED_BACK and not Lookback.objects.filter(case=case).exists():
        with suppress(Refused):  # the worker was first
            ask_lookback(case, by=None, now=now)


def look_back_due(*, now: datetime) -> int:
    """Ask for a review of each grave case that was closed and has none; how many."""
    if _Looked.at and _Looked.at <= now < _Looked.at + EVERY:
        return 0
    rows = Case.objects.filter(state="closed", grade__in=rules.LOOKED_BACK, lookback=None)
    asked = 0
    for case in rows.select_related("owner").order_by("id")[:BATCH]:
        try:
            ask_lookback(case, by=None, now=now)
        except Refused:
            continue  # a person was first
        asked += 1
    if not asked:
        _Looked.at = now
    return asked


def _held(lookback: Lookback, by: Person) -> Lookback:
    row = Lookback.objects.select_for_update().get(pk=lookback.pk)
    by.must("take_on")
    if row.finished_at:
        raise Refused(_("这份复盘已经定稿"))
    return row


@transaction.atomic
def write_lookback(
    lookback: Lookback, learnt: Learnt, seen: int, *, by: Person, now: datetime
) -> Lookback:
    """Write it down; `seen` is the edition that the person began from, and refused when another
    was written meanwhile. What stood before is in the ledger."""
    row = _held(lookback, by)
    if row.edition != seen:
        raise Refused(_("您打开之后，别人已经写过了。请看过新的内容再保存"))
    row.happened, row.went_well = learnt.happened.strip(), learnt.went_well.strip()
    row.to_change, row.edition = learnt.to_change.strip(), seen + 1
    row.written_by, row.written_at = by, now
    row.save()
    words = {"happened": row.happened, "went_well": row.went_well, "to_change": row.to_change}
    _line("lookback.written", row, by=by, now=now, edition=row.edition, **words)
    return row


@transaction.atomic
def finish_lookback(lookback: Lookback, *, by: Person, now: datetime) -> Lookback:
    """It goes into the library as it is; tasks go on."""
    row = _held(lookback, by)
    rules.check_lookback(row.happened, row.to_change)
    row.finished_by, row.finished_at = by, now
    row.save(update_fields=["finished_by", "finished_at"])
    _line("lookback.finished", row, by=by, now=now)
    return row


@transaction.atomic
def add_task(
    lookback: Lookback, what: str, owner: Person, due_on: date, *, by: Person, now: datetime
) -> Task:
    """Something to change, by one person, by a day. The owner is told, and finds it among their
    tasks; where it is late, they are called on."""
    row = _held(lookback, by)
    return give_task(what, owner, due_on, case=row.case, improves=True, by=by, now=now)


def _subject(row: Lookback) -> str:
    return f"lookback:{row.case_id}"


def _line(verb: str, row: Lookback, *, by: Person | None, now: datetime, **data: object) -> None:
    thread, actor = row.case.thread, actor_name(by)
    record(verb, _subject(row), thread=thread, actor=actor, now=now, data=data)
