"""Where a list leads: its links without what changes by itself, and its next page."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from tingda.lib.listing_page import Page, joined, words_of

_SESSION = re.compile(r";jsessionid=[^?#]*", re.IGNORECASE)
# The same thread has another address on every page of a board: they remember where one came from.
_ORIGIN = re.compile(
    r"(?P<sign>[?&])(?:phpsessid=[^&#]*|extra=page(?:%3D|=)\d*[^&#]*)(?P<more>&|(?=#|$))", re.I
)
_THREAD = re.compile(r"(/thread-\d+-\d+)-\d+(\.html)$")
_NEXT_WORDS = re.compile(
    r"^\W*(?:下一?页|后一?页|下一頁|下頁|next(?:\s+page)?|older(?:\s+posts)?)\W*$", re.I
)
_NEXT_SIGN = re.compile(r"^[>›»→]$")
# Many Chinese sites write their page numbers with a script: pages in all, this one, name, ending.
_SCRIPTED = re.compile(
    r"createPage(?:HTML|Html|html)\s*\(\s*['\"]?(\d{1,5})['\"]?\s*,\s*['\"]?(\d{1,5})['\"]?\s*,"
    r"\s*['\"]([\w-]{1,60})['\"]\s*,\s*['\"](\w{1,8})['\"]"
)
_MOST_LINKS = 5000


def clean(url: str) -> str:
    """A link without a reader's session, and without the page of the list it was found on."""
    url = _SESSION.sub("", url)
    while (shorter := _ORIGIN.sub(_kept, url, count=1)) != url:
        url = shorter
    head, mark, rest = url.partition("#")
    return _THREAD.sub(r"\1-1\2", head) + mark + rest


def _kept(found: re.Match[str]) -> str:
    return found["sign"] if found["more"] else ""


def next_page(page: Page) -> str:
    """The address of the next page of a list, on the same host; "" where none is named."""
    here = page.url.partition("#")[0]
    for link in _candidates(page):
        whole = joined(page.base, link).partition("#")[0]
        if whole and whole != here and _host(whole) == _host(here):
            return whole
    return ""


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _candidates(page: Page) -> Iterator[str]:
    yield from map(str, page.root.xpath('//link[@rel="next"]/@href | //a[@rel="next"]/@href'))
    links = list(page.root.xpath("//a[@href]"))[:_MOST_LINKS]
    named = [(words_of(link), link) for link in links]
    for forms in (_NEXT_WORDS, _NEXT_SIGN):
        yield from (link.get("href") for words, link in named if forms.match(words))
    yield from _after_this(page)
    yield from _scripted(page)


def _after_this(page: Page) -> Iterator[str]:
    """The number after the one that is no link, or is marked as the one we are on."""
    marked = page.root.xpath(
        "//*[self::span or self::strong or self::b or self::em or self::a or self::li]"
        "[not(*/*/*)][string-length(normalize-space(.)) < 5][number(normalize-space(.)) > 0]"
    )[:_MOST_LINKS]
    for mark in marked:
        if _is_current(mark):
            number = int(words_of(mark)) if words_of(mark).isdecimal() else 0
            after = mark.getnext()
            link = after if after is not None and after.tag == "a" else None
            if link is None and after is not None:
                link = next(iter(after.xpath(".//a[@href]")), None)
            if link is not None and words_of(link) == str(number + 1):
                yield link.get("href") or ""


def _is_current(mark: HtmlElement) -> bool:
    classes = set((mark.get("class") or "").lower().split())
    told = classes & {"current", "cur", "active", "on", "selected", "now", "thispage", "curr"}
    return bool(told) or (mark.tag != "li" and mark.tag != "a")


def _scripted(page: Page) -> Iterator[str]:
    for script in page.root.xpath("//script[not(@src)]")[:200]:
        found = _SCRIPTED.search((script.text or "")[:200_000])
        if found and int(found[2]) + 1 < int(found[1]):
            yield urljoin(page.url, f"{found[3]}_{int(found[2]) + 1}.{found[4]}")
