"""名单: words under a name, which the rules of watches name."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.analyse.actions.wordlists import add_list, change_list, drop_list, watches_naming
from tingda.analyse.models import WordList
from tingda.analyse.queries import lists_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of
from tingda.web.words import said


class ListForm(forms.Form):
    """A name, the words, and what they are for."""

    name = forms.CharField(
        label=_("名字"), max_length=50, help_text=_("规则里写 @ 和这个名字，如：@停水")
    )
    words = forms.CharField(
        label=_("词"),
        max_length=50_000,
        help_text=_("一行一个：词、一句原话，或 elect* 这样的英文字头。同义词、网上的说法都写上"),
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
    )
    note = forms.CharField(label=_("说明"), max_length=300, required=False)


@desk("watch")
def list_add(request: HttpRequest) -> HttpResponse:
    """A list of the office's own."""
    return _edit(request, None)


@desk("watch")
def wordlist(request: HttpRequest, pk: int) -> HttpResponse:
    """One list, to change."""
    return _edit(request, get_object_or_404(lists_for(person_of(request)), pk=pk))


def _edit(request: HttpRequest, row: WordList | None) -> HttpResponse:
    person, now = person_of(request), present.now()
    kept = {"name": row.name, "words": row.words, "note": row.note} if row else {}
    form = ListForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            if row is None:
                add_list(**form.cleaned_data, by=person, now=now)
            else:
                change_list(row, **form.cleaned_data, by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("settings-watches")
    title = f"@{kept['name']}" if row else gettext("新增名单")
    return settings_page(
        request,
        "wordlist_edit",
        tab="settings-watches",
        status=422 if form.errors else 200,
        form=form,
        title=title,
        row=row,
        naming=watches_naming(WordList(name=kept["name"])) if row else (),
    )


@desk("watch")
@require_POST
def list_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Let go of a list that no rule names; where one does, the page says which."""
    row = get_object_or_404(lists_for(person_of(request)), pk=pk)
    drop_list(row, by=person_of(request), now=present.now())
    messages.success(request, gettext("已去掉名单：%(name)s") % {"name": row.name})
    return redirect("settings-watches")


urlpatterns = [
    path("settings/lists/add/", list_add, name="settings-list-add"),
    path("settings/lists/<int:pk>/", wordlist, name="settings-list"),
    path("settings/lists/<int:pk>/drop/", list_drop, name="settings-list-drop"),
]
