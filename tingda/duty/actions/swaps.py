"""Who stands in for whom: swaps with the other's consent, and replacements."""

from datetime import datetime

from django.db import IntegrityError, transaction

from tingda.duty import rules
from tingda.duty.actions import one_at_a_time
from tingda.duty.models import Shift, Swap, Turn
from tingda.duty.queries import may_be_on, post_of, posts_near
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name


def ask_swap(
    mine: Turn, theirs: Turn | None, to: Person, reason: str, *, by: Person, now: datetime
) -> Swap:
    """Ask somebody to take a shift of one's own, in exchange for theirs or for nothing. Nothing
    changes before they agree.
    """
    if not reason.strip():
        raise Refused(_("请写明为什么换班"))
    try:
        with transaction.atomic():
            one_at_a_time()
            mine, theirs = _as_they_are(mine, theirs)
            if mine.person_id != by.pk:
                raise Refused(_("这个班已经不是您的了"))
            _check(mine, theirs, to, now)
            swap = Swap.objects.create(
                mine=mine, theirs=theirs, asker=by, to=to, reason=reason.strip()[:200], asked_at=now
            )
            _line("swap.asked", swap, by, now)
            return swap
    except IntegrityError as error:
        raise Refused(_("已经问过这个人了，还没有答复")) from error


@transaction.atomic
def answer_swap(swap: Swap, agree: bool, *, by: Person, now: datetime) -> Swap:
    """Agree, and the two change places at once; or decline. Whoever else asked for one of these
    shifts is too late.
    """
    one_at_a_time()
    row = Swap.objects.get(pk=swap.pk)
    if row.to_id != by.pk:
        raise Refused(_("只有被问到的人能答复"))
    if row.state != "asked" or row.mine is None:
        raise Refused(_("这次换班已经有了结果，或者这个班已经另有安排"))
    if agree:
        mine, theirs = _as_they_are(row.mine, row.theirs)
        if mine.person_id != row.asker_id:
            raise Refused(_("这个班已经另有安排"))
        _check(mine, theirs, by, now)
        _exchange(mine, theirs, by)
        _too_late(row, mine, theirs, now)
    row.state, row.decided_at = "agreed" if agree else "declined", now
    row.save(update_fields=["state", "decided_at"])
    _line("swap.agreed" if agree else "swap.declined", row, by, now)
    return row


@transaction.atomic
def withdraw_swap(swap: Swap, *, by: Person, now: datetime) -> Swap:
    """Take back what one asked, as long as there is no answer."""
    one_at_a_time()
    row = Swap.objects.get(pk=swap.pk)
    if row.asker_id != by.pk or row.state != "asked":
        raise Refused(_("这次换班已经有了结果，或者这个班已经另有安排"))
    row.state, row.decided_at = "withdrawn", now
    row.save(update_fields=["state", "decided_at"])
    _line("swap.withdrawn", row, by, now)
    return row


@transaction.atomic
def put_on(
    shift: Shift, out: Person | None, person: Person, reason: str, *, by: Person, now: datetime
) -> Turn:
    """Once: another person in the place of `out`, or one more where somebody is missing. For
    administrators; a duty officer may step in where somebody is missing.
    """
    one_at_a_time()
    shift = Shift.objects.get(pk=shift.pk)
    on = {turn.person_id: turn for turn in shift.turns.select_related("person", "shift")}
    _may_put_on(shift, [turn.person for turn in on.values()], out, person, by)
    if shift.ends_at <= now:
        raise Refused(_("这个班已经过去"))
    if not reason.strip():
        raise Refused(_("请写明原因"))
    if not may_be_on(person):
        raise Refused(_("%(name)s 不是在用的值班员，不能排班"), name=person.name)
    if person.pk in on:
        raise Refused(_("%(name)s 已经在这个班上"), name=person.name)
    post = rules.Post(shift.pk, person.pk, shift.starts_at, shift.ends_at)
    near = posts_near([person.pk], shift.starts_at, shift.ends_at)
    rules.clash(post, [post_of(turn) for turn in near])
    if out:
        if out.pk not in on:
            raise Refused(_("%(name)s 不在这个班上"), name=out.name)
        leaves = on[out.pk]
        Swap.objects.filter(mine=leaves, state="asked").update(state="overtaken", decided_at=now)
        Swap.objects.filter(theirs=leaves, state="asked").update(state="overtaken", decided_at=now)
        leaves.delete()
    turn = Turn.objects.create(shift=shift, person=person, instead_of=out)
    Shift.objects.filter(pk=shift.pk).update(by_hand=True)
    data = {
        "shift": shift.name,
        "day": shift.day.isoformat(),
        "person": person.name,
        "out": out.name if out else "",
        "reason": reason.strip()[:200],
    }
    verb = "shift.replaced" if out else "shift.joined"
    record(verb, f"shift:{shift.pk}", actor=actor_name(by), now=now, data=data)
    return turn


