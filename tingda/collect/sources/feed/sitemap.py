"""Sitemaps: of those for news, the entries; of an index, where the news may be.

See https://www.sitemaps.org/protocol.html and Google's news extension of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from tingda.collect.rules import Entry
from tingda.collect.sources.feed.guard import check
from tingda.collect.sources.feed.parts import Ground, joined, language, moment, one_line
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.lib.xml_text import clean

_HEAD = 8 * 1024
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FIRST = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SOUNDS_LIKE_NEWS = re.compile("news|xinwen", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The news of a sitemap, or of an index its `children`: those with news first, then the
    newest.
    """

    title: str = ""
    entries: tuple[Entry, ...] = ()
    children: tuple[str, ...] = ()
    is_index: bool = False


def root_name(text: str) -> str:
    """The name of the first element of an XML text, without its prefix, in small letters."""
    found = _FIRST.search(_COMMENT.sub("", text[:_HEAD]))
    return found[1].lower() if found else ""


def read_sitemap(text: str, ground: Ground) -> Sitemap | None:
    """A sitemap; None where the text is none. Refused where it tells of no news."""
    root = root_name(text)
    if root == "sitemapindex":
        return Sitemap(children=tuple(_children(_tree(text), ground.url)), is_index=True)
    if root != "urlset":
        return None
    if "sitemap-news" not in text and "<news:" not in text:  # may be long: not even parsed
        raise plain_sitemap()
    urls = [_members(url) for url in _named(_tree(text), "url")]
    news = [url for url in urls if "title" in url or "publication_date" in url]
    if urls and not news:
        raise plain_sitemap()
    title = next((url["name"] for url in news if url.get("name")), "")
    return Sitemap(one_line(title), tuple(_entry(url, ground) for url in news))


def plain_sitemap() -> Refused:
    """The refusal of a sitemap of ordinary pages."""
    return Refused(
        _(
            "这是普通的站点地图，只有网址，没有新闻的标题和时间。"
            "请用“网页”这种来源，填列着文章的那一页"
        )
    )


def _tree(text: str) -> etree._Element:
    text = _DECLARATION.sub("", text.lstrip("\ufeff"))
    check(text)
    # Nothing is fetched and no entity is put in, whoever wrote the file.
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(clean(text).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise _broken() from error
    if root is None:
        raise _broken()
    return root


def _broken() -> Refused:
    return Refused(_("这个站点地图坏了，读不出来。请告诉对方，或换一个地址"))


def _name(element: etree._Element) -> str:
    """Without namespace or prefix: many sites declare none, or a wrong one."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return re.split("[}:]", tag)[-1].lower()


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return (element for element in root if _name(element) == name)


def _members(url: etree._Element) -> dict[str, str]:
    """The first text of each member, those of <news:news> too; not of pictures and films."""
    found: dict[str, str] = {}
    waiting = list(url)
    while waiting:
        element = waiting.pop(0)
        name = _name(element)
        if name in ("news", "publication"):
            waiting = [*element, *waiting]
        elif name and (text := _text(element)):
            found.setdefault(name, text)
    return found


def _text(element: etree._Element) -> str:
    """The words of a member without elements in it; of an entity only its place is left."""
    if any(isinstance(inside.tag, str) for inside in element):
        return ""
    return "".join([element.text or "", *(inside.tail or "" for inside in element)]).strip()


def _entry(url: Mapping[str, str], ground: Ground) -> Entry:
    link = joined(ground.url, url.get("loc", ""))
    told = (url.get("publication_date", ""), url.get("lastmod", ""))
    said_at, precision = moment(told, ground)
    return Entry(
        title=one_line(url.get("title", "")) or link,
        url=link,
        said_at=said_at,
        precision=precision,
        lang=language(url.get("language")),
    )


def _children(root: etree._Element, base: str) -> list[str]:
    told = [_members(child) for child in _named(root, "sitemap")]
    known = [(joined(base, child.get("loc", "")), child.get("lastmod", "")) for child in told]
    known = [child for child in dict.fromkeys(known) if child[0]]
    # Times of one file are written in one way, so that their letters are in the order of time.
    newest = sorted(known, key=lambda child: child[1], reverse=True)
    newest.sort(key=lambda child: _SOUNDS_LIKE_NEWS.search(child[0]) is None)
    return list(dict.fromkeys(url for url, _when in newest))
