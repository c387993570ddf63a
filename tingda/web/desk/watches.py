"""关注: rules that mark voices, and the test bench for trying them while they are written."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.analyse.actions.watches import add_watch, change_watch
from tingda.analyse.models import Watch
from tingda.analyse.queries import lists_for, watches_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import LONGEST
from tingda.web.desk.configure import settings_page
from tingda.web.fields import InUse, RuleField
from tingda.web.guard import desk, person_of
from tingda.web.watch_bench import tried
from tingda.web.words import said


class WatchForm(forms.Form):
    """What a watch is called and its rule."""

    name = forms.CharField(label=_("名称"), max_length=100)
    rule = RuleField(
        label=_("规则"),
        max_length=LONGEST,
        help_text=_(
            "空格是都要有，OR 是有一个就行，减号是不能有，引号里是原话：(停水 OR 停电) 小区 -通知；"
            "@名单 是名单里的任何一个词"
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "rule"}),
    )

    def __init__(self, *args: Any, bench: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].widget.attrs |= {
            "hx-post": bench,
            "hx-params": "rule,csrfmiddlewaretoken",
            "hx-trigger": "load, input changed delay:500ms",
            "hx-target": "#bench",
            "hx-sync": "this:replace",
            "autocapitalize": "off",
        }


class ChangeWatch(WatchForm):
    """The same, and whether it is used."""

    active = InUse()


@desk()
def watches(request: HttpRequest) -> HttpResponse:
    """All watches with their owners, and the word lists that they name."""
    person = person_of(request)
    return settings_page(
        request, "settings_watches", watches=watches_for(person), lists=lists_for(person)
    )


@desk("watch")
def watch_add(request: HttpRequest) -> HttpResponse:
    """A new watch; who adds it owns it."""
    return _edit(request, None, _form(request, None))


@desk("watch")
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """One watch, to change."""
    row = get_object_or_404(watches_for(person_of(request)), pk=pk)
    return _edit(request, row, _form(request, row))


def _form(request: HttpRequest, row: Watch | None) -> WatchForm:
    bench = reverse("settings-watch-bench", args=[row.pk if row else 0])
    if row is None:
        return WatchForm(request.POST or None, bench=bench)
    kept = {"name": row.name, "rule": row.rule, "active": row.active}
    return ChangeWatch(request.POST or None, initial=kept, bench=bench)


def _edit(request: HttpRequest, row: Watch | None, form: WatchForm) -> HttpResponse:
    person, now = person_of(request), present.now()
    shown = {}
    if request.method == "POST" and form.is_valid():
        try:
            if row is None:
                add_watch(**form.cleaned_data, by=person, owner=person, now=now)
            else:
                change_watch(row, **form.cleaned_data, by=person, now=now)
        except Refused as refusal:
            shown = tried(form.cleaned_data["rule"], row, person=person, now=now)
            form.add_error("rule" if "at" in refusal.params else None, said(refusal))
        else:
            messages.success(request, gettext("已保存。之后读到的声音按这条规则标出。"))
            return redirect("settings-watches")
    return _page(request, row, form, shown, status=422 if form.errors else 200)


def _page(
    request: HttpRequest,
    row: Watch | None,
    form: WatchForm,
    shown: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    return settings_page(
        request,
        "watch_edit",
        tab="settings-watches",
        status=status,
        form=form,
        title=Watch.objects.get(pk=row.pk).name if row else gettext("新增关注"),
        bench_address=reverse("settings-watch-bench", args=[row.pk if row else 0]),
        versions=row.versions.select_related("by")[:20] if row else (),
        lists=lists_for(person_of(request)),
        **shown,
    )


@desk("watch")
@require_POST
def bench(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rule would have marked: below the form, or with the whole page without script."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(watches_for(person), pk=pk) if pk else None
    rule = request.POST.get("rule", "").strip().replace("\r\n", "\n").replace("\0", "")
    shown = tried(rule, row, person=person, now=now)
    if "HX-Request" in request.headers:
        address = reverse("settings-watch-bench", args=[pk])
        return render(request, "desk/watch_bench.html", {"bench_address": address} | shown)
    typed = {name: request.POST.get(name, "") for name in ("name", "rule", "active")}
    kept = typed | {"active": typed["active"] != "no"}
    address = reverse("settings-watch-bench", args=[pk])
    form = (ChangeWatch if row else WatchForm)(initial=kept, bench=address)
    return _page(request, row, form, shown)


urlpatterns = [
    path("settings/watches/", watches, name="settings-watches"),
    path("settings/watches/add/", watch_add, name="settings-watch-add"),
    path("settings/watches/<int:pk>/", watch, name="settings-watch"),
    path("settings/watches/<int:pk>/bench/", bench, name="settings-watch-bench"),
]
