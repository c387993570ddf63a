"""The title of a page without the name of its site: what the page says twice is it."""

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

from tingda.lib.article_blocks import Block, squeezed
from tingda.lib.article_text import folded

LONGEST = 200
TOLD = 1000  # characters of a <title> that are read
SHORTEST = 4  # letters of a heading that may be the title
PART = 0.4  # of the page's own title, for a heading inside it to be meant
_BREAK = re.compile(r"\s*(?:[_|｜]|--+|——)\s*|\s+[-–—·•:：»>]\s+")
_SITE_WORD = re.compile(
    r"[-–—·](?=[^-–—·]{2,20}$)[^-–—·]*(?:网|频道|新闻|在线|论坛|局|政府|医院|学校|大学|公司|报|社|传媒|"
    r"客户端|平台|社区|贴吧|中心|委员会)$"
)
_META = (
    '//meta[@property="og:title" or @name="og:title"]/@content',
    '//meta[@name="ArticleTitle" or @name="articletitle" or @name="twitter:title" '
    'or @property="twitter:title"]/@content',
)


def title_of(root: HtmlElement, blocks: Sequence[Block]) -> str:
    """One line; "" where the page has no title at all.

    A visible line that the page's <title> or its metadata say too; else what the metadata say;
    else <title> without its last parts; else the first heading.
    """
    whole = squeezed("".join(root.xpath("//head/title[1]//text() | //title[1]//text()")[:1])[:TOLD])
    meta = [squeezed(str(found[0])[:TOLD]) for path in _META if (found := root.xpath(path))]
    said = [text for text in (whole, *meta) if text]
    shown = _shown(said, blocks)
    first = next((b.text for b in blocks if b.heading and len(b.text) <= LONGEST), "")
    told = [text for text in meta if text]
    return (shown or (told[0] if told else "") or without_site(whole) or first)[:LONGEST].strip()


def _shown(said: Sequence[str], blocks: Sequence[Block]) -> str:
    """The longest visible line that one of the told titles begins with or mostly consists of."""
    best, most = "", 0
    told = [folded(text) for text in said]
    for block in blocks:
        line = folded(block.text) if len(block.text) <= LONGEST else ""
        if len(line) < SHORTEST or len(line) <= most:
            continue
        if any(_agrees(line, title, block.heading) for title in told):
            best, most = block.text, len(line)
    return best


def _agrees(line: str, title: str, heading: bool) -> bool:
    if len(line) < PART * len(title):
        return heading and len(line) > 2 * SHORTEST and title.startswith(line)
    return title.startswith(line) or (heading and line in title)


def without_site(title: str) -> str:
    """A <title> up to the name of its site or channel."""
    parts = [part for part in _BREAK.split(title) if part]
    if not parts:
        return ""
    first = parts[0] if len(folded(parts[0])) > SHORTEST else max(parts, key=len)
    return _SITE_WORD.sub("", first)
