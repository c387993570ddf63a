"""The texts of the product as a translator gets them: found in pages and code, kept in one file."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PRODUCT = Path(__file__).parents[1] / "tingda"
CATALOGUE = PRODUCT / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "mark": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def _sources() -> Iterator[tuple[Path, bytes]]:
    for path in sorted(PRODUCT.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield path, path.read_bytes()
        elif path.suffix in (".html", ".txt", ".xml") and "templates" in path.parts:
            yield path, templatize(path.read_text("utf-8"), origin=str(path)).encode()


def found() -> Catalog:
    """Every text that code and pages show, with where it stands."""
    catalogue = Catalog(locale="en", project="tingda", charset="utf-8")
    for path, source in _sources():
        where = path.relative_to(PRODUCT.parent).as_posix()
        for _line, message, _comments, context in extract(
            "python", io.BytesIO(source), KEYWORDS, ("Translators:",)
        ):
            if message:
                catalogue.add(message, locations=[(where, 1)], context=context)
    return catalogue


def current() -> Catalog:
    """The catalogue as it stands in the file; empty where there is none."""
    if not CATALOGUE.exists():
        return Catalog(locale="en", project="tingda", charset="utf-8")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def _plain(catalogue: Catalog) -> Catalog:
    """Without the moment of making, so that the same words make the same file."""
    catalogue.revision_date = catalogue.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a file; without line numbers and dates, so that it changes only in words."""
    out = io.BytesIO()
    write_po(
        out, _plain(catalogue), width=100, no_location=True, omit_header=False, sort_output=True
    )
    return b"\n".join(
        line
        for line in out.getvalue().split(b"\n")
        if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b"# "))
    )


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as the machine reads it."""
    out = io.BytesIO()
    write_mo(out, _plain(catalogue))
    return out.getvalue()
