"""我要反映: anybody tells the institution something, and gets a code to follow it by."""

import re
from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tingda.analyse.models import Topic
from tingda.cases.queries import clock_table, due
from tingda.cases.rules import Clock, clocks_for
from tingda.collect.actions.receiving import receive
from tingda.lib.refusal import Refused
from tingda.web.clock_words import limit_text
from tingda.web.limits import too_many
from tingda.web.words import said

LONGEST = 3000
RATES = ("5/h", "20/d")
_TOO_LONG = _("太长了：最多 %(limit_value)s 字，现在 %(show_value)s 字。")
_COOKIE, _MINUTES = "receipt_code", 10
_FIRST_CLAUSE = re.compile(r"[^\n，。！？；,.!?;]{1,30}")


class Told(forms.CharField):
    """A text area; a line break counts as one character, as the reader counts it."""

    widget = forms.Textarea

    def to_python(self, value: object) -> str:
        """The text with plain line breaks."""
        return str(super().to_python(value)).replace("\r\n", "\n")


def _groups() -> list[tuple[str, str]]:
    rows = Topic.objects.filter(active=True).values_list("group", "group_en").order_by("id")
    english = get_language() == "en"
    named = [
        (name, name_en if english and name_en else name) for name, name_en in dict(rows).items()
    ]
    return [("", gettext("说不准，可以不选")), *named]


class AskForm(forms.Form):
    """What somebody tells us. Only the text is needed."""

    group = forms.ChoiceField(label=_("哪方面的事"), required=False, choices=_groups)
    text = Told(
        label=_("您要反映的内容"),
        error_messages={
            "required": _("请写下要反映的内容。"),
            "min_length": _("请再多写几个字：什么时候、在哪里、发生了什么。"),
            "max_length": _TOO_LONG,
        },
        max_length=LONGEST,
        min_length=5,
        widget=forms.Textarea(attrs={"rows": 8, "data-counter": "count-text"}),
    )
    place = forms.CharField(
        label=_("地点"), required=False, max_length=100, error_messages={"max_length": _TOO_LONG}
    )
    contact = forms.CharField(
        label=_("联系方式"),
        required=False,
        max_length=200,
        error_messages={"max_length": _TOO_LONG},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    website = forms.CharField(
        label=_("请留空"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def clean_website(self) -> str:
        """Nobody sees this field, programs fill it. A person whose browser did is told so."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("有一栏应当留空，却被填上了。请清空后再提交。"))
        return ""


def promised_by(heard_at: datetime) -> datetime:
    """By when somebody who wrote or called is answered: the hotline's clock."""
    clock = _clock()
    return due(clock.limit, heard_at, clock.basis)[0]


def _clock() -> Clock:
    return clocks_for("hotline", "ordinary", clock_table())["first_answer"]


def _title(form: AskForm) -> str:
    """The chosen field and the beginning of the text; no title where none was chosen."""
    group, text = form.cleaned_data["group"], form.cleaned_data["text"]
    beginning = _FIRST_CLAUSE.search(text)
    return f"{group}：{beginning.group().strip()}" if group and beginning else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form. Whatever goes wrong, what was typed is still there."""
    if request.method != "POST":
        return _form(request, AskForm())
    form = AskForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    if too_many(request, "ask", *RATES):
        return _form(request, form, status=429)
    typed = form.cleaned_data
    try:
        _voice, code = receive(
            _title(form), typed["text"], typed["contact"], typed["place"], now=timezone.now()
        )
    except Refused as refusal:
        form.add_error(None, said(refusal))
        return _form(request, form, status=422)
    response = HttpResponseRedirect(reverse("asked"))
    response.status_code = 303
    # Carried by the visitor, not kept by us: of the code we have only a keyed hash. The page that
    # shows it takes it away, so a page that never arrived can be loaded again.
    response.set_signed_cookie(
        _COOKIE,
        code,
        max_age=_MINUTES * 60,
        path=reverse("asked"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _form(request: HttpRequest, form: AskForm, status: int = 200) -> HttpResponse:
    by = promised_by(timezone.now())
    context = {"here": "ask", "form": form, "longest": LONGEST, "by": by, "status": status}
    context["choose"] = len(_groups()) > 1
    return render(request, "public/ask.html", context, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """The code, once, and what happens next."""
    code = request.get_signed_cookie(_COOKIE, default="", max_age=_MINUTES * 60)
    limit = _clock().limit
    context = {
        "here": "ask",
        "code": code,
        "by": promised_by(timezone.now()),
        "limit": limit_text(limit.amount, limit.kind),
    }
    response = render(request, "public/asked.html", context)
    response.delete_cookie(_COOKIE, path=reverse("asked"), samesite="Strict")
    return response


urlpatterns = [
    path("ask/", ask, name="ask"),
    path("ask/done/", asked, name="asked"),
]
