"""Whether issues grow unusually: learnt every night from all of them, judged as voices come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Avg, Count, F, QuerySet
from django.db.models.functions import Exp, Ln, TruncDate
from django.utils import timezone

from tingda.collect.models import Voice
from tingda.detect.models import Alert, Belonging, Gathering, Gauge, Issue
from tingda.detect.queries import ENOUGH_DAYS
from tingda.ledger.actions import record
from tingda.lib.clocks import day_kind
from tingda.lib.rising.office import Office
from tingda.lib.rising.packed import pack, unpack
from tingda.lib.rising.values import DayKind, Rise, Series
from tingda.people.models import actor_name

SPAN = timedelta(days=90)
NIGHT = 3  # o'clock
WHEN_HEARD, ANYWAY = timedelta(minutes=5), timedelta(hours=1)  # judged anew
AHEAD = timedelta(hours=12)  # a clock further ahead than that is wrong, and its voices not counted
FRESH, HOURS = timedelta(days=2), 12
NEAR = 0.1  # of the way to an alarm; less is not kept
BATCH = 500


# ---- learning ----
def learn_growth_due(*, now: datetime, own_days: Mapping[date, DayKind] | None = None) -> int:
    """Once a night, and at first: learn what is usual; 1 if it was."""
    row = Gauge.objects.defer("growth").filter(pk=1).first()
    if row is None or not _night_came(row.learnt_at, now) or not _live(now).exists():
        return 0
    mine = Gauge.objects.filter(pk=1, learnt_at=row.learnt_at).update(learnt_at=now)
    if mine:  # nobody else took it
        learn_growth(now=now, own_days=own_days)
    return mine


def _night_came(before: datetime | None, now: datetime) -> bool:
    if before is None or before > now:  # the clock was put back
        return True
    local = timezone.localtime(now)
    night = timezone.make_aware(datetime.combine(local.date(), time(NIGHT)))
    return before < night <= now


@transaction.atomic
def learn_growth(*, now: datetime, own_days: Mapping[date, DayKind] | None = None) -> None:
    """Learn how loud, how uneven and how quick this office's issues are; see lib/rising."""
    yesterday = timezone.localdate(now) - timedelta(days=1)
    series = series_of(now, until=yesterday)
    firsts = [one.first for one in series if one.counts]
    days = min((yesterday - min(firsts)).days + 1, SPAN.days) if firsts else 0
    office = Office.learn(series, yesterday, special_days(now, own_days), _confirmed())
    learnt = {"growth": pack(office), "days": max(days, 0), "usual": _usual_applause(now)}
    Gauge.objects.filter(pk=1).update(**learnt, learnt_at=now, judged_at=None)
    data = {"issues": len(series), "days": max(days, 0)}
    record("growth.learnt", "growth:all", actor=actor_name(None), now=now, data=data)


def special_days(
    now: datetime, own_days: Mapping[date, DayKind] | None = None
) -> dict[date, DayKind]:
    """Days of the span that are not like their weekday: by the calendar, and the office's own."""
    today = timezone.localdate(now)
    found: dict[date, DayKind] = {}
    for back in range(SPAN.days + 1):
        day = today - timedelta(days=back)
        kind = day_kind(day)
        if kind in ("holiday", "makeup"):
            found[day] = "holiday" if kind == "holiday" else "makeup"
    return found | dict(own_days or {})


def _confirmed() -> list[int]:
    """Issues that a person said had truly grown."""
    rows = Alert.objects.filter(by_growth=True, noise=False, doubted=False)
    return list(rows.filter(confirmed_at__isnull=False).values_list("issue_id", flat=True))


def _usual_applause(now: datetime) -> dict[str, float]:
    """By source, the geometric mean of what voices that got any applause got in a month."""
    rows = Voice.objects.filter(at__gt=now - timedelta(days=30), at__lte=now, likes__gt=0)
    means = rows.values_list("source").annotate(mean=Exp(Avg(Ln(F("likes") + 1.0))))
    return {str(source): round(float(mean) - 1, 2) for source, mean in means.order_by()}


# ---- people a day ----
def _live(now: datetime) -> "QuerySet[Issue]":
    return Issue.objects.filter(state=Issue.State.OPEN, last_at__gt=now - SPAN)


