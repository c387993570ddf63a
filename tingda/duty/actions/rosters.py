"""Setting up rosters and key periods, and making shifts of them ahead of time."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import QuerySet

from tingda.duty import rules
from tingda.duty.actions import one_at_a_time
from tingda.duty.models import KeyPeriod, Roster, Shift, Swap, Team, Turn
from tingda.duty.queries import hours_of, zone
from tingda.ledger.actions import record
from tingda.lib.clocks import CALENDAR_KNOWN_UNTIL
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name
from tingda.people.rules import DUTY


@dataclass(frozen=True)
class Wanted:
    """A roster as somebody wants it. `teams` are people in the order of the rotation."""

    name: str
    begins: date
    rotation: str
    hours: Sequence[rules.Hours]
    teams: Sequence[Sequence[Person]]
    all_day: bool = True
    active: bool = True
    key_period: KeyPeriod | None = None


@transaction.atomic
def set_roster(roster: Roster | None, wanted: Wanted, *, by: Person, now: datetime) -> Roster:
    """Add a roster, or change one from `wanted.begins` on. Its shifts are made by `fill`."""
    by.must("configure")
    one_at_a_time()
    _check(wanted, now)
    row = Roster.objects.select_for_update().get(pk=roster.pk) if roster else Roster()
    row.name, row.begins, row.rotation = wanted.name.strip()[:100], wanted.begins, wanted.rotation
    row.all_day, row.active, row.key_period = wanted.all_day, wanted.active, wanted.key_period
    row.hours, row.filled = [_plain(one) for one in wanted.hours], ""
    row.save()
    row.teams.all().delete()
    for place, members in enumerate(wanted.teams):
        Team.objects.create(roster=row, place=place).members.set(members)
    data = {
        "name": row.name,
        "begins": row.begins.isoformat(),
        "rotation": row.rotation,
        "hours": row.hours,
        "teams": [[person.name for person in members] for members in wanted.teams],
        "active": row.active,
    }
    verb = "roster.changed" if roster else "roster.added"
    record(verb, f"roster:{row.pk}", actor=actor_name(by), now=now, data=data)
    return row


def _check(wanted: Wanted, now: datetime) -> None:
    if not wanted.name.strip():
        raise Refused(_("名称不能为空"))
    if abs(wanted.begins - now.astimezone(zone()).date()) > rules.LONGEST_PERIOD:
        raise Refused(_("开始的日子请在一年之内"))
    if wanted.rotation not in rules.ROTATIONS:
        raise Refused(_("没有这种轮换"))
    rules.check_hours(wanted.hours)
    _check_teams(wanted.teams)


def _check_teams(teams: Sequence[Sequence[Person]]) -> None:
    if not teams:
        raise Refused(_("至少要有一组人"))
    if len(teams) > rules.MOST_TEAMS:
        raise Refused(_("最多 %(most)s 组"), most=rules.MOST_TEAMS)
    for members in teams:
        for person in members:
            if not (person.is_active and DUTY in person.roles):
                raise Refused(_("%(name)s 不是在用的值班员，不能排班"), name=person.name)


def _plain(hours: rules.Hours) -> dict[str, object]:
    plain = asdict(hours)
    return plain | {"starts": f"{hours.starts:%H:%M}", "ends": f"{hours.ends:%H:%M}"}


@transaction.atomic
def set_key_period(
    period: KeyPeriod | None,
    values: dict[str, object],
    *,
    by: Person,
    now: datetime,
) -> KeyPeriod:
    """Add a key period or change one; `values` are its fields."""
    by.must("configure")
    one_at_a_time()
    row = KeyPeriod.objects.select_for_update().get(pk=period.pk) if period else KeyPeriod()
    for name in ("name", "starts_at", "ends_at", "minutes", "groups", "note"):
        setattr(row, name, values[name])
    row.name = row.name.strip()[:100]
    if not row.name:
        raise Refused(_("名称不能为空"))
    rules.check_period(row.starts_at, row.ends_at, row.minutes)
    row.save()
    Roster.objects.update(filled="")  # the usual ones give way to its own
    data = {
        "name": row.name,
        "from": row.starts_at.isoformat(),
        "until": row.ends_at.isoformat(),
        "minutes": row.minutes,
    }
    verb = "key_period.changed" if period else "key_period.added"
    record(verb, f"key_period:{row.pk}", actor=actor_name(by), now=now, data=data)
    return row


@transaction.atomic
def end_key_period(period: KeyPeriod, *, by: Person, now: datetime) -> None:
    """End it now; one that has not begun is taken out with its rosters."""
    by.must("configure")
    one_at_a_time()
    row = KeyPeriod.objects.select_for_update().get(pk=period.pk)
    if row.ends_at <= now:
        raise Refused(_("这个时段已经结束"))
    data = {"name": row.name}
    record("key_period.ended", f"key_period:{row.pk}", actor=actor_name(by), now=now, data=data)
    if row.starts_at < now:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    else:
        _drop(Shift.objects.filter(roster__key_period=row, starts_at__gt=now), now)
        row.delete()
    Roster.objects.update(filled="")


def stamp(days: rules.Days, until: date) -> str:
    """What shifts are made by, in short: another stamp, and they are made anew."""
    told = [sorted(day.isoformat() for day in some) for some in (days.off, days.on)]
    plain = json.dumps([*told, until.isoformat(), CALENDAR_KNOWN_UNTIL.isoformat()])
    return hashlib.sha256(plain.encode()).hexdigest()


def fill(days: rules.Days, *, now: datetime) -> int:
    """Make the shifts of the next four weeks where they are not made yet by these days. Returns
    how many came or went. What has begun and what was changed by hand stays as it is.
    """
    until = now.astimezone(zone()).date() + rules.AHEAD
    wanted = stamp(days, until)
    if not Roster.objects.exclude(filled=wanted).exists():
        return 0
    with transaction.atomic():
        one_at_a_time()
        rows = list(Roster.objects.prefetch_related("teams__members").select_related("key_period"))
        special = [
            row.key_period for row in rows if row.active and row.key_period and row.teams.all()
        ]
        changed = sum(_fill_one(row, special, until, days, now) for row in rows)
        Roster.objects.update(filled=wanted)
        if changed:
            data = {"shifts": changed, "until": until.isoformat()}
            record("roster.filled", "rosters", actor=actor_name(None), now=now, data=data)
    return changed


def _fill_one(
    roster: Roster,
    special: Sequence[KeyPeriod],
    until: date,
    days: rules.Days,
    now: datetime,
) -> int:
    teams = list(roster.teams.all())
    pattern = rules.Pattern(roster.begins, roster.rotation, hours_of(roster), len(teams))
    planned = rules.slots(pattern, until, days, zone()) if roster.active else []
    wanted = {
        (slot.name, slot.starts_at): slot
        for slot in planned
        if slot.ends_at > now and _is_its_time(roster, slot, special)
    }
    on = list(roster.shifts.filter(starts_at__lte=now, ends_at__gt=now))
    if on or not roster.active:  # what has begun stays; a new roster begins at once
        wanted = {key: slot for key, slot in wanted.items() if slot.starts_at > now}
    # what stood before the day from which a changed roster counts stays as it was
    first = rules.moment(roster.begins, time.min, zone()) if roster.active else now
    old = {
        (shift.name, shift.starts_at): shift
        for shift in roster.shifts.filter(starts_at__gt=now, starts_at__gte=first)
    }
    gone = [old[key].pk for key in old.keys() - wanted.keys()]
    _drop(Shift.objects.filter(pk__in=gone), now)
    changed = len(gone)
    for key, slot in wanted.items():
        members = (
            [one.pk for one in teams[slot.team].members.all()] if slot.team is not None else []
        )
        changed += _place(roster, old.get(key), slot, members, now)
    return changed


def _is_its_time(roster: Roster, slot: rules.Slot, special: Sequence[KeyPeriod]) -> bool:
    own = roster.key_period
    if own:
        return own.starts_at <= slot.starts_at < own.ends_at
    return not any(one.starts_at <= slot.starts_at < one.ends_at for one in special)


def _place(
    roster: Roster, old: Shift | None, slot: rules.Slot, members: list[int], now: datetime
) -> int:
    shift = old or Shift(roster=roster, name=slot.name, starts_at=slot.starts_at)
    shift.day, shift.ends_at, shift.needs = slot.day, slot.ends_at, slot.needs
    shift.save()
    if shift.by_hand:
        return 0
    there = set(shift.turns.values_list("person", flat=True)) if old else set()
    if there == set(members):
        return 0 if old else 1
    if old:
        _overtake(
            Swap.objects.filter(mine__shift=shift) | Swap.objects.filter(theirs__shift=shift), now
        )
        shift.turns.exclude(person__in=members).delete()
    Turn.objects.bulk_create(Turn(shift=shift, person_id=pk) for pk in members if pk not in there)
    return 1


def _drop(shifts: QuerySet[Shift], now: datetime) -> None:
    for field in ("mine", "theirs"):
        _overtake(Swap.objects.filter(**{f"{field}__shift__in": shifts}), now)
    shifts.delete()


def _overtake(swaps: QuerySet[Swap], now: datetime) -> None:
    swaps.filter(state="asked").update(state="overtaken", decided_at=now)
