"""A feed (RSS, Atom, RDF): what it says now, as entries."""

import io
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

import feedparser
from feedparser import FeedParserDict
from w3lib.encoding import (
    html_body_declared_encoding,
    html_to_unicode,
    http_content_type_encoding,
    read_bom,
)

from tingda import __version__
from tingda.collect.rules import Entry, Look
from tingda.lib.dates import parse_when
from tingda.lib.fetch import Limits, Response, fetch
from tingda.lib.markup import plain_text
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

# Python knows them as charsets; no page is written in them, and some take for ever.
_NOT_FOR_PAGES = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"))
_WIDE = {b"<\x00?\x00": "utf-16-le", b"\x00<\x00?": "utf-16-be"}  # what "<?" looks like there
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")


@dataclass(frozen=True, slots=True)
class Manners:
    """How we go out: whom a webmaster can reach, which private hosts are allowed, and limits.

    `zone` is what a time without one is read in.
    """

    zone: tzinfo
    contact: str = ""
    allowed_hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def agent(self) -> str:
        """The name given to every server that is asked."""
        return f"Tingda/{__version__}" + (f" (+{self.contact})" if self.contact else "")


def look(
    address: str, *, now: datetime, manners: Manners, etag: str = "", last_modified: str = ""
) -> Look:
    """Look at a feed once. `etag` and `last_modified` are what the last look brought.

    Raises FetchFailed where it did not come, and Refused where what came is no feed.
    """
    came = fetch(
        address,
        agent=manners.agent,
        etag=etag or None,
        last_modified=last_modified or None,
        allowed_hosts=manners.allowed_hosts,
        limits=manners.limits,
    )
    if came.status == 304:
        return Look(
            "not_modified",
            etag=came.etag or etag,
            last_modified=came.last_modified or last_modified,
            moved_to=came.moved_permanently_to,
            note=_("没有变化"),
        )
    return _heard(came, now=now, zone=manners.zone)


def _heard(came: Response, *, now: datetime, zone: tzinfo) -> Look:
    content_type = came.headers.get("content-type", "")
    title, entries = read(came.body, content_type, came.url, now=now, zone=zone)
    return Look(
        "ok",
        tuple(entries),
        etag=came.etag[:1000],
        last_modified=came.last_modified[:200],
        moved_to=came.moved_permanently_to,
        title=title,
    )


def parse(body: bytes, content_type: str, url: str, *, now: datetime, zone: tzinfo) -> list[Entry]:
    """Read the entries of a feed. Refused where it is a web page, or nothing that is a feed."""
    return read(body, content_type, url, now=now, zone=zone)[1]


def read(
    body: bytes, content_type: str, url: str, *, now: datetime, zone: tzinfo
) -> tuple[str, list[Entry]]:
    """The title of a feed and its entries; see `parse`."""
    text = _text(body, content_type)
    try:
        # feedparser is told the charset that was decided here, whatever the feed says of itself,
        # and not the address: it would write it into every guid, which then changes with it.
        found = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
        )
    except Exception as error:  # a feed can be broken in ways that feedparser does not expect
        raise Refused(_("这个订阅源坏了，读不出来。请告诉对方，或换一个地址")) from error
    if not found.get("version") and not found.get("entries"):
        raise _no_feed(text, found, url)
    entries = [
        entry for item in found.entries if (entry := _entry(item, url, now, zone)) is not None
    ]
    return _one_line(found.feed.get("title", ""))[:200], list(_told_apart(entries))


def _no_feed(text: str, found: FeedParserDict, url: str) -> Refused:
    links = [
        _joined(url, str(link.get("href", "")))
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


# --- characters ---


def _text(body: bytes, content_type: str) -> str:
    """Decode as what it is declared to be where that holds, else as what it can be.

    Servers often say one charset and feeds another; one bad byte must not turn the whole feed
    into another alphabet. w3lib knows what browsers read a declared name as (gb2312: gb18030).
    """
    if read_bom(body)[0] is None:
        declared = (html_body_declared_encoding(body), http_content_type_encoding(content_type))
        for charset in (_WIDE.get(body[:4]), *declared, "utf-8", "gb18030"):
            if charset is not None and (text := _strictly(body, charset)) is not None:
                return text
    return html_to_unicode(None, body)[1]


def _strictly(body: bytes, charset: str) -> str | None:
    if charset in _NOT_FOR_PAGES:
        return None
    try:
        return body.decode(charset)
    except (UnicodeError, LookupError):
        return None


# --- entries ---


def _entry(item: FeedParserDict, base: str, now: datetime, zone: tzinfo) -> Entry | None:
    url = _joined(base, str(item.get("link", "")))
    title = _one_line(item.get("title", ""))
    text = plain_text(_longest(item))
    if not (title or text or url):
        return None
    said_at, precision = _said_at(item, now, zone)
    return Entry(
        title=title or ("" if text else url),
        text=text,
        url=url,
        said_at=said_at,
        precision=precision,
        author=_one_line(item.get("author", ""))[:200],
        guid=str(item.get("id", "")).strip(),
    )


def _one_line(text: object) -> str:
    return " ".join(plain_text(str(text or "")).split())


def _longest(item: FeedParserDict) -> str:
    """Feeds put the whole in `content` and a beginning in `summary`, or the other way about."""
    parts = [str(part.get("value", "")) for part in item.get("content", [])]
    return max([*parts, str(item.get("summary", ""))], key=len)


def _joined(base: str, link: str) -> str:
    """The whole address of a link; "" where it is none that a reader may be sent to."""
    link = link.strip()
    try:
        whole = urljoin(base, link) if link else ""
        good = urlsplit(whole).scheme.lower() in ("http", "https") and len(whole) <= 2000
    except ValueError:
        return ""
    return whole if good else ""


def _said_at(item: FeedParserDict, now: datetime, zone: tzinfo) -> tuple[datetime | None, str]:
    """Nonsense times (1980, 2041) are no times. A time without a zone is the office's own."""
    # "in" first: feedparser answers some names with others, and warns about it.
    told = [item[name] for name in ("published", "updated", "created") if name in item]
    written = next((str(text) for text in told if text), "")
    times = [item[name] for name in ("published_parsed", "updated_parsed") if name in item]
    parsed = next((parts for parts in times if parts), None)
    iso = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6]) if parsed else ""
    for text in filter(None, (written, iso)):
        try:
            when = parse_when(text, now=now, zone=zone)
        except Refused:
            continue
        return when.at, when.precision
    return None, "unknown"


def _told_apart(entries: list[Entry]) -> Iterator[Entry]:
    """Where one guid, or one link without a guid, stands for several, it identifies none."""
    guids = _shared((entry.guid, (entry.url, entry.title)) for entry in entries)
    entries = [replace(entry, guid="") if entry.guid in guids else entry for entry in entries]
    links = _shared((entry.url, entry.title) for entry in entries if not entry.guid)
    for entry in entries:
        if not entry.guid and entry.url in links:
            said = f"{entry.url}\0{entry.title}\0{entry.text}"
            entry = replace(entry, guid=sha256(said.encode("utf-8", "replace")).hexdigest())
        yield entry


def _shared(pairs: Iterator[tuple[str, object]]) -> set[str]:
    return {key for key, count in Counter(key for key, _what in set(pairs)).items() if count > 1}
