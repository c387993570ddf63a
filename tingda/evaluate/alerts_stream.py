"""How early planted issues are found in a stream of real voices, by the reading the worker does."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tingda.analyse.rules import Reader, VoiceText
from tingda.detect.rules import Grouper, Item
from tingda.evaluate.alerts import METHODS, at_same_rate
from tingda.evaluate.alerts_methods import OTHERS, score, with_people
from tingda.lib.dates import parse_when
from tingda.lib.refusal import Refused
from tingda.lib.rising.office import Office
from tingda.lib.rising.scoring import scores_of
from tingda.lib.rising.table import SPAN, Table, kinds_of
from tingda.lib.rising.values import FEWEST_PEOPLE, WINDOWS
from tingda.lib.tables import Row, open_table
from tingda.lib.words import mark as _

ZONE = ZoneInfo("Asia/Shanghai")
LATER = datetime(2100, 1, 1, tzinfo=ZONE)  # a stream may be of any year
PER_WEEK = 2.0
BATCH = 500
LEARNT_EVERY = 28  # days
BEFORE = 28  # empty days before the first voice, for those who look back
DAYS = 3
LONGEST = 3_660
_WEEK = WINDOWS[-1]


class Report(TypedDict):
    """`nominal` and `actual` are rates of an issue that is live and a day.

    Every alarm on an issue that the truth does not list counts as false, though some of these may
    have grown in truth. `planted` issues are those that reached three people within seven days;
    that day is day 1, and an alarm before it counts too. `too_small` never did.
    """

    nominal: float
    actual: dict[str, float]
    found_by_day: dict[str, list[float]]
    per_week: float
    actual_per_week: float
    planted: int
    too_small: int
    issues: int
    days: int


@dataclass(frozen=True, slots=True)
class _Said:
    id: str
    author: str
    title: str
    text: str
    at: datetime


def evaluate_alerts_in(stream: Path, truth: Path, per_week: float = PER_WEEK) -> Report:
    """Group a stream, then watch it day by day with `per_week` false alarms allowed.

    Tables as in the definitions of labels: `id,author,topic,time,detail,…` and `id,issue`. What
    is usual is learnt anew every four weeks from the 90 days before. Refused: a table without its
    columns, a row without a readable time, a stream of more than ten years.
    """
    said = _stream(stream)
    issue_of = _grouped(said)
    table = _table(said, issue_of)
    ours, live, rate = _watch(table, per_week)
    planted, too_small = _planted(said, issue_of, _truth(truth))
    listed = {number for number, _first, _day in planted}
    listed |= {issue_of[n] for n, row in enumerate(said) if row.id in _truth(truth)}
    quiet = live.copy()
    quiet[sorted(listed)] = False
    false = float(ours[quiet].mean()) if quiet.any() else 0.0
    alarms = {"ours": ours} | {
        method: _other(method, table, quiet, false) & live for method in OTHERS
    }
    weeks = (table.days - BEFORE) / _WEEK
    return Report(
        nominal=round(rate, 7),
        actual={m: round(float(alarms[m][quiet].mean()), 7) for m in METHODS},
        found_by_day={method: _found(alarms[method], planted) for method in METHODS},
        per_week=per_week,
        actual_per_week=round(float(ours[quiet].sum() / weeks), 2),
        planted=len(planted),
        too_small=too_small,
        issues=len(table.born),
        days=table.days - BEFORE,
    )


# ---- the tables ----
def _values(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    table = open_table(path)
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise Refused(
            _("%(file)s 缺少这些列：%(columns)s"), file=path.name, columns="、".join(missing)
        )
    for row in table.rows():
        if not isinstance(row, Row):
            raise row.reason
        yield row.values


def _stream(path: Path) -> list[_Said]:
    """The voices in the order in which they were said; of two with one id the first."""
    rows: dict[str, _Said] = {}
    for values in _values(path, ("id", "author", "topic", "time", "detail")):
        at = parse_when(values["time"], now=LATER, zone=ZONE).at
        row = _Said(values["id"], values["author"], values["topic"], values["detail"], at)
        rows.setdefault(row.id, row)
    if not rows:
        raise Refused(_("%(file)s 里一条声音也没有"), file=path.name)
    said = sorted(rows.values(), key=lambda row: row.at)
    if (said[-1].at - said[0].at).days > LONGEST:
        raise Refused(_("%(file)s 前后超过十年"), file=path.name)
    return said


def _truth(path: Path) -> dict[str, str]:
    return {values["id"]: values["issue"] for values in _values(path, ("id", "issue"))}


def _grouped(said: Sequence[_Said]) -> list[int]:
    """The issue of each voice, numbered from 0 in the order in which issues begin."""
    reader, grouper = Reader(), Grouper()
    found: list[int] = []
    for start in range(0, len(said), BATCH):
        batch = said[start : start + BATCH]
        judged = reader.read(
            [VoiceText(start + n, row.title, row.text) for n, row in enumerate(batch)]
        )
        items = [Item(j.key, j.terms, j.places, j.digest, said[j.key].at) for j in judged]
        found += [placed.issue for placed in grouper.place(items)]
    numbers = {issue: number for number, issue in enumerate(dict.fromkeys(found))}
    return [numbers[issue] for issue in found]


def _day(row: _Said) -> date:
    return row.at.astimezone(ZONE).date()


def _person(said: Sequence[_Said], number: int) -> str:
    """Who gave no name counts as one each."""
    return said[number].author or f"\0{number}"


def _table(said: Sequence[_Said], issue_of: Sequence[int]) -> Table:
    start, end = _day(said[0]), _day(said[-1])
    first = date.fromordinal(start.toordinal() - BEFORE)
    days = [date.fromordinal(first.toordinal() + n) for n in range((end - first).days + 1)]
    people: Mapping[tuple[int, int], set[str]] = defaultdict(set)
    for number, row in enumerate(said):
        people[issue_of[number], (_day(row) - first).days].add(_person(said, number))
    counts = np.zeros((max(issue_of) + 1, len(days)), dtype=np.int32)
    for (issue, day), who in people.items():
        counts[issue, day] = len(who)
    born = (counts > 0).argmax(axis=1).astype(np.int32)
    return Table(counts, born, kinds_of(days, {}))


# ---- watching ----
def _watch(table: Table, per_week: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Alarms and what was live, issue by day; and the mean rate that was allowed."""
    alarms = np.zeros(table.counts.shape, dtype=np.bool_)
    live, rates = alarms.copy(), list[float]()
    for begin in range(BEFORE, table.days, LEARNT_EVERY):
        start, end = max(begin - SPAN, 0), min(begin + LEARNT_EVERY, table.days)
        rows = np.flatnonzero(table.counts[:, start:end].any(axis=1) & (table.born < end))
        part = Table(
            table.counts[rows, start:end], table.born[rows] - start, table.kinds[start:end]
        )
        known = part.born < begin - start
        past = Table(
            part.counts[known, : begin - start], part.born[known], part.kinds[: begin - start]
        )
        office = Office.learn_table(past, np.zeros(int(known.sum()), dtype=np.bool_))
        judged = range(begin - start, end - start)
        for day, scores in zip(judged, scores_of(part, office.usual, judged), strict=True):
            here = scores.age >= 0
            rate = office.rate(scores, per_week)
            alarms[rows, start + day] = (scores.score >= office.curve.needed(scores, rate)) & here
            live[rows, start + day] = here
            rates.append(per_week / _WEEK / max(int(here.sum()), 1))
    return alarms, live, float(np.mean(rates))


