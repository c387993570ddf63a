"""加密巡查: chosen sources are looked at more often for a time, for an issue or an occasion."""

from datetime import timedelta
from itertools import groupby

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.collect.actions.sources import CLOSEST, listen_as_usual
from tingda.collect.actions.sources_many import listen_closely_to
from tingda.collect.models import Source
from tingda.collect.queries import sources_for
from tingda.collect.sources import KINDS
from tingda.detect.models import Issue
from tingda.detect.queries import issues_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.guard import desk, person_of
from tingda.web.words import said

MOST_OFFERED = 500
MOST_TICKED = 1000


class CloseForm(forms.Form):
    """How often, how long, and why."""

    minutes = forms.IntegerField(
        label=_("每几分钟看一次"), initial=5, min_value=CLOSEST, max_value=24 * 60
    )
    hours = forms.IntegerField(
        label=_("持续几小时"),
        initial=24,
        min_value=1,
        max_value=31 * 24,
        help_text=_("到时间自动恢复平常的间隔；最长 744 小时（31 天）"),
    )
    why = forms.CharField(
        label=_("为什么"),
        max_length=200,
        help_text=_("议题或重要时段的名称，例如：重要时段：中考。会记入台账"),
    )


def ticked(request: HttpRequest) -> list[Source]:
    """The sources that are ticked in a form, those this person may see."""
    asked = [one for one in request.POST.getlist("source") if one.isascii() and one.isdigit()]
    ids = [int(one) for one in asked[:MOST_TICKED] if len(one) < 19]
    return list(sources_for(person_of(request)).filter(pk__in=ids).order_by("name"))


@desk("hear")
def closely(request: HttpRequest) -> HttpResponse:
    """Choose sources, how often and how long; `?issue=` or what was ticked in the list."""
    issue = _issue(request)
    if "begin" not in request.POST:
        why = gettext("议题：%(title)s") % {"title": issue.title} if issue else ""
        chosen = {one.pk for one in ticked(request)} or _heard_in(issue)
        return _page(request, CloseForm(initial={"why": why[:200]}), issue, chosen)
    rows, form = ticked(request), CloseForm(request.POST)
    if form.is_valid():
        now, values = present.now(), form.cleaned_data
        until = now + timedelta(hours=values["hours"])
        try:
            count = listen_closely_to(
                rows, values["minutes"], until, values["why"], by=person_of(request), now=now
            )
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            text = ngettext("%(n)s 个来源开始加密巡查。", "%(n)s 个来源开始加密巡查。", count)
            messages.success(request, text % {"n": count})
            return _done(issue, rows)
    return _page(request, form, issue, {one.pk for one in rows}, status=422)


def _done(issue: Issue | None, rows: list[Source]) -> HttpResponse:
    if issue:
        return redirect("issue", pk=issue.pk)
    return redirect("source", pk=rows[0].pk) if len(rows) == 1 else redirect("sources")


def _issue(request: HttpRequest) -> Issue | None:
    asked = request.POST.get("issue", "") or request.GET.get("issue", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return None
    return get_object_or_404(issues_for(person_of(request)), pk=int(asked))


def _heard_in(issue: Issue | None) -> set[int]:
    if issue is None:
        return set()
    return set(Source.objects.filter(voices__belonging__issue=issue).values_list("pk", flat=True))


def _page(
    request: HttpRequest,
    form: CloseForm,
    issue: Issue | None,
    chosen: set[int],
    status: int = 200,
) -> HttpResponse:
    usable = sources_for(person_of(request)).filter(active=True, kind__in=KINDS)
    first = list(usable.filter(pk__in=chosen | _heard_in(issue)).order_by("group", "name"))
    near = {one.pk for one in first}
    others = list(usable.exclude(pk__in=near).order_by("group", "name")[: MOST_OFFERED + 1])
    context = {
        "here": "issues" if issue else "sources",
        "form": form,
        "issue": issue,
        "chosen": chosen,
        "first": first,
        "groups": [(g, list(rows)) for g, rows in groupby(others[:MOST_OFFERED], _group)],
        "more": len(others) > MOST_OFFERED,
    }
    return render(request, "desk/sources_close.html", context, status=status)


def _group(source: Source) -> str:
    return source.group


@require_POST
@desk("hear")
def as_usual(request: HttpRequest, pk: int) -> HttpResponse:
    """End it before its time."""
    row = get_object_or_404(sources_for(person_of(request)), pk=pk)
    listen_as_usual(row, by=person_of(request), now=present.now())
    messages.success(request, gettext("加密巡查已结束，恢复平常的间隔。"))
    return redirect("source", pk=pk)


urlpatterns = [
    path("sources/closely/", closely, name="sources-closely"),
    path("sources/<int:pk>/as-usual/", as_usual, name="source-as-usual"),
]
