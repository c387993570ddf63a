"""Shifts of a day and how long a worker may be silent."""

from datetime import datetime, time, timedelta

from tingda.lib.words import mark as _

SILENT_AFTER = timedelta(minutes=2)
DAY = (time(8, 0), time(17, 30))


def shift_at(local: datetime) -> tuple[str, str]:
    """The shift that is on at a local time: its name and its hours."""
    if DAY[0] <= local.time() < DAY[1]:
        return _("白班"), "08:00–17:30"
    return _("夜班"), "17:30–08:00"


def is_silent(seen: datetime | None, now: datetime) -> bool:
    """Whether the worker has not been seen for too long (or never)."""
    return seen is None or now - seen > SILENT_AFTER
