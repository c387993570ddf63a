"""Changes to who is there."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people import rules
from tingda.people.models import HeldRole, Institution, Person, Unit, actor_name


@transaction.atomic
def name_institution(
    name: str, *, name_en: str = "", place: str = "", by: Person | None, now: datetime
) -> Institution:
    """Set the name under which everything is published."""
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
    roles = list(roles)
    if unknown := [role for role in roles if role not in rules.ROLES]:
        raise Refused(_("没有这个角色：%(role)s"), role="、".join(unknown))
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
