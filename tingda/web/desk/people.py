"""设置 → 人员和单位: who is there. Administrators change it, others read."""

import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tingda.cases.actions import change_person
from tingda.cases.queries.people import heirs_of, open_matters
from tingda.duty.queries import may_be_on, turns_to_come
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people import actions
from tingda.people.models import Person, Unit
from tingda.people.queries import (
    absences_for,
    closed_units,
    contacts_for,
    has_factor,
    open_invitations,
    people_for,
    sign_ins_of,
    with_factor,
)
from tingda.people.rules import ROLES
from tingda.web.desk.account import AwayForm, ContactForm, DeputyField
from tingda.web.desk.configure import settings_page
from tingda.web.desk.invitations import shown
from tingda.web.fields import InUse, UnitField
from tingda.web.guard import desk, person_of
from tingda.web.words import said

TAB = "settings-people"


class ChangePerson(forms.Form):
    """Who somebody is here."""

    name = forms.CharField(
        label=_("姓名或岗位"), max_length=100, help_text=_("台账上写的就是这个名字")
    )
    unit = UnitField(Unit.objects.filter(closed_at=None), label=_("单位"), empty_label=None)
    roles = forms.MultipleChoiceField(
        label=_("角色"),
        choices=lambda: [(code, gettext(name)) for code, name in ROLES.items()],
        help_text=_("同一个人拟的稿，不能由同一个人签发"),
        widget=forms.CheckboxSelectMultiple,
    )


