"""Learning once a day from the office's own issues how issues go on."""

from datetime import datetime, timedelta

from tingda.detect.models import Foresight, Issue
from tingda.detect.queries.judging import histories
from tingda.lib.outlook import MOST_ISSUES, Outlook
from tingda.lib.outlook.kept import plain
from tingda.lib.outlook.methods import WEEK
from tingda.lib.refusal import Refused

EVERY, LOOK_EVERY = timedelta(days=1), timedelta(minutes=1)
FEWEST_MESSAGES = 2  # an issue of one message teaches nothing about how issues go on
_last: datetime | None = None  # when this process looked last; to look twice does no harm


def foresee_due(*, now: datetime) -> int:
    """Once a day: learn from the issues there are; 1 if it was tried."""
    global _last
    if _last is not None and timedelta(0) <= now - _last < LOOK_EVERY:
        return 0
    _last = now
    learnt_at = Foresight.objects.values_list("at", flat=True).first()
    if learnt_at and timedelta(0) <= now - learnt_at < EVERY:
        return 0
    learn_outlook(now=now)
    return 1


def learn_outlook(*, now: datetime) -> Foresight:
    """Learn from issues chosen evenly among all that are old enough, and keep it. No line of the
    ledger: nothing is decided by it."""
    rows = Issue.objects.exclude(state=Issue.State.MERGED).filter(
        messages__gte=FEWEST_MESSAGES, first_at__lt=now - timedelta(days=WEEK)
    )
    ids = list(rows.order_by("first_at", "id").values_list("pk", flat=True))
    step = max(len(ids) / MOST_ISSUES, 1.0)
    chosen = [ids[int(n * step)] for n in range(min(len(ids), MOST_ISSUES))]
    values: dict[str, object] = {"at": now, "lessons": {}, "refused": {}}
    try:
        known = histories(Issue.objects.filter(pk__in=chosen), now)
        values["lessons"] = plain(Outlook.learn(list(known.values())).lessons)
    except Refused as refusal:
        values["refused"] = {"message": refusal.message, "params": dict(refusal.params)}
    row, _created = Foresight.objects.update_or_create(pk=1, defaults=values)
    return row
