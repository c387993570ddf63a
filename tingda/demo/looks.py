"""The looks that would have brought the demo's voices, so that its watch record is not empty."""

from datetime import datetime, timedelta

from tingda.collect.models import Check, Source

EVERY = timedelta(hours=2)
DAYS = 7
WEEK = 7 * 24 * 60  # minutes: nobody looks again at a town that does not exist


def remember_looks(now: datetime) -> None:
    """A look every two hours of the last week, with what it brought."""
    for number, source in enumerate(Source.objects.filter(kind=Source.Kind.FEED)):
        heard = list(source.voices.order_by("heard_at").values_list("heard_at", flat=True))
        at = now - timedelta(days=DAYS) + timedelta(minutes=17 * number + 3)
        checks = []
        while at <= now:
            added = sum(1 for moment in heard if at - EVERY < moment <= at)
            outcome = Check.Outcome.HEARD if added else Check.Outcome.NOTHING
            checks.append(Check(source=source, at=at, outcome=outcome, added=added))
            at += EVERY
        Check.objects.bulk_create(checks)
        source.interval_minutes, source.looked_at = WEEK, now
        source.save(update_fields=["interval_minutes", "looked_at"])