class PersonForm(ChangePerson):
    """The same, and by which name they sign in."""

    login = forms.RegexField(
        r"^[\w.@-]+$",
        label=_("登录名"),
        max_length=64,
        help_text=_("字母、数字、点、横线"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label=_("电子邮箱"), required=False, help_text=_("填了，邀请就发到这里")
    )
    field_order = ("name", "login", "unit", "roles", "email")


class EditPerson(ChangePerson):
    """The same, whether they may sign in, and who takes over what they leave."""

    active = InUse()
    heir = DeputyField(
        Person.objects.none(),
        label=_("谁接手没有办完的"),
        required=False,
        empty_label=_("不用接手"),
        help_text=_("停用、换单位或换角色后本人不能再办的，交给这位"),
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heirs = [one.pk for one in heirs_of(person)]
        queryset = Person.objects.filter(pk__in=heirs).select_related("unit")
        self.fields["heir"].queryset = queryset  # type: ignore[attr-defined]


@desk()
def people(request: HttpRequest) -> HttpResponse:
    """Who is there, in which units."""
    person, now = person_of(request), present.now()
    rows = with_factor(people_for(person)).prefetch_related("held_roles")
    return settings_page(
        request,
        "settings_people",
        people=rows.order_by("-is_active", "unit_id", "id"),
        units=contacts_for(person),
        closed=closed_units(),
        invited={row.person_id: row for row in open_invitations(now)},
    )


@desk("configure")
@never_cache
def person_add(request: HttpRequest) -> HttpResponse:
    """A new person. The first password is made here, and shown on this response only."""
    form, more = PersonForm(request.POST or None), {"title": gettext("新增人员")}
    if request.method == "POST" and form.is_valid():
        invited = "invite" in request.POST
        password = "" if invited else secrets.token_urlsafe(12)
        try:
            made, token = _added(request, form.cleaned_data, password)
        except Refused as refusal:
            form.add_error("login", said(refusal))
        else:
            if invited:
                return shown(request, [(made, token)])
            return settings_page(request, "settings_person", tab=TAB, made=made, password=password)
    status = 422 if form.errors else 200
    return settings_page(request, "settings_person_add", tab=TAB, status=status, form=form, **more)


@transaction.atomic
def _added(request: HttpRequest, typed: dict[str, Any], password: str) -> tuple[Person, str]:
    """The person, and without a password the secret part of their link."""
    by, now, email, token = person_of(request), present.now(), typed.pop("email"), ""
    if password:
        made = actions.add_person(**typed, password=password, by=by, now=now)
    else:
        made, token = actions.invite_new(**typed, by=by, now=now)
    if email:
        made = actions.set_contact(made, phone="", email=email, by=by, now=now)
    return made, token


@desk("configure")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person, to change: who they are, what waits for them, how they come in."""
    by, now = person_of(request), present.now()
    row = get_object_or_404(people_for(by), pk=pk)
    form = EditPerson(row, request.POST or None, initial=_kept(row))
    if request.method == "POST" and form.is_valid():
        try:
            after = change_person(row, **form.cleaned_data, by=by, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            left = 0 if may_be_on(after) else len(turns_to_come(after, now))
            if left:
                text = gettext("%(name)s 还在今后 %(n)s 个班上，请到值班页找人顶上。")
                messages.warning(request, text % {"name": after.name, "n": left})
            return redirect(TAB)
    return _page(request, row, 422 if form.errors else 200, form=form)


def _kept(row: Person) -> dict[str, Any]:
    roles = sorted(row.roles)  # a list: of a set no box would be ticked
    return {"name": row.name, "unit": row.unit_id, "roles": roles, "active": row.is_active}


def _page(
    request: HttpRequest, row: Person, status: int = 200, **forms_: forms.Form
) -> HttpResponse:
    by, now = person_of(request), present.now()
    context: dict[str, Any] = {
        "form": EditPerson(row, initial=_kept(row)),
        "contact": ContactForm(initial={"phone": row.phone, "email": row.email}),
        "away": AwayForm(row),
    }
    return settings_page(
        request,
        "settings_person_page",
        tab=TAB,
        status=status,
        row=row,
        matters=open_matters(row, now),
        absences=absences_for(by, now).filter(person=row),
        sign_ins=sign_ins_of(row, now),
        second=has_factor(row),
        invitation=open_invitations(now).filter(person=row).first(),
        own=row == by,
        **context | forms_,
    )


def _form_deed(
    request: HttpRequest,
    row: Person,
    name: str,
    form: forms.Form,
    deed: Callable[..., object],
) -> HttpResponse:
    """Do what one of the smaller forms of the page says."""
    if form.is_valid():
        try:
            deed(row, **form.cleaned_data, by=person_of(request), now=present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("settings-person", row.pk)
    return _page(request, row, 422, **{name: form})


@require_POST
@desk("configure")
def person_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """How somebody is reached."""
    row = get_object_or_404(people_for(person_of(request)), pk=pk)
    form = ContactForm(request.POST)
    return _form_deed(request, row, "contact", form, actions.set_contact)


@require_POST
@desk("configure")
def person_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody is away, and who stands in."""
    row = get_object_or_404(people_for(person_of(request)), pk=pk)
    return _form_deed(request, row, "away", AwayForm(row, request.POST), actions.be_away)


@require_POST
@desk("configure")
def person_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody is back, or does not go."""
    by, now = person_of(request), present.now()
    row = get_object_or_404(absences_for(by, now), pk=pk)
    actions.be_back(row, by=by, now=now)
    messages.success(request, gettext("已取消。"))
    return redirect("settings-person", row.person_id)


@desk("configure")
@never_cache
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first; then a new password, shown on this response only."""
    by, now = person_of(request), present.now()
    row = get_object_or_404(people_for(by), pk=pk)
    password = actions.reset_password(row, by=by, now=now) if request.method == "POST" else ""
    return settings_page(
        request, "settings_password", tab=TAB, row=row, password=password, own=row == by
    )


@require_POST
@desk("configure")
def person_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lost second factor away."""
    by, now = person_of(request), present.now()
    row = get_object_or_404(people_for(by), pk=pk)
    actions.reset_factor(row, by=by, now=now)
    text = gettext("%(name)s的两步验证已去掉，已登录的地方都已退出。")
    messages.success(request, text % {"name": row.name})
    return redirect("settings-person", row.pk)


@require_POST
@desk("configure")
def person_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign somebody out everywhere."""
    by, now = person_of(request), present.now()
    row = get_object_or_404(people_for(by), pk=pk)
    actions.end_sessions(row, by=by, now=now)
    text = gettext("%(name)s已登录的地方都已退出。")
    messages.success(request, text % {"name": row.name})
    return redirect("settings-person", row.pk)


urlpatterns = [
    path("settings/people/", people, name=TAB),
    path("settings/people/add/", person_add, name="settings-person-add"),
    path("settings/people/<int:pk>/", person, name="settings-person"),
    path("settings/people/<int:pk>/contact/", person_contact, name="settings-person-contact"),
    path("settings/people/<int:pk>/away/", person_away, name="settings-person-away"),
    path("settings/people/<int:pk>/password/", person_password, name="settings-password"),
    path("settings/people/<int:pk>/factor/", person_factor, name="settings-person-factor"),
    path("settings/people/<int:pk>/sessions/", person_sessions, name="settings-person-sessions"),
    path("settings/absences/<int:pk>/end/", person_back, name="settings-person-back"),
]
