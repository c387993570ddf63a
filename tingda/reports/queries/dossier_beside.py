"""The parts of a dossier that stand beside the work of the units: what was made of the matter,
which plan was followed, what went outside the house and what came back, who met about it."""

from collections.abc import Iterator

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from tingda.answers.models import MediaEnquiry
from tingda.cases.models import Case, Claim, Forwarding, Meeting, Report, Task
from tingda.cases.queries import standing_issue
from tingda.cases.queries.judging import claims_of
from tingda.detect.models import Assessment, Issue
from tingda.detect.queries import assessments_of, issue_family
from tingda.duty.models import PlanRun
from tingda.duty.queries import runs_of, ticks_of
from tingda.ledger.models import Line
from tingda.reports.queries.dossier_words import file_ref, filled, name_of, sections, when
from tingda.reports.rules import Entry, Part


# ---- what was made of it ----
def assessment(case: Case, graded: tuple[Entry, ...], *, claims: bool) -> Part:
    """The issue with its alert, what colleagues wrote about it from first to last, which claims
    were checked (they are what people said), and the lines of the grades that were given."""
    issue = standing_issue(case)
    entries = list(_judged(issue)) if issue else []
    if issue and claims:
        entries += [_checked(row) for row in reversed(claims_of(issue.pk))]
    return Part("assessment", _("研判"), (*entries, *graded))


def graded_lines(case: Case) -> list[Line]:
    """How the grade went, and the kind."""
    verbs = ("case.graded", "case.kind_changed", "case.confirmed")
    return list(Line.objects.filter(thread=case.thread, verb__in=verbs).order_by("number"))


def _judged(issue: Issue) -> Iterator[Entry]:
    fields = filled(
        (_("主题"), issue.topic.name if issue.topic else ""),
        (_("地点"), issue.place),
        (_("人"), str(issue.people)),
        (_("条"), str(issue.messages)),
        (_("热度"), f"{issue.heat:.0f}"),
    )
    yield Entry(f"issue:{issue.pk}", issue.title, issue.heard_at, fields)
    yield from _warned(issue)
    for row in reversed(assessments_of(issue.pk)):
        yield _assessed(row)


def _warned(issue: Issue) -> Iterator[Entry]:
    alert = getattr(issue, "alert", None)
    if alert is None:
        return
    steps = alert.steps.select_related("by").order_by("id")
    told = [
        gettext("%(at)s %(what)s（%(colour)s）%(by)s %(reason)s")
        % {
            "at": when(step.at),
            "what": step.get_what_display(),
            "colour": step.get_colour_display(),
            "by": name_of(step.by),
            "reason": step.reason,
        }
        for step in steps
    ]
    fields = filled(
        (_("颜色"), str(alert.get_colour_display())),
        (_("知道了"), name_of(alert.acknowledged_by)),
        (_("确认"), name_of(alert.confirmed_by)),
        (_("结束"), name_of(alert.ended_by)),
        (_("理由"), alert.reason),
    )
    text = "\n".join(line.strip() for line in told)
    yield Entry(f"alert:{alert.pk}", _("预警"), alert.raised_at, fields, text)


def _assessed(row: Assessment) -> Entry:
    text = sections(
        (_("性质"), row.nature),
        (_("波及范围"), row.reach),
        (_("走势"), row.trend),
        (_("利害"), row.stakes),
        (_("建议"), row.suggestion),
    )
    head = _("研判意见，第 %(number)s 份") % {"number": row.number}
    fields = filled((_("谁写的"), row.by.name))
    return Entry(f"assessment:{row.pk}", head, row.at, fields, text)


def _checked(row: Claim) -> Entry:
    fields = filled(
        (_("查下来"), str(row.get_verdict_display())),
        (_("凭哪条核实"), row.fact.what if row.fact else ""),
        (_("理由"), row.reason),
        (_("谁核实的"), row.by.name),
    )
    return Entry(f"claim:{row.pk}", _("说法：%(text)s") % {"text": row.text}, row.at, fields)


# ---- which plan was followed ----
def plans(case: Case) -> Part:
    """Every time an emergency plan was followed about the issue, with who ticked which step."""
    issue = standing_issue(case)
    family = issue_family(issue.pk) if issue else []
    rows = runs_of(*(f"issue:{pk}" for pk in family)) if issue else []
    return Part("plans", _("预案"), tuple(_followed(row) for row in reversed(rows)))


def _followed(run: PlanRun) -> Entry:
    told = []
    for text, tick in zip(run.steps, ticks_of(run), strict=True):
        done = _("✓ %(name)s %(at)s") % {"name": tick.by.name, "at": when(tick.at)} if tick else ""
        told.append(f"{text}　{done or _('没有做')}")
    fields = filled(
        (_("启动"), run.started_by.name),
        (_("结束"), when(run.ended_at) if run.ended_at else ""),
        (_("谁结束的"), name_of(run.ended_by)),
        (_("结果"), run.ending),
    )
    return Entry(f"run:{run.pk}", run.name, run.started_at, fields, "\n".join(told))


# ---- letters ----
def letters(case: Case) -> Part:
    """What was given to bodies outside and what came back, then what media asked and were told."""
    rows = case.forwardings.select_related("by", "reply_by").prefetch_related("files")
    entries = [entry for row in rows.order_by("id") for entry in _forwarded(row)]
    asked = case.enquiries.select_related("taken_by", "proposed_by", "released_by").order_by("id")
    entries += [_enquiry(row) for row in asked]
    return Part("letters", _("来函、去函和媒体"), tuple(entries))


