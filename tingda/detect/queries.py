"""Which issues somebody may see, and their numbers by day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from tingda.collect.models import Voice
from tingda.detect.models import Alert, Belonging, Issue, Proposal
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
    """Messages a day over the last `days` local days for each issue id, oldest first.

    The database compares times and cuts none to days: of 100,000 copies that took a second.
    """
    today = timezone.localdate(now)
    begins = [_begin_of(today - timedelta(days=back)) for back in range(days - 1, -1, -1)]
    since = max(begins[0], now - timedelta(days=days))
    rows = Belonging.objects.filter(issue__in=issues, at__gt=since, at__lte=now).order_by()
    since_each = {
        f"n{number}": Count("voice", filter=Q(at__gte=begin)) for number, begin in enumerate(begins)
    }
    counts = {issue: [0] * days for issue in issues}
    for issue, *since_then in rows.values_list("issue").annotate(**since_each):
        later = [*since_then[1:], 0]
        counts[issue] = [n - after for n, after in zip(since_then, later, strict=True)]
    return counts


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


# ---- what an issue says as a whole ----

MOST_SAID = 200
MOST_TEXT = 3_000  # characters of one voice


@dataclass(frozen=True, slots=True)
class Utterance:
    """One voice of an issue that is no copy; `who` counts people and names nobody."""

    voice: int
    who: str
    title: str
    text: str
    terms: tuple[str, ...]


def said_in(issue: Issue) -> list[Utterance]:
    """The newest voices of an issue, copies apart, the oldest of them first."""
    rows = Belonging.objects.filter(issue=issue, copy=False).order_by("-at", "-voice_id")
    names = ("voice", "author_hash", "voice__title", "voice__text", "voice__reading__terms")
    newest = list(rows.values_list(*names)[:MOST_SAID])
    return [
        Utterance(voice, who, title, text[:MOST_TEXT], tuple((terms or "").split()))
        for voice, who, title, text, terms in reversed(newest)
    ]


@dataclass(frozen=True, slots=True)
class Repeated:
    """One text that several said: in how many voices, from how many accounts, by how many people.

    Who has no account we know of counts as one person each time, and as no account.
    """

    voice: int
    voices: int
    accounts: int
    people: int


def repeated_in(issue: Issue, *, accounts: int = 3, most: int = 3) -> list[Repeated]:
    """The texts of an issue that at least so many accounts said, the most accounts first."""
    rows = Belonging.objects.filter(issue=issue).order_by()
    texts = (
        rows.annotate(first=Coalesce("voice__reading__repeat_of", "voice"))
        .values_list("first")
        .annotate(
            voices=Count("voice"),
            accounts=Count("author_hash", distinct=True, filter=~Q(author_hash__startswith="v")),
            people=Count("author_hash", distinct=True),
        )
        .filter(voices__gt=1, accounts__gte=accounts)
        .order_by("-accounts", "first")
    )
    return [Repeated(*row) for row in texts[:most]]


# ---- merges and splits that wait for a person ----


def proposals_for(person: Person) -> QuerySet[Proposal]:
    """What waits for a decision, the surest first; only about issues that still stand."""
    open_ones = issues_for(person).filter(state=Issue.State.OPEN)
    waiting = Proposal.objects.filter(state=Proposal.State.WAITING, issue__in=open_ones)
    rows = waiting.filter(Q(other=None) | Q(other__in=open_ones))
    names = ("issue", "issue__topic", "other", "other__topic")
    return rows.select_related(*names).order_by("-sure", "id")


def newest_of(
    issues: Collection[int], *, most: int, without: Collection[int] = ()
) -> dict[int, list[Voice]]:
    """The newest voices of each issue that are no copies, without those named."""
    rank = Window(
        RowNumber(), partition_by=F("issue"), order_by=(F("at").desc(), F("voice").desc())
    )
    rows = Belonging.objects.filter(issue__in=issues, copy=False).exclude(voice__in=list(without))
    ranked = rows.annotate(rank=rank).filter(rank__lte=most)
    found: dict[int, list[Voice]] = {issue: [] for issue in issues}
    for row in ranked.select_related("voice", "voice__source").order_by("rank"):
        found[row.issue_id].append(row.voice)
    return found
