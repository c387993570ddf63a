"""What is said on pages about evidence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from tingda.collect.models import Evidence, Voice

MOST = 5


def evidence_words(voice: Voice) -> Mapping[str, object]:
    """For the page of a voice: its evidence, and why there is no page where there is none."""
    row = getattr(voice, "evidence", None)
    return {"evidence": row, "evidence_note": _note(row) if row else ""}


@dataclass(frozen=True)
class KeptFor:
    """For the page of a case: how many of each state, and the newest with their notes."""

    kept: int
    words: int
    due: int
    newest: Sequence[tuple[Evidence, str]]


def kept_for(rows: "QuerySet[Evidence]") -> KeptFor | None:
    """None where nothing was asked for."""
    ordered = rows.annotate(waits=Q(state=Evidence.State.DUE)).order_by("waits", "-kept_at", "-pk")
    first = list(ordered[: MOST + 1])
    if not first:
        return None
    counts: Mapping[str, int] = Counter(row.state for row in first)
    if len(first) > MOST:  # there may be more
        counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    shown = [(row, _note(row)) for row in first[:MOST] if row.state != Evidence.State.DUE]
    return KeptFor(counts.get("kept", 0), counts.get("words", 0), counts.get("due", 0), shown)


def _note(row: Evidence) -> str:
    return gettext(row.note) % row.note_params if row.note else ""
