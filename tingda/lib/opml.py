"""Lists of feeds as other readers keep them (OPML 1.0 and 2.0), read and written.

See http://opml.org/spec2.opml. Programs write it in many ways, and people edit it by hand.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.lib.xml_text import clean

LARGEST = 5 * 2**20
MOST = 20_000
LONGEST = 2000
_START = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:opml|outline)\b", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_TITLES = ("title", "text")


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list: its title, its address, the address of its site ("" where that is not
    told), and the groups it stands in, the outermost first.
    """

    title: str
    feed: str
    site: str = ""
    group: tuple[str, ...] = ()


def read_opml(data: bytes) -> list[Outline]:
    """The feeds of an OPML file in their order, each address once. Refused where it is none."""
    if len(data) > LARGEST:
        raise Refused(_("这个文件超过 %(megabytes)s MB，没有读取"), megabytes=LARGEST // 2**20)
    if not _START.search(data.replace(b"\0", b"")):  # UTF-16 has NULs between letters
        raise Refused(_("这不是 OPML 文件。请从别的阅读器导出 OPML 再试"))
    root = _tree(data)
    found: dict[str, Outline] = {}
    for outline in _outlines(root):
        found.setdefault(outline.feed, outline)
        if len(found) > MOST:
            raise Refused(_("这个文件里的订阅超过 %(most)s 个，没有读取"), most=MOST)
    if not found:
        raise Refused(_("这个 OPML 文件里没有订阅地址"))
    return list(found.values())


def _tree(data: bytes) -> etree._Element:
    if _DOCTYPE.search(data.replace(b"\0", b"")):  # no list has one but to play a trick
        raise Refused(_("这个 OPML 文件写得不正常（带有 DOCTYPE），没有读取"))
    for encoding in (None, "gb18030"):  # None: as the file says, else UTF-8
        parser = etree.XMLParser(
            encoding=encoding,
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data.strip(), parser)
        except (etree.XMLSyntaxError, LookupError):
            continue
        if root is not None and not (encoding is None and _is_misread(parser)):
            return root
    raise Refused(_("这个 OPML 文件坏了，读不出来。请重新导出"))


def _is_misread(parser: etree.XMLParser) -> bool:
    """Whether bytes stood there that are none of the charset it was read in."""
    wrong = (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR)
    return any(error.type in wrong for error in parser.error_log)


def _outlines(root: etree._Element) -> Iterator[Outline]:
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, group = waiting.pop()
        inside = group
        if _name(element) == "outline":
            told = {_bare(str(name)): str(value) for name, value in element.attrib.items()}
            title = next(filter(None, (_line(told.get(name, "")) for name in _TITLES)), "")
            if feed := _address(told.get("xmlurl", "")):
                yield Outline(title, feed, _address(told.get("htmlurl", "")), group)
            elif title:
                inside = (*group, title)
        waiting.extend((child, inside) for child in reversed(element))


def _name(element: etree._Element) -> str:
    return _bare(element.tag) if isinstance(element.tag, str) else ""


def _bare(name: str) -> str:
    return re.split("[}:]", name)[-1].lower()


def _line(text: str) -> str:
    return " ".join(text.split())[:500]


def _address(text: str) -> str:
    """A web address; `feed:` is how some programs mark one."""
    plain = re.sub(r"^feed:(//)?(?=https?:)", "", text.strip(), flags=re.IGNORECASE)
    plain = re.sub(r"^feed://", "http://", plain, flags=re.IGNORECASE)
    try:
        parts = urlsplit(plain)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return plain if good and len(plain) <= LONGEST and not re.search(r"\s", plain) else ""


def write_opml(title: str, outlines: Iterable[Outline]) -> bytes:
    """The feeds as an OPML 2.0 file in UTF-8, each in its groups."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = clean(title)
    groups: dict[tuple[str, ...], etree._Element] = {(): etree.SubElement(root, "body")}
    for outline in outlines:
        words = clean(outline.title) or clean(outline.feed)
        told = {"text": words, "title": words, "type": "rss", "xmlUrl": clean(outline.feed)}
        told |= {"htmlUrl": clean(outline.site)} if outline.site else {}
        etree.SubElement(_group(groups, outline.group), "outline", told)
    written = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return bytes(written)


def _group(groups: dict[tuple[str, ...], etree._Element], path: tuple[str, ...]) -> etree._Element:
    for depth in range(1, len(path) + 1):
        if path[:depth] not in groups:
            words = clean(path[depth - 1])
            above = groups[path[: depth - 1]]
            groups[path[:depth]] = etree.SubElement(above, "outline", text=words, title=words)
    return groups[path]
