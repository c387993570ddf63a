"""来电来访: what somebody says by telephone or at the counter, written down while they speak."""

from datetime import datetime, time

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from tingda.collect.actions.receiving import take_at_desk
from tingda.collect.models import Source
from tingda.collect.queries import voices_for
from tingda.lib import present
from tingda.lib.harm import harm_to_child
from tingda.lib.refusal import Refused
from tingda.lib.words import mark
from tingda.web.files import AttachmentsField, contents
from tingda.web.guard import desk, person_of
from tingda.web.words import said

PHONE, VISIT = mark("来电"), mark("来访")  # kept as the platform of the voice
HOW = [(PHONE, _("来电")), (VISIT, _("来访"))]
LAST = 5
_COOKIE, _MINUTES, _HARM = "call_code", 10, "harm"


class CallForm(forms.Form):
    """In the order in which one asks. Only the text is needed."""

    how = forms.ChoiceField(
        label=_("怎么来的"), choices=HOW, initial=PHONE, widget=forms.RadioSelect
    )
    title = forms.CharField(
        label=_("什么事（一句话）"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("怎么说的"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    place = forms.CharField(label=_("地点"), required=False, max_length=200)
    contact = forms.CharField(
        label=_("联系方式"),
        required=False,
        max_length=200,
        help_text=_(
            "加密保存。事项页和承办单位都看不到，只有值班员写明理由才能查看，每次都记入台账"
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    attachments = AttachmentsField(
        _(
            "来访人带来的照片、材料。照片里的拍摄地点、时间和手机型号会被去掉，其他文件原样保存；只有本单位工作人员能看到"
        )
    )


@desk("hear")
@never_cache
def call(request: HttpRequest) -> HttpResponse:
    """The form; after saving the code to read out, and the form again for the next one."""
    if request.method != "POST":
        carried = request.get_signed_cookie(_COOKIE, default="", max_age=_MINUTES * 60)
        response = _page(request, CallForm(), carried or "")
        response.delete_cookie(_COOKIE, path=reverse("call"), samesite="Strict")
        return response
    form = CallForm(request.POST, request.FILES)
    if form.is_valid():
        typed = form.cleaned_data
        what = (typed["title"], typed["text"], typed["contact"], typed["place"])
        files = contents(typed["attachments"])
        person, now = person_of(request), present.now()
        try:
            _voice, code = take_at_desk(typed["how"], what, by=person, now=now, files=files)
        except Refused as refusal:
            form.add_error("attachments" if files else None, said(refusal))
        else:
            harm = harm_to_child(f"{typed['title']}\n{typed['text']}")
            return _again(request, f"{code} {_HARM}" if harm else code)
    return _page(request, form, status=422)


def _again(request: HttpRequest, carried: str) -> HttpResponse:
    """To the empty form. The browser carries the code there: of it we keep only a keyed hash."""
    response = HttpResponseRedirect(reverse("call"))
    response.status_code = 303
    response.set_signed_cookie(
        _COOKIE,
        carried,
        max_age=_MINUTES * 60,
        path=reverse("call"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _page(
    request: HttpRequest, form: CallForm, carried: str = "", status: int = 200
) -> HttpResponse:
    today = timezone.make_aware(datetime.combine(timezone.localdate(present.now()), time.min))
    calls = voices_for(person_of(request)).filter(
        source__kind=Source.Kind.HOTLINE, heard_at__gte=today
    )
    code, _space, harm = carried.partition(" ")
    context = {
        "here": "sources",
        "form": form,
        "code": code,
        "harm": harm == _HARM,
        "files_lost": bool(request.FILES),
        "last": calls.order_by("-heard_at", "-id")[:LAST],
    }
    return render(request, "desk/call.html", context, status=status)


urlpatterns = [
    path("call/", call, name="call"),
]
