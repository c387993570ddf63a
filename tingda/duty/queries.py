"""Is anybody awake."""

from datetime import datetime

from tingda.duty.models import Pulse


def worker_seen() -> datetime | None:
    """When any worker was last alive; None when none ever was."""
    return Pulse.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
