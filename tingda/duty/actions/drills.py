"""Drills: scenarios that are written, and the times that one is played to a copy of the office."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from tingda.duty.models import Drill, Scenario
from tingda.ledger.actions import record
from tingda.lib import scenarios
from tingda.lib.exercise import exercise
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

SHIPPED = Path(__file__).parents[1] / "scenarios"
DEAD = timedelta(minutes=1)  # a keeper that was not seen for so long has been killed
State = Drill.State


def seed_scenarios(*, now: datetime) -> None:
    """Those that come with the product, each once; what the office made of them stays. Not a
    deed, so no ledger line.
    """
    for file in sorted(SHIPPED.glob("*.toml")):
        text = file.read_text("utf-8")
        name = scenarios.read(text).name
        known = Scenario.objects.filter(Q(shipped=file.stem) | Q(name=name)).exists()
        if not known:
            Scenario.objects.create(name=name, text=text, shipped=file.stem)


@transaction.atomic
def set_scenario(
    scenario: Scenario | None, text: str, *, active: bool = True, by: Person | None, now: datetime
) -> Scenario:
    """Write a scenario, or change one. Drills that were held keep the text that they had.

    Without a person it is the command line's.
    """
    if by is not None:
        by.must("configure")
    text = text.replace("\r\n", "\n")
    name = scenarios.read(text).name
    row = Scenario.objects.select_for_update().get(pk=scenario.pk) if scenario else Scenario()
    if Scenario.objects.filter(name=name).exclude(pk=row.pk).exists():
        raise Refused(_("已经有一份脚本叫“%(name)s”，请换个名称"), name=name)
    row.name, row.text, row.active = name, text, active
    row.save()
    verb = "scenario.changed" if scenario else "scenario.written"
    data = {"name": name, "active": active}
    record(verb, f"scenario:{row.pk}", actor=actor_name(by), now=now, data=data)
    return row


def begin_drill(scenario: Scenario, speed: int, *, by: Person | None, now: datetime) -> Drill:
    """Ask for a drill: a worker makes the copy and starts it. One at a time."""
    if by is not None:
        by.must("configure")
    if exercise() is not None:
        raise Refused(_("演练里面不能再开演练，请回到真的办公室"))
    if not scenario.active:
        raise Refused(_("这份脚本已停用"))
    if speed not in scenarios.SPEEDS:
        raise Refused(_("请选择时间走多快"))
    scenarios.read(scenario.text)
    try:
        with transaction.atomic():
            drill = Drill.objects.create(
                scenario=scenario,
                name=scenario.name,
                text=scenario.text,
                speed=speed,
                asked_by=by,
                asked_at=now,
            )
            _line("drill.begun", drill, by, now, speed=speed)
            return drill
    except IntegrityError as error:
        raise Refused(_("已经有一次演练在进行，请先结束它")) from error


@transaction.atomic
def ask_end(drill: Drill, *, by: Person | None, now: datetime) -> None:
    """A person ends it; the worker closes the copy and counts. A second press changes nothing."""
    if by is not None:
        by.must("configure")
    row = Drill.objects.select_for_update().get(pk=drill.pk)
    if row.going is None:
        raise Refused(_("这次演练已经结束"))
    if row.state != State.ENDING:
        row.state = State.ENDING
        row.save(update_fields=["state"])
        _line("drill.stopped", row, by, now)


@dataclass(frozen=True)
class Held:
    """The drill that a worker keeps now, and when a worker kept it last."""

    drill: Drill
    last: datetime | None


def hold(worker: str, *, now: datetime) -> Held | None:
    """The drill that goes on, for the one worker that keeps it; None for all others."""
    drill = Drill.objects.filter(going=True).first()
    if drill is None:
        return None
    free = Q(keeper__in=["", worker]) | Q(seen_at=None) | Q(seen_at__lt=now - DEAD)
    mine = Drill.objects.filter(free, pk=drill.pk, going=True)
    return Held(drill, drill.seen_at) if mine.update(keeper=worker, seen_at=now) else None


def start(drill: Drill, begins: datetime, ends_at: datetime, *, now: datetime) -> bool:
    """The copy is ready and its clock runs; False where a person has ended it meanwhile."""
    waiting = Drill.objects.filter(pk=drill.pk, state=State.ASKED)
    told = {"begins": begins, "started_at": now, "ends_at": ends_at, "seen_at": now}
    return bool(waiting.update(state=State.RUNNING, **told))


def put_off(drill: Drill, away: timedelta) -> None:
    """The copy stood still for so long: its end is as much later."""
    told = {"started_at": F("started_at") + away, "ends_at": F("ends_at") + away}
    Drill.objects.filter(pk=drill.pk).update(**told)


def note_address(drill: Drill, address: str) -> None:
    """Where its pages are."""
    Drill.objects.filter(pk=drill.pk).update(address=address[:200])


@transaction.atomic
def finish(drill: Drill, result: Mapping[str, object], *, now: datetime) -> None:
    """It is over, with what was found in the copy."""
    row = _going(drill)
    if row is None:
        return
    row.state, row.going, row.ended_at, row.result = State.ENDED, None, now, dict(result)
    row.save(update_fields=["state", "going", "ended_at", "result"])
    _line("drill.ended", row, None, now, kept=result.get("kept", 0), missed=result.get("missed", 0))


@transaction.atomic
def break_off(
    drill: Drill, why: Refused, result: Mapping[str, object] | None = None, *, now: datetime
) -> None:
    """It could not go on, and why."""
    row = _going(drill)
    if row is None:
        return
    row.state, row.going, row.ended_at, row.result = State.BROKEN, None, now, dict(result or {})
    row.why = {"message": why.message, "params": why.params}
    row.save(update_fields=["state", "going", "ended_at", "result", "why"])
    _line("drill.broken", row, None, now, why=str(why))


def _going(drill: Drill) -> Drill | None:
    """Locked; None where another worker was first."""
    return Drill.objects.select_for_update().filter(pk=drill.pk, going=True).first()


def _line(verb: str, drill: Drill, by: Person | None, now: datetime, **data: object) -> None:
    told = {"name": drill.name, **data}
    record(verb, f"drill:{drill.pk}", actor=actor_name(by), now=now, data=told)
