"""One look at a feed, over the network."""

from collections.abc import Mapping
from hashlib import sha256

import httpx

from tingda.collect.rules import Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.feed.charset import decode
from tingda.collect.sources.feed.children import look_at_children
from tingda.collect.sources.feed.packing import unpacked_body
from tingda.collect.sources.feed.parts import Feed, Ground, joined, told_apart
from tingda.collect.sources.feed.read import read_text
from tingda.collect.sources.feed.sitemap import Sitemap, read_sitemap
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import Response
from tingda.lib.words import mark as _


def look(ask: Ask, manners: Manners) -> Look:
    """Look at a feed, or a sitemap of news, once.

    Raises FetchFailed where it did not come, and Refused where what came is no feed. Many servers
    know no validators: a body that is byte for byte the last one is not read again.
    """
    came = manners.get(ask.address, etag=ask.etag, last_modified=ask.last_modified)
    digest = sha256(came.body).hexdigest()
    children = [str(child["url"]) for child in ask.memory.get("children", ())]
    if came.status == 304 or digest == ask.memory.get("body"):
        # an index that did not change says nothing about the files it names
        if children:
            digest = str(ask.memory.get("body", ""))
            return look_at_children(children, digest, ask, came, manners)
        return Look(
            "not_modified",
            etag=came.etag or ask.etag,
            last_modified=came.last_modified or ask.last_modified,
            moved_to=came.moved_permanently_to,
            note=_("没有变化"),
        )
    ground = Ground(came.url, ask.now, manners.zone)
    text = decode(unpacked_body(came.body), came.headers.get("content-type", ""))
    found: Sitemap | Feed = read_sitemap(text, ground) or read_text(text, came.headers, ground)
    if isinstance(found, Sitemap) and found.is_index:
        return look_at_children(found.children, digest, ask, came, manners)
    memory = {"body": digest}
    if isinstance(found, Feed):
        memory |= told_links(found, came, ask.address)
    return Look(
        "ok",
        tuple(told_apart(found.entries)),
        etag=came.etag,
        last_modified=came.last_modified,
        moved_to=came.moved_permanently_to,
        title=found.title[:200],
        memory=memory,
    )


def told_links(feed: Feed, came: Response, address: str) -> dict[str, str]:
    """{"hub", "self"} where a hub tells of what is new; what the server says goes before what the
    feed says (https://www.w3.org/TR/websub/#discovery).
    """
    header = _linked(came.headers)
    hub = joined(came.url, header.get("hub", "")) or feed.hub
    topic = joined(came.url, header.get("self", "")) or feed.topic or address
    return {"hub": hub, "self": topic} if hub and max(len(hub), len(topic)) <= 1000 else {}


def _linked(headers: Mapping[str, str]) -> dict[str, str]:
    """{relation: address} of the header Link."""
    told = headers.get("link", "")[:8000]
    links = httpx.Response(200, headers={"Link": told.encode("ascii", "replace").decode()}).links
    return {
        rel.lower(): link.get("url", "")
        for link in links.values()
        for rel in (link.get("rel") or "").split()
    }
