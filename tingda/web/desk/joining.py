"""邀请: the page to which an invitation leads. Whoever has the link sets a password, once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people.actions import join
from tingda.people.models import Person
from tingda.people.queries import invitation_of
from tingda.web.limits import is_full, too_many
from tingda.web.words import said

GROUP, RATE = "join", "30/5m"


class JoinForm(SetPasswordForm):  # type: ignore[type-arg]  # Django has none at run time
    """The own name, and a password twice."""

    name = forms.CharField(
        label=_("姓名或岗位"), max_length=100, help_text=_("台账上写的就是这个名字")
    )
    field_order = ("name", "new_password1", "new_password2")

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(person, *args, **kwargs)
        self.fields["new_password1"].label = _("密码")
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())
        self.fields["new_password2"].label = _("再输一遍密码")
        self.fields["new_password2"].help_text = ""
        self.error_messages = self.error_messages | {
            "password_mismatch": _("两次输入的密码不一样。")
        }


@never_cache
def joining(request: HttpRequest, token: str) -> HttpResponse:
    """Follow the link. One that does not work says so; who tries many has to wait."""
    now = present.now()
    if is_full(request, GROUP, RATE):
        return render(request, "signin_wait.html", status=429)
    invitation = invitation_of(token, now)
    if invitation is None:
        too_many(request, GROUP, RATE)
        return render(request, "join_gone.html", status=404)
    person = invitation.person
    form = JoinForm(person, request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["new_password1"]
        try:
            join(token, name=name, password=password, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            text = gettext("已设好。请用登录名 %(login)s 和您的密码登录。")
            messages.success(request, text % {"login": person.login})
            return redirect("sign-in")
    status = 422 if form.errors else 200
    return render(request, "join.html", {"form": form, "person": person}, status=status)


urlpatterns = [path("join/<str:token>/", joining, name="join")]
