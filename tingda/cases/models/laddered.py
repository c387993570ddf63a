"""What has a limit, and a ladder of steps around it."""

from datetime import UTC, datetime

from django.db import models

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Laddered(models.Model):
    """Has a limit `due_at`. Whoever moves the limit need not know of the ladder: a limit other than
    the one it was reckoned for is reckoned again by the worker.
    """

    step_at = models.DateTimeField(null=True)  # when the next step is due; None: no step is left
    step_for = models.DateTimeField(default=NEVER)  # the limit that this was reckoned for

    class Meta:
        abstract = True


def unreckoned() -> models.Q:
    """Rows whose steps were not reckoned for the limit that they have."""
    return ~models.Q(step_for=models.F("due_at"))
