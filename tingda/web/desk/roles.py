"""角色: who may do what, and which roles need a second factor."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.lib import present
from tingda.people.actions import require_factors
from tingda.people.queries import required_factors
from tingda.people.rules import DEEDS, MAY, ROLES
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of


class FactorsForm(forms.Form):
    """Which roles need a second factor."""

    roles = forms.MultipleChoiceField(
        label=_("这些角色必须两步验证"),
        required=False,
        choices=lambda: [(code, gettext(name)) for code, name in ROLES.items()],
        help_text=_("有这些角色、还没有设的人，下一次打开页面时先设好，才能继续"),
        widget=forms.CheckboxSelectMultiple,
    )


@desk()
def roles(request: HttpRequest) -> HttpResponse:
    """The table of the code itself, in words."""
    if request.method == "POST":
        return _require(request)
    return _page(request, FactorsForm(initial={"roles": sorted(required_factors())}))


@desk("configure")
def _require(request: HttpRequest) -> HttpResponse:
    form = FactorsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    require_factors(form.cleaned_data["roles"], by=person_of(request), now=present.now())
    messages.success(request, gettext("已保存。"))
    return redirect("settings-roles")


def _page(request: HttpRequest, form: FactorsForm, status: int = 200) -> HttpResponse:
    table = [
        (DEEDS.get(deed, deed), [role in allowed for role in ROLES])
        for deed, allowed in MAY.items()
    ]
    return settings_page(
        request,
        "settings_roles",
        tab="settings-people",
        status=status,
        form=form,
        roles=list(ROLES.values()),
        table=table,
        required=[ROLES[role] for role in ROLES if role in required_factors()],
    )


urlpatterns = [path("settings/roles/", roles, name="settings-roles")]
