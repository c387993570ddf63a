"""The only writers of cases: one verb, one function, one transaction, one ledger line."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.cases import queries, rules
from tingda.cases.models import (
    Case,
    ClockSetting,
    Deadline,
    Fact,
    FactFile,
    OfficeDay,
    Promise,
    Referral,
)
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Institution, Person, Unit, actor_name
from tingda.people.queries import people_with


def locked(case: Case) -> Case:
    """The case as it is now, held until the transaction ends: two people may press at once."""
    return Case.objects.select_for_update().get(pk=case.pk)


def move(case: Case, name: str, *, by: Person | None) -> None:
    """Make one move of the table in rules.py on a locked case. The caller writes the line."""
    case.state = rules.after(case.state, name, by.roles if by else None)
    case.save(update_fields=["state"])


def _line(
    verb: str,
    case: Case,
    data: Mapping[str, object],
    *,
    by: Person | None,
    now: datetime,
    subject: str = "",
    public: bool = False,
) -> Line:
    subject, actor = subject or case.thread, actor_name(by)
    return record(verb, subject, thread=case.thread, actor=actor, now=now, public=public, data=data)


def _set_deadlines(case: Case) -> None:
    """Compute what is not met yet from when the matter was heard: nothing restarts a clock, and
    a clock that the office changed since is for the cases after it."""
    met = set(case.deadlines.filter(met_at__isnull=False).values_list("stage", flat=True))
    table = queries.clock_table(case.opened_at)
    for stage, clock in rules.clocks_for(case.kind, case.grade, table).items():
        if stage in met:
            continue
        due_at, how = queries.due(clock.limit, case.heard_at, clock.basis)
        Deadline.objects.update_or_create(
            case=case, stage=stage, defaults={"due_at": due_at, "how": how}
        )


def _next_number(now: datetime) -> str:
    """Numbers without gaps, by year: 2026-0147. The one institution row serialises the takers."""
    Institution.objects.select_for_update().get(pk=1)
    year = now.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    last = Case.objects.filter(number__startswith=f"{year}-").order_by("-id").first()
    return rules.number_after(year, last.number if last else "")


@transaction.atomic
def open_case(
    about: Issue | Voice,
    *,
    title: str,
    kind: str,
    grade: str,
    unit: Unit,
    by: Person,
    now: datetime,
) -> Case:
    """Take on an issue or a single voice; `by` becomes its owner."""
    if not by.may("take_on"):
        raise Refused(_("只有值班员可以立为事项"))
    rules.check_sort(kind, grade)
    title = rules.written(title, _("请写题目"))
    number = _next_number(now)
    where = {"issue": about} if isinstance(about, Issue) else {"voice": about}
    if other := queries.open_case_about(about):
        raise Refused(_("已经立为事项 %(number)s"), number=other.number)
    case = Case.objects.create(
        number=number,
        title=title[:200],
        unit=unit,
        owner=by,
        kind=kind,
        grade=grade,
        state="taken",
        heard_at=about.heard_at,
        opened_at=now,
        **where,
    )
    _set_deadlines(case)
    data = {"number": number, "kind": kind, "grade": grade, "unit": unit.name}
    _line("case.opened", case, data, by=by, now=now, public=True)
    return case


@transaction.atomic
def set_grade(case: Case, grade: str, *, reason: str, by: Person, now: datetime) -> Case:
    """A person sets the grade; open deadlines follow, counted from when the matter was heard."""
    case = locked(case)
    by.must("take_on")
    rules.check_sort(case.kind, grade)
    reason = rules.written(reason, _("请写明理由"))
    before, case.grade = case.grade, grade
    case.save(update_fields=["grade"])
    _set_deadlines(case)
    change = {"before": before, "to": grade, "reason": reason}
    _line("case.graded", case, change, by=by, now=now)
    return case


@transaction.atomic
def hand_over(case: Case, owner: Person, *, by: Person, now: datetime) -> Case:
    """Give the case another owner, who must be able to open it."""
    case = locked(case)
    by.must("take_on")
    if not queries.cases_for(owner).filter(pk=case.pk).exists():
        raise Refused(_("%(name)s看不到这个事项，不能做负责人"), name=owner.name)
    case.owner = owner
    case.save(update_fields=["owner"])
    line = _line("case.handed_over", case, {"to": owner.name}, by=by, now=now)
    if owner != by:
        key = f"case.handed_over:{line.pk}"
        data = {"title": case.title, "by": by.name}
        tell([owner], "case.handed_over", key=key, link=case.thread, now=now, data=data)
    return case


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
    waiting = case.referrals.filter(state=Referral.State.SENT).count()
    published = case.published_at is not None
    rules.check_closing(reason, text, has_published=published, open_referrals=waiting)
    move(case, "close", by=by)
    case.closed_at, case.closing_reason, case.closing_text = now, reason, text.strip()
    case.save(update_fields=["closed_at", "closing_reason", "closing_text"])
    # the closing text can be read by the people concerned, so it is an answer, too
    meet(case, *rules.STAGES, now=now)
    data = {"reason": reason, "text": case.closing_text}
    _line("case.closed", case, data, by=by, now=now, public=True)
    return case


@transaction.atomic
def reopen(case: Case, *, reason: str, by: Person, now: datetime) -> Case:
    """Take a closed case up again. It is unfinished again, by the deadline it always had."""
    case = locked(case)
    reason = rules.written(reason, _("请写明理由"))
    move(case, "reopen", by=by)
    case.reopened, case.closed_at = case.reopened + 1, None
    case.save(update_fields=["reopened", "closed_at"])
    case.deadlines.filter(stage="finish").update(met_at=None)
    _line("case.reopened", case, {"reason": reason}, by=by, now=now, public=True)
    return case


@transaction.atomic
def promise(case: Case, what: str, due_on: str, *, now: datetime) -> Promise:
    """What a published answer promises; it stays open until it is kept."""
    row = Promise.objects.create(case=case, what=what, due_on=due_on, made_at=now)
    data, subject = {"what": what, "due_on": due_on}, f"promise:{row.pk}"
    _line("promise.made", case, data, by=None, now=now, subject=subject, public=True)
    return row


@transaction.atomic
def keep_promise(row: Promise, *, how: str, by: Person, now: datetime) -> Promise:
    """Say how a promise was kept."""
    row = Promise.objects.select_for_update().get(pk=row.pk)
    by.must("take_on")
    if row.kept_at:
        raise Refused(_("这项承诺已经记为兑现"))
    row.kept_at, row.how_kept = now, rules.written(how, _("请写明怎么兑现的"))
    row.save(update_fields=["kept_at", "how_kept"])
    data, subject = {"what": row.what, "how": row.how_kept}, f"promise:{row.pk}"
    _line("promise.kept", row.case, data, by=by, now=now, subject=subject, public=True)
    return row


@transaction.atomic
def refer(case: Case, unit: Unit, asks: str, *, by: Person, now: datetime) -> Referral:
    """Ask one unit for the facts; the limit comes from the table of clocks."""
    case = locked(case)
    asks = rules.written(asks, _("请写明要核实什么"))
    if case.referrals.filter(unit=unit, state=Referral.State.SENT).exists():
        raise Refused(_("已经有一张联系单在等%(unit)s反馈"), unit=unit.name)
    move(case, "refer", by=by)
    clock = queries.clock(rules.REFERRAL.code)
    due_at, how = queries.due(clock.limit, now, clock.basis)
    row = Referral.objects.create(
        case=case, unit=unit, asks=asks, sent_by=by, sent_at=now, due_at=due_at, how=how
    )
    _referral_line("referral.sent", row, by=by, now=now, public=True)
    _tell_liaisons("referral.sent", row, now)
    return row


@transaction.atomic
def record_fact(
    case: Case,
    *,
    what: str,
    by_whom: str,
    evidence: str,
    referral: Referral | None,
    by: Person,
    now: datetime,
) -> Fact:
    """Write down one checked statement. A liaison does it on the own unit's referral only."""
    if referral is None:
        case = locked(case)
        if not by.may("take_on"):
            raise Refused(_("请在发给本单位的联系单上填写"))
    else:
        referral = _open_referral(referral, by)
        case = referral.case
    if not case.is_open:
        raise Refused(_("事项已经办结，要补充请先重新办理"))
    said = {"what": what.strip(), "by_whom": by_whom.strip()[:100]}
    said["evidence"] = evidence.strip()[:500]
    if not all(said.values()):
        raise Refused(_("“查明了什么、谁核实的、依据”三项都要写"))
    fact = Fact.objects.create(
        case=case, referral=referral, recorded_by=by, recorded_at=now, **said
    )
    data = {"what": fact.what, "by_whom": fact.by_whom}
    _line("fact.recorded", case, data, by=by, now=now, subject=f"fact:{fact.pk}")
    return fact


