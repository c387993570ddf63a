"""Units and people from an XLSX or CSV file: first shown, then added as a whole or not at all."""

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.tables import BadRow, open_table
from tingda.lib.words import mark
from tingda.people import rules
from tingda.people.actions import bring_people, bring_units
from tingda.people.models import Person
from tingda.people.queries import units
from tingda.web.desk.configure import settings_page
from tingda.web.desk.invitations import shown
from tingda.web.guard import desk, person_of
from tingda.web.words import said

TAB = "settings-people"
LARGEST_MB = 5
UNPACKED_MB = 50
MOST = 1000
SHOWN = 200
TOO_LARGE = mark("“%(name)s”超过 %(limit)s MB，没有收下。请只留模板里的列")
TOO_MANY = mark("一次最多 %(most)s 行，请分成几份")
NOTHING = mark("表格里没有要新增的行")
# A line in the templates to show how.
EXAMPLES = {
    "units": (mark("教育办"), "", "Education Office", "0000-1234567", "8:30–17:30"),
    "people": (
        mark("教育办联络员"),
        "edu",
        mark("教育办"),
        rules.ROLES[rules.LIAISON],
        "0000-1234567",
        "edu@example.org",
    ),
}
COLUMNS = {"units": rules.UNIT_COLUMNS, "people": rules.PERSON_COLUMNS}


class TableForm(forms.Form):
    """A file."""

    file = forms.FileField(
        label=_("XLSX 或 CSV 文件"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"required": _("请选一个文件"), "empty": _("文件是空的")},
    )


@dataclass(frozen=True)
class Read:
    """What a table asks for; `kept` is the same table as CSV, to be read again."""

    kind: str
    wanted: list[rules.Wanted]
    rejects: list[rules.Reject]
    kept: str


@desk("configure")
@never_cache
def table(request: HttpRequest) -> HttpResponse:
    """Choose a file, see what it adds, add it."""
    if request.method != "POST":
        return _page(request, TableForm())
    form, kept = TableForm(request.POST, request.FILES), request.POST.get("kept", "")
    if not (form.is_valid() or kept):
        return _page(request, form, 422)
    try:
        read = _read(io.BytesIO(kept.encode()) if kept else form.cleaned_data["file"])
        if "add" in request.POST and not read.rejects:
            return _add(request, read)
    except Refused as refusal:
        form.add_error("file", said(refusal))
        return _page(request, form, 422)
    return settings_page(
        request,
        "people_table_preview",
        tab=TAB,
        status=422 if read.rejects else 200,
        read=read,
        rows=[(row, _told(read.kind, row)) for row in read.wanted[:SHOWN]],
        rejects=[(one.number, one.text, said(one.reason)) for one in read.rejects[:SHOWN]],
        columns=[gettext(name) for name in COLUMNS[read.kind].values()],
    )


def _add(request: HttpRequest, read: Read) -> HttpResponse:
    by, now = person_of(request), present.now()
    if read.kind == "people":
        return shown(request, bring_people(read.wanted, by=by, now=now))
    count = len(bring_units(read.wanted, by=by, now=now))
    text = ngettext("已新增 %(n)s 个单位。", "已新增 %(n)s 个单位。", count)
    messages.success(request, text % {"n": count})
    return redirect(TAB)


def _page(request: HttpRequest, form: TableForm, status: int = 200) -> HttpResponse:
    columns = {kind: [gettext(name) for name in known.values()] for kind, known in COLUMNS.items()}
    return settings_page(
        request, "people_table", tab=TAB, status=status, form=form, columns=columns
    )


def _read(file: BinaryIO) -> Read:
    if getattr(file, "size", 0) > LARGEST_MB * 2**20:
        raise Refused(TOO_LARGE, name=file.name, limit=LARGEST_MB)
    with tempfile.NamedTemporaryFile() as beside:
        beside.write(file.read())
        beside.flush()
        return _sorted(Path(beside.name))


def _sorted(file: Path) -> Read:
    opened = open_table(file, unpacked_limit=UNPACKED_MB * 2**20)
    kind, keys = rules.columns_of(opened.columns, _words())
    rows: list[rules.Cells] = []
    bad: list[rules.Reject] = []
    for row in opened.rows():
        if isinstance(row, BadRow):
            text = row.raw if isinstance(row.raw, str) else "、".join(row.raw)
            bad.append(rules.Reject(row.number, text[:100], row.reason))
        else:
            values = {key: " ".join(row.values[name].split()) for name, key in keys.items()}
            rows.append((row.number, values))
        if len(rows) + len(bad) > MOST:
            raise Refused(TOO_MANY, most=MOST)
    names = list(units().values_list("name", flat=True))
    if kind == "units":
        wanted, rejects = rules.sort_units(rows, names)
    else:
        logins = Person.objects.values_list("login", flat=True)
        with translation.override("en"):
            words = {gettext(name).lower(): code for code, name in rules.ROLES.items()}
        wanted, rejects = rules.sort_people(rows, names, list(logins), words)
    if not (wanted or rejects or bad):
        raise Refused(NOTHING)
    rejects = sorted(bad + rejects, key=lambda one: one.number)
    return Read(kind, wanted, rejects, _csv(kind, [values for _number, values in rows]))


def _words() -> dict[str, str]:
    """The English names of the columns: a file that a colleague began may be in either."""
    words = {
        mark("姓名"): rules.PERSON_COLUMNS["name"],
        mark("电话"): rules.PERSON_COLUMNS["phone"],
    }
    with translation.override("en"):
        names = {name for known in COLUMNS.values() for name in known.values()}
        return words | {gettext(name): name for name in names}


def _csv(kind: str, rows: list[Any]) -> str:
    known, text = COLUMNS[kind], io.StringIO()
    writer = csv.writer(text)
    writer.writerow(known.values())
    writer.writerows([values.get(key, "") for key in known] for values in rows)
    return text.getvalue()


def _told(kind: str, row: rules.Wanted) -> list[str]:
    told = dict(row.values) | {"roles": "、".join(gettext(rules.ROLES[one]) for one in row.roles)}
    return [told.get(key, "") for key in COLUMNS[kind]]


@require_safe
@desk("configure")
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """A CSV file to fill in, as spreadsheets open it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(gettext(name) for name in COLUMNS[kind].values())
    writer.writerow(gettext(cell) if cell else "" for cell in EXAMPLES[kind])
    raw = text.getvalue().encode("utf-8-sig")
    response = HttpResponse(raw, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response


urlpatterns = [
    path("settings/people/table/", table, name="settings-people-table"),
    path("settings/people/table/units.csv", template, {"kind": "units"}, name="settings-units-csv"),
    path(
        "settings/people/table/people.csv",
        template,
        {"kind": "people"},
        name="settings-people-csv",
    ),
]
