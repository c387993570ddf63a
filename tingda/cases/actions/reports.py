"""Reports upward about major events: owed by a time, sent by a person, what was said back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from tingda.cases import rules
from tingda.cases.actions.casework import line
from tingda.cases.actions.deadlines import owe_report
from tingda.cases.models import Reply, Report, Superior, Way
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

MOST_AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says, to whom by which way, and when the next one is due (None: no more)."""

    what: str
    place: str
    people: str
    done: str
    to: Sequence[tuple[str, str]]
    next_at: datetime | None = None


@transaction.atomic
def send_report(report: Report, told: Told, *, by: Person, now: datetime) -> Report:
    """Write down that a report went upward. A next report that was announced is owed from now."""
    by.must("take_on")
    row = Report.objects.select_for_update().select_related("case").get(pk=report.pk)
    if row.sent_at:
        raise Refused(_("这一报已经报过，要补充请写下一报"))
    if row.lifted_at:
        raise Refused(_("等级已经改了，这一报不用再报"))
    row.what = rules.written(told.what, _("请写明是什么事"))
    row.place = rules.written(told.place, _("请写明时间和地点"))
    row.people = rules.written(told.people, _("请写明涉及多少人，不清楚就写“正在核实”"))
    row.done = rules.written(told.done, _("请写明已经做了什么"))
    if not told.to or any(not name.strip() or way not in Way.values for name, way in told.to):
        raise Refused(_("请写明报给谁、怎么报"))
    if told.next_at and not now < told.next_at <= now + MOST_AHEAD:
        raise Refused(_("下次报告的时间要在今后三十天以内"))
    row.to = [[name.strip()[:100], way] for name, way in told.to]
    row.next_at, row.sent_by, row.sent_at = told.next_at, by, now
    row.save()
    data = {"number": row.number, "to": [name for name, _way in row.to]}
    line("report.sent", row.case, data, by=by, now=now, subject=f"report:{row.pk}")
    if told.next_at:
        owe_report(row.case, now, due_at=told.next_at)
    return row


@transaction.atomic
def note_reply(report: Report, who: str, text: str, *, by: Person, now: datetime) -> Reply:
    """What a body said back, as it was said."""
    by.must("take_on")
    if report.sent_at is None:
        raise Refused(_("还没有报，不会有回话"))
    who = rules.written(who, _("请写明谁说的"))[:100]
    text = rules.written(text, _("请写明说了什么"))
    row = Reply.objects.create(report=report, who=who, text=text, by=by, at=now)
    data, subject = {"who": who, "text": text}, f"report:{report.pk}"
    line("report.replied", report.case, data, by=by, now=now, subject=subject)
    return row


@transaction.atomic
def set_superior(
    row: Superior | None,
    *,
    name: str,
    way: str,
    contact: str,
    active: bool = True,
    by: Person,
    now: datetime,
) -> Superior:
    """Add or change a body that is reported to."""
    by.must("configure")
    name = rules.written(name, _("名称不能为空"))[:100]
    if way not in Way.values:
        raise Refused(_("请写明报给谁、怎么报"))
    same = Superior.objects.filter(name=name).first()
    if same and same != row:
        raise Refused(_("已经有这个单位"))
    row = row or Superior()
    row.name, row.way, row.contact, row.active = name, way, contact.strip()[:200], active
    row.save()
    data = {"name": name, "active": active}
    record("superior.set", f"superior:{row.pk}", actor=actor_name(by), now=now, data=data)
    return row
