"""我的: one's own contact, password, second factor, sessions, and days away."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people import actions
from tingda.people.models import Person
from tingda.people.queries import (
    absences_for,
    has_factor,
    may_stand_in,
    required_factors,
    sign_ins_of,
)
from tingda.web.entering import browser_of
from tingda.web.guard import person_of, signed_in
from tingda.web.limits import too_many
from tingda.web.words import said


class ContactForm(forms.Form):
    """How colleagues reach somebody."""

    phone = forms.CharField(label=_("联系电话"), max_length=50, required=False)
    email = forms.EmailField(
        label=_("电子邮箱"), required=False, help_text=_("通讯录上看得到电话；邮箱只用来发邀请")
    )


class DeputyField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A colleague by name and unit."""

    def label_from_instance(self, person: Person) -> str:
        """Name and unit: the same post is there in several units."""
        return f"{person.name} · {person.unit.name}"


class AwayForm(forms.Form):
    """From which day to which somebody is away, and who stands in."""

    begins = forms.DateField(label=_("从"), widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(label=_("到（含当天）"), widget=forms.DateInput(attrs={"type": "date"}))
    deputy = DeputyField(
        Person.objects.none(),
        label=_("谁代办"),
        empty_label=_("请选择"),
        help_text=_("这几天的通知，代办的人也会收到"),
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(is_active=True).select_related("unit")
        able = [
            one.pk for one in people.prefetch_related("held_roles") if may_stand_in(one, person)
        ]
        self.fields["deputy"].queryset = people.filter(pk__in=able)  # type: ignore[attr-defined]


class PasswordForm(PasswordChangeForm):
    """The old password, and the new one twice; the words are ours, the checks are Django's."""

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(person, *args, **kwargs)
        labels = {"old_password": _("现在的密码"), "new_password1": _("新密码")}
        labels["new_password2"] = _("再输一遍新密码")
        for name, label in labels.items():
            self.fields[name].label, self.fields[name].help_text = label, ""
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())
        self.error_messages = self.error_messages | {
            "password_incorrect": _("现在的密码不对。注意大小写。"),
            "password_mismatch": _("两次输入的密码不一样。"),
        }


@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Everything of one's own on one page."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms_: forms.Form) -> HttpResponse:
    person, now = person_of(request), present.now()
    kept = {"phone": person.phone, "email": person.email}
    context = {
        "here": "me",
        "contact": ContactForm(initial=kept),
        "away": AwayForm(person),
        "absences": absences_for(person, now).filter(person=person),
        "standing_in": absences_for(person, now).filter(deputy=person),
        "second": has_factor(person),
        "required": bool(required_factors() & person.roles),
        "sign_ins": sign_ins_of(person, now),
        "this_one": request.session.session_key,
    }
    return render(request, "desk/me.html", context | forms_, status=status)


@require_POST
@signed_in
def contact(request: HttpRequest) -> HttpResponse:
    """How I am reached."""
    form, person = ContactForm(request.POST), person_of(request)
    if not form.is_valid():
        return _page(request, 422, contact=form)
    actions.set_contact(person, **form.cleaned_data, by=person, now=present.now())
    messages.success(request, gettext("已保存。"))
    return redirect("me")


@require_POST
@signed_in
def away(request: HttpRequest) -> HttpResponse:
    """I am away, and somebody stands in."""
    person = person_of(request)
    form = AwayForm(person, request.POST)
    if form.is_valid():
        try:
            actions.be_away(person, **form.cleaned_data, by=person, now=present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已登记。这几天的通知，代办的人也会收到。"))
            return redirect("me")
    return _page(request, 422, away=form)


@require_POST
@signed_in
def back(request: HttpRequest, pk: int) -> HttpResponse:
    """I am back, or do not go."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(absences_for(person, now).filter(person=person), pk=pk)
    actions.be_back(row, by=person, now=now)
    messages.success(request, gettext("已取消。"))
    return redirect("me")


@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """A new password; wherever else I am signed in, I am out."""
    person, now = person_of(request), present.now()
    form = PasswordForm(person, request.POST or None)
    if request.method == "POST" and too_many(request, "own-password", "20/5m"):
        return render(request, "signin_wait.html", status=429)
    if request.method == "POST" and form.is_valid():
        row = actions.change_password(person, form.cleaned_data["new_password1"], now=now)
        _stay(request, row)
        messages.success(request, gettext("密码已改，其他地方的登录都已退出。"))
        return redirect("me")
    context = {"here": "me", "form": form}
    return render(request, "desk/me_password.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def end_others(request: HttpRequest) -> HttpResponse:
    """Out everywhere but here."""
    person = person_of(request)
    _stay(request, actions.end_sessions(person, by=person, now=present.now()))
    messages.success(request, gettext("其他地方的登录都已退出。"))
    return redirect("me")


@require_POST
@signed_in
def end_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Out in one other browser."""
    person, now = person_of(request), present.now()
    others = sign_ins_of(person, now).exclude(key=request.session.session_key)
    actions.end_session(get_object_or_404(others, pk=pk), by=person, now=now)
    messages.success(request, gettext("那里的登录已退出。"))
    return redirect("me")


def _stay(request: HttpRequest, person: Person) -> None:
    """This browser goes on, in a session that is good again."""
    update_session_auth_hash(request, person)
    request.session.save()
    key = request.session.session_key or ""
    actions.signed_in(person, key, browser_of(request), now=present.now())


urlpatterns = [
    path("me/", me, name="me"),
    path("me/contact/", contact, name="me-contact"),
    path("me/away/", away, name="me-away"),
    path("me/away/<int:pk>/end/", back, name="me-back"),
    path("me/password/", password, name="me-password"),
    path("me/sessions/end/", end_others, name="me-end-others"),
    path("me/sessions/<int:pk>/end/", end_one, name="me-end-one"),
]
