"""设置 → 催办: who is called around a limit, and who is reported to. Administrators change it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tingda.cases import rules
from tingda.cases.actions.ladder import set_ladder
from tingda.cases.actions.reports import set_superior
from tingda.cases.queries.ladder import ladders
from tingda.cases.queries.meetings import superiors
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.desk.configure import settings_edit, settings_page
from tingda.web.desk.meeting_forms import ChangeSuperior, SuperiorForm
from tingda.web.guard import desk, person_of
from tingda.web.words import said

BLANK = 2  # rows to fill in
TAB = "settings-ladders"
_TEXTS = [step.text for step in rules.LADDERS["ordinary"]]


class StepForm(forms.Form):
    """One step; without somebody to call it is left out."""

    hours = forms.IntegerField(
        label=_("几小时"), min_value=0, max_value=rules.MOST_HOURS, required=False
    )
    side = forms.ChoiceField(
        label=_("时限之前还是之后"), choices=[("after", _("之后")), ("before", _("之前"))]
    )
    to = forms.ChoiceField(label=_("催谁"), required=False)
    text = forms.CharField(label=_("催办的话"), max_length=200, required=False)
    urgent = forms.BooleanField(label=_("加急"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        names = [(code, gettext(name)) for code, name in rules.CALLED.items()]
        to.choices = [("", _("不用这一行")), *names]

    def step(self) -> rules.Step | None:
        """The step; None for a row that is left out."""
        data = self.cleaned_data
        if not data.get("to"):
            return None
        hours = (data["hours"] or 0) * (-1 if data["side"] == "before" else 1)
        # words of the defaults are kept as such, and read in every reader's language
        usual = {gettext(text): text for text in _TEXTS}
        text = data["text"].strip()
        return rules.Step(hours, data["to"], usual.get(text, text) or _TEXTS[1], data["urgent"])


StepForms = forms.formset_factory(
    StepForm, extra=BLANK, max_num=rules.MOST_STEPS, absolute_max=rules.MOST_STEPS * 2
)


def hours_text(hours: int) -> str:
    """提前 24 小时, 到时限, 过后 24 小时."""
    if not hours:
        return gettext("到时限")
    if hours < 0:
        return ngettext("提前 %(n)s 小时", "提前 %(n)s 小时", -hours) % {"n": -hours}
    return ngettext("过后 %(n)s 小时", "过后 %(n)s 小时", hours) % {"n": hours}


def _name(code: str) -> str:
    grades, _dot, stage = code.partition(".")
    parts = [rules.BANDS[grades], *([rules.ALL_STAGES[stage]] if stage else [])]
    return " · ".join(gettext(part) for part in parts)


def _shown(steps: Iterable[rules.Step]) -> list[tuple[str, rules.Step, str]]:
    return [(hours_text(one.hours), one, rules.CALLED[one.to]) for one in steps]


@desk()
def settings_ladders(request: HttpRequest) -> HttpResponse:
    """The ladders in force, and the bodies that are reported to."""
    table = ladders()
    codes = [
        code
        for grades in rules.BANDS
        for code in (grades, *(f"{grades}.{stage}" for stage in rules.ALL_STAGES))
    ]
    return settings_page(
        request,
        "settings_ladders",
        rows=[(code, _name(code), _shown(table[code])) for code in codes if code in table],
        others=[(code, _name(code)) for code in codes if code not in table],
        superiors=superiors(),
    )


@desk("configure")
def ladder(request: HttpRequest, code: str) -> HttpResponse:
    """One ladder, to change."""
    person, now, table = person_of(request), present.now(), ladders()
    grades, _dot, stage = code.partition(".")
    if grades not in rules.BANDS or (stage and stage not in rules.ALL_STAGES):
        raise Http404
    kept = table.get(code) or table[grades]
    rows = StepForms(request.POST or None, initial=[_initial(one) for one in kept], prefix="step")
    refused = ""
    if request.method == "POST" and rows.is_valid():
        steps = tuple(step for form in rows if (step := form.step()))
        try:
            set_ladder(code, () if "usual" in request.POST else steps, by=person, now=now)
        except Refused as refusal:
            refused = said(refusal)
        else:
            messages.success(request, gettext("已保存。"))
            return redirect(TAB)
    return settings_page(
        request,
        "settings_ladder",
        tab=TAB,
        status=422 if refused or (rows.total_error_count() and rows.is_bound) else 200,
        rows=rows,
        refused=refused,
        title=_name(code),
        own_stage=bool(stage) and code in table,
    )


def _initial(step: rules.Step) -> dict[str, object]:
    return {
        "hours": abs(step.hours),
        "side": "before" if step.hours < 0 else "after",
        "to": step.to,
        "text": gettext(step.text),
        "urgent": step.urgent,
    }


@desk("configure")
def superior_add(request: HttpRequest) -> HttpResponse:
    """A body that is reported to."""
    person, now = person_of(request), present.now()
    page = {"tab": TAB, "title": gettext("新增上级单位")}
    form = SuperiorForm(request.POST or None)
    return settings_edit(
        request, form, lambda typed: set_superior(None, **typed, by=person, now=now), page
    )


@desk("configure")
def superior(request: HttpRequest, pk: int) -> HttpResponse:
    """One body, to change."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(superiors(), pk=pk)
    kept = {"name": row.name, "way": row.way, "contact": row.contact, "active": row.active}
    form = ChangeSuperior(request.POST or None, initial=kept)
    page = {"tab": TAB, "title": row.name}
    return settings_edit(
        request, form, lambda typed: set_superior(row, **typed, by=person, now=now), page
    )


urlpatterns = [
    path("settings/ladders/", settings_ladders, name="settings-ladders"),
    path("settings/ladders/superiors/add/", superior_add, name="settings-superior-add"),
    path("settings/ladders/superiors/<int:pk>/", superior, name="settings-superior"),
    path("settings/ladders/<str:code>/", ladder, name="settings-ladder"),
]