def series_of(now: datetime, *, until: date | None = None) -> list[Series]:
    """Distinct people a day of every issue heard in the span; the hours of those that are fresh.

    Counted by when something was said. What was said long before it was heard counts then; what
    was said after it was heard does not count, for its clock is wrong.
    """
    start, last = now - SPAN, until or timezone.localdate(now)
    rows = Belonging.objects.filter(at__gt=start, at__lte=now, issue__state=Issue.State.OPEN)
    rows = rows.filter(voice__heard_at__gt=F("at") - AHEAD).order_by()
    days: dict[int, dict[date, int]] = defaultdict(dict)
    counted = rows.annotate(on=TruncDate("at")).values_list("issue", "on")
    for issue, on, people in counted.annotate(n=Count("author_hash", distinct=True)).iterator():
        if on <= last:
            days[issue][on] = people
    week = rows.filter(at__gt=now - timedelta(days=7)).values_list("issue")
    people_of = dict(week.annotate(n=Count("author_hash", distinct=True)))
    begun = dict(_live(now).values_list("pk", "first_at"))
    hours = _hours(rows, now) if until is None else {}
    return [
        _series(issue, of, begun[issue], people_of.get(issue, 0), hours.get(issue, ()))
        for issue, of in days.items()
        if issue in begun
    ]


def _series(
    issue: int, of: Mapping[date, int], begun: datetime, people: int, hours: Sequence[int]
) -> Series:
    # what began before the span is as old as that, however old it is
    first = max(min(timezone.localdate(begun), min(of)), min(of) - SPAN)
    counts = [0] * ((max(of) - first).days + 1)
    for day, number in of.items():
        counts[(day - first).days] = number
    return Series(issue, counts, first, hours, people)


def _hours(rows: "QuerySet[Belonging]", now: datetime) -> dict[int, list[int]]:
    """People of each of the last hours, of issues that began in the last two days."""
    recent = rows.filter(issue__first_at__gt=now - FRESH, at__gt=now - timedelta(hours=HOURS))
    people: dict[int, list[set[str]]] = {}
    for issue, person, at in recent.values_list("issue", "author_hash", "at").iterator(5000):
        back = min(int((now - at).total_seconds() // 3600), HOURS - 1)
        people.setdefault(issue, [set() for _hour in range(HOURS)])[HOURS - 1 - back].add(person)
    return {issue: [len(hour) for hour in hours] for issue, hours in people.items()}


# ---- judging ----
def judge_growth_due(*, now: datetime, own_days: Mapping[date, DayKind] | None = None) -> int:
    """Judge all issues: each hour, and five minutes after the last time where more was heard."""
    row = Gauge.objects.defer("growth").filter(pk=1).first()
    if row is None or row.learnt_at is None:
        return 0
    stamp = Gathering.objects.values_list("stamp", flat=True).first() or 0
    wait = WHEN_HEARD if stamp != row.judged_stamp else ANYWAY
    if row.judged_at and timedelta(0) <= now - row.judged_at < wait:
        return 0
    claim = {"judged_at": now, "judged_stamp": stamp}
    if not Gauge.objects.filter(pk=1, judged_at=row.judged_at).update(**claim):
        return 0
    return judge_growth(now=now, own_days=own_days)


def judge_growth(*, now: datetime, own_days: Mapping[date, DayKind] | None = None) -> int:
    """Store on each issue how it grows; how many are nearer to or further from an alarm now."""
    row = Gauge.objects.filter(pk=1).first()
    office = unpack(bytes(row.growth)) if row else None
    if row is None or office is None:
        return 0
    series, today = series_of(now), timezone.localdate(now)
    rises = office.judge(series, today, per_week=row.per_week, special=special_days(now, own_days))
    told = {rise.key: found for rise in rises if (found := _told(rise, today, row.days))}
    before = dict(Issue.objects.exclude(growth={}).values_list("pk", "growth"))
    changed = [pk for pk in {*told, *before} if told.get(pk, {}) != before.get(pk, {})]
    for start in range(0, len(changed), BATCH):
        _keep(changed[start : start + BATCH], told)
    return len(changed)


def _told(rise: Rise, today: date, days: int) -> dict[str, object]:
    """What is kept of a rise; nothing of what is as usual."""
    needed = float(str(rise.why["needed"]))
    near = 1.0 if rise.is_alarm else min(rise.score / max(needed, 0.01), 0.99)
    by_hours = rise.window.endswith("h")
    if near < NEAR or not rise.score or (days < ENOUGH_DAYS and not by_hours):
        return {}
    return {**rise.why, "near": round(near, 2), "alarm": rise.is_alarm, "day": today.isoformat()}


@transaction.atomic
def _keep(issues: Sequence[int], told: Mapping[int, dict[str, object]]) -> None:
    rows = list(Issue.objects.filter(pk__in=issues).only("pk", "growth", "heat_owed"))
    for issue in rows:
        issue.growth, issue.heat_owed = told.get(issue.pk, {}), True
    Issue.objects.bulk_update(rows, ["growth", "heat_owed"], batch_size=BATCH)
