"""Rules to measure the speed of watches on: mixed shapes, each about something of its own.

A watch is about a place or a matter, so it seldom hits: most rules name one of 24,320 places.
The same seed gives the same rules, and the first hundred of a thousand are the hundred.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tingda.analyse.queries import built_in, built_in_lists
from tingda.evaluate.analyse_posts import (
    SITES,
    SOURCES,
    chinese_names,
    english_names,
    listed_names,
)
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import Rule


@dataclass(frozen=True, slots=True)
class _Words:
    rng: random.Random
    names: Sequence[str]
    listed: Sequence[str]
    english: Sequence[str]
    matters: Sequence[str]
    lists: Sequence[str]

    def name(self) -> str:
        return self.rng.choice(self.names)

    def matter(self) -> str:
        return self.rng.choice(self.matters)

    def bare(self) -> str:
        return next(word for word in iter(self.matter, "") if not word.startswith('"'))

    def one(self, of: Sequence[str]) -> str:
        return self.rng.choice(of)


_PREFIXES = ("overload", "leak", "flood", "complain", "electr", "break", "vomit", "smell")
_SHAPES: tuple[Callable[[_Words], str], ...] = (
    lambda of: of.name(),
    lambda of: f"{of.name()} {of.matter()}",
    lambda of: f"({of.name()} OR {of.name()}) ({of.matter()} OR {of.matter()}) -{of.matter()}",
    lambda of: f"{of.name()} NEAR/10 {of.matter()}",
    lambda of: f"({of.matter()} OR {of.matter()}) ONEAR/6 {of.name()}",
    lambda of: f'"{of.bare()} {of.name()}"~8',
    lambda of: f'"{of.one(of.english)}" {of.one(_PREFIXES)}*',
    lambda of: f"/{of.name()}.{{0,12}}({of.bare()}|{of.bare()})/",
    lambda of: f"@{of.one(of.lists)} {of.name()}",
    lambda of: f"place:{of.one(of.listed)} {of.matter()}",
    lambda of: f"title:{of.name()} likes:>{of.rng.randrange(50)}",
    lambda of: f"source:{of.one(SOURCES)} {of.name()} urgency:>=2",
    lambda of: f"site:{of.one(SITES)} ({of.matter()} OR @{of.one(of.lists)}) body:{of.name()}",
    lambda of: f"{of.matter()} {of.matter()} {of.matter()}",
    lambda of: f"{of.name()} -(转发 OR @{of.one(of.lists)})",
)


def rules(count: int, seed: int) -> dict[int, Rule]:
    """So many rules by number, every shape as often as the others."""
    rng = random.Random(seed)  # noqa: S311 - examples, no secrets
    matters = [word for topic in built_in()["topic"] for word in topic["keywords"]]
    plain = [f'"{word}"' if " " in word else word for word in matters]
    of = _Words(rng, chinese_names(), listed_names(), english_names(), plain, list(word_lists()))
    return {number: parse(_SHAPES[number % len(_SHAPES)](of)) for number in range(count)}


def word_lists() -> Mapping[str, Sequence[str]]:
    """The lists that the rules name: those an office starts with."""
    return {row["name"]: row["words"] for row in built_in_lists()}
