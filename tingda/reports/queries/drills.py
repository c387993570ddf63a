"""What came of a drill, read from the copy's own database, which is open under an alias."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Min, Prefetch

from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.lib import scenarios
from tingda.notify.models import Notice, Sending
from tingda.people.models import HeldRole, Person

# The lines of the ledger by which each of lib/scenarios.STEPS is known to have happened.
VERBS = {
    "alert": ("alert.raised",),
    "acknowledged": ("alert.acknowledged", "alert.confirmed"),
    "confirmed": ("alert.confirmed",),
    "plan": ("plan.started",),
    "case": ("case.opened",),
    "referral": ("referral.sent",),
    "facts": ("fact.recorded", "referral.answered"),
    "meeting": ("meeting.called",),
    "upward": ("report.sent",),
    "answer": ("answer.released",),
}
MOST = 300  # calls and messages that are kept


def firsts(alias: str) -> dict[str, datetime]:
    """When each step happened first."""
    verbs = {verb for some in VERBS.values() for verb in some}
    rows = Line.objects.using(alias).filter(verb__in=verbs).order_by().values_list("verb")
    found = dict(rows.annotate(Min("at")))
    return {
        what: min(found[verb] for verb in some if verb in found)
        for what, some in VERBS.items()
        if any(verb in found for verb in some)
    }


def came_of(
    alias: str, scenario: scenarios.Scenario, begins: datetime, ended: datetime
) -> dict[str, object]:
    """The whole result as plain values, minutes counted from the first thing said; people stand
    in it as their units and roles.
    """
    times = firsts(alias)
    judged = scenarios.judge(scenario, begins, times)
    kept = sum(one.kept for one in judged)
    zero = scenarios.zero(scenario, begins)
    return {
        "marks": [{"what": o.what, "within": o.within, "after": o.after} for o in judged],
        "course": _course(scenario, begins, times),
        "kept": kept,
        "missed": len(judged) - kept,
        "said": len(scenario.said),
        "heard": Voice.objects.using(alias).count(),
        "minutes": scenarios.minutes_after(begins, ended),
        "called": _called(alias, zero),
        "held": _held(alias, zero),
    }


def _course(
    scenario: scenarios.Scenario, begins: datetime, times: Mapping[str, datetime]
) -> list[dict[str, object]]:
    """What was done besides, though nobody expected it."""
    expected = {one.what for one in scenario.expected}
    others = tuple(
        scenarios.Expected(what, 0) for what in VERBS if what in times and what not in expected
    )
    row = scenarios.Scenario("", "", None, scenario.minutes, scenario.said, others)
    return [{"what": o.what, "after": o.after} for o in scenarios.judge(row, begins, times)]


def _called(alias: str, zero: datetime) -> list[dict[str, object]]:
    """Who was told what at the desk: one row for each matter and moment, posts and not names."""
    roles = Prefetch("held_roles", HeldRole.objects.using(alias).order_by("role"))
    people = {
        one.pk: one
        for one in Person.objects.using(alias).select_related("unit").prefetch_related(roles)
    }
    rows: dict[tuple[str, str, datetime], dict[tuple[str, str], int]] = {}
    told = Notice.objects.using(alias).order_by("at", "id")
    for verb, link, at, person in told.values_list("verb", "link", "at", "person"):
        posts = rows.setdefault((verb, link, at), {})
        unit = people[person].unit.name
        role = ",".join(sorted(people[person].roles))
        posts[unit, role] = posts.get((unit, role), 0) + 1
    return [
        {
            "verb": verb,
            "after": scenarios.minutes_after(zero, at),
            "posts": [[unit, role, count] for (unit, role), count in posts.items()],
        }
        for (verb, _link, at), posts in list(rows.items())[:MOST]
    ]


def _held(alias: str, zero: datetime) -> list[dict[str, object]]:
    """What would have gone out, by which kind of way."""
    rows = Sending.objects.using(alias).order_by("at", "id")[:MOST]
    told = rows.values_list("verb", "at", "reach__kind", "reach__name", "reach__person", "data")
    return [
        {
            "verb": verb,
            "after": scenarios.minutes_after(zero, at),
            "kind": kind,
            "way": "" if person else name,  # a person's own way is nobody else's business
            "title": str(data.get("title") or "")[:120],
        }
        for verb, at, kind, name, person, data in told
    ]
