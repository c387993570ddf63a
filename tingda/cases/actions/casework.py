"""A case from the day it is taken on to its end."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from tingda.cases import queries, rules
from tingda.cases.actions.deadlines import follow_grade, follow_kind, set_deadlines
from tingda.cases.actions.ladder import reckon_again
from tingda.cases.models import Case, Promise, Referral
from tingda.detect.actions.alerts import end_alert_of
from tingda.detect.models import Issue
from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Institution, Person, Unit, actor_name
from tingda.people.rules import DUTY


def locked(case: Case) -> Case:
    """The case as it is now, held until the transaction ends: two people may press at once."""
    return Case.objects.select_for_update().get(pk=case.pk)


def move(case: Case, name: str, *, by: Person | None) -> None:
    """Make one move of the table in rules.py on a locked case. The caller writes the line."""
    case.state = rules.after(case.state, name, by.roles if by else None)
    case.save(update_fields=["state"])


def line(
    verb: str,
    case: Case,
    data: Mapping[str, object],
    *,
    by: Person | None,
    now: datetime,
    subject: str = "",
    public: bool = False,
) -> Line:
    """A line on the record of this case."""
    subject, actor = subject or case.thread, actor_name(by)
    return record(verb, subject, thread=case.thread, actor=actor, now=now, public=public, data=data)


def unchanged(seen: str, there: object, name: str) -> None:
    """Refuse to go over what somebody else set since the page was read. `seen` is what stood on
    it, "" where nobody read one; `there` is what stands now, called `name`."""
    if seen and seen != str(there):
        raise Refused(_("您打开之后，别人已经改成“%(name)s”。核对之后再改"), name=name)


@transaction.atomic
def set_grade(
    case: Case, grade: str, *, reason: str, by: Person, now: datetime, seen: str = ""
) -> Case:
    """A person sets the grade; open deadlines follow, counted from when the matter was heard."""
    case = locked(case)
    by.must("take_on")
    unchanged(seen, case.grade, case.grade_name)
    rules.check_sort(case.kind, grade)
    reason = rules.written(reason, _("请写明理由"))
    before, case.grade, case.unconfirmed = case.grade, grade, False
    case.save(update_fields=["grade", "unconfirmed"])
    set_deadlines(case)
    if case.is_open:
        follow_grade(case, now)
    reckon_again(case)
    change = {"before": before, "to": grade, "reason": reason}
    line("case.graded", case, change, by=by, now=now)
    return case


@transaction.atomic
def set_kind(case: Case, kind: str, *, reason: str, by: Person, now: datetime) -> Case:
    """A person says that it is of another kind; its limits follow, counted from when the matter
    was heard."""
    case = locked(case)
    by.must("take_on")
    rules.check_sort(kind, case.grade)
    reason = rules.written(reason, _("请写明理由"))
    if not case.is_open:
        raise Refused(_("事项已经办结"))
    if kind == case.kind:
        raise Refused(_("种类已经是这个"))
    before, case.kind = case.kind, kind
    case.save(update_fields=["kind"])
    change = {"before": before, "to": kind, "reason": reason}
    line("case.kind_changed", case, change, by=by, now=now)
    follow_kind(case, now)
    reckon_again(case)
    return case


@transaction.atomic
def confirm_grade(case: Case, *, by: Person, now: datetime) -> Case:
    """A person says of a case that a rule opened that its grade is right."""
    case = locked(case)
    by.must("take_on")
    if not case.unconfirmed:
        raise Refused(_("等级已经有人确认过了"))
    case.unconfirmed = False
    case.save(update_fields=["unconfirmed"])
    line("case.confirmed", case, {"grade": case.grade}, by=by, now=now)
    return case


@transaction.atomic
def set_lead(
    case: Case, unit: Unit, *, reason: str, by: Person, now: datetime, seen: str = ""
) -> Case:
    """Another unit leads: who owns it, answers it. What was asked of others stands."""
    case = locked(case)
    by.must("take_on")
    unchanged(seen, case.unit_id, case.unit.name)
    reason = rules.written(reason, _("请写明理由"))
    if not case.is_open:
        raise Refused(_("事项已经办结"))
    if unit == case.unit:
        raise Refused(_("主办单位已经是%(unit)s"), unit=unit.name)
    lead(case, unit, reason, by=by, now=now)
    found = case.referrals.filter(unit=unit)
    answered_already = found.filter(state=Referral.State.ANSWERED).exists()
    if case.state == "referred" and answered_already and not found.filter(state="sent").exists():
        move(case, "facts_complete", by=None)
    return case


def lead(case: Case, unit: Unit, reason: str, *, by: Person, now: datetime) -> None:
    """Put another unit at the head of a locked case; who can no longer open it, owns it no more."""
    before, case.unit = case.unit, unit
    case.save(update_fields=["unit"])
    keep_in_sight(case, by=by, now=now)
    data = {"before": before.name, "to": unit.name, "reason": reason, "owner": case.owner.name}
    line("case.led", case, data, by=by, now=now)


@transaction.atomic
def hand_over(case: Case, owner: Person, *, by: Person, now: datetime, seen: str = "") -> Case:
    """Give the case another owner, who must be able to open it."""
    case = locked(case)
    by.must("take_on")
    unchanged(seen, case.owner_id, case.owner.name)
    if not queries.cases_for(owner).filter(pk=case.pk).exists():
        raise Refused(_("%(name)s看不到这个事项，不能做负责人"), name=owner.name)
    _give(case, owner, by=by, now=now)
    return case


def keep_in_sight(case: Case, *, by: Person, now: datetime) -> None:
    """After its unit became another one: who can no longer open the case owns it no more. Who did
    this does; where it went out of their sight too, the desk of its unit or of the office."""
    if queries.cases_for(case.owner).filter(pk=case.pk).exists():
        return
    desk = queries.possible_owners(case).filter(held_roles__role=DUTY)
    of_the_unit = desk.filter(unit=case.unit)
    able = by.may("take_on") and queries.cases_for(by).filter(pk=case.pk).exists()
    owner = by if able else of_the_unit.first() or desk.first()
    _give(case, owner or by, by=by, now=now)


def _give(case: Case, owner: Person, *, by: Person, now: datetime) -> None:
    before, case.owner = case.owner, owner
    case.save(update_fields=["owner"])
    change = {"before": before.name, "to": owner.name}
    told = line("case.handed_over", case, change, by=by, now=now)
    if owner != by:
        key = f"case.handed_over:{told.pk}"
        data = {"title": case.title, "by": by.name}
        link, unit = case.thread, case.unit_id
        tell([owner], "case.handed_over", key=key, link=link, now=now, data=data, unit=unit)


def meet(case: Case, *stages: str, now: datetime) -> None:
    """Stages are reached; their deadlines keep when."""
    case.deadlines.filter(stage__in=stages, met_at=None).update(met_at=now)


def answered(case: Case, *, now: datetime) -> None:
    """An answer to this case stands in public. Called in the publishing transaction."""
    if case.published_at is None:
        case.published_at = now
        case.save(update_fields=["published_at"])
    meet(case, "acknowledge", "first_answer", now=now)


@transaction.atomic
def close(case: Case, *, reason: str, text: str, by: Person, now: datetime) -> Case:
    """Close with a reason and a text; both can be read by the people concerned."""
    case = locked(case)
    if case.unconfirmed:
        raise Refused(_("这件事项是规则立的，等级还没有人确认，先确认再办结"))
    if case.referrals.filter(state=Referral.State.OBJECTED).exists():
        raise Refused(_("有单位认为不属于自己，还没有人决定，先决定再办结"))
    rules.check_closing(
        reason,
        text,
        has_published=case.published_at is not None,
        open_referrals=case.referrals.filter(state=Referral.State.SENT).count(),
        handed_on=case.forwardings.exists(),
    )
    rules.check_rectified(reason, case.deadlines.filter(stage="rectify", met_at=None).exists())
    move(case, "close", by=by)
    case.closed_at, case.closing_reason, case.closing_text = now, reason, text.strip()
    case.save(update_fields=["closed_at", "closing_reason", "closing_text"])
    if case.pauses.filter(ended_at=None).update(ended_at=now):
        set_deadlines(case)
    case.reports.filter(sent_at=None, lifted_at=None).update(lifted_at=now)
    # the closing text can be read by the people concerned, so it is an answer, too
    meet(case, *rules.STAGES, now=now)
    data = {"reason": reason, "text": case.closing_text}
    line("case.closed", case, data, by=by, now=now, public=True)
    if case.issue:
        _close_alert(case.issue.merged_into or case.issue, case.closing_text, by=by, now=now)
    return case


def _close_alert(issue: Issue, text: str, *, by: Person, now: datetime) -> None:
    """The last case on hand about an issue takes its alert along."""
    about = Q(issue=issue) | Q(issue__merged_into=issue)
    if not Case.objects.filter(about, state__in=rules.OPEN).exists():
        end_alert_of(issue, text, by=by, now=now)


@transaction.atomic
def reopen(case: Case, *, reason: str, by: Person, now: datetime) -> Case:
    """Take a closed case up again. It is unfinished again, by the deadline it always had."""
    Institution.objects.select_for_update().get(pk=1)  # no case is opened meanwhile
    case = locked(case)
    reason = rules.written(reason, _("请写明理由"))
    about = queries.standing_issue(case) or case.voice
    other = queries.open_case_about(about) if about else None
    if other and not case.is_open:
        raise Refused(_("已经立为事项 %(number)s"), number=other.number)
    move(case, "reopen", by=by)
    case.reopened, case.closed_at = case.reopened + 1, None
    case.save(update_fields=["reopened", "closed_at"])
    case.deadlines.filter(stage="finish").update(met_at=None)
    set_deadlines(case)  # by the calendar as it is now: days may have changed since
    reckon_again(case)  # and so may its grade and the ladders
    line("case.reopened", case, {"reason": reason}, by=by, now=now, public=True)
    _with_somebody(case, by=by, now=now)
    return case


def _with_somebody(case: Case, *, by: Person, now: datetime) -> None:
    """Units are merged and people leave while a case is closed: it goes where theirs went."""
    before, case.unit = case.unit, case.unit.standing
    if case.unit.closed_at:
        case.unit = by.unit
    if case.unit != before:
        case.save(update_fields=["unit"])
        data = {"before": before.name, "to": case.unit.name}
        line("case.unit_changed", case, data, by=by, now=now)
    keep_in_sight(case, by=by, now=now)


@transaction.atomic
def promise(case: Case, what: str, due_on: str, *, now: datetime) -> Promise:
    """What a published answer promises; it stays open until it is kept."""
    row = Promise.objects.create(case=case, what=what, due_on=due_on, made_at=now)
    data, subject = {"what": what, "due_on": due_on}, f"promise:{row.pk}"
    line("promise.made", case, data, by=None, now=now, subject=subject, public=True)
    return row


@transaction.atomic
def keep_promise(row: Promise, *, how: str, by: Person, now: datetime) -> Promise:
    """Say how a promise was kept."""
    row = Promise.objects.select_for_update().get(pk=row.pk)
    by.must("take_on")
    if row.kept_at:
        raise Refused(_("这项承诺已经记为兑现"))
    if row.broken_at:
        raise Refused(_("这项承诺已经有了结果"))
    row.kept_at, row.how_kept = now, rules.written(how, _("请写明怎么兑现的"))
    row.save(update_fields=["kept_at", "how_kept"])
    data, subject = {"what": row.what, "how": row.how_kept}, f"promise:{row.pk}"
    line("promise.kept", row.case, data, by=by, now=now, subject=subject, public=True)
    return row
