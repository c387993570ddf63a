"""The log of a shift: completed by its officer, signed, taken over."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from tingda.duty import rules
from tingda.duty.models import OpenPoint, Shift, ShiftLog
from tingda.duty.queries import may_be_on, open_points
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name
from tingda.people.queries import is_of_the_office


@transaction.atomic
def write_log(shift: Shift, remarks: str, nothing: bool, *, by: Person, now: datetime) -> ShiftLog:
    """What the officer adds to the log, as long as it is not signed."""
    log = _open(shift, by, now)
    log.remarks, log.nothing = remarks.strip()[:10_000], nothing
    log.save()
    return log


@transaction.atomic
def raise_point(shift: Shift, text: str, *, by: Person, now: datetime) -> OpenPoint:
    """Something that the next shift must know or do."""
    _open(shift, by, now)
    if not text.strip():
        raise Refused(_("请写明是什么事"))
    point = OpenPoint.objects.create(
        shift=shift, text=text.strip()[:300], raised_by=by, raised_at=now
    )
    _line("point.raised", shift, by, now, text=point.text)
    return point


@transaction.atomic
def settle_point(point: OpenPoint, *, by: Person, now: datetime) -> OpenPoint:
    """It is done."""
    _officer(by)
    row = OpenPoint.objects.select_for_update().get(pk=point.pk)
    if row.settled_at:
        raise Refused(_("这件事已经办完了"))
    row.settled_by, row.settled_at = by, now
    row.save(update_fields=["settled_by", "settled_at"])
    _line("point.settled", row.shift, by, now, text=row.text)
    return row


@transaction.atomic
def sign_log(shift: Shift, facts: Mapping[str, object], *, by: Person, now: datetime) -> ShiftLog:
    """Hand over: from here on nothing in it changes. `facts` are what the shift was by itself.

    Nothing at all to say has to be said: remarks, an open point, or 无事.
    """
    log = _open(shift, by, now)
    _on_the_shift(shift, by)
    points = [{"id": one.pk, "text": one.text} for one in open_points()]
    raised = OpenPoint.objects.filter(shift=shift).exists()
    if not (log.nothing or log.remarks or raised):
        raise Refused(_("请写下这一班的情况；没有什么事，就勾选“无事”"))
    if log.nothing and raised:
        raise Refused(_("有未了事项，就不是“无事”"))
    log.facts, log.points = dict(facts), points
    log.state, log.signed_by, log.signed_at = "signed", by, now
    log.digest = digest(log)
    log.save()
    _line("log.signed", shift, by, now, digest=log.digest, points=len(points), nothing=log.nothing)
    return log


@transaction.atomic
def take_over(shift: Shift, *, by: Person, now: datetime) -> ShiftLog:
    """The incoming officer has read it, open points included, and answers for them now."""
    log = ShiftLog.objects.select_for_update().filter(shift=shift).first()
    _officer(by)
    if log is None or log.state == "open":
        raise Refused(_("还没有签字交班，不能接班"))
    if log.state == "taken":
        raise Refused(_("已经有人接班了"))
    _incoming(shift, log, by, now)
    log.state, log.taken_by, log.taken_at = "taken", by, now
    log.save(update_fields=["state", "taken_by", "taken_at"])
    giver = log.signed_by.name if log.signed_by else ""
    _line("log.taken", shift, by, now, digest=log.digest, giver=giver)
    return log


def digest(log: ShiftLog) -> str:
    """The imprint of what is signed; the ledger holds it, so that a later change would show."""
    told = [log.shift_id, log.remarks, log.nothing, log.facts, log.points]
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _open(shift: Shift, by: Person, now: datetime) -> ShiftLog:
    """Its log, locked and not signed yet."""
    _officer(by)
    Shift.objects.select_for_update().get(pk=shift.pk)
    if shift.starts_at > now:
        raise Refused(_("这个班还没有开始"))
    log = ShiftLog.objects.get_or_create(shift=shift)[0]
    if log.state != "open":
        raise Refused(_("已经签字交班，不能再改；请记在下一班的日志里"))
    return log


def _officer(by: Person) -> None:
    if not (may_be_on(by) and is_of_the_office(by)):
        raise Refused(_("您的角色不能做这一步"))


def _on_the_shift(shift: Shift, by: Person) -> None:
    on = [turn.person for turn in shift.turns.select_related("person")]
    if by not in on and any(may_be_on(one) for one in on):
        raise Refused(_("由这一班的人签字交班"))


def _incoming(shift: Shift, log: ShiftLog, by: Person, now: datetime) -> None:
    """Whoever is on a later shift that is on or near; where nobody is, anybody but who signed."""
    soon = Shift.objects.filter(
        starts_at__gt=shift.starts_at, starts_at__lte=now + rules.NEXT_SHIFT, ends_at__gt=now
    )
    people = {turn.person for row in soon for turn in row.turns.select_related("person")}
    able = {one for one in people if may_be_on(one)}
    if by in able or (not able and by.pk != log.signed_by_id):
        return
    raise Refused(_("由下一班的人接班"))


def _line(verb: str, shift: Shift, by: Person, now: datetime, **data: object) -> None:
    told = {"shift": shift.name, "day": shift.day.isoformat(), **data}
    record(verb, f"shift:{shift.pk}", actor=actor_name(by), now=now, data=told)
