"""Which issues somebody may see, and their numbers by day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from tingda.detect.models import Alert, Belonging, Issue
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def issues_for(person: Person) -> QuerySet[Issue]:
    """All issues for the desk of the whole office; merged ones keep their page and point on."""
    issues = Issue.objects.select_related("topic", "merged_into")
    return issues if person.is_active and is_of_the_office(person) else issues.none()


def unconfirmed_alerts(person: Person) -> QuerySet[Alert]:
    """Alerts that no person has confirmed yet, the oldest first."""
    standing = issues_for(person).exclude(state=Issue.State.MERGED)  # the other has its own
    alerts = Alert.objects.filter(confirmed_at=None, issue__in=standing)
    return alerts.select_related("issue").order_by("raised_at")


def belongings_of(issue: Issue) -> QuerySet[Belonging]:
    """The voices of an issue, newest first, copies included (`copy` says which)."""
    rows = Belonging.objects.filter(issue=issue).select_related("voice", "voice__source")
    return rows.select_related("voice__reading", "voice__receipt").order_by("-at", "-voice_id")


def daily_messages(issues: Sequence[int], days: int, now: datetime) -> dict[int, list[int]]:
    """Messages a day over the last `days` local days for each issue id, oldest first."""
    start = now - timedelta(days=days)
    rows = (
        Belonging.objects.filter(issue__in=issues, at__gt=start, at__lte=now)
        .annotate(on=TruncDate("at"))
        .values_list("issue", "on")
        .annotate(n=Count("voice"))
    )
    today = timezone.localdate(now)
    counts = {issue: [0] * days for issue in issues}
    for issue, on, n in rows:
        back = (today - on).days
        if 0 <= back < days:
            counts[issue][days - 1 - back] = n
    return counts
