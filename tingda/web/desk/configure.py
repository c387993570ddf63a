"""设置: name and topics, and the frame of all settings. Others than administrators read.

Sorting, watches, places, clocks and people have view files of their own.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tingda.analyse.actions.tables import add_topic, change_topic
from tingda.analyse.models import Topic
from tingda.analyse.queries import topics_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark
from tingda.people.actions import name_institution
from tingda.people.queries import institution
from tingda.web.fields import InUse
from tingda.web.guard import desk, person_of
from tingda.web.words import said

TABS = (
    ("settings", mark("本单位")),
    ("settings-topics", mark("主题")),
    ("settings-sorting", mark("分类")),
    ("settings-watches", mark("关注")),
    ("settings-places", mark("地点表")),
    ("settings-cues", mark("判断用词")),
    ("settings-heat", mark("热度")),
    ("settings-levels", mark("预警")),
    ("settings-routing", mark("分派")),
    ("settings-clocks", mark("时钟")),
    ("settings-ladders", mark("催办")),
    ("settings-people", mark("人员和单位")),
    ("settings-notices", pgettext_lazy("many", "通知")),
)


def settings_page(
    request: HttpRequest, template: str, *, tab: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    """One tab of the settings; `tab` where its template is named otherwise."""
    person = person_of(request)
    context = {
        "here": "settings",
        "tab": tab or template.replace("_", "-"),
        "tabs": TABS,
        "may_configure": person.may("configure"),
        "may_watch": person.may("watch"),
        "may_hear": person.may("hear"),
        "may_audit": person.may("audit"),
        **more,
    }
    return render(request, f"desk/{template}.html", context, status=status)


def settings_edit(
    request: HttpRequest,
    form: forms.Form,
    deed: Callable[..., object],
    page: dict[str, str],
) -> HttpResponse:
    """Show a form, or do what it says and go back to its tab. A refusal stands in the form."""
    if request.method == "POST" and form.is_valid():
        try:
            deed(form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect(page["tab"])
    status = 422 if form.errors else 200
    return settings_page(request, "settings_edit", status=status, form=form, **page)


# --- 本单位 ---


class OfficeForm(forms.Form):
    """The name under which everything is published."""

    name = forms.CharField(
        label=_("名称"), max_length=100, help_text=_("公开页面、回应和简报上都用这个名称")
    )
    name_en = forms.CharField(
        label=_("英文名称"), max_length=200, required=False, help_text=_("英文页面上用")
    )
    place = forms.CharField(
        label=_("所在地"), max_length=50, required=False, help_text=_("省、市、县，如：某省某县")
    )


@desk()
def office(request: HttpRequest) -> HttpResponse:
    """The office itself, to read."""
    return settings_page(request, "settings", office=institution())


@desk("configure")
def office_edit(request: HttpRequest) -> HttpResponse:
    """The office itself, to change."""
    now, row = present.now(), institution()
    kept = {"name": row.name, "name_en": row.name_en, "place": row.place}
    form = OfficeForm(request.POST or None, initial=kept)
    person = person_of(request)
    page = {"tab": "settings", "title": gettext("本单位")}
    return settings_edit(
        request, form, lambda typed: name_institution(**typed, by=person, now=now), page
    )


# --- 主题 ---


class TopicForm(forms.Form):
    """What a topic is called and by which words it is found."""

    name = forms.CharField(label=_("名称"), max_length=50)
    keywords = forms.CharField(
        label=_("关键词"),
        required=False,
        max_length=20_000,
        help_text=_("一行一个。只影响之后听到的声音"),
        widget=forms.Textarea(attrs={"rows": 12}),
    )


class ChangeTopic(TopicForm):
    """The same, and whether it is used."""

    active = InUse()


class NewTopic(TopicForm):
    """The same, and in which group it stands."""

    group = forms.CharField(
        label=_("大类"), max_length=50, widget=forms.TextInput(attrs={"list": "groups"})
    )
    field_order = ("group", "name", "keywords")


@desk()
def topics(request: HttpRequest) -> HttpResponse:
    """All topics by group."""
    rows = topics_for(person_of(request)).order_by("group", "id")
    english = get_language() == "en"
    groups = [
        (found[0].group_en if english and found[0].group_en else name, found)
        for name, found in ((name, list(some)) for name, some in groupby(rows, _group))
    ]
    return settings_page(request, "settings_topics", groups=groups)


def _group(topic: Topic) -> str:
    return topic.group


@desk("configure")
def topic_add(request: HttpRequest) -> HttpResponse:
    """A topic of the office's own."""
    person, now = person_of(request), present.now()
    form = NewTopic(request.POST or None)
    page = {"tab": "settings-topics", "title": gettext("新增主题")}
    return settings_edit(request, form, lambda typed: add_topic(**typed, by=person, now=now), page)


@desk("configure")
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """One topic, to change."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(topics_for(person), pk=pk)
    kept = {"name": row.name, "keywords": row.keywords, "active": row.active}
    form = ChangeTopic(request.POST or None, initial=kept)
    page = {"tab": "settings-topics", "title": f"{row.group} · {row.name}"}
    return settings_edit(
        request, form, lambda typed: change_topic(row, **typed, by=person, now=now), page
    )


urlpatterns = [
    path("settings/", office, name="settings"),
    path("settings/office/", office_edit, name="settings-office"),
    path("settings/topics/", topics, name="settings-topics"),
    path("settings/topics/add/", topic_add, name="settings-topic-add"),
    path("settings/topics/<int:pk>/", topic, name="settings-topic"),
]
