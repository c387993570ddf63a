"""来源: a whole list of addresses at once, and the list of our feeds to take away."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tingda.collect.actions.sources import LONGEST, SHORTEST
from tingda.collect.actions.sources_many import MOST, Listed, Outcome, add_many, read_lines
from tingda.collect.queries import sources_for
from tingda.lib import present
from tingda.lib.opml import Outline, read_opml, write_opml
from tingda.lib.refusal import Refused
from tingda.lib.words import mark
from tingda.people.queries import institution
from tingda.web.desk.sources_add import groups_of
from tingda.web.guard import desk, person_of
from tingda.web.words import said

LARGEST = 2 * 2**20


class ManyForm(forms.Form):
    """A list, pasted or as a file, and what all of it shares."""

    lines = forms.CharField(
        label=_("地址，一行一个"),
        required=False,
        max_length=600_000,
        strip=False,
        help_text=_("地址后面可以用逗号或 Tab 隔开写名称，最多 500 行"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("或者上传文件"),
        required=False,
        help_text=_("OPML（别的阅读器导出的）、CSV 或 TXT，不超过 2 MB"),
        widget=forms.FileInput(attrs={"accept": ".opml,.xml,.csv,.tsv,.txt"}),
    )
    group = forms.CharField(
        label=_("分组"),
        required=False,
        max_length=50,
        help_text=_("列表里没有写分组的，都归到这里"),
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    interval_minutes = forms.IntegerField(
        label=_("多久看一次（分钟）"), initial=60, min_value=SHORTEST, max_value=LONGEST
    )


@dataclass(frozen=True)
class Told:
    """What became of a line, with the reason in words."""

    outcome: Outcome
    why: str


@desk("configure")
def many(request: HttpRequest) -> HttpResponse:
    """Paste or upload a list; what became of every line is shown at once."""
    form = ManyForm(request.POST or None, request.FILES or None)
    told: list[Told] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            outcomes = add_many(
                _lines(form.cleaned_data),
                group=form.cleaned_data["group"],
                minutes=form.cleaned_data["interval_minutes"],
                by=person_of(request),
                now=present.now(),
            )
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            told = [Told(one, said(one.refusal) if one.refusal else "") for one in outcomes]
    context: dict[str, Any] = {
        "here": "sources",
        "form": form,
        "told": told,
        "most": MOST,
        "groups": groups_of(request),
    }
    if told is not None:
        context["parts"] = _parts(told)
    return render(request, "desk/sources_many.html", context, status=422 if form.errors else 200)


def _parts(told: list[Told]) -> list[tuple[str, str, list[Told]]]:
    """The lines by what became of them: (state, heading, lines)."""
    headings = {
        "added": gettext("已添加"),
        "known": gettext("早就有了"),
        "unclear": gettext("还看不出是什么"),
        "refused": gettext("没有加成"),
    }
    parts = [
        (state, text, [one for one in told if one.outcome.state == state])
        for state, text in headings.items()
    ]
    return [part for part in parts if part[2]]


def _lines(values: dict[str, Any]) -> list[Listed]:
    file: UploadedFile[Any] | None = values["file"]
    text = values["lines"]
    found = _read_file(file) if file else []
    found += _read(text.encode()) if text.strip() else []
    if not found:
        raise Refused(mark("请粘贴地址，或选择一个文件"))
    return found


def _read_file(file: "UploadedFile[Any]") -> list[Listed]:
    if (file.size or 0) > LARGEST:
        raise Refused(mark("文件超过 2 MB，没有读。请分成几份"))
    return _read(file.read())


def _read(data: bytes) -> list[Listed]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return [
            Listed(one.feed, one.title, "／".join(one.group), is_feed=True)
            for one in read_opml(data)
        ]
    return read_lines(_text(data))


def _text(data: bytes) -> str:
    """Spreadsheets of many offices still write GB18030."""
    for charset in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise Refused(mark("看不懂这个文件的文字编码。请另存为 UTF-8 的文本再试"))


@require_safe
@desk()
def opml(request: HttpRequest) -> HttpResponse:
    """All our feeds, for another reader."""
    rows = sources_for(person_of(request)).filter(kind="feed").order_by("group", "name")
    outlines = [
        Outline(row.name, row.address, group=tuple(filter(None, row.group.split("／"))))
        for row in rows
    ]
    title = gettext("%(name)s的来源") % {"name": institution().name}
    answer = HttpResponse(write_opml(title, outlines), content_type="text/x-opml; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="sources.opml"'
    return answer


urlpatterns = [
    path("sources/many/", many, name="sources-many"),
    path("sources/opml/", opml, name="sources-opml"),
]
