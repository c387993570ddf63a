"""The way of a case as a bar: what is done and when, what is on, what is late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tingda.answers.models import Answer
from tingda.cases.models import Case, Deadline, Fact, Referral
from tingda.lib.words import mark as _

# name of the step -> the states of a case in which it is the one that is on
STEPS = {
    "taken": (_("受理"), ()),
    "asked": (_("交办"), ("taken",)),
    "checked": (_("核实"), ("referred",)),
    "drafted": (_("拟稿"), ("checked", "drafting")),
    "released": (_("签发"), ("review",)),
    "published": (_("发布"), ("released",)),
    "closed": (_("办结"), ("published",)),
}


@dataclass(frozen=True)
class Step:
    """`look` is done, now, late, passed (not needed this time) or "" (still to come).

    `on` is the step that is being worked on, late or not.
    """

    name: str
    look: str
    on: bool
    at: datetime | None
    due: datetime | None


def way_of(
    case: Case,
    referrals: Sequence[Referral],
    facts: Sequence[Fact],
    answers: Sequence[Answer],
    deadlines: Sequence[Deadline],
    now: datetime,
) -> list[Step]:
    """The steps of a case in order."""
    times = _times(case, referrals, facts, answers)
    dues = _dues(case, referrals, deadlines)
    order = list(STEPS)
    on = next((step for step, (_n, states) in STEPS.items() if case.state in states), "")
    reached = order.index(on) if on else len(order)
    way = []
    for place, (step, (name, _states)) in enumerate(STEPS.items()):
        at, due = times.get(step), dues.get(step)
        if place < reached:
            look = "done" if at else "passed"
        else:
            at = None  # an earlier round's time would say that it is done
            look = "late" if due and due < now else "now" if step == on else ""
        way.append(Step(name, look, step == on, at, None if at else due))
    return way


def _times(
    case: Case, referrals: Sequence[Referral], facts: Sequence[Fact], answers: Sequence[Answer]
) -> dict[str, datetime | None]:
    newest = answers[0] if answers else None
    return {
        "taken": case.opened_at,
        "asked": min((row.sent_at for row in referrals), default=None),
        "checked": max((fact.recorded_at for fact in facts), default=None),
        "drafted": newest.made_at if newest else None,
        "released": newest.released_at if newest else None,
        "published": newest.published_at if newest else None,
        "closed": case.closed_at,
    }


def _dues(
    case: Case, referrals: Sequence[Referral], deadlines: Sequence[Deadline]
) -> Mapping[str, datetime]:
    if not case.is_open:
        return {}
    stages = {row.stage: row.due_at for row in deadlines if row.met_at is None}
    dues = {"published": stages.get("first_answer"), "closed": stages.get("finish")}
    waiting = [row.due_at for row in referrals if row.state == Referral.State.SENT]
    dues["checked"] = min(waiting, default=None)
    return {step: due for step, due in dues.items() if due}