def _other(method: str, table: Table, quiet: NDArray[np.bool_], rate: float) -> NDArray[np.bool_]:
    scores = np.full(table.counts.shape, -np.inf)
    for day in range(BEFORE, table.days):
        scores[:, day] = with_people(score(method, table.counts, day), table.counts, day)
    return at_same_rate(scores, quiet, rate)


def _planted(
    said: Sequence[_Said], issue_of: Sequence[int], truth: Mapping[str, str]
) -> tuple[list[tuple[int, int, int]], int]:
    """For each issue of the truth the group that holds most of it, its first day and its day 1."""
    start = _day(said[0])
    rows: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(said):
        if row.id in truth:
            rows[truth[row.id]].append(number)
    planted, too_small = [], 0
    for members in rows.values():
        days = [(_day(said[n]) - start).days + BEFORE for n in members]
        enough = [
            day
            for day in sorted(set(days))
            if len({_person(said, n) for n, on in zip(members, days, strict=True)
                    if day - _WEEK < on <= day}) >= FEWEST_PEOPLE
        ]  # fmt: skip
        if enough:
            group = Counter(issue_of[n] for n in members).most_common(1)[0][0]
            planted.append((group, enough[0] - _WEEK + 1, enough[0]))
        else:
            too_small += 1
    return planted, too_small


def _found(alarms: NDArray[np.bool_], planted: Sequence[tuple[int, int, int]]) -> list[float]:
    shares = []
    for day in range(DAYS):
        hits = [alarms[group, first : one + day + 1].any() for group, first, one in planted]
        shares.append(round(float(np.mean(hits)) if hits else 0.0, 4))
    return shares
