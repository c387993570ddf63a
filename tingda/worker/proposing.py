"""The slow look at issues, which leaves alone what was taken on."""

from datetime import datetime

from tingda.cases.queries import taken_on
from tingda.detect.actions.proposing import propose_due


def propose(*, now: datetime) -> int:
    """Join what is surely one, suggest what may be."""
    return propose_due(now=now, bound=taken_on)
