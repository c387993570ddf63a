"""Tell people. What goes out besides the desk waits in rows that the worker sends."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.notify import rules
from tingda.notify.models import Notice, Reach, Sending
from tingda.notify.queries import reaches_of, unit_and_above
from tingda.people.models import Person, Unit
from tingda.people.queries import name_in_english, with_deputies


@transaction.atomic
def tell(  # noqa: PLR0913 - what is told, and by what it is sorted
    people: Iterable[Person],
    verb: str,
    *,
    key: str,
    link: str,
    now: datetime,
    data: Mapping[str, object] | None = None,
    urgent: bool = False,
    topic: str = "",
    unit: Unit | int | None = None,
) -> None:
    """Leave each person, and who stands in for them today, one notice, and one row for each of
    their ways and the groups' ways that take it; the same key is never told to the same person,
    nor by the same way, twice.

    `urgent` goes out in quiet hours too and reaches a person whatever they chose. `topic` is a
    topic's code, `unit` the unit it concerns; "" and None where that is not known.
    """
    told, kept = with_deputies(people, now), _in_both_languages(data or {})
    Notice.objects.bulk_create(
        [
            Notice(person=person, key=key, verb=verb, data=kept, link=link, at=now)
            for person in told
        ],
        ignore_conflicts=True,
    )
    about = rules.About(verb, topic, unit_and_above(unit), urgent)
    ways = reaches_of(told, about)
    zone = ZoneInfo(settings.TIME_ZONE)
    Sending.objects.bulk_create(
        [
            Sending(
                reach=reach,
                key=key,
                verb=verb,
                data=kept,
                link=link,
                urgent=urgent,
                at=now,
                due_at=rules.due_at(now, reach.times, zone, urgent=urgent),
            )
            for reach in ways
        ],
        ignore_conflicts=True,
    )
    if urgent:  # a way that failed is tried again at once
        failing = [reach.pk for reach in ways if reach.retry_at]
        Reach.objects.filter(pk__in=failing).update(retry_at=None)


def _in_both_languages(data: Mapping[str, object]) -> dict[str, object]:
    english = name_in_english(data.get("unit"))
    return {**data, "unit_en": english} if english else dict(data)


def mark_read(person: Person, *, link: str, now: datetime) -> None:
    """The person has opened what the notice points at."""
    unread = Notice.objects.filter(person=person, link=link, read_at=None)
    if unread.exists():  # to look at a page takes no turn at writing
        unread.update(read_at=now)


def mark_all_read(person: Person, *, now: datetime) -> int:
    """The person has seen the whole list. Returns how many were still unread."""
    return Notice.objects.filter(person=person, read_at=None, at__lte=now).update(read_at=now)
