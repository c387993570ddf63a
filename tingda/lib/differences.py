"""What changed between two wordings, clause by clause; and what is new on a page."""

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Literal

Change = tuple[Literal["same", "gone", "new"], str]
_CLAUSE = re.compile(r"[^，。；：！？,;:!?\n]*[，。；：！？,;:!?\n]?")
_MOST_CLAUSES = 2000


def changes(before: str, after: str) -> list[Change]:
    """The two texts as one row of pieces: those that stayed, went, or are new.

    Texts too long to compare piece by piece come back as one that went and one that is new.
    """
    old, new = _clauses(before), _clauses(after)
    if before != after and max(len(old), len(new)) > _MOST_CLAUSES:
        return [("gone", before), ("new", after)]
    pieces: list[Change] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[a1:a2])))
            continue
        if a2 > a1:
            pieces.append(("gone", "".join(old[a1:a2])))
        if b2 > b1:
            pieces.append(("new", "".join(new[b1:b2])))
    return pieces


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSE.findall(text) if clause]


# --- a page that is watched ---

_SENTENCE = re.compile(r"[^。！？\n]+[。！？]*")
_NOISE = re.compile(
    r"\d+|[零〇一二三四五六七八九十百]+(?=[年月日号时点分秒天周])|(?:星期|周|礼拜)[一二三四五六日天]|"
    r"今[天日]|昨[天日]|前天|刚刚|凌晨|早上|上午|中午|下午|晚上|\b[ap]\.?m\b\.?|"
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|"
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\b|[\s\W_]+",
    re.IGNORECASE,
)


def passages(text: str) -> list[str]:
    """The sentences and lines of a text that say something beyond numbers, dates and signs."""
    return [part.strip() for part in _SENTENCE.findall(text) if telling(part)]


def telling(passage: str) -> str:
    """A passage without what changes by itself: counters, dates, clocks, spaces and signs."""
    return _NOISE.sub("", passage).casefold()


def news(before: str, after: str, *, most: int) -> tuple[list[str], list[str]]:
    """The passages of `before` that went and those of `after` that are new, in their order.

    A passage that moved, or in which only numbers changed, is neither. `before` was cut after
    `most` characters: what stood beyond is not known, and is not new.
    """
    old, all_new = passages(before), passages(after)
    known, now = (Counter(map(telling, part)) for part in (old, all_new))
    gone = _beyond(old, now)
    seen = passages(after[:most])
    if len(before) >= most:
        while seen and telling(seen[-1]) not in known:
            seen.pop()
    return gone, _beyond(seen, known)


def _beyond(parts: list[str], others: Counter[str]) -> list[str]:
    """The parts that the others do not have, or have fewer times."""
    left, found = Counter(others), []
    for part in parts:
        if left[telling(part)] > 0:
            left[telling(part)] -= 1
        else:
            found.append(part)
    return found
