"""The feeds that a web page links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from tingda.collect.sources.feed.parts import joined, one_line
from tingda.collect.sources.feed.read import FEED_TYPES

LARGEST = 2_000_000  # characters of a page in which links are looked for
_MAYBE = ("text/xml", "application/xml", "application/json")  # of anything, and of feeds too
_COMMENTS = re.compile("comment|评论|留言|回复", re.IGNORECASE)
_PATH = re.compile(
    r"(^|/)(rss|atom|feeds?)\d?(\.(xml|rdf|json|php|aspx?|jsp))?/?$|\.(rss|atom|rdf)$|"
    r"(^|/)(rss|atom|feeds?)[/_-][^/]*(\.xml)?/?$|[/_-](rss|atom|feed)\.xml$",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(^|&)(feed|format|type|output|alt)=(rss|atom|feed|rdf)\d?", re.IGNORECASE)
_FEED_HOSTS = ("feeds.", "feed.", "rss.", "feedproxy.")


@dataclass(frozen=True, slots=True)
class Linked:
    """One link. `declared` where the page says that it is a feed, and does not only look so."""

    address: str
    title: str
    declared: bool
    is_comments: bool = False


def linked_feeds(text: str, url: str) -> list[Linked]:
    """The feeds a page links: those it declares first, those of comments last."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(text[:LARGEST].encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return []
    if root is None:
        return []
    base = next((joined(url, str(el.get("href", ""))) for el in root.iter("base")), "") or url
    name = one_line(next((el.text for el in root.iter("title")), ""))
    found: dict[str, Linked] = {}
    for one in (*_declared(root, base, name), *_likely(root, base)):
        if one.address.partition("#")[0] != url:
            found.setdefault(one.address, one)
    # Python's sorting keeps the order of the page among equals.
    return sorted(found.values(), key=lambda one: (not one.declared, one.is_comments))


def _declared(root: etree._Element, base: str, name: str) -> Iterator[Linked]:
    for element in root.iter("link", "a"):
        rel = str(element.get("rel", "")).lower().split()
        kind = str(element.get("type", "")).partition(";")[0].strip().lower()
        address = joined(base, str(element.get("href", "")))
        title = one_line(element.get("title", ""))
        if not address or not {"alternate", "feed"} & {*rel}:
            continue
        looks_so = _looks_like_feed(address) or bool(re.search("rss|atom|feed", title, re.I))
        if kind in FEED_TYPES or "feed" in rel or (kind in _MAYBE and looks_so):
            comments = bool(_COMMENTS.search(f"{title} {urlsplit(address).path}"))
            yield Linked(address, title or name, True, comments)


def _likely(root: etree._Element, base: str) -> Iterator[Linked]:
    """Links to read on that look like feeds, on this site or where feeds are kept for others."""
    here = _site(base)
    for element in root.iter("a"):
        address = joined(base, str(element.get("href", "")))
        if not address or not _looks_like_feed(address):
            continue
        there = _site(address)
        if there == here or there.endswith(f".{here}") or there.startswith(_FEED_HOSTS):
            comments = bool(_COMMENTS.search(urlsplit(address).path))
            yield Linked(address, one_line("".join(element.itertext())), False, comments)


def _site(address: str) -> str:
    return urlsplit(address).netloc.lower().removeprefix("www.")


def _looks_like_feed(address: str) -> bool:
    parts = urlsplit(address)
    return bool(_PATH.search(parts.path) or _QUERY.search(parts.query))