@transaction.atomic
def attach(fact: Fact, *, name: str, path: str, size: int, sha256: str) -> FactFile:
    """Keep a file with its fact, by who recorded it; its fingerprint goes on the record."""
    row = FactFile.objects.create(fact=fact, name=name[:200], path=path, size=size, sha256=sha256)
    data, by, now = {"name": row.name, "sha256": sha256}, fact.recorded_by, fact.recorded_at
    _line("file.attached", fact.case, data, by=by, now=now, subject=f"file:{row.pk}")
    return row


@transaction.atomic
def answer_referral(referral: Referral, *, by: Person, now: datetime) -> Referral:
    """The unit says that its facts are complete; when no other is waited for, the case moves."""
    row = _open_referral(referral, by)
    if not row.facts.exists():
        raise Refused(_("请至少填写一条核实，再反馈"))
    row.answered_by, row.answered_at = by, now
    _stop(row, Referral.State.ANSWERED)
    _referral_line("referral.answered", row, by=by, now=now, public=True)
    _tell_owner("referral.answered", row, now)
    return row


@transaction.atomic
def object_referral(referral: Referral, reason: str, *, by: Person, now: datetime) -> Referral:
    """The unit says "not ours" and why; a person at the desk decides what follows."""
    row = _open_referral(referral, by)
    row.reason = rules.written(reason, _("提出异议必须写明理由"))
    row.answered_by, row.answered_at = by, now
    _stop(row, Referral.State.OBJECTED)
    _referral_line("referral.objected", row, by=by, now=now)
    _tell_owner("referral.objected", row, now)
    return row


