"""设置 → 人员和单位: who is there and what each may do. Administrators change it, others read."""

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from tingda.duty.queries import left_on_the_roster, may_be_on
from tingda.lib.refusal import Refused
from tingda.people.actions import add_person, add_unit, change_person, reset_password
from tingda.people.models import Person, Unit
from tingda.people.queries import units
from tingda.people.rules import ROLES
from tingda.web.desk.configure import settings_edit, settings_page
from tingda.web.fields import InUse, UnitField
from tingda.web.guard import desk, person_of
from tingda.web.words import said


class ChangePerson(forms.Form):
    """Who somebody is here."""

    name = forms.CharField(
        label=_("姓名或岗位"), max_length=100, help_text=_("台账上写的就是这个名字")
    )
    unit = UnitField(Unit.objects.all(), label=_("单位"), empty_label=None)
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
    field_order = ("name", "login", "unit", "roles")


class EditPerson(ChangePerson):
    """The same, and whether they may sign in."""

    active = InUse()


class UnitForm(forms.Form):
    """A part of the institution."""

    name = forms.CharField(label=_("名称"), max_length=100)
    name_en = forms.CharField(label=_("英文名称"), max_length=200, required=False)
    parent = UnitField(
        Unit.objects.all(),
        label=_("上级单位"),
        empty_label=None,
        help_text=_("下级单位的联络员只看得到发给本单位的联系单"),
    )


@desk()
def people(request: HttpRequest) -> HttpResponse:
    """Who is there, and what each may do."""
    rows = Person.objects.select_related("unit").prefetch_related("held_roles")
    return settings_page(
        request,
        "settings_people",
        people=rows.order_by("-is_active", "unit_id", "id"),
        units=units().select_related("parent"),
    )


@desk("configure")
@never_cache
def person_add(request: HttpRequest) -> HttpResponse:
    """A new person. The first password is made here, and shown on this response only."""
    form, more = PersonForm(request.POST or None), {"title": gettext("新增人员")}
    if request.method == "POST" and form.is_valid():
        password, typed = secrets.token_urlsafe(12), form.cleaned_data
        by, now = person_of(request), timezone.now()
        try:
            made = add_person(**typed, password=password, by=by, now=now)
        except Refused as refusal:
            form.add_error("login", said(refusal))
        else:
            return settings_page(
                request, "settings_person", tab="settings-people", made=made, password=password
            )
    status = 422 if form.errors else 200
    return settings_page(
        request, "settings_edit", tab="settings-people", status=status, form=form, **more
    )


@desk("configure")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person, to change."""
    by, now = person_of(request), timezone.now()
    row = get_object_or_404(Person, pk=pk)
    kept = {"name": row.name, "unit": row.unit_id, "roles": row.roles, "active": row.is_active}
    form = EditPerson(request.POST or None, initial=kept)
    page = {"tab": "settings-people", "title": f"{row.name} · {row.login}"}

    def deed(typed: dict[str, Any]) -> object:
        after = change_person(row, **typed, by=by, now=now)
        left = 0 if may_be_on(after) else left_on_the_roster(after, now)
        if left:
            text = gettext("%(name)s 还在今后 %(n)s 个班上，请到值班页找人顶上。")
            messages.warning(request, text % {"name": after.name, "n": left})
        return after

    return settings_edit(request, form, deed, page)


@desk("configure")
@never_cache
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first; then a new password, shown on this response only."""
    by, now = person_of(request), timezone.now()
    row = get_object_or_404(Person, pk=pk)
    password = reset_password(row, by=by, now=now) if request.method == "POST" else ""
    return settings_page(
        request,
        "settings_password",
        tab="settings-people",
        row=row,
        password=password,
        own=row == by,
    )


@desk("configure")
def unit_add(request: HttpRequest) -> HttpResponse:
    """A new unit under another."""
    person, now = person_of(request), timezone.now()
    form = UnitForm(request.POST or None)
    page = {"tab": "settings-people", "title": gettext("新增单位")}

    def deed(typed: dict[str, Any]) -> object:
        # Nobody types or reads the code; the name may be changed, the code may not.
        return add_unit(f"unit-{secrets.token_hex(4)}", **typed, by=person, now=now)

    return settings_edit(request, form, deed, page)


urlpatterns = [
    path("settings/people/", people, name="settings-people"),
    path("settings/people/add/", person_add, name="settings-person-add"),
    path("settings/people/<int:pk>/", person, name="settings-person"),
    path("settings/people/<int:pk>/password/", person_password, name="settings-password"),
    path("settings/units/add/", unit_add, name="settings-unit-add"),
]
