"""How well the volume of issues is foreseen: error and band, beside the same days of last week.

Every day on which an issue was alive (something came in its last 14 days, and it is known for 7)
is one row for each horizon: foreseen from that day and those before it, held to what then came.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypedDict

import numpy as np

from tingda.evaluate.issues import stream_of, truth_of
from tingda.evaluate.outlook_issues import MEASURING, office
from tingda.lib.outlook import History, Outlook
from tingda.lib.outlook.learning import alive, look_ahead
from tingda.lib.outlook.methods import HORIZONS, Floats, tabulate, totals_ahead
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

EACH = 60  # issues of each simulated family; the office learns from as many others
_EVERY = 28  # days after which an office learns anew


class Errors(TypedDict):
    """Mean absolute error in counts."""

    ours: float
    naive: float


class Row(TypedDict):
    """Of one horizon. `scaled` is our error over the naive one; `coverage` the share of outcomes
    in the band, `one_lower` the share if its upper end were one count lower: bands end on whole
    counts, so where most outcomes are nought the truth of "80 %" lies between the two."""

    mae: Errors
    scaled: float
    coverage: float
    one_lower: float
    rows: int


Rows = dict[str, Row]


class Simulated(TypedDict):
    """`all` over every row; then each family of issues."""

    all: Rows
    families: dict[str, Rows]


class Report(TypedDict):
    """By horizon in days ("1", "3", "7"); `stream` is None where no stream was given."""

    stream: Rows | None
    simulated: Simulated


# came, naive, low, expected, high
_Outcomes = dict[int, list[Floats]]


def evaluate_outlook(
    stream: Path | None = None, truth: Path | None = None, seed: int = 1, each: int = EACH
) -> Report:
    """Simulate `each` issues of every family (three times as many bursts, which live shorter) to
    learn from and as many to judge; the stream is judged as it went by, each month with what was
    known before it. Tables as for `evaluate issues`. Refused: a stream without its truth, a table
    without its columns, too little history."""
    if (stream is None) != (truth is None):
        raise Refused(_("--stream 和 --truth 要一起给"))
    return Report(
        stream=_rows(_streamed(stream, truth)) if stream and truth else None,
        simulated=_simulated(seed, each),
    )


def _simulated(seed: int, each: int) -> Simulated:
    past, new = office(2 * seed, MEASURING, each), office(2 * seed + 1, MEASURING, each)
    outlook = Outlook.learn([history for family in past.values() for history in family])
    found = {family: _outcomes(outlook, histories) for family, histories in new.items()}
    every = {
        days: [part for family in found.values() for part in family[days]] for days in HORIZONS
    }
    return Simulated(
        all=_rows(every), families={family: _rows(rows) for family, rows in found.items()}
    )


def _streamed(stream: Path, truth: Path) -> _Outcomes:
    """Month by month: what is learnt before its first day is held to what comes from then on."""
    counts = _daily(stream, truth)
    first = min(min(days) for days in counts.values())
    last = max(max(days) for days in counts.values())
    found: _Outcomes = {days: [] for days in HORIZONS}
    start = first + timedelta(days=_EVERY)
    while start <= last:
        try:
            outlook = Outlook.learn(list(_histories(counts, start - timedelta(days=1))))
        except Refused:  # the office has not heard enough yet
            start += timedelta(days=_EVERY)
            continue
        # a week beyond the month, for what its last days foresaw
        end = min(last, start + timedelta(days=_EVERY - 1 + max(HORIZONS)))
        since = (end - start).days + 1
        for days, parts in _outcomes(outlook, list(_histories(counts, end)), since).items():
            found[days] += parts
        start += timedelta(days=_EVERY)
    if not any(found.values()):
        raise Refused(_("历史太短，量不出走势预计得准不准"))
    return found


def _daily(stream: Path, truth: Path) -> Mapping[str, Counter[date]]:
    issue_of = truth_of(truth)
    counts: dict[str, Counter[date]] = defaultdict(Counter)
    for said in stream_of(stream):
        if said.id in issue_of:
            counts[issue_of[said.id]][said.at.date()] += 1
    if not counts:
        raise Refused(_("--truth 里的编号在 --stream 里一个也没有"))
    return counts


def _histories(counts: Mapping[str, Counter[date]], last: date) -> Iterator[History]:
    for days in counts.values():
        first = min(days)
        if first <= last:
            span = range((last - first).days + 1)
            yield History(first, [days[first + timedelta(days=n)] for n in span])


def _outcomes(
    outlook: Outlook, histories: Sequence[History], since: int | None = None
) -> _Outcomes:
    """Of all days, or of a month that began `since` days before the end of the histories."""
    table = tabulate(histories)
    look, came, judged = (
        look_ahead(table, outlook.lessons),
        totals_ahead(table.counts),
        alive(table),
    )
    if since is not None:
        day = np.arange(since - table.counts.shape[1], since)
        judged = judged & (day >= 0) & (day < _EVERY)
    found: _Outcomes = {}
    for at, days in enumerate(HORIZONS):
        ok = judged & ~np.isnan(came[:, :, at])
        naive = look.said[:, :, at, 0][ok]
        found[days] = [np.vstack([came[:, :, at][ok], naive, look.band[:, :, at][ok].T])]
    return found


def _rows(found: _Outcomes) -> Rows:
    return {str(days): _row(np.concatenate(parts, axis=1)) for days, parts in found.items()}


def _row(outcomes: Floats) -> Row:
    came, naive, low, expected, high = outcomes
    rows = max(len(came), 1)
    ours, theirs = np.abs(expected - came).sum() / rows, np.abs(naive - came).sum() / rows
    return Row(
        mae=Errors(ours=round(float(ours), 4), naive=round(float(theirs), 4)),
        scaled=round(float(ours / theirs), 4) if theirs else 0.0,
        coverage=round(float(((low <= came) & (came <= high)).sum() / rows), 4),
        one_lower=round(float(((low <= came) & (came < high)).sum() / rows), 4),
        rows=len(came),
    )
