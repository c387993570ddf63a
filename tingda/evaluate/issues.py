"""How well voices are grouped into issues, by the same reading and grouping the worker does."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from tingda.analyse.rules import Judgement, Reader, VoiceText, comparable
from tingda.detect.rules import Item
from tingda.evaluate.issues_grouped import group_stream, moved_by_restart, twins_merged
from tingda.lib.dates import parse_when
from tingda.lib.headline import headline
from tingda.lib.refusal import Refused
from tingda.lib.repeats import Repeats
from tingda.lib.tables import Row, open_table
from tingda.lib.words import mark as _

BATCH = 500
LARGEST = 20
LONGEST_NEAR = 5_000  # characters; longer texts repeat only word for word, as in the worker
TITLED_BY = 50  # voices of a group that its title is chosen from
# Columns of a collection of short posts, one file for stream and truth, that name no author.
ALSO = {"tweet_id": "id", "time_utc": "time", "text": "detail", "event": "issue"}
LEFT_OUT = {"author": "", "topic": ""}
ZONE = ZoneInfo("Asia/Shanghai")
LATER = datetime(2100, 1, 1, tzinfo=ZONE)  # a set of examples may be of any year


class Scores(TypedDict):
    """B-cubed precision and recall, and their harmonic mean."""

    precision: float
    recall: float
    f1: float


class Group(TypedDict):
    """One of the largest groups: voices, distinct authors, a title from its own words, a place.

    `issue` is what the truth says of most of its listed rows, `listed` how many rows the truth
    lists under that: 1 is noise, what only one voice was about. Empty and 0 where it lists none.
    """

    size: int
    people: int
    title: str
    place: str
    issue: str
    listed: int


class Report(TypedDict):
    """The result: `groups` and `truth_groups` are counted over the rows that the truth lists, and
    `groups_beyond` is by what part of the truth's there are more (or fewer).

    With twins: how many of their pairs have most of their voices in one group; the share of
    voices whose issue was renumbered, on the average day; the share of voices of the second half
    that go elsewhere when the engine was restarted after the first.
    """

    bcubed: Scores
    groups: int
    truth_groups: int
    groups_beyond: float
    largest: list[Group]
    twins_merged: NotRequired[int]
    churn_a_day: NotRequired[float]
    moved_by_restart: NotRequired[float]


@dataclass(frozen=True, slots=True)
class Said:
    """One row of a stream."""

    id: str
    author: str
    title: str
    text: str
    at: datetime


def bcubed(found: Mapping[str, int], truth: Mapping[str, str]) -> Scores:
    """How pure and how whole the groups are, averaged over the rows of `truth`.

    For each row, precision is the share of its group that is of its issue, recall the share of
    its issue that is in its group (Bagga & Baldwin 1998; Amigó et al. 2009). Rows must be in both.
    """
    groups = Counter(found[row] for row in truth)
    issues = Counter(truth.values())
    both = Counter((found[row], issue) for row, issue in truth.items())
    rows = len(truth) or 1
    precision = sum(n * n / groups[group] for (group, _issue), n in both.items()) / rows
    recall = sum(n * n / issues[issue] for (_group, issue), n in both.items()) / rows
    f1 = 2 * precision * recall / (precision + recall) if both else 0.0
    return Scores(precision=round(precision, 4), recall=round(recall, 4), f1=round(f1, 4))


def evaluate_issues(
    stream: Path,
    truth: Path,
    on_progress: Callable[[int, int], None] | None = None,
    twins: Path | None = None,
) -> Report:
    """Group the whole stream in order of time; judge over the rows that the truth lists.

    Tables as in the definitions of labels: `id,author,topic,time,detail,…` and `id,issue`. Of two
    rows with one id the first counts; truth about rows that are not in the stream is left out.
    `on_progress(done, of)` is called after each batch. `twins` is a table `one,other` of issues
    that are never to be merged. Refused: a table without its columns, a row
    without a readable time.
    """
    said = stream_of(stream)
    judged, items = read_stream(said, on_progress)
    issue_of, renumbered = group_stream(items)
    listed = {said[key].id: key for key in issue_of}
    meant = {row: issue for row, issue in truth_of(truth).items() if row in listed}
    found = {said[key].id: issue for key, issue in issue_of.items()}
    groups, truth_groups = len({found[row] for row in meant}), len(set(meant.values()))
    report = Report(
        bcubed=bcubed(found, meant),
        groups=groups,
        truth_groups=truth_groups,
        groups_beyond=round(groups / max(1, truth_groups) - 1, 3),
        largest=_largest(said, judged, found, meant),
    )
    if twins is not None:
        report["twins_merged"] = len(twins_merged(found, meant, pairs_of(twins)))
        report["churn_a_day"] = renumbered
        report["moved_by_restart"] = moved_by_restart(items)
    return report


def read_stream(
    said: Sequence["Said"], on_progress: Callable[[int, int], None] | None = None
) -> tuple[list[Judgement], list[Item]]:
    """What the worker would know of each voice; the keys are their places in the stream."""
    judged: list[Judgement] = []
    items: list[Item] = []
    reader, first = Reader(), _First()
    for start in range(0, len(said), BATCH):
        batch = said[start : start + BATCH]
        texts = [VoiceText(start + n, row.title, row.text) for n, row in enumerate(batch)]
        judged += reader.read(texts)
        items += [
            _item(found, said[found.key].at, first.digest(found, text))
            for found, text in zip(judged[start:], texts, strict=True)
        ]
        if on_progress:
            on_progress(start + len(batch), len(said))
    return judged, items


class _First:
    """Who said it first, as the worker keeps it: a near repeat takes the digest of the first."""

    def __init__(self) -> None:
        self._near = Repeats()
        self._of: dict[str, str] = {}  # a digest, and that of the first in nearly these words
        self._digests: dict[int, str] = {}

    def digest(self, found: Judgement, text: VoiceText) -> str:
        """Of the words that this voice repeats, or of its own."""
        if not found.digest or found.digest in self._of:
            return self._of.get(found.digest, "")
        said = comparable(text.title, text.body)
        near = self._near.meet(found.key, said) if len(said) <= LONGEST_NEAR else None
        first = self._digests[near.key] if near else found.digest
        self._of[found.digest] = self._digests[found.key] = first
        return first


def _item(found: Judgement, at: datetime, digest: str) -> Item:
    return Item(found.key, found.terms, found.places, digest, at)


def _values(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    table = open_table(path)
    ours = {ALSO.get(column, column) for column in table.columns}
    ours |= LEFT_OUT.keys() if ALSO.keys() & set(table.columns) else set()
    missing = [column for column in needed if column not in ours]
    if missing:
        raise Refused(
            _("%(file)s 缺少这些列：%(columns)s"), file=path.name, columns="、".join(missing)
        )
    for row in table.rows():
        if not isinstance(row, Row):
            raise row.reason
        named = {ALSO.get(column, column): value for column, value in row.values.items()}
        yield LEFT_OUT | named if ALSO.keys() & row.values.keys() else named


def stream_of(path: Path) -> list[Said]:
    """The voices in the order in which they were said."""
    rows: dict[str, Said] = {}
    for values in _values(path, ("id", "author", "topic", "time", "detail")):
        at = parse_when(values["time"], now=LATER, zone=ZONE).at
        row = Said(values["id"], values["author"], values["topic"], values["detail"], at)
        rows.setdefault(row.id, row)
    return sorted(rows.values(), key=lambda row: row.at)


def truth_of(path: Path) -> dict[str, str]:
    """The issue of each voice that the table `id,issue` lists."""
    return {values["id"]: values["issue"] for values in _values(path, ("id", "issue"))}


def pairs_of(path: Path) -> list[tuple[str, str]]:
    """The pairs of issues of the table `one,other`."""
    return [(values["one"], values["other"]) for values in _values(path, ("one", "other"))]


def _largest(
    said: Sequence[Said],
    judged: Sequence[Judgement],
    issue_of: Mapping[str, int],
    truth: Mapping[str, str],
) -> list[Group]:
    """The groups of the whole stream with most people; who gave no name counts as one each."""
    listed = Counter(truth.values())
    groups: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(said):
        groups[issue_of[row.id]].append(number)

    def people(members: list[int]) -> int:
        return len({said[number].author or number for number in members})

    def group(members: list[int]) -> Group:
        texts = [(said[n].title, said[n].text, judged[n].terms) for n in members[:TITLED_BY]]
        places = Counter(judged[n].place for n in members if judged[n].place)
        place = places.most_common(1)[0][0] if places else ""
        issues = Counter(truth[said[n].id] for n in members if said[n].id in truth)
        issue = issues.most_common(1)[0][0] if issues else ""
        return Group(
            size=len(members),
            people=people(members),
            title=headline(texts, place),
            place=place,
            issue=issue,
            listed=listed[issue],
        )

    first = sorted(groups.values(), key=lambda members: (-people(members), members[0]))
    return [group(members) for members in first[:LARGEST]]
