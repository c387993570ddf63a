"""One look at a feed, over the network."""

from hashlib import sha256

from tingda.collect.rules import Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.feed.parts import Ground, told_apart
from tingda.collect.sources.feed.read import read_feed
from tingda.collect.sources.manners import Manners
from tingda.lib.words import mark as _


def look(ask: Ask, manners: Manners) -> Look:
    """Look at a feed once.

    Raises FetchFailed where it did not come, and Refused where what came is no feed. Many servers
    know no validators: a body that is byte for byte the last one is not read again.
    """
    came = manners.get(ask.address, etag=ask.etag, last_modified=ask.last_modified)
    digest = sha256(came.body).hexdigest()
    if came.status == 304 or digest == ask.memory.get("body"):
        return Look(
            "not_modified",
            etag=came.etag or ask.etag,
            last_modified=came.last_modified or ask.last_modified,
            moved_to=came.moved_permanently_to,
            note=_("没有变化"),
        )
    feed = read_feed(came.body, came.headers, Ground(came.url, ask.now, manners.zone))
    return Look(
        "ok",
        tuple(told_apart(feed.entries)),
        etag=came.etag,
        last_modified=came.last_modified,
        moved_to=came.moved_permanently_to,
        title=feed.title[:200],
        memory={"body": digest},
    )
