"""The values that go into sorting by topic, and those that come out."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tingda.lib.refusal import Refused
from tingda.lib.text import fold
from tingda.lib.words import mark as _

TITLE = "title"
TEXT = "text"

MOST_CHARACTERS = 20_000
"""A longer text is judged by its beginning."""

_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by a key that never changes, and what is known of it before anybody sorted."""

    key: str
    name: str
    description: str = ""
    keywords: tuple[str, ...] = ()


class Said(NamedTuple):
    """A text to be sorted; a plain string is a body without a title."""

    title: str
    body: str


class Example(NamedTuple):
    """A text and the key of the topic that a person confirmed for it."""

    title: str
    body: str
    topic: str


class Word(NamedTuple):
    """A word that spoke for the topic: where it stands in the original, and how much, 0 to 1.

    `field` is `title` or `text`. `share` is its part of all that spoke for the topic.
    """

    field: str
    start: int
    end: int
    text: str
    share: float


class Guess(NamedTuple):
    """A topic's key and the probability that it is right."""

    topic: str
    probability: float


@dataclass(frozen=True, slots=True)
class TopicJudgement:
    """What one text is about.

    `topic` is None where the model is not sure: nothing spoke for any topic, or `probability`,
    that of the likeliest, is under the threshold. `likeliest` is the guess all the same, None
    where nothing spoke at all. `second` is the next in line. `words` speak for the likeliest,
    the most telling first.
    """

    topic: str | None
    probability: float
    likeliest: str | None
    second: Guess | None
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is made. Kept in the model, so that it can be made again.

    `threshold`: the probability under which the model is not sure. `trust`: the weight of the
    topics' own words, as the exponent of their share of the evidence. `doubt`: evidence that
    topics have before a word is read, in Chinese words of two characters, divided by the root of
    their number. `restraint`: how much confirmed rows must insist, as the L2 penalty. `title`:
    how often a title counts. `most_terms`: words learnt. `folds`: parts in which the calibration
    is measured.
    """

    threshold: float = 0.5
    trust: float = 2.0
    doubt: float = 1.6
    restraint: float = 0.05
    title: int = 3
    most_terms: int = 40_000
    folds: int = 3


def as_said(text: Said | str) -> Said:
    return Said("", text) if isinstance(text, str) else text


def digest(title: str, body: str) -> str:
    """Equal for texts of the same letters; where a body is long, its title does not matter."""
    letters = _NOT_LETTERS.sub("", fold(body[:MOST_CHARACTERS]).text)
    if len(letters) < 40:
        letters = _NOT_LETTERS.sub("", fold(title[:MOST_CHARACTERS]).text) + letters
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()[:32]


def checked(topics: Sequence[Topic]) -> tuple[Topic, ...]:
    """The topics, if a text can be sorted by them. Refused: none, or a key given twice."""
    if not topics:
        raise Refused(_("主题表是空的，先添加主题"))
    keys = [topic.key for topic in topics]
    for key in keys:
        if keys.count(key) > 1:
            raise Refused(_("主题“%(topic)s”重复了"), topic=key)
    return tuple(topics)
