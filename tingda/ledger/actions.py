"""The only way onto the record."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import connection, transaction

from tingda.ledger.models import Line
from tingda.ledger.rules import START, Entry, digest

_LOCK = 0x7E46DA  # PostgreSQL advisory lock: one writer of the chain at a time


def record(
    verb: str,
    subject: str,
    *,
    actor: str,
    now: datetime,
    thread: str = "",
    public: bool = False,
    data: Mapping[str, object] | None = None,
) -> Line:
    """Add one line, in the caller's transaction: the deed and its line stand or fall together.

    `thread` is the matter it belongs to (default: the subject itself). Public lines are read by
    everybody, so their data must hold nothing of a reporter.
    Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a ledger line needs its deed's transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = Line.objects.order_by("-number").first()
    entry = Entry(
        number=last.number + 1 if last else 1,
        at=now,
        verb=verb,
        subject=subject,
        thread=thread or subject,
        actor=actor,
        public=public,
        data=dict(data or {}),
    )
    (line,) = chained([entry], last)
    line.save()
    return line


def chained(entries: Iterable[Entry], last: Line | None) -> Iterator[Line]:
    """Lines in their order, each linked to the one before it, the first to `last`; not saved."""
    before = last.hash if last else START
    for entry in entries:
        line = Line(**vars(entry), before=before, hash=digest(entry, before))
        before = line.hash
        yield line
