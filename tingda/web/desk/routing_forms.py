"""The fields of a rule of where matters go, and of what is done about it on a case."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tingda.analyse.models import Topic
from tingda.cases import rules
from tingda.cases.models import Forwarding, Route
from tingda.collect.models import Source
from tingda.collect.queries import sources_for
from tingda.lib.watching.parse import LONGEST
from tingda.people.models import Person, Unit
from tingda.people.queries import people_with, units
from tingda.people.rules import MAY
from tingda.web.desk.case_forms import CaseForm, FilesField, Seen, area, choices, offer
from tingda.web.fields import InUse, PersonField, RuleField, UnitField
from tingda.web.templatetags.tingda import named


class NamedField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """Something that has a name in two languages."""

    def label_from_instance(self, thing: Any) -> str:
        """The English name where there is one and English is read."""
        return named(thing)


class TimeField(forms.TimeField):
    """An hour of the day."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        super().__init__(required=False, widget=widget, **kwargs)


class RouteForm(forms.Form):
    """One rule: what it asks for, where it leads, and whether it goes by itself."""

    name = forms.CharField(label=_("名称"), max_length=100)
    order = forms.IntegerField(
        label=_("排第几"), min_value=1, max_value=9999, help_text=_("从上往下，先管到的算")
    )
    condition = RuleField(
        label=_("声音里有什么词"),
        required=False,
        max_length=LONGEST,
        help_text=_("和关注的规则一样写：(停水 OR 停电) 小区 -通知。下面几项都写了的，要都对得上"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "rule"}),
    )
    topic = NamedField(Topic.objects.none(), label=_("主题"), required=False, empty_label=_("不限"))
    place = forms.CharField(label=_("地点"), max_length=60, required=False)
    source = forms.ModelChoiceField(
        Source.objects.none(), label=_("来源"), required=False, empty_label=_("不限")
    )
    days = forms.ChoiceField(label=_("哪些日子听到的"), required=False)
    start = TimeField(label=_("从几点"))
    end = TimeField(label=_("到几点"), help_text=_("可以跨过半夜：17:30 到 08:00"))
    unit = UnitField(Unit.objects.none(), label=_("请哪个单位"), empty_label=_("请选择"))
    person = PersonField(
        Person.objects.none(), label=_("指定给谁"), required=False, empty_label=_("单位的联络员")
    )
    active = InUse()
    at_once = forms.TypedChoiceField(
        label=_("怎么发出"),
        choices=[("no", _("只作建议，由人发出")), ("yes", _("直接发出"))],
        coerce="yes".__eq__,
        widget=forms.RadioSelect,
        help_text=_(
            "直接发出：有人立了这样的事项，联系单马上发出；热线和表单的这类声音，由规则立为事项。"
            "等级要有人确认，办结仍由人决定"
        ),
    )
    owner = PersonField(
        Person.objects.none(),
        label=_("直接发出的，谁负责"),
        required=False,
        empty_label=_("请选择"),
        help_text=_("规则立的事项归这位值班员，会收到通知"),
    )
    kind = forms.ChoiceField(label=_("直接发出的，算哪一种类"), required=False)
    grade = forms.ChoiceField(label=_("直接发出的，先算哪一等级"), required=False)
    asks = forms.CharField(
        label=_("请核实什么"),
        required=False,
        widget=area(3),
        help_text=_("会预先填在联系单上，一行一件；直接发出的必须写"),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, route: Route, person: Person, **kwargs: Any) -> None:
        kwargs["initial"] = self._kept(route) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.route = route
        offer(self, "unit", queryset=units())
        offer(self, "person", queryset=people_with("liaison").select_related("unit"))
        offer(self, "topic", queryset=Topic.objects.filter(active=True).order_by("group", "id"))
        offer(self, "source", queryset=sources_for(person).filter(active=True).order_by("name"))
        able = Person.objects.filter(is_active=True, held_roles__role__in=MAY["take_on"])
        owners = able.filter(unit__parent=None).select_related("unit").distinct()
        offer(self, "owner", queryset=owners)
        offer(self, "days", choices=Route.Days.choices)
        none = [("", _("请选择"))]
        offer(self, "kind", choices=none + choices(rules.KINDS))
        offer(self, "grade", choices=none + choices(rules.GRADES))

    @staticmethod
    def _kept(route: Route) -> dict[str, object]:
        if route.pk is None:
            return {}
        plain = ["name", "order", "condition", "place", "days", "start", "end", "active"]
        plain += ["kind", "grade", "asks", "revision"]
        joined = {name: getattr(route, f"{name}_id") for name in ("topic", "source", "unit")}
        joined |= {"person": route.person_id, "owner": route.owner_id}
        at_once = {"at_once": "yes" if route.at_once else "no"}
        return {name: getattr(route, name) for name in plain} | joined | at_once

    def main(self) -> list[forms.BoundField]:
        """What every rule has."""
        names = ("name", "order", "condition", "topic", "unit", "asks", "active", "revision")
        return [self[name] for name in names]

    def finer(self) -> list[forms.BoundField]:
        """What narrows it further, and a person of the unit."""
        return [self[name] for name in ("place", "source", "days", "start", "end", "person")]

    def sending(self) -> list[forms.BoundField]:
        """What goes by itself."""
        return [self[name] for name in ("at_once", "owner", "kind", "grade")]

    def finer_set(self) -> bool:
        """Whether any of it is filled in or wrong."""
        return any(field.value() or field.errors for field in self.finer())

    def sending_set(self) -> bool:
        """Whether it goes by itself, or something about that is wrong."""
        return self["at_once"].value() == "yes" or any(one.errors for one in self.sending())

    def wanted(self) -> Route:
        """The rule as it is typed, not saved; call `is_valid` first. What is not valid is empty."""
        typed, kept = self.cleaned_data, self.route
        start, end = typed.get("start"), typed.get("end")
        return Route(
            pk=kept.pk,
            order=typed.get("order") or 1,
            name=typed.get("name", ""),
            condition=typed.get("condition", ""),
            topic=typed.get("topic"),
            place=typed.get("place", "").strip(),
            source=typed.get("source"),
            days=typed.get("days", ""),
            start=start if isinstance(start, time) else None,
            end=end if isinstance(end, time) else None,
            unit=typed["unit"],
            person=typed.get("person"),
            owner=typed.get("owner") or kept.owner,
            active=typed.get("active", True),
            at_once=typed.get("at_once", False),
            kind=typed.get("kind", ""),
            grade=typed.get("grade", ""),
            asks=typed.get("asks", ""),
        )

    def seen_anew(self, now: Route | None) -> None:
        """The person is shown how the rule is now; what they typed may then replace it."""
        if now is not None:
            self.data = {**self.data.dict(), "revision": str(now.revision)}  # type: ignore[attr-defined]  # posted data is a QueryDict


