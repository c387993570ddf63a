"""演练: scenarios, the drill that is going on, and what came of those that were."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from tingda.analyse.models import Intent
from tingda.collect.models import Voice
from tingda.collect.queries import voices_for
from tingda.detect.models import Issue
from tingda.detect.queries import issues_for
from tingda.duty.actions.drills import ask_end, begin_drill, set_scenario
from tingda.duty.models import Drill, Scenario
from tingda.duty.queries import drill_before, drills_for, scenarios_for, worker_seen
from tingda.duty.rules import is_silent
from tingda.lib import charts, present, scenarios
from tingda.lib.masks import masked
from tingda.lib.refusal import Refused
from tingda.notify.models import Reach
from tingda.notify.queries import sentence
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office
from tingda.people.rules import ROLES
from tingda.web.fields import InUse
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

log = logging.getLogger(__name__)
LARGEST = 1_000_000  # bytes of an uploaded file
START = """
name = ""
about = ""
begins = "09:00"
minutes = 60

[[say]]
minute = 0
source = ""
text = ""

[[expect]]
what = "acknowledged"
within = 10
"""


def _office(request: HttpRequest) -> Person:
    person = person_of(request)
    if not is_of_the_office(person):
        raise Http404
    return person


# ---- scenarios ----
class ScenarioForm(forms.Form):
    """A scenario as text, or as a file that holds it."""

    text = forms.CharField(
        label=_("脚本"),
        required=False,
        strip=False,
        max_length=scenarios.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 26, "class": "code", "spellcheck": "false"}),
        help_text=_("TOML 格式；# 开头的是给人看的说明"),
    )
    file = forms.FileField(
        label=_("或者上传一个文件"), required=False, help_text=_("有文件时以文件为准")
    )
    active = InUse()

    def clean(self) -> dict[str, Any]:
        """The file's words in place of the text; UTF-8."""
        told = super().clean() or {}
        file = told.get("file")
        if file is not None:
            if file.size > LARGEST:
                raise forms.ValidationError(_("文件太大：脚本是一页文字，不会超过 1 MB"))
            try:
                told["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise forms.ValidationError(_("文件不是 UTF-8 的文字，请另存为 UTF-8")) from error
        return told


class TakeForm(forms.Form):
    """Which issue a scenario is made of."""

    issue = forms.IntegerField(
        label=_("议题编号"), min_value=1, max_value=2**31, help_text=_("在议题页面的地址里，如 17")
    )


@desk("configure")
def scenario_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A new scenario, or one to change; faults are told by line."""
    now, person = present.now(), _office(request)
    row = get_object_or_404(scenarios_for(person), pk=pk) if pk else None
    kept = {"text": row.text if row else _start(), "active": row.active if row else True}
    form = ScenarioForm(request.POST or None, request.FILES or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            set_scenario(row, told["text"], active=told["active"], by=person, now=now)
        except Refused as refusal:
            form.add_error("text", said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("duty-drills")
    return _scenario_page(request, form, row.name if row else gettext("新的脚本"))


def _start() -> str:
    """What a new scenario begins with."""
    how = gettext(
        "第几分钟（minute）、从哪个来源（source）、说了什么（text）；"
        "应当做到什么（what）、几分钟以内（within）。"
    )
    return f"# {how}{START}"


def _scenario_page(request: HttpRequest, form: forms.Form, title: str) -> HttpResponse:
    context = {
        "here": "duty",
        "tab": "duty-drills",
        "title": title,
        "form": form,
        "steps": scenarios.STEPS.items(),
    }
    return render(request, "desk/scenario.html", context, status=422 if form.errors else 200)


@require_POST
@desk("configure")
def scenario_take(request: HttpRequest) -> HttpResponse:
    """A scenario made of what was said about a past issue, to be read over before it is saved."""
    person, form = _office(request), TakeForm(request.POST)
    issue = form.is_valid() and issues_for(person).filter(pk=form.cleaned_data["issue"]).first()
    if not issue:
        messages.error(request, gettext("没有这个议题。编号在议题页面的地址里。"))
        return redirect("duty-drills")
    text = recorded(issue, person)
    if not text:
        messages.error(request, gettext("这个议题里没有可以用的声音：举报不拿来演练。"))
        return redirect("duty-drills")
    made = ScenarioForm(initial={"text": text, "active": True})
    return _scenario_page(request, made, gettext("从议题“%(title)s”做") % {"title": issue.title})


def recorded(issue: Issue, person: Person) -> str:
    """The voices of an issue as a scenario: words masked, no authors, no contacts, and nothing
    that somebody reported in confidence. "" where nothing is left.
    """
    rows = voices_for(person).filter(belonging__issue=issue)
    rows = rows.exclude(reading__intent=Intent.REPORTS).select_related("source")
    voices = sorted(rows.order_by("id")[: 4 * scenarios.MOST_SAID], key=_moment)
    if not voices:
        return ""
    first = _moment(voices[0])
    told = [
        scenarios.Said(
            minute=int((_moment(voice) - first).total_seconds() // 60),
            source=voice.source.name,
            text=masked(voice.text or voice.title)[:5000],
            title=masked(voice.title)[:200],
        )
        for voice in voices
    ]
    within = [one for one in told if one.minute <= scenarios.LONGEST and one.text.strip()]
    name = gettext("%(title)s（演练）") % {"title": masked(issue.title)[:90]}
    local = timezone.localtime(first).time().replace(second=0, microsecond=0)
    about = gettext("从议题 %(pk)s 做的，先读一遍再用。") % {"pk": issue.pk}
    return scenarios.written(name, about, local, within[: scenarios.MOST_SAID]) if within else ""


def _moment(voice: Voice) -> datetime:
    return voice.said_at or voice.heard_at


# ---- drills ----
@require_safe
@desk()
def drill_list(request: HttpRequest) -> HttpResponse:
    """What is going on, what can be played, what was."""
    person = _office(request)
    rows = drills_for(person)
    context = {
        "here": "duty",
        "tab": "duty-drills",
        "going": rows.filter(going=True).first(),
        "scenarios": [(one, _about(one)) for one in scenarios_for(person)],
        "page": page(rows.filter(going=None), request, 20),
        "speeds": scenarios.SPEEDS,
        "take": TakeForm(),
        "may_configure": person.may("configure"),
        "asleep": is_silent(worker_seen(), present.now()),
    }
    return render(request, "desk/drills.html", context)


def _about(row: Scenario) -> dict[str, Any]:
    """What a list says of a scenario; one that can no longer be read is still listed."""
    try:
        told = scenarios.read(row.text)
    except Refused as refusal:
        return {"fault": said(refusal)}
    return {"about": told.about, "said": len(told.said), "minutes": told.minutes, "ok": True}


@dataclass(frozen=True)
class Mark:
    """One thing that was expected, beside the drill before."""

    what: str
    within: int
    after: float | None
    before: float | None

    @property
    def kept(self) -> bool:
        """In time."""
        return self.after is not None and self.after <= self.within

    @property
    def change(self) -> float | None:
        """How many minutes later than in the drill before; less than none is sooner."""
        if self.after is None or self.before is None:
            return None
        return round(self.after - self.before, 1)


def marks_of(drill: Drill, before: Drill | None) -> list[Mark]:
    """What was expected and what became of it."""
    earlier = _times(before.result) if before else {}
    return [
        Mark(
            _step(one["what"]),
            one["within"],
            one["after"],
            earlier.get(one["what"]),
        )
        for one in drill.result.get("marks", [])
    ]


def _times(result: Mapping[str, Any]) -> dict[str, float | None]:
    return {
        one["what"]: one["after"] for part in ("marks", "course") for one in result.get(part, [])
    }


@require_safe
@desk()
def drill(request: HttpRequest, pk: int) -> HttpResponse:
    """One drill: how it goes, or what came of it beside the last one."""
    person = _office(request)
    row = get_object_or_404(drills_for(person), pk=pk)
    before = drill_before(row)
    marks = marks_of(row, before)
    context = {
        "here": "duty",
        "tab": "duty-drills",
        "row": row,
        "before": before,
        "marks": marks,
        "drawable": any(max(mark.after or 0, mark.before or 0) >= 1 for mark in marks),
        "course": _course(row.result.get("course", [])),
        "called": _called(row.result.get("called", [])),
        "held": _held(row.result.get("held", [])),
        "way_in": settings.ADDRESS + reverse("drill-enter"),
        "why": said(Refused(row.why["message"], **row.why["params"])) if row.why else "",
        "may_configure": person.may("configure"),
        "asleep": is_silent(worker_seen(), present.now()),
        "then": row.begins
        and row.started_at
        and row.begins + (present.now() - row.started_at) * row.speed,
    }
    alone = "HX-Request" not in request.headers
    shown = render(request, "desk/drill.html" if alone else "desk/drill_state.html", context)
    if not alone and not row.going:
        shown.headers["HX-Refresh"] = "true"  # the whole page has more to say now
    return shown


def _course(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    return [(_step(one["what"]), one["after"]) for one in rows]


def _step(what: str) -> str:
    name = scenarios.STEPS.get(what, "")
    return gettext(name) if name else what


def _called(rows: Sequence[Mapping[str, Any]]) -> list[tuple[float, str, str]]:
    return [(one["after"], sentence(one["verb"], {}), _posts(one["posts"])) for one in rows]


def _posts(posts: Sequence[tuple[str, str, int]]) -> str:
    """Which posts, and how many of each where there are more: never who."""
    told = []
    for unit, roles, count in posts:
        names = "/".join(gettext(ROLES[role]) for role in roles.split(",") if role in ROLES)
        told.append(f"{unit} {names}" + (f" × {count}" if count > 1 else ""))
    return gettext("；").join(told)


def _held(rows: Sequence[Mapping[str, Any]]) -> list[tuple[float, str, str, str]]:
    kinds = dict(Reach.Kind.choices)
    return [
        (one["after"], sentence(one["verb"], {}), masked(one["title"]), _way(one, kinds))
        for one in rows
    ]


def _way(one: Mapping[str, Any], kinds: Mapping[Any, Any]) -> str:
    kind = str(kinds.get(one["kind"], one["kind"]))
    return f"{kind} · {one['way']}" if one["way"] else kind


@require_safe
@desk()
def chart(request: HttpRequest, pk: int) -> HttpResponse:
    """The times of this drill and the one before as a picture, fetched after the page."""
    row = get_object_or_404(drills_for(_office(request)), pk=pk)
    bars: list[tuple[str, int]] = []
    for mark in marks_of(row, drill_before(row)):
        for when, after in ((gettext("这次"), mark.after), (gettext("上次"), mark.before)):
            if after is not None:
                bars.append((f"{mark.what} · {when}", round(after)))
    words = charts.NameWords(
        title=gettext("几分钟做到"), value=gettext("分钟"), mark=gettext("%(name)s：%(value)d 分钟")
    )
    try:
        drawn = charts.to_svg(charts.bars_by_name(bars, words), shelf=cache)
    except charts.DrawingFailed:
        log.exception("chart of drill %s", pk)
        drawn = ""
    context = {
        "here": "duty",
        "row": row,
        "drawn": mark_safe(drawn),  # noqa: S308 - drawn by our own code from numbers
        "label": gettext("几分钟做到，用左右方向键逐条听数；旁边有同样内容的表格"),
    }
    alone = "HX-Request" not in request.headers
    return render(request, "desk/drill_chart.html" if alone else "parts/chart.html", context)


@require_POST
@desk("configure")
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a drill."""
    now, person = present.now(), _office(request)
    row = get_object_or_404(scenarios_for(person), pk=pk)
    speed = request.POST.get("speed", "")
    number = int(speed) if speed in map(str, scenarios.SPEEDS) else 0
    made = begin_drill(row, number, by=person, now=now)
    return redirect("drill", pk=made.pk)


@require_POST
@desk("configure")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End it now."""
    person = _office(request)
    ask_end(get_object_or_404(drills_for(person), pk=pk), by=person, now=present.now())
    return redirect("drill", pk=pk)


urlpatterns = [
    path("duty/drills/", drill_list, name="duty-drills"),
    path("duty/drills/<int:pk>/", drill, name="drill"),
    path("duty/drills/<int:pk>/chart/", chart, name="drill-chart"),
    path("duty/drills/<int:pk>/end/", end, name="drill-end"),
    path("duty/scenarios/new/", scenario_edit, name="scenario-new"),
    path("duty/scenarios/take/", scenario_take, name="scenario-take"),
    path("duty/scenarios/<int:pk>/", scenario_edit, name="scenario-edit"),
    path("duty/scenarios/<int:pk>/begin/", begin, name="drill-begin"),
]
