"""Changes to who is there. `by` is None where the installer does it, who stands above the desk."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people import rules
from tingda.people.models import HeldRole, Institution, Person, Unit, actor_name
from tingda.people.queries import people_with


@transaction.atomic
def name_institution(
    name: str, *, name_en: str = "", place: str = "", by: Person | None, now: datetime
) -> Institution:
    """Set the name under which everything is published."""
    _check(by)
    if not name.strip():
        raise Refused(_("名称不能为空"))
    row, _new = Institution.objects.update_or_create(
        pk=1, defaults={"name": name.strip(), "name_en": name_en.strip(), "place": place.strip()}
    )
    record("institution.named", "institution:1", actor=actor_name(by), now=now, data={"name": name})
    return row


@transaction.atomic
def add_unit(
    code: str,
    name: str,
    *,
    name_en: str = "",
    parent: Unit | None = None,
    by: Person | None,
    now: datetime,
) -> Unit:
    """Add a unit to the tree."""
    _check(by)
    if Unit.objects.filter(code=code).exists():
        raise Refused(_("已有代码为 %(code)s 的单位"), code=code)
    unit = Unit.objects.create(code=code, name=name, name_en=name_en, parent=parent)
    record("unit.added", f"unit:{unit.pk}", actor=actor_name(by), now=now, data={"name": name})
    return unit


@transaction.atomic
def add_person(
    login: str,
    name: str,
    unit: Unit,
    roles: Iterable[str],
    *,
    password: str,
    by: Person | None,
    now: datetime,
) -> Person:
    """Add somebody who may sign in. The password is stored only as Django's salted hash."""
    _check(by)
    roles = _known(roles)
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
    _check(by)
    Institution.objects.select_for_update().get(pk=1)  # two administrators may end each other
    row, roles = Person.objects.select_for_update().get(pk=person.pk), _known(roles)
    if not name.strip():
        raise Refused(_("名称不能为空"))
    stays = active and rules.ADMIN in roles
    if not stays and set(people_with(rules.ADMIN)) == {row}:
        raise Refused(_("这是最后一位在用的管理员，请先让另一人成为管理员"))
    before = {"before": row.name}
    data = {**before, "name": name.strip(), "unit": unit.name, "roles": roles, "active": active}
    row.name, row.unit, row.is_active = name.strip(), unit, active
    row.save(update_fields=["name", "unit", "is_active"])
    row.held_roles.all().delete()
    HeldRole.objects.bulk_create(HeldRole(person=row, role=role) for role in roles)
    record("person.changed", f"person:{row.pk}", actor=actor_name(by), now=now, data=data)
    return Person.objects.get(pk=row.pk)  # without the roles that it remembers


@transaction.atomic
def reset_password(person: Person, *, by: Person | None, now: datetime) -> str:
    """Give a new random password, returned this once. Whoever is signed in as them is out."""
    _check(by)
    row = Person.objects.select_for_update().get(pk=person.pk)
    password = secrets.token_urlsafe(12)
    row.set_password(password)
    row.save(update_fields=["password"])
    data, actor = {"name": row.name}, actor_name(by)
    record("person.password_reset", f"person:{row.pk}", actor=actor, now=now, data=data)
    return password


def _check(by: Person | None) -> None:
    if by is not None:
        by.must("configure")


def _known(roles: Iterable[str]) -> list[str]:
    """The roles in the order of the table, each once; Refused where there is no such role."""
    asked = set(roles)
    if unknown := sorted(asked - set(rules.ROLES)):
        raise Refused(_("没有这个角色：%(role)s"), role="、".join(unknown))
    return [role for role in rules.ROLES if role in asked]
