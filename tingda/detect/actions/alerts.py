"""What people do with alerts: know of them, confirm or change their colour, end them."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from tingda.detect.actions.warning import DAYS
from tingda.detect.actions.weighing import evidence_of
from tingda.detect.models import Alert, AlertStep, Issue
from tingda.detect.queries import rules, said_of
from tingda.ledger.actions import record
from tingda.lib.levels import is_higher, row_for
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

# Also whoever is told because nobody on duty said that they know.
MAY_KNOW = ("take_on", "release", "configure")


def _locked(alert: Alert) -> Alert:
    rows = Alert.objects.select_related("issue")
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",))
    row = rows.get(pk=alert.pk)
    if not row.stands:
        raise Refused(_("这个预警已由%(name)s结束"), name=actor_name(row.ended_by))
    return row


def _note(
    row: Alert,
    verb: str,
    by: Person,
    now: datetime,
    *,
    reason: str = "",
    wrong: bool = False,
    before: str = "",
) -> None:
    """Keep the step, and one line of the ledger."""
    AlertStep.objects.create(
        alert=row,
        round=row.round,
        at=now,
        what=verb.removeprefix("alert."),
        colour=row.colour,
        by=by,
        reason=reason,
        wrong=wrong,
    )
    data = {"from": before or row.colour, "to": row.colour, "reason": reason}
    subject = f"issue:{row.issue_id}"
    record(verb, subject, actor=actor_name(by), now=now, data=data)


def _knows(row: Alert, by: Person, now: datetime) -> None:
    if row.acknowledged_at is None:
        row.acknowledged_by, row.acknowledged_at = by, now
    row.next_due = None


@transaction.atomic
def acknowledge(alert: Alert, *, by: Person, now: datetime) -> Alert:
    """Somebody has seen it and sees to it: nobody else is told. The second hears who was first."""
    if not any(by.may(deed) for deed in MAY_KNOW):
        raise Refused(_("您的角色不能做这一步"))
    row = _locked(alert)
    if row.acknowledged_at:
        raise Refused(_("%(name)s已先按了“知道了”"), name=actor_name(row.acknowledged_by))
    _knows(row, by, now)
    row.save(update_fields=["acknowledged_by", "acknowledged_at", "next_due"])
    _note(row, "alert.acknowledged", by, now)
    return row


@transaction.atomic
def confirm_alert(alert: Alert, *, colour: str, reason: str, by: Person, now: datetime) -> Alert:
    """A person confirms the colour, or sets another with a reason; also one that was confirmed.

    The machine raises it again only for what is heard after a person had lowered it.
    """
    by.must("take_on")
    row, reason = _locked(alert), reason.strip()[:500]
    if colour not in Alert.Colour.values:
        raise Refused(_("请选择预警颜色"))
    if colour == row.colour and row.confirmed_at:
        raise Refused(_("这个预警已由%(name)s确认"), name=actor_name(row.confirmed_by))
    if colour != row.colour and not reason:
        raise Refused(_("改变预警颜色须写明理由"))
    before, was_confirmed = row.colour, row.confirmed_at is not None
    lowered = is_higher(before, colour)
    _knows(row, by, now)
    row.colour, row.confirmed_by, row.confirmed_at = colour, by, now
    verb = "alert.changed" if was_confirmed else "alert.confirmed"
    _note(row, verb, by, now, reason=reason, wrong=lowered, before=before)
    if lowered:
        _from_now_on(row, now, doubted=True)
        row.suggested = colour
    row.save()
    return row


def _from_now_on(row: Alert, now: datetime, *, doubted: bool) -> None:
    """What was known until now led to this; only what is heard later can lead elsewhere."""
    row.since, row.doubted = now, doubted
    row.round += 1


@transaction.atomic
def end_alert(alert: Alert, *, reason: str, noise: bool, by: Person, now: datetime) -> Alert:
    """A person ends it with a reason; `noise` says that it was a false alarm."""
    by.must("take_on")
    if not reason.strip():
        raise Refused(_("请写明理由"))
    return _end(_locked(alert), reason.strip(), noise=noise, by=by, now=now)


def _end(row: Alert, reason: str, *, noise: bool, by: Person, now: datetime) -> Alert:
    _knows(row, by, now)
    row.ended_by, row.ended_at, row.reason, row.noise = by, now, reason[:500], noise
    _note(row, "alert.ended", by, now, reason=row.reason, wrong=noise)
    row.since, row.doubted = now, noise
    row.save()
    return row


def end_alert_of(issue: Issue, reason: str, *, by: Person, now: datetime) -> None:
    """What a person decided about the matter ends its alert: its case is closed, it is not ours.

    Inside the transaction of that deed; nothing where no alert stands.
    """
    alert = Alert.objects.filter(issue=issue, ended_at=None).first()
    if alert:
        _end(_locked(alert), reason, noise=False, by=by, now=now)


def join_alerts(gone: Issue, into: Issue, *, by: Person, now: datetime) -> None:
    """Two issues became one: one alert stands, with the graver colour of those that stood."""
    other = Alert.objects.filter(issue=gone).first()
    if other is None:
        return
    kept = Alert.objects.filter(issue=into).first()
    if kept is None:
        Alert.objects.filter(pk=other.pk).update(issue=into)
        return
    if not other.stands:
        return
    if not kept.stands or is_higher(other.colour, kept.colour):
        _take_over(kept, other)
    _end(_locked(other), _("并入别的议题"), noise=False, by=by, now=now)


def _take_over(kept: Alert, other: Alert) -> None:
    """The colour of the one that is graver, or stands alone, and how far people are with it."""
    if not kept.stands:
        kept.round += 1
    kept.ended_by, kept.ended_at, kept.reason, kept.noise = None, None, "", False
    for name in (
        *("colour", "suggested", "why", "by_growth", "step", "next_due", "acknowledged_by"),
        *("acknowledged_at", "confirmed_by", "confirmed_at", "raised_at", "since", "doubted"),
    ):
        setattr(kept, name, getattr(other, name))
    kept.save()


def part_alert(issue: Issue, fresh: Issue, *, by: Person, now: datetime) -> None:
    """What moved to another issue was warned of already: nobody is told again.

    The new issue has an alert where its own voices ask for one. Whoever knew of the old one, or
    else who moved them, knows of it.
    """
    alert = Alert.objects.filter(issue=issue, ended_at=None).first()
    if alert is None:
        return
    office = rules()
    said = said_of([fresh.pk], since=now - timedelta(days=DAYS), now=now)[fresh.pk]
    number = row_for(office.levels, evidence_of(fresh, [voice for voice, _heard in said]))
    if number is None:
        return
    level = office.levels[number].level
    alert.pk, alert.issue, alert._state.adding = None, fresh, True
    alert.colour = alert.suggested = level
    alert.round, alert.next_due, alert.by_growth = 1, None, False
    alert.acknowledged_by, alert.acknowledged_at = (
        (alert.acknowledged_by, alert.acknowledged_at) if alert.acknowledged_at else (by, now)
    )
    alert.save()
    _note(alert, "alert.acknowledged", by, now)
