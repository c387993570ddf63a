"""How well voices are sorted by topic, on labelled rows of anybody's own."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np

from tingda.analyse.queries import built_in
from tingda.lib.refusal import Refused
from tingda.lib.tables import Row, open_table
from tingda.lib.topics.kinds import Example, Said, Settings, Topic, TopicJudgement, digest
from tingda.lib.topics.training import parts, train
from tingda.lib.topics.verdict import calibration_error, macro_f1
from tingda.lib.words import mark as _

FOLDS = 5
COLUMNS = ("id", "topic", "detail", "label")


class Report(TypedDict):
    """The result; shares are from 0 to 1."""

    macro_f1: float
    accuracy: float
    calibration_error: float
    abstained: float


def evaluate_topics(
    data: Path,
    train_on: Path | None = None,
    *,
    per_topic: int | None = None,
    settings: Settings | None = None,
) -> Report:
    """Sort every row of `data` and compare with its label.

    Tables as in the definitions of labels: `id,topic,time,detail,label`. With `train_on` the
    model learns from that file, but from no row that says the same as one of `data`; without it
    five-fold, repeats kept on one side. `per_topic` is how many rows of each topic it may learn
    from, 0 for none: then names, descriptions and keywords are all it knows.

    No row is left out: where the product says "not sure", its likeliest topic is compared all
    the same, and counts as right or wrong like any other in `macro_f1`, `accuracy` and
    `calibration_error` (ten bins of equal width); `abstained` is the share of such rows. A row in
    which nothing spoke for any topic counts as wrong. Refused: a table without its columns, a
    file without rows.
    """
    settings = settings or Settings()
    rows = examples(data)
    taught = examples(train_on) if train_on else []
    topics = [topic_of(label) for label in dict.fromkeys(row.topic for row in (*rows, *taught))]
    if train_on:
        known = {digest(row.title, row.body) for row in rows}
        fresh = [row for row in taught if digest(row.title, row.body) not in known]
        found = _judged(_few(fresh, per_topic), rows, topics, settings)
    else:
        found = _five_fold(rows, topics, settings, per_topic)
    right = [row.topic for row in rows]
    guesses = [judgement.likeliest for judgement in found]
    hits = [guess == label for guess, label in zip(guesses, right, strict=True)]
    return Report(
        macro_f1=round(macro_f1(guesses, right), 4),
        accuracy=round(float(np.mean(hits)), 4),
        calibration_error=round(calibration_error([f.probability for f in found], hits), 4),
        abstained=round(float(np.mean([judgement.topic is None for judgement in found])), 4),
    )


def examples(path: Path) -> list[Example]:
    """The labelled rows of a table. Refused: a column missing, a bad row, no rows."""
    table = open_table(path)
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise Refused(
            _("%(file)s 缺少这些列：%(columns)s"), file=path.name, columns="、".join(missing)
        )
    rows = []
    for row in table.rows():
        if not isinstance(row, Row):
            raise row.reason
        values = row.values
        if values["label"].strip():
            rows.append(Example(values["topic"], values["detail"], values["label"].strip()))
    if not rows:
        raise Refused(_("%(file)s 里没有带标签的行"), file=path.name)
    return rows


def topic_of(label: str) -> Topic:
    """What is known of a label before any row is seen: our own topics, groups and wide areas."""
    known = _known().get(label)
    if known is None:
        return Topic(label, label)
    return Topic(label, label, known.description, known.keywords)


@lru_cache(1)
def _known() -> Mapping[str, Topic]:
    known: dict[str, Topic] = {}
    groups: dict[str, list[Topic]] = defaultdict(list)
    for row in built_in()["topic"]:
        topic = Topic(row["code"], row["name"], row["description"], tuple(row["keywords"]))
        known |= {topic.key: topic, topic.name: topic}
        groups[row["group"]].append(topic)
    for name, members in groups.items():
        words = tuple(dict.fromkeys(word for topic in members for word in topic.keywords))
        described = " ".join(topic.description for topic in members)
        known.setdefault(name, Topic(name, name, described, words))
    return known | dict(_areas())


def _areas() -> Iterator[tuple[str, Topic]]:
    text = Path(__file__).with_name("areas.toml").read_text("utf-8")
    for row in tomllib.loads(text)["area"]:
        words = tuple(row["keywords"].split())
        for name in (row["name"], *row["also"]):
            yield name, Topic(name, name, row["description"], words)


def _five_fold(
    rows: Sequence[Example], topics: Sequence[Topic], settings: Settings, per_topic: int | None
) -> list[TopicJudgement]:
    part = np.array(parts(rows, FOLDS))
    found: dict[int, TopicJudgement] = {}
    for number in range(FOLDS):
        asked = np.flatnonzero(part == number).tolist()
        learnt = [rows[row] for row in np.flatnonzero(part != number).tolist()]
        judged = _judged(_few(learnt, per_topic), [rows[row] for row in asked], topics, settings)
        found |= dict(zip(asked, judged, strict=True))
    return [found[row] for row in range(len(rows))]


def _judged(
    learnt: Sequence[Example],
    asked: Sequence[Example],
    topics: Sequence[Topic],
    settings: Settings,
) -> list[TopicJudgement]:
    model = train(learnt, topics, settings=settings)
    return model.judge([Said(row.title, row.body) for row in asked], words=0)


def _few(rows: Sequence[Example], per_topic: int | None) -> list[Example]:
    """So many rows of each topic, in an order that their texts give."""
    if per_topic is None:
        return list(rows)
    kept: list[Example] = []
    seen: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: digest(row.title, row.body)):
        seen[row.topic] += 1
        if seen[row.topic] <= per_topic:
            kept.append(row)
    return kept
