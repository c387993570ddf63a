"""What people call the same trouble, in other words and in English (`matters.toml`)."""

import re
import tomllib
from pathlib import Path

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

_HAN = re.compile("[\u4e00-\u9fff]")
_LATIN_EDGE = re.compile("[a-z0-9]")


def _parsed(*lines: str) -> dict[str, str]:
    """Every writing, and the word that stands for it; of two lines that have one the first wins."""
    found: dict[str, str] = {}
    for line in lines:
        words = line.split(" ")
        chinese = [word for word in words if _HAN.search(word)]
        english = " ".join(words[len(chinese) :]).split("|")
        for writing in filter(None, (*chinese, *english)):
            found.setdefault(writing, words[0])
    return found


_lines = {
    name: text.strip().splitlines()
    for name, text in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
}
_MEANT = _parsed(*_lines["same"], *_lines["purpose"])
MATTERS = frozenset(_MEANT.values())
"""The words that stand for matters and purposes."""

PURPOSES = frozenset(_parsed(*_lines["purpose"]).values())
"""Those that stand for what is written for another purpose than a trouble: 招聘, 失物."""

SERVICES = frozenset(("公交", "地铁", "图书馆", "健身房"))
"""Those that name what serves people rather than what is wrong with it."""

PRAISE = "表扬"
"""The purpose that a reading of intents knows as well."""

_WRITINGS = list(_MEANT)
_FINDER = AhoCorasick(
    _WRITINGS, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
)


def matters_in(text: str) -> list[str]:
    """The matters that a folded text names, each once, in order: "no water" and 断水 are 停水."""
    found: dict[str, None] = {}
    for index, start, end in _FINDER.find_matches_as_indexes(text):
        writing = _WRITINGS[index]
        if _HAN.match(writing) or _stands_alone(text, start, end):
            found[_MEANT[writing]] = None
    return list(found)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_LATIN_EDGE.match(before) or _LATIN_EDGE.match(after))
