"""What one row of a list says: its title, and the day beside it, as it is written there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from tingda.lib.article_blocks import HAN, blocks_of, squeezed
from tingda.lib.listing_page import words_of

LONGEST_TITLE = 300
_MOST = 4000  # characters of a row in which a day is looked for
_MOST_STEPS = 800  # into and out of elements
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?<!\d)(?P<y>(?:19|20)\d\d)"
_FULL = re.compile(
    rf"{_YEAR}\s*[-/.年]\s*\d{{1,2}}\s*[-/.月]\s*\d{{1,2}}(?!\d)\s*日?"
    r"(?:[\sT]*\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?)?"
)
_SPLIT = (  # a calendar leaf: the day large, the month small
    re.compile(
        r"(?<![\d:.-])(?P<d>\d{1,2})\s+(?P<y>(?:19|20)\d\d)\s*[-/.年]\s*(?P<m>\d{1,2})(?!\d)"
    ),
    re.compile(rf"{_YEAR}\s*[-/.年]\s*(?P<m>\d{{1,2}})\s*月?\s+(?P<d>\d{{1,2}})(?![\d:：.])"),
    re.compile(r"(?<![\d.-])(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\s+(?P<y>(?:19|20)\d\d)(?!\d)"),
    re.compile(rf"{_YEAR}\s+(?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?!\d)"),
)
_ENGLISH = re.compile(
    rf"(?<![a-z])(?:{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}\s+{_MONTH},?\s+\d{{4}})", re.I
)
_NEAR = re.compile(
    r"刚刚|(?:\d{1,3}|半)\s*个?(?:秒钟?|分钟|小时|天|周)前|"
    r"(?:今天|昨天|前天)\s*(?:\d{1,2}[:：]\d{2})?|\d{1,3}\s+(?:minutes?|hours?|days?)\s+ago"
)
_SHORT = re.compile(
    r"(?<![\d./年-])(?:0?[1-9]|1[0-2])(?:-|月)(?:0?[1-9]|[12]\d|3[01])(?![\d/-])日?"
    r"(?:\s+\d{1,2}[:：]\d{2})?"
)
_EDGE = re.compile(
    rf"^\s*[\[(（【]?\s*(?:{_FULL.pattern.replace('?P<y>', '?:')})\s*[\])）】]?\s*|"
    rf"\s*[\[(（【]?\s*(?:{_FULL.pattern.replace('?P<y>', '?:')}|(?<!\d)\d{{2}}-\d{{2}})"
    r"\s*[\])）】]?\s*$"
)
_BULLET = re.compile(r"^[\s·•●▪■◆◇>»›\-—*]+(?=\w|[【\[《“‘（(#])")
_CUT = re.compile(r"(?:…|\.{2,}|。{2,})+$")
_NO_TITLE = re.compile(
    r"^[\W_]*(?:阅读(?:全文|更多|原文)?|(?:查看|点击|了解)?(?:全文|详情|详细|更多|原文)|更多|"
    r"(?:上|下|前|后|首|末|尾)一?页|首页|回复|评论|分享|打印|下载|置顶|new|"
    r"read(?:\s+(?:more|on))?|more|next|prev(?:ious)?|details?|continue reading)?[\W_\d]*$",
    re.IGNORECASE,
)
_HEADINGS = (
    ".//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6]|"
    './/*[contains(@class, "title") or contains(@class, "tit") or contains(@class, "subject")]'
)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list. `date` is what is written there, "" where none is."""

    title: str
    url: str
    date: str = ""


def width_of(text: str) -> float:
    """How much a text says: a Chinese character for one, three other letters for one."""
    han = len(HAN.findall(text))
    return han + sum(letter.isalpha() for letter in text) / 3 - han / 3


def is_cut(title: str) -> bool:
    """Whether a title ends in dots, because the list had no more room."""
    return bool(_CUT.search(title))


def title_of(link: HtmlElement) -> str:
    """The title that a link shows; "" where it shows none, or only a button's name."""
    shown = _EDGE.sub("", _shown(link)[:_MOST])
    shown = _BULLET.sub("", shown).strip()
    if _NO_TITLE.match(shown):
        shown = ""
    told = squeezed((link.get("title") or "").partition("\n")[0])
    begun = _CUT.sub("", shown)
    if len(told) > len(begun) and told.startswith(begun) and (shown or width_of(told) >= 4):
        shown = told
    return "" if _NO_TITLE.match(shown) else shown[:LONGEST_TITLE]


def _shown(link: HtmlElement) -> str:
    for heading in link.xpath(_HEADINGS)[:5]:
        words = words_of(heading)
        if width_of(words) >= 4:
            return words
    lines = [block.text for block in blocks_of(link, 12)]
    telling = [line for line in lines if not _FULL.fullmatch(line)]
    long = [line for line in telling if width_of(line) >= 4]
    return next(iter([*long, *telling]), "")


def date_of(row: HtmlElement, link: HtmlElement) -> str:
    """The day of a row: what machines are told, what stands beside the link, what is in it."""
    told, said = _beside(row)
    found = next(filter(None, map(day_in, told)), "") or day_in(" ".join(said)[:_MOST])
    if found:
        return found
    inside = words_of(row).replace(title_of(link), " ")
    return day_in(inside[:_MOST]) or _below(row)


def _beside(row: HtmlElement) -> tuple[list[str], list[str]]:
    """What a row says to machines of moments, and to readers, both outside its links."""
    told, said = [], []
    walker = etree.iterwalk(row, events=("start", "end"))
    for event, element in islice(walker, _MOST_STEPS):
        if event == "start" and element.tag == "a":
            walker.skip_subtree()
        elif event == "start":
            told += [(element.get(name) or "")[:40] for name in ("datetime", "title")]
            said.append(element.text or "")
        elif element is not row:
            said.append(element.tail or "")
    return told, said


def _below(row: HtmlElement) -> str:
    """Where names and days alternate (dt, dd), the day stands in what follows."""
    after = row.getnext()
    if after is None or after.tag == row.tag or after.xpath(".//a"):
        return ""
    return day_in(words_of(after)[:_MOST])


def _split(text: str) -> str:
    for form in _SPLIT:
        found = form.search(text)
        if found and 1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31:
            return f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"
    return ""


def _whole(form: re.Pattern[str]) -> Callable[[str], str]:
    def search(text: str) -> str:
        found = form.search(text)
        return found.group().strip() if found else ""

    return search


_FORMS = (_whole(_FULL), _split, _whole(_ENGLISH), _whole(_NEAR), _whole(_SHORT))


def day_in(text: str) -> str:
    """The first day that a text tells, the surest way of writing first; "" where none is."""
    return next((found for form in _FORMS if (found := form(text))), "")
