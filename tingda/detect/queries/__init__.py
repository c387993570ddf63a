"""Which issues and alerts somebody may see, their numbers by day, and what warning goes by."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from tingda.collect.models import Source, Voice
from tingda.detect.models import Alert, AlertStep, Assessment, Belonging, Gauge, Issue, Proposal
from tingda.lib.heat import HALVINGS, Said, Weights, facts_of, heat_of
from tingda.lib.levels import MINUTES, Evidence, Row, row_for, rows_of
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office

ENOUGH_DAYS = 28  # of history; before that only the first hours of an issue can be judged


def issues_for(person: Person) -> QuerySet[Issue]:
    """All issues for the desk of the whole office; merged ones keep their page and point on."""
    issues = Issue.objects.select_related("topic", "merged_into")
    return issues if person.is_active and is_of_the_office(person) else issues.none()


def unconfirmed_alerts(person: Person) -> QuerySet[Alert]:
    """Alerts that no person has confirmed yet, the oldest first."""
    alerts = alerts_for(person).filter(confirmed_at=None, ended_at=None)
    return alerts.select_related(None).select_related("issue").order_by("raised_at")


def belongings_of(issue: Issue) -> QuerySet[Belonging]:
    """The voices of an issue, newest first, copies included (`copy` says which)."""
    rows = Belonging.objects.filter(issue=issue).select_related("voice", "voice__source")
    return rows.select_related("voice__reading", "voice__receipt").order_by("-at", "-voice_id")


def issue_family(issue: int) -> set[int]:
    """The ids of an issue and of all that were merged into it, however many steps ago."""
    family, found = {issue}, {issue}
    while found:
        merged = Issue.objects.filter(merged_into__in=found).values_list("id", flat=True)
        found = set(merged) - family
        family |= found
    return family


def assessments_of(issue: int, family: Collection[int] = ()) -> QuerySet[Assessment]:
    """What people made of an issue, and of those that were merged into it, the newest first;
    `family` where that is known."""
    rows = Assessment.objects.filter(issue__in=family or issue_family(issue))
    return rows.select_related("by", "issue").order_by("-at", "-id")


def daily_messages(issues: Sequence[int], days: int, now: datetime) -> dict[int, list[int]]:
    """Messages a day over the last `days` local days for each issue id, oldest first.

    The database compares times and cuts none to days: of 100,000 copies that took a second.
    """
    if not issues:
        return {}
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


# ---- heat, growth and warning ----
@dataclass(frozen=True, slots=True)
class Rules:
    """What the office goes by now: its own values, or ours."""

    weights: Weights
    levels: tuple[Row, ...]
    minutes: Mapping[str, int]
    per_week: int
    usual: Mapping[int, float]

    def limit(self, colour: str) -> timedelta | None:
        """How long somebody has to say that they know; None where nobody has to."""
        minutes = self.minutes.get(colour, 0)
        return timedelta(minutes=minutes) if minutes else None


def rules() -> Rules:
    """The one row of rules as values."""
    row = Gauge.objects.defer("growth").filter(pk=1).first() or Gauge()
    return Rules(
        weights=Weights.of(row.weights),
        levels=rows_of(row.levels),
        minutes={**MINUTES, **row.minutes},
        per_week=row.per_week,
        usual={int(source): float(value) for source, value in row.usual.items()},
    )


def said_of(
    issues: Sequence[int], *, since: datetime, now: datetime
) -> dict[int, list[tuple[Said, datetime]]]:
    """What was said of each issue since then, each with when it was heard.

    Nothing can have been said after it was heard, whatever the clock of its source shows; and of
    a source whose clock is slow, it was said so much later.
    """
    slow = dict(Source.objects.filter(clock_days__gt=0).values_list("pk", "clock_days"))
    new = Q(at__gt=since)
    if slow:
        new |= Q(voice__source__in=slow, voice__heard_at__gt=since)
    rows = Belonging.objects.filter(new, issue__in=issues).values_list(
        "issue",
        "author_hash",
        "at",
        "copy",
        "voice__heard_at",
        "voice__source",
        F("voice__likes") + F("voice__dislikes"),
        "voice__reading__urgency",
    )
    found: dict[int, list[tuple[Said, datetime]]] = {issue: [] for issue in issues}
    for issue, person, at, copy, heard, source, applause, urgency in rows.iterator(5000):
        if source in slow:
            at += timedelta(days=slow[source] + 1)
        days = (now - min(at, heard)).total_seconds() / 86_400
        said = Said(person, max(days, 0.0), urgency or 0, copy, applause, source)
        found[issue].append((said, heard))
    return found


def alerts_for(person: Person) -> QuerySet[Alert]:
    """Alerts on issues that the person may see; of merged issues the other's counts."""
    return _alerts_on(issues_for(person).exclude(state=Issue.State.MERGED))


