"""Which characters a feed is written in: byte order mark, server, the feed itself, detection.

Servers often say one charset and feeds another; one bad byte must not turn the whole feed into
another alphabet. w3lib knows what browsers read a declared name as (gb2312 and gbk: gb18030).
"""

import re
from collections.abc import Iterator

from w3lib.encoding import (
    html_body_declared_encoding,
    html_to_unicode,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

# Python knows them as charsets; no page is written in them, and some take for ever.
_NOT_FOR_PAGES = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"))
# Any bytes can be read as these, so that they prove nothing.
_READS_ANYTHING = frozenset(("cp1252", "iso8859-1", "latin-1", "ascii"))
_WIDE = (  # what "<" or "{" and the next sign look like there; the longest first
    (re.compile(rb"[<{]\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{]\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[<{]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{]\0[^\0]"), "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']?([\w.:-]+)""")
_FEW = 60  # characters of GBK that may read as UTF-8 by chance; of more, one will not
_COMMON_HAN = re.compile(rb"(?:[\0-\x7f]|[\xb0-\xf7][\xa1-\xfe])*")  # as GB2312 has them
_LETTERS = re.compile("[\xa0-\u017f\u0391-\u03ce\u0401-\u045f\u05d0-\u05ea\u0621-\u064a]")
_OTHERS = re.compile(r"[^\x00-\x7f]")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a feed, read as what it is declared to be where that holds, else as it can be."""
    if read_bom(body)[0] is None:
        for charset in _candidates(body, content_type):
            if (text := _strictly(body, charset)) is not None:
                return text
    return html_to_unicode(None, body)[1]


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    yield from (name for pattern, name in _WIDE if pattern.match(body))
    found = _DECLARED.match(body[:500])
    named = resolve_encoding(found[1].decode("ascii", "replace")) if found else None
    said = (http_content_type_encoding(content_type), named or html_body_declared_encoding(body))
    told = [name for name in said if name]
    # Of two that disagree, the one that cannot be true by accident is asked first.
    if "utf-8" in told:
        yield "utf-8"
    yield from (name for name in told if name not in _READS_ANYTHING)
    yield from told
    if _is_short_gbk(body):
        yield "gb18030"
    yield from ("utf-8", "gb18030")


def _is_short_gbk(body: bytes) -> bool:
    """停水通知 in GBK is valid UTF-8 too, for signs that no language puts side by side."""
    text = _strictly(body, "utf-8")
    if text is None or body.isascii():
        return False
    strange = _OTHERS.findall(text)
    odd = [sign for sign in strange if sign < "\u0800" and not _LETTERS.match(sign)]
    few = len(strange) <= _FEW and len(odd) * 2 >= len(strange)
    return few and _COMMON_HAN.fullmatch(body) is not None


def _strictly(body: bytes, charset: str) -> str | None:
    if charset in _NOT_FOR_PAGES:
        return None
    try:
        return body.decode(charset)
    except (UnicodeError, LookupError):
        return None
