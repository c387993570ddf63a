"""A web page as a tree whose places have names, within limits: what lists are found in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from w3lib.encoding import html_to_unicode

from tingda.lib.article_blocks import HAN, squeezed
from tingda.lib.listing_guard import is_harmless

LARGEST = 5 * 1024 * 1024  # bytes of a page
MOST_PIECES = 80  # pieces of text of one element that are read
_SURELY_UTF8 = 16  # Han characters; 停水通知 in GBK happens to be valid UTF-8, a page does not
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its address. `base` is what its links are counted from."""

    root: HtmlElement
    url: str
    base: str

    @property
    def title(self) -> str:
        """What stands in the tab of a browser."""
        return squeezed("".join(self.root.xpath("(//title)[1]//text()")))[:200]

    @property
    def asks_password(self) -> bool:
        """Whether the page has a form to sign in."""
        return bool(self.root.xpath('//input[translate(@type, "PASWORD", "pasword")="password"]'))


def page_of(body: bytes, content_type: str, url: str) -> Page | None:
    """Read a page as a browser would; None where it is empty, or built to be unreadable."""
    text = _UNREADABLE.sub("", characters(body[:LARGEST], content_type))
    if not is_harmless(text):
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    told = next(iter(root.xpath("//base/@href")), "")
    return Page(root, url, joined(url, str(told)) or url)


def characters(body: bytes, content_type: str) -> str:
    """The characters of a page: plainly UTF-8, else as header, mark or meta tell, else GB18030."""
    plain = body.decode("utf-8", "replace")
    wrong = plain.count("\ufffd")
    if len(HAN.findall(plain[:200_000])) >= _SURELY_UTF8 + 20 * wrong:
        return plain
    encoding, text = html_to_unicode(
        content_type or None, body, auto_detect_fun=lambda _body: "gb18030" if wrong else "utf-8"
    )
    if encoding == "utf-8" and wrong > 8:  # told so, and is not
        other = body.decode("gb18030", "replace")
        if other.count("\ufffd") * 20 < len(HAN.findall(other)):
            return other
    return str(text)


def joined(base: str, link: str) -> str:
    """The whole address of a link; "" where it leads to no page."""
    link = link.strip()
    try:
        whole = urljoin(base, link) if link and not link.startswith("#") else ""
        parts = urlsplit(whole)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return whole if good and len(whole) <= 2000 else ""


def words_of(element: HtmlElement) -> str:
    """The text of an element in one line; of a giant only the beginning."""
    return squeezed(" ".join(islice(element.itertext(), MOST_PIECES)))


# --- the names of places ---

_PASSED_OVER = frozenset(("b", "strong", "font", "em", "i", "u", "big", "small"))
_NO_CLASS = frozenset(("li", "tr", "tbody", "dd", "dt", "p", "body", "html"))
_CHANGING = re.compile(
    r"^(?:odd|even|first|last|active|current|cur|on|hover|selected|top|hot|new|old|read|visited|"
    r"clearfix|cl|no-border)$",
    re.IGNORECASE,
)
_NAME = re.compile(r"^[A-Za-z_][\w-]*$")
_NUMBERED = re.compile(r"\d{3}|[-_]\d+$")
_MOST_COLUMNS = 50


def step_of(element: HtmlElement) -> str:
    """One element of a path, as CSS would call it; "" for what only makes letters fat.

    What changes from one row to the next (odd, first, a number) is left out; cells of tables
    are told by their column.
    """
    tag = str(element.tag)
    if tag in _PASSED_OVER or (tag == "span" and not element.get("class")):
        return ""
    if tag in ("td", "th"):
        before = islice(element.itersiblings("td", "th", preceding=True), _MOST_COLUMNS)
        return f"td:nth-child({sum(1 for _cell in before) + 1})"
    if tag in _NO_CLASS:
        return tag
    name = element.get("id") or ""
    if _stable(name):
        return f"{tag}#{name}"
    classes = sorted({one for one in (element.get("class") or "")[:200].split() if _stable(one)})
    return ".".join([tag, *classes])


def _stable(name: str) -> bool:
    return (
        len(name) <= 40
        and bool(_NAME.match(name))
        and not _NUMBERED.search(name)
        and not _CHANGING.match(name)
    )


class Paths:
    """The path of every element as one number, so that the same paths are found in one walk."""

    def __init__(self, root: HtmlElement) -> None:
        self._numbers: dict[tuple[int, str], int] = {}
        self._named: list[tuple[int, str]] = [(0, "")]
        self._of: dict[HtmlElement, int] = {}
        for element in root.iter(etree.Element):
            parent = element.getparent()
            outer = self._of[parent] if parent is not None and parent in self._of else 0
            step = step_of(element)
            self._of[element] = self._number(outer, step) if step else outer

    def _number(self, outer: int, step: str) -> int:
        key = (outer, step)
        if key not in self._numbers:
            self._numbers[key] = len(self._named)
            self._named.append(key)
        return self._numbers[key]

    def number(self, element: HtmlElement) -> int:
        """The same number for all elements on the same path."""
        return self._of[element]

    def steps(self, element: HtmlElement) -> tuple[str, ...]:
        """The path from the root to the element."""
        return tuple(reversed(list(self._upwards(self._of[element]))))

    def ending(self, end: tuple[str, ...]) -> set[int]:
        """The numbers of the paths that end so."""
        return {
            number
            for number in range(1, len(self._named))
            if tuple(islice(self._upwards(number), len(end)))[::-1] == end
        }

    def _upwards(self, number: int) -> Iterator[str]:
        while number:
            number, step = self._named[number]
            yield step
