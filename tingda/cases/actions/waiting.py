"""Waiting with a reason and an end: clocks that stand still, deadlines that are lengthened."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone as zones

from tingda.cases import rules
from tingda.cases.actions.casework import line, locked
from tingda.cases.actions.deadlines import set_deadlines
from tingda.cases.models import Case, Deadline, Extension, Pause
from tingda.cases.queries.clocks import clocks_of
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person
from tingda.people.queries import people_with

BATCH = 100


@transaction.atomic
def pause(case: Case, reason: str, days: int, text: str, *, by: Person, now: datetime) -> Pause:
    """The clocks of a case stand still for `days` days at most; the text is public."""
    case = locked(case)
    by.must("take_on")
    wait = rules.check_pause(reason, days)
    text = rules.written(text, _("请写明在等什么"))
    if not case.is_open:
        raise Refused(_("事项已经办结"))
    if case.pauses.filter(ended_at=None).exists():
        raise Refused(_("时限已经暂停了"))
    used = sum((_length(row) for row in case.pauses.filter(reason=reason)), timedelta(0))
    if used + timedelta(days=days) > timedelta(days=wait.longest):
        raise Refused(_("“%(reason)s”最长 %(days)s 天"), reason=wait.name, days=wait.longest)
    row = Pause.objects.create(
        case=case,
        reason=reason,
        text=text,
        by=by,
        started_at=now,
        until=now + timedelta(days=days),
    )
    set_deadlines(case)
    data = {"reason": reason, "text": text, "until": zones.localdate(row.until).isoformat()}
    line("case.paused", case, data, by=by, now=now, public=True)
    return row


def _length(row: Pause) -> timedelta:
    return (row.ended_at or row.until) - row.started_at


@transaction.atomic
def resume(case: Case, *, by: Person, now: datetime) -> Case:
    """The clocks of a case run on."""
    case = locked(case)
    by.must("take_on")
    row = case.pauses.filter(ended_at=None).first()
    if row is None:
        raise Refused(_("时限没有暂停"))
    _end(row, case, min(row.until, now), by=by, now=now)
    return case


def resume_due(*, now: datetime, limit: int = BATCH) -> int:
    """Say of pauses whose time is over that they are, and tell the owners; how many."""
    over = Pause.objects.filter(ended_at=None, until__lte=now).order_by("until")
    return sum(_over(row, now) for row in over.select_related("case")[:limit])


@transaction.atomic
def _over(row: Pause, now: datetime) -> bool:
    case = locked(row.case)
    held = Pause.objects.select_for_update().filter(pk=row.pk, ended_at=None).first()
    if held is None:
        return False  # somebody else was quicker
    _end(held, case, held.until, by=None, now=now)
    data = {"title": case.title}
    key = f"case.resumed:{row.pk}"
    tell([case.owner], "case.resumed", key=key, link=case.thread, now=now, data=data)
    return True


def _end(row: Pause, case: Case, at: datetime, *, by: Person | None, now: datetime) -> None:
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    set_deadlines(case)
    line("case.resumed", case, {"reason": row.reason}, by=by, now=now, public=True)


@transaction.atomic
def ask_extension(
    deadline: Deadline, amount: int, reason: str, *, by: Person, now: datetime
) -> Extension:
    """Ask for a longer deadline, while it has not passed; somebody else decides."""
    case = locked(deadline.case)
    by.must("take_on")
    reason = rules.written(reason, _("请写明理由"))
    row = case.deadlines.get(pk=deadline.pk)
    if row.met_at or not case.is_open:
        raise Refused(_("这一步已经做到，不用延长"))
    if row.due_at < now:
        raise Refused(_("已经超时，不能再延长"))
    rules.check_extension(amount, clocks_of(row.case).get(row.stage))
    if case.extensions.filter(stage=row.stage).exclude(granted=False).exists():
        raise Refused(_("一个时限只能延长一次"))
    asked = Extension.objects.create(
        case=case, stage=row.stage, amount=amount, reason=reason, asked_by=by, asked_at=now
    )
    _line("extension.asked", asked, row, by=by, now=now)
    deciders = [person for person in people_with("releaser") if person != by]
    key, data = f"extension.asked:{asked.pk}", {"title": case.title, "by": by.name}
    tell(deciders, "extension.asked", key=key, link=case.thread, now=now, data=data)
    return asked


@transaction.atomic
def decide_extension(
    extension: Extension, granted: bool, note: str, *, by: Person, now: datetime
) -> Extension:
    """Grant it or not. It is told in public, with its reason; a refusal says why."""
    case = locked(extension.case)
    by.must("extend")
    row = Extension.objects.select_for_update().get(pk=extension.pk)
    if row.granted is not None:
        raise Refused(_("这个延期申请已经有人决定了"))
    if row.asked_by_id == by.pk:
        raise Refused(_("延期要由另一个人批准"))
    if not granted:
        note = rules.written(note, _("不同意要写明理由"))
    row.granted, row.decided_by, row.decided_at, row.note = granted, by, now, note.strip()
    row.save()
    if granted:
        set_deadlines(case)
    verb = "extension.granted" if granted else "extension.refused"
    _line(verb, row, case.deadlines.get(stage=row.stage), by=by, now=now)
    data = {"title": case.title, "by": by.name}
    asker = row.asked_by if row.asked_by.is_active else case.owner
    tell([asker], verb, key=f"{verb}:{row.pk}", link=case.thread, now=now, data=data)
    return row


def _line(verb: str, row: Extension, due: Deadline, *, by: Person, now: datetime) -> None:
    data = {
        "stage": row.stage,
        "amount": row.amount,
        "unit": due.how["kind"],
        "reason": row.reason,
        "note": row.note,
        "due_on": zones.localdate(due.due_at).isoformat(),
    }
    line(verb, row.case, data, by=by, now=now, public=verb == "extension.granted")
