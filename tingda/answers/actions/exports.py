"""Exports of dossiers: asked for at the desk, made by the worker, kept for some days."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from tingda.answers.models import DossierExport
from tingda.cases.models import Case
from tingda.cases.queries import cases_for
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name

CLAIM = timedelta(minutes=10)  # longer than any step between two reports of progress
KEPT = timedelta(days=7)
EVERY = timedelta(hours=1)  # between two looks for what is over
MOST_TRIES = 3
FOLDER = "exports"


def ask_export(case: Case, language: str, *, by: Person, now: datetime) -> DossierExport:
    """Ask for the dossier of a case that the person may open; one at a time for each person."""
    if not cases_for(by).filter(pk=case.pk).exists():
        raise Refused(_("您的角色不能做这一步"))
    try:
        with transaction.atomic():
            row = DossierExport.objects.create(
                case=case, asked_by=by, asked_at=now, language=language
            )
            record("dossier.asked", case.thread, thread=case.thread, actor=actor_name(by), now=now)
            return row
    except IntegrityError as error:
        raise Refused(_("您要的档案已经在导出，请等它做完")) from error


def claim_export(*, now: datetime) -> DossierExport | None:
    """The export that waits longest, for this worker alone; one of a dead worker is free again."""
    free = Q(state="due") | Q(state="running", claimed_until__lt=now)
    row = (
        DossierExport.objects.filter(free).select_related("case", "asked_by").order_by("id").first()
    )
    if row is None:
        return None
    as_read = DossierExport.objects.filter(
        pk=row.pk, state=row.state, claimed_until=row.claimed_until
    )
    row.claimed_until, row.state, row.tries = now + CLAIM, "running", row.tries + 1
    claimed = as_read.update(
        claimed_until=row.claimed_until, state="running", tries=row.tries, percent=0
    )
    return row if claimed else None


def go_on(row: DossierExport, percent: int, *, now: datetime) -> None:
    """Say how far it is, and keep hold of it."""
    mine = DossierExport.objects.filter(pk=row.pk, claimed_until=row.claimed_until)
    until = now + CLAIM
    if mine.update(percent=min(percent, 99), claimed_until=until):
        row.claimed_until = until


@transaction.atomic
def finish_export(
    row: DossierExport, path: str, size: int, sha256: str, left_out: int, *, now: datetime
) -> bool:
    """It lies whole under `path`. False where another worker has it now."""
    mine = DossierExport.objects.filter(pk=row.pk, claimed_until=row.claimed_until)
    done = {"state": "done", "percent": 100, "claimed_until": None, "done_at": now}
    if not mine.update(path=path, size=size, sha256=sha256, left_out=left_out, **done):
        return False
    data = {"sha256": sha256, "size": size, "to": row.asked_by.name, "wanting": left_out}
    case = row.case
    record(
        "dossier.exported",
        case.thread,
        thread=case.thread,
        actor=actor_name(None),
        now=now,
        data=data,
    )
    tell(
        [row.asked_by],
        "dossier.exported",
        key=f"dossier.exported:{row.pk}",
        link=case.thread,
        now=now,
        data={"title": case.title},
    )
    return True


def give_up_export(row: DossierExport, note: str) -> None:
    """It could not be made: tried again some times, then left with why."""
    state = "failed" if row.tries >= MOST_TRIES else "due"
    mine = DossierExport.objects.filter(pk=row.pk, claimed_until=row.claimed_until)
    mine.update(state=state, note=note[:500], claimed_until=None)


class _Looked:
    """When this process saw that the time of no export is over."""

    at: datetime | None = None


def forget_exports(*, now: datetime, limit: int = 100) -> int:
    """Delete exports after some days, and files that no export names; how many.

    They hold words of people, whose time is the office's and not that of a copy.
    """
    if _Looked.at and _Looked.at <= now < _Looked.at + EVERY:
        return 0
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    rows = DossierExport.objects.filter(state__in=["done", "failed"], asked_at__lt=now - KEPT)
    ended = list(rows.order_by("id")[:limit])
    for row in ended:
        if row.path:
            (Path(settings.MEDIA_ROOT) / row.path).unlink(missing_ok=True)
        row.delete()
    named = set(DossierExport.objects.exclude(path="").values_list("path", flat=True))
    old = (now - timedelta(days=1)).timestamp()
    for file in folder.glob("*"):
        if f"{FOLDER}/{file.name}" not in named and file.stat().st_mtime < old:
            file.unlink(missing_ok=True)
    if len(ended) < limit:
        _Looked.at = now
    return len(ended)
