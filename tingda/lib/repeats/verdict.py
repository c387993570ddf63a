"""Whether one text is another carried further, judged by what differs between the two."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate, pairwise

import rjieba

from tingda.lib.places import find_places
from tingda.lib.repeats.harmless import (
    is_a_slip,
    is_filler,
    is_same,
    may_be_added,
    may_be_left_out,
    only_stresses,
    stands_for_time_or_place,
    tells_news,
    wishes,
)
from tingda.lib.repeats.said import MOST_TOKENS, Said, said

LEAST_SHARED = 0.55
"""Share of the longer text that both must have; a text twice as long says something else too."""

FEW_WORDS = 12
"""Tokens within clauses that may come or go, all together."""

SLIP = 7
"""What one character more within a word costs of these."""

SHORTEST_NEAR = 6
"""Tokens a text must have to repeat another that is not word for word the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is structured for storing: `{"by": …}`, and what differed as pieces of both."""

    repeat: bool
    why: dict[str, str]

    def __bool__(self) -> bool:
        return self.repeat


@dataclass(frozen=True, slots=True)
class _Piece:
    """Tokens `[start, end)` of `side` that the other lacks, which stand at `gap` there."""

    side: Said
    start: int
    end: int
    other: Said
    gap: int


def is_repeat(a: str, b: str) -> Verdict:
    """Whether b is the same utterance as a carried further; the order of the two is no matter."""
    return compared(said(a), said(b))


def compared(one: Said, other: Said) -> Verdict:
    """The same for texts already read."""
    if one.key == other.key:
        return Verdict(True, {"by": "same"})
    if (len(one.tokens), one.tokens) > (len(other.tokens), other.tokens):
        one, other = other, one  # so that the order of the two cannot matter
    short, long = len(one.tokens), len(other.tokens)
    if short < SHORTEST_NEAR or long > MOST_TOKENS or short < LEAST_SHARED * long:
        return Verdict(False, {"by": "length"})
    missing = _numbers(one) - _numbers(other)
    if not missing <= _numbers(_last_clause(one)):
        return Verdict(False, {"by": "number", "one": " ".join(sorted(missing))})
    if (Counter(one.tokens) & Counter(other.tokens)).total() < LEAST_SHARED * long:
        return Verdict(False, {"by": "length"})
    return _by_pieces(one, other)


def _numbers(text: Said) -> set[str]:
    return {word for word in text.tokens if not word.isalpha() and _is_number(word)}


@lru_cache(10_000)
def _is_number(word: str) -> bool:
    return word != "1" and any(map(str.isdigit, word))


def _last_clause(text: Said) -> Said:
    start = sorted(text.breaks)[-2] if len(text.breaks) > 2 else len(text.tokens)
    return Said(text.tokens[start:], frozenset((0,)), b"")


def _by_pieces(one: Said, other: Said) -> Verdict:
    differences = list(_differences(one, other))
    shared = sum(last - first for tag, first, last, *_ in differences if tag == "equal")
    if shared < LEAST_SHARED * len(other.tokens):
        return Verdict(False, {"by": "length"})
    if moved := _moved(one, other, differences):
        return Verdict(False, {"by": "difference", "one": moved, "other": moved})
    within = 0
    # what stands in place of another is soonest told, and most often decides
    for tag, *at in sorted(differences, key=lambda difference: difference[0] != "replace"):
        if tag == "equal":
            continue
        alike, cost = _changes_nothing(one, other, tag, (at[0], at[1], at[2], at[3]))
        within += cost
        if not alike or within > FEW_WORDS:
            left, right = _text(one, at[0], at[1]), _text(other, at[2], at[3])
            return Verdict(False, {"by": "difference", "one": left, "other": right})
    return Verdict(True, {"by": "near"})


def _moved(one: Said, other: Said, differences: Sequence[tuple[str, int, int, int, int]]) -> str:
    """What stands elsewhere in the other: 取消甲站增设乙站 is not 取消乙站增设甲站."""
    gone = [_text(one, at[0], at[1]) for tag, *at in differences if tag == "delete"]
    come = [_text(other, at[2], at[3]) for tag, *at in differences if tag == "insert"]
    for piece in gone:
        for new in come:
            if len(new) == 1 and new == piece and not is_filler(new):
                return new
            size = 8 if new.isascii() else 3
            for start in range(len(new) - size + 1):
                if new[start : start + size] in piece and not is_filler(new[start : start + size]):
                    return new[start : start + size]
    return ""


def _changes_nothing(
    one: Said, other: Said, tag: str, at: tuple[int, int, int, int]
) -> tuple[bool, int]:
    first, last, start, end = at
    if tag == "replace":
        same = is_same(_text(one, first, last), _text(other, start, end))
        return same or _both_added(one, other, at), 0
    if tag == "insert":
        return _harmless(_Piece(other, start, end, one, first))
    return _harmless(_Piece(one, first, last, other, start))


def _differences(one: Said, other: Said) -> Iterator[tuple[str, int, int, int, int]]:
    """As difflib's opcodes; what begins and ends alike is set aside first, which is most of it."""
    a, b = one.tokens, other.tokens
    head = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    room = len(a) - head
    tail = next((i for i in range(room) if a[-1 - i] != b[-1 - i]), room)
    yield "equal", 0, head, 0, head
    middle = SequenceMatcher(None, a[head : len(a) - tail], b[head : len(b) - tail], autojunk=False)
    for tag, first, last, start, end in middle.get_opcodes():
        yield tag, head + first, head + last, head + start, head + end
    yield "equal", len(a) - tail, len(a), len(b) - tail, len(b)


