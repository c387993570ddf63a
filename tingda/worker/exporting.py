"""The step that makes dossiers: written beside its place, moved there when it is whole."""

import hashlib
import logging
import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import translation

from tingda.answers.actions.exports import (
    FOLDER,
    claim_export,
    finish_export,
    give_up_export,
    go_on,
)
from tingda.answers.models import DossierExport
from tingda.lib import present
from tingda.people.queries import is_of_the_office
from tingda.reports.actions.dossier import write_zip
from tingda.reports.queries.dossier import dossier_of, voices_in_full

log = logging.getLogger(__name__)


def export_due(*, now: datetime) -> int:
    """Make the dossier that waits longest; how many were worked at (0 or 1)."""
    row = claim_export(now=now)
    if row is None:
        return 0
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    half = folder / f"{secrets.token_hex(16)}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        left_out = _write(row, half, now)
        whole = half.with_suffix(".zip")
        with half.open("rb") as file:
            os.fsync(file.fileno())
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        half.replace(whole)
        path, size = f"{FOLDER}/{whole.name}", whole.stat().st_size
        if not finish_export(row, path, size, sha256, left_out, now=present.now()):
            whole.unlink(missing_ok=True)
    except Exception as error:
        log.exception("dossier %s was not made", row.pk)
        give_up_export(row, str(error))
    finally:
        half.unlink(missing_ok=True)
    return 1


def _write(row: DossierExport, target: Path, now: datetime) -> int:
    case, person = row.case, row.asked_by
    with translation.override(row.language):
        dossier = dossier_of(case, person, now=now)
        voices = voices_in_full(case) if is_of_the_office(person) else None

        def progress(percent: int) -> None:
            go_on(row, percent, now=present.now())

        return write_zip(dossier, voices, target, progress=progress)
