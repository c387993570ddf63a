"""What an HTTP answer means: a packed body, and when a server wants to be asked again."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

_CHUNK = 64 * 1024


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress in pieces of bounded size, so that a bomb is seen before it has gone off."""
    unpack = None
    for chunk in chunks:
        if unpack is None:
            if not chunk.startswith((b"\x1f\x8b", b"\x78")):  # said to be packed, and is not
                yield chunk
                yield from chunks
                return
            unpack = zlib.decompressobj(wbits=47)
        waiting, more = chunk, True
        while more:
            piece = unpack.decompress(waiting, _CHUNK)
            yield piece
            waiting = unpack.unconsumed_tail
            # A full piece may have left output behind even where all input is used up.
            more = bool(waiting) or len(piece) == _CHUNK
            if unpack.eof:
                waiting, unpack = unpack.unused_data, zlib.decompressobj(wbits=47)
                more = waiting.startswith(b"\x1f\x8b")


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the server asks to be left alone; a date counts from the server's own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), 10**8))
    try:
        until, date = parsedate_to_datetime(value), parsedate_to_datetime(headers["date"])
        return max(until - date, timedelta(0))
    except (KeyError, TypeError, ValueError):
        return None
