"""One writing of many for rules and texts alike, and back to the text as it was said."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from tingda.lib.text import HAN, Folded, fold

_SPACES = re.compile(r"\s\s+|[^\S ]")
_EDGES = re.compile(
    f"^[ .·\u2022\u2027\u30fb*_-]+(?=[{HAN}])|(?<=[{HAN}])[ .·\u2022\u2027\u30fb*_-]+$"
)
_IN_PATTERN = re.compile(f"(?<=[{HAN}])[ ·_]+(?=[{HAN}])")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_UNIT = re.compile(f"[{HAN}]|[^\\W_{HAN}]+")


@dataclass(frozen=True, slots=True)
class Said:
    """What a watch looks at; all that is unknown stays empty. `likes` counts, `urgency` is 0–3."""

    title: str = ""
    body: str = ""
    site: str = ""
    place: str = ""
    topic: str = ""
    intent: str = ""
    urgency: int = 0
    likes: int = 0
    lang: str = ""
    channel: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Readable:
    """A text folded once, to be held against any number of rules.

    `joined` is title and body on a line each; no folded text holds a line's end, so nothing that
    is found in it can begin in one and end in the other.
    """

    said: Said
    title: Folded
    body: Folded
    joined: str


def readable(said: Said) -> Readable:
    """Fold title and body."""
    title, body = fold_text(said.title), fold_text(said.body)
    return Readable(said, title, body, f"{title.text}\n{body.text}")


def fold_text(text: str) -> Folded:
    """The text as rules see it: folded, pulled-apart words put together, any space one blank."""
    folded = fold(text, squeeze=True)
    if not _SPACES.search(folded.text):
        return folded
    pieces: list[str] = []
    offsets: list[int] = []
    last = 0
    for match in _SPACES.finditer(folded.text):
        pieces += (folded.text[last : match.start()], " ")
        offsets.extend(folded.offsets[last : match.start() + 1])
        last = match.end()
    pieces.append(folded.text[last:])
    offsets.extend(folded.offsets[last:])
    return Folded("".join(pieces), offsets)


def fold_word(word: str) -> str:
    """A word or phrase of a rule as it stands in a folded text; empty where nothing is left.

    Signs that would be dropped between two Chinese characters are dropped at its ends too.
    """
    return _EDGES.sub("", fold_text(" ".join(word.split())).text.strip())


@lru_cache(65536)
def fold_value(value: str) -> str:
    """A name (site, place, topic …) for comparing whole; sites and topics come again and again."""
    return fold_word(value)


def fold_pattern(pattern: str) -> str:
    r"""A regular expression for folded text. Case is left to RE2: `\D` is not `\d`."""
    plain = unicodedata.normalize("NFKC", pattern).replace("\0", "")
    simple = _FOREIGN.sub(lambda run: fold(run[0]).text, plain)
    return _IN_PATTERN.sub("", simple)


def units(text: str) -> list[int]:
    """Where each Chinese character and each Latin word of a folded text begins: what is counted."""
    return [match.start() for match in _UNIT.finditer(text)]
