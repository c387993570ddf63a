"""A list page (notices, news, a board) as entries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.feed.parts import Ground, moment
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.page import pages
from tingda.collect.sources.page.following import (
    Waiting,
    follow,
    remembered,
    to_remember,
    unknown,
    waiting_of,
)
from tingda.collect.sources.page.pages import text_option
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.listing import find_lists, read_list
from tingda.lib.listing_chosen import Chosen, read_chosen
from tingda.lib.listing_links import next_page
from tingda.lib.listing_page import Page
from tingda.lib.listing_records import Item
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


class Rebuilt(Refused):
    """What was listened to is not where it was."""

    kind = "rebuilt"


@dataclass
class _Seen:
    """What one look saw: all entries of the pages, the unknown ones, and where it stopped."""

    place: str
    title: str = ""
    entries: list[Entry] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    goes_on: dict[str, Any] = field(default_factory=dict)


def look_list(ask: Ask, manners: Manners) -> Look:
    """Look at a list once: its entries, and the articles of those that are new.

    Raises FetchFailed, RobotsRefused or LoginWall where nothing came, Refused (Rebuilt) where
    the list is not on the page.
    """
    memory = dict(ask.memory)
    waiting = remembered(memory)
    came = pages.get_again(ask, manners)
    digest = sha256(came.body).hexdigest()
    same = came.status == 304 or digest == memory.get("body")
    seen = _Seen(str(memory.get("place", "")))
    if not same:
        seen = _first_page(came, ask, manners, waiting)
        memory |= {"body": digest, "place": seen.place}
    if not ask.trial:
        _further(seen, memory, ask, manners, waiting)
    memory["next"] = seen.goes_on
    wants_articles = bool(ask.options.get("follow", True))
    following = wants_articles and not ask.trial
    waiting += [waiting_of(entry) for entry in seen.new] if following else []
    followed = follow(waiting, ask, manners)
    entries = followed.entries if following else (*followed.entries, *seen.entries)
    return Look(
        "not_modified" if same and not entries else "ok",
        entries,
        etag=came.etag or (ask.etag if same else ""),
        last_modified=came.last_modified or (ask.last_modified if same else ""),
        moved_to=came.moved_permanently_to,
        note=_note(same, seen, followed.waiting, later=ask.trial and wants_articles),
        title=seen.title,
        memory=memory | {"waiting": to_remember(followed.waiting)},
        more=followed.more or bool(seen.goes_on),
    )


def _note(same: bool, seen: _Seen, waiting: tuple[Waiting, ...], *, later: bool) -> str:
    if seen.entries and later:
        return _("这是列表上的标题，正文在添加之后再一条条读。")
    if waiting:
        return _("有的文章还没有读完，接着读")
    if same:
        return _("没有变化")
    return "" if seen.entries else _("列表是空的")


# --- the pages of the list ---


def _first_page(came: Response, ask: Ask, manners: Manners, waiting: list[Waiting]) -> _Seen:
    page = pages.page(came)
    seen = _Seen(_place(page, ask), page.title)
    first = "place" not in ask.memory
    _take(seen, page, ask, manners, waiting)
    limit = pages.pages_wanted(ask.options) if first else pages.MOST_PAGES
    seen.goes_on = _goes_on(seen, page, limit - 1, first)
    return seen


def _further(
    seen: _Seen, memory: Mapping[str, Any], ask: Ask, manners: Manners, waiting: list[Waiting]
) -> None:
    """The pages after the first, also those that an earlier look had no time for."""
    asked = {ask.address}
    todo = seen.goes_on or dict(memory.get("next") or {})
    seen.goes_on = {}
    while todo:
        address = str(todo["url"])
        if not manners.has_time:
            seen.goes_on = todo
            return
        if address in asked:
            return
        asked.add(address)
        try:
            page = pages.page(pages.get(manners, address))
            new = _take(seen, page, ask, manners, waiting)
        except FetchFailed as failure:
            seen.goes_on = _once_more(todo, failure)
            return
        except Refused:  # a page that is no list any more is the end of it
            return
        todo = _goes_on(seen, page, int(todo["left"]) - 1, bool(todo["first"]), new)


def _once_more(todo: dict[str, Any], failure: FetchFailed) -> dict[str, Any]:
    """A page that did not come is asked for at two more looks; one that is not there is the end."""
    tries = int(todo.get("tries", 0)) + (failure.kind != "busy")
    return {} if failure.status in (404, 410) or tries > 2 else {**todo, "tries": tries}


def _goes_on(
    seen: _Seen, page: Page, left: int, first: bool, new: list[Entry] | None = None
) -> dict[str, Any]:
    """The next page, where it is wanted: at the first look always, later while all was new."""
    last_is_new = bool(seen.entries) and bool(seen.new) and seen.entries[-1] in seen.new
    if left <= 0 or not (first or last_is_new) or new == []:
        return {}
    address = next_page(page)
    return {"url": address, "left": left, "first": first} if address else {}


def _take(
    seen: _Seen, page: Page, ask: Ask, manners: Manners, waiting: list[Waiting]
) -> list[Entry]:
    """Read the entries of one page into what was seen; those that it added."""
    ground = Ground(page.url, ask.now, manners.zone)
    known = {entry.url for entry in seen.entries}
    entries = [
        entry
        for item in _items(page, seen, ask)
        if (entry := _entry(item, ground)).url not in known
    ]
    seen.entries += entries
    seen.new += unknown(entries, waiting, ask)
    return entries


def _entry(item: Item, ground: Ground) -> Entry:
    said_at, precision = moment([item.date], ground)
    return Entry(title=item.title, url=item.url, said_at=said_at, precision=precision)


# --- the list on the page ---


def _chosen(options: Mapping[str, Any]) -> Chosen | None:
    row = text_option(options, "list_selector")
    if not row:
        return None
    return Chosen(
        row, text_option(options, "title_selector"), text_option(options, "date_selector")
    )


def _place(page: Page, ask: Ask) -> str:
    """Where the list is: as somebody said, as at the last look, else the surest one there is."""
    told = text_option(ask.options, "place") or str(ask.memory.get("place", ""))
    if told or _chosen(ask.options):
        return told
    found = find_lists(page, most=1)
    if found:
        return found[0].place
    if page.asks_password:
        raise pages.wall(page.url)
    raise Refused(
        _(
            "网页上没有找到列表（一行行的链接）。请换成有列表的网页；"
            "如果在浏览器里看得到，列表可能是脚本画出来的，请找它的订阅地址"
        )
    )


def _items(page: Page, seen: _Seen, ask: Ask) -> Iterator[Item]:
    chosen = _chosen(ask.options)
    if chosen:
        items = read_chosen(page, chosen)
    else:
        listing = read_list(page, seen.place)
        items = listing.items if listing else None
    if items is None:
        if page.asks_password:
            raise pages.wall(page.url)
        host = urlsplit(page.url).netloc
        raise Rebuilt(_("%(host)s 的网页改版了，找不到原来的列表，请重新指一次"), host=host)
    yield from items