# ---- on a case ----
class SetLead(CaseForm):
    """Another unit that leads, and why."""

    unit = UnitField(Unit.objects.none(), label=_("改由谁主办"), empty_label=_("请选择"))
    reason = forms.CharField(label=_("理由"), widget=area(2))
    seen = Seen()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "seen", initial=lambda: self.case.unit_id)
        offer(self, "unit", queryset=units().exclude(pk=self.case.unit_id))


class ConfirmGrade(CaseForm):
    """Nothing to say: the grade is right."""


class Decide(forms.Form):
    """Whose a matter is that a unit says is not its own."""

    stays = forms.TypedChoiceField(
        label=_("归谁"),
        choices=[("yes", _("留在原单位，由它办")), ("no", _("转给别的单位"))],
        coerce="yes".__eq__,
        widget=forms.RadioSelect,
    )
    unit = UnitField(
        Unit.objects.none(), label=_("转给谁"), required=False, empty_label=_("请选择")
    )
    note = forms.CharField(
        label=_("理由"), widget=area(2), help_text=_("原单位和新单位都看得到；决定之后不能再提异议")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "unit", queryset=units())

    def clean(self) -> dict[str, Any]:
        """Passing on needs a unit."""
        values = super().clean() or {}
        if values.get("stays") is False and not values.get("unit"):
            self.add_error("unit", _("请选择转给哪个单位"))
        return values


class Forward(CaseForm):
    """Handing a case to a body outside."""

    to = forms.CharField(label=_("转给谁"), max_length=100, help_text=_("单位全称；会公开"))
    way = forms.ChoiceField(label=_("怎么转的"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("转了什么"), widget=area(4), help_text=_("函的内容，或转过去的材料；不公开")
    )
    attachments = FilesField()
    days = forms.IntegerField(
        label=_("暂停计时，最多等几天"),
        required=False,
        min_value=1,
        max_value=rules.WAITS["outside"].longest,
        help_text=_("不写就不暂停；记下对方的答复时自己恢复"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "way", choices=Forwarding.Way.choices)
        if any(row.ended_at is None for row in self.case.pauses.all()):
            del self.fields["days"]


class Reply(forms.Form):
    """What came back from outside."""

    text = forms.CharField(label=_("对方怎么说"), widget=area(3))
    attachments = FilesField()
