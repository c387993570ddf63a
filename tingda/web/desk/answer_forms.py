"""The fields of the answer pages, and what a first draft may begin with."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Count
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.answers.actions import Wording
from tingda.answers.models import Version
from tingda.cases.models import Case
from tingda.cases.queries import standing_issue, voices_of
from tingda.lib import present
from tingda.lib.masks import masked
from tingda.web.desk.case_forms import area

PROMISES, SOURCES = 5, 4


class DayField(forms.DateField):
    """A day chosen in the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **kwargs)


class WordingForm(forms.Form):
    """One wording of an answer with up to five promises."""

    title = forms.CharField(
        label=_("题目"), max_length=200, help_text=_("说清是哪件事、回答什么，不用“关于……的回复”")
    )
    heard = forms.CharField(
        label=_("大家反映的"), widget=area(4), help_text=_("用大家的意思，不写谁说的、怎么联系")
    )
    found = forms.CharField(
        label=_("我们查到的"),
        widget=area(7),
        help_text=_("属实不属实、为什么、依据是什么；还在查就写在查什么、什么时候公布"),
    )
    done = forms.CharField(label=_("已经做的"), widget=area(4), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, PROMISES + 1):
            self.fields[f"what_{number}"] = forms.CharField(
                label=_("做什么"), max_length=300, required=False
            )
            self.fields[f"due_{number}"] = DayField(label=_("何时之前"), required=False)

    @property
    def words(self) -> list[BoundField]:
        """The fields before the promises."""
        return [self[name] for name in ("title", "heard", "found", "done")]

    @property
    def promise_rows(self) -> list[tuple[BoundField, BoundField]]:
        """The rows for promises."""
        return [(self[f"what_{n}"], self[f"due_{n}"]) for n in range(1, PROMISES + 1)]

    def clean(self) -> dict[str, Any]:
        """A promise needs both: what, and a day that is still to come."""
        values = self.cleaned_data
        for number in range(1, PROMISES + 1):
            what, due = values.get(f"what_{number}"), values.get(f"due_{number}")
            if what and not due and f"due_{number}" not in self.errors:
                self.add_error(f"due_{number}", gettext("承诺要有日期"))
            elif due and not what:
                self.add_error(f"what_{number}", gettext("请写做什么，或去掉日期"))
            elif due and due < timezone.localdate(present.now()):
                self.add_error(f"due_{number}", gettext("这一天已经过去"))
        return values

    def wording(self) -> Wording:
        """What was filled in; only after `is_valid`."""
        values = self.cleaned_data
        rows = [
            (values[f"what_{number}"], values[f"due_{number}"])
            for number in range(1, PROMISES + 1)
            if values[f"what_{number}"]
        ]
        words = {name: values[name] for name in ("title", "heard", "found", "done")}
        return Wording(**words, promises=rows)


class Note(forms.Form):
    """What is to be changed."""

    note = forms.CharField(label=_("要改什么"), widget=area(3), help_text=_("拟稿人会收到这段话"))


class CorrectionForm(forms.Form):
    """A correction beside the answer."""

    text = forms.CharField(
        label=_("更正"),
        widget=area(3),
        help_text=_("写明原文哪一句，应为什么，为什么错了。原文不会改动，更正会写在旁边"),
    )


def first_words(case: Case) -> dict[str, str]:
    """What a first draft begins with: what was heard and what was found, to be rewritten; titles
    of voices without personal data.
    """
    return {"title": masked(case.title), "heard": masked(_heard(case)), "found": _found(case)}


def words_of(version: Version) -> dict[str, object]:
    """The fields of a form that continues this version."""
    values: dict[str, object] = {
        name: getattr(version, name) for name in ("title", "heard", "found", "done")
    }
    for number, row in enumerate(version.promises[:PROMISES], start=1):
        values[f"what_{number}"] = row["what"]
        values[f"due_{number}"] = date.fromisoformat(row["due_on"])
    return values


def _heard(case: Case) -> str:
    issue = standing_issue(case)
    if issue is None:
        return case.voice.headline if case.voice else ""
    counted = voices_of(case).order_by().values("source__name").annotate(n=Count("pk"))
    names = [row["source__name"] for row in counted.order_by("-n", "source__name")[:SOURCES]]
    values = {"people": issue.people, "sources": "、".join(names), "title": issue.title}
    return gettext("%(people)s 人通过%(sources)s反映：%(title)s。") % values


def _found(case: Case) -> str:
    facts = case.facts.order_by("id").values_list("what", "evidence")
    lines = [what.rstrip("。") + "。" for what, _evidence in facts]
    evidence = list(dict.fromkeys(evidence.strip("。；，") for _what, evidence in facts))
    if evidence:
        lines.append(gettext("依据：%(list)s。") % {"list": "、".join(evidence)})
    return "\n".join(lines)
