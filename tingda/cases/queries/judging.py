"""What past cases say about an issue: claims that facts answer, the units that are likely."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tingda.cases.models import Case, Claim, Fact, Referral
from tingda.cases.queries import cases_of_issue
from tingda.detect.models import Issue
from tingda.detect.queries import issue_family
from tingda.people.models import Unit

MOST_COMPARED = 200  # past cases


def claims_of(issue: int) -> QuerySet[Claim]:
    """What was checked of an issue's claims, and of those merged into it, the newest first."""
    rows = Claim.objects.filter(issue__in=issue_family(issue)).select_related("by", "fact__case")
    return rows.order_by("-at", "-id")


def facts_of_issue(issue: int) -> QuerySet[Fact]:
    """Facts of the cases of an issue, newest first."""
    rows = Fact.objects.filter(case__in=cases_of_issue(issue).values("pk"))
    return rows.select_related("case").order_by("-id")


@dataclass(frozen=True, slots=True)
class LikelyUnit:
    """A unit below the office that cases of this topic went to: how many of them it led, and on
    how many it gave the facts; `of` cases were looked at, `objected` times it said not ours."""

    unit: Unit
    led: int
    asked: int
    objected: int
    of: int


def likely_units(issue: Issue, most: int = 2) -> list[LikelyUnit]:
    """Which units dealt with the newest cases of the issue's topic, the likeliest first."""
    if issue.topic_id is None:
        return []
    alike = Q(issue__topic=issue.topic_id) | Q(issue=None, voice__reading__topic=issue.topic_id)
    cases = Case.objects.filter(alike).exclude(issue__in=issue_family(issue.pk))
    units = dict(cases.order_by("-id").values_list("pk", "unit")[:MOST_COMPARED])
    led = Counter(units.values())
    referrals = Referral.objects.filter(case__in=list(units)).exclude(
        state=Referral.State.WITHDRAWN
    )
    rows = set(referrals.values_list("unit", "case", "state"))
    objected = Counter(unit for unit, _case, state in rows if state == Referral.State.OBJECTED)
    asked = Counter(unit for unit, _case, state in rows if state != Referral.State.OBJECTED)
    below = Unit.objects.filter(parent__isnull=False).in_bulk([*led, *asked])
    found = [
        LikelyUnit(unit, led[pk], asked[pk], objected[pk], len(units)) for pk, unit in below.items()
    ]
    return sorted(found, key=lambda one: (-one.led - one.asked + one.objected, one.unit.pk))[:most]
