"""What waits goes out: claimed, sent, marked. What may have arrived is not sent again by itself."""

import hashlib
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext

from tingda.ledger.actions import record
from tingda.lib.messenger import Messenger, Outcome, failed, held
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify import rules
from tingda.notify.models import Reach, Sending
from tingda.notify.queries import (
    Message,
    by_message,
    due_reaches,
    due_sendings,
    job_of,
    letter_job,
    message_of,
    ready_reaches,
    seen_keys,
)
from tingda.people.models import Person

log = logging.getLogger(__name__)
DEAD = timedelta(minutes=2)  # who has sent nothing for so long has been killed
AT_ONCE = 20  # ways that one call goes through
BUDGET_SECONDS = 30.0  # after that, what is urgent is looked for anew
PATIENCE_SECONDS = 15.0  # for one message
KEPT = timedelta(days=90)


def messenger() -> Messenger:
    """A carrier that keeps the house's rules about addresses."""
    return Messenger(
        allowed_hosts=settings.PRIVATE_HOSTS,
        own_name=urlsplit(settings.ADDRESS).hostname or "localhost",
        patience=PATIENCE_SECONDS,
    )


def write_letter(to: str, message: Message, *, key: str) -> Outcome:
    """Send one letter at once, by the office's mail server. It stands in no table: what is in it
    is for one pair of eyes."""
    if (kept_back := held()) is not None:
        return kept_back
    job = letter_job(to, message, key)
    if job is None:
        return failed("unset")
    with messenger() as carrier:
        return carrier.send(job)


def deliver_due(*, now: datetime) -> int:
    """Send what is due, one way after the other; how many messages were tried.

    Several workers may do this at once: a way is claimed by one of them, each message is claimed
    before it is sent, and what was claimed by a worker that died is in doubt.
    """
    _doubt_what_was_cut_off(now)
    done, until = 0, time.monotonic() + BUDGET_SECONDS
    with messenger() as carrier:
        for reach in due_reaches(now, now - DEAD)[:AT_ONCE]:
            done += _serve(reach, carrier, now)
            if time.monotonic() > until:
                break
    return done


def _doubt_what_was_cut_off(now: datetime) -> None:
    cut_off = Sending.objects.filter(state=Sending.State.UNDER_WAY, claimed_at__lt=now - DEAD)
    cut_off.update(state=Sending.State.DOUBT, done_at=now)


def _serve(reach: Reach, carrier: Messenger, now: datetime) -> int:
    """All that is due by one way, in order, until something does not get through."""
    claim, tried = uuid4().hex, 0
    free = ready_reaches(now, now - DEAD).filter(pk=reach.pk)
    if not free.update(claim=claim, claimed_at=now):
        return 0
    try:
        for rows in by_message(reach, _unseen(reach, now)):
            tried += 1
            if not _send(reach, rows, carrier, now):
                break
    finally:
        Reach.objects.filter(pk=reach.pk, claim=claim).update(claim="", claimed_at=None)
    return tried


def _unseen(reach: Reach, now: datetime) -> list[Sending]:
    """What is due, without what the person has read at the desk meanwhile."""
    rows = due_sendings(reach, now)
    seen = seen_keys(reach, [row.key for row in rows])
    if seen:
        waiting = reach.sendings.filter(state=Sending.State.WAITING, key__in=seen)
        waiting.update(state=Sending.State.SEEN, done_at=now)
    return [row for row in rows if row.key not in seen]


def _send(reach: Reach, rows: Sequence[Sending], carrier: Messenger, now: datetime) -> bool:
    """Claim, send, mark; whether the way is good for more."""
    claim = uuid4().hex
    Sending.objects.filter(pk__in=[row.pk for row in rows], state=Sending.State.WAITING).update(
        state=Sending.State.UNDER_WAY, claim=claim, claimed_at=now, tries=F("tries") + 1
    )
    mine = list(reach.sendings.filter(claim=claim).order_by("at", "id"))
    if not mine:
        return True
    message = message_of(reach, mine, _doubtful(reach))
    outcome = _carry(reach, message, _key(mine), carrier, urgent=any(row.urgent for row in mine))
    _mark(reach, claim, outcome, now)
    if outcome.state in ("sent", "held"):
        return True
    log.warning("reach %s: %s, %s tries", reach.pk, outcome.state, mine[0].tries)
    return False


