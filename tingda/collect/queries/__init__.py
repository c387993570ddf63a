"""Which voices and sources somebody may see."""

import json
import os
import unicodedata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from tingda.collect.models import Import, Receipt, Source, Voice
from tingda.lib.refusal import Refused
from tingda.lib.rejects import rejects_suffix
from tingda.lib.secrets import keyed_hash, secret
from tingda.lib.tables import Format
from tingda.lib.words import mark as _
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read or heard as another
CODE_LENGTH = 12


def voices_for(person: Person) -> QuerySet[Voice]:
    """All voices for the desk of the whole office; a unit's own people see none of them here."""
    voices = Voice.objects.select_related("source")
    return voices if person.is_active and is_of_the_office(person) else voices.none()


def sources_for(person: Person) -> QuerySet[Source]:
    """All sources, for the desk of the whole office."""
    sources = Source.objects.all()
    return sources if person.is_active and is_of_the_office(person) else sources.none()


def imports_for(person: Person) -> QuerySet[Import]:
    """All imports, for whoever may import."""
    imports = Import.objects.select_related("by")
    return imports if person.may("hear") else imports.none()


def code_hash(code: str) -> str:
    """What is kept of a receipt code. Case, spaces, dashes and full-width letters do not count."""
    folded = unicodedata.normalize("NFKC", code).upper()
    letters = "".join(letter for letter in folded if letter.isascii() and letter.isalnum())
    return keyed_hash(secret(Path(settings.HOME), "receipt.key"), letters)


def receipt_of(code: str) -> Receipt | None:
    """The receipt with this code, as a person may type it; None for any other text."""
    if len(code) > 100:
        return None
    rows = Receipt.objects.select_related("voice", "voice__source")
    return rows.filter(code_hash=code_hash(code)).first()


# --- imports ---


def unfinished_import(import_: Import) -> Import | None:
    """An earlier import of the same file, meant in the same way, that was broken off."""
    return Import.objects.filter(
        state__in=[Import.State.DUE, Import.State.RUNNING],
        file=import_.file,
        size=import_.size,
        mapping=import_.mapping,
        source_name=import_.source_name,
    ).first()


def imports_folder() -> Path:
    """Where uploaded tables wait, and rejects that can stand nowhere better."""
    return Path(settings.HOME) / "imports"


def table_path(import_: Import) -> Path:
    """The file: of the office's own (absolute), or uploaded into the data folder."""
    return Path(settings.HOME) / import_.file


def sample_path(import_: Import) -> Path:
    """Where the beginning of an uploaded table is kept for looking at it."""
    return imports_folder() / f"{Path(import_.file).name}.sample"


def sample_of(import_: Import) -> dict[str, Any]:
    """The beginning of an uploaded table, as `take_sample` made it."""
    try:
        taken: dict[str, Any] = json.loads(sample_path(import_).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(_("这份表格已经不在了，请重新上传")) from error
    return taken


def rejects_place(import_: Import, form: Format) -> Path:
    """Where the bad rows of an import go: beside the file where that can be, never over another."""
    if import_.rejects_file:
        return Path(import_.rejects_file)
    path = table_path(import_)
    folder = path.parent if os.access(path.parent, os.W_OK) else imports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    number, place = 1, folder / f"{path.stem}.rejects{rejects_suffix(form)}"
    while place.exists():
        number += 1
        place = folder / f"{path.stem}.rejects-{number}{rejects_suffix(form)}"
    return place


def rejects_of(import_: Import) -> Path | None:
    """The file of bad rows that the desk may hand out: one in the data folder, still there."""
    path = Path(import_.rejects_file)
    ours = bool(import_.rejects_file) and path.parent == imports_folder()
    return path if ours and path.is_file() else None
