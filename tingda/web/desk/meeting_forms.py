"""The fields of reports upward, meetings and tasks. What is allowed is decided by the actions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tingda.cases.models import Case, Meeting, Way
from tingda.cases.queries.meetings import people_to_ask, superiors
from tingda.people.models import Person
from tingda.web.desk.case_forms import FilesField, area
from tingda.web.fields import InUse, PersonField
from tingda.web.templatetags.tingda import named

_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class Urge(forms.Form):
    """Reminding a unit."""

    text = forms.CharField(label=_("催办的话"), max_length=500, widget=area(2))


class ReportForm(forms.Form):
    """What is reported, to whom, and when again."""

    what = forms.CharField(label=_("什么事"), max_length=5000, widget=area(4))
    place = forms.CharField(label=_("什么时候、在哪里"), max_length=2000, widget=area(2))
    people = forms.CharField(
        label=_("涉及多少人"),
        max_length=2000,
        widget=area(2),
        help_text=_("有没有人受伤、送医；不清楚就写“正在核实”"),
    )
    done = forms.CharField(label=_("已经做了什么"), max_length=5000, widget=area(4))
    next_at = forms.DateTimeField(
        label=_("下次什么时候报"),
        required=False,
        widget=_MOMENT,
        help_text=_("写了就会按这个时间提醒；不再报就空着"),
    )
    bodies = forms.MultipleChoiceField(
        label=_("报给谁"), required=False, widget=forms.CheckboxSelectMultiple
    )
    other = forms.CharField(label=_("其他单位"), required=False, max_length=100)
    other_way = forms.ChoiceField(label=_("其他单位怎么报"), required=False, choices=Way.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(one.pk): one for one in superiors() if one.active}
        bodies: Any = self.fields["bodies"]
        bodies.choices = [
            (key, " · ".join(filter(None, [one.name, one.get_way_display(), one.contact])))
            for key, one in self.known.items()
        ]
        if not self.known:
            del self.fields["bodies"]

    def told_to(self) -> list[tuple[str, str]]:
        """Names and ways."""
        chosen = [self.known[key] for key in self.cleaned_data.get("bodies", [])]
        other = self.cleaned_data["other"].strip()
        more = [(other, self.cleaned_data["other_way"] or Way.PHONE)] if other else []
        return [(one.name, one.way) for one in chosen] + more


class ReplyForm(forms.Form):
    """What was said back."""

    who = forms.CharField(label=_("谁说的"), max_length=100)
    text = forms.CharField(label=_("说了什么"), max_length=5000, widget=area(3))


class People(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """People, with the unit first."""

    def label_from_instance(self, person: Person) -> str:
        """Unit and name."""
        return f"{named(person.unit)} · {person.name}"


class Cases(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """Cases, with the number first."""

    def label_from_instance(self, case: Case) -> str:
        """Number and title."""
        return f"{case.number} {case.title}"


class MeetingForm(forms.Form):
    """Calling a meeting, or writing down one that was held."""

    kind = forms.ChoiceField(
        label=_("哪一种"), choices=Meeting.Kind.choices, widget=forms.RadioSelect
    )
    title = forms.CharField(label=_("议什么"), max_length=200)
    at = forms.DateTimeField(label=_("什么时候"), widget=_MOMENT)
    place = forms.CharField(label=_("在哪里"), max_length=200, required=False)
    people = People(
        label=_("参加的人"),
        queryset=Person.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("还没有开、正要开的会，会通知他们"),
    )
    others = forms.CharField(
        label=_("其他参加的人"),
        required=False,
        max_length=2000,
        widget=area(2),
        help_text=_("不用听答的人：专家、外单位"),
    )
    cases = Cases(
        label=_("议哪些事项"),
        queryset=Case.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, cases: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people, about = self.fields["people"], self.fields["cases"]
        people.queryset, about.queryset = people_to_ask(), cases  # type: ignore[attr-defined]


class MinutesForm(forms.Form):
    """What was said."""

    present = forms.CharField(label=_("到会的人"), max_length=2000, widget=area(2))
    text = forms.CharField(label=_("纪要"), max_length=20_000, widget=area(8))


class TaskForm(forms.Form):
    """A decision that becomes a task."""

    what = forms.CharField(label=_("做什么"), max_length=300)
    owner = PersonField(label=_("谁来做"), queryset=Person.objects.none(), empty_label=_("请选择"))
    due_on = forms.DateField(
        label=_("哪一天以前"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people_to_ask()  # type: ignore[attr-defined]


class ProofForm(forms.Form):
    """Done, and what shows it."""

    proof = forms.CharField(
        label=_("做成了什么样，凭什么"),
        max_length=5000,
        widget=area(3),
        help_text=_("写清结果和依据；单据、照片附在下面"),
    )
    attachments = FilesField()


class SuperiorForm(forms.Form):
    """A body that is reported to."""

    name = forms.CharField(label=_("单位名称"), max_length=100)
    way = forms.ChoiceField(label=_("怎么报"), choices=Way.choices, widget=forms.RadioSelect)
    contact = forms.CharField(label=_("电话或收文地址"), max_length=200, required=False)


class ChangeSuperior(SuperiorForm):
    """The same, and whether it is used."""

    active = InUse()
