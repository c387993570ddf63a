"""导入: a table is uploaded, shown as it would be heard, confirmed, and watched on its way in."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_safe

from tingda.analyse.models import Topic
from tingda.analyse.queries.sorting import named_topics, topics_in_use
from tingda.collect.actions.tables import begin_import, confirm_import, drop_import
from tingda.collect.models import Import
from tingda.collect.queries import imports_folder, imports_for, rejects_of, sample_of
from tingda.collect.rules import FIELDS, Entry, recognise
from tingda.collect.sources.table.intake import TABLE
from tingda.collect.sources.table.read import Told, read_sample
from tingda.lib import present
from tingda.lib.mojibake import is_broken
from tingda.lib.refusal import Refused
from tingda.lib.uploads import clean_name
from tingda.lib.words import mark
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

SHOWN = 10
MANY_BROKEN = 10  # one row in so many
NO_ROOM = mark("磁盘写不进去，文件没有收下。请清理磁盘后再试")


class IntoFolder(FileUploadHandler):
    """Streams the file straight into the data folder, without a second copy on the way.

    What goes wrong stands in `refusal`: the rest of the upload is read away first, so that the
    browser gets a page and not a broken connection.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.limit = settings.UPLOAD_LIMIT_MB * 2**20
        self.path: Path | None = None
        self.refusal: Refused | None = None
        self.name = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Called by Django where a file begins; only the first one counts."""
        super().new_file(*args, **kwargs)
        if self.path is not None:
            raise SkipFile
        self.name = clean_name(self.file_name or "")
        suffix = Path(self.name).suffix.lower()
        self.path = imports_folder() / f"{secrets.token_hex(16)}{suffix}"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file = self.path.open("xb")
        except OSError:
            self._stop(Refused(NO_ROOM))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Called by Django with each piece."""
        if start + len(raw_data) > self.limit:
            text = _TOO_LARGE
            self._stop(Refused(text, name=self.name, limit=settings.UPLOAD_LIMIT_MB))
        try:
            self.file.write(raw_data)
        except OSError:
            self._stop(Refused(NO_ROOM))

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Called by Django at its end."""
        try:
            self.file.close()
        except OSError:
            self._stop(Refused(NO_ROOM))
        return None

    def _stop(self, refusal: Refused) -> None:
        self.refusal = refusal
        self.discard()
        raise StopUpload(connection_reset=False)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


_TOO_LARGE = mark("“%(name)s”超过 %(limit)s MB，没有收下。请分成几份，或请管理员放宽上限")


class UploadForm(forms.Form):
    """The file itself goes by `IntoFolder`."""

    source = forms.CharField(
        label=_("来源"),
        required=False,
        max_length=100,
        help_text=_("这些声音从哪里来，如：县长信箱。不填就看表里的“平台”一列"),
    )
    file = forms.FileField(
        label=_("表格文件"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson"}),
    )


@csrf_exempt  # only until the file has a place to go: _imports itself is protected
@desk("hear")
def imports(request: HttpRequest) -> HttpResponse:
    """Past imports, and the form for a new one."""
    handler = IntoFolder(request)
    request.upload_handlers = [handler]
    return _imports(request, handler)


@csrf_protect
def _imports(request: HttpRequest, handler: IntoFolder) -> HttpResponse:
    form = UploadForm(request.POST or None)
    if request.method == "POST":
        try:
            row = _begin(request, handler)
        except Refused as refusal:
            handler.discard()
            form.add_error("file", said(refusal))
        else:
            return redirect("import", pk=row.pk)
    context = {
        "here": "sources",
        "form": form,
        "page": page(imports_for(person_of(request)), request),
        "limit": settings.UPLOAD_LIMIT_MB,
    }
    return render(request, "desk/imports.html", context, status=422 if form.errors else 200)


def _begin(request: HttpRequest, handler: IntoFolder) -> Import:
    if handler.refusal:
        raise handler.refusal
    if handler.path is None:
        raise Refused(mark("请选择一个文件"))
    try:
        return begin_import(
            handler.path,
            handler.name,
            source_name=request.POST.get("source", ""),
            mapping={},
            by=person_of(request),
            now=present.now(),
        )
    except OSError as error:
        raise Refused(NO_ROOM) from error


@desk("hear")
def import_(request: HttpRequest, pk: int) -> HttpResponse:
    """Before it is confirmed what would be heard; afterwards how far it is and what came of it."""
    row = get_object_or_404(imports_for(person_of(request)), pk=pk)
    if row.state == Import.State.PREVIEW:
        return _preview(request, row)
    context = {"here": "sources", "import": row, "error": _error(row), "rejects": rejects_of(row)}
    context["unfinished"] = row.state in (Import.State.DUE, Import.State.RUNNING)
    polled = request.headers.get("HX-Request") == "true"
    return render(request, "desk/import_state.html" if polled else "desk/import.html", context)


def _error(row: Import) -> str:
    return said(Refused(row.error, **row.error_params)) if row.error else ""


def _preview(request: HttpRequest, row: Import) -> HttpResponse:
    try:
        taken = sample_of(row)
    except Refused:
        drop_import(row)
        raise
    typed, error = request.POST, ""
    given = _given(typed, taken["columns"]) if "source" in typed else None
    if "drop" in typed:
        drop_import(row)
        return redirect("imports")
    try:
        if given is not None:
            recognise(taken["columns"], given)
        if given is not None and "confirm" in typed:
            now, person = present.now(), person_of(request)
            confirm_import(row, given, typed["source"], by=person, now=now)
            return redirect("import", pk=row.pk)
    except Refused as refusal:
        error = said(refusal)
    if given is None:
        given = {column: field for field, column in row.mapping.items()}
    context = {"here": "sources", "import": row, "error": error, **_looked(row, taken, given)}
    context["source"] = typed.get("source", row.source_name)
    return render(request, "desk/import_preview.html", context, status=422 if error else 200)


def _given(typed: Mapping[str, str], columns: list[str]) -> dict[str, str]:
    """{column: field}; which select belongs to which column is told by its number."""
    return {name: typed.get(f"column-{index}", "") for index, name in enumerate(columns)}


@dataclass(frozen=True)
class Column:
    """One column of the table, an example of what is in it, and what it is taken for."""

    name: str
    example: str
    field: str


def _looked(row: Import, taken: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The beginning of the table as it would be heard, with {column: field} as it is now."""
    chosen = {field: column for column, field in given.items() if field}
    zone = ZoneInfo(settings.TIME_ZONE)
    sample = read_sample(taken, chosen, now=row.made_at, zone=zone)
    heard = [one for one in sample.rows if one.entry]
    bad = [one for one in sample.rows if one.reason]
    return {
        "sample": sample,
        "columns": [Column(name, example, given.get(name, "")) for name, example in sample.columns],
        "fields": [(code, gettext(name)) for code, name in FIELDS.items()],
        "table": TABLE,
        "heard": heard[:SHOWN],
        "bad": [(one, _words(one), said(one.reason)) for one in bad[:SHOWN] if one.reason],
        "bad_count": len(bad),
        "broken": _broken([one.entry for one in heard if one.entry]),
        "has_words": "title" in chosen or "text" in chosen,
        "labels": _labels(heard),
    }


