"""What the worker does for the record of cases: the pages of their voices are kept."""

from datetime import datetime

from tingda.cases.models import Case
from tingda.cases.rules import OPEN
from tingda.collect.actions.evidence import ask_for_evidence
from tingda.detect.models import Belonging, Gathering

BATCH = 500


class _Asked:
    """What this process has asked for: for the issue of each open case, the stamp of belonging
    up to which its voices are seen to. A new process looks through all of them once.
    """

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.state: tuple[int, frozenset[tuple[int, int]]] | None = None


_asked = _Asked()


def ask_due(*, now: datetime, limit: int = BATCH) -> int:
    """Ask for the evidence of voices that joined a case on hand since; how many.

    While nothing joins an issue and no case is opened it costs two short queries.
    """
    stamp = Gathering.objects.values_list("stamp", flat=True).get(pk=1)
    cases = _cases()
    state = (stamp, frozenset(cases.items()))
    if _asked.state == state:
        return 0
    done = _ask_alone(limit, now)
    _asked.seen = {issue: seen for issue, seen in _asked.seen.items() if issue in cases}
    for issue, case in cases.items():
        done += _ask_issue(issue, case, stamp, limit - done, now)
        if done >= limit:
            return done  # the rest in the next turn
    _asked.state = state
    return done


def _cases() -> dict[int, int]:
    """The issues that open cases are about, as they stand now, each with its newest case."""
    rows = Case.objects.filter(state__in=OPEN, issue__isnull=False).order_by("pk")
    found = rows.values_list("pk", "issue", "issue__merged_into")
    return {into or issue: case for case, issue, into in found if issue}


def _ask_alone(limit: int, now: datetime) -> int:
    """Cases about one voice."""
    rows = Case.objects.filter(state__in=OPEN, voice__isnull=False, voice__evidence=None)
    asked = 0
    for case in rows.order_by("pk")[:limit]:
        asked += ask_for_evidence([case.voice_id or 0], case.thread, now=now)
    return asked


def _ask_issue(issue: int, case: int, stamp: int, limit: int, now: datetime) -> int:
    rows = Belonging.objects.filter(issue=issue, stamp__gt=_asked.seen.get(issue, 0))
    voices = rows.filter(voice__evidence=None).values_list("pk", flat=True)[:limit]
    asked = ask_for_evidence(voices, f"case:{case}", now=now)
    if asked < limit:
        _asked.seen[issue] = stamp
    return asked
