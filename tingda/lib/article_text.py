"""Which pieces of a page are its article: several tools vote, the shape of the page decides.

Each tool is good where another is not: trafilatura keeps too much of a Chinese portal, readability
loses pages made of sections, and neither finds a text that a script shows later. So each piece
of prose is voted on by every tool and by two readings of our own, the fullest stretch of the page
and the innermost element with most of its prose; what most agree on tells where the article is,
and the rest of the article is what stands there with it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from lxml.html import HtmlElement

from tingda.lib.article_blocks import Block, stands_beside
from tingda.lib.article_furniture import begins_afterword, is_furniture

GRAM = 6
SEARCHED = 200_000  # letters in which a line shorter than GRAM is looked for
CONTAINED = 0.8  # of a block's sequences of GRAM characters, for a tool to have voted for it
MOST = 0.75  # of an element's prose in one child: the article is inside that child
HOME = 0.8  # of the agreed prose, for an element to be the home of the article
TRUST = 0.1  # of the prose of the innermost element: if the tools agree on less, they missed it
AGREED, WITH_IT, LINKS_WITH_IT = 0.5, 0.3, 0.75  # shares of the votes
MINOR = 0.3  # of the agreed prose: an element with more is no side matter, whatever its name
REPEATED = 20  # letters of a line that is not said twice
BEFORE_AFTERWORD = 0.5  # of the agreed prose, for a heading to end the article

STRETCH, INNERMOST = 0.4, 0.3
"""What our own two readings weigh; the tools' weights come with their texts."""


def folded(text: str) -> str:
    """Letters and digits alone, in small letters: what tools wrote with other spaces and signs."""
    return re.sub(r"[\W_]+", "", text).lower()


class _Voter:
    """What one tool took for the article."""

    def __init__(self, text: str) -> None:
        plain = folded(text)
        self._start = plain[:SEARCHED]
        self._grams = _grams(plain)

    def has(self, line: str) -> bool:
        if len(line) < GRAM:
            return bool(line) and line in self._start
        grams = _grams(line)
        return len(grams & self._grams) > CONTAINED * len(grams)


def _grams(text: str) -> set[str]:
    return {text[at : at + GRAM] for at in range(max(1, len(text) - GRAM + 1))}


def article_blocks(
    blocks: Sequence[Block], tools: Sequence[tuple[str, float]], title: str
) -> list[Block]:
    """The pieces of the article in order; empty where the page has no prose.

    `tools` are the texts that tools found and what their votes weigh; `title` is left out of the
    text where it stands alone in a line.
    """
    mass = _masses(blocks, range(len(blocks)))
    inner = _innermost(blocks, mass)
    if inner is None:
        return []
    share = _shares(blocks, tools, inner)
    able = [n for n, b in enumerate(blocks) if b.prose and not is_furniture(b.text)]
    core = [n for n in able if share[n] >= AGREED]
    if sum(blocks[n].prose for n in core) < TRUST * mass[inner]:
        core = [n for n in able if inner in blocks[n].path]
    return _around(blocks, core, share, folded(title)) if core else []


def _masses(blocks: Sequence[Block], which: Sequence[int]) -> dict[HtmlElement, float]:
    """The prose within each element."""
    mass: dict[HtmlElement, float] = defaultdict(float)
    for number in which:
        if prose := blocks[number].prose:
            for element in blocks[number].path:
                mass[element] += prose
    return mass


def _innermost(blocks: Sequence[Block], mass: Mapping[HtmlElement, float]) -> HtmlElement | None:
    """From the root inwards, as long as one child has most of the prose."""
    children: dict[HtmlElement, set[HtmlElement]] = defaultdict(set)
    for block in blocks:
        for child, parent in zip(block.path, block.path[1:], strict=False):
            if child in mass:
                children[parent].add(child)
    here = next((b.path[-1] for b in blocks if b.prose and b.path), None)
    while here is not None and children[here]:
        child = max(children[here], key=lambda element: mass[element])
        if mass[child] < MOST * mass[here]:
            break
        here = child
    return here


def _stretch(blocks: Sequence[Block]) -> range:
    """The run of blocks with most prose for what is not prose (Pasternack & Roth 2009)."""
    best, where, current, start = 0.0, range(0), 0.0, 0
    for number, block in enumerate(blocks):
        if current <= 0:
            current, start = 0.0, number
        current += block.prose or -12 - 0.6 * min(len(block.text), 60)
        if current > best:
            best, where = current, range(start, number + 1)
    return where


def _shares(
    blocks: Sequence[Block], tools: Sequence[tuple[str, float]], inner: HtmlElement
) -> list[float]:
    """For each block the share of the votes that it has."""
    voters = [(_Voter(text), weight) for text, weight in tools]
    total = STRETCH + INNERMOST + sum(weight for _text, weight in tools)
    stretch = _stretch(blocks)
    shares = []
    for number, block in enumerate(blocks):
        line = folded(block.text)
        votes = sum(weight for voter, weight in voters if voter.has(line))
        votes += STRETCH * (number in stretch) + INNERMOST * (inner in block.path)
        shares.append(votes / total)
    return shares


@dataclass(slots=True)
class _Home:
    """The element that the article lives in, and the agreed prose within each element."""

    element: HtmlElement
    mass: Mapping[HtmlElement, float]
    total: float

    def beside(self, block: Block) -> bool:
        """Whether a block stands in something around the article, inside its home."""
        within = takewhile(lambda element: element is not self.element, block.path)
        return any(self.mass.get(e, 0) < MINOR * self.total and stands_beside(e) for e in within)


def _home(blocks: Sequence[Block], core: Sequence[int]) -> _Home:
    mass = _masses(blocks, core)
    total = sum(blocks[n].prose for n in core)
    fullest = max(core, key=lambda n: blocks[n].prose)
    element = next(e for e in blocks[fullest].path if mass[e] >= HOME * total)
    return _Home(element, mass, total)


def _around(
    blocks: Sequence[Block], core: Sequence[int], share: Sequence[float], title: str
) -> list[Block]:
    """The agreed blocks and what belongs with them, in order, without furniture."""
    home = _home(blocks, core)
    agreed = {n for n in core if home.element in blocks[n].path}
    first, last = min(agreed), max(agreed)
    found: list[Block] = []
    seen: set[str] = set()
    passed = 0.0
    for number, block in enumerate(blocks):
        line = folded(block.text)
        if passed >= home.total * BEFORE_AFTERWORD and begins_afterword(block.text):
            break
        if not line or line == title or home.element not in block.path:
            continue
        passed += block.prose * (number in agreed)
        belongs = number in agreed or _belongs(block, share[number], first <= number <= last)
        if not belongs or is_furniture(block.text) or home.beside(block):
            continue
        if block.signs and len(line) >= REPEATED and block.path[0].tag != "pre":
            if line in seen:
                continue
            seen.add(line)
        found.append(block)
    return found


def _belongs(block: Block, share: float, between: bool) -> bool:
    """Whether a block without the agreement of most belongs to the article all the same."""
    links = block.linked * 2 > len(block.text)
    if between and not links:
        return share >= WITH_IT or block.path[0].tag == "pre"
    return share >= (LINKS_WITH_IT if between else 0.7) and (between or not links)
