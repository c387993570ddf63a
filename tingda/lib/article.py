"""The article of a web page: its text, title, time and author, out of all that stands around it.

For the worker only: the libraries behind it weigh what the pages of the desk need not carry.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

import trafilatura
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from readability import Document
from w3lib.encoding import html_to_unicode

from tingda.lib.article_blocks import HAN, Block, blocks_of, squeezed
from tingda.lib.article_text import article_blocks
from tingda.lib.article_time import Page, time_of
from tingda.lib.article_title import title_of
from tingda.lib.dates import Precision

LARGEST = 3_000_000  # bytes of a page that are read
MOST_TAGS = 30_000  # beyond, only our own reading, which takes each tag once
MOST_BLOCKS = 20_000
SURELY_UTF8 = 16  # Han characters; 停水通知 in GBK happens to be valid UTF-8, a page does not

KEEPING, STRICT, READABLE = 0.8, 0.6, 1.2
"""What the votes of trafilatura (fast, precise) and readability weigh."""

# They tell of every odd page; odd pages are normal here.
for _name in ("trafilatura", "readability", "readability.readability", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Article:
    """`time` is in the asked zone, with `precision` as told; None and "" where not told.

    `text` has a line for each paragraph. `language` is a two-letter code or "".
    """

    title: str
    text: str
    time: datetime | None
    precision: Precision | None
    author: str
    language: str


def read_article(
    html: bytes, *, url: str = "", content_type: str = "", now: datetime, zone: tzinfo
) -> Article:
    """Read a page as a browser would decode it. Never fails: an empty page is an empty article.

    `content_type` is the header it came with; `now` (aware) bounds the time, `zone` is where the
    page was written.
    """
    page = decoded(html[:LARGEST], content_type)
    root = _tree(page)
    if root is None:
        return Article("", "", None, None, "", "")
    blocks = blocks_of(root, MOST_BLOCKS)
    title = title_of(root, blocks)
    small = page.count("<") <= MOST_TAGS
    found = article_blocks(blocks, _tools(page, url) if small else [], title)
    text = "\n".join(block.text for block in found)
    prose = {id(block) for block in found if block.prose}
    around = [block for block in blocks if id(block) not in prose]
    when = time_of(Page(root, around, title, url), now, zone)
    return Article(
        title,
        text,
        when.at if when else None,
        when.precision if when else None,
        _author(root, blocks),
        _language(root, text or title),
    )


def decoded(html: bytes, content_type: str = "") -> str:
    """The characters of a page: as told by header, mark or meta, unless it is plainly UTF-8."""
    encoding, text = html_to_unicode(content_type or None, html, default_encoding="utf-8")
    if encoding != "utf-8":
        text = _plainly_utf8(html) or text
    elif text.count("\ufffd") > 8:
        text = _plainly_gb(html) or text
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)


def _plainly_utf8(html: bytes) -> str:
    """Pages saved anew keep the old charset in their head; "" where it is no UTF-8 for certain."""
    text = html.decode("utf-8", "ignore")
    whole = len(text.encode("utf-8")) >= len(html) - 3
    return text if whole and len(HAN.findall(text[:200_000])) >= SURELY_UTF8 else ""


def _plainly_gb(html: bytes) -> str:
    """A page without a true charset that reads well as Chinese."""
    text = html.decode("gb18030", "replace")
    return text if text.count("\ufffd") * 20 < len(HAN.findall(text)) else ""


def _tree(page: str) -> HtmlElement | None:
    parser = lxml_html.HTMLParser(remove_comments=False, encoding="utf-8")
    try:
        return lxml_html.document_fromstring(page.encode("utf-8", "ignore"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _tools(page: str, url: str) -> list[tuple[str, float]]:
    plain = page.encode("utf-8", "ignore").decode("utf-8")
    keeping = trafilatura.extract(plain, url=url or None, fast=True, include_comments=False)
    strict = trafilatura.extract(
        plain, url=url or None, favor_precision=True, include_comments=False, include_tables=False
    )
    return [(keeping or "", KEEPING), (strict or "", STRICT), (_readable(plain), READABLE)]


def _readable(page: str) -> str:
    try:
        summary = Document(page).summary(html_partial=True)
        return str(lxml_html.fromstring(summary).text_content())
    except Exception:
        # It raises its own Unparseable and whatever a broken tree makes lxml raise.
        return ""


_BY = re.compile(
    r"(?:作者|记者|撰文|(?:^|[(（【])文)\s*[:：/／]\s*(?P<name>[^\s,，。；;|/:：)）】]{2,20})"
)
_NO_NAME = re.compile(
    r"[@/]|https?:|^\d+$|^(?:未知|佚名|匿名|admin|unknown|anonymous)$", re.IGNORECASE
)
_KANA = re.compile(r"[\u3041-\u30ff]")


def _author(root: HtmlElement, blocks: list[Block]) -> str:
    """Who the page says wrote it; "" where it does not say."""
    path = '//meta[@name="author" or @property="article:author" or @name="Author"]/@content'
    for told in root.xpath(path):
        name = squeezed(str(told))[:60]
        if name and not _NO_NAME.search(name):
            return name
    for block in blocks:
        found = _BY.search(block.text) if len(block.text) <= 120 else None
        if found and not _NO_NAME.search(found["name"]):
            return found["name"]
    return ""


def _language(root: HtmlElement, text: str) -> str:
    han = len(HAN.findall(text))
    if han * 5 > len(text):
        return "ja" if len(_KANA.findall(text)) * 4 > han else "zh"
    told = (root.get("lang") or "").strip().lower()
    return told[:2] if re.match(r"[a-z]{2}(?:[-_]|$)", told) and not told.startswith("zh") else ""
