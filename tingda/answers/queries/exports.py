"""Exports of dossiers that somebody may take along."""

from django.db.models import QuerySet

from tingda.answers.models import DossierExport
from tingda.cases.queries import of_cases_for
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def exports_for(person: Person) -> QuerySet[DossierExport]:
    """Of cases that the person may open. What people said is in those that the whole office's
    desk asked for: others have their own alone. Newest first.
    """
    rows = of_cases_for(person, DossierExport.objects.all())
    if not is_of_the_office(person):
        rows = rows.filter(asked_by=person)
    return rows.select_related("case", "asked_by").order_by("-id")
