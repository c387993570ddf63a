"""Answers somebody may see: the desk's by case, everybody's once published."""

from datetime import datetime
from hashlib import sha256

from django.db.models import Prefetch, QuerySet

from tingda.answers.models import Answer, Correction, Publication, Version
from tingda.cases.queries import cases_for
from tingda.ledger.models import Line
from tingda.people.models import Person


def answers_for(person: Person) -> QuerySet[Answer]:
    """Answers of the cases the person may open, with their versions."""
    answers = Answer.objects.filter(case__in=cases_for(person))
    return answers.select_related("case", "case__unit", "released_by").prefetch_related("versions")


def awaiting_release(person: Person) -> QuerySet[Answer]:
    """Answers that wait for a second person's release."""
    return answers_for(person).filter(state="review").order_by("id")


def corrections_awaiting(person: Person) -> QuerySet[Correction]:
    """Corrections that wait for a second person's release."""
    rows = Correction.objects.filter(released_at=None, answer__case__in=cases_for(person))
    return rows.select_related("answer", "answer__case")


def published_answers() -> QuerySet[Answer]:
    """What everybody may read, newest first, with released corrections in `.shown_corrections`."""
    shown = Correction.objects.filter(released_at__isnull=False)
    return (
        Answer.objects.filter(state="published")
        .select_related("case", "case__unit", "released_by", "released_by__unit")
        .prefetch_related("versions", Prefetch("corrections", shown, to_attr="shown_corrections"))
        .order_by("-published_at", "-id")
    )


def due_publications(now: datetime) -> QuerySet[Publication]:
    """Released answers that have not gone out yet and that nobody is carrying."""
    rows = Publication.objects.filter(done_at=None, due_at__lte=now)
    return rows.exclude(claimed_until__gt=now).order_by("due_at", "id")


def digest(version: Version) -> str:
    """SHA-256 of the words that were signed; it stands in the ledger, so they cannot change."""
    words = [version.title, version.heard, version.found, version.done]
    words += [f"{row['what']} {row['due_on']}" for row in version.promises]
    return sha256("\n\x1f".join(words).encode()).hexdigest()


def changed_since_release() -> list[int]:
    """Ids of released answers whose words are no longer those whose digest the ledger holds."""
    signed = dict(
        Line.objects.filter(verb="answer.released")
        .order_by("number")
        .values_list("subject", "data__sha256")
    )
    released = Answer.objects.filter(released_at__isnull=False).prefetch_related("versions")
    return [
        answer.pk
        for answer in released.order_by("pk").iterator(500)
        if signed.get(f"answer:{answer.pk}") != digest(answer.newest)
    ]
