"""The bytes of a feed as entries: RSS 0.9-2.0, Atom, RDF, CDF, JSON Feed."""

import io
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

import feedparser
from feedparser import FeedParserDict

from tingda.collect.rules import Entry
from tingda.collect.sources.feed.charset import decode
from tingda.collect.sources.feed.guard import check
from tingda.collect.sources.feed.json_feed import read_json
from tingda.collect.sources.feed.packing import unpacked_body
from tingda.collect.sources.feed.parts import (
    Feed,
    Ground,
    joined,
    language,
    moment,
    one_line,
    told_apart,
)
from tingda.lib.markup import plain_text
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
)


def parse(body: bytes, content_type: str, url: str, *, now: datetime, zone: tzinfo) -> list[Entry]:
    """Read the entries of a feed. Refused where it is a web page, or nothing that is a feed."""
    return read(body, content_type, url, now=now, zone=zone)[1]


def read(
    body: bytes, content_type: str, url: str, *, now: datetime, zone: tzinfo
) -> tuple[str, list[Entry]]:
    """The title of a feed and its entries; see `parse`."""
    feed = read_feed(body, {"content-type": content_type}, Ground(url, now, zone))
    return feed.title[:200], list(told_apart(feed.entries))


def read_feed(body: bytes, headers: Mapping[str, str], ground: Ground) -> Feed:
    """A feed as it stands. `headers` are the server's, by names in small letters.

    Refused where it is a web page, or nothing that is a feed.
    """
    body = unpacked_body(body)
    return read_text(decode(body, headers.get("content-type", "")), headers, ground)


def read_text(text: str, headers: Mapping[str, str], ground: Ground) -> Feed:
    """The same of what is decoded already."""
    if text.lstrip("\ufeff \t\r\n")[:1] == "{":
        feed = read_json(text.lstrip("\ufeff"), ground)
        if feed is None:
            raise _no_feed(text, FeedParserDict(feed=FeedParserDict()), ground.url)
        return feed
    return _read_xml(text, headers.get("content-language", ""), ground)


def _read_xml(text: str, lang: str, ground: Ground) -> Feed:
    text = text.lstrip()  # feedparser needs the square of the blank lines before a feed
    check(text)
    # feedparser is told the charset that was decided here, whatever the feed says of itself,
    # and not the address: it would write it into every guid, which then changes with it.
    told = {"content-type": "application/xml; charset=utf-8"}
    if lang:
        told["content-language"] = lang
    try:
        found = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=told,
            # Only plain text is kept, and `plain_text` cleans; twice would take twice as long.
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # a feed can be broken in ways that feedparser does not expect
        raise Refused(_("这个订阅源坏了，读不出来。请告诉对方，或换一个地址")) from error
    if not found.get("version") and not found.get("entries"):
        raise _no_feed(text, found, ground.url)
    # In RSS the language of the channel is that of its items; in Atom xml:lang was inherited.
    said = found.feed.get("language") if str(found.version).startswith("rss") else None
    return Feed(
        title=one_line(found.feed.get("title", "")),
        link=joined(ground.url, str(found.feed.get("link", ""))),
        lang=language(found.feed.get("language")),
        entries=tuple(_entry(item, said, ground) for item in _whole(found.entries, text)),
        hub=_feed_link(found, "hub", ground.url),
        topic=_feed_link(found, "self", ground.url),
    )


def _whole(items: list[FeedParserDict], text: str) -> list[FeedParserDict]:
    """Without the last item where the feed breaks off in it: what is half said would be another
    entry, and be heard again when it comes whole.
    """
    begun = max(text.rfind("<item"), text.rfind("<entry"))
    ended = max(text.rfind("</item"), text.rfind("</entry"))
    return items[:-1] if begun > ended >= 0 or (begun >= 0 > ended) else items


def _feed_link(found: FeedParserDict, rel: str, url: str) -> str:
    """The first link of the feed itself with this relation."""
    links = [joined(url, str(link.get("href", ""))) for link in _links(found.feed, rel)]
    return next(filter(None, links), "")


def _links(feed: FeedParserDict, rel: str) -> list[FeedParserDict]:
    return [link for link in feed.get("links", []) if link.get("rel") == rel]


def _no_feed(text: str, found: FeedParserDict, url: str) -> Refused:
    links = [
        joined(url, str(link.get("href", "")))
        for link in found.feed.get("links", [])
        if str(link.get("type", "")).lower() in FEED_TYPES
    ]
    if links:
        return Refused(
            _("这是网页，不是订阅源。网页里写着订阅地址，请改用：%(link)s"), link=links[0][:500]
        )
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    if not start:
        return Refused(_("这个地址没有给出任何内容。请用浏览器打开看看"))
    if "<html" in start or start.startswith("<!doctype html"):
        return Refused(_("这是网页，不是订阅源。请在网页上找“RSS”或“订阅”的链接，填那个地址"))
    return Refused(_("这不是订阅源（RSS 或 Atom）。请检查地址"))


# --- entries ---


def _entry(item: FeedParserDict, lang: object, ground: Ground) -> Entry:
    url = joined(ground.url, _link(item))
    part = _longest(item)
    text = plain_text(str(part.get("value", "")))
    said_at, precision = moment(_times(item), ground)
    return Entry(
        title=one_line(item.get("title", "")) or ("" if text else url),
        text=text,
        url=url,
        said_at=said_at,
        precision=precision,
        author=one_line(item.get("author", ""))[:200],
        guid=str(item.get("id", "")).strip(),
        lang=_language(item, part, lang),
    )


def _link(item: FeedParserDict) -> str:
    """The page of an item; feedparser takes the last link where it is written as text."""
    links = item.get("links", [])
    found = str(item.get("link", ""))
    pages = [str(link.get("href", "")) for link in links if link.get("rel") == "alternate"]
    is_other = any(link.get("href") == found for link in links) and found not in pages
    return next(filter(None, pages), found) if is_other else found


def _longest(item: FeedParserDict) -> FeedParserDict:
    """Feeds put the whole in `content` and a beginning in `summary`, or the other way about."""
    summary = FeedParserDict(item.get("summary_detail") or {})
    summary["value"] = str(item.get("summary", ""))
    parts = [*item.get("content", []), summary]
    return max(parts, key=lambda part: len(str(part.get("value", ""))))


def _language(item: FeedParserDict, part: FeedParserDict, lang: object) -> str:
    """Of the words, else of the title; both know of xml:lang around them, also of an empty one."""
    for words in (part, item.get("title_detail", {})):
        if words.get("value") and "language" in words:
            return language(words["language"], lang)
    return language(item.get("language"), lang)


def _times(item: FeedParserDict) -> Iterator[str]:
    """When it was said, as written and as feedparser understood it: the first counts."""
    # "in" first: feedparser answers some names with others, and warns about it.
    told = [item[name] for name in ("published", "updated", "created") if name in item]
    yield next((str(text) for text in told if text), "")
    names = ("published_parsed", "updated_parsed", "created_parsed")
    times = [item[name] for name in names if name in item]
    parsed = next((parts for parts in times if parts), None)
    yield "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6]) if parsed else ""
