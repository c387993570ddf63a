"""From topics and confirmed rows to a model."""

from collections.abc import Sequence

import numpy as np

from tingda.lib.topics.fit_here import Lesson, learn
from tingda.lib.topics.kinds import Example, Said, Settings, Topic, checked, digest
from tingda.lib.topics.model import Model, Taught
from tingda.lib.topics.terms import Vocabulary, cut

HELD_OUT_OF = 5
MOST_WEIGHTS = 1_200_000
"""Terms times topics; the process that learns keeps twenty numbers for each."""


def train(rows: Sequence[Example], topics: Sequence[Topic], *, settings: Settings) -> Model:
    """A model of these topics, taught by these rows as far as there are any.

    Of texts that say the same the last row counts; rows of topics that are no longer on the list
    are left out. Where rows of fewer than two topics remain there is nothing to tell apart, and
    the model goes by the topics' own words alone (`Model.rows` is 0). The same rows give the same
    model. Raises Refused for no topics, TrainingFailed when the process that learns fails.
    """
    topics = checked(topics)
    column = {topic.key: number for number, topic in enumerate(topics)}
    kept = {digest(row.title, row.body): row for row in rows if row.topic in column}
    cold = Model(topics, settings)
    if len({row.topic for row in kept.values()}) < 2:
        return cold
    texts = [cut(Said(row.title, row.body)) for row in kept.values()]
    topic = np.array([column[row.topic] for row in kept.values()], dtype=np.int64)
    most = min(settings.most_terms, MOST_WEIGHTS // len(topics))
    vocabulary = Vocabulary.of(texts, most=most)
    terms = vocabulary.weigh(vocabulary.find(texts), title=settings.title)
    lesson = Lesson(
        terms=terms,
        width=len(vocabulary),
        prior=cold.prior(texts),
        topic=topic,
        fold=np.array(parts(list(kept.values()), settings.folds)),
        restraint=settings.restraint,
    )
    learnt = learn(lesson)
    taught = Taught(vocabulary, learnt.weights, learnt.bias, learnt.temperature, len(texts))
    return Model(topics, settings, taught)


def hold_out(rows: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Rows to learn from, and a fifth never to be learnt from, by what they say.

    A row is on the same side whenever it is asked, and so are all that say the same: the model in
    use has not seen the rows that a new one is compared on.
    """
    sides: tuple[list[Example], list[Example]] = ([], [])
    for row in rows:
        sides[int(digest(row.title, row.body), 16) % HELD_OUT_OF == 0].append(row)
    return sides


def parts(rows: Sequence[Example], count: int) -> list[int]:
    """For each row the part it is held out in; rows that say the same are in the same.

    Every topic is dealt out evenly, in an order that the texts give.
    """
    digests = [digest(row.title, row.body) for row in rows]
    topic_of = {said: row.topic for said, row in zip(digests, rows, strict=True)}
    dealt = sorted(topic_of, key=lambda said: (topic_of[said], said))
    part_of = {said: number % count for number, said in enumerate(dealt)}
    return [part_of[said] for said in digests]
