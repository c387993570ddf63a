"""How fast voices join issues, with few and with many issues that they could join, on one core."""

import random
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import process_time
from typing import TypedDict

from tingda.detect.rules import Grouper, Item, Settings

LIVE = (1_000, 5_000, 20_000)
SEED = 1
VOCABULARY = 30_000
WORDS = 25  # different words of a voice, about as many as a message to an office has
OWN = 8  # of them, those that all voices of an issue choose from
BATCH = 500
NEW = 0.2  # share of voices that begin an issue
START = datetime(2026, 1, 1, tzinfo=UTC)
_KILOBYTES = 1024


class Report(TypedDict):
    """Voices placed a second of CPU time, by how many issues were live; the highest memory."""

    placed_per_s: dict[str, int]
    memory_mb: float


def measure_detect(voices: int) -> Report:
    """Made-up issues, each with words and a place of its own among words as frequent as words are;
    `voices` more are placed while the clock runs, at each number of live issues."""
    placed: dict[str, int] = {}
    for live in LIVE:
        chance = random.Random(SEED)  # noqa: S311 - made-up words
        grouper = Grouper(Settings(most_live=live))
        first = [_voice(issue, issue, chance) for issue in range(live)]
        grouper.load(first, range(1, live + 1))
        waiting = _voices(live, chance)
        spent = 0.0
        for _ in range(-(-voices // BATCH)):
            batch = list(islice(waiting, BATCH))
            began = process_time()
            grouper.place(batch)
            spent += process_time() - began
        placed[str(live)] = round(-(-voices // BATCH) * BATCH / spent)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES
    return Report(placed_per_s=placed, memory_mb=round(peak, 1))


def _voices(live: int, chance: random.Random) -> Iterator[Item]:
    begun, key = live, live
    while True:
        key += 1
        is_new = chance.random() < NEW
        begun += is_new
        yield _voice(begun if is_new else chance.randrange(begun), key, chance)


def _voice(issue: int, key: int, chance: random.Random) -> Item:
    """A voice of an issue: some of the issue's words, and words of everybody."""
    own = [f"w{(issue * 7_919 + n * 104_729) % VOCABULARY}" for n in range(2 * OWN)]
    common = [f"w{int(VOCABULARY * chance.random() ** 4)}" for _ in range(WORDS - OWN)]
    terms = (*chance.sample(own, OWN), *common, f"#estate{issue}")
    digest = f"{chance.getrandbits(256):064x}"
    said_at = START + timedelta(minutes=key)
    return Item(key, terms, (f"#estate{issue}",), digest, said_at)
