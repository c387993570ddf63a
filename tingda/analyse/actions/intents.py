"""Learning from corrections of intents; kept only where the corrected voices are judged better."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tingda.analyse.models import Label, Sorting
from tingda.ledger.actions import record
from tingda.lib.cues import read
from tingda.lib.intents.judge import judged
from tingda.lib.intents.packed import pack
from tingda.lib.intents.taught import Taught, taught
from tingda.lib.topics.kinds import digest
from tingda.people.models import actor_name

ENOUGH = 10  # new labels after which it is worth learning again
MOST = 2_000  # labels learnt from, the newest
PARTS = 5
EVERY = timedelta(minutes=1)
_last: datetime | None = None  # when this process looked last; to look twice does no harm


class _Row(NamedTuple):
    title: str
    text: str
    intent: str


def learn_intents_due(*, now: datetime) -> int:
    """Once a minute: learn where enough is new; 1 if it was."""
    global _last
    if _last is not None and timedelta(0) <= now - _last < EVERY:
        return 0
    _last = now
    labels = Label.objects.filter(name=Label.Name.INTENT)
    learnt_at = Sorting.objects.values_list("intents_at", flat=True).first()
    new = labels.filter(at__gt=learnt_at) if learnt_at else labels
    if new.count() < ENOUGH:
        return 0
    learn_intents(now=now)
    return 1


def learn_intents(*, now: datetime) -> bool:
    """Learn from the labels there are; whether it is better, asked of each label by what the
    others teach. Where it is not, the shipped weights judge alone.
    """
    rows = _rows()
    kept = _right(rows, crossed=True) > _right(rows, crossed=False)
    values = {"intents": pack(taught(rows)) if kept else b"", "intents_at": now}
    Sorting.objects.update_or_create(pk=1, defaults=values)
    data = {"labels": len(rows), "kept": kept}
    record("intents.learnt", "model:intents", actor=actor_name(None), now=now, data=data)
    return kept


def _rows() -> list[_Row]:
    labels = Label.objects.filter(name=Label.Name.INTENT).order_by("-at", "-id")
    rows: dict[str, _Row] = {}  # of texts that say the same the newest label counts
    for title, text, intent in labels.values_list("voice__title", "voice__text", "value")[:MOST]:
        rows.setdefault(digest(title, text), _Row(title, text, intent))
    return list(rows.values())[::-1]


def _right(rows: Sequence[_Row], *, crossed: bool) -> int:
    """How many are judged as people said; crossed, by what the rows of the other parts teach."""
    right = 0
    for part in range(PARTS if crossed else 1):
        asked = rows[part::PARTS] if crossed else rows
        others = [row for number, row in enumerate(rows) if number % PARTS != part]
        by = taught(others) if crossed and others else None
        right += sum(_intent(row, by) == row.intent for row in asked)
    return right


def _intent(row: _Row, by: Taught | None) -> str:
    return judged(read(row.title, row.text), (row.title, row.text), by).name
