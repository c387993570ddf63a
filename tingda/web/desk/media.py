"""媒体: enquiries and interview requests by deadline, and what was said by whom."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tingda.answers.actions import media as actions
from tingda.answers.models import MediaEnquiry
from tingda.answers.queries.media import enquiries_for, open_enquiries
from tingda.answers.rules import check_release
from tingda.cases.models import Case
from tingda.cases.queries import cases_for, open_cases
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.web.desk.case_forms import Reason, area, offer
from tingda.web.desk.case_owner import Offer
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.personal import held_in
from tingda.web.words import said

MOST_OPEN = 50
Values = dict[str, Any]
Act = Callable[[MediaEnquiry, Values, Person, datetime], str]


class MomentField(forms.DateTimeField):
    """A minute chosen in the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        form = "%Y-%m-%dT%H:%M"
        widget = forms.DateTimeInput(format=form, attrs={"type": "datetime-local"})
        super().__init__(widget=widget, input_formats=[form], **kwargs)


class EnquiryForm(forms.Form):
    """What a medium asks."""

    medium = forms.CharField(label=gettext_lazy("媒体"), max_length=100)
    contact = forms.CharField(
        label=gettext_lazy("联系人和联系方式"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("只给工作人员看，不写进台账"),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("方式"), widget=forms.RadioSelect, choices=MediaEnquiry.Kind.choices
    )
    asks = forms.CharField(label=gettext_lazy("问了什么"), widget=area(4))
    received_at = MomentField(label=gettext_lazy("什么时候收到"))
    due_at = MomentField(
        label=gettext_lazy("答复时限"), help_text=gettext_lazy("媒体要求的，或者 48 小时内")
    )
    case = forms.ModelChoiceField(
        Case.objects.none(),
        label=gettext_lazy("关于哪个事项"),
        required=False,
        empty_label=gettext_lazy("还没有立项"),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "case", queryset=open_cases(person).order_by("-id"))


class WordsForm(forms.Form):
    """What is to be said, and who says it."""

    said = forms.CharField(
        label=gettext_lazy("答复的话"),
        widget=area(6),
        help_text=gettext_lazy("只说查明的；还在查的，说什么时候公布"),
    )
    speaker = forms.CharField(label=gettext_lazy("由谁来说"), max_length=100)


@desk()
def media(request: HttpRequest) -> HttpResponse:
    """What waits for an answer by deadline, and below it what was answered."""
    person = person_of(request)
    ended = enquiries_for(person).filter(ended_at__isnull=False)
    context = {
        "here": "cases",
        "now": present.now(),
        "waiting": page(open_enquiries(person), request, MOST_OPEN, "waiting"),
        "page": page(ended.order_by("-ended_at", "-id"), request),
        "may_take": person.may("take_on"),
    }
    return render(request, "desk/media.html", context)


@desk("take_on")
def enquiry_new(request: HttpRequest) -> HttpResponse:
    """Take one down; `?case=` says about which case."""
    person, now = person_of(request), present.now()
    asked = request.GET.get("case", "")
    first: Values = {"received_at": timezone.localtime(now), "kind": "question"}
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        first["case"] = cases_for(person).filter(pk=int(asked)).first()
    form = EnquiryForm(request.POST or None, initial=first, person=person)
    if form.is_valid():
        values = dict(form.cleaned_data)
        case = values.pop("case")
        try:
            row = actions.take_enquiry(actions.Enquiry(**values), case=case, by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, _("已登记，按答复时限排在媒体页和今日。"))
            return redirect("enquiry", pk=row.pk)
    context = {"here": "cases", "form": form}
    return render(request, "desk/enquiry_new.html", context, status=422 if form.errors else 200)


def _row(request: HttpRequest, pk: int) -> MediaEnquiry:
    return get_object_or_404(enquiries_for(person_of(request)), pk=pk)


@desk()
def enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """One enquiry."""
    mark_read(person_of(request), link=f"enquiry:{pk}", now=present.now())
    return _show(request, _row(request, pk))


def _show(
    request: HttpRequest, row: MediaEnquiry, bound: dict[str, forms.Form] | None = None
) -> HttpResponse:
    person, bound = person_of(request), bound or {}
    may, why_not = _release(row, person)
    context = {
        "here": "cases",
        "now": present.now(),
        "enquiry": row,
        "may_release": may,
        "why_not": why_not,
        "release_form": bound.get("release"),
        "personal": held_in([row.said]) if row.state == "proposed" else [],
        "offers": _offers(row, person, bound),
        "opened": next(iter(bound), ""),
    }
    return render(request, "desk/enquiry.html", context, status=422 if bound else 200)


def _release(row: MediaEnquiry, person: Person) -> tuple[bool, str]:
    if row.state != "proposed":
        return False, ""
    if not person.may("release"):
        return False, _("等签发人签发。")
    try:
        authors = frozenset({row.proposed_by_id or 0})
        check_release(releaser=person.pk, authors=authors, submitted_by=None)
    except Refused as refusal:
        return False, said(refusal)
    return True, ""


def _offers(row: MediaEnquiry, person: Person, bound: dict[str, forms.Form]) -> list[Offer]:
    if row.ended_at and not bound:
        return []
    found = []
    if person.may("draft"):
        first = {"said": row.said, "speaker": row.speaker}
        form = bound.get("propose") or WordsForm(initial=first, auto_id="propose_%s")
        label = _("改口径…") if row.said else _("写答复口径…")
        address = reverse("enquiry-deed", args=[row.pk, "propose"])
        note = _("由另一个人签发以后才能说出去。")
        found.append(Offer("propose", label, form, address, _("提交签发"), note, True))
    if person.may("take_on"):
        form = bound.get("decline") or Reason(auto_id="decline_%s")
        address = reverse("enquiry-deed", args=[row.pk, "decline"])
        found.append(Offer("decline", _("不接受…"), form, address, _("记为未接受")))
    return found


def _propose(row: MediaEnquiry, values: Values, by: Person, now: datetime) -> str:
    actions.propose_words(row, **values, by=by, now=now)
    return _("口径已提交，等另一个人签发。")


def _decline(row: MediaEnquiry, values: Values, by: Person, now: datetime) -> str:
    actions.decline_enquiry(row, **values, by=by, now=now)
    return _("已记下：没有接受，以及理由。")


def _released(row: MediaEnquiry, values: Values, by: Person, now: datetime) -> str:
    actions.release_words(row, read=values["read"], by=by, now=now)
    return _("口径已签发，可以答复媒体了。")


class ReadForm(forms.Form):
    """Which words the releaser read."""

    read = forms.CharField(widget=forms.HiddenInput, max_length=40)


# the name in the address -> the deed of a role, the form and what it does
DEEDS: dict[str, tuple[str, type[forms.Form], Act]] = {
    "propose": ("draft", WordsForm, _propose),
    "decline": ("take_on", Reason, _decline),
    "release": ("release", ReadForm, _released),
}


@desk()
@require_POST
def deed(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Propose words, release them, or decline."""
    person, row = person_of(request), _row(request, pk)
    if name not in DEEDS:
        raise Http404
    needs, kind, act = DEEDS[name]
    if not person.may(needs):
        raise PermissionDenied
    form = kind(request.POST, auto_id=f"{name}_%s")
    if form.is_valid():
        try:
            text = act(row, form.cleaned_data, person, present.now())
        except Refused as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, text)
            return redirect("enquiry", pk=row.pk)
    return _show(request, _row(request, pk), {name: form})


urlpatterns = [
    path("media/", media, name="media"),
    path("media/new/", enquiry_new, name="enquiry-new"),
    path("media/<int:pk>/", enquiry, name="enquiry"),
    path("media/<int:pk>/<slug:name>/", deed, name="enquiry-deed"),
]
