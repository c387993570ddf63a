"""What time it is. The doors ask here and hand the time on; nothing below them asks."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
