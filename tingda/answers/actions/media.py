"""媒体: what media ask, and what they are told: written by one person, released by another."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tingda.answers import rules
from tingda.answers.models import MediaEnquiry
from tingda.cases.models import Case
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name
from tingda.people.queries import people_with


@dataclass(frozen=True)
class Enquiry:
    """What came: `contact` is for the desk alone and never on the record."""

    medium: str
    kind: str
    asks: str
    received_at: datetime
    due_at: datetime
    contact: str = ""


def _held(enquiry: MediaEnquiry, *states: str) -> MediaEnquiry:
    row = MediaEnquiry.objects.select_for_update().get(pk=enquiry.pk)
    if row.state not in states:
        state = row.get_state_display()
        raise Refused(_("这件来询现在是“%(state)s”，不能这样做"), state=state)
    return row


def _line(verb: str, row: MediaEnquiry, *, by: Person, now: datetime, **data: object) -> None:
    thread = row.case.thread if row.case else ""
    subject, data = f"enquiry:{row.pk}", {"medium": row.medium, **data}
    record(verb, subject, thread=thread, actor=actor_name(by), now=now, data=data)


@transaction.atomic
def take_enquiry(enquiry: Enquiry, *, case: Case | None, by: Person, now: datetime) -> MediaEnquiry:
    """Take down what a medium asks, by when it wants to know, and about which case."""
    by.must("take_on")
    if not enquiry.medium.strip() or not enquiry.asks.strip():
        raise Refused(_("请写是哪家媒体、问了什么"))
    if enquiry.due_at <= enquiry.received_at:
        raise Refused(_("答复时限要在收到之后"))
    row = MediaEnquiry.objects.create(
        medium=enquiry.medium.strip()[:100],
        contact=enquiry.contact.strip()[:300],
        kind=enquiry.kind,
        asks=enquiry.asks.strip(),
        received_at=enquiry.received_at,
        due_at=enquiry.due_at,
        case=case,
        taken_by=by,
    )
    _line("enquiry.taken", row, by=by, now=now, asks=row.asks, due_at=row.due_at.isoformat())
    return row


@transaction.atomic
def propose_words(
    enquiry: MediaEnquiry, *, said: str, speaker: str, by: Person, now: datetime
) -> MediaEnquiry:
    """What is to be said, and who says it; releasers are told. Written anew, it replaces what
    was proposed before, which stays in the ledger."""
    row = _held(enquiry, "open", "proposed")
    by.must("draft")
    if not said.strip() or not speaker.strip():
        raise Refused(_("请写答复的话，以及由谁来说"))
    row.said, row.speaker = said.strip(), speaker.strip()[:100]
    row.state, row.proposed_by, row.proposed_at = "proposed", by, now
    row.save()
    _line("enquiry.proposed", row, by=by, now=now, said=row.said, speaker=row.speaker)
    key = f"enquiry.proposed:{row.pk}:{now.isoformat()}"
    data, link = {"title": row.medium}, f"enquiry:{row.pk}"
    others = people_with("releaser").exclude(pk=by.pk)
    tell(others, "enquiry.proposed", key=key, link=link, now=now, data=data)
    return row


@transaction.atomic
def release_words(enquiry: MediaEnquiry, *, read: str, by: Person, now: datetime) -> MediaEnquiry:
    """Another person releases the words, which may be said from now on. `read` is when those that
    the person read were proposed (ISO 8601): where there are others now, it is refused."""
    row = _held(enquiry, "proposed")
    by.must("release")
    rules.check_release(
        releaser=by.pk, authors=frozenset({row.proposed_by_id or 0}), submitted_by=None
    )
    if row.proposed_at is None or row.proposed_at.isoformat() != read:
        raise Refused(_("稿子刚刚改过，请看过新的一稿再签发"))
    row.state, row.released_by, row.ended_at = "answered", by, now
    row.save()
    _line("enquiry.answered", row, by=by, now=now, said=row.said, speaker=row.speaker)
    return row


@transaction.atomic
def decline_enquiry(
    enquiry: MediaEnquiry, *, reason: str, by: Person, now: datetime
) -> MediaEnquiry:
    """No answer or no interview, and why: never in silence."""
    row = _held(enquiry, "open", "proposed")
    by.must("take_on")
    if not reason.strip():
        raise Refused(_("请写明理由"))
    row.state, row.reason, row.ended_at = "declined", reason.strip(), now
    row.save()
    _line("enquiry.declined", row, by=by, now=now, reason=row.reason)
    return row
