"""Alerts as the machine raises them, raises their colour, and tells more people in time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tingda.analyse.models import Reading
from tingda.detect.models import Alert, AlertStep, Issue
from tingda.detect.queries import Rules, rules
from tingda.duty.queries import on_duty
from tingda.ledger.actions import record
from tingda.lib.heat import Said
from tingda.lib.levels import Evidence, Reason, Row, is_higher, reasons, row_for
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name
from tingda.people.queries import people_with
from tingda.people.rules import ADMIN, DUTY, RELEASER

AT_ONCE = 3  # urgency
DAYS = 7.0
EVERYBODY, STEPS = 2, 3  # who is on duty, all who may be, those who lead
FEWEST = 3  # people, before a person's judgement is asked for again
MOST_WORDS = 6
_SLACK = timedelta(minutes=1)


def warn(
    issue: Issue,
    said: Sequence[tuple[Said, datetime]],
    alert: Alert | None,
    by: Rules,
    now: datetime,
) -> None:
    """Look the issue up in the table of colours; raise an alert or its colour. Never lowers one.

    After a person has lowered or ended an alert, only what was heard since then counts.
    """
    if _wanted(issue, said, alert, by) is None:
        return
    alert = _locked(issue)  # a person may be at it just now
    wanted = _wanted(issue, said, alert, by)
    if wanted is None:
        return
    row, known = wanted
    if alert is None:
        alert = Alert(issue=issue, raised_at=now)
    elif not alert.stands:
        alert.round, alert.raised_at = alert.round + 1, now
    elif not is_higher(row.level, alert.colour):  # a person has seen to that
        alert.suggested = row.level
        alert.save(update_fields=["suggested"])
        return
    verb = "alert.level" if alert.pk and alert.stands else "alert.raised"
    alert.colour = row.level
    _raise(alert, verb, row, known, now=now, limit=by.limit(row.level))


def _locked(issue: Issue) -> Alert | None:
    rows = Alert.objects.filter(issue=issue)
    if connection.vendor == "postgresql":
        rows = rows.select_for_update()
    return rows.first()


def _wanted(
    issue: Issue, said: Iterable[tuple[Said, datetime]], alert: Alert | None, by: Rules
) -> tuple[Row, Evidence] | None:
    """The row of the table that asks for more than was suggested so far."""
    known = _known(issue, said, alert)
    number = row_for(by.levels, known)
    if number is None:
        return None
    row = by.levels[number]
    news = alert is None or not alert.stands or is_higher(row.level, alert.suggested)
    return (row, known) if news else None


def _known(issue: Issue, said: Iterable[tuple[Said, datetime]], alert: Alert | None) -> Evidence:
    since = alert.since if alert else None
    week = [voice for voice, heard in said if voice.days_ago < DAYS and _after(heard, since)]
    people = len({voice.person for voice in week})
    urgency = max((voice.urgency for voice in week), default=0)
    grows = bool(issue.growth.get("alarm"))
    if alert and since:
        # the windows of growth have to lie wholly after it
        judged_anew = timezone.localdate(since + timedelta(days=DAYS)).isoformat()
        grows = grows and str(issue.growth.get("day", "")) >= judged_anew
        if alert.doubted and people < FEWEST:  # a person has said that it is less than that
            urgency, grows, people = 0, False, 0
    topic = issue.topic.code if issue.topic else ""
    return Evidence(urgency, grows, people, topic)


def _after(heard: datetime, since: datetime | None) -> bool:
    return since is None or heard > since


def _raise(
    alert: Alert,
    verb: str,
    row: Row,
    known: Evidence,
    *,
    now: datetime,
    limit: timedelta | None,
) -> None:
    """Keep it, write it down and tell whoever is on duty."""
    urgent_voice = _most_urgent(alert) if row.urgency else None
    alert.suggested, alert.by_growth, alert.step = row.level, row.grows, 0
    alert.why = {
        "reasons": [
            *reasons(row, known, alert.issue.growth, _words(urgent_voice)),
            *_clock(urgent_voice),
        ],
        "urgent": known.urgency >= AT_ONCE or row.level == Alert.Colour.RED,
        "voice": urgent_voice.voice_id if urgent_voice else None,
        "danger": urgent_voice.why.get("danger", []) if urgent_voice else [],
    }
    alert.acknowledged_by = alert.acknowledged_at = None
    alert.confirmed_by = alert.confirmed_at = None
    alert.ended_by, alert.ended_at, alert.reason = None, None, ""
    alert.noise = alert.doubted = False
    alert.next_due = now + limit if limit else None
    alert.save()
    AlertStep.objects.create(
        alert=alert,
        round=alert.round,
        at=now,
        what=verb.removeprefix("alert."),
        colour=alert.colour,
        by_growth=row.grows,
    )
    data = {"colour": alert.colour, "voice": alert.why["voice"]}
    record(verb, f"issue:{alert.issue_id}", actor=actor_name(None), now=now, data=data)
    turn = f"{alert.round}:{alert.colour}" if verb == "alert.level" else f"{alert.round}"
    _tell(alert, verb, f"{verb}:{alert.pk}:{turn}", 0, now)


def _most_urgent(alert: Alert) -> Reading | None:
    """The voice for which it is urgent: of the most urgent ones the one heard last."""
    rows = Reading.objects.filter(voice__belonging__issue=alert.issue_id, urgency__gt=1)
    if alert.since:
        rows = rows.filter(voice__heard_at__gt=alert.since)
    return (
        rows.select_related("voice__source").order_by("-urgency", "-voice__heard_at", "-pk").first()
    )


def _words(reading: Reading | None) -> list[str]:
    """What was said that makes it urgent, each word once."""
    found: list[str] = []
    if reading is None:
        return found
    texts = {"title": reading.voice.title, "text": reading.voice.text}
    for span in reading.why.get("danger") or []:
        field, start, end, *_what = span
        if isinstance(field, str) and (word := texts.get(field, "")[start:end]):
            found.append(word)
    return list(dict.fromkeys(found))[:MOST_WORDS]


def _clock(reading: Reading | None) -> list[Reason]:
    """That the voice seems older, or later, than it is."""
    source = reading.voice.source if reading else None
    if source is None or not source.clock_days:
        return []
    text = _("来源“%(source)s”的钟大约慢 %(days)s 天，按听到的时间算")
    if source.clock_days < 0:
        text = _("来源“%(source)s”的钟大约快 %(days)s 天，按听到的时间算")
    return [(text, {"source": source.name, "days": abs(source.clock_days)})]


def _tell(alert: Alert, verb: str, key: str, step: int, now: datetime) -> None:
    issue = alert.issue
    tell(
        _who(step, now),
        verb,
        key=key,
        link=f"issue:{issue.pk}",
        now=now,
        urgent=bool(alert.why.get("urgent")),
        topic=issue.topic.code if issue.topic else "",
        data={
            "title": issue.title,
            "place": issue.place,
            "people": issue.people,
            "messages": issue.messages,
            "since": issue.first_at.isoformat(),
            "colour": alert.colour,
            "why": alert.why.get("reasons", []),
        },
    )


def _who(step: int, now: datetime) -> Iterable[Person]:
    """Whom a step tells: 0 and 1 who is on duty, 2 everybody who may be, 3 those who lead."""
    if step < EVERYBODY:
        return on_duty(now)
    if step < STEPS:
        return people_with(DUTY)
    lead = Q(held_roles__role__in=[RELEASER, ADMIN])
    return Person.objects.filter(lead, is_active=True).distinct()


def escalate_due(*, now: datetime, limit: int = 50) -> int:
    """Tell more people of alerts that nobody has acknowledged in time; how many alerts.

    One step at a time, each kept with what it tells, so that nothing is told twice or left out
    when a worker dies; the next counts from now, so that a clock that jumps tells no step early.
    """
    waiting = Alert.objects.filter(next_due__isnull=False)
    _put_clock_right(waiting, now)
    due = list(waiting.filter(next_due__lte=now).order_by("next_due").values_list("pk")[:limit])
    return sum(_escalate(pk, now) for (pk,) in due)


def _put_clock_right(waiting: "QuerySet[Alert]", now: datetime) -> None:
    """A moment further ahead than the limit itself: the clock was put back."""
    by = rules()
    for colour in Alert.Colour.values:
        limit = by.limit(colour)
        if limit:
            ahead = waiting.filter(colour=colour, next_due__gt=now + limit + _SLACK)
            ahead.update(next_due=now + limit)


@transaction.atomic
def _escalate(pk: int, now: datetime) -> int:
    rows = Alert.objects.select_related("issue", "issue__topic")
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",), skip_locked=True)
    alert = rows.filter(pk=pk, next_due__lte=now).first()
    if alert is None:
        return 0
    limit = rules().limit(alert.colour)
    if alert.acknowledged_at or not alert.stands or alert.issue.state != Issue.State.OPEN:
        alert.next_due = None
        alert.save(update_fields=["next_due"])
        return 0
    alert.step += 1
    alert.next_due = now + limit if limit and alert.step < STEPS else None
    alert.save(update_fields=["step", "next_due"])
    AlertStep.objects.create(
        alert=alert, round=alert.round, at=now, what="escalated", colour=alert.colour
    )
    data = {"colour": alert.colour, "step": alert.step}
    record("alert.escalated", f"issue:{alert.issue_id}", actor=actor_name(None), now=now, data=data)
    turn = f"{alert.round}:{alert.colour}:{alert.step}"
    _tell(alert, "alert.escalated", f"alert.escalated:{alert.pk}:{turn}", alert.step, now)
    return 1
