"""The lists of a page: rows of links that are built alike, told from menus and footers.

A list is remembered by its *place*: the steps to what holds it, from there to a row, and from
there to its link, as `div#main > ul >> li >> a`. No number of rows is in it, so that it stays the
same while entries come and go, and is not found again when the site was built anew.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tingda.lib.article_blocks import stands_beside
from tingda.lib.listing_links import clean
from tingda.lib.listing_page import Page, Paths, joined, step_of, words_of
from tingda.lib.listing_records import Item, date_of, title_of, width_of

MOST_LINKS, MOST_ITEMS, MOST_GROUPS = 5000, 500, 60
FEWEST, FEWEST_DATED = 3, 2  # rows that can be taken for a list; of rows that all have a day
LEAST = 0.12  # of a score; menus have less
LONGEST_PLACE = 900
_ENOUGH, _TELLING = 12, 16  # rows, and the width of a title, that leave no doubt
_OUTER, _INNER = " >> ", " > "
_NOTHING_YET = re.compile(
    r"暂无|没有(?:相关|更多|符合|任何|找到)?(?:信息|内容|数据|记录|文章|帖子)|无(?:相关)?(?:数据|记录)|"
    r"\bno (?:results|entries|posts|items|records|data)\b|nothing (?:here|found)",
    re.IGNORECASE,
)

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: where it is, what stands in it (top to bottom), how surely it is one (0 to 2)."""

    place: str
    items: tuple[Item, ...]
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Group:
    """Links on one path, each with the row it stands in."""

    links: tuple[HtmlElement, ...]
    rows: tuple[HtmlElement, ...]


def find_lists(page: Page, most: int = 4) -> list[Listing]:
    """The lists of a page, the surest first; of those that lead to the same places the surest."""
    paths = Paths(page.root)
    groups = sorted(_by_path(page, paths).values(), key=_says, reverse=True)[:MOST_GROUPS]
    found = [
        listing
        for links in groups
        if (listing := _listing(page, paths, links)) and listing.score >= LEAST
    ]
    found.sort(key=lambda listing: -listing.score)
    chosen: list[Listing] = []
    for listing in found:
        urls = {item.url for item in listing.items}
        if all(len(urls & {i.url for i in one.items}) * 2 < len(urls) for one in chosen):
            chosen.append(listing)
    return chosen[:most]


def read_list(page: Page, place: str) -> Listing | None:
    """The list at a place, empty where what holds it is there and holds nothing.

    None where it is not found, or what holds it now holds links of another build.
    """
    holder, to_row, to_link = _read_place(place)
    paths = Paths(page.root)
    whole = paths.ending(holder + to_row + to_link)
    links = [link for link in _links(page) if paths.number(link) in whole]
    if links:
        rows = [_row(paths, link, holder + to_row) for link in links]
        group = _one_a_row(_Group(tuple(links), tuple(rows)))
        if items := _items(page, group):
            return Listing(place, items)
    return Listing(place, ()) if _stands_empty(page, paths, holder) else None


# --- finding ---


def _links(page: Page) -> list[HtmlElement]:
    return [link for link in page.root.iter("a") if link.get("href")][:MOST_LINKS]


def _by_path(page: Page, paths: Paths) -> dict[int, list[HtmlElement]]:
    groups: dict[int, list[HtmlElement]] = {}
    for link in _links(page):
        groups.setdefault(paths.number(link), []).append(link)
    return {number: links for number, links in groups.items() if len(links) >= FEWEST_DATED}


def _says(links: Sequence[HtmlElement]) -> float:
    """How much the links of a group say in all, roughly."""
    return sum(min(width_of(words_of(link)[:60]), _TELLING) for link in links)


def _listing(page: Page, paths: Paths, links: Sequence[HtmlElement]) -> Listing | None:
    group = _with_rows(links)
    items = _items(page, group)
    dated = sum(1 for item in items if item.date)
    if len(items) < (FEWEST_DATED if dated == len(items) else FEWEST):
        return None
    score = _score(page, group, items)
    place = _place(page, paths, group) if score >= LEAST else ""
    return Listing(place, items, score) if place and len(place) <= LONGEST_PLACE else None


def _with_rows(links: Sequence[HtmlElement]) -> _Group:
    """Each link's row: the highest element around it that holds no other link of the group."""
    parents = [_above(link) for link in links]
    several = len(set(parents)) < len(parents)
    if several and (len(set(parents)) < FEWEST_DATED or len(parents) > 3 * len(set(parents))):
        return _Group(tuple(links), tuple(links))  # links side by side: each is its own row
    group = _one_a_row(_Group(tuple(links), tuple(parents)))
    rows = group.rows
    while True:
        above = [_above(row) for row in rows]
        if None in above or len(set(above)) < len(rows):
            return _Group(group.links, rows)
        rows = tuple(above)


def _above(element: HtmlElement) -> HtmlElement | None:
    """The element around one, but for what only makes letters fat."""
    return next((outer for outer in element.iterancestors() if step_of(outer)), None)


def _one_a_row(group: _Group) -> _Group:
    """Of several links in one row (a department, a picture, the title), the one that says most."""
    best: dict[HtmlElement, tuple[float, HtmlElement]] = {}
    for link, row in zip(group.links, group.rows, strict=True):
        says = width_of(title_of(link))
        if row not in best or says > best[row][0]:
            best[row] = (says, link)
    return _Group(tuple(link for _says, link in best.values()), tuple(best))


