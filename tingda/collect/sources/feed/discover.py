"""What a pasted address may be to somebody who looks for feeds."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from tingda.collect.sources.contract import Pasted, Proposal
from tingda.collect.sources.feed.charset import decode
from tingda.collect.sources.feed.links import Linked, linked_feeds
from tingda.collect.sources.feed.packing import unpacked_body
from tingda.collect.sources.feed.parts import Feed, Ground
from tingda.collect.sources.feed.read import read_text
from tingda.collect.sources.feed.sitemap import Sitemap, read_sitemap
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

COMMON = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml")
MOST_LINKS = 8
MOST_LIKELY = 3  # links of which only the look speaks, and sitemaps: these are asked
_ANY_TIME = datetime(9000, 1, 1, tzinfo=UTC)  # titles are told here, and no times
_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_FEED = re.compile(r"<(?:rss|feed|rdf:rdf|channel|urlset|sitemapindex)[\s>]", re.IGNORECASE)


def recognise(pasted: Pasted, manners: Manners) -> list[Proposal]:
    """The feed that stands there, or those that the page names, else one at a usual place.

    Refused where it is a sitemap of ordinary pages, or a feed that cannot be read.
    """
    came = pasted.came
    if came is None:
        return []
    text = decode(unpacked_body(came.body), came.headers.get("content-type", ""))
    if urlsplit(came.url).path == "/robots.txt":
        return list(_named_in_robots(text, came.url, manners))
    if not _is_page(text):
        return _as_it_is(text, came, came.moved_permanently_to or pasted.address, manners)
    linked = linked_feeds(text, came.url)
    declared = [_declared(one) for one in linked if one.declared][:MOST_LINKS]
    if declared:
        return declared
    likely = [one.address for one in linked if not one.declared][:MOST_LIKELY]
    why = _("网页上有一个链接，打开就是订阅源，现在有 %(count)s 条")
    found = list(_asked(likely, why, manners))
    return found or _at_usual_places(came.url, manners)


def _is_page(text: str) -> bool:
    head = text[:4096]
    return bool(_HTML.search(head)) and not _FEED.search(head)


def _as_it_is(text: str, came: Response, address: str, manners: Manners) -> list[Proposal]:
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("<", "{"):
        return []
    found = _read(text, came, manners)
    if isinstance(found, Sitemap):
        if not found.is_index:
            return [_sitemap(found, address)]
        inside = next(_asked(found.children[:MOST_LIKELY], "", manners), None)
        return [Proposal("feed", address, inside.name, why=_INDEX)] if inside else []
    why = _("这就是订阅源，现在有 %(count)s 条")
    return [_proposal(found, address, why)]


_INDEX = _("这是站点地图的目录，其中有新闻站点地图，可以当作订阅源听（只有标题、网址和时间）")


def _read(text: str, came: Response, manners: Manners) -> Feed | Sitemap:
    ground = Ground(came.url, _ANY_TIME, manners.zone)
    return read_sitemap(text, ground) or read_text(text, came.headers, ground)


def _proposal(feed: Feed, address: str, why: str) -> Proposal:
    params = {"count": len(feed.entries)}
    return Proposal("feed", address, feed.title[:100], why=why, params=params)


def _sitemap(found: Sitemap, address: str) -> Proposal:
    why = _("这是新闻站点地图，现在有 %(count)s 条（只有标题、网址和时间）")
    params = {"count": len(found.entries)}
    return Proposal("feed", address, found.title[:100], why=why, params=params)


def _declared(link: Linked) -> Proposal:
    why = _("网页里写着这个订阅地址")
    if link.is_comments:
        why = _("网页里写着这个订阅地址，是评论的订阅")
    return Proposal("feed", link.address, link.title[:100], why=why)


def _asked(addresses: Iterable[str], why: str, manners: Manners) -> Iterator[Proposal]:
    """Those of the addresses at which a feed stands, or a sitemap of news."""
    for address in addresses:
        if not manners.has_time:
            return
        try:
            came = manners.get_page(address)
            text = decode(unpacked_body(came.body), came.headers.get("content-type", ""))
            if _is_page(text) or text.lstrip("\ufeff \t\r\n")[:1] not in ("<", "{"):
                continue
            found = _read(text, came, manners)
        except Refused as refusal:
            if _is_closed(refusal):
                return
            continue
        if isinstance(found, Feed):
            yield _proposal(found, address, why)
        elif not found.is_index:
            yield _sitemap(found, address)


def _is_closed(refusal: Refused) -> bool:
    """Whether the host would answer the next question no better."""
    if not isinstance(refusal, FetchFailed):
        return False
    return not 400 <= refusal.status < 500 or refusal.status == 429


def _at_usual_places(url: str, manners: Manners) -> list[Proposal]:
    """One feed at a place where many sites have it; else what the site's robots.txt names."""
    why = _("网页里没有写订阅地址，但在这个网站常见的位置找到了订阅源，现在有 %(count)s 条")
    usual = [urljoin(url, path) for path in COMMON]
    if found := next(_asked(usual, why, manners), None):
        return [found]
    if not manners.has_time:
        return []
    try:
        robots = manners.get(urljoin(url, "/robots.txt"))
    except Refused:
        return []
    text = decode(robots.body, robots.headers.get("content-type", ""))
    return [] if _is_page(text) else list(_named_in_robots(text, robots.url, manners))


def _named_in_robots(text: str, url: str, manners: Manners) -> Iterator[Proposal]:
    named = [urljoin(url, found) for found in _SITEMAP_LINE.findall(text[: 500 * 1024])]
    return _asked(_news_first(named)[:MOST_LIKELY], "", manners)


def _news_first(addresses: Sequence[str]) -> list[str]:
    return sorted(dict.fromkeys(addresses), key=lambda address: "news" not in address.lower())
