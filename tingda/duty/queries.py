"""Who is on, what is planned, what is missing; key periods, logs and plans."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet

from tingda.duty import rules
from tingda.duty.models import (
    Drill,
    KeyPeriod,
    OpenPoint,
    Plan,
    PlanRun,
    PlanTick,
    Pulse,
    Roster,
    Scenario,
    Shift,
    ShiftLog,
    Swap,
    Team,
    Turn,
)
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office, people_with
from tingda.people.rules import DUTY


def worker_seen() -> datetime | None:
    """When any worker was last alive; None when none ever was."""
    return Pulse.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()


def zone() -> ZoneInfo:
    """The office's own zone, in which its days and hours are."""
    return ZoneInfo(settings.TIME_ZONE)


# ---- who ----
def present() -> Q:
    """Turns of people who may be on duty: in use, and still with the role."""
    return Q(turns__person__is_active=True, turns__person__held_roles__role=DUTY)


def on_duty(now: datetime) -> list[Person]:
    """Who is on now, by the roster; where that names nobody who may be, everyone with the role.
    Empty only where nobody has it.
    """
    everybody = people_with(DUTY)
    on = Turn.objects.filter(shift__starts_at__lte=now, shift__ends_at__gt=now)
    rostered = everybody.filter(pk__in=on.values("person")).order_by("id")
    return list(rostered) or list(everybody.order_by("id"))


def rostered_now(now: datetime) -> tuple[list[Shift], list[Person]] | None:
    """The shifts that are on and who is on them and may be; None where there is no roster."""
    shifts = list(Shift.objects.filter(starts_at__lte=now, ends_at__gt=now))
    if not shifts:
        return ([], []) if Roster.objects.filter(active=True).exists() else None
    on = Turn.objects.filter(shift__in=[row.pk for row in shifts]).values("person")
    return shifts, list(people_with(DUTY).filter(pk__in=on).order_by("id"))


def shifts_now(now: datetime) -> list[Shift]:
    """The shifts that are on, with their `turns` and people."""
    return list(_with_people(Shift.objects.filter(starts_at__lte=now, ends_at__gt=now)))


def shifts_for(person: Person, start: datetime, end: datetime) -> list[Shift]:
    """The shifts that touch this time, with people; none for who is not of the office."""
    if not (person.is_active and is_of_the_office(person)):
        return []
    return list(_with_people(Shift.objects.filter(starts_at__lt=end, ends_at__gt=start)))


def _with_people(rows: QuerySet[Shift]) -> QuerySet[Shift]:
    turns = Turn.objects.select_related("person", "instead_of").order_by("id")
    return (
        rows.select_related("log", "roster")
        .annotate(present=Count("turns", filter=present(), distinct=True))
        .prefetch_related(Prefetch("turns", turns), "turns__person__held_roles")
        .order_by("starts_at", "ends_at", "id")
    )


def may_be_on(person: Person) -> bool:
    """Whether the person may stand in a roster."""
    return person.is_active and DUTY in person.roles


def post_of(turn: Turn) -> rules.Post:
    """A turn as the rules know it."""
    shift = turn.shift
    return rules.Post(shift.pk, turn.person_id, shift.starts_at, shift.ends_at)


def posts_near(people: Iterable[int], start: datetime, end: datetime) -> list[Turn]:
    """What these people do in that time."""
    rows = Turn.objects.filter(
        person__in=list(people), shift__starts_at__lt=end, shift__ends_at__gt=start
    )
    return list(rows.select_related("shift"))


# ---- what is missing ----
def gaps(now: datetime, ahead: timedelta = rules.WARNED) -> list[rules.Gap]:
    """What nobody watches from now on. Nothing where the office has no roster at all."""
    rosters = list(Roster.objects.filter(active=True, begins__lte=_day(now + ahead)))
    if not rosters:
        return []
    end = now + ahead
    rows = Shift.objects.filter(starts_at__lt=end, ends_at__gt=now)
    watches = [
        rules.Cover(row.starts_at, row.ends_at, row.needs, row.on_it, row.name, row.pk)
        for row in rows.annotate(on_it=Count("turns", filter=present(), distinct=True))
    ]
    begins = min(roster.begins for roster in rosters)
    start = max(now, rules.moment(begins, time.min, zone()))
    # outside its period nobody misses a roster that is for that period alone
    all_day = any(roster.all_day for roster in rosters if roster.key_period_id is None)
    return rules.gaps(watches, start, end, all_day=all_day)


def turns_to_come(person: Person, now: datetime) -> list[Turn]:
    """The shifts that are on or to come and name this person, the nearest first."""
    rows = Turn.objects.filter(person=person, shift__ends_at__gt=now)
    return list(rows.select_related("shift").order_by("shift__starts_at", "id"))


def rosters_of(person: Person) -> list[Roster]:
    """The rosters in use in which this person takes turns."""
    rows = Roster.objects.filter(teams__members=person, active=True)
    return list(rows.distinct().order_by("id"))


def _day(now: datetime) -> date:
    return now.astimezone(zone()).date()


# ---- rosters ----
def rosters() -> QuerySet[Roster]:
    """All of them, those in use first."""
    teams = Team.objects.prefetch_related("members").order_by("place")
    rows = Roster.objects.select_related("key_period").prefetch_related(Prefetch("teams", teams))
    return rows.order_by("-active", "id")


def hours_of(roster: Roster) -> list[rules.Hours]:
    """Its shifts of the day as the rules know them."""
    return [
        rules.Hours(
            **{
                **one,
                "starts": time.fromisoformat(one["starts"]),
                "ends": time.fromisoformat(one["ends"]),
            }
        )
        for one in roster.hours
    ]


