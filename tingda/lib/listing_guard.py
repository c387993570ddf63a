"""A cheap look at a page before it is parsed: what would take for ever is not.

The parser needs the square of the number of attributes of a tag: 100,000 in one take it four
minutes. Honest pages have some ten in a tag.
"""

import re
from functools import cache

MOST_TAGS = 200_000
MOST_WORK = 60_000_000  # the squares of the numbers of attributes, together: two seconds
_SMALL = 20_000  # characters in which no harm fits

_TAG = re.compile(r"<(?:(!--)|([A-Za-z][^\s/>]*))")
_ATTRIBUTE = re.compile(r"[\s/]*(?:(>)|[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)")
_COMMENT_END = re.compile(r"--!?>")
_RAW = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noframes"))


def is_harmless(text: str) -> bool:
    """Whether a page is built so that it can be parsed in a time that fits its size."""
    if text.count("<") > 2 * MOST_TAGS:
        return False
    if len(text) <= _SMALL:
        return True
    at = work = 0
    while found := _TAG.search(text, at):
        at = found.end()
        if found[1]:
            at = _past(_COMMENT_END, text, at - 2)  # "<!-->" is one, too
            continue
        at, attributes = _attributes(text, at)
        work += attributes * attributes
        if work > MOST_WORK:
            return False
        if found[2].lower() in _RAW:
            at = _past(_raw_end(found[2].lower()), text, at)
    return True


def _attributes(text: str, at: int) -> tuple[int, int]:
    """Where a tag ends, and how many attributes it has."""
    count = 0
    while found := _ATTRIBUTE.match(text, at):
        at = found.end()
        if found[1]:
            break
        count += 1
    return at, count


@cache
def _raw_end(name: str) -> re.Pattern[str]:
    return re.compile(f"</{name}", re.IGNORECASE)


def _past(end: re.Pattern[str], text: str, at: int) -> int:
    """Where `end` stands; what is never ended swallows the rest of the page."""
    found = end.search(text, at)
    return found.end() if found else len(text)
