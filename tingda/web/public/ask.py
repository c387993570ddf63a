"""我要反映: anybody tells the institution something, and gets a code to follow it by."""

import re
from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse, reverse_lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tingda.analyse.models import Topic
from tingda.answers.models import Answer
from tingda.answers.queries import answers_like
from tingda.cases.queries.clocks import clock_table, due
from tingda.cases.rules import Clock, clocks_for
from tingda.collect.actions.receiving import receive
from tingda.lib import present
from tingda.lib.harm import harm_to_child
from tingda.lib.refusal import Refused
from tingda.web.clock_words import limit_text
from tingda.web.files import AttachmentsField, contents, too_large
from tingda.web.limits import is_full, too_many
from tingda.web.words import said

LONGEST = 3000
RATES = ("5/h", "20/d")
FILE_RATES = ("20/h",)
LIKE_RATES = ("30/m", "300/h")
SHORTEST_LIKE = 6  # characters, before there is anything to look for
_TOO_LONG = _("太长了：最多 %(limit_value)s 字，现在 %(show_value)s 字。")
_COOKIE, _MINUTES, _HARM = "receipt_code", 10, "harm"
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
        widget=forms.Textarea(
            attrs={
                "rows": 8,
                "data-counter": "count-text",
                "hx-post": reverse_lazy("ask-like"),
                "hx-params": "text,csrfmiddlewaretoken",  # the contact stays where it is
                "hx-trigger": "input changed delay:900ms",
                "hx-target": "#like",
                "hx-sync": "this:replace",
            }
        ),
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
    attachments = AttachmentsField(
        _(
            "照片、录音、短视频、PDF、Word、Excel、文本，每个不超过 20 MB。"
            "照片里的拍摄地点、时间和手机型号会被去掉，画面不改；其他文件原样保存，里面写着的作者不会去掉。"
            "只有本单位工作人员能看到，不会公开。"
        )
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


@csrf_exempt  # only until its length is looked at: _ask itself is protected
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form. Whatever goes wrong, what was typed is still there."""
    if request.method == "POST" and too_large(request):
        return _form(request, AskForm(), status=413)
    return _ask(request)


@csrf_protect
def _ask(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, AskForm())
    if "look" in request.POST:
        return _look(request)
    form = AskForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    # mistakes are not counted, but refused files cost us, so they are on their own
    files = contents(form.cleaned_data["attachments"])
    if is_full(request, "ask", *RATES) or (files and too_many(request, "files", *FILE_RATES)):
        return _form(request, form, status=429)
    typed, title = form.cleaned_data, _title(form)
    try:
        _voice, code = receive(
            title,
            typed["text"],
            typed["contact"],
            typed["place"],
            now=present.now(),
            files=files,
        )
    except Refused as refusal:
        form.add_error("attachments" if files else None, said(refusal))
        return _form(request, form, status=422)
    too_many(request, "ask", *RATES)
    harm = harm_to_child(f"{title}\n{typed['text']}")
    return _to_the_code(request, f"{code} {_HARM}" if harm else code)


def _to_the_code(request: HttpRequest, carried: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse("asked"))
    response.status_code = 303
    # Carried by the visitor, not kept by us: of the code we have only a keyed hash. The page that
    # shows it takes it away, so a page that never arrived can be loaded again.
    response.set_signed_cookie(
        _COOKIE,
        carried,
        max_age=_MINUTES * 60,
        path=reverse("asked"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _form(
    request: HttpRequest,
    form: AskForm,
    status: int = 200,
    like: list[Answer] | None = None,
) -> HttpResponse:
    by = promised_by(present.now())
    context = {"here": "ask", "form": form, "longest": LONGEST, "by": by, "status": status}
    context["choose"] = len(_groups()) > 1
    context |= {"like": like or [], "looked": like is not None}
    # a browser does not send back what it was not given: files are chosen again
    context["files_lost"] = status != 413 and bool(request.FILES)
    return render(request, "public/ask.html", context, status=status)


def _look(request: HttpRequest) -> HttpResponse:
    """The same form with answers that may already serve; nothing was sent yet."""
    form = AskForm(initial=request.POST.dict())
    return _form(request, form, like=_like(request) or [])


@never_cache
@require_POST
def like(request: HttpRequest) -> HttpResponse:
    """While somebody writes: answers that may already serve. What was written is not kept."""
    found = _like(request)
    if found is None:
        return HttpResponse(status=204)  # what is shown stays
    return render(request, "public/like.html", {"like": found})


def _like(request: HttpRequest) -> list[Answer] | None:
    text = request.POST.get("text", "")[:LONGEST].strip()
    if len(text) < SHORTEST_LIKE:
        return []
    return None if too_many(request, "like", *LIKE_RATES) else answers_like(text)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """The code, once, and what happens next."""
    carried = request.get_signed_cookie(_COOKIE, default="", max_age=_MINUTES * 60) or ""
    code, _space, harm = carried.partition(" ")
    limit = _clock().limit
    context = {
        "here": "ask",
        "code": code,
        "harm": harm == _HARM,
        "by": promised_by(present.now()),
        "limit": limit_text(limit.amount, limit.kind),
    }
    response = render(request, "public/asked.html", context)
    response.delete_cookie(_COOKIE, path=reverse("asked"), samesite="Strict")
    return response


urlpatterns = [
    path("ask/", ask, name="ask"),
    path("ask/like/", like, name="ask-like"),
    path("ask/done/", asked, name="asked"),
]
