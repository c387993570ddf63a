"""Enquiries of media that somebody may see."""

from django.db.models import QuerySet

from tingda.answers.models import MediaEnquiry
from tingda.cases.queries import cases_for
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def enquiries_for(person: Person) -> QuerySet[MediaEnquiry]:
    """All for the whole office's desk; for others those of the cases they may open."""
    rows = MediaEnquiry.objects.select_related("case", "taken_by", "proposed_by", "released_by")
    if not (person.is_active and person.is_staff_member):
        return rows.none()
    return rows if is_of_the_office(person) else rows.filter(case__in=cases_for(person))


def open_enquiries(person: Person) -> QuerySet[MediaEnquiry]:
    """Those that wait for an answer, the nearest deadline first."""
    return enquiries_for(person).filter(ended_at=None).order_by("due_at", "id")