@transaction.atomic
def withdraw_referral(referral: Referral, reason: str, *, by: Person, now: datetime) -> Referral:
    """Take a referral back, with the reason; what the unit found so far stays."""
    row = _open_referral(referral, by)
    if not by.may("take_on") or not reason.strip():
        raise Refused(_("收回联系单须由值班员写明理由"))
    row.reason = reason.strip()
    _stop(row, Referral.State.WITHDRAWN)
    _referral_line("referral.withdrawn", row, by=by, now=now)
    _tell_liaisons("referral.withdrawn", row, now)
    return row


@transaction.atomic
def note_late(referral: Referral, *, now: datetime) -> bool:
    """Put a lateness on the record once and tell the owner. Lateness itself is always computed."""
    claimed = Referral.objects.filter(
        pk=referral.pk, state=Referral.State.SENT, late_noted=False, due_at__lt=now
    ).update(late_noted=True)
    if claimed:
        _referral_line("referral.late", referral, by=None, now=now)
        _tell_owner("referral.late", referral, now)
    return bool(claimed)


def note_late_due(*, now: datetime) -> int:
    """Note every lateness that is not on the record yet; how many there were."""
    late = Referral.objects.filter(
        state=Referral.State.SENT, late_noted=False, due_at__lt=now
    ).select_related("case", "case__owner", "unit")
    return sum(note_late(row, now=now) for row in late[:100])


@transaction.atomic
def set_clock(code: str, amount: int, kind: str, *, by: Person, now: datetime) -> None:
    """Set the office's own limit, for what begins after it; the default's own value ends it."""
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    clock, limit = queries.clock(code), rules.limit(amount, kind)
    if limit == clock.limit:
        return
    ClockSetting.objects.update_or_create(code=code, defaults={"amount": amount, "kind": kind})
    what = {"code": code, "kind": clock.kind, "stage": clock.stage, "grades": clock.grades}
    was = {"was_amount": clock.limit.amount, "was_unit": clock.limit.kind}
    data = {**what, **was, "amount": amount, "unit": kind}
    thread, actor = queries.CLOCKS_THREAD, actor_name(by)
    record("clock.changed", f"clock:{code}", thread=thread, actor=actor, now=now, data=data)


@transaction.atomic
def set_office_day(day: date, works: bool | None, name: str, *, by: Person, now: datetime) -> None:
    """Work or rest on a day in the office's own way; None is the calendar's way again."""
    by.must("configure")
    name = rules.written(name, _("请写明是什么日子"))[:100]
    if works is None:
        OfficeDay.objects.filter(day=day).delete()
    else:
        OfficeDay.objects.update_or_create(day=day, defaults={"works": works, "name": name})
    data = {"day": day.isoformat(), "works": works, "name": name}
    record("day.changed", f"day:{day}", actor=actor_name(by), now=now, data=data)


def _open_referral(referral: Referral, by: Person) -> Referral:
    """The referral as it is now, and its case, both held: two units may answer at once."""
    case = locked(referral.case)
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    row.case = case
    by.must("state_facts")
    if not (by.may("take_on") or row.unit_id in queries.units_answered_for(by)):
        raise Refused(_("这张联系单是发给别的单位的"))
    if row.state != Referral.State.SENT:
        raise Refused(_("这张联系单已经结束"))
    return row


def _stop(row: Referral, state: str) -> None:
    """End a referral. When nothing is waited for any more: facts complete, or taken on again."""
    row.state, case = state, row.case
    row.save()
    if case.state == "referred" and not case.referrals.filter(state=Referral.State.SENT).exists():
        move(case, "facts_complete" if case.facts.exists() else "recall", by=None)


def _referral_line(
    verb: str, row: Referral, *, by: Person | None, now: datetime, public: bool = False
) -> None:
    data = {"unit": row.unit.name} | ({"reason": row.reason} if row.reason else {})
    subject = f"referral:{row.pk}"
    _line(verb, row.case, data, by=by, now=now, subject=subject, public=public)


def _tell_liaisons(verb: str, row: Referral, now: datetime) -> None:
    liaisons = people_with("liaison").filter(unit=row.unit)
    data = {"title": row.case.title, "due": row.due_at.isoformat()}
    tell(liaisons, verb, key=f"{verb}:{row.pk}", link=f"referral:{row.pk}", now=now, data=data)


def _tell_owner(verb: str, row: Referral, now: datetime) -> None:
    data = {"title": row.case.title, "unit": row.unit.name}
    tell([row.case.owner], verb, key=f"{verb}:{row.pk}", link=row.case.thread, now=now, data=data)