def _text(side: Said, start: int, end: int) -> str:
    tokens = side.tokens[start:end]
    return " ".join(tokens) if all(map(str.isascii, tokens)) else "".join(tokens)


def _both_added(one: Said, other: Said, at: tuple[int, int, int, int]) -> bool:
    """Each said a greeting or an appeal of its own there: both whole clauses of fillers."""
    first, last, start, end = at
    if not ({first, last} <= one.breaks and {start, end} <= other.breaks):
        return False
    both = (_text(one, first, last), _text(other, start, end))
    return all(is_filler(text) and not tells_news(text) for text in both)


def _harmless(piece: _Piece) -> tuple[bool, int]:
    """Whether a piece that one side lacks changes nothing, and what it costs of FEW_WORDS."""
    whole = _as_clause(piece)
    if whole is not None:
        return _may_be_added(piece, *whole), 0
    cuts = sorted(b for b in piece.side.breaks if piece.start < b < piece.end)
    if not cuts:
        return _harmless_within(piece)
    parts = [
        _harmless(replace(piece, start=start, end=end))
        for start, end in pairwise((piece.start, *cuts, piece.end))
    ]
    return all(alike for alike, _cost in parts), sum(cost for _alike, cost in parts)


def _may_be_added(piece: _Piece, start: int, end: int) -> bool:
    """Whether the clauses are harmless, taken together or one by one."""
    side, other = piece.side, piece.other.text
    rest = _text(side, 0, start) + _text(side, end, len(side.tokens))
    edges = [start, *sorted(b for b in side.breaks if start < b < end), end]

    def harmless(first: int, last: int) -> bool:
        return may_be_added(_text(side, first, last), last == len(side.tokens), rest, other)

    return harmless(start, end) or all(harmless(*both) for both in pairwise(edges))


def _harmless_within(piece: _Piece) -> tuple[bool, int]:
    if _names(piece.side) != _names(piece.other):
        return False, 0
    text = _text(piece.side, piece.start, piece.end)
    if is_filler(text):
        return not wishes(text), 0
    following = _text(piece.side, piece.end, piece.end + 8)
    before = _text(piece.side, max(0, piece.start - 8), piece.start)
    if only_stresses(text, following) or stands_for_time_or_place(text, before, following):
        return True, 0
    if is_a_slip(text, before[-1:] + following[:1]):
        return True, SLIP
    words = _words(piece)
    return bool(words) and may_be_left_out(words), piece.end - piece.start


def _names(side: Said) -> set[str]:
    """Places named; a word more or less within a name makes it another place."""
    return {place.name for place in find_places(side.clauses)}


def _as_clause(piece: _Piece) -> tuple[int, int] | None:
    """Where the piece is a row of whole clauses; it may slide along tokens that repeat."""
    tokens, size = piece.side.tokens, piece.end - piece.start
    start = piece.start
    while start > 0 and tokens[start - 1] == tokens[start + size - 1]:
        start -= 1
    while start + size <= len(tokens):
        if {start, start + size} <= piece.side.breaks:
            return start, start + size
        if start + size == len(tokens) or tokens[start] != tokens[start + size]:
            return None
        start += 1
    return None


def _words(piece: _Piece) -> list[str]:
    """The piece as whole words of its text; empty where it cuts through a word."""
    text = piece.side.tokens
    if all(map(str.isascii, text[piece.start : piece.end])):
        return list(text[piece.start : piece.end])
    from_here = max((b for b in piece.side.breaks if b <= piece.start), default=0)
    to_there = min((b for b in piece.side.breaks if b >= piece.end), default=len(text))
    clause = "".join(text[from_here:to_there])
    begin = len("".join(text[from_here : piece.start]))
    end = begin + len("".join(text[piece.start : piece.end]))
    words = rjieba.cut(clause)
    edges = [0, *accumulate(map(len, words))]
    if begin not in edges or end not in edges:
        return []
    return words[edges.index(begin) : edges.index(end)]
