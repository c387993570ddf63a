"""When a page was published, as finely as it says and never finer."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement

from tingda.lib.article_blocks import HAN, Block
from tingda.lib.article_text import folded
from tingda.lib.dates import When, parse_when
from tingda.lib.refusal import Refused

BEFORE, AFTER = 4, 14  # lines around the title in which its time stands
LINE = 160  # characters of a line that may tell a time
FIELDS = 40  # told times of each kind that are looked at

_META_NAMES = (
    " article:published_time og:published_time og:time og:release_date og:article:published_time "
    "pubdate publishdate publish_date publish-date publishtime publish_time publication_date "
    "datepublished date.published dc.date dc.date.issued dcterms.created dcterms.date "
    "parsely-pub-date sailthru.date firstpublishedtime article.created created_at "
    "weibo:article:create_at bytedance:published_time article:create_at "
)
_JSON_FIELD = re.compile(
    r"""["']?\b(?:datePublished|pub_?(?:lish(?:ed)?)?_?(?:time|date|at)|dateCreated|create_?time|ct)
    ["']?\s*[:=]\s*["']?(?P<when>\d{10}(?:\d{3})?|\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}[^"'<>;,]{0,24})
    ["';,\s]""",
    re.VERBOSE | re.IGNORECASE,
)
_CLOCK = (
    r"(?:[T\s,，]*(?:[(（]?(?:星期|周)[一二三四五六日天][)）]?\s*)?"
    r"(?:上午|下午|中午|晚上|凌晨|早上)?\s*\d{1,2}\s*[:：时点]\s*\d{1,2}(?!\d)分?"
    r"(?:\s*[:：]?\s*\d{2}(?!\d)秒?)?)?"
)
_DAY = re.compile(
    r"(?<![\d.])(?:19|20)\d\d\s*(?P<sep>[-/.年])\s*\d{1,2}\s*(?:(?P=sep)|月)\s*\d{1,2}(?!\d)\s*[日号]?"
    + _CLOCK
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".replace(" ", "|")
_ENGLISH = re.compile(
    rf"\b(?:(?:{_MONTHS})[a-z]*\.?\s+\d{{1,2}}(?:st|nd|rd|th)?|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})[a-z]*\.?),?\s+(?:19|20)\d\d"
    r"(?:,?\s+(?:at\s+)?\d{1,2}:\d{2}(?:\s*[ap]\.?m\b\.?)?)?",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"刚刚|\d+\s*(?:分钟|小时|天)前|(?:今天|昨天|前天)\s*(?:\d{1,2}:\d{2})?|"
    r"(?<![\d年/.-])\d{1,2}(?:-|月)\d{1,2}日?\s+\d{1,2}:\d{2}(?!\d)|"
    r"\b\d+\s+(?:minutes?|hours?|days?)\s+ago\b"
)
_LABEL = re.compile(
    r"(?:发布|发表|发文|成文|印发|公开|刊发|上传|添加|录入)?(?:时间|日期)\s*[:：]?|发表于|发布于|"
    r"\b(?:published|posted)\b|来源\s*[:：]",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"[/_t]((?:19|20)\d\d(?:[-/]\d{1,2}[-/]\d{1,2}|\d{4}))(?=[/_.]|$)")
_OTHER = re.compile(
    r"更新|截止|截至|注册|上次|有效期|活动|施行|update|modif|deadline|copyright|©", re.I
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a time is looked for in: `around` are the blocks that are not the article's prose."""

    root: HtmlElement
    around: Sequence[Block]
    title: str
    url: str = ""


def time_of(page: Page, now: datetime, zone: tzinfo) -> When | None:
    """The moment the page tells, in `zone`; None where it tells none.

    On a Chinese page what readers see beside the title goes before what only machines see: sites
    fill the hidden fields with the time of a later edit. Elsewhere the hidden time goes first,
    since it names its zone. A hidden time of the same day makes a visible one finer. What the
    article itself tells of days (昨天, 3月1日) is no time of publication.
    """
    said, near = _beside_title(page.around, page.title, now, zone)
    hidden = list(_hidden(page.root, now, zone))
    labelled = list(_labelled(page.around, now, zone))
    first, second = (said, hidden) if HAN.search(page.title) else (hidden, said)
    for choice in (first, second, labelled, near):
        if choice:
            return _finer(choice[0], [*said, *hidden])
    return _guessed(page, now, zone)


def _finer(when: When, others: Sequence[When]) -> When:
    """The same moment, told with more places; a day alone takes the hour of its own day."""
    steps = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
    step = steps.get(when.precision)
    if step is None:
        return when
    order = ("day", "hour", "minute", "second")
    finer = [
        other
        for other in others
        if other.precision in order
        and order.index(other.precision) > order.index(when.precision)
        and timedelta(0) <= other.at - when.at < step
    ]
    return finer[0] if finer else when


def _read(text: str, now: datetime, zone: tzinfo) -> When | None:
    try:
        when = parse_when(text, now=now, zone=zone)
    except Refused:
        return None
    if when.precision in ("month", "year"):
        return None
    return When(when.at.replace(microsecond=0), when.precision)


def _told(text: str, now: datetime, zone: tzinfo) -> Iterator[When]:
    for pattern in (_DAY, _ENGLISH):
        for found in pattern.finditer(text):
            if when := _read(found.group(), now, zone):
                yield when


def _beside_title(
    blocks: Sequence[Block], title: str, now: datetime, zone: tzinfo
) -> tuple[list[When], list[When]]:
    """Full dates near the line of the title, the best first, and those told from today."""
    plain = folded(title)
    places = [n for n, b in enumerate(blocks) if plain and folded(b.text) == plain][:FIELDS]
    told: list[tuple[int, When]] = []
    near: list[When] = []
    for place in places:
        for number in range(max(0, place - BEFORE), min(len(blocks), place + AFTER + 1)):
            text = blocks[number].text
            if len(text) > LINE or _OTHER.search(text) or number == place:
                continue
            doubt = (number < place) * 2 + (not _LABEL.search(text)) + (blocks[number].signs > 3)
            told += [(doubt * 50 + abs(number - place), w) for w in _told(text, now, zone)]
            found = _NEAR.search(text) if number > place and len(text) < LINE // 2 else None
            if found and (when := _read(found.group(), now, zone)):
                near.append(when)
    told.sort(key=lambda item: (item[1].precision == "day", item[0]))
    return [when for _doubt, when in told], near


def _labelled(blocks: Sequence[Block], now: datetime, zone: tzinfo) -> Iterator[When]:
    """Dates anywhere on the page that say what they are."""
    for block in blocks:
        text = block.text
        if len(text) <= LINE and _LABEL.search(text) and not _OTHER.search(text):
            yield from _told(text, now, zone)


def _hidden(root: HtmlElement, now: datetime, zone: tzinfo) -> Iterator[When]:
    """What is written for machines: metadata, then marked times, then scripts."""
    for told in (*_metadata(root), *_marked(root), *_scripts(root)):
        text = told.strip()
        if when := _read(text, now, zone):
            yield when


def _metadata(root: HtmlElement) -> Iterator[str]:
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name and f" {name.replace(' ', '').lower()} " in _META_NAMES:
            yield meta.get("content") or ""


def _marked(root: HtmlElement) -> list[str]:
    path = (
        '//*[@itemprop="datePublished"]/@datetime | //time[@pubdate]/@datetime | '
        '//article//time[1]/@datetime | //*[contains(@class, "entry-date")]/@datetime'
    )
    return [str(text) for text in root.xpath(path)[:FIELDS]]


def _scripts(root: HtmlElement) -> Iterator[str]:
    found: list[str] = []
    for script in root.iter("script"):
        text = script.text or ""
        if "ld+json" in (script.get("type") or ""):
            yield from _linked_data(text)
        found += [match["when"] for match in _JSON_FIELD.finditer(text[:400_000])]
    yield from found[:FIELDS]


def _linked_data(text: str) -> Iterator[str]:
    """The times of publication in JSON-LD; nothing where it is broken or odd."""
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            if isinstance(told := here.get("datePublished") or here.get("pubDate"), str):
                yield told
            waiting += [value for key, value in here.items() if key in ("@graph", "mainEntity")]


def _guessed(page: Page, now: datetime, zone: tzinfo) -> When | None:
    """The day in the address, or one that htmldate reads in the head; never out of the text."""
    if (found := _IN_ADDRESS.search(page.url)) and (when := _read(found.group(1), now, zone)):
        return when
    head = page.root.find("head")
    if head is None:
        return None
    latest = now.astimezone(zone).date().isoformat()
    page_of_head = f"<html>{etree.tostring(head, encoding='unicode')}<body></body></html>"
    try:
        told = find_date(page_of_head, original_date=True, extensive_search=False, max_date=latest)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return _read(told, now, zone) if told else None
