"""A list that somebody described with CSS selectors of their own."""

from dataclasses import dataclass

from lxml.cssselect import CSSSelector
from lxml.etree import XPathError
from lxml.html import HtmlElement

from tingda.lib.article_blocks import squeezed
from tingda.lib.listing import MOST_ITEMS, find_lists
from tingda.lib.listing_links import clean
from tingda.lib.listing_page import Page, joined, words_of
from tingda.lib.listing_records import Item, date_of, day_in, title_of
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

LONGEST = 300


@dataclass(frozen=True, slots=True)
class Chosen:
    """CSS selectors: of each row, and within a row of its title and its date ("": as found)."""

    row: str
    title: str = ""
    date: str = ""


def check_selector(selector: str) -> None:
    """Refuse what is no CSS selector."""
    _compiled(selector)


def select(root: HtmlElement, selector: str) -> list[HtmlElement]:
    """The elements that a selector names. Refused where it is none."""
    try:
        found = _compiled(selector)(root)
    except XPathError as error:
        raise _wrong(selector) from error
    return [element for element in found if isinstance(element, HtmlElement)]


def read_chosen(page: Page, chosen: Chosen) -> tuple[Item, ...] | None:
    """The entries of a described list; None where nothing on the page is meant by it.

    Where the selector names one element that holds a whole list, its rows are found in it.
    """
    rows = select(page.root, chosen.row)
    if len(rows) == 1 and len(rows[0].xpath("(.//a[@href])[position() < 3]")) > 1:
        inner = find_lists(Page(rows[0], page.url, page.base), most=1)
        if inner:
            return inner[0].items
    found: dict[str, Item] = {}
    for row in rows[:MOST_ITEMS]:
        item = _item(page, row, chosen)
        if item:
            found.setdefault(item.url, item)
    if found:
        return tuple(found.values())
    return () if _holder_is_there(page, chosen.row, rows) else None


def _item(page: Page, row: HtmlElement, chosen: Chosen) -> Item | None:
    named = select(row, chosen.title)[:1] if chosen.title else []
    links = [row] if row.tag == "a" else row.xpath(".//a[@href]")
    if named:
        inside = [named[0]] if named[0].tag == "a" else named[0].xpath("(.//a[@href])[1]")
        links = inside or named[0].xpath("ancestor::a[@href][1]") or links
    links = [link for link in links if joined(page.base, link.get("href") or "")]
    if not links:
        return None
    link = max(links, key=lambda one: len(title_of(one)))
    title = squeezed(words_of(named[0])) if named else title_of(link)
    date = date_of(row, link)
    if chosen.date:
        told = [words_of(one) for one in select(row, chosen.date)[:1]]
        date = (day_in(told[0]) or told[0]) if told else ""
    url = clean(joined(page.base, link.get("href") or ""))
    return Item(title[:300], url, date[:80]) if title else None


def _holder_is_there(page: Page, selector: str, rows: list[HtmlElement]) -> bool:
    """Whether what would hold the rows is there: `ul.news > li` is empty where `ul.news` stands."""
    outer = selector.replace(">", " ").split()
    if rows or len(outer) < 2 or "," in selector:
        return False
    holder = selector.rstrip()[: -len(outer[-1])].rstrip(" >+~")
    try:
        found = select(page.root, holder) if holder else []
    except Refused:
        return False
    return bool(found) and not any(len(one.xpath(".//a[@href]")) >= 3 for one in found)


def _compiled(selector: str) -> CSSSelector:
    if len(selector) > LONGEST:
        raise _wrong(selector)
    try:
        return CSSSelector(selector, translator="html")
    except (SyntaxError, ValueError, RuntimeError, XPathError) as error:
        # cssselect has errors of its own, which are SyntaxError and RuntimeError.
        raise _wrong(selector) from error


def _wrong(selector: str) -> Refused:
    return Refused(
        _("看不懂的 CSS 选择器：%(selector)s。请写成如 ul.news > li 的样子"),
        selector=selector[:80],
    )