def _alerts_on(issues: QuerySet[Issue]) -> QuerySet[Alert]:
    # asked of each alert, so that the alerts that stand lead the search and not all issues
    return Alert.objects.filter(Exists(issues.filter(pk=OuterRef("issue")))).select_related(
        "issue", "issue__topic", "acknowledged_by", "confirmed_by", "ended_by"
    )


def standing_alerts(person: Person) -> QuerySet[Alert]:
    """Alerts that nobody has ended, of issues that are ours; the oldest first."""
    ours = issues_for(person).filter(state=Issue.State.OPEN)
    return _alerts_on(ours).filter(ended_at=None).order_by("raised_at", "id")


@dataclass(frozen=True, slots=True)
class Week:
    """Alerts raised in the week from `monday`; those that a person called wrong; and the same of
    alerts by growth alone."""

    monday: date
    raised: int
    wrong: int
    by_growth: int
    by_growth_wrong: int


def alert_weeks(now: datetime, weeks: int = 12) -> list[Week]:
    """The last weeks, the newest last. What was wrong counts in the week in which it was raised."""
    today = timezone.localdate(now)
    first = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    start = timezone.make_aware(datetime.combine(first, time.min))
    rows = AlertStep.objects.filter(at__gte=start).values_list(
        "alert", "round", "at", "what", "by_growth", "wrong"
    )
    counts = [[0, 0, 0, 0] for _week in range(weeks)]
    raised: dict[tuple[int, int], tuple[int, bool]] = {}
    wrong: set[tuple[int, int]] = set()
    for alert, number, at, what, by_growth, is_wrong in rows.iterator(2000):
        if what == AlertStep.What.RAISED:
            week = min((timezone.localdate(at) - first).days // 7, weeks - 1)
            raised[alert, number] = week, by_growth
        if is_wrong:
            wrong.add((alert, number))
    for key, (week, by_growth) in raised.items():
        counts[week][0] += 1
        counts[week][1] += key in wrong
        counts[week][2] += by_growth
        counts[week][3] += by_growth and key in wrong
    return [Week(first + timedelta(weeks=n), *numbers) for n, numbers in enumerate(counts)]


@dataclass(frozen=True, slots=True)
class History:
    """What growth is judged by: days of history, when it was learnt, whether that is enough."""

    days: int
    learnt_at: datetime | None

    @property
    def is_enough(self) -> bool:
        """Whether issues older than two days are judged by growth."""
        return self.days >= ENOUGH_DAYS


def history() -> History:
    """What was learnt of growth."""
    row = Gauge.objects.filter(pk=1).values_list("days", "learnt_at").first()
    return History(*row) if row else History(0, None)


@dataclass(frozen=True, slots=True)
class Warm:
    """An issue under other weights: its heat and points then, and its place by today's weights."""

    issue: Issue
    heat: float
    points: Mapping[str, float]
    was: int


def hottest(weights: Weights, now: datetime, shown: int = 10, among: int = 200) -> list[Warm]:
    """Which issues would stand first under these weights, of those that are hottest now."""
    usual = rules().usual
    rows = Issue.objects.filter(state=Issue.State.OPEN, heat__gt=0).select_related("topic")
    issues = list(rows.order_by("-heat", "-id")[:among])
    since = now - timedelta(days=weights.half_days * HALVINGS)
    said = said_of([issue.pk for issue in issues], since=since, now=now)
    found = []
    for place, issue in enumerate(issues, start=1):
        facts = facts_of(
            (voice for voice, _heard in said[issue.pk]),
            usual,
            half_days=weights.half_days,
            growth=float(issue.growth.get("near", 0)),
        )
        found.append(Warm(issue, *heat_of(facts, weights), place))
    return sorted(found, key=lambda one: (-one.heat, one.was))[:shown]


@dataclass(frozen=True, slots=True)
class Tried:
    """What an issue would have got from two tables, at the most that was ever known of it."""

    issue: Issue
    known: Evidence
    before: str
    after: str


def would_have_got(levels: Sequence[Row], others: Sequence[Row], issues: int = 100) -> list[Tried]:
    """The last issues that began, under two tables; the newest first. "" where nothing fits."""
    rows = Issue.objects.filter(state=Issue.State.OPEN).select_related("topic")
    return [
        Tried(row, known, _level(levels, known), _level(others, known))
        for row in rows.order_by("-heard_at", "-id")[:issues]
        for known in (_most_known(row),)
    ]


def _level(levels: Sequence[Row], known: Evidence) -> str:
    number = row_for(levels, known)
    return "" if number is None else levels[number].level


def _most_known(issue: Issue) -> Evidence:
    peak = issue.heat_parts.get("peak", {})
    topic = issue.topic.code if issue.topic else ""
    urgency, people = int(peak.get("urgency", 0)), int(peak.get("people", 0))
    return Evidence(urgency, bool(peak.get("grows")), people, topic)
