"""The words that stand for many texts: one of their own titles, or a sentence of one."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from tingda.lib.text import fold

SHORTEST = 5
LONGEST = 40
SENTENCES = 4  # of a body without a title, from its beginning
COMFORTABLE = 20  # characters that are read at a glance
FROM_A_BODY = 0.6  # a sentence was not written to stand alone, a title was

_FORWARDED = re.compile(r"^\s*(?:【转发?】|转发?[:：]|RT\b|//\s*@[^:：]{0,20}[:：])\s*")

_SENTENCE_END = re.compile(r"[。！？!?\n\r；;]+|(?<=[a-z])\. ")

Said = tuple[str, str, tuple[str, ...]]
"""Title, body and terms (`tingda.lib.terms`) of one text."""


def headline(said: Sequence[Said]) -> str:
    """The title that has most of what the texts have in common, in somebody's own words.

    A word counts by the share of texts that have it. Length costs a little from COMFORTABLE on;
    of equals the first wins. Texts without any title or sentence give "".
    """
    having = Counter(term for _, _, terms in said for term in set(terms))
    best, most = "", -1.0
    for title, body, terms in said:
        shares = {term: having[term] / len(said) for term in set(terms)}
        for line in _lines(title, body):
            worth = _worth(line, shares) * (1.0 if _plain(title) == line else FROM_A_BODY)
            if worth > most + 1e-9:
                best, most = line, worth
    return best


def representative(said: Sequence[Said]) -> int:
    """The index of the text whose words most others share; the first of equals.

    The sum of shares is divided by the root of the number of words, so that length alone does
    not win. Raises ValueError where there is no text.
    """
    having = Counter(term for _, _, terms in said for term in set(terms))

    def central(index: int) -> float:
        terms = set(said[index][2])
        return sum(having[term] for term in terms) / math.sqrt(max(1, len(terms)))

    return max(range(len(said)), key=lambda index: (central(index), -index))


def _lines(title: str, body: str) -> list[str]:
    if len(_plain(title)) >= SHORTEST:
        return [_plain(title)]
    sentences = [_plain(part) for part in _SENTENCE_END.split(body[:2000])]
    telling = [line for line in sentences if len(line) >= SHORTEST]
    return [line if len(line) <= LONGEST else line[:LONGEST] + "…" for line in telling[:SENTENCES]]


def _plain(line: str) -> str:
    return " ".join(_FORWARDED.sub("", line).split())


def _worth(line: str, shares: dict[str, float]) -> float:
    folded = fold(line, squeeze=True).text
    shared = sum(share for term, share in shares.items() if term in folded)
    return float(shared - 0.05 * max(0, len(line) - COMFORTABLE))
