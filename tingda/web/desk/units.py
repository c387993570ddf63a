"""设置 → 人员和单位: one unit, added, changed, moved, closed, merged."""

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.cases.actions import change_unit, close_unit, merge_unit
from tingda.cases.queries.people import units_with_open_matters
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people import actions
from tingda.people.models import Person, Unit
from tingda.people.queries import closed_units, parents, units
from tingda.people.rules import within
from tingda.web.desk.account import DeputyField
from tingda.web.desk.configure import settings_edit, settings_page
from tingda.web.fields import UnitField
from tingda.web.guard import desk, person_of
from tingda.web.words import said

TAB = "settings-people"


class UnitForm(forms.Form):
    """A part of the institution."""

    name = forms.CharField(label=_("名称"), max_length=100)
    name_en = forms.CharField(label=_("英文名称"), max_length=200, required=False)
    parent = UnitField(
        Unit.objects.filter(closed_at=None),
        label=_("上级单位"),
        empty_label=None,
        help_text=_("下级单位的联络员只看得到发给本单位的联系单"),
    )


class ChangeUnit(UnitForm):
    """The same, who leads it and how it is reached."""

    lead = DeputyField(
        Person.objects.filter(is_active=True).select_related("unit"),
        label=_("负责人"),
        required=False,
        empty_label=_("还没有"),
    )
    phone = forms.CharField(label=_("联系电话"), max_length=50, required=False)
    hours = forms.CharField(
        label=_("办公时间"),
        max_length=200,
        required=False,
        help_text=_("如：周一至周五 8:30–17:30，节假日值班电话同上"),
    )

    def __init__(self, unit: Unit, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # the office itself stands at the top; others stand anywhere but below themselves
        if unit.parent_id is None:
            del self.fields["parent"]
        else:
            below = within(unit.pk, parents())
            others = units().exclude(pk__in=below)
            self.fields["parent"].queryset = others  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Into which unit another goes."""

    heir = UnitField(Unit.objects.none(), label=_("并入哪个单位"), empty_label=_("请选择"))

    def __init__(self, unit: Unit, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = units().exclude(pk__in=within(unit.pk, parents()))
        self.fields["heir"].queryset = others  # type: ignore[attr-defined]


@desk("configure")
def unit_add(request: HttpRequest) -> HttpResponse:
    """A new unit under another."""
    person, now = person_of(request), present.now()
    form = UnitForm(request.POST or None)
    page = {"tab": TAB, "title": gettext("新增单位")}

    def deed(typed: dict[str, Any]) -> object:
        # Nobody types or reads the code; the name may be changed, the code may not.
        return actions.add_unit(f"unit-{secrets.token_hex(4)}", **typed, by=person, now=now)

    return settings_edit(request, form, deed, page)


@desk("configure")
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit, to change."""
    row = get_object_or_404(units().select_related("parent"), pk=pk)
    kept = {name: getattr(row, name) for name in ("name", "name_en", "phone", "hours")}
    kept |= {"parent": row.parent_id, "lead": row.lead_id}
    form = ChangeUnit(row, request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, row, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect(TAB)
    return _page(request, row, 422 if form.errors else 200, form=form)


def _change(request: HttpRequest, row: Unit, typed: dict[str, Any]) -> None:
    by, now = person_of(request), present.now()
    contact = {name: typed.pop(name) for name in ("lead", "phone", "hours")}
    place = {"parent": None} | typed
    with transaction.atomic():  # one press of the button: both or neither
        if [place["name"], place["name_en"], place["parent"]] != [
            row.name,
            row.name_en,
            row.parent,
        ]:
            change_unit(row, **place, by=by, now=now)
        if contact != {"lead": row.lead, "phone": row.phone, "hours": row.hours}:
            actions.set_unit_contact(row, **contact, by=by, now=now)


def _page(request: HttpRequest, row: Unit, status: int, **forms_: forms.Form) -> HttpResponse:
    context: dict[str, Any] = {"merge": MergeForm(row)} | forms_
    return settings_page(
        request,
        "settings_unit",
        tab=TAB,
        status=status,
        row=row,
        waiting=units_with_open_matters(row),
        people=row.people.filter(is_active=True),
        below=row.children.filter(closed_at=None),
        **context,
    )


@require_POST
@desk("configure")
def unit_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it a part of another."""
    row = get_object_or_404(units().select_related("parent"), pk=pk)
    form = MergeForm(row, request.POST)
    if form.is_valid():
        heir = form.cleaned_data["heir"]
        merge_unit(row, heir, by=person_of(request), now=present.now())
        text = gettext("%(unit)s已并入%(heir)s，没有办完的都转过去了。")
        messages.success(request, text % {"unit": row.name, "heir": heir.name})
        return redirect(TAB)
    change = ChangeUnit(row, initial={"name": row.name, "parent": row.parent_id})
    return _page(request, row, 422, form=change, merge=form)


@require_POST
@desk("configure")
def unit_close(request: HttpRequest, pk: int) -> HttpResponse:
    """It is no more."""
    row = get_object_or_404(units(), pk=pk)
    close_unit(row, by=person_of(request), now=present.now())
    messages.success(request, gettext("%(unit)s已撤销。") % {"unit": row.name})
    return redirect(TAB)


@require_POST
@desk("configure")
def unit_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a closing back."""
    row = get_object_or_404(closed_units(), pk=pk)
    actions.reopen_unit(row, by=person_of(request), now=present.now())
    messages.success(request, gettext("%(unit)s已恢复。") % {"unit": row.name})
    return redirect(TAB)


urlpatterns = [
    path("settings/units/add/", unit_add, name="settings-unit-add"),
    path("settings/units/<int:pk>/", unit, name="settings-unit"),
    path("settings/units/<int:pk>/merge/", unit_merge, name="settings-unit-merge"),
    path("settings/units/<int:pk>/close/", unit_close, name="settings-unit-close"),
    path("settings/units/<int:pk>/reopen/", unit_reopen, name="settings-unit-reopen"),
]
