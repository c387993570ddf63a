"""What every page shows: whose house it is and who is on duty."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from tingda.duty.queries import rostered_now
from tingda.duty.rules import shift_at
from tingda.lib import present
from tingda.lib.exercise import exercise
from tingda.notify.queries import unread_for
from tingda.people.models import Person
from tingda.people.queries import institution, units_led


@dataclass(frozen=True)
class OnDuty:
    """What is on by the roster: (name, hours) of each shift, and who. `people` is None where the
    office has no roster, empty where nobody is on.
    """

    shifts: list[tuple[str, str]]
    people: list[str] | None


def on_duty_now(now: datetime) -> OnDuty:
    """The shifts of this moment."""
    found = rostered_now(now)
    if found is None:
        return OnDuty([shift_at(timezone.localtime(now))], None)
    shifts, people = found
    return OnDuty(
        list(dict.fromkeys((one.name, hours_text(one.starts_at, one.ends_at)) for one in shifts)),
        [person.name for person in people],
    )


def hours_text(start: datetime, end: datetime) -> str:
    """17:30–08:00, in the office's own zone."""
    return f"{timezone.localtime(start):%H:%M}–{timezone.localtime(end):%H:%M}"


def house(request: HttpRequest) -> dict[str, Any]:
    """Names for the templates; costs nothing on pages that do not use them."""
    now = present.now()
    return {
        "now": now,
        "drill": exercise(),
        "institution": SimpleLazyObject(institution),
        "shift": SimpleLazyObject(lambda: on_duty_now(now)),
        "english": translation.get_language() == "en",
        "leads": SimpleLazyObject(lambda: _leads_only(request)),
        "unread_notices": SimpleLazyObject(
            lambda: unread_for(request.user).count() if request.user.is_authenticated else 0
        ),
    }


def _leads_only(request: HttpRequest) -> bool:
    """Whether somebody leads a unit without working at the desk, which has its own ways there."""
    person = request.user
    return isinstance(person, Person) and not person.is_staff_member and bool(units_led(person))
