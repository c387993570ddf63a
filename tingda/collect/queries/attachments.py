"""Which files that came with voices somebody may have."""

from django.db.models import QuerySet

from tingda.collect.models import Attachment
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def attachments_for(person: Person) -> QuerySet[Attachment]:
    """All of them, for the desk of the whole office; a unit's own people see none."""
    rows = Attachment.objects.select_related("voice")
    return rows if person.is_active and is_of_the_office(person) else rows.none()
