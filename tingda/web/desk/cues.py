"""判断用词: the words by which urgency is judged: read, changed by administrators, tried out."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.analyse.actions.cues import change_words
from tingda.analyse.models import Intent, Urgency
from tingda.analyse.queries.cues import CueList, cue_lists, shipped_without
from tingda.analyse.queries.judging import judge_now, judge_with
from tingda.analyse.rules import Judge
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.urgency.lists import label_of
from tingda.lib.words import mark
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of
from tingda.web.marks import Span, marked
from tingda.web.reasons import reason
from tingda.web.words import said

TAB = "settings-cues"
WORDS_SHOWN, FOUND_SHOWN = 200, 20

# Name, what its words do, and the lists in it. A list that changes no level is in none of them.
GROUPS = (
    (
        mark("危险：3 级"),
        mark("性命、身体有危险。本单位加进来的词，说到就是 3 级；说的是过去、预防、演练时除外。"),
        ("danger.",),
    ),
    (
        mark("孩子和失踪：3 级"),
        mark("伤害孩子或无助的人，有人失踪。本单位加进“伤害”和“失踪”里的词，说到就是 3 级。"),
        ("child.", "missing."),
    ),
    (
        mark("当天：2 级"),
        mark("当天会有许多人或老弱病人受苦，要紧的东西就要失去。本单位加进来的词，至少是 2 级。"),
        ("serious.",),
    ),
    (
        mark("压低判断的词"),
        mark("旁边有这些词，危险就不是眼前的：没有、预防、过去、演练、影视、新闻、已经解决。"),
        ("damp.", "announced."),
    ),
    (
        mark("迹象"),
        mark(
            "单独一个不决定什么，合在一起掂量。分量是从例句里学来的，加进来的词与表里别的词一样重。"
        ),
        ("sign.", "bears.", "ask."),
    ),
    (
        mark("情绪词：不计"),
        mark("骂人的话、感叹、诉苦的口气。这里的词从不计入，写得再急也不算更紧急。"),
        ("mood.",),
    ),
)


class ChangeForm(forms.Form):
    """What the office adds to a list and takes out of it, a line each."""

    added = forms.CharField(
        label=_("加这些词"),
        required=False,
        max_length=50_000,
        help_text=_("一行一个"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    removed = forms.CharField(
        label=_("不要这些词"),
        required=False,
        max_length=50_000,
        help_text=_("一行一个，照表里的写法。两处都空着，就恢复原样"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, cue: CueList, data: QueryDict | None = None) -> None:
        kept = {"added": "\n".join(cue.added), "removed": "\n".join(cue.removed)}
        super().__init__(data, initial=kept)
        self.cue = cue

    def clean_added(self) -> list[str]:
        """As words."""
        return _lines(self.cleaned_data["added"])

    def clean_removed(self) -> list[str]:
        """As words, each of which is in the list or was taken out before."""
        words = _lines(self.cleaned_data["removed"])
        strange = [
            word for word in shipped_without(self.cue.name, words) if word not in self.cue.removed
        ]
        if strange:
            names = gettext("、").join(strange[:5])
            raise forms.ValidationError(gettext("原来的词表里没有：%(names)s") % {"names": names})
        both = [word for word in words if word in self.cleaned_data.get("added", ())]
        if both:
            names = gettext("、").join(both[:5])
            raise forms.ValidationError(gettext("又要加又不要：%(names)s") % {"names": names})
        return words


class TrialForm(forms.Form):
    """A sentence to be judged."""

    said = forms.CharField(
        label=_("一句话"),
        max_length=2000,
        error_messages={"required": _("先写一句话")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@dataclass(frozen=True)
class Row:
    """A list as it stands on the page; `words` are some of its words."""

    cue: CueList
    label: str
    words: Sequence[str]
    more: bool


@dataclass(frozen=True)
class Judged:
    """A sentence as it is judged: its words marked, and the reasons with theirs."""

    text: SafeString
    level: int
    urgency: str
    intent: str
    why: dict[str, list[str]]


@dataclass(frozen=True)
class Tried:
    """As it would be judged, and as it is now where that is something else."""

    then: Judged
    now: Judged | None = None


# --- all lists ---


@desk()
def cues(request: HttpRequest) -> HttpResponse:
    """All lists by group, or those that hold a word."""
    return _all(request, TrialForm())


@require_POST
@desk()
def try_now(request: HttpRequest) -> HttpResponse:
    """How a sentence is judged now. Nothing is kept."""
    form = TrialForm(request.POST)
    tried = Tried(_judged(judge_now(), form.cleaned_data["said"])) if form.is_valid() else None
    return _all(request, form, tried)


def _all(request: HttpRequest, trial: TrialForm, tried: Tried | None = None) -> HttpResponse:
    words = request.GET.get("q", "").strip().replace("\x00", "")[:60]
    lists = cue_lists()
    groups = [
        (gettext(name), gettext(does), [_row(cue) for cue in _of(lists, tables)])
        for name, does, tables in GROUPS
    ]
    found = [
        _row(cue, held)
        for _name, _does, tables in GROUPS
        for cue in _of(lists, tables)
        if words and (held := cue.holding(words))
    ]
    return settings_page(
        request,
        "settings_cues",
        status=422 if trial.errors else 200,
        q=words,
        groups=groups,
        found=found,
        trial=trial,
        tried=tried,
    )


def _of(lists: dict[str, CueList], tables: tuple[str, ...]) -> list[CueList]:
    return [cue for name, cue in lists.items() if name.startswith(tables)]


def _row(cue: CueList, held: Sequence[str] | None = None) -> Row:
    words, most = (cue.words, 6) if held is None else (held, FOUND_SHOWN)
    return Row(cue, gettext(label_of(cue.name)), words[:most], len(words) > most)


# --- one list ---


@desk()
def cue(request: HttpRequest, name: str) -> HttpResponse:
    """One list: its words; with a change, what came of it."""
    if request.method == "POST":
        return _save(request, name)
    row = _named(name)
    return _one(request, row, ChangeForm(row), TrialForm())


@desk("configure")
def _save(request: HttpRequest, name: str) -> HttpResponse:
    row = _named(name)
    form = ChangeForm(row, request.POST)
    if form.is_valid():
        added, removed = form.cleaned_data["added"], form.cleaned_data["removed"]
        if (tuple(added), tuple(removed)) == (row.added, row.removed):
            messages.info(request, gettext("没有改动。"))
            return redirect("settings-cue", name)
        try:
            change_words(name, added, removed, by=person_of(request), now=present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存，之后听到的声音照此判断。"))
            return redirect("settings-cue", name)
    return _one(request, row, form, TrialForm(initial={"said": request.POST.get("said", "")}))


@require_POST
@desk()
def try_changed(request: HttpRequest, name: str) -> HttpResponse:
    """How a sentence would be judged with what is typed. Nothing is kept."""
    row = _named(name)
    may = person_of(request).may("configure")
    form = ChangeForm(row, request.POST) if may else ChangeForm(row)
    trial, tried = TrialForm(request.POST), None
    if trial.is_valid() and (not may or form.is_valid()):
        typed = form.cleaned_data if may else {}
        try:
            then = judge_with(name, typed["added"], typed["removed"]) if may else judge_now()
            tried = _compared(then, trial.cleaned_data["said"])
        except Refused as refusal:
            form.add_error(None, said(refusal))
    return _one(request, row, form, trial, tried)


def _one(
    request: HttpRequest,
    row: CueList,
    form: ChangeForm,
    trial: TrialForm,
    tried: Tried | None = None,
) -> HttpResponse:
    shown = row.words if request.GET.get("all") else row.words[:WORDS_SHOWN]
    group = next((one for one in GROUPS if row.name.startswith(one[2])), GROUPS[0])
    return settings_page(
        request,
        "settings_cue",
        tab=TAB,
        status=422 if form.errors or trial.errors else 200,
        row=row,
        label=gettext(label_of(row.name)),
        group=gettext(group[0]),
        does=gettext(group[1]),
        shown=shown,
        form=form,
        trial=trial,
        tried=tried,
    )


def _named(name: str) -> CueList:
    row = cue_lists().get(name)
    if row is None or not any(name.startswith(tables) for _name, _does, tables in GROUPS):
        raise Http404
    return row


def _lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return list(dict.fromkeys(filter(None, lines)))


def _compared(then: Judge, text: str) -> Tried:
    would, does = _judged(then, text), _judged(judge_now(), text)
    return Tried(would, does if does.level != would.level else None)


def _judged(judge: Judge, text: str) -> Judged:
    intent, urgency = judge("", text)
    css = "danger" if urgency.level == Urgency.AT_ONCE else "urgency"
    why: dict[str, list[str]] = {}
    spans = []
    for one in urgency.why:
        told = reason(one.reason)
        spans.append(Span(one.found.start, one.found.end, css, told))
        words = why.setdefault(told, [])
        if one.found.words not in words:
            words.append(one.found.words)
    wanted = str(Intent(intent.name).label) if intent.sure else gettext("拿不准")
    level = str(Urgency(urgency.level).label)
    return Judged(marked(text, spans), urgency.level, level, wanted, why)


urlpatterns = [
    path("settings/cues/", cues, name=TAB),
    path("settings/cues/try/", try_now, name="settings-cues-try"),
    path("settings/cues/<str:name>/", cue, name="settings-cue"),
    path("settings/cues/<str:name>/try/", try_changed, name="settings-cue-try"),
]
