"""Meetings, their minutes, and the tasks that come of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.cases import rules
from tingda.cases.models import Case, Meeting, Minutes, Task, TaskFile
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name

MOST_FILES = 20
BEGUN = timedelta(minutes=15)  # whoever is called to a meeting that begins now is told, too


@dataclass(frozen=True, slots=True)
class Called:
    """A meeting as it is called; `others` are people who do not sign in here."""

    kind: str
    title: str
    at: datetime
    place: str
    people: Sequence[Person]
    others: str
    cases: Sequence[Case]


@transaction.atomic
def call_meeting(called: Called, *, by: Person, now: datetime) -> Meeting:
    """Call a meeting, or write down one that was held; who takes part is told."""
    by.must("take_on")
    if called.kind not in Meeting.Kind.values:
        raise Refused(_("请选择哪一种会"))
    title = rules.written(called.title, _("请写明议什么"))[:200]
    if not called.people and not called.others.strip():
        raise Refused(_("请写明谁参加"))
    if called.kind == Meeting.Kind.ASSESSMENT and not called.cases:
        raise Refused(_("会商要写明议哪个事项"))
    row = Meeting.objects.create(
        kind=called.kind,
        title=title,
        at=called.at,
        place=called.place.strip()[:200],
        others=called.others.strip(),
        called_by=by,
        called_at=now,
    )
    row.people.set(called.people)
    row.cases.set(called.cases)
    _record("meeting.called", row, {"title": title}, by=by, now=now)
    if called.at > now - BEGUN:
        data, key, link = {"title": title}, f"meeting.called:{row.pk}", f"meeting:{row.pk}"
        invited = [person for person in called.people if person != by]
        urgent = any(rules.band(case.grade) == "major" for case in called.cases)
        tell(invited, "meeting.called", key=key, link=link, now=now, data=data, urgent=urgent)
    return row


def _record(verb: str, row: Meeting, data: dict[str, object], *, by: Person, now: datetime) -> None:
    """A line in each case that is spoken of; one of its own where none is."""
    subject = f"meeting:{row.pk}"
    for thread in [case.thread for case in row.cases.all()] or [subject]:
        record(verb, subject, thread=thread, actor=actor_name(by), now=now, data=data)


def give_meeting(
    meeting: Meeting, person: Person, heir: Person, *, by: Person, now: datetime
) -> None:
    """Somebody else comes to a meeting in this person's place, or sees to it where they called it;
    the record says who called it."""
    meeting.people.remove(person)
    meeting.people.add(heir)
    data: dict[str, object] = {"title": meeting.title, "before": person.name, "to": heir.name}
    _record("meeting.handed_over", meeting, data, by=by, now=now)
    key, link = f"meeting.called:{meeting.pk}", f"meeting:{meeting.pk}"
    tell([heir], "meeting.called", key=key, link=link, now=now, data={"title": meeting.title})


@transaction.atomic
def add_minutes(meeting: Meeting, present: str, text: str, *, by: Person, now: datetime) -> Minutes:
    """Write down what was said and who was there; a second time adds to it."""
    by.must("take_on")
    if now < meeting.at:
        raise Refused(_("会还没有开，开了再写纪要"))
    present = rules.written(present, _("请写明到会的人"))
    text = rules.written(text, _("请写纪要"))
    row = Minutes.objects.create(meeting=meeting, present=present, text=text, by=by, at=now)
    _record("meeting.minuted", meeting, {"title": meeting.title}, by=by, now=now)
    return row


@transaction.atomic
def give_task(  # noqa: PLR0913 - who does what by when, and what it came of
    what: str,
    owner: Person,
    due_on: date,
    *,
    case: Case | None = None,
    meeting: Meeting | None = None,
    improves: bool = False,
    by: Person,
    now: datetime,
) -> Task:
    """A decision becomes a task: who does what by the end of which day. `improves`: it came of the
    review of its case."""
    by.must("take_on")
    what = rules.written(what, _("请写明做什么"))[:300]
    if not owner.is_active:
        raise Refused(_("%(name)s已经不在用，请交给别人"), name=owner.name)
    zone = ZoneInfo(settings.TIME_ZONE)
    if due_on < now.astimezone(zone).date():
        raise Refused(_("办成的日子不能在今天以前"))
    due_at = datetime.combine(due_on, time(23, 59, 59), zone)
    about = {"case": case, "meeting": meeting, "improves": improves}
    row = _given(Task(what=what, owner=owner, due_at=due_at, **about), due_on, by=by, now=now)
    if owner != by:
        data, key, link = {"title": what, "by": by.name}, f"task.given:{row.pk}", f"task:{row.pk}"
        tell([owner], "task.given", key=key, link=link, now=now, data=data)
    return row


def owe_task(case: Case, what: str, due_at: datetime, *, by: Person, now: datetime) -> Task:
    """What follows from somebody's deed is a task for the owner of the case, by a limit that stands
    already; `what` is a marked text."""
    day = due_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return _given(Task(case=case, what=what, owner=case.owner, due_at=due_at), day, by=by, now=now)


def _given(row: Task, due_on: date, *, by: Person, now: datetime) -> Task:
    row.made_by, row.made_at = by, now
    row.save()
    data = {"what": row.what, "to": row.owner.name, "due_on": due_on.isoformat()}
    _task_line("task.given", row, data, by=by, now=now)
    return row


@transaction.atomic
def give_task_over(task: Task, heir: Person, *, by: Person, now: datetime) -> None:
    """Somebody else does it, by the same day."""
    row = Task.objects.select_for_update().get(pk=task.pk)
    row.owner = heir
    row.save(update_fields=["owner"])
    _task_line("task.handed_over", row, {"what": row.what, "to": heir.name}, by=by, now=now)
    data, link = {"title": row.what, "by": by.name}, f"task:{row.pk}"
    key = f"task.given:{row.pk}:{heir.pk}"
    tell([heir], "task.given", key=key, link=link, now=now, data=data)


@transaction.atomic
def finish_task(task: Task, proof: str, *, by: Person, now: datetime) -> Task:
    """Done, with what shows it; by whose task it is, or by the desk on their behalf."""
    row = Task.objects.select_for_update().get(pk=task.pk)
    if row.owner_id != by.pk:
        by.must("take_on")
    if row.done_at:
        raise Refused(_("这项任务已经办成"))
    row.proof = rules.written(proof, _("请写明做成了什么样，凭什么这样说"))
    row.done_by, row.done_at = by, now
    row.save(update_fields=["proof", "done_by", "done_at"])
    _task_line("task.done", row, {"what": row.what, "how": row.proof}, by=by, now=now)
    if row.made_by_id != by.pk and row.made_by.is_active:
        data, key, link = {"title": row.what}, f"task.done:{row.pk}", f"task:{row.pk}"
        tell([row.made_by], "task.done", key=key, link=link, now=now, data=data)
    return row


@transaction.atomic
def prove_task(
    task: Task, *, name: str, path: str, size: int, sha256: str, by: Person, now: datetime
) -> TaskFile:
    """Put a file that is already kept with a task that is done; its imprint is on record."""
    row = Task.objects.select_for_update().get(pk=task.pk)
    if row.owner_id != by.pk:
        by.must("take_on")
    if row.done_at is None:
        raise Refused(_("先写明怎么办成的，再附凭据"))
    if row.files.count() >= MOST_FILES:
        raise Refused(_("一项任务最多附 %(most)s 个文件"), most=MOST_FILES)
    made = TaskFile.objects.create(task=row, name=name, path=path, size=size, sha256=sha256)
    _task_line("task.proved", row, {"name": name, "sha256": sha256}, by=by, now=now)
    return made


def _task_line(verb: str, row: Task, data: dict[str, str], *, by: Person, now: datetime) -> None:
    subject, actor = f"task:{row.pk}", actor_name(by)
    record(verb, subject, thread=row.thread, actor=actor, now=now, data=data)
