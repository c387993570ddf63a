"""What a case's page shows of calling on people, reports upward, meetings and tasks."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from tingda.cases.actions.ladder import URGE_EVERY
from tingda.cases.models import Case, Escalation, Referral, Report
from tingda.cases.queries.ladder import calls_about, calls_of
from tingda.cases.queries.meetings import meetings_of, tasks_of
from tingda.duty.queries import runs_of
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office
from tingda.web.desk.case_owner import Bound, Offer
from tingda.web.desk.meeting_forms import TaskForm, Urge
from tingda.web.desk.plans import followed

CALLS_SHOWN = 3
NEARLY = timedelta(minutes=30)


def major_context(
    case: Case,
    person: Person,
    waiting: Sequence[Referral],
    has: Collection[str],
    family: Collection[int],
    bound: Bound,
    now: datetime,
) -> dict[str, object]:
    """For desk/case_major.html; `waiting` are the referrals without an answer, `has` is what
    `rare_parts` found, `family` the ids of its issue and of what was merged into that."""
    calls = list(calls_of(case)) if "escalations" in has else []
    named = [(row, [one for one in calls if one.target == f"referral:{row.pk}"]) for row in waiting]
    tasks = list(tasks_of(case)) if "tasks" in has else []
    sent = case.reports.select_related("sent_by").order_by("-number")
    reports = list(sent) if "reports" in has else []
    runs = runs_of(*(f"issue:{pk}" for pk in family)) if family else []
    return {
        "followed": followed(runs) if is_of_the_office(person) else [],
        "report_first": next((one for one in reports if _is_first(one, now)), None),
        "review_first": _unfinished(case) and person.may("take_on"),
        "waiting": waiting,
        "late": [row for row in waiting if row.due_at < now],
        "calls": calls[:CALLS_SHOWN],
        "older_calls": calls[CALLS_SHOWN:],
        "urges": [(row, urged(row, mine, person, bound, now)) for row, mine in named],
        "reports": reports,
        "meetings": list(meetings_of(case)) if "meetings" in has else [],
        "tasks": tasks,
        "late_tasks": [row for row in tasks if not row.done_at and row.due_at < now],
        "task_offer": _task_offer(case, person, bound),
        "may_call": person.may("take_on"),
    }


def _is_first(row: Report, now: datetime) -> bool:
    """Whether a report goes before everything else: the first of all, or one that is nearly due."""
    return row.is_owed and (row.number == 1 or row.due_at < now + NEARLY)


def _unfinished(case: Case) -> bool:
    lookback = None if case.is_open else getattr(case, "lookback", None)
    return lookback is not None and lookback.finished_at is None


def urged(
    row: Referral, calls: Sequence[Escalation], person: Person, bound: Bound, now: datetime
) -> dict[str, object]:
    """How often a person reminded the unit, when last, and the button where it may be done."""
    by_hand = [one for one in calls if not one.rung]
    last = max((one.at for one in by_hand), default=None)
    name = f"urge-{row.pk}"
    found: dict[str, object] = {"count": len(by_hand), "last": last, "offer": None}
    rests = last is not None and last > now - URGE_EVERY
    open_to = person.may("take_on") and row.state == Referral.State.SENT
    if name in bound or (open_to and not rests):
        form = bound.get(name) or Urge(
            auto_id=f"{name}_%s", initial={"text": _("请尽快核实反馈。")}
        )
        note = _("对方的联络员马上收到；一小时内只能催一次。")
        address = reverse("referral-urge", args=[row.pk])
        found["offer"] = Offer(name, _("催办…"), form, address, _("催办"), note)
    return found


def urged_on_page(row: Referral, person: Person, now: datetime) -> dict[str, object]:
    """The same for the page of one referral."""
    return urged(
        row, calls_about([f"referral:{row.pk}"]).get(f"referral:{row.pk}", []), person, {}, now
    )


def _task_offer(case: Case, person: Person, bound: Bound) -> Offer | None:
    if not person.may("take_on") or not case.is_open:
        return None
    form = bound.get("task") or TaskForm(auto_id="task_%s")
    address = reverse("case-task", args=[case.pk])
    return Offer("task", _("交办任务…"), form, address, _("交办"))
