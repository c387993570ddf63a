"""档案: everything about one case in one order, as one person may see it, in words."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from tingda.answers.models import Answer, Version
from tingda.cases.models import Case, Fact, Objection, Promise, Referral
from tingda.cases.queries import voices_of
from tingda.cases.queries.meetings import improvements_of
from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.ledger.queries import thread_lines
from tingda.people.models import Person
from tingda.people.queries import institution, is_of_the_office
from tingda.reports.queries.dossier_beside import (
    assessment,
    graded_lines,
    letters,
    plans,
    task_entry,
    together,
    upward,
)
from tingda.reports.queries.dossier_words import (
    called,
    file_ref,
    filled,
    name_of,
    sections,
    when,
)
from tingda.reports.queries.lookback import times_of
from tingda.reports.rules import Dossier, Entry, FileRef, Part

MOST_VOICES, MOST_LINES = 500, 2000  # on paper; all voices are in a file of their own


def dossier_of(case: Case, person: Person, *, now: datetime) -> Dossier:
    """The dossier as this person may see it: what people said is for the whole office's desk.

    Sealed identities are not in it; nothing here reads them. In the language that is active.
    """
    parts, whole = [_case(case)], is_of_the_office(person)
    if whole:
        parts.append(_voices(case))
    graded = tuple(_line(row) for row in graded_lines(case))
    parts += [assessment(case, graded, claims=whole), plans(case), _referrals(case), _facts(case)]
    parts += [_answers(case), _promises(case), letters(case), upward(case), together(case)]
    parts += [_times(case, now), _lookback(case), _ledger(case)]
    return Dossier(case.number, case.title, institution().name, now, tuple(parts))


def voices_in_full(case: Case) -> Iterator[dict[str, object]]:
    """Every voice, one after the other, the newest first; who said it is not part of it."""
    for voice in voices_of(case).select_related("source").iterator(500):
        yield {
            "key": f"voice:{voice.pk}",
            "title": voice.title,
            "text": voice.text,
            "url": voice.url,
            "source": voice.source.name,
            "said_at": voice.said_at.isoformat() if voice.said_at else None,
            "heard_at": voice.heard_at.isoformat(),
        }


def _case(case: Case) -> Part:
    fields = filled(
        (_("编号"), case.number),
        (_("种类"), gettext(case.kind_name)),
        (_("等级"), gettext(case.grade_name)),
        (_("状态"), gettext(case.state_name)),
        (_("主办单位"), called(case.unit)),
        (_("负责人"), case.owner.name),
        (_("听到"), when(case.heard_at)),
        (_("立项"), when(case.opened_at)),
        (_("首次回应"), when(case.published_at) if case.published_at else ""),
        (_("办结"), when(case.closed_at) if case.closed_at else ""),
        (_("办结的理由"), gettext(case.closing_name) if case.closing_reason else ""),
        (_("重新办理"), str(case.reopened) if case.reopened else ""),
    )
    entry = Entry(case.thread, case.title, case.opened_at, fields, case.closing_text)
    return Part("case", _("事项"), (entry,))


def _voices(case: Case) -> Part:
    rows = voices_of(case).select_related("source", "evidence").prefetch_related("attachments")
    total = voices_of(case).order_by().count()
    entries = tuple(_voice(row) for row in rows[:MOST_VOICES])
    return Part("voices", _("声音和存证"), entries, total - len(entries))


def _voice(row: Voice) -> Entry:
    files = [file_ref(f"voice-{row.pk}-{one.pk}", one) for one in row.attachments.all()]
    evidence = getattr(row, "evidence", None)
    if evidence and evidence.path:
        name = f"voice-{row.pk}.warc.gz"
        files.append(FileRef(f"files/{name}", evidence.path, evidence.size, evidence.sha256))
    fields = filled(
        (_("来源"), row.source.name),
        (_("说于"), when(row.said_at) if row.said_at else ""),
        (_("听到"), when(row.heard_at)),
        (_("网址"), row.url),
        (_("存证"), str(evidence.get_state_display()) if evidence else ""),
    )
    return Entry(f"voice:{row.pk}", row.headline, row.at, fields, row.text, tuple(files))


def _referrals(case: Case) -> Part:
    rows = case.referrals.select_related("unit", "sent_by", "answered_by", "objection__by")
    rows = rows.select_related("objection__decided_by", "objection__moved_to__unit").order_by("id")
    return Part("referrals", _("联系单"), tuple(entry for row in rows for entry in _asked(row)))


def _asked(row: Referral) -> Iterator[Entry]:
    yield _referral(row)
    if objection := getattr(row, "objection", None):
        yield _objection(objection)


def _objection(row: Objection) -> Entry:
    where = called(row.moved_to.unit) if row.moved_to else _("留在原单位")
    fields = filled(
        (_("谁"), row.by.name),
        (_("决定"), where if row.decided_at else ""),
        (_("谁决定的"), name_of(row.decided_by)),
        (_("什么时候定的"), when(row.decided_at) if row.decided_at else ""),
        (_("决定的理由"), row.note),
    )
    return Entry(f"objection:{row.pk}", _("异议"), row.at, fields, row.reason)


def _referral(row: Referral) -> Entry:
    fields = filled(
        (_("状态"), str(row.get_state_display())),
        (_("发出"), row.sent_by.name),
        (_("时限"), when(row.due_at)),
        (_("反馈"), when(row.answered_at) if row.answered_at else ""),
        (_("反馈人"), name_of(row.answered_by)),
        (_("理由"), row.reason),
    )
    return Entry(f"referral:{row.pk}", called(row.unit), row.sent_at, fields, row.asks)


def _facts(case: Case) -> Part:
    rows = case.facts.select_related("recorded_by").prefetch_related("files").order_by("id")
    return Part("facts", _("核实"), tuple(_fact(row) for row in rows))


def _fact(row: Fact) -> Entry:
    fields = filled(
        (_("谁核实的"), row.by_whom), (_("依据"), row.evidence), (_("记录"), row.recorded_by.name)
    )
    files = tuple(file_ref(f"fact-{row.pk}-{one.pk}", one) for one in row.files.all())
    return Entry(f"fact:{row.pk}", row.what[:60], row.recorded_at, fields, row.what, files)


def _answers(case: Case) -> Part:
    rows = case.answers.select_related("submitted_by", "released_by").order_by("id")
    rows = rows.prefetch_related(
        "versions__author",
        "versions__reviews__reviewer",
        "corrections__drafted_by",
        "corrections__released_by",
    )
    entries = [entry for row in rows for entry in _answer(row)]
    return Part("answers", _("回应、审核和签发"), tuple(entries))


def _answer(row: Answer) -> Iterator[Entry]:
    kind = _("整改报告") if row.rectifies else _("回应")
    fields = filled(
        (_("状态"), gettext(row.state_name)),
        (_("提交"), name_of(row.submitted_by)),
        (_("签发"), name_of(row.released_by)),
        (_("签发时间"), when(row.released_at) if row.released_at else ""),
        (_("发布"), when(row.published_at) if row.published_at else ""),
    )
    yield Entry(f"answer:{row.pk}", f"{kind} {row.pk}", row.made_at, fields)
    for version in row.versions.all():
        yield _version(version)
        for review in version.reviews.all():
            said = _("通过") if review.passed else _("退回")
            by = filled((_("审核"), review.reviewer.name))
            yield Entry(f"review:{review.pk}", said, review.at, by, review.note)
    for fixed in row.corrections.all():
        by = filled((_("拟稿"), fixed.drafted_by.name), (_("签发"), name_of(fixed.released_by)))
        yield Entry(f"correction:{fixed.pk}", _("更正"), fixed.drafted_at, by, fixed.text)


def _version(row: Version) -> Entry:
    head = _("第 %(number)s 稿") % {"number": row.number} + f" {row.title}"
    text = sections(
        (_("大家反映的"), row.heard),
        (_("我们查到的"), row.found),
        (_("已经做的"), row.done),
        (_("我们承诺的"), "\n".join(f"{one['what']} {one['due_on']}" for one in row.promises)),
    )
    fields = filled((_("拟稿"), row.author.name))
    return Entry(f"answer:{row.answer_id}.{row.number}", head, row.at, fields, text)


def _promises(case: Case) -> Part:
    rows = case.promises.prefetch_related("files").order_by("due_on", "id")
    return Part("promises", _("承诺"), tuple(_promise(row) for row in rows))


def _promise(row: Promise) -> Entry:
    fields = filled(
        (_("何时之前"), when(row.due_on)),
        (_("兑现"), when(row.kept_at) if row.kept_at else ""),
        (_("怎么兑现的"), row.how_kept),
        (_("做不到"), when(row.broken_at) if row.broken_at else ""),
        (_("为什么做不到"), row.why_broken),
        (_("改做什么"), row.instead),
    )
    files = tuple(file_ref(f"promise-{row.pk}-{one.pk}", one) for one in row.files.all())
    return Entry(f"promise:{row.pk}", row.what, row.made_at, fields, "", files)


def _times(case: Case, now: datetime) -> Part:
    entries = [
        Entry(one.key, one.name, one.due_at, filled((_("结果"), one.result)))
        for one in times_of(case, now)
    ]
    for pause in case.pauses.select_related("by").order_by("id"):
        until = pause.ended_at or pause.until
        fields = filled(
            (_("暂停"), gettext(pause.reason_name)),
            (_("到"), when(until)),
            (_("谁"), pause.by.name),
        )
        entries.append(
            Entry(f"pause:{pause.pk}", _("暂停计时"), pause.started_at, fields, pause.text)
        )
    for row in case.extensions.select_related("asked_by", "decided_by").order_by("id"):
        said = {True: _("已同意"), False: _("未同意"), None: _("等签发人决定")}[row.granted]
        fields = filled(
            (_("时限"), gettext(row.stage_name)),
            (_("决定"), said),
            (_("申请"), row.asked_by.name),
            (_("批准"), name_of(row.decided_by)),
            (_("意见"), row.note),
        )
        entries.append(Entry(f"extension:{row.pk}", _("延期"), row.asked_at, fields, row.reason))
    return Part("times", _("时限、暂停和延期"), tuple(entries))


def _lookback(case: Case) -> Part:
    row = getattr(case, "lookback", None)
    if row is None:
        return Part("lookback", _("复盘"), ())
    text = sections(
        (_("发生了什么"), row.happened),
        (_("做得好的"), row.went_well),
        (_("要改的"), row.to_change),
    )
    fields = filled((_("执笔"), name_of(row.written_by)), (_("定稿"), name_of(row.finished_by)))
    entries = [Entry(f"lookback:{row.pk}", _("复盘"), row.asked_at, fields, text)]
    entries += [task_entry(task) for task in improvements_of(case).order_by("id")]
    return Part("lookback", _("复盘"), tuple(entries))


def _ledger(case: Case) -> Part:
    rows: Iterable[Line] = thread_lines(case.thread)[:MOST_LINES]
    entries = tuple(reversed([_line(row) for row in rows]))
    total = Line.objects.filter(thread=case.thread).count()
    return Part("ledger", _("台账"), entries, total - len(entries))


def _sentence() -> Callable[[Line], str]:
    """How a line of the ledger is said: one table for pages and papers, which the pages keep."""
    said: Callable[[Line], str] = import_string(settings.LEDGER_WORDS)
    return said


def _line(row: Line) -> Entry:
    fields = ((_("第几号"), str(row.number)), (_("谁"), row.actor))
    return Entry(f"line:{row.number}", _sentence()(row), row.at, fields)
