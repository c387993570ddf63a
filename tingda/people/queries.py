"""Who is there, which units somebody speaks for, and who stands in for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import get_language

from tingda.people import rules
from tingda.people.models import (
    Absence,
    Institution,
    Invitation,
    Person,
    RequiredFactor,
    SignIn,
    Unit,
)

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def institution() -> Institution:
    """The office itself (made by the first migration)."""
    return Institution.objects.get(pk=1)


def day_of(now: datetime) -> date:
    """The day that it is in the office."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


# ---- units ----
def parents() -> dict[int, int | None]:
    """Every unit and the one above it."""
    return dict(Unit.objects.values_list("id", "parent_id"))


def unit_ids_within(person: Person) -> set[int]:
    """The person's unit and everything below it in the tree."""
    return rules.within(person.unit_id, parents())


def units_led(person: Person) -> list[Unit]:
    """The units that this person leads, or stands in for whose lead."""
    if not person.is_active:
        return []
    away = Absence.objects.filter(deputy=person).values("person")
    rows = Unit.objects.filter(Q(lead=person) | Q(lead__in=away), closed_at=None)
    return list(rows.order_by("id"))


def is_of_the_office(person: Person) -> bool:
    """Whether the person works at the desk of the whole institution (a unit without a parent)."""
    return person.is_staff_member and person.unit.parent_id is None


def units() -> QuerySet[Unit]:
    """The units that are there, the office first."""
    return Unit.objects.filter(closed_at=None).order_by("parent_id", "id")


def closed_units() -> QuerySet[Unit]:
    """The units that are no more, the latest first."""
    rows = Unit.objects.exclude(closed_at=None).select_related("merged_into")
    return rows.order_by("-closed_at", "-id")


def in_language(name: str, english: str) -> str:
    """The English name where there is one and English is read, else the name."""
    return (get_language() == "en" and english) or name


def name_in_english(unit: object) -> str:
    """The English name of the unit that is called so; "" where there is none."""
    named = Unit.objects.filter(name=unit, closed_at=None) if unit else Unit.objects.none()
    return named.values_list("name_en", flat=True).first() or ""


@dataclass(frozen=True)
class Entry:
    """A unit of the contact book; `depth` is how far below the top it stands."""

    unit: Unit
    depth: int
    liaisons: list[Person]


def contacts_for(person: Person, words: str = "") -> list[Entry]:
    """The contact book, in the order of the tree: everybody who signed in may look somebody up.

    With words: the units that have them in a name or a number, of their own or of their people.
    """
    if not person.is_active:
        return []
    liaisons = Person.objects.filter(is_active=True, held_roles__role=rules.LIAISON)
    rows = units().select_related("lead")
    rows = rows.prefetch_related(Prefetch("people", liaisons.order_by("id"), to_attr="asked"))
    entries = _in_order([Entry(row, 0, list(row.asked)) for row in rows])
    return [entry for entry in entries if words.casefold() in _text_of(entry)]


def _in_order(entries: list[Entry]) -> list[Entry]:
    """Each unit after the one above it; one whose upper unit is closed stands at the top."""
    below: dict[int | None, list[Entry]] = {}
    known = {entry.unit.pk for entry in entries}
    for entry in entries:
        above = entry.unit.parent_id if entry.unit.parent_id in known else None
        below.setdefault(above, []).append(entry)

    def walk(above: int | None, depth: int) -> list[Entry]:
        found = []
        for entry in below.get(above, []):
            found.append(Entry(entry.unit, depth, entry.liaisons))
            found += walk(entry.unit.pk, depth + 1)
        return found

    return walk(None, 0)


def _text_of(entry: Entry) -> str:
    unit = entry.unit
    people = [*entry.liaisons, *([unit.lead] if unit.lead else [])]
    parts = [unit.name, unit.name_en, unit.phone, unit.hours]
    parts += [part for one in people for part in (one.name, one.phone, one.email)]
    return "\n".join(parts).casefold()


# ---- people ----
def people_for(person: Person) -> QuerySet[Person]:
    """The people that this person may look up: for the desk everybody, for others their own."""
    rows = Person.objects.select_related("unit")
    return rows if person.is_staff_member else rows.filter(pk=person.pk)


def with_factor(people: QuerySet[Person]) -> QuerySet[Person]:
    """The same with `.second`, whether they have set up a second factor."""
    held = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND)
    return people.annotate(second=Exists(held))


def people_with(role: str) -> QuerySet[Person]:
    """Active people who hold the role."""
    return Person.objects.filter(is_active=True, held_roles__role=role)


def able_to_sign_in(people: QuerySet[Person]) -> QuerySet[Person]:
    """Without those who were invited and have not come yet."""
    return people.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


# ---- absences ----
def absences_for(person: Person, now: datetime) -> QuerySet[Absence]:
    """Absences that are not over, which the person may see: the own ones, where they stand in,
    and for the desk everybody's."""
    rows = Absence.objects.filter(ends__gte=day_of(now)).select_related("person", "deputy")
    if person.is_staff_member:
        return rows
    return rows.filter(Q(person=person) | Q(deputy=person))


def away(now: datetime) -> dict[int, int]:
    """Who is away today, and who stands in."""
    today = day_of(now)
    rows = Absence.objects.filter(begins__lte=today, ends__gte=today, deputy__is_active=True)
    return dict(rows.values_list("person_id", "deputy_id"))


def with_deputies(people: Iterable[Person], now: datetime) -> list[Person]:
    """The same people, and who stands in for those who are away today."""
    found = {person.pk: person for person in people}
    asked = rules.told(found, away(now)) if found else []
    more = Person.objects.in_bulk([pk for pk in asked if pk not in found])
    return [found.get(pk) or more[pk] for pk in asked]


def may_stand_in(deputy: Person, person: Person) -> bool:
    """Whether the deputy sees what the person is told about."""
    if not deputy.is_active or deputy == person:
        return False
    if is_of_the_office(deputy):
        return True
    if person.is_staff_member and not deputy.is_staff_member:
        return False
    if rules.LIAISON in person.roles and rules.LIAISON not in deputy.roles:
        return False
    at_the_top = deputy.unit.parent_id is None
    within = {deputy.unit_id} if at_the_top else unit_ids_within(deputy)
    return person.unit_id in within


# ---- invitations, second factors, sessions ----
def hashed(token: str) -> str:
    """How a link is kept: who reads the table cannot use it."""
    return sha256(token.encode()).hexdigest()


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    """Links that still work, the newest first."""
    rows = Invitation.objects.filter(used_at=None, revoked_at=None, expires_at__gt=now)
    return rows.filter(person__is_active=True).select_related("person", "person__unit")


def invitation_of(token: str, now: datetime) -> Invitation | None:
    """The invitation to which a link leads, while it works."""
    return open_invitations(now).filter(token=hashed(token)).first()


def required_factors() -> set[str]:
    """The roles that need a second factor."""
    return set(RequiredFactor.objects.values_list("role", flat=True))


def owes_factor(person: Person) -> bool:
    """Whether one of the person's roles needs a second factor and there is none yet."""
    asked = RequiredFactor.objects.filter(role__in=person.roles)
    return asked.exists() and not has_factor(person)


def has_factor(person: Person) -> bool:
    """Whether somebody signs in with a second factor."""
    return bool(Authenticator.objects.filter(user=person, type__in=SECOND).exists())


def sign_ins_of(person: Person, now: datetime) -> QuerySet[SignIn]:
    """Where somebody is signed in now, the newest first."""
    alive = Session.objects.filter(session_key=OuterRef("key"), expire_date__gt=now)
    return SignIn.objects.filter(Exists(alive), person=person)
