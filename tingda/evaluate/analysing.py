"""How fast a voice is read, stage by stage, on one core; and how fast the plain way would be."""

import cProfile
import gc
import random
import resource
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from time import process_time
from types import CodeType
from typing import NotRequired, TypedDict

from tingda.analyse.queries import MANY_WATCHES, SAMPLED, built_in
from tingda.evaluate.analyse_posts import listed_names, posts
from tingda.evaluate.analyse_rules import rules, word_lists
from tingda.lib.cues import read
from tingda.lib.gazetteer import Entry, Gazetteer
from tingda.lib.intents.judge import judged
from tingda.lib.places import find_places
from tingda.lib.repeats.index import Repeats
from tingda.lib.text import fold
from tingda.lib.topics.kinds import Example, Settings, Topic
from tingda.lib.topics.kinds import Said as Sorted
from tingda.lib.topics.model import Model
from tingda.lib.topics.training import train
from tingda.lib.urgency.judge import shipped
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import match, read_lists
from tingda.lib.watching.fold import Said, readable

STAGES = ("normalise", "matching", "repeats", "topic", "intent", "urgency", "place")
BATCH = 500
SEED = 1

TAUGHT_EACH = 10
"""Confirmed rows of each topic that the topics are learnt from."""

PLAIN_LEAST, PLAIN_MOST, PLAIN_TRIES = 10, 1_000, 200_000
"""Posts that the plain way is measured on: so many that rules are held against them so often."""

WARM = 3_000
"""Posts read before the clock runs: patterns are compiled, names of places known."""

PROFILED, TOP = 1_000, 12
"""Posts that are profiled, and the functions told of each stage."""

_KILOBYTES = 1024


class Report(TypedDict):
    """Posts a second of CPU time: of each of `STAGES`, of all in a row (`total`), and of one rule
    after another in place of `matching` (`plain_python`), which is measured on the first
    `plain_posts` posts alone. `peak_mb` is the highest memory of the process that read; `hits`
    how often a rule met a post. `profile`: of each stage the functions that took most.
    """

    stages: dict[str, int]
    total: int
    plain_python: float
    peak_mb: float
    posts: int
    rules: int
    hits: int
    plain_posts: int
    profile: NotRequired[dict[str, list[str]]]


Clock = Callable[[str], AbstractContextManager[object]]


class Office:
    """What an office has when it reads: watches, word lists, topics it taught, places."""

    def __init__(self, rule_count: int) -> None:
        self.lists = read_lists(word_lists())
        self.rules = rules(rule_count, SEED)
        # as the worker does: what is usually said is asked only for many watches
        sample = posts(SAMPLED, SEED + 1) if rule_count > MANY_WATCHES else ()
        self.engine = Engine(self.rules, self.lists, list(map(readable, sample)))
        self.repeats = Repeats()
        self.topics = _topics()
        self.gazetteer = Gazetteer(map(Entry, listed_names()))

    def read(self, batch: Sequence[Said], first: int, clock: Clock) -> int:
        """Read voices numbered from `first`; how often a rule met one."""
        with clock("normalise"):
            texts = list(map(readable, batch))
        with clock("matching"):
            found = self.engine.match_readable(texts)
        with clock("repeats"):
            list(self.repeats.meet_all((first + at, said.body) for at, said in enumerate(batch)))
        with clock("topic"):
            self.topics.judge([Sorted(said.title, said.body) for said in batch])
        with clock("intent"):
            readings = [read(said.title, said.body) for said in batch]
            originals = [(said.title, said.body) for said in batch]
            intents = list(map(judged, readings, originals))
        with clock("urgency"):
            list(map(shipped().weigh, readings, originals, intents))
        with clock("place"):
            for said in batch:
                for text in (said.title, said.body):
                    folded = fold(text, squeeze=True).text
                    find_places(folded)
                    self.gazetteer.find(folded)
        return sum(map(len, found))


def measure_analyse(post_count: int, rule_count: int, *, profile: bool = False) -> Report:
    """Read so many posts that we made, in batches as the worker does, with so many rules.

    Making the posts, the engine and the topics' model is not counted; the office is as a worker
    finds it that has run for a while.
    """
    gc.freeze()  # as the worker does
    office = Office(rule_count)
    warm, spent = dict.fromkeys(STAGES, 0.0), dict.fromkeys(STAGES, 0.0)
    _read_all(office, posts(min(post_count, WARM), SEED + 2), _timed(warm))
    office.repeats = Repeats()
    hits = _read_all(office, posts(post_count, SEED), _timed(spent))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES
    few = min(post_count, max(PLAIN_LEAST, min(PLAIN_MOST, PLAIN_TRIES // rule_count)))
    report = Report(
        stages={name: round(post_count / seconds) for name, seconds in spent.items()},
        total=round(post_count / sum(spent.values())),
        plain_python=round(few / _plain_seconds(office, few), 1),
        peak_mb=round(peak, 1),
        posts=post_count,
        rules=rule_count,
        hits=hits,
        plain_posts=few,
    )
    if profile:
        report["profile"] = _profiled(office, min(post_count, PROFILED))
    return report


def _read_all(office: Office, voices: Iterable[Said], clock: Clock) -> int:
    return sum(
        office.read(batch, number * BATCH, clock) for number, batch in enumerate(_batches(voices))
    )


def _batches(voices: Iterable[Said]) -> Iterator[list[Said]]:
    rest = iter(voices)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _timed(spent: dict[str, float]) -> Clock:
    @contextmanager
    def clock(stage: str) -> Iterator[None]:
        began = process_time()
        yield
        spent[stage] += process_time() - began

    return clock


def _plain_seconds(office: Office, count: int) -> float:
    """Each rule held against each text, one after another: no automaton, no candidates."""
    texts = list(map(readable, posts(count, SEED)))
    began = process_time()
    for text in texts:
        for rule in office.rules.values():
            match(rule, text, office.lists)
    return process_time() - began


def _profiled(office: Office, count: int) -> dict[str, list[str]]:
    """Of each stage the functions with the most time of their own: share, calls a post, name."""
    profiles = {stage: cProfile.Profile() for stage in STAGES}
    _read_all(office, posts(count, SEED + 3), lambda stage: profiles[stage])
    return {stage: list(_top(profile, count)) for stage, profile in profiles.items()}


def _top(profile: cProfile.Profile, count: int) -> Iterator[str]:
    rows = profile.getstats()
    whole = sum(row.inlinetime for row in rows) or 1.0
    for row in sorted(rows, key=lambda row: -row.inlinetime)[:TOP]:
        code = row.code
        name = code if isinstance(code, str) else f"{code.co_qualname} {_place(code)}"
        yield f"{row.inlinetime / whole:6.1%} {row.callcount / count:8.1f}× {name}"


def _place(code: CodeType) -> str:
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}"


def _topics() -> Model:
    """Our own topics, taught by posts into which words of a topic were put."""
    rows = built_in()["topic"]
    known = [
        Topic(row["code"], row["name"], row["description"], tuple(row["keywords"])) for row in rows
    ]
    rng = random.Random(SEED)  # noqa: S311 - examples, no secrets
    some = posts(TAUGHT_EACH * len(known), SEED + 4)
    taught = [
        Example(said.title, f"{said.body}{'，'.join(rng.choices(topic.keywords, k=3))}", topic.key)
        for topic, said in zip(known * TAUGHT_EACH, some, strict=True)
    ]
    return train(taught, known, settings=Settings(folds=2))
