"""Reading the record, and checking that nobody changed it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from tingda.ledger.models import Line
from tingda.ledger.rules import START, Entry, digest


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds; if not, the first bad line and what is wrong with it.

    `reason` is one of "", "gap", "before", "hash", "unreadable", "database".
    """

    ok: bool
    lines: int
    first_bad: int | None = None
    reason: str = ""


def thread_lines(thread: str) -> QuerySet[Line]:
    """Everything on the record about one matter, newest first."""
    return Line.objects.filter(thread=thread).order_by("-number")


def public_lines(thread: str) -> QuerySet[Line]:
    """What everybody may read of it."""
    return thread_lines(thread).filter(public=True)


def find_lines(*, thread: str = "", actor: str = "") -> QuerySet[Line]:
    """Lines of the whole record, newest first; `actor` is part of a name of staff."""
    lines = Line.objects.order_by("-number")
    if thread:
        lines = lines.filter(thread=thread)
    return lines.filter(actor__icontains=actor) if actor else lines


def lines_between(start: datetime, end: datetime) -> QuerySet[Line]:
    """The lines from `start` up to, not including, `end`, oldest first. Numbers grow with time,
    so the first one is found by halving: moments have no index.
    """
    low, high = 1, newest_number() + 1
    while low < high:
        middle = (low + high) // 2
        at = Line.objects.filter(number__gte=middle).order_by("number").values_list("at", flat=True)
        found = at.first()
        if found is not None and found < start:
            low = middle + 1
        else:
            high = middle
    return Line.objects.filter(number__gte=low, at__gte=start, at__lt=end).order_by("number")


def newest_number() -> int:
    """The number of the last line, 0 when there is none."""
    last = Line.objects.order_by("-number").values_list("number", flat=True).first()
    return last or 0


def verify() -> Verdict:
    """Walk the whole chain. Damage that stops the database from being read is a finding too."""
    count = 0
    try:
        before = START
        for count, line in enumerate(Line.objects.order_by("number").iterator(2000), start=1):
            if wrong := _wrong(line, count, before):
                return Verdict(False, count, line.number, wrong)
            before = line.hash
        if damage := _damaged():
            return Verdict(False, count, None, damage)
    except Exception:  # a damaged file raises whatever its broken bytes lead to
        return Verdict(False, count, count + 1, "unreadable")
    return Verdict(True, count)


def _wrong(line: Line, number: int, before: str) -> str:
    if line.number != number:
        return "gap"
    if line.before != before:
        return "before"
    fields = ("number", "at", "verb", "subject", "thread", "actor", "public", "data")
    entry = Entry(**{name: getattr(line, name) for name in fields})
    return "" if digest(entry, before) == line.hash else "hash"


def _damaged() -> str:
    """SQLite keeps no checksums, but knows when its pages and indexes contradict each other."""
    if connection.vendor != "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check(1)")
        row = cursor.fetchone()
    return "" if row and row[0] == "ok" else "database"
