"""分类: how topics are told, what was labelled, how well each model sorts, and switching one on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from tingda.analyse.actions.labels import MOST_TOPICS, take_all_names, take_names
from tingda.analyse.actions.learning import ask_to_learn, set_threshold, use, use_none
from tingda.analyse.models import Lesson, Sorting
from tingda.analyse.queries import topics_for
from tingda.analyse.queries.labels import label_counts, lessons, unknown_names
from tingda.analyse.queries.sorting import Sorter, sorter, threshold_now
from tingda.duty.queries import worker_seen
from tingda.duty.rules import is_silent
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.topics import packed
from tingda.web.desk.configure import settings_page
from tingda.web.desk.sorting_told import Bar, bars, surenesses, told
from tingda.web.guard import desk, person_of
from tingda.web.words import said

TAB = "settings-sorting"
NAMES_SHOWN = 30
REMEDIES = {
    packed.DAMAGED: gettext_lazy("请点“现在学一次”重做一个，或换回别的一版。"),
    packed.NEWER: gettext_lazy("请升级程序；在那之前可以换回别的一版，或点“现在学一次”。"),
    packed.TOPICS_CHANGED: gettext_lazy("后台会按新的主题重学一次，也可以现在就点“现在学一次”。"),
}


class ThresholdForm(forms.Form):
    """How sure a topic must be."""

    percent = forms.IntegerField(
        label=gettext_lazy("把握到百分之几才算数"),
        min_value=0,
        max_value=99,
        help_text=gettext_lazy("不到这个把握的，显示为“没有把握”，请人来定"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@require_safe
@desk()
def sorting(request: HttpRequest) -> HttpResponse:
    """The tab."""
    return _page(request)


def _page(
    request: HttpRequest, form: ThresholdForm | None = None, refused: str = ""
) -> HttpResponse:
    rows, now_sorts = lessons(), sorter()
    percent = round(now_sorts.threshold * 100)
    topics = list(topics_for(person_of(request)).order_by("group", "id"))
    names = unknown_names()
    in_use = next((row for row in rows if row.state == Lesson.State.USED), None)
    measured = next((row for row in (in_use, *rows) if row and row.measures.get("sure")), None)
    return settings_page(
        request,
        "settings_sorting",
        status=422 if refused or (form and form.errors) else 200,
        **_now(now_sorts, in_use),
        **_state(),
        names=names[:NAMES_SHOWN],
        name_count=len(names),
        too_many=len(names) > MOST_TOPICS,
        refused=refused,
        group=request.POST.get("group", ""),
        alone="alone" in request.POST,
        topics=[row for row in topics if row.active],
        groups=sorted({row.group for row in topics}),
        lessons=told(rows, topics, person_of(request)),
        labels=(labelled := _labelled(topics)),
        label_total=sum(bar.count for bar in labelled),
        form=form or ThresholdForm(initial={"percent": percent}),
        percent=percent,
        measured=measured,
        surenesses=surenesses(measured, percent) if measured else [],
    )


def _now(now_sorts: Sorter, in_use: Lesson | None) -> dict[str, Any]:
    trouble = now_sorts.trouble
    return {
        "in_use": in_use,
        "no_topics": now_sorts.model is None,
        "trouble": said(trouble) if trouble else "",
        "remedy": REMEDIES.get(trouble.message, "") if trouble else "",
    }


def _state() -> dict[str, Any]:
    asked_at = Sorting.objects.values_list("asked_at", flat=True).first()
    return {"asked_at": asked_at, "asleep": is_silent(worker_seen(), present.now())}


def _labelled(topics: list[Any]) -> list[Bar]:
    names = {topic.code: topic for topic in topics}
    counts = label_counts()
    return bars([(names.get(code, code), count) for code, count in counts.items()])


@require_safe
@desk()
def state(request: HttpRequest) -> HttpResponse:
    """Whether the worker still learns, asked every other second; once it is done, all is new."""
    now = _state()
    if not now["asked_at"]:
        return HttpResponse(headers={"HX-Refresh": "true"})
    may = person_of(request).may("configure")
    return render(request, "desk/sorting_state.html", now | {"may_configure": may})


@require_POST
@desk("configure")
def learn(request: HttpRequest) -> HttpResponse:
    """Have the worker learn now."""
    ask_to_learn(by=person_of(request), now=present.now())
    return redirect(TAB)


@require_POST
@desk("configure")
def switch_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Sort by one model from now on."""
    lesson = get_object_or_404(Lesson.objects.defer("packed"), pk=pk)
    use(lesson, by=person_of(request), now=present.now())
    text = _("已启用第 %(n)s 版。之后听到的都按它分；最近 30 天的由后台重新分一遍，人定过的不动。")
    messages.success(request, text % {"n": pk})
    return redirect(TAB)


@require_POST
@desk("configure")
def switch_off(request: HttpRequest) -> HttpResponse:
    """Go by the words of the topics alone."""
    use_none(by=person_of(request), now=present.now())
    messages.success(request, _("模型已停用，现在只按主题词分。"))
    return redirect(TAB)


@require_POST
@desk("configure")
def threshold(request: HttpRequest) -> HttpResponse:
    """How sure a topic must be before nobody is asked."""
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    percent = form.cleaned_data["percent"]
    if percent != round(threshold_now() * 100):
        set_threshold(percent, by=person_of(request), now=present.now())
    messages.success(request, _("已保存。"))
    return redirect(TAB)


@require_POST
@desk("configure")
def name(request: HttpRequest) -> HttpResponse:
    """What tables call something is a topic of ours, or a new one."""
    person, now = person_of(request), present.now()
    typed = request.POST.get("told", "").replace("\x00", "")
    asked = request.POST.get("topic", "")
    topic = None
    if "is" in request.POST:
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
        topic = topics_for(person).filter(active=True, pk=number).first()
        if topic is None:
            return _page(request, refused=_("请选一个主题，再点“就是它”。"))
    group = request.POST.get("group", "").replace("\x00", "")
    try:
        taken = take_names(typed, topic=topic, group=group, by=person, now=now)
    except Refused as refusal:
        return _page(request, refused=said(refusal))
    text = _("“%(told)s”就是主题“%(topic)s”，已有的标注后台会学。")
    messages.success(request, text % {"told": typed, "topic": taken.name})
    return redirect(TAB)


@require_POST
@desk("configure")
def all_names(request: HttpRequest) -> HttpResponse:
    """All that tables name and is no topic yet becomes one, of one group."""
    group = request.POST.get("group", "").replace("\x00", "")
    try:
        count = take_all_names(
            group, alone="alone" in request.POST, by=person_of(request), now=present.now()
        )
    except Refused as refusal:
        return _page(request, refused=said(refusal))
    text = ngettext("已新增 %(n)s 个主题。", "已新增 %(n)s 个主题。", count) % {"n": count}
    messages.success(request, text)
    return redirect(TAB)


urlpatterns = [
    path("settings/sorting/", sorting, name=TAB),
    path("settings/sorting/state/", state, name="sorting-state"),
    path("settings/sorting/learn/", learn, name="sorting-learn"),
    path("settings/sorting/off/", switch_off, name="sorting-off"),
    path("settings/sorting/threshold/", threshold, name="sorting-threshold"),
    path("settings/sorting/name/", name, name="sorting-name"),
    path("settings/sorting/names/", all_names, name="sorting-names"),
    path("settings/sorting/<int:pk>/use/", switch_on, name="sorting-use"),
]
