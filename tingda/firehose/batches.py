"""The reading of the worker, over a stream of batches and without a database.

The shape is that of Spark's `mapInArrow` and `mapInPandas`: an iterator of batches in, an
iterator of batches out, so that the same function runs on a distributed engine.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

from tingda.analyse.rules import Reader, VoiceText


class Said(TypedDict):
    """One voice of a batch."""

    key: int
    title: str
    text: str


class Found(TypedDict):
    """What the reading found in it; `topic` is the key of the reader's topic or None."""

    key: int
    topic: str | None
    intent: str
    urgency: int
    places: list[str]
    danger: bool
    digest: str


def read_batches(batches: Iterable[Sequence[Said]], reader: Reader) -> Iterator[list[Found]]:
    """One batch of findings for each batch of voices, in the same order."""
    for batch in batches:
        texts = [VoiceText(row["key"], row["title"], row["text"], "") for row in batch]
        yield [
            Found(
                key=found.key,
                topic=found.topic,
                intent=found.intent,
                urgency=found.urgency,
                places=list(found.places),
                danger=bool(found.danger),
                digest=found.digest,
            )
            for found in reader.read(texts)
        ]
