"""Proofs of promises that somebody may see."""

from django.db.models import QuerySet

from tingda.cases.models import PromiseFile
from tingda.cases.queries import of_cases_for
from tingda.people.models import Person


def promise_files_for(person: Person) -> QuerySet[PromiseFile]:
    """Of the cases that the person may open."""
    return of_cases_for(person, PromiseFile.objects.all(), "promise__case")
