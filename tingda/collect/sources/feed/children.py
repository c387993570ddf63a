"""Looking at the files that an index of sitemaps names."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.feed.charset import decode
from tingda.collect.sources.feed.packing import unpacked_body
from tingda.collect.sources.feed.parts import Ground, told_apart
from tingda.collect.sources.feed.sitemap import Sitemap, plain_sitemap, read_sitemap
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

MOST = 3


def look_at_children(
    children: Sequence[str], digest: str, ask: Ask, index: Response, manners: Manners
) -> Look:
    """The news of the files of an index, and what is remembered of each of them.

    `digest` is of the index itself. Refused where none of them has news; raises FetchFailed where
    none of them came.
    """
    known = {child["url"]: child for child in ask.memory.get("children", ())}
    entries: list[Entry] = []
    remembered: list[Mapping[str, Any]] = []
    refusals: list[Refused] = []
    for url in children[:MOST]:
        before = known.get(url, {"url": url})
        if before.get("plain") and len(known) > sum("plain" in child for child in known.values()):
            remembered.append(before)  # it is large, and the news is in another
            continue
        try:
            if not manners.has_time:
                raise FetchFailed("busy", host=url[:200])
            news, now_known = _look_at(before, ask, manners)
        except Refused as refusal:
            refusals.append(refusal)
            # what could not be had now is asked for again
            lost = isinstance(refusal, FetchFailed)
            remembered.append(before if lost else {"url": url, "plain": True})
            continue
        entries.extend(news)
        remembered.append(now_known)
    failed = [refusal for refusal in refusals if isinstance(refusal, FetchFailed)]
    if len(refusals) == len(remembered):
        raise failed[0] if failed else plain_sitemap()
    return Look(
        "ok" if entries else "not_modified",
        tuple(told_apart(entries)),
        etag=index.etag or (ask.etag if index.status == 304 else ""),
        last_modified=index.last_modified or (ask.last_modified if index.status == 304 else ""),
        moved_to=index.moved_permanently_to,
        note=_("站点地图有一部分这次没有读到，下次再读") if failed else "",
        memory={"body": digest, "children": remembered},
    )


def _look_at(
    before: Mapping[str, Any], ask: Ask, manners: Manners
) -> tuple[tuple[Entry, ...], Mapping[str, Any]]:
    """One file: its news, and what is remembered of it. Nothing new where it did not change."""
    told = {name: str(before.get(name, "")) for name in ("etag", "last_modified")}
    came = manners.get(before["url"], etag=told["etag"], last_modified=told["last_modified"])
    digest = sha256(came.body).hexdigest()
    if came.status == 304 or digest == before.get("body"):
        return (), before
    ground = Ground(came.url, ask.now, manners.zone)
    text = decode(unpacked_body(came.body), came.headers.get("content-type", ""))
    found: Sitemap | None = read_sitemap(text, ground)
    if found is None or found.is_index:  # an index in an index is not followed
        raise plain_sitemap()
    remembered = {"url": before["url"], "body": digest}
    if came.etag or came.last_modified:
        remembered |= {"etag": came.etag[:1000], "last_modified": came.last_modified[:200]}
    return found.entries, remembered
