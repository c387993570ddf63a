"""带入词文件: a TrendRadar word file, its differences told, and the ticked watches of it."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tingda.analyse.actions.watches import bring_watches
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.watching.trendradar import Imported, Note, WordFile, read_word_file
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of
from tingda.web.words import said

LONGEST = 100_000


class WordFileForm(forms.Form):
    """A word file, chosen or pasted."""

    file = forms.FileField(label=_("词文件"), required=False)
    text = forms.CharField(
        label=_("或者贴在这里"),
        required=False,
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_("空行分组；+ 必须有，! 排除；frequency_words.txt 可以直接用"),
    )

    def clean(self) -> dict[str, Any]:
        """The text, wherever it came from, as `text`."""
        typed = super().clean() or {}
        file = typed.get("file")
        text = _text_of(file) if file else str(typed.get("text") or "")
        if not text.strip() and not self.errors:
            raise forms.ValidationError(_("选一个文件，或者把内容贴进来。"))
        return {"text": text.replace("\r\n", "\n").replace("\0", "")}


def _text_of(file: BinaryIO) -> str:
    raw = file.read(LONGEST * 4 + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    if len(text) > LONGEST:
        raise forms.ValidationError(
            _("文件太长：最多 %(most)s 个字，请分成几个") % {"most": f"{LONGEST:,}"}
        )
    return text


@dataclass(frozen=True, slots=True)
class Row:
    """One group as it will be added, or why it cannot be."""

    number: int
    name: str
    rule: str
    notes: tuple[str, ...]


@desk("watch")
def bring(request: HttpRequest) -> HttpResponse:
    """Choose a file; see what it becomes; add what is ticked."""
    if request.method != "POST":
        return _page(request, WordFileForm())
    form = WordFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    text = form.cleaned_data["text"]
    read = read_word_file(text)
    if "add" not in request.POST:
        return _preview(request, text, read)
    picked = set(request.POST.getlist("pick"))
    rows = [row for row in _rows(read) if row.rule and str(row.number) in picked]
    if not rows:
        return _preview(request, text, read, gettext("一条也没有勾选。"), status=422)
    try:
        added = bring_watches(
            [(row.name, row.rule) for row in rows], by=person_of(request), now=present.now()
        )
    except Refused as refusal:
        return _preview(request, text, read, said(refusal), status=422)
    count = len(added)
    messages.success(
        request, ngettext("已新增 %(n)s 条关注。", "已新增 %(n)s 条关注。", count) % {"n": count}
    )
    return redirect("settings-watches")


def _page(request: HttpRequest, form: WordFileForm, status: int = 200) -> HttpResponse:
    return settings_page(request, "watch_import", tab="settings-watches", form=form, status=status)


def _preview(
    request: HttpRequest, text: str, read: WordFile, error: str = "", status: int = 200
) -> HttpResponse:
    return settings_page(
        request,
        "watch_import_preview",
        tab="settings-watches",
        status=status,
        error=error,
        text=text,
        rows=_rows(read),
        notes=[_note(note) for note in read.notes],
        again=request.POST.getlist("pick") if "add" in request.POST else None,
    )


def _rows(read: WordFile) -> list[Row]:
    return [_row(number, one) for number, one in enumerate(read.rules, start=1)]


def _row(number: int, one: Imported) -> Row:
    name = (one.name or gettext("第 %(n)s 组") % {"n": number})[:90]
    return Row(number, name, one.rule, tuple(_note(note) for note in one.notes))


def _note(note: Note) -> str:
    params = {
        name: said(value) if isinstance(value, Refused) else value
        for name, value in note.params.items()
    }
    return gettext(note.message) % params if params else gettext(note.message)


urlpatterns = [path("settings/watches/bring/", bring, name="settings-watch-bring")]
