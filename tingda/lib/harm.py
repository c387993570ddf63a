"""Does a text tell that a child is harmed: which words say so."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from tingda.lib.text import fold

NEAR, NEAR_LATIN = 24, 60  # characters between a harm and a child
LONGEST = 20_000  # characters looked at
_CLAUSE = re.compile(r"[^，,。.！!？?；;：:、\n]+")
_SENTENCE = re.compile(r"[^。！!？?；;\n]+")


def harm_to_child(text: str) -> tuple[str, ...]:
    """The words that tell of harm to a child, in their order, each once, folded; () for none.

    A harm counts beside a child in the same sentence; a clause that tells of prevention, lessons
    or stories does not count. Meant to be shown to a person at once, not to decide anything.
    """
    lists = _lists()
    plain = lists["beside"].sub(_blank, fold(text[:LONGEST], squeeze=True).text)
    plain = _CLAUSE.sub(lambda clause: _kept(clause, lists["other"]), plain)
    found: list[tuple[int, str]] = []
    for sentence in _SENTENCE.finditer(plain):
        said, start = sentence.group(), sentence.start()
        found += [(start + hit.start(), hit.group()) for hit in lists["plain"].finditer(said)]
        children = list(lists["child"].finditer(said))
        for harm in lists["harm"].finditer(said):
            near = NEAR_LATIN if harm.group().isascii() else NEAR
            if any(_between(harm, child) <= near for child in children):
                found.append((start + harm.start(), harm.group()))
    return tuple(dict.fromkeys(word for _at, word in sorted(found)))


def _between(one: re.Match[str], other: re.Match[str]) -> int:
    return max(one.start() - other.end(), other.start() - one.end())


def _blank(place: re.Match[str]) -> str:
    return "\0" * len(place.group())


def _kept(clause: re.Match[str], other: re.Pattern[str]) -> str:
    return _blank(clause) if other.search(clause.group()) else clause.group()


@lru_cache(1)
def _lists() -> dict[str, re.Pattern[str]]:
    words = tomllib.loads(Path(__file__).with_name("harm.toml").read_text("utf-8"))
    return {name: re.compile("|".join(_patterns(of))) for name, of in words.items()}


def _patterns(words: list[str]) -> list[str]:
    """Longest first, so that what is found is as telling as it can be."""
    made = []
    for word in sorted(words, key=len, reverse=True):
        parts = (re.escape(fold(part).text) for part in word.split("…"))
        inner = r"[^,.!?;:、，。！？；\n\0]{1,10}?".join(parts)
        made.append(rf"(?<![a-z0-9]){inner}(?![a-z0-9])" if word[0].isascii() else inner)
    return made
