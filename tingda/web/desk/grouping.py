"""What a person does to an issue: merge, split, rename, not ours and back, confirm an alert."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tingda.cases.queries import open_cases
from tingda.collect.models import Voice
from tingda.detect.actions import deciding as actions
from tingda.detect.actions.alerts import confirm_alert
from tingda.detect.models import Alert, Belonging, Issue
from tingda.detect.queries import belongings_of, issues_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.guard import desk, person_of
from tingda.web.marks import words_found
from tingda.web.paging import page
from tingda.web.words import said

MOST_SUGGESTED, MOST_MERGED, VOICES_ON_PAGE = 12, 30, 100


class TitleForm(forms.Form):
    """A new title."""

    title = forms.CharField(label=gettext_lazy("题目"), max_length=200)


class ReasonForm(forms.Form):
    """A reason that colleagues can read."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("写给以后看的人：为什么这样判断。会记入台账。"),
    )


class AlertForm(forms.Form):
    """The colour a person gives an alert, and why."""

    colour = forms.ChoiceField(label=gettext_lazy("颜色"), choices=Alert.Colour.choices)
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=500,
        required=False,  # needed only where the colour is changed; the action says so
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@dataclass(frozen=True)
class Deed:
    """The words around a form: what is done, what follows, the button, what is said after."""

    heading: str
    follows: str
    button: str
    done: str


def _ask(
    request: HttpRequest,
    row: Issue,
    deed: Deed,
    form: forms.Form,
    act: Callable[[dict[str, str]], object],
) -> HttpResponse:
    """Show the form; when it is sent, act and go back to the issue."""
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                act(form.cleaned_data)
                messages.success(request, deed.done)
                return redirect("issue", pk=row.pk)
            except Refused as refusal:
                form.add_error(None, said(refusal))
    context = {"here": "issues", "issue": row, "deed": deed, "form": form}
    return render(request, "desk/issue_deed.html", context, status=status)


def _issue(request: HttpRequest, pk: int, *states: str) -> Issue:
    rows = issues_for(person_of(request)).filter(state__in=states or [Issue.State.OPEN])
    return get_object_or_404(rows, pk=pk)


@desk("group")
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an issue the title a person chose; the machine leaves it alone from then on."""
    row, by, now = _issue(request, pk), person_of(request), present.now()
    deed = Deed(
        _("改名"), _("改过的题目，以后来了新的声音也不会再变。"), _("改名"), _("题目已改。")
    )
    form = TitleForm(request.POST or None, initial={"title": row.title})
    return _ask(
        request, row, deed, form, lambda data: actions.rename(row, data["title"], by=by, now=now)
    )


@desk("group")
def not_ours(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the matter is not the institution's."""
    row, by, now = _issue(request, pk), person_of(request), present.now()
    deed = Deed(
        _("不属于我们"),
        _("这个议题会移出列表，以后同样的声音也归到那里，不再提醒。声音一条不删，随时可以恢复。"),
        _("确定不属于我们"),
        _("已移到“不属于我们”，可以随时恢复。"),
    )
    form = ReasonForm(request.POST or None)
    return _ask(
        request, row, deed, form, lambda data: actions.not_ours(row, data["reason"], by=by, now=now)
    )


@desk("group")
def ours_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take "not ours" back."""
    row, by, now = _issue(request, pk, Issue.State.NOT_OURS), person_of(request), present.now()
    deed = Deed(
        _("恢复到议题列表"), _("这个议题重新属于我们，回到列表里。"), _("恢复"), _("已恢复。")
    )
    form = ReasonForm(request.POST or None)
    return _ask(
        request,
        row,
        deed,
        form,
        lambda data: actions.ours_again(row, data["reason"], by=by, now=now),
    )


@desk("take_on")
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm an alert: the machine suggested a colour, a person gives it, or another later."""
    row, by, now = _issue(request, pk), person_of(request), present.now()
    warning = get_object_or_404(Alert, issue=row, ended_at=None)
    colour = {"colour": warning.get_colour_display()}
    deed, kept = _confirming(colour), {"colour": warning.colour, "reason": alert_reason(warning)}
    if warning.confirmed_at:
        deed, kept = _changing(colour), {"colour": warning.colour, "reason": ""}
    form = AlertForm(request.POST or None, initial=kept)

    def act(data: dict[str, str]) -> None:
        confirm_alert(warning, colour=data["colour"], reason=data["reason"], by=by, now=now)

    return _ask(request, row, deed, form, act)


def _confirming(colour: dict[str, str]) -> Deed:
    return Deed(
        _("确认预警"),
        _("机器建议%(colour)s，由您决定。确认以后，名字、时间和理由都在台账上。") % colour,
        _("确认预警"),
        _("预警已确认。"),
    )


def _changing(colour: dict[str, str]) -> Deed:
    return Deed(
        _("改变预警颜色"),
        _("现在是%(colour)s。改高、改低都要写明理由；改低以后，听到新的才会再升。") % colour,
        _("改变颜色"),
        _("预警颜色已改。"),
    )


