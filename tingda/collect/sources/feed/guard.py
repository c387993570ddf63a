"""A cheap look at a feed before it is parsed: what would take for ever is refused.

feedparser needs the square of the depth of what is never closed and of the number of items,
of the length of a name, and some 30 µs for each tag; an entity of a megabyte can be called a
million times. With these limits, 15 MiB written to hurt take a few seconds, and no honest feed
comes near them.
"""

import re
from collections.abc import Iterator
from itertools import islice

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

MOST_ITEMS = 20_000
MOST_TAGS = 100_000  # outside CDATA
DEEPEST = 200
MOST_MARKS = 1_000_000  # of "<" and "&", in CDATA too
LONGEST_TAG = 64 * 1024
LONGEST_HEAD = 64 * 1024  # what stands before the first element
MOST_SEARCHED = 1_000_000_000  # the squares of the lengths of names, together
MOST_EXPANDED = 20_000_000  # characters, were every "&" the longest entity

_START = re.compile(r"<\w")
_TAG = re.compile(r"<(?:(!--)|(!\[CDATA\[)|(/?)([A-Za-z_][\w:.-]*)([^<>]*))")
_ITEMS = frozenset(("item", "entry"))
_PERSONS = frozenset(
    ("author", "contributor", "creator", "managingeditor", "publisher", "webmaster")
)


def check(text: str) -> None:
    """Refuse a feed in XML that would take too long or too much memory to parse."""
    marks, calls = text.count("<"), text.count("&")
    first = _START.search(text)
    head = text[: first.start()] if first else text[: LONGEST_HEAD + 1]
    longest = max(map(len, head.split("<!ENTITY")[1:]), default=0)
    if marks + calls > MOST_MARKS or len(head) > LONGEST_HEAD or longest * calls > MOST_EXPANDED:
        raise _odd()
    items = _items(text)
    if next(islice(items, MOST_ITEMS, None), False):
        raise too_many()


def too_many() -> Refused:
    """The refusal of a feed with more items than are read."""
    return Refused(
        _("这个订阅源太大，没有读：最多 %(most)s 条。请对方只放最近的内容"), most=MOST_ITEMS
    )


def _odd() -> Refused:
    return Refused(_("这个订阅源写得不正常（嵌套太深、标签或实体太多），没有读。请告诉对方"))


def _items(text: str) -> Iterator[bool]:
    """One True for each item; refuses too many tags, too long ones, and too deep a nest."""
    nest: list[tuple[str, int]] = []
    tags = searched = 0
    for closing, name, rest, at in _tags(text):
        tags += not closing
        searched += _closed(nest, name, at) if closing else 0
        if tags > MOST_TAGS or len(rest) > LONGEST_TAG or len(nest) > DEEPEST:
            raise _odd()
        if searched > MOST_SEARCHED:
            raise _odd()
        if not closing and name in _ITEMS:
            yield True
        if not closing and not rest.endswith("/"):
            nest.append((name, at))


def _closed(nest: list[tuple[str, int]], name: str, at: int) -> int:
    """Take from the nest what a closing tag closes. The steps of searching a name for an e-mail."""
    if all(name != open_name for open_name, _at in nest):
        return 0
    while nest:
        open_name, began = nest.pop()
        if open_name == name:
            break
    return (at - began) ** 2 if name in _PERSONS else 0


def _tags(text: str) -> Iterator[tuple[bool, str, str, int]]:
    """Tags outside comments and CDATA: whether closing, the name, what follows it, its end."""
    ends = {"-->": text.rfind("-->"), "]]>": text.rfind("]]>")}
    at = 0
    while found := _TAG.search(text, at):
        at = found.end()
        comment, cdata, slash, name, rest = found.groups()
        if comment or cdata:
            end = "-->" if comment else "]]>"
            if at <= ends[end]:
                at = text.index(end, at)
            continue
        yield bool(slash), name.lower().rpartition(":")[2], rest, at