def _may_put_on(
    shift: Shift, on: list[Person], out: Person | None, person: Person, by: Person
) -> None:
    if by.may("configure"):
        return
    missing = shift.needs > sum(may_be_on(one) for one in on)
    if not (person.pk == by.pk and may_be_on(by) and missing and (not out or not may_be_on(out))):
        raise Refused(_("您的角色不能做这一步"))


def _as_they_are(mine: Turn, theirs: Turn | None) -> tuple[Turn, Turn | None]:
    """Both as they are now: whoever comes second sees what the first did."""
    asked = [turn.pk for turn in (mine, theirs) if turn]
    found = Turn.objects.select_related("shift", "person").in_bulk(asked)
    if len(found) != len(set(asked)):
        raise Refused(_("这个班已经另有安排"))
    return found[mine.pk], found[theirs.pk] if theirs else None


def _check(mine: Turn, theirs: Turn | None, to: Person, now: datetime) -> None:
    if not may_be_on(to):
        raise Refused(_("%(name)s 不是在用的值班员，不能排班"), name=to.name)
    moved = {turn.pk for turn in (mine, theirs) if turn}
    start = min(turn.shift.starts_at for turn in (mine, theirs) if turn)
    end = max(turn.shift.ends_at for turn in (mine, theirs) if turn)
    near = posts_near([mine.person_id, to.pk], start, end)
    others = [post_of(turn) for turn in near if turn.pk not in moved]
    rules.check_swap(post_of(mine), post_of(theirs) if theirs else None, to.pk, others, now)


def _exchange(mine: Turn, theirs: Turn | None, other: Person) -> None:
    asker = mine.person
    mine.person, mine.instead_of = other, asker
    mine.save(update_fields=["person", "instead_of"])
    if theirs:
        theirs.person, theirs.instead_of = asker, other
        theirs.save(update_fields=["person", "instead_of"])
    shifts = [turn.shift_id for turn in (mine, theirs) if turn]
    Shift.objects.filter(pk__in=shifts).update(by_hand=True)


def _too_late(done: Swap, mine: Turn, theirs: Turn | None, now: datetime) -> None:
    turns = [turn.pk for turn in (mine, theirs) if turn]
    for field in ("mine", "theirs"):
        others = Swap.objects.filter(**{f"{field}__in": turns}, state="asked").exclude(pk=done.pk)
        others.update(state="overtaken", decided_at=now)


def _line(verb: str, swap: Swap, by: Person, now: datetime) -> None:
    mine, theirs = swap.mine, swap.theirs
    data = {
        "asker": swap.asker.name,
        "to": swap.to.name,
        "mine": _named(mine),
        "theirs": _named(theirs),
        "reason": swap.reason,
    }
    record(verb, f"swap:{swap.pk}", actor=actor_name(by), now=now, data=data)


def _named(turn: Turn | None) -> str:
    return f"{turn.shift.day.isoformat()} {turn.shift.name}" if turn else "—"
