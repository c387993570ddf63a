"""Handing a case to a competent body outside: what was sent, and what came back."""

from datetime import datetime

from django.db import transaction

from tingda.cases import rules
from tingda.cases.actions.casework import line, locked
from tingda.cases.actions.waiting import resume
from tingda.cases.models import Case, ForwardedFile, Forwarding
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.lib.uploads import Kept
from tingda.lib.words import mark as _
from tingda.people.models import Person

LONGEST_NAME = 100


@transaction.atomic
def forward(case: Case, to: str, *, way: str, text: str, by: Person, now: datetime) -> Forwarding:
    """Note that the case was given to a body outside, and what it was given. The name of the body
    and the way are public, the text is not."""
    case = locked(case)
    by.must("take_on")
    if not case.is_open:
        raise Refused(_("事项已经办结"))
    to = rules.written(to, _("请写明转给谁"))[:LONGEST_NAME]
    if way not in Forwarding.Way.values:
        raise Refused(_("请选择怎么转的"))
    text = rules.written(text, _("请写明转了什么"))
    if case.forwardings.filter(to=to, reply_at=None).exists():
        raise Refused(_("已经转给%(to)s，还在等答复"), to=to)
    row = Forwarding.objects.create(case=case, to=to, way=way, text=text, by=by, at=now)
    _line("case.forwarded", row, {"way": way}, by=by, now=now)
    return row


@transaction.atomic
def note_reply(row: Forwarding, text: str, *, by: Person, now: datetime) -> Forwarding:
    """What came back, once. Clocks that stood still for it run on when no other is waited for."""
    case = locked(row.case)
    by.must("take_on")
    held = Forwarding.objects.select_for_update().get(pk=row.pk)
    if held.reply_at:
        raise Refused(_("答复已经记下了"))
    held.reply, held.reply_by, held.reply_at = rules.written(text, _("请写明对方怎么说")), by, now
    held.save()
    _line("case.forwarding_answered", held, {}, by=by, now=now)
    waiting = case.forwardings.filter(reply_at=None).exists()
    if not waiting and case.pauses.filter(ended_at=None, reason="outside").exists():
        resume(case, by=by, now=now)
    return held


@transaction.atomic
def keep_forwarded(row: Forwarding, kept: Kept, path: str, *, came_back: bool) -> ForwardedFile:
    """Keep a file that was sent, or that came back; its fingerprint goes on the record."""
    file = ForwardedFile.objects.create(
        forwarding=row,
        came_back=came_back,
        name=kept.name[:200],
        path=path,
        size=kept.size,
        sha256=kept.sha256,
    )
    by, now = (row.reply_by, row.reply_at) if came_back else (row.by, row.at)
    data = {"name": file.name, "sha256": kept.sha256}
    subject = f"forwarded:{file.pk}"
    line("file.attached", row.case, data, by=by, now=now or row.at, subject=subject)
    return file


def _line(verb: str, row: Forwarding, data: dict[str, str], *, by: Person, now: datetime) -> Line:
    subject = f"forwarding:{row.pk}"
    return line(verb, row.case, {"to": row.to} | data, by=by, now=now, subject=subject, public=True)