def key_periods() -> QuerySet[KeyPeriod]:
    """All, the newest first."""
    return KeyPeriod.objects.order_by("-starts_at", "-id")


def running_periods(now: datetime) -> list[KeyPeriod]:
    """The key periods that are on now; other rooms listen closely by these."""
    return list(KeyPeriod.objects.filter(starts_at__lte=now, ends_at__gt=now))


# ---- swaps ----
def _swaps() -> QuerySet[Swap]:
    rows = Swap.objects.select_related("asker", "to", "mine__shift", "mine__person")
    return rows.select_related("theirs__shift", "theirs__person")


def swaps_for(person: Person, now: datetime) -> QuerySet[Swap]:
    """Open ones that this person asked or is asked, the first asked first. What has begun is
    over."""
    mine = _swaps().filter(Q(asker=person) | Q(to=person), state="asked")
    return mine.filter(mine__shift__starts_at__gt=now).order_by("asked_at", "id")


def swaps_to_answer(person: Person, now: datetime) -> QuerySet[Swap]:
    """Those that wait for this person's word."""
    return swaps_for(person, now).filter(to=person)


# ---- logs ----
def logs_for(person: Person, now: datetime) -> QuerySet[Shift]:
    """Every shift that has begun, the newest first, with its log where there is one."""
    begun = _with_people(Shift.objects.filter(starts_at__lte=now))
    allowed = person.is_active and is_of_the_office(person)
    return begun.order_by("-starts_at", "-id") if allowed else begun.none()


def log_of(shift: Shift) -> ShiftLog:
    """Its log, or one that is not stored yet."""
    return ShiftLog.objects.filter(shift=shift).first() or ShiftLog(shift=shift)


def open_points() -> QuerySet[OpenPoint]:
    """What nobody has settled yet, the oldest first."""
    return OpenPoint.objects.filter(settled_at=None).select_related("raised_by", "shift")


def unsigned_for(person: Person, now: datetime) -> QuerySet[Shift]:
    """Shifts of this person that are over and whose log nobody signed, of the last days."""
    rows = Shift.objects.filter(
        turns__person=person, ends_at__lte=now, ends_at__gt=now - timedelta(days=3)
    )
    return rows.filter(Q(log=None) | Q(log__state="open")).order_by("starts_at")


def to_take_over(person: Person, now: datetime) -> QuerySet[Shift]:
    """Signed logs that wait for this person: who is on a later shift that is on or near."""
    soon = now + rules.NEXT_SHIFT
    own = Shift.objects.filter(turns__person=person, starts_at__lte=soon, ends_at__gt=now)
    last = own.order_by("-starts_at").values_list("starts_at", flat=True).first()
    if last is None:
        return Shift.objects.none()
    rows = Shift.objects.filter(log__state="signed", starts_at__lt=last)
    return rows.filter(ends_at__gt=now - timedelta(days=3)).order_by("starts_at")


# ---- plans ----
def plans() -> QuerySet[Plan]:
    """All plans, those in use first."""
    return Plan.objects.order_by("-active", "name", "id")


def fitting_plans(colour: str, topic: str) -> list[Plan]:
    """The plans that an alert of this colour about this topic (its code, or "") calls for."""
    rows = {plan.pk: plan for plan in Plan.objects.filter(active=True).order_by("name", "id")}
    told = [rules.Conditions(pk, plan.colours, plan.topics) for pk, plan in rows.items()]
    return [rows[pk] for pk in rules.fitting(told, colour, topic)]


def runs_of(*subjects: str) -> list[PlanRun]:
    """Every time a plan was followed about one of these, the newest first, with its `ticks`."""
    return list(_runs().filter(subject__in=subjects))


def runs() -> QuerySet[PlanRun]:
    """All runs, the newest first."""
    return _runs()


def _runs() -> QuerySet[PlanRun]:
    ticks = PlanTick.objects.select_related("by").order_by("id")
    rows = PlanRun.objects.select_related("started_by", "ended_by", "plan")
    return rows.prefetch_related(Prefetch("ticks", ticks)).order_by("-id")


def ticks_of(run: PlanRun) -> Sequence[PlanTick | None]:
    """For each step the line that says it is done, None where it is not."""
    last: dict[int, PlanTick] = {tick.step: tick for tick in run.ticks.all()}
    done = rules.ticked([(t.step, t.done) for t in run.ticks.all()], len(run.steps))
    return [last[step] if done[step] else None for step in range(len(run.steps))]


# ---- drills ----
def drills_for(person: Person) -> QuerySet[Drill]:
    """All drills, the newest first; none for who is not of the office."""
    rows = Drill.objects.select_related("scenario", "asked_by").order_by("-id")
    return rows if person.is_active and is_of_the_office(person) else rows.none()


def drill_to_enter(person: Person) -> QuerySet[Drill]:
    """The drill that is going on, for everybody who signs in: all take part."""
    rows = Drill.objects.filter(state=Drill.State.RUNNING).order_by("-id")
    return rows[:1] if person.is_active else rows.none()


def scenarios_for(person: Person) -> QuerySet[Scenario]:
    """All scenarios, those in use first."""
    rows = Scenario.objects.order_by("-active", "id")
    return rows if person.is_active and is_of_the_office(person) else rows.none()


def drill_before(drill: Drill) -> Drill | None:
    """The drill of the same scenario that ended last before this one."""
    earlier = Drill.objects.filter(scenario=drill.scenario_id, pk__lt=drill.pk)
    earlier = earlier.exclude(started_at=None)
    return earlier.filter(state=Drill.State.ENDED).order_by("-id").first()
