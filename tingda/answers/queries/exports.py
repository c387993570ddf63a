"""Exports of dossiers that somebody may take along."""

from django.db.models import QuerySet

from tingda.answers.models import DossierExport
from tingda.cases.queries import cases_for
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def exports_for(person: Person) -> QuerySet[DossierExport]:
    """Of cases that the person may open. What people said is in those that the whole office's
    desk asked for: others have their own alone. Newest first.
    """
    rows = DossierExport.objects.filter(case__in=cases_for(person))
    if not is_of_the_office(person):
        rows = rows.filter(asked_by=person)
    return rows.select_related("case", "asked_by").order_by("-id")
