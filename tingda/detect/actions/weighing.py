"""How hot issues are, and whether they need a warning: looked at when something was heard, and by
and by while it fades."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from tingda.detect.actions.warning import warn
from tingda.detect.models import Alert, Issue
from tingda.detect.queries import Rules, rules, said_of
from tingda.lib.heat import HALVINGS, Facts, Said, facts_of, heat_of
from tingda.lib.levels import Evidence

BATCH = 200
WEEK = 7.0  # days
# Looked at again so much later, by heat: what is hot fades by a hundredth an hour.
AGAIN = ((10.0, timedelta(hours=1)), (1.0, timedelta(hours=6)), (0.1, timedelta(days=1)))
LARGE, LARGE_REST = 5_000, timedelta(minutes=2)  # voices; to add those up takes a second
_FIELDS = ("heat", "heat_parts", "heat_at", "heat_due", "heat_owed")


def heat_due(*, now: datetime, limit: int = BATCH) -> int:
    """Weigh the issues that changed or whose time has come; how many."""
    owed = Q(heat_owed=True) & (
        Q(messages__lt=LARGE) | Q(heat_at=None) | ~Q(heat_at__range=(now - LARGE_REST, now))
    )
    # a moment further ahead than any we set: the clock was put back
    lost = Q(heat_due__gt=now + AGAIN[-1][1] + LARGE_REST)
    standing = Issue.objects.exclude(state=Issue.State.MERGED)
    for wanted in (owed, Q(heat_due__lte=now) | lost):
        if not standing.filter(wanted).exists():  # the usual case, without a writer's lock
            continue
        with transaction.atomic():
            issues = list(_mine(standing.filter(wanted)).order_by("-pk")[:limit])
            weigh(issues, now)
        if issues:
            return len(issues)
    return 0


def weigh_now(issues: Sequence[int], now: datetime) -> None:
    """Weigh these at once, inside the transaction that changed them."""
    weigh(list(Issue.objects.filter(pk__in=issues)), now)


def _mine(rows: "QuerySet[Issue]") -> "QuerySet[Issue]":
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return rows.select_related("topic")


def weigh(issues: Sequence[Issue], now: datetime) -> None:
    """Store their heat, and warn of those that need it. Inside a transaction."""
    by = rules()
    most = max(by.weights.half_days * HALVINGS, WEEK)
    of = {issue.pk: issue for issue in issues}
    said = said_of(list(of), since=now - timedelta(days=most), now=now)
    for issue in issues:
        _heat(issue, [voice for voice, _heard in said[issue.pk]], by, now)
    Issue.objects.bulk_update(issues, _FIELDS, batch_size=BATCH)
    alerts = {alert.issue_id: alert for alert in Alert.objects.filter(issue__in=issues)}
    for issue in issues:
        if issue.state == Issue.State.OPEN:
            warn(issue, said[issue.pk], alerts.get(issue.pk), by, now)


def _heat(issue: Issue, said: Sequence[Said], by: Rules, now: datetime) -> None:
    facts = facts_of(
        said, by.usual, half_days=by.weights.half_days, growth=float(issue.growth.get("near", 0))
    )
    issue.heat, points = heat_of(facts, by.weights)
    now_known = evidence_of(issue, said)
    issue.heat_parts = {
        "points": {part: round(value, 2) for part, value in points.items()},
        "facts": _rounded(facts),
        "peak": _peak(issue.heat_parts.get("peak", {}), now_known),
    }
    issue.heat_at, issue.heat_owed = now, False
    issue.heat_due = next((now + wait for least, wait in AGAIN if issue.heat >= least), None)
    if issue.heat_due is None:
        issue.heat = 0.0


def evidence_of(issue: Issue, said: Sequence[Said]) -> Evidence:
    """What the table of colours asks about."""
    week = [voice for voice in said if voice.days_ago < WEEK]
    return Evidence(
        urgency=max((voice.urgency for voice in week), default=0),
        grows=bool(issue.growth.get("alarm")),
        people=len({voice.person for voice in week}),
        topic=issue.topic.code if issue.topic else "",
    )


def _rounded(facts: Facts) -> dict[str, float]:
    return {
        "people": round(facts.people, 3),
        "reach": round(facts.reach, 3),
        "urgency": round(facts.urgency, 4),
        "growth": round(facts.growth, 4),
    }


def _peak(before: dict[str, int], known: Evidence) -> dict[str, int]:
    """The most that was ever known of it, for trying another table on it."""
    return {
        "urgency": max(known.urgency, before.get("urgency", 0)),
        "people": max(known.people, before.get("people", 0)),
        "grows": int(known.grows or before.get("grows", 0)),
    }
