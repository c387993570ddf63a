"""Signs of life."""

from datetime import datetime, timedelta

from tingda.duty.models import Pulse


def beat(worker: str, *, now: datetime) -> None:
    """Say that this worker is alive. Not a deed, so no ledger line; old workers are forgotten."""
    Pulse.objects.update_or_create(worker=worker, defaults={"seen_at": now})
    Pulse.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
