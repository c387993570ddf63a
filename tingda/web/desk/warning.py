"""设置 → 热度 and 设置 → 预警: what both go by. Administrators change it, everybody reads it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.analyse.models import Topic, Urgency
from tingda.detect.actions.gauging import MOST_MINUTES, set_levels, set_weights
from tingda.detect.models import Alert
from tingda.detect.queries import (
    ENOUGH_DAYS,
    Rules,
    alert_weeks,
    history,
    hottest,
    rules,
    would_have_got,
)
from tingda.lib import present
from tingda.lib.heat import PARTS, Weights
from tingda.lib.levels import LEVELS, MINUTES, TABLE, Row
from tingda.lib.refusal import Refused
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of
from tingda.web.warning_words import NAMES, lately
from tingda.web.words import said

BLANK = 2  # rows to fill in


# --- 热度 ---


class WeightsForm(forms.Form):
    """What each part is worth beside the others."""

    people = forms.FloatField(label=_("人数"), min_value=0, max_value=100)
    reach = forms.FloatField(label=_("传播"), min_value=0, max_value=100)
    urgency = forms.FloatField(label=_("紧急"), min_value=0, max_value=100)
    growth = forms.FloatField(label=_("增长"), min_value=0, max_value=100)
    half_days = forms.FloatField(
        label=_("几天减半"),
        min_value=0.25,
        max_value=60,
        help_text=_("没有新的声音时，过这么多天热度剩一半"),
    )


@desk()
def heat(request: HttpRequest) -> HttpResponse:
    """The formula, its weights, and how the top ten would stand."""
    now, person, kept = present.now(), person_of(request), rules().weights
    form = WeightsForm(
        request.POST or None, initial={name: f"{value:g}" for name, value in kept.stored().items()}
    )
    weights = kept
    if request.method == "POST":
        person.must("configure")
        if form.is_valid():
            weights = Weights(**form.cleaned_data)
            try:
                if "save" in request.POST:
                    set_weights(weights, by=person, now=now)
                    messages.success(request, gettext("已保存，后台正在按新的权重重算。"))
                    return redirect("settings-heat")
            except Refused as refusal:
                form.add_error(None, said(refusal))
    return settings_page(
        request,
        "settings_heat",
        status=422 if form.errors else 200,
        form=form,
        weights=weights,
        named=[(NAMES[part], getattr(weights, part)) for part in PARTS],
        tried=weights != kept,
        top=[
            (place, one, [(NAMES[part], one.points[part]) for part in PARTS])
            for place, one in enumerate(hottest(weights, now), start=1)
        ],
    )


# --- 预警 ---


class RowForm(forms.Form):
    """One row of the table of colours; without a colour it is left out."""

    urgency = forms.TypedChoiceField(label=_("紧急程度至少"), coerce=int, required=False)
    grows = forms.BooleanField(label=_("在增长"), required=False)
    people = forms.IntegerField(
        label=_("一周至少几人"), min_value=1, max_value=1_000_000, initial=1, required=False
    )
    topic = forms.ChoiceField(label=_("主题"), required=False)
    level = forms.ChoiceField(label=_("颜色"), required=False)

    def __init__(self, *args: Any, topics: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        urgencies = [(level, text) for level, text in Urgency.choices if level]
        self.fields["urgency"].choices = [("", _("不限")), *urgencies]  # type: ignore[attr-defined]
        self.fields["topic"].choices = [("", _("不限")), *topics]  # type: ignore[attr-defined]
        self.fields["level"].choices = [("", _("不用这一行")), *Alert.Colour.choices]  # type: ignore[attr-defined]


RowForms = forms.formset_factory(RowForm, extra=BLANK, can_order=True, max_num=32, absolute_max=64)


class LimitsForm(forms.Form):
    """Minutes to acknowledge, by colour, and how many false alarms a week are too many."""

    per_week = forms.IntegerField(
        label=_("每周至多几次误报"),
        min_value=1,
        max_value=50,
        help_text=_("按增长提出的预警，允许误报的次数。少了会漏，多了会烦"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for level, name in Alert.Colour.choices:
            self.fields[level] = forms.IntegerField(
                label=_("%(colour)s几分钟内要有人知道") % {"colour": name},
                min_value=0,
                max_value=MOST_MINUTES,
                help_text=_("0 是不催") if level == LEVELS[-1] else "",
            )


@desk()
def levels(request: HttpRequest) -> HttpResponse:
    """The table of colours, with what the last hundred issues would have got."""
    now, person, kept = present.now(), person_of(request), rules()
    topics = [(topic.code, str(topic)) for topic in Topic.objects.filter(active=True)]
    forms_of = RowForms(
        request.POST or None,
        initial=[_initial(row) for row in kept.levels],
        form_kwargs={"topics": topics},
        prefix="row",
    )
    limits = LimitsForm(request.POST or None, initial=_limits(kept))
    table, wrong = kept.levels, False
    if request.method == "POST":
        person.must("configure")
        wrong = not (forms_of.is_valid() and limits.is_valid())
        if not wrong:
            table = _rows(forms_of)
            try:
                if "save" in request.POST:
                    chosen = dict(limits.cleaned_data)
                    per_week = chosen.pop("per_week")
                    set_levels(table, minutes=chosen, per_week=per_week, by=person, now=now)
                    messages.success(request, gettext("已保存。"))
                    return redirect("settings-levels")
            except Refused as refusal:
                limits.add_error(None, said(refusal))
                wrong = True
    return settings_page(
        request,
        "settings_levels",
        status=422 if wrong else 200,
        rows=forms_of,
        form=limits,
        limit_fields=[limits[level] for level in LEVELS],
        growth_fields=[limits["per_week"]],
        table=_shown(kept.levels, dict(topics)),
        limits=[(name, kept.minutes[level]) for level, name in Alert.Colour.choices],
        own=kept.levels != TABLE or dict(kept.minutes) != MINUTES,
        per_week=kept.per_week,
        **_bench(kept.levels, table),
        weeks=lately(alert_weeks(now))[::-1],
        history=history(),
        enough=ENOUGH_DAYS,
    )


def _initial(row: Row) -> dict[str, object]:
    return {
        "urgency": row.urgency or "",
        "grows": row.grows,
        "people": row.people,
        "topic": row.topic,
        "level": row.level,
    }


def _limits(kept: Rules) -> dict[str, object]:
    return {"per_week": kept.per_week, **kept.minutes}


def _rows(filled: Any) -> tuple[Row, ...]:
    """The rows in the order in which their numbers stand."""
    return tuple(
        Row(
            level=data["level"],
            urgency=data["urgency"] or 0,
            grows=data["grows"],
            people=data["people"] or 1,
            topic=data["topic"],
        )
        for data in (form.cleaned_data for form in filled.ordered_forms)
        if data.get("level")
    )


def _shown(rows: Iterable[Row], topics: dict[str, str]) -> list[dict[str, object]]:
    return [
        {
            "urgency": Urgency(row.urgency).label if row.urgency else "",
            "grows": row.grows,
            "people": row.people,
            "topic": topics.get(row.topic, row.topic),
            "level": row.level,
            "name": Alert.Colour(row.level).label,
        }
        for row in rows
    ]


def _bench(before: tuple[Row, ...], after: tuple[Row, ...]) -> dict[str, Any]:
    """What the last issues would have got from both tables."""
    tried = would_have_got(before, after)
    was, would = Counter(one.before for one in tried), Counter(one.after for one in tried)
    names = dict(Alert.Colour.choices)
    return {
        "tried": before != after,
        "looked_at": len(tried),
        "counts": [(level, names[level], was[level], would[level]) for level in LEVELS],
        "got": [
            (one, Urgency(one.known.urgency).label, names.get(one.before), names.get(one.after))
            for one in tried
            if one.before or one.after
        ],
    }


urlpatterns = [
    path("settings/heat/", heat, name="settings-heat"),
    path("settings/levels/", levels, name="settings-levels"),
]
