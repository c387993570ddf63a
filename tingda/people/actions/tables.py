"""Units and people from a table: all rows, or none."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.actions.entering import invite_new
from tingda.people.actions.persons import set_contact
from tingda.people.actions.units import add_unit, set_unit_contact
from tingda.people.models import Person, Unit
from tingda.people.queries import units
from tingda.people.rules import Wanted


@transaction.atomic
def bring_units(rows: Sequence[Wanted], *, by: Person, now: datetime) -> list[Unit]:
    """Add these units, upper ones first; one without an upper unit comes under the office."""
    there = {unit.name: unit for unit in units()}
    top = units().filter(parent=None).first()
    made = []
    for row in rows:
        values = row.values
        above = there[values["parent"]] if values.get("parent") else top
        unit = add_unit(
            f"unit-{secrets.token_hex(4)}",
            values["name"],
            name_en=values.get("name_en", ""),
            parent=above,
            by=by,
            now=now,
        )
        phone, hours = values.get("phone", ""), values.get("hours", "")
        if phone or hours:
            set_unit_contact(unit, lead=None, phone=phone, hours=hours, by=by, now=now)
        there[unit.name] = unit
        made.append(unit)
    return made


@transaction.atomic
def bring_people(rows: Sequence[Wanted], *, by: Person, now: datetime) -> list[tuple[Person, str]]:
    """Add these people, each with the secret part of a link by which they set their password."""
    there = {unit.name: unit for unit in units()}
    made = []
    for row in rows:
        values = row.values
        unit = there.get(values["unit"])
        if unit is None:
            raise Refused(_("没有这个单位：%(name)s"), name=values["unit"])
        person, token = invite_new(values["login"], values["name"], unit, row.roles, by=by, now=now)
        phone, email = values.get("phone", ""), values.get("email", "")
        if phone or email:
            person = set_contact(person, phone=phone, email=email, by=by, now=now)
        made.append((person, token))
    return made
