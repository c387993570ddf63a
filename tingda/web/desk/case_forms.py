"""The fields of the case pages. What is allowed is decided by the actions, not here."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from tingda.cases import rules
from tingda.cases.models import Case, Deadline
from tingda.cases.queries import possible_owners
from tingda.cases.queries.clocks import clocks_of
from tingda.lib.uploads import KINDS
from tingda.people.models import Person, Unit
from tingda.people.queries import people_with, units
from tingda.web.clock_words import limit_text
from tingda.web.fields import Choose, PersonField, UnitField
from tingda.web.uploading import FILE_LIMIT


def choices(table: dict[str, str]) -> list[tuple[str, str]]:
    """Codes and their names in the reader's language."""
    return [(code, say(name)) for code, name in table.items()]


def offer(form: forms.BaseForm, field: str, **values: object) -> None:
    """Set what a field offers once the form knows its case."""
    for name, value in values.items():
        setattr(form.fields[field], name, value)


def area(rows: int = 3, **attrs: str) -> forms.Textarea:
    """A text field of some lines."""
    return forms.Textarea(attrs={"rows": rows} | attrs)


class Files(forms.ClearableFileInput):
    """Chooses several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """A list of uploaded files, empty when none was chosen."""

    def __init__(self) -> None:
        accept = ",".join(f".{kind}" for kind in KINDS)
        super().__init__(
            label=_("附件（可多选）"),
            required=False,
            widget=Files(
                attrs={
                    "accept": accept,
                    "data-largest": FILE_LIMIT,
                    "data-too-large": _("有文件超过 100 MB，请换一个小的"),
                }
            ),
            help_text=_("照片、录音、录像、PDF、Word、Excel、文本，每个不超过 100 MB"),
        )

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """Each file checked as a single one would be."""
        chosen = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in chosen if file]


class CaseForm(forms.Form):
    """A form about a case that is there."""

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case


class Seen(forms.CharField):
    """What stood there when the page was read, so that nobody goes over another's change unseen.
    A page that is shown again shows what stands there by then."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Called by Django for what the field shows."""
        return initial


