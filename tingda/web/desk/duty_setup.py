"""值班 → 设置: rosters and key periods. Administrators change them, others read."""

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from tingda.cases.queries.clocks import own_days
from tingda.collect.models import Source
from tingda.duty import rules
from tingda.duty.actions.rosters import Wanted, end_key_period, fill, set_key_period, set_roster
from tingda.duty.models import KeyPeriod, Roster
from tingda.duty.queries import hours_of, key_periods, rosters
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office, people_with
from tingda.people.rules import DUTY
from tingda.web.fields import InUse
from tingda.web.guard import desk, person_of
from tingda.web.words import said

PAIR, BLANK_TEAMS, BLANK_HOURS = 3, 3, 2
USUAL = (
    rules.Hours("", time(8, 0), time(17, 30)),
    rules.Hours("", time(17, 30), time(8, 0)),
)
DAYS = [("workdays", _("工作日")), ("weekends", _("休息日")), ("holidays", _("节假日"))]


class RosterForm(forms.Form):
    """How a roster turns."""

    name = forms.CharField(label=_("名称"), max_length=100)
    begins = forms.DateField(
        label=_("从哪一天起这样排"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("第一组从这一天起；之前排好的不变"),
    )
    rotation = forms.ChoiceField(
        label=_("怎么轮"), choices=list(rules.ROTATIONS.items()), widget=forms.RadioSelect
    )
    all_day = forms.TypedChoiceField(
        label=_("昼夜都要有人吗"),
        choices=[("yes", _("要，没有排班的时间算缺口")), ("no", _("不要，只看排了的班有没有人"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    key_period = forms.ChoiceField(
        label=_("用在哪个重要时段"),
        required=False,
        help_text=_("选了时段的值班表，只在那个时段里代替平常的值班表"),
    )
    active = InUse()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(code, gettext(text)) for code, text in rules.ROTATIONS.items()]
        self.fields["rotation"].choices = choices  # type: ignore[attr-defined]
        periods = [(str(one.pk), one.name) for one in key_periods()[:50]]
        self.fields["key_period"].choices = [("", gettext("平常")), *periods]  # type: ignore[attr-defined]


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class HoursForm(forms.Form):
    """One shift of the day; without a name it is not there."""

    name = forms.CharField(label=_("班次名称"), max_length=50, required=False)
    starts = forms.TimeField(label=_("从"), required=False, widget=_clock())
    ends = forms.TimeField(label=_("到"), required=False, widget=_clock())
    needs = forms.IntegerField(
        label=_("几个人"), min_value=1, max_value=20, initial=1, required=False
    )
    days = forms.MultipleChoiceField(
        label=_("哪些日子"),
        choices=DAYS,
        required=False,
        initial=[code for code, _text in DAYS],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        """Whoever names a shift says its hours."""
        typed = super().clean() or {}
        for field in ("starts", "ends"):
            if typed.get("name") and typed.get(field) is None and field not in self.errors:
                self.add_error(field, _("请填时间"))
        return typed


class TeamForm(forms.Form):
    """One place in the rotation: one, two or three people."""

    def __init__(self, *args: Any, people: list[Person], **more: Any) -> None:
        super().__init__(*args, **more)
        names = [("", "—"), *((str(one.pk), one.name) for one in people)]
        for number in range(1, PAIR + 1):
            self.fields[f"p{number}"] = forms.ChoiceField(
                label=gettext("第 %(n)s 人") % {"n": number}, choices=names, required=False
            )

    def members(self, people: dict[str, Person]) -> list[Person]:
        """Who is in it, each once."""
        picked = [self.cleaned_data.get(f"p{n}", "") for n in range(1, PAIR + 1)]
        return [people[pk] for pk in dict.fromkeys(picked) if pk]


HoursSet = forms.formset_factory(HoursForm, extra=BLANK_HOURS, max_num=rules.MOST_KINDS)
TeamSet = forms.formset_factory(TeamForm, extra=BLANK_TEAMS, max_num=rules.MOST_TEAMS)


@require_safe
@desk()
def setup(request: HttpRequest) -> HttpResponse:
    """Rosters and key periods as they are."""
    person = person_of(request)
    allowed = is_of_the_office(person)
    now = present.now()
    context = {
        "here": "duty",
        "tab": "duty-roster",
        "rosters": [(row, hours_of(row)) for row in rosters()] if allowed else [],
        "periods": key_periods()[:50] if allowed else [],
        "now": now,
        "may_configure": person.may("configure"),
    }
    return render(request, "desk/duty_setup.html", context)


@desk("configure")
def roster(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A new roster, or one to change."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(rosters(), pk=pk) if pk else None
    people = {str(one.pk): one for one in people_with(DUTY).prefetch_related("held_roles")}
    data = request.POST or None
    form = RosterForm(data, initial=_kept(row, timezone.localdate(now)))
    hours = HoursSet(data, prefix="hours", initial=_kept_hours(row))
    choices = {"people": list(people.values())}
    teams = TeamSet(data, prefix="teams", initial=_kept_teams(row, people), form_kwargs=choices)
    if request.method == "POST" and all([form.is_valid(), hours.is_valid(), teams.is_valid()]):
        try:
            set_roster(row, _wanted(form, hours, teams, people), by=person, now=now)
            fill(rules.Days.of(own_days()), now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存，今后四周的班已排好。"))
            return redirect("duty")
    wrong = bool(data) and not (form.is_valid() and hours.is_valid() and teams.is_valid())
    context = {
        "here": "duty",
        "tab": "duty-roster",
        "title": row.name if row else gettext("新的值班表"),
        "form": form,
        "hours": hours,
        "teams": teams,
        "people": people,
    }
    return render(request, "desk/duty_roster.html", context, status=422 if wrong else 200)


def _kept(row: Roster | None, today: date) -> dict[str, Any]:
    begins = today + timedelta(days=1)
    if row is None:
        return {
            "name": gettext("值班表"),
            "begins": today,
            "rotation": "shift",
            "all_day": "yes",
            "active": True,
        }
    return {
        "name": row.name,
        "begins": max(begins, row.begins),
        "rotation": row.rotation,
        "all_day": "yes" if row.all_day else "no",
        "key_period": str(row.key_period_id or ""),
        "active": row.active,
    }


def _kept_hours(row: Roster | None) -> list[dict[str, Any]]:
    names = (gettext("白班"), gettext("夜班"))
    some = hours_of(row) if row else USUAL
    return [
        {
            "name": one.name or names[number],
            "starts": one.starts,
            "ends": one.ends,
            "needs": one.needs,
            "days": [code for code, _text in DAYS if getattr(one, code)],
        }
        for number, one in enumerate(some)
    ]


def _kept_teams(row: Roster | None, people: dict[str, Person]) -> list[dict[str, Any]]:
    if row is None:
        return []
    return [
        {f"p{n}": str(one.pk) for n, one in enumerate(able[:PAIR], start=1)}
        for team in row.teams.all()
        if (able := [one for one in team.members.all() if str(one.pk) in people])
    ]


def _wanted(form: RosterForm, hours: Any, teams: Any, people: dict[str, Person]) -> Wanted:
    typed = form.cleaned_data
    period = KeyPeriod.objects.filter(pk=int(typed["key_period"] or 0)).first()
    found = [
        rules.Hours(
            name=one["name"],
            starts=one["starts"],
            ends=one["ends"],
            needs=one["needs"] or 1,
            **{code: code in one["days"] for code, _text in DAYS},
        )
        for one in (row.cleaned_data for row in hours)
        if one.get("name")
    ]
    groups = [members for row in teams if (members := row.members(people))]
    return Wanted(
        name=typed["name"],
        begins=typed["begins"],
        rotation=typed["rotation"],
        hours=found,
        teams=groups,
        all_day=typed["all_day"],
        active=typed["active"],
        key_period=period,
    )


# ---- key periods ----
def _local() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class PeriodForm(forms.Form):
    """When to watch harder."""

    name = forms.CharField(
        label=_("名称"), max_length=100, help_text=_("如：中考、人代会、国庆、防汛四级响应")
    )
    starts_at = forms.DateTimeField(label=_("开始"), widget=_local())
    ends_at = forms.DateTimeField(label=_("结束"), widget=_local())
    minutes = forms.IntegerField(
        label=_("每几分钟看一次来源"),
        required=False,
        min_value=rules.CLOSEST,
        max_value=rules.SELDOMEST,
        help_text=_("到时自动加密，结束自动恢复；不填就照平常"),
    )
    groups = forms.MultipleChoiceField(
        label=_("哪些来源分组"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选就是全部来源"),
    )
    note = forms.CharField(
        label=_("说明"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = Source.objects.exclude(group="").values_list("group", flat=True).distinct()
        kept = [str(name) for name in self.initial.get("groups", [])]
        every = sorted({*names.order_by("group"), *kept})
        self.fields["groups"].choices = [(name, name) for name in every]  # type: ignore[attr-defined]


@desk("configure")
def period(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A new key period, or one to change."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(KeyPeriod, pk=pk) if pk else None
    fields = ("name", "starts_at", "ends_at", "minutes", "groups", "note")
    kept = {name: getattr(row, name) for name in fields} if row else {}
    form = PeriodForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            set_key_period(row, form.cleaned_data, by=person, now=now)
            fill(rules.Days.of(own_days()), now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("duty-roster")
    context = {
        "here": "duty",
        "tab": "duty-roster",
        "title": row.name if row else gettext("新的重要时段"),
        "form": form,
        "period": row,
        "going": row is not None and row.ends_at > now,
        "back": "duty-roster",
    }
    return render(request, "desk/duty_form.html", context, status=422 if form.errors else 200)


@require_POST
@desk("configure")
def period_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a key period before its time."""
    now = present.now()
    end_key_period(get_object_or_404(KeyPeriod, pk=pk), by=person_of(request), now=now)
    fill(rules.Days.of(own_days()), now=now)
    messages.success(request, gettext("重要时段已结束，排班和巡查恢复平常。"))
    return redirect("duty-roster")


urlpatterns = [
    path("duty/roster/", setup, name="duty-roster"),
    path("duty/roster/new/", roster, name="duty-roster-new"),
    path("duty/roster/<int:pk>/", roster, name="duty-roster-edit"),
    path("duty/periods/new/", period, name="duty-period-new"),
    path("duty/periods/<int:pk>/", period, name="duty-period"),
    path("duty/periods/<int:pk>/end/", period_end, name="duty-period-end"),
]
