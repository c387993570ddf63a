"""Which part of a file a player asks for (RFC 9110, 14): one range of bytes."""

import re

_ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)


class Unsatisfiable(Exception):
    """The part lies behind the end of the file."""


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """The first and the last byte that are asked for; None: the whole file.

    What is not one range of bytes (several, other units, nonsense) asks for the whole, as the
    standard allows. Raises Unsatisfiable.
    """
    found = _ONE.fullmatch(header)
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # the last so many bytes
        length = int(last)
        if not length or not size:
            raise Unsatisfiable
        return max(size - length, 0), size - 1
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, end