class NewCase(forms.Form):
    """Taking on an issue or a voice."""

    title = forms.CharField(label=_("题目"), max_length=200)
    kind = forms.ChoiceField(
        label=_("种类"), help_text=_("种类决定用哪一组时限"), widget=forms.RadioSelect
    )
    grade = forms.ChoiceField(
        label=_("等级"),
        help_text=_("等级由您判断，和预警的颜色是两回事"),
        widget=forms.RadioSelect,
    )
    unit = UnitField(Unit.objects.none(), label=_("主办单位"), empty_label=_("请选择"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kind", choices=choices(rules.KINDS))
        offer(self, "grade", choices=choices(rules.GRADES))
        offer(self, "unit", queryset=units())


class Grade(CaseForm):
    """Another grade, and why."""

    grade = forms.ChoiceField(label=_("改为"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("理由"), widget=area(2))
    seen = Seen()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "seen", initial=lambda: self.case.grade)
        others = {code: name for code, name in rules.GRADES.items() if code != self.case.grade}
        offer(self, "grade", choices=choices(others))


class Kind(CaseForm):
    """Another kind, and why."""

    kind = forms.ChoiceField(label=_("改为"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("理由"), widget=area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = {code: name for code, name in rules.KINDS.items() if code != self.case.kind}
        offer(self, "kind", choices=choices(others))


class HandOver(CaseForm):
    """Another owner."""

    owner = forms.ModelChoiceField(
        Person.objects.none(), label=_("移交给"), empty_label=_("请选择"), widget=Choose
    )
    seen = Seen()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "seen", initial=lambda: self.case.owner_id)
        people: QuerySet[Person] = possible_owners(self.case).exclude(pk=self.case.owner_id)
        offer(self, "owner", queryset=people)


class Refer(CaseForm):
    """Asking a unit."""

    unit = UnitField(Unit.objects.none(), label=_("请谁核实"), empty_label=_("请选择"))
    asks = forms.CharField(
        label=_("请核实什么"),
        help_text=_("一行一件。对方只看得到题目和这些话，看不到大家的原话"),
        widget=area(4),
    )
    person = PersonField(
        Person.objects.none(),
        label=_("指定给谁"),
        required=False,
        empty_label=_("单位的联络员"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "unit", queryset=units())
        offer(self, "person", queryset=people_with("liaison").select_related("unit"))


class FactForm(forms.Form):
    """One checked statement with its evidence."""

    what = forms.CharField(label=_("查明了什么"), widget=area(3))
    by_whom = forms.CharField(
        label=_("谁核实的"), max_length=100, help_text=_("岗位或单位，不必写姓名")
    )
    evidence = forms.CharField(
        label=_("依据"), max_length=500, help_text=_("记录、照片、日志、当事人说明……")
    )
    attachments = FilesField()


class CloseForm(CaseForm):
    """The end of a case."""

    reason = forms.ChoiceField(label=_("办结的理由"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("办结说明"),
        help_text=_("反映人凭查询码看到的就是这段话，也会写进公开台账"),
        widget=area(4),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "reason", choices=choices(rules.CLOSINGS))


class Reason(forms.Form):
    """Nothing but a reason."""

    reason = forms.CharField(label=_("理由"), widget=area(2))


class CaseFact(FactForm, CaseForm):
    """A fact the desk itself found."""


class Reopen(Reason, CaseForm):
    """Why a closed case is taken up again."""


class Pause(CaseForm):
    """Why the clocks stand still, and for how long."""

    reason = forms.ChoiceField(label=_("在等什么"), widget=forms.RadioSelect)
    days = forms.IntegerField(label=_("最多等几天"), min_value=1, max_value=30)
    text = forms.CharField(
        label=_("说明"), widget=area(2), help_text=_("会公开：等谁、等什么、怎么补充")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = _("%(name)s（最长 %(days)s 天）")
        waits = [
            (code, longest % {"name": say(wait.name), "days": wait.longest})
            for code, wait in rules.WAITS.items()
        ]
        offer(self, "reason", choices=waits)


class Resume(CaseForm):
    """Nothing to say."""


class AskExtension(CaseForm):
    """A longer deadline, and why."""

    deadline = forms.ModelChoiceField(
        Deadline.objects.none(), label=_("哪个时限"), empty_label=None
    )
    amount = forms.IntegerField(label=_("延长多少"), min_value=1)
    reason = forms.CharField(
        label=_("理由"), widget=area(2), help_text=_("批准后会公开，反映人看得到")
    )

    def __init__(self, *args: Any, rows: dict[int, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = extendable(self.case) if rows is None else rows
        offer(self, "deadline", queryset=Deadline.objects.filter(pk__in=rows))
        offer(self, "deadline", choices=list(rows.items()))  # at hand: only an answer is looked up


def extendable(case: Case) -> dict[int, str]:
    """The open deadlines of a case that may still be lengthened: their ids, and by how much."""
    used = {row.stage for row in case.extensions.all() if row.granted is not False}
    found, clocks = {}, clocks_of(case)
    for row in case.deadlines.all():
        if row.met_at or row.stage in used:
            continue
        clock = clocks.get(row.stage)
        if clock and clock.extension:
            most = limit_text(clock.extension, clock.limit.kind)
            names = {"stage": say(row.stage_name), "most": most}
            found[row.pk] = str(_("%(stage)s：最多 %(most)s") % names)
    return found


class DecideExtension(CaseForm):
    """Yes or no, by another person than asked for it."""

    granted = forms.TypedChoiceField(
        label=_("您的决定"),
        choices=[("yes", _("同意延期")), ("no", _("不同意"))],
        coerce="yes".__eq__,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("意见"), widget=area(2), required=False, help_text=_("不同意时必须写")
    )


class Kept(forms.Form):
    """How a promise was kept."""

    how = forms.CharField(label=_("怎么兑现的"), widget=area(2), help_text=_("会公开"))
    attachments = FilesField()


class Broken(forms.Form):
    """Why a promise cannot be kept, and what is done instead."""

    reason = forms.CharField(label=_("为什么做不到"), widget=area(2), help_text=_("会公开"))
    instead = forms.CharField(label=_("改做什么"), widget=area(2), help_text=_("会公开"))
