"""What the judging page needs: who was heard where and when, what is likely to come."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Trunc, TruncDate
from django.utils import timezone

from tingda.detect.models import Belonging, Foresight, Issue
from tingda.lib.outlook import History, Outlook, Prospect
from tingda.lib.outlook.kept import lessons_of
from tingda.lib.outlook.methods import MOST_DAYS
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

Step = Literal["day", "hour"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What came within one span that begins at `at`: people who said it themselves, what they
    said, and copies."""

    at: datetime
    people: int
    own: int
    copies: int


@dataclass(frozen=True, slots=True)
class Carried:
    """How much one source carried of an issue: own words and copies, people, from when to when."""

    source: int
    name: str
    own: int
    copies: int
    people: int
    first_at: datetime
    last_at: datetime


def heard_in(issue: Issue, step: Step, start: datetime, end: datetime) -> list[Heard]:
    """The spans (local days or hours) of an issue in which something came, oldest first."""
    rows = (
        Belonging.objects.filter(issue=issue, at__gte=start, at__lt=end)
        .annotate(span=Trunc("at", step))
        .values_list("span")
        .annotate(
            people=Count("author_hash", distinct=True, filter=Q(copy=False)),
            own=Count("voice", filter=Q(copy=False)),
            copies=Count("voice", filter=Q(copy=True)),
        )
        .order_by("span")
    )
    return [Heard(*row) for row in rows]


def carried_by(issue: Issue) -> list[Carried]:
    """Which sources carried an issue, and how much, the earliest to be heard in it first."""
    rows = (
        Belonging.objects.filter(issue=issue)
        .values_list("voice__source", "voice__source__name")
        .annotate(
            own=Count("voice", filter=Q(copy=False)),
            copies=Count("voice", filter=Q(copy=True)),
            people=Count("author_hash", distinct=True),
            first=Min("at"),
            last=Max("at"),
        )
        .order_by("first", "voice__source")
    )
    return [Carried(*row) for row in rows]


def carried_in_time(
    issue: Issue, step: Step, start: datetime, end: datetime
) -> list[tuple[int, datetime, int, int]]:
    """(source, beginning of the span, own words, copies) for each in which something came."""
    rows = (
        Belonging.objects.filter(issue=issue, at__gte=start, at__lt=end)
        .annotate(span=Trunc("at", step))
        .values_list("voice__source", "span")
        .annotate(
            own=Count("voice", filter=Q(copy=False)), copies=Count("voice", filter=Q(copy=True))
        )
        .order_by("span", "voice__source")
    )
    return list(rows)


def copied_between(issue: Issue) -> dict[tuple[int, int], int]:
    """(source of the copies, source of what they copy) to how many, within one source as well."""
    rows = Belonging.objects.filter(
        issue=issue, copy=True, voice__reading__repeat_of__isnull=False
    ).order_by()
    pairs = rows.values_list("voice__source", "voice__reading__repeat_of__source")
    return {(one, other): n for one, other, n in pairs.annotate(n=Count("voice"))}


def own_voices(issue: Issue, most: int) -> list[tuple[int, int, str, str, str]]:
    """(voice, source, author's hash, title, text) of what is no copy, newest first."""
    rows = Belonging.objects.filter(issue=issue, copy=False).order_by("-at", "-voice_id")
    fields = ("voice", "voice__source", "author_hash", "voice__title", "voice__text")
    return list(rows.values_list(*fields)[:most])


def copies_of(issue: Issue) -> dict[int, int]:
    """Voice to how many copies of it are in the issue."""
    rows = Belonging.objects.filter(
        issue=issue, copy=True, voice__reading__repeat_of__isnull=False
    ).order_by()
    counts = rows.values_list("voice__reading__repeat_of").annotate(n=Count("voice"))
    return dict(counts)


# ---- the outlook ----
def histories(issues: QuerySet[Issue], now: datetime) -> dict[int, History]:
    """Messages a day of each issue from its first local day to yesterday, at most 120 days; those
    that began today are left out."""
    last = timezone.localdate(now) - timedelta(days=1)
    earliest = last - timedelta(days=MOST_DAYS - 1)
    first = {
        pk: max(timezone.localdate(at), earliest)
        for pk, at in issues.values_list("pk", "first_at")
        if timezone.localdate(at) <= last
    }
    rows = (
        Belonging.objects.filter(issue__in=list(first), at__gt=now - timedelta(days=MOST_DAYS + 2))
        .annotate(on=TruncDate("at"))
        .values_list("issue", "on")
        .annotate(n=Count("voice"))
        .order_by()
    )
    counts: dict[int, Counter[date]] = {pk: Counter() for pk in first}
    for issue, on, n in rows:
        counts[issue][on] = n
    return {
        pk: History(
            day, [counts[pk][day + timedelta(days=n)] for n in range((last - day).days + 1)]
        )
        for pk, day in first.items()
    }


def prospect_of(issue: Issue, now: datetime) -> Prospect:
    """What is expected of an issue from today on. Refused, with the reason: nothing could be
    learnt yet, or the issue is too young."""
    row = Foresight.objects.first()
    if row is None:
        raise Refused(_("后台还没有学过走势，启动后一天学一次"))
    if row.refused:
        raise Refused(str(row.refused["message"]), **row.refused["params"])
    history = histories(Issue.objects.filter(pk=issue.pk), now).get(issue.pk)
    if history is None:
        raise Refused(_("这个议题今天才听到，满 7 天才能预计走势"))
    return Outlook(lessons_of(row.lessons)).prospect(history.counts, history.first_day)
