"""Emergency plans: written ahead, followed step by step when it counts."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from tingda.duty import rules
from tingda.duty.models import Plan, PlanRun, PlanTick
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name


@dataclass(frozen=True)
class Written:
    """A plan as somebody wrote it: steps a line each, telephones as "name: number" a line each."""

    name: str
    conditions: str
    colours: list[str]
    topics: list[str]
    text: str
    steps: str
    phones: str
    active: bool = True


@transaction.atomic
def set_plan(plan: Plan | None, written: Written, *, by: Person, now: datetime) -> Plan:
    """Write a plan, or change one; what is being followed keeps the steps it began with."""
    by.must("configure")
    steps, phones = rules.written_lines(written.steps), rules.telephones(written.phones)
    if not (written.name.strip() and written.conditions.strip()):
        raise Refused(_("请写明名称和什么时候启动"))
    if not steps:
        raise Refused(_("请写出步骤，一行一步"))
    if len(steps) > rules.MOST_STEPS:
        raise Refused(_("步骤最多 %(most)s 步"), most=rules.MOST_STEPS)
    row = Plan.objects.select_for_update().get(pk=plan.pk) if plan else Plan()
    for name, value in (asdict(written) | {"steps": steps, "phones": phones}).items():
        setattr(row, name, value)
    row.name = row.name.strip()[:100]
    row.save()
    data = {"name": row.name, "steps": steps, "active": row.active}
    verb = "plan.changed" if plan else "plan.written"
    record(verb, f"plan:{row.pk}", actor=actor_name(by), now=now, data=data)
    return row


def start_plan(plan: Plan, subject: str, *, by: Person, now: datetime) -> PlanRun:
    """Follow a plan from now on, about "issue:17" or the like; once at a time for each."""
    by.must("take_on")
    if not plan.active:
        raise Refused(_("这份预案已停用"))
    try:
        with transaction.atomic():
            run = PlanRun.objects.create(
                plan=plan,
                subject=subject,
                name=plan.name,
                steps=plan.steps,
                phones=plan.phones,
                started_by=by,
                started_at=now,
            )
            _line("plan.started", run, by, now)
            return run
    except IntegrityError as error:
        raise Refused(_("这份预案已经启动了")) from error


@transaction.atomic
def tick(run: PlanRun, step: int, done: bool, *, by: Person, now: datetime) -> PlanTick:
    """One step is done, or is not after all: a new line either way."""
    by.must("take_on")
    row = _going(run)
    if not 0 <= step < len(row.steps):
        raise Refused(_("没有这一步"))
    told = rules.ticked(row.ticks.order_by("id").values_list("step", "done"), len(row.steps))
    if told[step] == done:
        raise Refused(_("已经有人勾过了") if done else _("这一步还没有勾"))
    made = PlanTick.objects.create(run=row, step=step, done=done, by=by, at=now)
    verb = "plan.ticked" if done else "plan.unticked"
    _line(verb, row, by, now, step=step + 1, text=row.steps[step])
    return made


@transaction.atomic
def end_plan(run: PlanRun, ending: str, *, by: Person, now: datetime) -> PlanRun:
    """It is over: with what came of it, which also says why steps were left out."""
    by.must("take_on")
    row = _going(run)
    if not ending.strip():
        raise Refused(_("请写明结果；没有做的步骤，写明为什么"))
    row.ended_by, row.ended_at, row.ending = by, now, ending.strip()[:300]
    row.save(update_fields=["ended_by", "ended_at", "ending"])
    _line("plan.ended", row, by, now, ending=row.ending)
    return row


def _going(run: PlanRun) -> PlanRun:
    row = PlanRun.objects.select_for_update().get(pk=run.pk)
    if row.ended_at:
        raise Refused(_("这次预案已经结束"))
    return row


def _line(verb: str, run: PlanRun, by: Person, now: datetime, **data: object) -> None:
    told = {"name": run.name, **data}
    actor = actor_name(by)
    record(verb, f"plan_run:{run.pk}", thread=run.subject, actor=actor, now=now, data=told)
