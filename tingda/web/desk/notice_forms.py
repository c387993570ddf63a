"""Forms of the ways by which notices go out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.analyse.queries import topics_for
from tingda.notify import rules
from tingda.notify.actions.ways import Wishes
from tingda.people.models import Person, Unit
from tingda.web.templatetags.tingda import named

_NONE: Mapping[str, forms.Field] = MappingProxyType({})


class Units(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # none at run time
    """Several units, by their names in the reader's language."""

    def label_from_instance(self, unit: Unit) -> str:
        """The English name where there is one and English is read."""
        return named(unit)


def _clock(**attrs: str) -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time", **attrs}, format="%H:%M")


class WishesForm(forms.Form):
    """What goes out by a way, when, and in which language."""

    name = forms.CharField(label=_("叫它什么"), max_length=50, help_text=_("只在这里显示"))
    matters = forms.MultipleChoiceField(
        label=_("要哪些通知"),
        required=False,
        choices=lambda: [(code, gettext(text)) for code, text in rules.MATTERS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一个都不选，就是全部"),
    )
    pace = forms.ChoiceField(
        label=_("什么时候发"),
        choices=[("at_once", _("随时发")), ("daily", _("每天汇总成一条"))],
        initial="at_once",
        widget=forms.RadioSelect,
    )
    digest = forms.TimeField(label=_("汇总在几点发"), required=False, widget=_clock())
    quiet_from = forms.TimeField(label=_("免打扰从几点"), required=False, widget=_clock())
    quiet_to = forms.TimeField(
        label=_("免打扰到几点"),
        required=False,
        widget=_clock(),
        help_text=_("这段时间里只发紧急的，其余的等到结束再发。可以跨过半夜"),
    )
    language = forms.ChoiceField(label=_("用什么语言写"), choices=settings.LANGUAGES)
    topics = forms.MultipleChoiceField(
        label=_("只要这些主题"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一个都不选，就是全部。没有主题的通知照发"),
    )
    units = Units(
        Unit.objects.order_by("parent_id", "id"),
        label=_("只要这些单位"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一个都不选，就是全部。下级单位算在里面，没有单位的通知照发"),
    )

    def __init__(
        self, *args: Any, person: Person, own: Mapping[str, forms.Field] = _NONE, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {**own, **self.fields}
        topics = [(topic.code, named(topic)) for topic in topics_for(person).filter(active=True)]
        # what was chosen and is no longer used stays chosen
        kept = [code for code in self.initial.get("topics", []) if code not in dict(topics)]
        self.fields["topics"].choices = topics + [(code, code) for code in kept]  # type: ignore[attr-defined]
        if not topics and not kept:
            del self.fields["topics"]

    def clean(self) -> dict[str, Any]:
        """A digest needs its hour."""
        typed = super().clean() or {}
        if typed.get("pace") == "daily" and not typed.get("digest") and "digest" not in self.errors:
            self.add_error("digest", gettext("请写明几点发"))
        return typed

    def plain(self) -> list[forms.BoundField]:
        """What everybody fills in."""
        return [field for field in self if field.name not in ("topics", "units")]

    def narrowing(self) -> list[forms.BoundField]:
        """What is folded away until somebody wants less."""
        return [field for field in self if field.name in ("topics", "units")]


def wishes_of(typed: dict[str, Any]) -> Wishes:
    """What was filled in."""
    digest = typed["digest"] if typed["pace"] == "daily" else None
    return Wishes(
        matters=typed["matters"],
        topics=typed.get("topics", []),
        units=list(typed["units"]),
        times=rules.Times(digest, typed["quiet_from"], typed["quiet_to"]),
        language=typed["language"],
    )


def own_fields(kind: str, person: Person) -> dict[str, forms.Field]:
    """What a kind of way needs to know, each as `way_…`; the values are not shown again."""
    return {f"way_{row.name}": _own_field(row, person) for row in rules.KINDS[kind].fields}


def _own_field(row: rules.Field, person: Person) -> forms.Field:
    common: dict[str, Any] = {
        "label": gettext(row.label),
        "help_text": gettext(row.help) if row.help else "",
        "required": row.required,
        "initial": person.email if row.name == "address" else row.start,
    }
    if row.choices:
        choices = [(code, gettext(text)) for code, text in row.choices]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    off = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(max_length=2000, widget=forms.TextInput(attrs=off), **common)


class MailServerForm(forms.Form):
    """By which server e-mail goes out."""

    host = forms.CharField(label=_("服务器"), max_length=253, help_text=_("如 smtp.example.cn"))
    security = forms.ChoiceField(label=_("连接方式"), widget=forms.RadioSelect)
    port = forms.IntegerField(label=_("端口"), min_value=1, max_value=65535, initial=465)
    user = forms.CharField(
        label=_("用户名"), max_length=254, required=False, help_text=_("多半就是发信的邮箱地址")
    )
    password = forms.CharField(
        label=_("密码或授权码"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("加密保存，不再显示。不填就沿用原来的；换了服务器或用户名要重新填"),
    )
    sender = forms.EmailField(label=_("发信的邮箱地址"), help_text=_("收信人看到的发件人"))
