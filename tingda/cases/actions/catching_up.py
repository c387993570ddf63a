"""After the server was off, people are told once of what came due meanwhile, not of each thing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from tingda.cases.models import Referral
from tingda.cases.queries.ladder import overdue_steps
from tingda.notify.actions import tell
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.people.queries import units_led

OFF = timedelta(hours=2)  # a step that should have come so long ago was missed
MANY = 10  # fewer are told one by one
VERB = "limits.missed"


def catching_up(now: datetime) -> bool:
    """Whether so much was missed that what is left of it is told as a whole."""
    if Notice.objects.filter(key=_key(now)).exists():
        return True
    before = now - OFF
    late = Referral.objects.filter(state=Referral.State.SENT, late_noted=False, due_at__lt=before)
    left = MANY + 1
    return (
        len(late.values_list("pk", flat=True)[:left]) > MANY or overdue_steps(before, left) > MANY
    )


def tell_of_all(people: Iterable[Person], now: datetime) -> None:
    """One notice a day for each of them, which leads to what waits for them."""
    for person in people:
        link = "late" if person.is_staff_member or units_led(person) else "referrals"
        tell([person], VERB, key=_key(now), link=link, now=now)


def _key(now: datetime) -> str:
    return f"{VERB}:{now.astimezone(ZoneInfo(settings.TIME_ZONE)).date().isoformat()}"
