"""The time of voices that came to nothing. Nobody chooses one: the office's time holds for all."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from tingda.analyse.actions.forgetting import forget_readings
from tingda.cases.models import Case
from tingda.collect.actions.attachments import sweep_files
from tingda.collect.actions.forgetting import forget_checks, forget_voices, hold_voices, sweep
from tingda.collect.models import Voice
from tingda.detect.actions.forgetting import forget_belongings, hold_gathering
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.people.models import Institution

BATCH = 500
EVERY = timedelta(hours=1)  # between two looks while nothing is over


class _Looked:
    """When this process saw that no time is over."""

    at: datetime | None = None


def forget_due(*, now: datetime, limit: int = BATCH) -> int:
    """Delete voices heard longer ago than the office keeps them; how many.

    Kept are those of a case (alone, or through an issue or one that was merged into it), those
    somebody wrote to us themselves, and those that analysis still owes something. What is left
    is a mark that the voice was here, and one line with the number of them.
    """
    days = settings.RETENTION_DAYS
    if not days or (_Looked.at and _Looked.at <= now < _Looked.at + EVERY):
        return 0
    if not _clock_is_right(now):
        _Looked.at = now
        return 0
    before = now - timedelta(days=days)
    count = _forget(before, limit, now)
    checks = forget_checks(before)
    if count < limit and not checks:
        sweep(now=now)
        sweep_files(now=now)
        _Looked.at = now
    return count + checks


def _clock_is_right(now: datetime) -> bool:
    """Whether something was written in the week before yesterday ended: a clock that jumped ahead
    by months must not end the time of everything at once.
    """
    week = (now - timedelta(days=8), now - timedelta(days=1))
    lately = Line.objects.filter(at__range=week).order_by("-number")  # found soon, from the end
    return lately.first() is not None


@transaction.atomic
def _forget(before: datetime, limit: int, now: datetime) -> int:
    Institution.objects.select_for_update().filter(pk=1).first()  # no case is opened meanwhile
    hold_gathering()
    voices = hold_voices(over(before).order_by("heard_at", "pk"), limit)
    if not voices:
        return 0
    forget_readings(voices)
    forget_belongings([voice.pk for voice in voices])
    forget_voices(voices, now=now)
    return len(voices)


def over(before: datetime) -> "QuerySet[Voice]":
    """The voices heard before then that may go."""
    rows = Voice.objects.filter(heard_at__lt=before, unread=False, receipt=None, evidence=None)
    rows = rows.exclude(pk__in=Case.objects.filter(voice__isnull=False).values("voice"))
    free = Q(belonging=None) | ~Q(belonging__issue__in=_issues_of_cases())
    return rows.filter(free).exclude(reading__ungathered=True)


def _issues_of_cases() -> list[int]:
    """Every issue a case is about, with all that stand for it or were merged into it."""
    found = set(Case.objects.filter(issue__isnull=False).values_list("issue_id", flat=True))
    new = found
    while new:
        up = Issue.objects.filter(pk__in=new, merged_into__isnull=False)
        down = Issue.objects.filter(merged_into__in=new).values_list("pk", flat=True)
        new = {*up.values_list("merged_into_id", flat=True), *down} - found
        found = found | new
    return sorted(issue for issue in found if issue)
