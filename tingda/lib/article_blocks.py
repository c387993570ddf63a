"""The running text of a page, cut where its markup cuts it, each piece with what marks it."""

import re
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SILENT = _words(
    "script style noscript iframe template svg math select button option textarea object "
    "canvas audio video head title"
)
_INLINE = _words(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark meta q "
    "ruby rb rt s samp small span strike strong sub sup time tt u var wbr img link nobr "
    "input"
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BESIDE = _words("nav footer aside figure figcaption dialog menu")
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
# What the makers of pages call the parts around an article.
_BESIDE_NAMES = _words(
    "nav navbar navigation menu foot footer sidebar aside comment comments related relate "
    "recommend recommended recommendation share sharing social breadcrumb breadcrumbs crumb "
    "crumbs copyright advert advertisement ads promo subscribe newsletter toolbar rank "
    "ranking pagination pager pages tags login banner popup modal cookie qrcode statement "
    "disclaimer sponsor sponsored outbrain taboola trending caption captions credit signup "
    "tools reprint slideshow gallery"
)
_SPACES = re.compile(r"[\s\u200b-\u200f\u2028\u2029\ufeff\xa0\u3000]+")
_SENTENCE_SIGNS = re.compile(r"[。，、！？；：”…]|[.,!?;:](?=[\s\"”’)]|$)")
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(slots=True, eq=False)
class Block:
    """A piece of text; `path` are the elements around it, from its own outwards to the root."""

    text: str
    linked: int
    path: tuple[HtmlElement, ...]
    heading: bool
    hidden: bool
    signs: int

    @property
    def prose(self) -> float:
        """Characters that read like sentences, a Chinese one for two; 0.0 where it is none."""
        if not self.signs or self.heading or self.hidden or self.linked * 2 > len(self.text):
            return 0.0
        return (len(self.text) - self.linked) * (2.0 if HAN.search(self.text) else 1.0)


@dataclass(slots=True)
class _Place:
    path: tuple[HtmlElement, ...]
    heading: bool = False
    hidden: bool = False

    def inner(self, element: HtmlElement) -> "_Place":
        style = (element.get("style") or "").replace(" ", "").lower()
        return _Place(
            (element, *self.path),
            self.heading or element.tag in _HEADINGS,
            self.hidden or "display:none" in style or element.get("hidden") is not None,
        )


def stands_beside(element: HtmlElement) -> bool:
    """Whether its maker called the element something that stands around an article."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"[:300]
    parts = {part.lower() for part in _NAME_PARTS.findall(names)}
    return element.tag in _BESIDE or bool(parts & _BESIDE_NAMES)


def squeezed(text: str) -> str:
    """One line, each run of spaces as one space."""
    return _SPACES.sub(" ", text).strip()


class _Cutter:
    """Walks a tree once; `places` is the stack of the open elements that are not inline."""

    def __init__(self, root: HtmlElement, most: int) -> None:
        self.blocks: list[Block] = []
        self._places = [_Place(())]
        self._pieces: list[str] = []
        self._linked = 0
        self._links = 0
        walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walker:
            if len(self.blocks) >= most:
                return
            if event == "start" and element.tag in _SILENT:
                walker.skip_subtree()
            elif event == "start":
                self._open(element)
            else:
                self._close(element, event == "end")
        self._flush()

    def _open(self, element: HtmlElement) -> None:
        if element.tag == "a":
            self._links += 1
        elif element.tag not in _INLINE:
            self._flush()
            if element.tag != "br":
                self._places.append(self._places[-1].inner(element))
        self._say(element.text)

    def _close(self, element: HtmlElement, is_element: bool) -> None:
        if is_element and element.tag not in _SILENT:
            if element.tag == "a":
                self._links -= 1
            elif element.tag not in _INLINE and element.tag != "br":
                self._flush()
                self._places.pop()
        self._say(element.tail)

    def _say(self, text: str | None) -> None:
        if text:
            self._pieces.append(text)
            self._linked += len(squeezed(text)) if self._links else 0

    def _flush(self) -> None:
        text = squeezed("".join(self._pieces))
        if text:
            place, signs = self._places[-1], len(_SENTENCE_SIGNS.findall(text))
            linked = min(self._linked, len(text))
            self.blocks.append(Block(text, linked, place.path, place.heading, place.hidden, signs))
        self._pieces.clear()
        self._linked = 0


def blocks_of(root: HtmlElement, most: int) -> list[Block]:
    """The first pieces of text of a page; scripts, forms' fields and comments give none."""
    return _Cutter(root, most).blocks
