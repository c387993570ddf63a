"""Units: added, changed, moved, closed, merged. None is removed: what it did keeps its name."""

from datetime import datetime

from django.db import transaction

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people import rules
from tingda.people.actions.persons import check
from tingda.people.models import Institution, Person, Unit, actor_name
from tingda.people.queries import parents


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
    check(by)
    if Unit.objects.filter(code=code).exists():
        raise Refused(_("已有代码为 %(code)s 的单位"), code=code)
    if parent is not None:
        parent.must_be_open()
    unit = Unit.objects.create(code=code, name=name, name_en=name_en, parent=parent)
    _line("unit.added", unit, by, now)
    return unit


@transaction.atomic
def change_unit(
    unit: Unit,
    *,
    name: str,
    name_en: str,
    parent: Unit | None,
    by: Person | None,
    now: datetime,
) -> Unit:
    """Give a unit another name or another place in the tree."""
    row = _held(unit, by)
    row.must_be_open()
    if not name.strip():
        raise Refused(_("名称不能为空"))
    above = parent.pk if parent else None
    if above != row.parent_id:
        rules.check_place(row.pk, above, parents())
    if parent is not None:
        parent.must_be_open()
    elif row.parent_id is not None:
        raise Refused(_("请选上级单位"))
    before, row.name, row.name_en, row.parent = row.name, name.strip(), name_en.strip(), parent
    row.save(update_fields=["name", "name_en", "parent"])
    _line("unit.changed", row, by, now, before=before, parent=parent.name if parent else "")
    return row


@transaction.atomic
def set_unit_contact(
    unit: Unit,
    *,
    lead: Person | None,
    phone: str,
    hours: str,
    by: Person | None,
    now: datetime,
) -> Unit:
    """Who leads a unit, and when and where it is reached."""
    row = _held(unit, by)
    row.must_be_open()
    if lead is not None and not lead.is_active:
        raise Refused(_("%(name)s已停用，不能做负责人"), name=lead.name)
    row.lead, row.phone, row.hours = lead, phone.strip()[:50], hours.strip()[:200]
    row.save(update_fields=["lead", "phone", "hours"])
    _line("unit.contact", row, by, now, lead=lead.name if lead else "")
    return row


@transaction.atomic
def close_unit(unit: Unit, *, by: Person | None, now: datetime) -> Unit:
    """The unit is no more. Refused while somebody works there or a unit stands below it."""
    row = _held(unit, by)
    row.must_be_open()
    if row.parent_id is None:
        raise Refused(_("最上面的单位不能撤销"))
    if row.people.filter(is_active=True).exists():
        raise Refused(_("还有在用的人员属于这个单位，请先给他们换单位，或者并入别的单位"))
    if row.children.filter(closed_at=None).exists():
        raise Refused(_("还有下级单位，请先把它们移出来，或者并入别的单位"))
    row.closed_at, row.lead = now, None
    row.save(update_fields=["closed_at", "lead"])
    _line("unit.closed", row, by, now)
    return row


@transaction.atomic
def reopen_unit(unit: Unit, *, by: Person | None, now: datetime) -> Unit:
    """Take a closing back. What was merged stays merged."""
    row = _held(unit, by)
    if row.closed_at is None:
        return row
    if row.merged_into is not None:
        raise Refused(_("已经并入%(unit)s，不能恢复"), unit=row.merged_into.name)
    if row.parent is not None:
        row.parent.must_be_open()
    row.closed_at = None
    row.save(update_fields=["closed_at"])
    _line("unit.reopened", row, by, now)
    return row


@transaction.atomic
def merge_unit(unit: Unit, heir: Unit, *, by: Person | None, now: datetime) -> Unit:
    """Make one unit a part of another: its people and what stands below it go there.

    What later rooms keep about the unit they move themselves, in the same transaction
    (`cases.actions.merge_unit`, which is what the desk calls).
    """
    row, into = _held(unit, by), Unit.objects.select_for_update().get(pk=heir.pk)
    row.must_be_open()
    into.must_be_open()
    rules.check_merger(row.pk, into.pk, parents())
    row.people.update(unit=into)
    row.children.update(parent=into)
    # below its heir, so that whoever answers there still finds what it answered
    row.closed_at, row.merged_into, row.parent, row.lead = now, into, into, None
    row.save(update_fields=["closed_at", "merged_into", "parent", "lead"])
    _line("unit.merged", row, by, now, into=into.name)
    return into


def _held(unit: Unit, by: Person | None) -> Unit:
    """The unit as it is now. The one institution row serialises who changes the tree: two moves,
    each right alone, may together make a circle."""
    check(by)
    Institution.objects.select_for_update().get(pk=1)
    return Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)


def _line(verb: str, unit: Unit, by: Person | None, now: datetime, **more: str) -> None:
    data = {"name": unit.name} | more
    record(verb, f"unit:{unit.pk}", actor=actor_name(by), now=now, data=data)
