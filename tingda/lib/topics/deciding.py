"""The words that decided: what spoke for a topic, laid on the characters of the text.

Terms overlap (a word, its pairs, a keyword around it). Each gives its part to the characters it
stands on; a word's part is what lies on it. So nothing counts twice, and only words are shown.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tingda.lib.topics.keywords import Hit
from tingda.lib.topics.kinds import TEXT, TITLE, Word
from tingda.lib.topics.terms import Cut, Floats, Found, Ints, Sparse

LEAST_SHARE = 0.03
_LOOKED_AT = 64


class Learnt(NamedTuple):
    """Terms of a batch and their weights (terms, topics); the first `words` terms are words."""

    found: Found
    terms: Sparse
    weights: NDArray[np.float32]
    words: int


class Evidence(NamedTuple):
    """All that speaks for the topics in a batch. `worth` is (keywords, topics)."""

    texts: Sequence[Cut]
    hits: Sequence[Sequence[Hit]]
    worth: Floats
    scores: Floats
    known: NDArray[np.bool_]
    learnt: Learnt | None


class _Pieces(NamedTuple):
    """Pieces of texts laid end to end, and what each adds for the topic that was found."""

    text: Ints
    start: Ints
    end: Ints
    part: Floats


def deciding_words(
    evidence: Evidence, best: Ints, title: int, *, most: int
) -> list[tuple[Word, ...]]:
    """For each text the words that spoke most for its topic `best`."""
    lengths = np.array([len(text.joined) + 1 for text in evidence.texts])
    base = np.cumsum(lengths) - lengths
    keywords = _keyword_pieces(evidence, best, base, title)
    pieces, shown = [keywords], [keywords]
    if evidence.learnt is not None:
        pieces.append(_term_pieces(evidence.learnt, best, base, title))
        shown.append(_words_only(pieces[1], evidence.learnt))
    laid = _laid(pieces, int(lengths.sum()))
    text = np.concatenate([piece.text for piece in shown])
    start = np.concatenate([piece.start for piece in shown])
    end = np.concatenate([piece.end for piece in shown])
    part = np.round(laid[end] - laid[start], 6)  # a sum over a batch is not exact
    order = np.lexsort((start, start - end, -part, text))
    firsts = np.searchsorted(text[order], np.arange(len(evidence.texts) + 1))
    steps = np.diff(laid)
    result = []
    for row, cut in enumerate(evidence.texts):
        mine = order[firsts[row] : firsts[row + 1]][:_LOOKED_AT]
        own = steps[base[row] : base[row] + lengths[row] - 1]
        total = float(own[own > 0].sum())
        begin, stop = (start[mine] - base[row]).tolist(), (end[mine] - base[row]).tolist()
        found = list(zip(begin, stop, part[mine].tolist(), strict=True))
        result.append(_told(cut, found, total, most))
    return result


def _keyword_pieces(evidence: Evidence, best: Ints, base: Ints, title: int) -> _Pieces:
    rows = [
        (row, base[row] + hit.start, base[row] + hit.end, hit.keyword, hit.end < text.body_at)
        for row, (text, hits) in enumerate(zip(evidence.texts, evidence.hits, strict=True))
        for hit in hits
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    part = evidence.worth[table[:, 3], best[table[:, 0]]] * np.where(table[:, 4], title, 1)
    speaks = part > 0
    text, part = table[speaks, 0], part[speaks]
    # a repeat adds less, and all of them no more than the share they gave
    total = np.bincount(text, weights=part, minlength=len(base))
    raised = np.log1p(total) / np.maximum(total, 1e-9)
    return _Pieces(text, table[speaks, 1], table[speaks, 2], part * raised[text])


def _term_pieces(learnt: Learnt, best: Ints, base: Ints, title: int) -> _Pieces:
    found, terms, weights = learnt.found, learnt.terms, learnt.weights
    width = weights.shape[1]
    own = weights[terms.term, best[terms.text]]
    others = (weights.sum(axis=1)[terms.term] - own) / max(1, width - 1)
    spoken = terms.value * (own - others)
    counted = np.where(found.in_title, title, 1)
    each = np.bincount(terms_at := terms.at, weights=counted, minlength=len(terms.text))
    part = spoken[terms_at] * counted / each[terms_at]
    shift = base[found.text]
    return _Pieces(found.text, found.start + shift, found.end + shift, part)


def _words_only(pieces: _Pieces, learnt: Learnt) -> _Pieces:
    words = np.flatnonzero((learnt.found.term < learnt.words) & (pieces.end > pieces.start + 1))
    return _Pieces(pieces.text[words], pieces.start[words], pieces.end[words], pieces.part[words])


def _laid(pieces: Sequence[_Pieces], length: int) -> Floats:
    """The running sum over characters of what lies on each; one longer than the characters."""
    change = np.zeros(length + 1)
    for piece in pieces:
        each = piece.part / (piece.end - piece.start)
        change += np.bincount(piece.start, weights=each, minlength=length + 1)
        change -= np.bincount(piece.end, weights=each, minlength=length + 1)
    on_each = np.cumsum(change[:-1])
    return np.concatenate(([0.0], np.cumsum(on_each)))


def _told(
    cut: Cut, found: Sequence[tuple[int, int, float]], total: float, most: int
) -> tuple[Word, ...]:
    words: list[Word] = []
    taken: list[tuple[int, int]] = []
    parts, places = _summed(cut.joined, found)
    for word, part in sorted(parts.items(), key=itemgetter(1), reverse=True):
        if len(words) == most or part <= (LEAST_SHARE * total if words else 0):
            break
        free = next((span for span in places[word] if not _overlaps(span, taken)), None)
        if free is None:
            continue
        in_title, first, last = cut.place(*free)
        field = TITLE if in_title else TEXT
        words.append(Word(field, first, last, word, round(min(1.0, part / total), 3)))
        taken += places[word]
    return tuple(words)


def _summed(
    text: str, found: Sequence[tuple[int, int, float]]
) -> tuple[dict[str, float], dict[str, list[tuple[int, int]]]]:
    """Of each word the sum of its repeats, and where they stand."""
    parts: dict[str, float] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    # what was found twice at one place says what it says once
    for start, end, part in dict.fromkeys(found):
        word = text[start:end]
        if word in parts:
            parts[word] += part
            places[word].append((start, end))
        else:
            parts[word] = part
            places[word] = [(start, end)]
    return parts, places


def _overlaps(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)
