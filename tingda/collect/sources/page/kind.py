"""The kind “page”: a list on a web page, or one page that is watched for change."""

import re
from collections.abc import Mapping
from typing import Any

from tingda.collect.rules import Look
from tingda.collect.sources.contract import Ask, Kind, Option, Pasted, Proposal
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.page import pages
from tingda.collect.sources.page.listing import look_list
from tingda.collect.sources.page.pages import text_option
from tingda.collect.sources.page.watching import look_watch
from tingda.lib.fetch import FetchFailed
from tingda.lib.listing import Listing, find_lists, is_place
from tingda.lib.listing_chosen import check_selector
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

MOST_LISTS = 3
SHOWN = 3  # titles of a proposed list
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|div|table|ul|p)\b", re.IGNORECASE)
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml)\b")
_SELECTORS = ("list_selector", "title_selector", "date_selector", "watch_selector")

OPTIONS = (
    Option(
        "mode",
        _("怎么听"),
        _("列表：公告栏、新闻列表、论坛版面，每一条是一条声音。盯住：一个网页的文字一改就报"),
        form="choice",
        choices=(("list", _("听列表里的每一条")), ("watch", _("盯住这个网页的改动"))),
        default="list",
    ),
    Option("follow", _("打开每一条读正文"), form="flag", default="yes"),
    Option(
        "pages", _("第一次看几页"), _("列表有“下一页”时，1 到 10 页"), form="number", default="1"
    ),
    Option("place", _("列表的位置"), _("选定列表时自动记下，一般不用改；空着就自己找")),
    Option(
        "list_selector", _("每一条的 CSS 选择器"), _("给会用的人：如 ul.news > li，填了就按它找")
    ),
    Option("title_selector", _("标题的 CSS 选择器"), _("在每一条里面找，可以空着")),
    Option("date_selector", _("日期的 CSS 选择器"), _("在每一条里面找，可以空着")),
    Option("watch_selector", _("要盯住的部分"), _("CSS 选择器，空着就看整个网页的正文")),
)


def look(ask: Ask, manners: Manners) -> Look:
    """Look once; see `look_list` and `look_watch`."""
    return (look_watch if ask.options.get("mode") == "watch" else look_list)(ask, manners)


def check(address: str, options: Mapping[str, Any]) -> str:
    """The address as it is. Refused: selectors that are none, and numbers of pages out of range."""
    for name in _SELECTORS:
        if selector := text_option(options, name):
            check_selector(selector)
    told = str(options.get("pages") or 1).strip()
    if not (told.isdecimal() and 1 <= int(told[:9]) <= pages.MOST_PAGES):
        raise Refused(_("第一次看的页数请在 1 到 %(most)s 之间"), most=pages.MOST_PAGES)
    place = text_option(options, "place")
    if place and not is_place(place):
        raise Refused(_("列表的位置不对。请重新粘贴网址选一次，或者空着"))
    row = text_option(options, "list_selector")
    if not row and (
        text_option(options, "title_selector") or text_option(options, "date_selector")
    ):
        raise Refused(_("标题和日期的选择器是在每一条里面找的，请先填每一条的 CSS 选择器"))
    return address


def recognise(pasted: Pasted, _manners: Manners) -> list[Proposal]:
    """The lists of a page, the surest first, then watching it.

    `params` has `count`, `titles` (the first few as one text) and `first` (as a list). Raises
    LoginWall where a page wants a password and shows no list.
    """
    if isinstance(pasted.refusal, FetchFailed) and pasted.refusal.status in (401, 403):
        raise pages.wall(pasted.address, pasted.refusal.status)
    came = pasted.came
    if came is None or _FEED.search(came.body[:2000]) or not _PAGE.search(came.body[:50_000]):
        return []
    page = pages.page(came)
    lists = find_lists(page, most=MOST_LISTS)
    if not lists and page.asks_password:
        raise pages.wall(page.url)
    name = page.title[:100]
    proposals = [_proposal(pasted.address, name, one) for one in lists]
    why = _("盯住这一个网页：文字有改动就报，并写明改了什么")
    watch = Proposal("page", pasted.address, name, {"mode": "watch"}, why, {"title": name})
    return [*proposals, watch]


def _proposal(address: str, name: str, listing: Listing) -> Proposal:
    first = [item.title for item in listing.items[:SHOWN]]
    return Proposal(
        "page",
        address,
        name,
        {"mode": "list", "place": listing.place},
        _("网页上的一个列表，共 %(count)s 条，开头是：%(titles)s"),
        {"count": len(listing.items), "titles": "；".join(first), "first": first},
    )


KIND = Kind(
    look=look,
    recognise=recognise,
    check=check,
    options=OPTIONS,
    address_label=_("网页的网址"),
    address_help=_("公告栏、新闻列表、论坛版面的网址，或者要盯住的一个网页"),
    interval_minutes=60,
)
