"""One page that is watched: when its words change, the change is heard."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.page import pages
from tingda.collect.sources.page.listing import Rebuilt
from tingda.collect.sources.page.pages import text_option
from tingda.lib.article_blocks import blocks_of, stands_beside
from tingda.lib.differences import news
from tingda.lib.fetch import Response
from tingda.lib.listing_chosen import select
from tingda.lib.listing_page import Page
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

KEPT = 60_000  # characters of the old text
LONGEST_PART = 20_000  # characters of what went, and of what is new, in one entry
MOST_BLOCKS = 20_000
LEAST = 2  # characters on a page that can be watched


def look_watch(ask: Ask, manners: Manners) -> Look:
    """Look at a page once; an entry where it says something else than at the last look.

    Raises FetchFailed, RobotsRefused, LoginWall; Refused where the page, or the part of it that
    is watched, says nothing any more.
    """
    came = pages.get_again(ask, manners)
    digest = sha256(came.body).hexdigest()
    if came.status == 304 or digest == ask.memory.get("body"):
        return _look(came, ask, (), ask.memory, _("没有变化"), status="not_modified")
    page = pages.page(came)
    text = _text(page, text_option(ask.options, "watch_selector"))
    memory = {"body": digest, "text": text[:KEPT]}
    before = ask.memory.get("text")
    if not isinstance(before, str):
        return _look(came, ask, (), memory, _("第一次看，记下了原文，以后有改动才算听到"), page)
    gone, new = news(before, text, most=KEPT)
    if not gone and not new:
        return _look(came, ask, (), memory, _("文字没有变化"), page)
    return _look(came, ask, (_entry(page, (gone, new), ask, manners),), memory, "", page)


def _look(
    came: Response,
    ask: Ask,
    entries: tuple[Entry, ...],
    memory: Mapping[str, Any],
    note: str,
    page: Page | None = None,
    status: str = "ok",
) -> Look:
    same = status == "not_modified"
    return Look(
        status,
        entries,
        etag=came.etag or (ask.etag if same else ""),
        last_modified=came.last_modified or (ask.last_modified if same else ""),
        moved_to=came.moved_permanently_to,
        note=note,
        title=page.title if page else "",
        memory=dict(memory),
    )


def _text(page: Page, selector: str) -> str:
    """What a reader sees, a line for each piece; menus and footers only where they are chosen."""
    parts = select(page.root, selector) if selector else [page.root]
    if not parts:
        raise Rebuilt(
            _("网页改版了，找不到要看的部分（%(selector)s），请重新指一次"), selector=selector[:80]
        )
    lines = [
        block.text
        for part in parts
        for block in blocks_of(part, MOST_BLOCKS)
        if not block.hidden and (selector or not any(map(stands_beside, block.path)))
    ]
    text = "\n".join(lines)
    if len(text) < LEAST:
        if page.asks_password:
            raise pages.wall(page.url)
        raise Refused(_("网页上没有可读的文字。如果在浏览器里看得到，可能是脚本画出来的，听不到"))
    return text


def _entry(
    page: Page, difference: tuple[Sequence[str], Sequence[str]], ask: Ask, manners: Manners
) -> Entry:
    """The change in words. It says when it was found, so that the same change is heard again."""
    gone, new = difference
    seen = ask.now.astimezone(manners.zone).strftime("%Y-%m-%d %H:%M")
    when = gettext("（%(seen)s 发现）") % {"seen": seen}
    parts = [_part(gettext("新增"), new), _part(gettext("删去"), gone), when]
    told = "\0".join([ask.address, ask.now.isoformat(), *gone, "", *new])
    return Entry(
        title=gettext("〈%(page)s〉有改动") % {"page": page.title[:150] or ask.name or ask.address},
        text="\n\n".join(filter(None, parts)),
        url=ask.address,
        guid=sha256(told.encode("utf-8", "replace")).hexdigest(),
    )


def _part(name: str, lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    if len(text) > LONGEST_PART:
        text = text[:LONGEST_PART] + "……"
    return f"{name}：\n{text}" if text else ""
