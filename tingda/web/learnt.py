"""What the library of past cases holds of the topic that somebody has before them."""

from dataclasses import dataclass

from tingda.analyse.models import Topic
from tingda.answers.queries.lookbacks import past_cases
from tingda.cases.models import Case
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.people.models import Person

MOST = 3


@dataclass(frozen=True)
class Learnt:
    """The newest closed cases of a topic."""

    topic: Topic
    rows: list[Case]


def topic_of(about: Issue | Voice) -> Topic | None:
    """What an issue or a single voice is about."""
    if isinstance(about, Issue):
        return about.topic
    reading = getattr(about, "reading", None)
    return reading.topic if reading else None


def learnt(about: Issue | Voice, person: Person) -> Learnt | None:
    """None where nobody has said yet what it is about, or nothing of the topic was closed."""
    topic = topic_of(about)
    if topic is None:
        return None
    rows = list(past_cases(person, topic=topic.pk).select_related("unit")[:MOST])
    return Learnt(topic, rows) if rows else None
