"""How the things of a dossier are said: times in full, names, files; in the active language."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from tingda.lib.uploads import clean_name
from tingda.people.models import Person, Unit
from tingda.people.queries import in_language
from tingda.reports.rules import FileRef

Fields = tuple[tuple[str, str], ...]


def when(moment: datetime | date | None) -> str:
    """In full, with the year: a dossier is read years later."""
    if moment is None:
        return gettext("无")
    if not isinstance(moment, datetime):
        return date_format(moment, gettext("Y年n月j日"))
    return date_format(localtime(moment), gettext("Y年n月j日 H:i"))


def name_of(person: Person | None) -> str:
    """ "" where it was nobody yet."""
    return person.name if person else ""


def called(unit: Unit) -> str:
    """Its English name for who reads English."""
    return in_language(unit.name, unit.name_en)


def filled(*fields: tuple[str, str]) -> Fields:
    """Those that say something."""
    return tuple((name, value) for name, value in fields if value)


def sections(*parts: tuple[str, str]) -> str:
    """What was written under several headings, as one text; without what was left empty."""
    return "\n\n".join(f"{name}\n{words}" for name, words in parts if words)


def file_ref(prefix: str, row: object) -> FileRef:
    """A row with name, path, size and sha256 as a file of the dossier."""
    name, path, size, sha256 = (getattr(row, key) for key in ("name", "path", "size", "sha256"))
    return FileRef(f"files/{prefix}-{clean_name(name)}", path, size, sha256)
