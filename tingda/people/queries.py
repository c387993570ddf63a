"""Who is there, and which units somebody speaks for."""

from django.db.models import QuerySet

from tingda.people.models import Institution, Person, Unit


def institution() -> Institution:
    """The office itself (made by the first migration)."""
    return Institution.objects.get(pk=1)


def unit_ids_within(person: Person) -> set[int]:
    """The person's unit and everything below it in the tree."""
    parents = dict(Unit.objects.values_list("id", "parent_id"))
    within = {person.unit_id}
    grown = True
    while grown:
        more = {unit for unit, parent in parents.items() if parent in within} - within
        within |= more
        grown = bool(more)
    return within


def is_of_the_office(person: Person) -> bool:
    """Whether the person works at the desk of the whole institution (a unit without a parent)."""
    return person.is_staff_member and person.unit.parent_id is None


def units() -> QuerySet[Unit]:
    """All units, the office first."""
    return Unit.objects.order_by("parent_id", "id")


def people_with(role: str) -> QuerySet[Person]:
    """Active people who hold the role."""
    return Person.objects.filter(is_active=True, held_roles__role=role)
