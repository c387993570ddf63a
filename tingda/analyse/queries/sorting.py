"""The topics as they are sorted by now: the model in use or, without one, the topics' own words."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache

from tingda.analyse.models import Lesson, Sorting, Topic
from tingda.lib.refusal import Refused
from tingda.lib.text import fold
from tingda.lib.topics import kinds
from tingda.lib.topics.model import Model
from tingda.lib.topics.packed import unpack

log = logging.getLogger(__name__)
SETTINGS = kinds.Settings()


@dataclass(frozen=True, slots=True)
class Sorter:
    """How topics are told now. `model` is None where the office has no topics.

    `ids` are topics by their codes. `lesson` is the number of the model in use, None where topics
    are told by their own words. `trouble` says why a model that is in use cannot be used.
    """

    model: Model | None
    ids: Mapping[str, int]
    names: Mapping[str, str]
    threshold: float
    lesson: int | None = None
    trouble: Refused | None = None


def sorter() -> Sorter:
    """For the topics in use; a model that cannot be read is as if there were none, and told."""
    rows = topics_in_use()
    ids = {row.code: row.pk for row in rows}
    names = {row.code: row.name for row in rows}
    threshold = threshold_now()
    if not rows:
        return Sorter(None, ids, names, threshold)
    topics = sortable(rows)
    used = Lesson.objects.filter(state=Lesson.State.USED).defer("packed").first()
    if used is None:
        return Sorter(_by_words(topics), ids, names, threshold)
    try:
        model = _unpacked(used.pk, used.at.isoformat(), topics)
    except Refused as trouble:
        log.warning("model %s cannot be used: %s", used.pk, trouble)
        return Sorter(_by_words(topics), ids, names, threshold, trouble=trouble)
    return Sorter(model, ids, names, threshold, lesson=used.pk)


def topics_in_use() -> list[Topic]:
    """In the order in which they were made."""
    return list(Topic.objects.filter(active=True).order_by("id"))


def sortable(rows: Sequence[Topic]) -> tuple[kinds.Topic, ...]:
    """Topics as the sorting knows them."""
    return tuple(
        kinds.Topic(row.code, row.name, row.description, tuple(row.words())) for row in rows
    )


def topics_digest(topics: Sequence[kinds.Topic]) -> str:
    """Another one (32 hex digits) whenever a topic came, went, or changed its words."""
    told = json.dumps([astuple(topic) for topic in topics], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def threshold_now() -> float:
    """The probability under which a topic is not sure, 0 to 1."""
    row = Sorting.objects.first()
    return row.threshold if row else SETTINGS.threshold


@lru_cache(2)
def _by_words(topics: tuple[kinds.Topic, ...]) -> Model:
    return Model(topics, SETTINGS)


@lru_cache(2)
def _unpacked(lesson: int, at: str, topics: tuple[kinds.Topic, ...]) -> Model:
    """Kept while its row and the topics stay as they are; a failure is not kept."""
    packed = Lesson.objects.filter(pk=lesson).values_list("packed", flat=True).get()
    return unpack(bytes(packed), topics)


def named_topics(rows: Sequence[Topic]) -> Callable[[str], Topic | None]:
    """Which topic a table means by a name: its own name, its code, or another name it was given."""
    named: dict[str, Topic] = {}
    for row in rows:
        for name in row.names():
            named.setdefault(same_name(name), row)
    return lambda told: named.get(same_name(told))


def same_name(name: str) -> str:
    """Equal for names that differ only in how they are written."""
    return fold(name, squeeze=True).text.strip()