def alert_reason(warning: Alert) -> str:
    """Why the machine raised it, in words a person can keep or change."""
    number = warning.why.get("voice")
    said_first = Voice.objects.filter(pk=number).first() if isinstance(number, int) else None
    parts = []
    if said_first:
        words = words_found(warning.why, "danger", said_first.title, said_first.text)
        if words:
            parts.append(_("提到“%(words)s”") % {"words": "、".join(words[:6])})
    parts.append(_("%(people)s 人反映") % {"people": warning.issue.people})
    return _("，").join(parts)


@desk("group")
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Move voices that a person ticked to an issue of their own, for ever apart."""
    row = _issue(request, pk)
    error, title = "", request.POST.get("title", "").strip()
    ticked = _numbers(request.POST.getlist("voice") or request.GET.getlist("voice"))
    if request.method == "POST":
        try:
            new = _split(request, row, ticked, title)
            messages.success(request, _("已拆出一个新议题，两个议题以后不会再合到一起。"))
            return redirect("issue", pk=new.pk)
        except Refused as refusal:
            error = said(refusal)
    firsts = belongings_of(row).filter(copy=False).order_by("-at", "-voice_id")
    context = {
        "here": "issues",
        "issue": row,
        "page": page(firsts, request, VOICES_ON_PAGE),
        "ticked": ticked,
        "title": title,
        "error": error,
    }
    return render(request, "desk/issue_split.html", context, status=422 if error else 200)


@require_POST
@desk("group")
def voice_out(request: HttpRequest, pk: int, voice: int) -> HttpResponse:
    """This one is another matter: it goes to an issue of its own and never comes back by itself."""
    row = _issue(request, pk)
    new = _split(request, row, [voice], "")
    link = format_html('<a href="{}">{}</a>', reverse("issue", args=[new.pk]), new.title)
    text = _("已拆成新议题“{link}”，以后不会再合到一起。")
    messages.success(request, format_html(text, link=link))
    return redirect("issue", pk=row.pk)


def _split(request: HttpRequest, row: Issue, ticked: list[int], title: str) -> Issue:
    """A voice takes its copies along."""
    chosen = Q(voice__in=ticked) | Q(copy=True, voice__reading__repeat_of__in=ticked)
    voices = Belonging.objects.filter(chosen, issue=row).values_list("voice", flat=True)
    by, now = person_of(request), present.now()
    return actions.split(row, list(voices), title=title, by=by, now=now)


@desk("group")
def merge(request: HttpRequest) -> HttpResponse:
    """Say what merging the marked issues will do, and do it; with one marked, find the other."""
    values = request.POST if request.method == "POST" else request.GET
    numbers = _numbers(values.getlist("issue"))[:MOST_MERGED]
    open_issues = issues_for(person_of(request)).filter(state=Issue.State.OPEN)
    rows = list(open_issues.filter(pk__in=numbers).order_by("-people", "-id"))
    if not rows:
        raise Http404
    into = next((row for row in rows if str(row.pk) == values.get("into")), rows[0])
    error = ""
    if request.method == "POST" and len(rows) > 1:
        try:
            _merge(request, rows, into)
            messages.success(request, _("已合并 %(count)s 个议题。") % {"count": len(rows)})
            return redirect("issue", pk=into.pk)
        except Refused as refusal:
            error = said(refusal)
    words = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    context = {
        "here": "issues",
        "rows": rows,
        "into": into,
        "error": error,
        "people": sum(row.people for row in rows),
        "messages_count": sum(row.messages for row in rows),
        "cases": open_cases(person_of(request)).filter(issue__in=rows).count(),
        "words": words,
        "others": _others(open_issues, rows[0], words) if len(rows) == 1 else [],
        "back": reverse("issue", args=[rows[0].pk]) if len(rows) == 1 else reverse("issues"),
    }
    return render(request, "desk/issue_merge.html", context, status=422 if error else 200)


@transaction.atomic
def _merge(request: HttpRequest, rows: list[Issue], into: Issue) -> None:
    """All or none."""
    by, now = person_of(request), present.now()
    for row in rows:
        if row.pk != into.pk:
            actions.merge(row, into, by=by, now=now)


def _others(issues: QuerySet[Issue], row: Issue, words: str) -> list[Issue]:
    """Issues to choose from: by the words asked for, or of the same place or topic."""
    rows = issues.exclude(pk=row.pk)
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(place__icontains=words))
    else:
        near = Q(topic=row.topic_id) if row.topic_id else Q(pk__in=[])
        if row.place:
            near |= Q(place=row.place)
        rows = rows.filter(near)
    return list(rows.order_by("-people", "-id")[:MOST_SUGGESTED])


def _numbers(values: list[str]) -> list[int]:
    """Ids out of a form; anything else is left out."""
    return [
        int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19
    ]


urlpatterns = [
    path("issues/merge/", merge, name="issue-merge"),
    path("issues/<int:pk>/split/", split, name="issue-split"),
    path("issues/<int:pk>/voices/<int:voice>/out/", voice_out, name="issue-voice-out"),
    path("issues/<int:pk>/rename/", rename, name="issue-rename"),
    path("issues/<int:pk>/not-ours/", not_ours, name="issue-not-ours"),
    path("issues/<int:pk>/ours-again/", ours_again, name="issue-ours-again"),
    path("issues/<int:pk>/alert/", alert, name="issue-alert"),
]
