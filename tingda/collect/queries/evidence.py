"""What was kept of pages, who may have it, and whether it is still what it was."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from tingda.collect.models import Evidence
from tingda.ledger.models import Line
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office

FOLDER = "evidence"
VERBS = ("evidence.kept", "evidence.words_kept")


def evidence_path(sha256: str) -> str:
    """Where a file of that hash lies inside the folder of files."""
    return f"{FOLDER}/{sha256}.warc.gz"


def evidence_for(person: Person) -> QuerySet[Evidence]:
    """All evidence, for the desk of the whole office: it holds the words of voices."""
    rows = Evidence.objects.select_related("voice")
    return rows if person.is_active and is_of_the_office(person) else rows.none()


def changed_evidence() -> list[str]:
    """Voices ("voice:7") whose evidence is gone, or no longer what the ledger says it was."""
    changed = []
    lines = Line.objects.filter(verb__in=VERBS).order_by("number")
    now_says = {
        f"voice:{voice}": sha256
        for voice, sha256 in Evidence.objects.exclude(sha256="").values_list("voice_id", "sha256")
    }
    for subject, sha256 in lines.values_list("subject", "data__sha256").iterator(500):
        file = Path(settings.MEDIA_ROOT) / evidence_path(str(sha256))
        if now_says.get(subject) != sha256 or _hash(file) != sha256:
            changed.append(subject)
    return changed


def _hash(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""
