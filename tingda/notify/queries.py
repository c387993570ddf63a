"""What a person has not read yet."""

from django.db.models import QuerySet

from tingda.notify.models import Notice
from tingda.people.models import Person


def unread_for(person: Person) -> QuerySet[Notice]:
    """Unread notices of this person, newest first."""
    return Notice.objects.filter(person=person, read_at=None).order_by("-at", "-id")
