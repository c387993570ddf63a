"""The words that stand for many texts: one of their own titles, or clauses of one."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import rjieba

from tingda.lib.forwarding import LINK
from tingda.lib.text import fold

SHORTEST = 5
LONGEST = 30  # Chinese characters; of Latin letters LATIN each
LATIN = 0.4
BODIES = 6  # of texts without a title, those nearest to all
CLAUSES = 6  # of one sentence
SENTENCES = 5  # of a body without a title, from its beginning
COMFORTABLE = 20  # characters that are read at a glance
FROM_A_BODY = 0.6  # a sentence was not written to stand alone, a title was
WITH_PLACE = 1.25  # a line that names the place says where at once
READABLE = range(20, 401)  # characters of a voice that is read as a whole

_FORWARDED = re.compile(r"^\s*(?:【转发?】|转发?[:：]|转发\s*//|RT\b|//\s*@[^:：]{0,20}[:：])\s*")
_SENTENCE_END = re.compile(r"[。！？!?\n\r；;]+|(?<=[a-z])\. ")
_BORDER = re.compile(r"[，、]+|[,：:](?!\d)|\s-+\s|——+|\.{3,}|…+")
_GREETING = re.compile(
    "尊敬的|[您你]们?好|大家好|(?:领导|书记|[市区县镇局]长)好|谢谢|感谢|敬礼|打扰|辛苦了"
    r"|\b(?:dear|hello|hi|thanks|thank you|regards)\b"
)
_WHO_I_AM = re.compile("^(?:我们?|本人)(?:的?名字|叫|是|系|乃|作为|住|家住|来自)|^作为")
_DATE = re.compile(
    r"^(?:(?:\d{2,4}|[今去前明])年)?(?:(?<!\d)\d{1,2}月(?:份|初|底|中旬|末|\d{1,2}[日号])?)"
    r"(?:[上下]午|[早晚]上?)?(?:\d{1,2}[:：点时]\d{0,2}分?)?(?:左右)?"
    r"|^(?:\d{4}|[今去前明])年|^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|^近日|^日前|^最近|^昨[天晚日]|^[今前]天"
)
_LINKING = re.compile(
    "^(?:但是?|而且?|所以|因此|不过|同时|另外|还有|并且?|可是|然而|其中|首先|现在?|于|在此)"
)

Said = tuple[str, str, tuple[str, ...]]
"""Title, body and terms (`tingda.lib.terms`) of one text."""


def headline(said: Sequence[Said], place: str = "") -> str:
    """The title that has most of what the texts have in common, in somebody's own words.

    A word counts by the share of texts that have it. Length costs a little from COMFORTABLE on;
    a line with the `place` that the texts name goes before others; of equals the first wins. A
    long one is cut at the border of a clause, and has neither greeting nor date in front. Before a
    line of a body that does not name the place, though half of the texts do, it is put. Texts
    without any title or sentence give "".
    """
    having = Counter(term for _, _, terms in said for term in set(terms))
    best, most, of_body = "", -1.0, False
    central = _most_central(said, having)
    for index, (title, body, terms) in enumerate(said):
        shares = {term: having[term] / len(said) for term in set(terms)}
        titled = length(_plain(title)) >= SHORTEST
        if not titled and index not in central:
            continue
        for line in _lines(title) if titled else _of_body(body):
            worth = _worth(line, shares) * (1.0 if titled else FROM_A_BODY)
            worth *= WITH_PLACE if place and place in line else 1.0
            if worth > most + 1e-9:
                best, most, of_body = line, worth, not titled
    lacks = of_body and place and length(place) + length(best) < LONGEST
    if lacks and not _names(best, place) and _is_said(place, said):
        return f"{place}：{best}"
    return best


def _names(line: str, place: str) -> bool:
    """Whether the line names the place, or a part of it that tells which."""
    return place in line or any(place[at : at + 3] in line for at in range(len(place) - 2))


def _is_said(place: str, said: Sequence[Said]) -> bool:
    return 2 * sum(place in body for _title, body, _terms in said) >= len(said)


def representative(said: Sequence[Said], among: Sequence[int] | None = None) -> int:
    """The index of the text whose words most others share; the first of equals.

    The sum of shares is divided by the root of the number of words, so that length alone does
    not win. `among`: the indices to choose from. Raises ValueError where there is no text.
    """
    having = Counter(term for _, _, terms in said for term in set(terms))
    chosen = range(len(said)) if among is None else among
    return max(chosen, key=lambda index: (_centrality(said[index], having), -index))


def _centrality(one: Said, having: Counter[str]) -> float:
    terms = set(one[2])
    return sum(having[term] for term in terms) / math.sqrt(max(1, len(terms)))


def _most_central(said: Sequence[Said], having: Counter[str]) -> set[int]:
    """The bodies that are worth reading for a title; many lines of each are weighed."""
    order = sorted(range(len(said)), key=lambda at: -_centrality(said[at], having))
    return set(order[:BODIES])


def readable(title: str, body: str) -> bool:
    """Whether a text is somebody's own, neither a scrap nor too long to be read at a glance."""
    own = not _FORWARDED.match(title) and not _FORWARDED.match(body)
    return own and len(title) + len(body) in READABLE


def length(line: str) -> float:
    """How long it looks, in Chinese characters."""
    return sum(1.0 if char > "\u2e80" else LATIN for char in line)


def _of_body(body: str) -> Iterator[str]:
    sentences = [part for part in _SENTENCE_END.split(body[:2000]) if len(part) >= SHORTEST]
    for sentence in sentences[:SENTENCES]:
        yield from _lines(sentence)


def _lines(text: str) -> Iterator[str]:
    """The text where it is short and plain, or each run of its clauses that fits."""
    text = _plain(text)
    plain = not (_GREETING.search(text) or _DATE.match(text) or _WHO_I_AM.match(text))
    if length(text) <= COMFORTABLE and plain:
        if length(text) >= SHORTEST:
            yield text
        return
    starts, ends = _clauses(text)
    for first, start in enumerate(starts[:CLAUSES]):
        whole = _cut(_bare(text[start : ends[first]]))
        runs = [whole, *(_bare(text[start:end]) for end in ends[first + 1 : first + CLAUSES])]
        for line in runs:
            if SHORTEST <= length(line) <= LONGEST and not _GREETING.search(line):
                yield line


def _clauses(text: str) -> tuple[list[int], list[int]]:
    borders = [match.span() for match in _BORDER.finditer(text)]
    return [0, *(end for _start, end in borders)], [*(start for start, _end in borders), len(text)]


def _bare(line: str) -> str:
    """Without what joins it to the clause before, and without a date in front."""
    line = _LINKING.sub("", line.strip())
    return _DATE.sub("", line).strip(" ，,、：:的")


def _cut(line: str) -> str:
    """As many whole words as fit."""
    if length(line) <= LONGEST:
        return line
    kept = ""
    for word in rjieba.cut(line):
        if length(kept + word) > LONGEST - 1:
            break
        kept += word
    return f"{kept.rstrip()}…"


def _plain(line: str) -> str:
    plain = LINK.sub(" ", _FORWARDED.sub("", line))
    return " ".join(plain.split()).strip(" 。！？!?；;，,")


def _worth(line: str, shares: dict[str, float]) -> float:
    folded = fold(line, squeeze=True).text
    shared = sum(share for term, share in shares.items() if term in folded)
    who = 0.5 if _WHO_I_AM.match(line) else 1.0
    return who * float(shared - 0.05 * max(0.0, length(line) - COMFORTABLE))
