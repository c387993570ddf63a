"""Voices whose time is over. Which they are is decided by the office's retention time alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from tingda.collect.models import Attachment, Check, Evidence, Tombstone, Voice
from tingda.collect.queries.evidence import FOLDER
from tingda.ledger.actions import record
from tingda.people.models import actor_name

THREAD = "retention"
CHECKS_AT_ONCE = 5000
_UNDER_WAY = timedelta(days=1)  # longer than anybody takes between a file and its row


def hold_voices(rows: "QuerySet[Voice]", limit: int) -> list[Voice]:
    """These voices, held until the transaction ends; one that somebody works at waits."""
    ids = list(rows.values_list("pk", flat=True)[:limit])
    held = Voice.objects.filter(pk__in=ids).order_by("pk")
    if connection.vendor == "postgresql":
        held = held.select_for_update(skip_locked=True)
    return list(held)


@transaction.atomic
def forget_voices(voices: Sequence[Voice], *, now: datetime) -> None:
    """Delete them, with their edits and files. A mark stays, so that they are not heard again,
    and one line that says how many.

    The caller has found that their time is over, and has let go of what later rooms hold.
    """
    ids = [voice.pk for voice in voices]
    Tombstone.objects.bulk_create(
        [Tombstone(source_id=v.source_id, identity=v.identity, imprint=v.imprint) for v in voices],
        ignore_conflicts=True,
    )
    files = Attachment.objects.filter(voice__in=ids)
    paths = list(files.values_list("path", flat=True))
    # the one place where voices end: by the time that is the same for all, counted in the ledger
    Voice.objects.filter(pk__in=ids).delete()
    data = {"count": len(ids), "days": settings.RETENTION_DAYS}
    record("voices.forgotten", THREAD, actor=actor_name(None), now=now, data=data)
    transaction.on_commit(partial(_unlink, paths))


def _unlink(paths: Sequence[str]) -> None:
    still = set(Attachment.objects.filter(path__in=paths).values_list("path", flat=True))
    for path in set(paths) - still:
        (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)


def forget_checks(before: datetime) -> int:
    """Delete the oldest looks at sources from before then; how many."""
    old = Check.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
    return Check.objects.filter(pk__in=list(old[:CHECKS_AT_ONCE])).delete()[0]


def sweep(*, now: datetime) -> int:
    """Delete files of evidence that no record speaks of: their writer died. How many."""
    held = set(Evidence.objects.exclude(path="").values_list("path", flat=True))
    old = (now - _UNDER_WAY).timestamp()
    swept = 0
    for file in (Path(settings.MEDIA_ROOT) / FOLDER).glob("*"):
        if f"{FOLDER}/{file.name}" not in held and file.stat().st_mtime < old:
            file.unlink(missing_ok=True)
            swept += 1
    return swept
