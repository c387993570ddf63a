"""The only writers of answers. Nothing leaves the house without two persons and a ledger line."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from tingda.answers import rules
from tingda.answers.channels import CHANNELS
from tingda.answers.models import (
    Answer,
    Confirmation,
    Correction,
    Publication,
    Review,
    Version,
)
from tingda.answers.queries import digest, due_publications
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.cases.queries.people import looked_after_by
from tingda.collect.models import Receipt
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name
from tingda.people.queries import people_with

log = logging.getLogger(__name__)
CLAIM = timedelta(minutes=5)
SEND = _("把整改报告送给报道的媒体")


@dataclass(frozen=True)
class Wording:
    """What one version says; `promises` are (what will be done, by which day)."""

    title: str
    heard: str
    found: str
    done: str = ""
    promises: Sequence[tuple[str, date]] = ()


def _locked(answer: Answer, *states: str) -> Answer:
    row = Answer.objects.select_for_update().get(pk=answer.pk)
    if row.state not in states:
        raise Refused(_("这份回应现在是“%(state)s”，不能这样做"), state=rules.STATES[row.state])
    row.case = cases.locked(row.case)
    return row


def _line(
    verb: str,
    answer: Answer,
    *,
    by: Person | None,
    now: datetime,
    public: bool = False,
    **data: object,
) -> None:
    record(
        verb,
        f"answer:{answer.pk}",
        thread=answer.case.thread,
        actor=actor_name(by),
        now=now,
        public=public,
        data=data,
    )


@transaction.atomic
def draft(
    case: Case, wording: Wording, *, by: Person, now: datetime, rectifies: bool = False
) -> Answer:
    """Begin an answer with its first version; `rectifies`: it reports what was put right."""
    case = cases.locked(case)
    if case.answers.exclude(state="published").exists():
        raise Refused(_("这个事项已有一份正在拟的回应"))
    cases.move(case, "draft", by=by)
    answer = Answer.objects.create(case=case, state="drafting", made_at=now, rectifies=rectifies)
    _write(answer, wording, by, now)
    _line("answer.drafted", answer, by=by, now=now)
    return answer


@transaction.atomic
def write(
    answer: Answer, wording: Wording, *, by: Person, now: datetime, after: int | None = None
) -> Version:
    """Add a version; none is ever overwritten. Facts asked for meanwhile do not hold it up.
    `after` is the version that its author read: another came meanwhile, it is Refused."""
    answer = _locked(answer, "drafting")
    there = answer.versions.count()
    if after not in (None, there):
        text = _("您打开之后，别人已经写了第 %(number)s 稿。核对之后再保存，就会成为下一稿。")
        raise Refused(text, number=there)
    cases.move(answer.case, "draft", by=by)
    version = _write(answer, wording, by, now)
    _line("answer.written", answer, by=by, now=now, number=version.number)
    return version


def _write(answer: Answer, wording: Wording, by: Person, now: datetime) -> Version:
    rules.check_version(wording.title, wording.heard, wording.found)
    promises = [(what.strip()[:300], day) for what, day in wording.promises if what.strip()]
    return Version.objects.create(
        answer=answer,
        number=answer.versions.count() + 1,
        title=wording.title.strip()[:200],
        heard=wording.heard.strip(),
        found=wording.found.strip(),
        done=wording.done.strip(),
        promises=[{"what": what, "due_on": day.isoformat()} for what, day in promises],
        author=by,
        at=now,
    )


@transaction.atomic
def submit(answer: Answer, *, by: Person, now: datetime) -> Answer:
    """Put the newest version forward for release; releasers other than the authors are told."""
    answer = _locked(answer, "drafting")
    cases.move(answer.case, "submit", by=by)
    answer.state, answer.submitted_by = "review", by
    answer.save(update_fields=["state", "submitted_by"])
    _line("answer.submitted", answer, by=by, now=now)
    version = answer.versions.last()
    tell(
        people_with("releaser").exclude(pk=by.pk),
        "answer.submitted",
        key=f"answer.submitted:{answer.pk}:{version.number if version else 0}",
        link=f"answer:{answer.pk}",
        now=now,
        data={"title": answer.case.title},
        unit=answer.case.unit_id,
    )
    return answer


@transaction.atomic
def send_back(answer: Answer, *, note: str, by: Person, now: datetime) -> Answer:
    """A second reader sends the answer back to its author, saying why."""
    answer = _locked(answer, "review")
    if not note.strip():
        raise Refused(_("退回必须写明要改什么"))
    cases.move(answer.case, "send_back", by=by)
    author = answer.submitted_by
    answer.state, answer.submitted_by = "drafting", None
    answer.save(update_fields=["state", "submitted_by"])
    review = Review.objects.create(
        version=answer.versions.latest("number"),
        reviewer=by,
        passed=False,
        note=note.strip(),
        at=now,
    )
    _line("answer.sent_back", answer, by=by, now=now, note=review.note)
    if author:
        tell(
            [author if author.is_active else answer.case.owner],
            "answer.sent_back",
            key=f"answer.sent_back:{review.pk}",
            link=f"answer:{answer.pk}",
            now=now,
            data={"title": answer.case.title, "note": review.note},
            unit=answer.case.unit_id,
        )
    return answer


@transaction.atomic
def release(answer: Answer, *, by: Person, now: datetime) -> Answer:
    """Sign the newest version. From here on its words cannot change; it goes out at once."""
    answer = _locked(answer, "review")
    versions = list(answer.versions.all())
    rules.check_release(
        releaser=by.pk,
        authors=frozenset(version.author_id for version in versions),
        submitted_by=answer.submitted_by_id,
    )
    cases.move(answer.case, "release", by=by)
    Review.objects.create(version=versions[-1], reviewer=by, passed=True, at=now)
    answer.state, answer.released_by, answer.released_at = "released", by, now
    answer.save(update_fields=["state", "released_by", "released_at"])
    Publication.objects.bulk_create(
        Publication(answer=answer, channel=channel, due_at=now) for channel in CHANNELS
    )
    fingerprint = digest(versions[-1])
    _line("answer.released", answer, by=by, now=now, public=True, sha256=fingerprint)
    return answer


def publish_due(*, now: datetime) -> int:
    """Carry out what was released: claim a row, carry, mark done. Returns how many went out."""
    carried = 0
    for row in due_publications(now)[:50]:
        claimed = due_publications(now).filter(pk=row.pk).update(claimed_until=now + CLAIM)
        if not claimed:
            continue  # another worker was first
        try:
            address = CHANNELS[row.channel](row.answer_id, f"answer:{row.answer_id}:{row.channel}")
            _published(row, address, now)
        except Exception:
            wait = timedelta(minutes=min(2**row.failures, 60))
            failed = Publication.objects.filter(pk=row.pk)
            failed.update(failures=F("failures") + 1, due_at=now + wait, claimed_until=None)
            log.exception("publication %s failed, tried again in %s", row.pk, wait)
            continue
        carried += 1
    return carried


@transaction.atomic
def _published(row: Publication, address: str, now: datetime) -> None:
    answer = _locked(row.answer, "released", "published")
    waiting = Publication.objects.filter(pk=row.pk, done_at=None)
    if not waiting.update(done_at=now, address=address, claimed_until=None):
        return  # a carrier that was slower than its claim: another has written it down
    _line("answer.published", answer, by=None, now=now, public=True, channel=row.channel)
    if answer.state == "published":
        return
    answer.state, answer.published_at = "published", now
    answer.save(update_fields=["state", "published_at"])
    case = answer.case
    cases.move(case, "publish", by=None)
    cases.answered(case, now=now)
    if answer.rectifies:
        _rectified(answer, now)
    version = answer.versions.last()
    for promised in version.promises if version else []:
        cases.promise(case, promised["what"], promised["due_on"], now=now)


def _rectified(answer: Answer, now: datetime) -> None:
    """The report stands in public; media that asked are to have it, too: of a case of media
    criticism that is a task by the limit of the report, done with a proof."""
    case = answer.case
    limit = case.deadlines.filter(stage="rectify").first()
    cases.meet(case, "rectify", now=now)
    link = case.thread
    if case.kind == "media" and limit and answer.released_by:
        task = cases.owe_task(case, SEND, limit.due_at, by=answer.released_by, now=now)
        link = f"task:{task.pk}"
    elif not case.enquiries.exists():
        return
    key, data = f"answer.rectified:{answer.pk}", {"title": case.title}
    unit = case.unit_id
    tell([case.owner], "answer.rectified", key=key, link=link, now=now, data=data, unit=unit)


@transaction.atomic
def correct(answer: Answer, text: str, *, by: Person, now: datetime) -> Correction:
    """Draft a correction of a published answer. The answer's own words stay as they were."""
    answer = _locked(answer, "published")
    if not by.may("draft"):
        raise Refused(_("您的角色不能做这一步"))
    if not text.strip():
        raise Refused(_("请写明更正什么"))
    row = Correction.objects.create(answer=answer, text=text.strip(), drafted_by=by, drafted_at=now)
    _line("correction.drafted", answer, by=by, now=now, text=row.text)
    return row


