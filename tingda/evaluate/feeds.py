"""How well feeds are read, by cases that state what is expected of them, as feedparser's do.

A case is a feed with a comment in it:

    Header:      Content-type: application/xml; charset=gb2312
    Description: what it is about
    Expect:      not bozo and entries[0]['title'] == 'Example'

`Header:` lines are the server's answer; `Content-Location` is the address the feed came from, and
else its path below `http://127.0.0.1:8097/`, as those cases are written. A feed without an
`Expect:`, or with one that is only a number, must be read without breaking; so must all others.

What counts (is *applicable*) is decided by the expectation alone, clause by clause, never by the
result: what Tingda keeps of an entry (title, link, id, one time, author, words, language, how many
there are) and of a feed (title, link, language). Clauses about anything else are passed over,
and a case that has no other is not applicable, with the reason. Words are compared as plain text
on both sides, because no markup is kept; a clause that expects markup alone does not count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote, urljoin
from zoneinfo import ZoneInfo

from tingda.collect.sources.feed.charset import decode
from tingda.collect.sources.feed.parts import Feed, Ground
from tingda.collect.sources.feed.read import read_feed
from tingda.evaluate.expectations import Verdict, judge
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

ENDINGS = frozenset((".xml", ".json", ".rss", ".atom", ".rdf", ".rss2", ".cdf"))
HOST = "http://127.0.0.1:8097/"
ZONE = ZoneInfo("UTC")  # where a case tells a time without a zone, it means this one
LATER = datetime(2100, 1, 1, tzinfo=ZONE)  # a case may be of any year
_STATED = re.compile(r"Expect:\s*(.*?)\s*-->", re.DOTALL)
_A_FEED = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b|jsonfeed", re.IGNORECASE)
_HEADER = re.compile(r"^[ \t]*Header:[ \t]*([\w-]+):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)


class Report(TypedDict):
    """Counts of cases, and for each that failed or does not apply, why, by its path."""

    passed: int
    failed: int
    not_applicable: int
    reasons: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Case:
    body: bytes
    url: str
    headers: dict[str, str]
    expected: str
    is_feed: bool


def evaluate_feeds(folder: Path) -> Report:
    """Hold every feed below `folder` to what it expects. Refused where there is none."""
    report = Report(passed=0, failed=0, not_applicable=0, reasons={})
    for path in _cases(folder):
        name = path.relative_to(folder).as_posix()
        verdict, reason = _tried(_case(path, name))
        report[verdict] += 1
        if verdict != "passed":
            report["reasons"][name] = reason
    if not any((report["passed"], report["failed"], report["not_applicable"])):
        raise Refused(_("这个文件夹里没有订阅源：%(folder)s"), folder=folder.name)
    return report


def _cases(folder: Path) -> Iterator[Path]:
    files = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    return iter(sorted(path for path in files if path.is_file()))


def _case(path: Path, name: str) -> _Case:
    body = path.read_bytes()
    text = decode(body)
    stated = _STATED.search(text)
    told = _HEADER.findall(text[: stated.start()]) if stated else []
    headers = {header.lower(): value for header, value in told}
    url = urljoin(HOST + quote(name), headers.get("content-location", ""))
    return _Case(body, url, headers, stated[1] if stated else "", bool(_A_FEED.search(text)))


def _tried(case: _Case) -> tuple[Verdict, str]:
    try:
        feed = read_feed(case.body, case.headers, Ground(case.url, LATER, ZONE))
    except Refused as refused:
        return _without_a_feed(case, str(refused))
    except Exception as error:  # that it breaks is what is measured
        return "failed", f"{type(error).__name__}: {error}"
    return judge(case.expected, feed, Ground(case.url, LATER, ZONE))


def _without_a_feed(case: _Case, reason: str) -> tuple[Verdict, str]:
    """A refusal is an answer, but nothing that is kept can be expected of it."""
    if not case.expected and not case.is_feed:
        return "not_applicable", f"no feed: {reason}"
    verdict, why = judge(case.expected, Feed(), Ground(case.url, LATER, ZONE))
    return (verdict, why) if verdict == "not_applicable" else ("failed", reason)