def _labels(heard: Sequence[Told]) -> list[tuple[str, int, Topic | None]]:
    """What the rows call their topics, how often, and which topic of the office that is."""
    named = named_topics(topics_in_use())
    counts = Counter(one.entry.topic for one in heard if one.entry and one.entry.topic)
    return [(name[:100], count, named(name[:100])) for name, count in counts.most_common()]


def _broken(heard: Sequence[Entry]) -> int:
    """How many rows seem to have been read in a wrong charset before; none where they are few."""
    count = sum(is_broken(entry.text) or is_broken(entry.title) for entry in heard)
    return count if count * MANY_BROKEN >= len(heard) else 0


def _words(one: Told) -> str:
    raw = one.raw if isinstance(one.raw, str) else " | ".join(cell for cell in one.raw if cell)
    return raw[:200]


@require_safe
@login_required
def rejects(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bad rows with their reasons, to be mended and imported."""
    row = get_object_or_404(imports_for(person_of(request)), pk=pk)
    place = rejects_of(row)
    if place is None:
        raise Http404
    name = gettext("%(name)s-退回%(suffix)s") % {
        "name": Path(row.name).stem,
        "suffix": place.suffix,
    }
    kind = "text/csv; charset=utf-8" if place.suffix == ".csv" else "application/octet-stream"
    response = FileResponse(place.open("rb"), as_attachment=True, filename=name, content_type=kind)
    response["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [
    path("imports/", imports, name="imports"),
    path("imports/<int:pk>/", import_, name="import"),
    path("imports/<int:pk>/rejects/", rejects, name="import-rejects"),
]