@transaction.atomic
def release_correction(correction: Correction, *, by: Person, now: datetime) -> Correction:
    """Sign a correction; it appears beside the answer at once."""
    row = Correction.objects.select_for_update().get(pk=correction.pk)
    if row.released_at:
        raise Refused(_("这条更正已经签发"))
    if not by.may("release"):
        raise Refused(_("您的角色不能做这一步"))
    rules.check_release(releaser=by.pk, authors=frozenset({row.drafted_by_id}), submitted_by=None)
    row.released_by, row.released_at = by, now
    row.save(update_fields=["released_by", "released_at"])
    _line("correction.released", row.answer, by=by, now=now, public=True, text=row.text)
    return row


@transaction.atomic
def drop_correction(correction: Correction, *, reason: str, by: Person, now: datetime) -> None:
    """Give up a correction that nobody signed; its draft stays in the ledger."""
    row = Correction.objects.select_for_update().get(pk=correction.pk)
    if row.released_at:
        raise Refused(_("这条更正已经签发"))
    if not by.may("review"):
        raise Refused(_("您的角色不能做这一步"))
    if not reason.strip():
        raise Refused(_("请写明理由"))
    _line("correction.dropped", row.answer, by=by, now=now, text=row.text, reason=reason.strip())
    row.delete()


@transaction.atomic
def confirm(
    receipt: Receipt, answer: Answer, *, verdict: str, note: str, now: datetime
) -> Confirmation:
    """The person who wrote says whether it is solved. "Not" goes to the case's owner to decide."""
    if verdict not in Confirmation.Verdict.values:
        raise Refused(_("请选择一项"))
    row, _new = Confirmation.objects.update_or_create(
        receipt=receipt,
        defaults={"answer": answer, "verdict": verdict, "note": note.strip()[:2000], "at": now},
    )
    _line("answer.confirmed", answer, by=None, now=now, verdict=verdict)
    if verdict != Confirmation.Verdict.SOLVED:
        tell(
            looked_after_by(answer.case, now),
            "answer.not_solved",
            key=f"answer.not_solved:{row.pk}:{verdict}",
            link=answer.case.thread,
            now=now,
            data={"title": answer.case.title},
            unit=answer.case.unit_id,
        )
    return row
