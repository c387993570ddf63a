"""地点: the office's own list of places: looked through, brought from a CSV file, taken from."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from tingda.analyse.actions.places import read_places, remove_place
from tingda.analyse.models import Place
from tingda.analyse.queries.places import gazetteer
from tingda.lib import present
from tingda.lib.charsets import read_text
from tingda.lib.gazetteer import KIND_WORDS, KINDS, TEMPLATES, Gazetteer
from tingda.lib.refusal import Refused
from tingda.lib.words import mark
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

TAB = "settings-places"
LARGEST_MB = 5
DOUBTFUL_SHOWN = 60
TOO_LARGE = mark("“%(name)s”超过 %(limit)s MB，没有收下。请只留名称、类别、别名三列")


class PlacesForm(forms.Form):
    """A list of places as a CSV file."""

    file = forms.FileField(
        label=_("CSV 文件"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={"required": _("请选一个文件"), "empty": _("文件是空的")},
    )


@dataclass(frozen=True)
class Row:
    """A place; `aliases` with whether each is not looked for."""

    place: Place
    kind: str
    aliases: list[tuple[str, bool]]


@desk()
def places(request: HttpRequest) -> HttpResponse:
    """The list; with a file, what came of it."""
    if request.method != "POST":
        return _page(request, PlacesForm())
    return _bring(request)


@desk("configure")
def _bring(request: HttpRequest) -> HttpResponse:
    form = PlacesForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > LARGEST_MB * 2**20:
                raise Refused(TOO_LARGE, name=file.name, limit=LARGEST_MB)
            added, changed = read_places(
                read_text(file.read()), by=person_of(request), now=present.now()
            )
        except Refused as refusal:
            form.add_error("file", said(refusal))
        else:
            text = gettext("新增 %(added)s 处，改了 %(changed)s 处。")
            messages.success(request, text % {"added": added, "changed": changed})
            return redirect(TAB)
    return _page(request, form)


def _page(request: HttpRequest, form: PlacesForm) -> HttpResponse:
    words = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    rows = Place.objects.order_by("name", "id")
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(aliases__icontains=words))
    shown, found = page(rows, request), gazetteer()
    doubtful = found.doubtful if found else ()
    return settings_page(
        request,
        "settings_places",
        status=422 if form.errors else 200,
        form=form,
        q=words,
        page=shown,
        rows=[_row(place, found) for place in shown.items],
        total=found is not None,
        kinds=[gettext(word) for word in KIND_WORDS],
        doubtful=doubtful[:DOUBTFUL_SHOWN],
        doubtful_count=len(doubtful),
    )


def _row(place: Place, found: Gazetteer | None) -> Row:
    aliases = [(alias, bool(found and found.doubts(alias))) for alias in place.others()]
    return Row(place, gettext(_word(place.kind)), aliases)


def _word(kind: str) -> str:
    words = dict(zip(KINDS, KIND_WORDS, strict=True))
    return words.get(kind, kind)


@require_safe
@desk()
def template(request: HttpRequest) -> HttpResponse:
    """A CSV file to fill in, as spreadsheets open it."""
    sheet = TEMPLATES.get(get_language() or "", TEMPLATES["zh-hans"])
    response = HttpResponse(sheet.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="places.csv"'
    return response


@require_POST
@desk("configure")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Look for one place no more."""
    place = get_object_or_404(Place, pk=pk)
    remove_place(place, by=person_of(request), now=present.now())
    text = gettext("已移除“%(name)s”，之后不再找它。")
    messages.success(request, text % {"name": place.name})
    return redirect(TAB)


urlpatterns = [
    path("settings/places/", places, name=TAB),
    path("settings/places/template/", template, name="settings-places-template"),
    path("settings/places/<int:pk>/drop/", remove, name="settings-place-remove"),
]
