"""Signs of life; rosters, swaps, logs and plans have files of their own."""

from datetime import datetime, timedelta

from tingda.duty.models import Pulse


def beat(worker: str, *, now: datetime) -> bool:
    """Say that this worker is alive. Not a deed, so no ledger line; old workers are forgotten.

    Returns whether somebody was seen later than now: then the clock was put back.
    """
    later = Pulse.objects.filter(seen_at__gt=now)
    went_back = later.exclude(worker=worker).delete()[0] + later.count()
    Pulse.objects.update_or_create(worker=worker, defaults={"seen_at": now})
    Pulse.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    return bool(went_back)
