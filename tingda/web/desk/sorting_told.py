"""The measures of models as the sorting page tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tingda.analyse.models import Lesson, Topic
from tingda.collect.models import Voice
from tingda.collect.queries import voices_for
from tingda.lib.refusal import Refused
from tingda.lib.topics.verdict import FEWEST_ROWS
from tingda.people.models import Person
from tingda.web.templatetags.tingda import named
from tingda.web.words import said

STEPS = (30, 50, 70, 80, 90)


@dataclass(frozen=True)
class Bar:
    """A topic, how many it has, and that as a percentage of the most."""

    name: str
    count: int
    share: int


@dataclass(frozen=True)
class Share:
    """So many right of so many, and in percent."""

    right: int
    percent: int


@dataclass(frozen=True)
class OfTopic:
    """How many held-out voices of a topic each way sorted right."""

    name: str
    rows: int
    new: Share
    old: Share


@dataclass(frozen=True)
class Otherwise:
    """A voice that the model sorts otherwise than a person or a table did."""

    voice: Voice
    told: str
    found: str


@dataclass(frozen=True)
class Told:
    """One model as the page tells it."""

    lesson: Lesson
    rows: int
    new: Share
    old: Share
    topics: list[OfTopic]
    otherwise: list[Otherwise]
    trouble: str

    @property
    def few(self) -> bool:
        """Whether there were too few rows to tell anything."""
        return self.lesson.state == Lesson.State.WORSE and self.rows < FEWEST_ROWS

    @property
    def may_be_used(self) -> bool:
        """Whether there is a button to switch it on."""
        return self.lesson.state not in (Lesson.State.USED, Lesson.State.FAILED)


@dataclass(frozen=True)
class Sure:
    """What a threshold means: of 100 voices so many are asked about, so many of the rest right."""

    percent: int
    asked: int
    right: int | None
    now: bool


def bars(rows: Sequence[tuple[Topic | str, int]]) -> list[Bar]:
    """Bars as long as their counts; the first is the most."""
    most = max((count for _topic, count in rows), default=1)
    return [Bar(_name(topic), count, round(count * 100 / most)) for topic, count in rows]


def _name(topic: Topic | str) -> str:
    return named(topic) if isinstance(topic, Topic) else topic


def _share(right: int, rows: int) -> Share:
    return Share(right, round(right * 100 / rows) if rows else 0)


def told(rows: Sequence[Lesson], topics: Sequence[Topic], person: Person) -> list[Told]:
    """All models, with the voices that each sorted otherwise than people."""
    names = {topic.code: named(topic) for topic in topics}
    ids = {one[0] for row in rows for one in row.measures.get("wrong", ())}
    voices = voices_for(person).in_bulk(ids) if ids else {}
    return [_told(row, names, voices) for row in rows]


def _told(lesson: Lesson, names: Mapping[str, str], voices: Mapping[int, Voice]) -> Told:
    measures: dict[str, Any] = lesson.measures
    topics = [
        OfTopic(names.get(code, code), rows, _share(new, rows), _share(old, rows))
        for code, (rows, new, old) in measures.get("topics", {}).items()
    ]
    total = measures.get("rows", 0)
    return Told(
        lesson=lesson,
        rows=total,
        new=_share(sum(topic.new.right for topic in topics), total),
        old=_share(sum(topic.old.right for topic in topics), total),
        topics=sorted(topics, key=lambda topic: (-topic.rows, topic.name)),
        otherwise=[
            Otherwise(
                voices[voice], names.get(code, code), names.get(found, found) if found else ""
            )
            for voice, code, found in measures.get("wrong", ())
            if voice in voices
        ],
        trouble=_trouble(measures),
    )


def _trouble(measures: Mapping[str, Any]) -> str:
    reason = measures.get("reason")
    return said(Refused(reason, **measures.get("params", {}))) if reason else ""


def surenesses(lesson: Lesson, now: int) -> list[Sure]:
    """What thresholds mean on the held-out voices of this model, `now` among them."""
    bins: list[list[int]] = lesson.measures["sure"]
    return [_sure(bins, percent, now) for percent in sorted({*STEPS, now})]


def _sure(bins: Sequence[Sequence[int]], percent: int, now: int) -> Sure:
    total = sum(rows for _at, rows, _right in bins)
    kept = sum(rows for at, rows, _right in bins if at >= percent)
    right = sum(right for at, _rows, right in bins if at >= percent)
    asked = round((total - kept) * 100 / total)
    return Sure(percent, asked, round(right * 100 / kept) if kept else None, percent == now)