def _items(page: Page, group: _Group) -> tuple[Item, ...]:
    found: dict[str, Item] = {}
    for link, row in zip(group.links, group.rows, strict=True):
        url, title = clean(joined(page.base, link.get("href") or "")), title_of(link)
        if not url or width_of(title) < 1:
            continue
        if url not in found or width_of(title) > width_of(found[url].title):
            found[url] = Item(title, url, date_of(row, link))
        if len(found) >= MOST_ITEMS:
            break
    return tuple(found.values())


def _score(page: Page, group: _Group, items: Sequence[Item]) -> float:
    """How much it is like a list of news: many long, different titles with days, on one host."""
    many = min(len(items), _ENOUGH) / _ENOUGH
    telling = min(median(width_of(item.title) for item in items), _TELLING) / _TELLING
    dated = sum(1 for item in items if item.date) / len(items)
    different = len({item.title for item in items}) / len(items)
    site = _site(page.url)
    at_home = sum(1 for item in items if _site(item.url) == site) / len(items)
    alike = max(Counter(_shape(item.url) for item in items).values()) / len(items)
    beside = any(stands_beside(e) for e in group.rows[0].iterancestors()) or _at_edge(group)
    score = many * telling * (1 + dated) * different * (0.3 + 0.7 * at_home) * (0.6 + 0.4 * alike)
    return round(score * (0.3 if beside else 1.0), 4)


def _at_edge(group: _Group) -> bool:
    return any(element.tag in ("header", "nav") for element in group.rows[0].iterancestors())


def _site(url: str) -> str:
    """What the addresses of one owner have in common: news.example.com and www.example.com."""
    labels = (urlsplit(url).netloc or "").lower().split(".")
    second = len(labels) > 2 and labels[-2] in ("gov", "com", "org", "net", "edu", "ac", "co")
    return ".".join(labels if labels[-1][:1].isdigit() else labels[-3 if second else -2 :])


def _shape(url: str) -> str:
    return re.sub(r"\d+", "0", urlsplit(url).path)


# --- places ---


def _place(page: Page, paths: Paths, group: _Group) -> str:
    """The shortest description of where the rows are that fits nothing else on the page."""
    holder = _around(group.rows)
    to_holder, to_row = paths.steps(holder), paths.steps(group.rows[0])
    to_link = paths.steps(group.links[0])
    inside, link = to_row[len(to_holder) :], to_link[len(to_row) :]
    links = [paths.steps(one) for one in _links(page)]
    same = sum(1 for steps in links if steps == to_link)
    for length in range(1, len(to_holder) + 1):
        end = to_holder[-length:]
        named = "#" in end[0] or (length > 1 and any("." in step or "#" in step for step in end))
        whole = end + inside + link
        if named and sum(1 for steps in links if _ends(steps, whole)) == same:
            return _OUTER.join(_INNER.join(part) for part in (end, inside, link))
    return _OUTER.join(_INNER.join(part) for part in (to_holder, inside, link))


def _around(rows: Sequence[HtmlElement]) -> HtmlElement:
    """The lowest element that holds all the rows."""
    common = [rows[0], *rows[0].iterancestors()][1:]
    for row in rows[1:]:
        above = set(row.iterancestors())
        common = [element for element in common if element in above]
    return common[0]


def _read_place(place: str) -> tuple[Steps, Steps, Steps]:
    parts = [tuple(part.split(_INNER)) if part else () for part in place.split(_OUTER.strip())]
    trimmed = [tuple(step.strip() for step in part if step.strip()) for part in parts]
    holder, row, link = [*trimmed, (), (), ()][:3]
    return holder, row, link


def is_place(text: str) -> bool:
    """Whether a text can be the place of a list."""
    holder, row, link = _read_place(text)
    return bool(holder and (row or link)) and len(text) <= LONGEST_PLACE


def _ends(steps: Steps, end: Steps) -> bool:
    return len(steps) >= len(end) and steps[len(steps) - len(end) :] == end


def _row(paths: Paths, link: HtmlElement, to_row: Steps) -> HtmlElement:
    """The highest element around a link that is on the path to a row."""
    found = link
    for element in link.iterancestors():
        if _ends(paths.steps(element), to_row):
            found = element
        elif found is not link:
            break
    return found


def _stands_empty(page: Page, paths: Paths, holder: Steps) -> bool:
    """Whether what holds the list is there without links, or says itself that nothing is there."""
    elements = _at(page, paths, holder)
    if elements:
        return _telling(elements) < FEWEST
    around = _at(page, paths, holder[:-1])
    named = len(holder) > 1 and any(sign in "".join(holder[:-1]) for sign in "#.")
    if not named or not around or _telling(around) >= FEWEST:
        return False
    return any(_NOTHING_YET.search(words_of(element)) for element in around)


def _at(page: Page, paths: Paths, end: Steps) -> list[HtmlElement]:
    numbers = paths.ending(end) if end else set()
    return [e for e in page.root.iter("*") if paths.number(e) in numbers] if numbers else []


def _telling(elements: Iterable[HtmlElement]) -> int:
    return sum(
        1
        for element in elements
        for link in element.iter("a")
        if link.get("href") and width_of(title_of(link)) >= 4
    )
