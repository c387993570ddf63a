"""Tell people."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tingda.notify.models import Notice
from tingda.people.models import Person


def tell(
    people: Iterable[Person],
    verb: str,
    *,
    key: str,
    link: str,
    now: datetime,
    data: Mapping[str, object] | None = None,
) -> None:
    """Leave each person one notice; the same key is never told to the same person twice."""
    Notice.objects.bulk_create(
        [
            Notice(person=person, key=key, verb=verb, data=dict(data or {}), link=link, at=now)
            for person in people
        ],
        ignore_conflicts=True,
    )


def mark_read(person: Person, *, link: str, now: datetime) -> None:
    """The person has opened what the notice points at."""
    Notice.objects.filter(person=person, link=link, read_at=None).update(read_at=now)
