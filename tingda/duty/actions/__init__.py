"""Signs of life; rosters, swaps, logs and plans have files of their own."""

from datetime import datetime, timedelta

from tingda.duty.models import Pulse
from tingda.people.models import Institution


def beat(worker: str, *, now: datetime) -> bool:
    """Say that this worker is alive. Not a deed, so no ledger line; old workers are forgotten.

    Returns whether somebody was seen later than now: then the clock was put back.
    """
    later = Pulse.objects.filter(seen_at__gt=now)
    went_back = later.exclude(worker=worker).delete()[0] + later.count()
    Pulse.objects.update_or_create(worker=worker, defaults={"seen_at": now})
    Pulse.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    return bool(went_back)


def one_at_a_time() -> None:
    """Whoever changes who is on waits here for others who do, to the end of the transaction:
    rosters, swaps and replacements touch the same shifts from different sides.
    """
    Institution.objects.select_for_update().get(pk=1)
