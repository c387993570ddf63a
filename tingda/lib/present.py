"""What time it is. The doors ask here and hand the time on; nothing below them asks."""

from datetime import UTC, datetime

from tingda.lib.exercise import exercise


def now() -> datetime:
    """This moment, aware, in UTC. In a drill it is the drill's moment, which may pass faster."""
    real, drill = datetime.now(UTC), exercise()
    return drill.at(real).astimezone(UTC) if drill else real


def wait(seconds: float) -> float:
    """How many true seconds to wait for so many of the clock above; not too few for others."""
    drill = exercise()
    return max(seconds / drill.speed, min(seconds, 0.5)) if drill else seconds