def _forwarded(row: Forwarding) -> Iterator[Entry]:
    """Sent and answered: each with the files that went with it."""
    key, files = f"forwarding:{row.pk}", list(row.files.all())
    sent = tuple(file_ref(f"sent-{one.pk}", one) for one in files if not one.came_back)
    back = tuple(file_ref(f"reply-{one.pk}", one) for one in files if one.came_back)
    fields = filled(
        (_("怎么转的"), str(row.get_way_display())),
        (_("谁"), row.by.name),
        (_("答复"), when(row.reply_at) if row.reply_at else _("还没有")),
    )
    yield Entry(key, _("去函：%(to)s") % {"to": row.to}, row.at, fields, row.text, sent)
    if row.reply_at:
        fields = filled((_("记录"), name_of(row.reply_by)))
        head = _("来函：%(to)s") % {"to": row.to}
        yield Entry(f"{key}.reply", head, row.reply_at, fields, row.reply, back)


def _enquiry(row: MediaEnquiry) -> Entry:
    fields = filled(
        (_("方式"), str(row.get_kind_display())),
        (_("状态"), str(row.get_state_display())),
        (_("答复时限"), when(row.due_at)),
        (_("联系人和联系方式"), row.contact),
        (_("登记"), row.taken_by.name),
        (_("答复的话"), row.said),
        (_("由谁来说"), row.speaker),
        (_("拟稿"), name_of(row.proposed_by)),
        (_("签发"), name_of(row.released_by)),
        (_("答复"), when(row.ended_at) if row.ended_at else ""),
        (_("理由"), row.reason),
    )
    return Entry(f"enquiry:{row.pk}", row.medium, row.received_at, fields, row.asks)


# ---- upward ----
def upward(case: Case) -> Part:
    """The reports upward, with what was said back."""
    rows = case.reports.select_related("sent_by").prefetch_related("replies__by")
    entries = [entry for row in rows.order_by("number") for entry in _reported(row)]
    return Part("upward", _("快报"), tuple(entries))


def _reported(row: Report) -> Iterator[Entry]:
    told = [f"{name}{gettext('（')}{way}{gettext('）')}" for name, way in row.sent_to]
    late = row.sent_at and row.sent_at > row.due_at
    fields = filled(
        (_("时限"), when(row.due_at)),
        (_("报给"), gettext("、").join(told)),
        (_("谁报的"), name_of(row.sent_by)),
        (_("结果"), (_("晚了") if late else _("按时")) if row.sent_at else ""),
        (_("不用再报"), when(row.lifted_at) if row.lifted_at else ""),
        (_("下次什么时候报"), when(row.next_at) if row.next_at else ""),
    )
    text = sections(
        (_("什么事"), row.what),
        (_("什么时候、在哪里"), row.place),
        (_("涉及多少人"), row.people),
        (_("已经做了什么"), row.done),
    )
    head = _("第 %(n)s 次快报") % {"n": row.number}
    yield Entry(f"report:{row.pk}", head, row.sent_at or row.begun_at, fields, text)
    for back in row.replies.all():
        by = filled((_("谁说的"), back.who), (_("记录"), back.by.name))
        yield Entry(f"reply:{back.pk}", _("回话"), back.at, by, back.text)


# ---- together ----
def together(case: Case) -> Part:
    """Meetings about the case with their minutes, and the tasks that were given."""
    rows = case.meetings.select_related("called_by").prefetch_related("people", "minutes__by")
    entries = [entry for row in rows.order_by("at", "id") for entry in _met(row)]
    tasks = case.tasks.filter(improves=False).select_related("owner", "made_by", "done_by")
    tasks = tasks.prefetch_related("files").order_by("id")
    return Part("meetings", _("会商和任务"), (*entries, *(task_entry(row) for row in tasks)))


def _met(row: Meeting) -> Iterator[Entry]:
    people = [person.name for person in row.people.all()]
    fields = filled(
        (_("哪一种"), str(row.get_kind_display())),
        (_("在哪里"), row.place),
        (_("参加的人"), gettext("、").join([*people, *filter(None, row.others.splitlines())])),
        (_("谁约的"), row.called_by.name),
    )
    yield Entry(f"meeting:{row.pk}", row.title, row.at, fields)
    for one in row.minutes.all():
        by = filled((_("到会的人"), one.present), (_("记录"), one.by.name))
        yield Entry(f"minutes:{one.pk}", _("纪要"), one.at, by, one.text)


def task_entry(row: Task) -> Entry:
    """A task with its proof."""
    fields = filled(
        (_("谁来做"), row.owner.name),
        (_("时限"), when(row.due_at)),
        (_("谁交办的"), row.made_by.name),
        (_("办成"), when(row.done_at) if row.done_at else ""),
        (_("谁办成的"), name_of(row.done_by)),
    )
    head = _("任务：%(what)s") % {"what": gettext(row.what)}
    files = tuple(file_ref(f"task-{row.pk}-{one.pk}", one) for one in row.files.all())
    return Entry(f"task:{row.pk}", head, row.made_at, fields, row.proof, files)
