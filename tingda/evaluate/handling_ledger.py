"""The ledger of a made-up office: about ten lines a case, whose chain holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from tingda.cases.models import Case
from tingda.ledger.actions import chained
from tingda.ledger.models import Line
from tingda.ledger.rules import Entry

LINES_A_CASE = 10
_APART = timedelta(hours=12)
_HANDLED = (
    "case.opened",
    "referral.sent",
    "fact.recorded",
    "referral.answered",
    "answer.drafted",
    "answer.written",
    "answer.submitted",
    "answer.released",
    "answer.published",
    "case.closed",
    "ladder.called",
)
_PUBLIC = {"case.opened", "referral.sent", "referral.answered", "answer.released", "case.closed"}
_WRITTEN = {  # how many of these lines a case on hand in this state has
    "taken": 1,
    "referred": 2,
    "checked": 4,
    "drafting": 6,
    "review": 7,
    "released": 8,
    "published": 9,
}
_DATA: Mapping[str, dict[str, object]] = {
    "fact.recorded": {"what": "现场看过，情况属实。", "by_whom": "现场负责人"},
    "answer.written": {"number": 1},
    "answer.released": {"sha256": "0" * 64},
    "case.closed": {"reason": "answered", "text": "已经办好，并告诉了反映人。"},
}


def lines_of(cases: Sequence[Case], now: datetime) -> Iterator[Line]:
    """The lines to add after those that are there, in the order of time."""
    last = Line.objects.order_by("-number").first()
    return chained(_entries(cases, last.number if last else 0, now), last)


def _entries(cases: Sequence[Case], number: int, now: datetime) -> Iterator[Entry]:
    for at, case, verb in _events(cases, now):
        number += 1
        yield Entry(
            number=number,
            at=at,
            verb=verb,
            subject=case.thread,
            thread=case.thread,
            actor=case.owner.name,
            public=verb in _PUBLIC,
            data=_DATA.get(verb) or {"unit": case.unit.name, "number": case.number},
        )


def _events(cases: Sequence[Case], now: datetime) -> list[tuple[datetime, Case, str]]:
    events = [
        (min(case.opened_at + _APART * step, now), case, verb)
        for case in cases
        for step, verb in enumerate(_verbs(case))
    ]
    return sorted(events, key=lambda one: one[0])


def _verbs(case: Case) -> Sequence[str]:
    more = LINES_A_CASE + (case.pk % 8 == 0)  # what cases on hand still lack
    return _HANDLED[: _WRITTEN.get(case.state, more)]
