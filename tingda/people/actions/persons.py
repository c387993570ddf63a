"""The institution and its people."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people import rules
from tingda.people.models import Absence, HeldRole, Institution, Person, Unit, actor_name
from tingda.people.queries import able_to_sign_in, day_of, may_stand_in, people_with


@transaction.atomic
def name_institution(
    name: str, *, name_en: str = "", place: str = "", by: Person | None, now: datetime
) -> Institution:
    """Set the name under which everything is published."""
    check(by)
    if not name.strip():
        raise Refused(_("名称不能为空"))
    row, _new = Institution.objects.update_or_create(
        pk=1, defaults={"name": name.strip(), "name_en": name_en.strip(), "place": place.strip()}
    )
    record("institution.named", "institution:1", actor=actor_name(by), now=now, data={"name": name})
    return row


@transaction.atomic
def add_person(
    login: str,
    name: str,
    unit: Unit,
    roles: Iterable[str],
    *,
    password: str | None,
    by: Person | None,
    now: datetime,
) -> Person:
    """Add somebody who may sign in. The password is stored only as Django's salted hash; with
    None, nobody can sign in by one until an invitation was followed.
    """
    check(by)
    roles = known(roles)
    unit.must_be_open()
    if Person.objects.filter(login=login).exists():
        raise Refused(_("登录名 %(login)s 已被使用"), login=login)
    person = Person(login=login, name=name, unit=unit)
    person.set_password(password)
    person.save()
    HeldRole.objects.bulk_create(HeldRole(person=person, role=role) for role in roles)
    record(
        "person.added",
        f"person:{person.pk}",
        actor=actor_name(by),
        now=now,
        data={"name": name, "roles": roles},
    )
    return person


@transaction.atomic
def change_person(
    person: Person,
    *,
    name: str,
    unit: Unit,
    roles: Iterable[str],
    active: bool,
    by: Person | None,
    now: datetime,
) -> Person:
    """Change who somebody is here. Nobody is removed: who left is out of use and signs in no more.

    What they did keeps the name of that day. Somebody active stays who may change this again.
    """
    check(by)
    Institution.objects.select_for_update().get(pk=1)  # two administrators may end each other
    row, roles = Person.objects.select_for_update().get(pk=person.pk), known(roles)
    if not name.strip():
        raise Refused(_("名称不能为空"))
    if unit.pk != row.unit_id:
        unit.must_be_open()
    stays, was = active and rules.ADMIN in roles, row.is_active and rules.ADMIN in row.roles
    others = able_to_sign_in(people_with(rules.ADMIN)).exclude(pk=row.pk)
    if was and not stays and not others.exists():
        raise Refused(_("这是最后一位在用的管理员，请先让另一人成为管理员"))
    before = {"before": row.name}
    data = {**before, "name": name.strip(), "unit": unit.name, "roles": roles, "active": active}
    row.name, row.unit, row.is_active = name.strip(), unit, active
    row.save(update_fields=["name", "unit", "is_active"])
    if not active:
        end_all(row)
    row.held_roles.all().delete()
    HeldRole.objects.bulk_create(HeldRole(person=row, role=role) for role in roles)
    record("person.changed", f"person:{row.pk}", actor=actor_name(by), now=now, data=data)
    return Person.objects.get(pk=row.pk)  # without the roles that it remembers


@transaction.atomic
def reset_password(person: Person, *, by: Person | None, now: datetime) -> str:
    """Give a new random password, returned this once. Whoever is signed in as them is out."""
    check(by)
    row = Person.objects.select_for_update().get(pk=person.pk)
    password = secrets.token_urlsafe(12)
    row.set_password(password)
    row.save(update_fields=["password"])
    end_all(row)
    data, actor = {"name": row.name}, actor_name(by)
    record("person.password_reset", f"person:{row.pk}", actor=actor, now=now, data=data)
    return password


@transaction.atomic
def set_contact(
    person: Person, *, phone: str, email: str, by: Person | None, now: datetime
) -> Person:
    """How somebody is reached. Everybody keeps their own; an administrator anybody's."""
    if by != person:
        check(by)
    row = Person.objects.select_for_update().get(pk=person.pk)
    row.phone, row.email = phone.strip()[:50], email.strip()
    row.save(update_fields=["phone", "email"])
    data, actor = {"name": row.name}, actor_name(by)
    record("person.contact", f"person:{row.pk}", actor=actor, now=now, data=data)
    return row


@transaction.atomic
def be_away(
    person: Person, deputy: Person, begins: date, ends: date, *, by: Person | None, now: datetime
) -> Absence:
    """Somebody is away from one day to another; what they are told, the deputy is told, too."""
    if by != person:
        check(by)
    rules.check_absence(begins, ends, day_of(now))
    Person.objects.select_for_update().get(pk=person.pk)
    if not may_stand_in(deputy, person):
        raise Refused(_("%(name)s看不到要代办的内容，请另选一位"), name=deputy.name)
    if person.absences.filter(begins__lte=ends, ends__gte=begins).exists():
        raise Refused(_("这段时间已经登记过不在岗"))
    row = Absence.objects.create(person=person, deputy=deputy, begins=begins, ends=ends)
    data = {"name": person.name, "deputy": deputy.name}
    data |= {"begins": begins.isoformat(), "ends": ends.isoformat()}
    record("person.away", f"person:{person.pk}", actor=actor_name(by), now=now, data=data)
    return row


@transaction.atomic
def change_deputy(absence: Absence, deputy: Person, *, by: Person | None, now: datetime) -> Absence:
    """Somebody else stands in for who is away."""
    check(by)
    row = Absence.objects.select_for_update().get(pk=absence.pk)
    if not may_stand_in(deputy, row.person):
        raise Refused(_("%(name)s看不到要代办的内容，请另选一位"), name=deputy.name)
    row.deputy = deputy
    row.save(update_fields=["deputy"])
    data = {"name": row.person.name, "deputy": deputy.name}
    data |= {"begins": row.begins.isoformat(), "ends": row.ends.isoformat()}
    record("person.away", f"person:{row.person_id}", actor=actor_name(by), now=now, data=data)
    return row


@transaction.atomic
def be_back(absence: Absence, *, by: Person | None, now: datetime) -> None:
    """The absence is over, or does not begin."""
    if by is None or by.pk != absence.person_id:
        check(by)
    row = Absence.objects.select_for_update().filter(pk=absence.pk).first()
    if row is None:
        return
    row.delete()
    data, actor = {"name": absence.person.name}, actor_name(by)
    record("person.back", f"person:{absence.person_id}", actor=actor, now=now, data=data)


def end_all(person: Person) -> None:
    """No session that was begun before is good any more, whether it is in the list or not."""
    Person.objects.filter(pk=person.pk).update(sign_outs=F("sign_outs") + 1)
    keys = list(person.sign_ins.values_list("key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    person.sign_ins.all().delete()
    person.refresh_from_db(fields=["sign_outs"])


def check(by: Person | None) -> None:
    """Refuse whoever may not set up the office."""
    if by is not None:
        by.must("configure")


def known(roles: Iterable[str]) -> list[str]:
    """The roles in the order of the table, each once; Refused where there is no such role."""
    asked = set(roles)
    if unknown := sorted(asked - set(rules.ROLES)):
        raise Refused(_("没有这个角色：%(role)s"), role="、".join(unknown))
    return [role for role in rules.ROLES if role in asked]
