"""Calling on people around a limit: by the ladder, each step once for each limit; or by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from django.db import transaction

from tingda.cases import rules
from tingda.cases.actions.catching_up import OFF, catching_up, tell_of_all
from tingda.cases.models import Case, Escalation, LadderSetting, Referral
from tingda.cases.models.laddered import NEVER
from tingda.cases.queries.ladder import (
    KINDS,
    Row,
    Target,
    asked_of,
    due_rows,
    ladders,
    open_rows,
    people_called,
    target_of,
)
from tingda.ledger.actions import record
from tingda.lib.ladder import owed, times
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Institution, Person, actor_name

BATCH = 100
URGE_EVERY = timedelta(hours=rules.URGE_EVERY_HOURS)


def escalate_cases_due(*, now: datetime, limit: int = BATCH) -> int:
    """Take every step that is due; how many rows were looked at.

    Several workers may do this at once: a row is claimed by changing when its next step is due.
    A limit that moved is reckoned anew; for the new limit each step may happen once.
    """
    rows = list(due_rows(now, limit))
    if not rows:
        return 0
    table, as_whole = ladders(), catching_up(now)
    return sum(_climb(row, table, now, as_whole=as_whole) for row in rows)


@transaction.atomic
def _climb(
    row: Row, table: dict[str, rules.Ladder], now: datetime, *, as_whole: bool = False
) -> bool:
    target = target_of(row)
    steps = {step.rung.code: step for step in rules.ladder_of(target.grade, target.stage, table)}
    plan = [
        due
        for due in times([step.rung for step in steps.values()], target.begun, row.due_at)
        if not (since := steps[due.rung.code].since) or due.at > datetime.fromisoformat(since)
    ]
    taken = Escalation.objects.filter(target=target.name, due_at=row.due_at)
    rungs, following = owed(plan, taken.values_list("rung", flat=True), now)
    as_seen = {"due_at": row.due_at, "step_at": row.step_at, "step_for": row.step_for}
    free = open_rows(type(row)).filter(pk=row.pk, **as_seen)
    if not free.update(step_at=following, step_for=row.due_at):
        return False  # somebody else was quicker, or it is done, or its limit moved
    planned = {due.rung.code: due.at for due in plan}
    keys: dict[tuple[str, str], str] = {}
    for rung in rungs:
        missed = as_whole and planned[rung.code] < now - OFF and not rung.urgent
        _call(row, target, steps[rung.code], keys, now, missed=missed)
    return True


def _call(
    row: Row,
    target: Target,
    step: rules.Step,
    keys: dict[tuple[str, str], str],
    now: datetime,
    *,
    missed: bool,
) -> None:
    """One step. Of steps that say the same at once, whoever is called by several is told once:
    `keys` are those of what was said in this climb. Of one that was `missed` people are told with
    all others."""
    late = now > row.due_at
    if late and step.hours < 0:
        step = replace(step, text=rules.OVERDUE)
    people = people_called(step.to, target, now)
    Escalation.objects.create(
        case=target.case,
        target=target.name,
        rung=step.rung.code,
        stage=target.stage,
        due_at=row.due_at,
        at=now,
        to=step.to,
        names=[person.name for person in people],
        text=step.text,
        urgent=step.urgent,
    )
    data = {"stage": target.stage, "to": step.to, "names": [person.name for person in people]}
    data |= {"unit": target.unit.name, "due_was": row.due_at.isoformat()}
    record(
        "ladder.called",
        target.name,
        thread=target.thread,
        actor=actor_name(None),
        now=now,
        data=data,
    )
    if missed:
        tell_of_all(people, now)
        return
    verb = "limit.late" if late else "limit.before" if step.hours < 0 else "limit.due"
    if isinstance(row, Referral) and step.hours >= 0:
        # whose case it is has been told that the referral is late
        people = [person for person in people if person.pk != row.case.owner_id]
    # by page and words: of two limits that end at once, people are told once
    words = crc32(step.text.encode())
    key = f"ladder:{target.link}:{step.rung.code}:{words:x}:{row.due_at:%Y%m%d%H%M%S}"
    key = keys.setdefault((verb, step.text), key)
    _tell(people, verb, key, target, step, row.due_at, now)


def _tell(
    people: Sequence[Person],
    verb: str,
    key: str,
    target: Target,
    step: rules.Step,
    due_at: datetime,
    now: datetime,
) -> None:
    data = {
        "title": target.title,
        "unit": target.unit.name,
        "text": step.text,
        "due": due_at.isoformat(),
    }
    unit, urgent = target.unit.pk, step.urgent
    tell(people, verb, key=key, link=target.link, now=now, data=data, urgent=urgent, unit=unit)


@transaction.atomic
def urge(referral: Referral, text: str, *, by: Person, now: datetime) -> Escalation:
    """A person reminds the unit that was asked, now; at most once in an hour."""
    by.must("take_on")
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.state != Referral.State.SENT:
        raise Refused(_("这张联系单已经结束"))
    text, name = rules.written(text, _("请写一句催办的话")), f"referral:{row.pk}"
    earlier = Escalation.objects.filter(target=name, rung="", at__gt=now - URGE_EVERY)
    if earlier.exists():
        raise Refused(_("一小时内已经催过一次，请打电话"))
    people = [person for person in asked_of(row) if person.is_active]
    if not people:
        raise Refused(_("%(unit)s没有在用的联络员，请打电话"), unit=row.unit.name)
    urgent = rules.band(row.case.grade) == "major"
    made = Escalation.objects.create(
        case=row.case,
        target=name,
        stage=rules.REFERRAL.stage,
        due_at=row.due_at,
        at=now,
        by=by,
        to="asked",
        names=[person.name for person in people],
        text=text,
        urgent=urgent,
    )
    data = {"unit": row.unit.name, "names": made.names, "text": text}
    thread, actor = row.case.thread, actor_name(by)
    record("referral.urged", name, thread=thread, actor=actor, now=now, data=data)
    step = rules.Step(0, "asked", text, urgent)
    _tell(people, "limit.urged", f"urged:{made.pk}", target_of(row), step, row.due_at, now)
    return made


def reckon_again(case: Case) -> None:
    """The ladder of a case's grade is another one now: its steps are reckoned anew."""
    for kind in KINDS:
        open_rows(kind).filter(case=case).update(step_for=NEVER)


@transaction.atomic
def set_ladder(code: str, steps: rules.Ladder, *, by: Person, now: datetime) -> None:
    """Set the office's own ladder for grades ("major") or for one stage of them ("major.facts").

    It holds for what is open, too; a step that is new here is not made up for where its time has
    passed already. No steps for one stage: that of its grades again.
    """
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    grades, _dot, stage = code.partition(".")
    if grades not in rules.BANDS or (stage and stage not in rules.ALL_STAGES):
        raise Refused(_("没有这个催办表"))
    before = ladders().get(code) or ladders()[grades]
    if steps or not stage:
        rules.check_ladder(steps)
    known = {step.rung.code: step.since for step in before}
    kept = [
        {**step.stored(), "since": known.get(step.rung.code, now.isoformat())} for step in steps
    ]
    if kept:
        LadderSetting.objects.update_or_create(code=code, defaults={"steps": kept})
    else:
        LadderSetting.objects.filter(code=code).delete()
    for kind in KINDS:
        open_rows(kind).update(step_for=NEVER)
    data = {"grades": grades, "stage": stage, "steps": kept}
    record("ladder.changed", f"ladder:{code}", actor=actor_name(by), now=now, data=data)