def _doubtful(reach: Reach) -> int:
    """How many may not have arrived since one surely did."""
    rows = reach.sendings.filter(state=Sending.State.DOUBT)
    return (rows.filter(done_at__gt=reach.sent_at) if reach.sent_at else rows).count()


def _key(rows: Sequence[Sending]) -> str:
    """The same for the same content, so that a receiver can tell a repeat."""
    if len(rows) == 1:
        return rows[0].key
    return "many:" + hashlib.sha256("\n".join(row.key for row in rows).encode()).hexdigest()[:32]


def _carry(
    reach: Reach, message: Message, key: str, carrier: Messenger, *, urgent: bool
) -> Outcome:
    if (kept_back := held()) is not None:  # nothing of it is unsealed
        return kept_back
    try:
        job = job_of(reach, message, key, urgent=urgent)
    except Refused:
        return failed("unsealed")
    return carrier.send(job) if job else failed("unset")


@transaction.atomic
def _mark(reach: Reach, claim: str, outcome: Outcome, now: datetime) -> None:
    mine = Sending.objects.filter(claim=claim)
    if outcome.state == "sent":
        mine.update(state=Sending.State.SENT, done_at=now)
        _well(reach, now)
        return
    if outcome.state == "held":
        mine.update(state=Sending.State.HELD, done_at=now)
        return
    if outcome.state == "doubt":
        mine.update(state=Sending.State.DOUBT, done_at=now)
    else:
        old = mine.filter(due_at__lt=now - rules.GIVE_UP)
        old.update(state=Sending.State.GIVEN_UP, done_at=now)
        mine.filter(state=Sending.State.UNDER_WAY).update(state=Sending.State.WAITING, claim="")
    reach.failures += 1
    Reach.objects.filter(pk=reach.pk).update(
        failures=reach.failures,
        error={"message": outcome.message, "params": dict(outcome.params)},
        retry_at=now + rules.wait_after(reach.failures),
    )


def _well(reach: Reach, now: datetime) -> None:
    reach.failures, reach.sent_at = 0, now
    Reach.objects.filter(pk=reach.pk).update(failures=0, error={}, retry_at=None, sent_at=now)


def try_reach(reach: Reach, *, now: datetime) -> Outcome:
    """Send one message by this way now, and say how it went. Where it arrives, what waited for
    the way to work again goes out too.
    """
    with translation.override(reach.language):
        title = gettext("听答：试一试")
        body = gettext("收到这条，说明“%(name)s”可以用了。") % {"name": reach.name}
    message = Message(title, body, f"{settings.ADDRESS}/desk/notices/ways/")
    with messenger() as carrier:
        key = f"try:{uuid4().hex}"
        outcome = _carry(reach, message, key, carrier, urgent=False)
    if outcome.state == "sent":
        _well(reach, now)
    return outcome


@transaction.atomic
def send_again(row: Sending, *, by: Person, now: datetime) -> None:
    """A person decides that what may or did not arrive is sent once more."""
    kept = Sending.objects.filter(
        pk=row.pk, state__in=[Sending.State.DOUBT, Sending.State.GIVEN_UP]
    )
    if not kept.update(state=Sending.State.WAITING, claim="", due_at=now, done_at=None):
        raise Refused(_("这一条不用再发：它已经送到，或者正等着发"))
    Reach.objects.filter(pk=row.reach_id).update(retry_at=None)
    subject = f"reach:{row.reach_id}"
    record("sending.again", subject, actor=by.name, now=now, data={"name": row.reach.name})


def forget_sent(*, now: datetime) -> int:
    """What went out long ago is forgotten; the notices at the desk stay."""
    gone, _which = Sending.objects.filter(done_at__lt=now - KEPT).delete()
    return gone
