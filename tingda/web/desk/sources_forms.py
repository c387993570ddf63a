"""The forms of a source: how it is looked at, with fields made from what its kind offers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.collect.actions.sources import (
    LONGEST,
    SHORTEST,
    Wanted,
    seal_for_later,
    unseal_typed,
)
from tingda.collect.models import Source
from tingda.collect.sources import kind
from tingda.collect.sources.contract import Option
from tingda.lib.words import mark
from tingda.web.fields import InUse

OPTION = "option_"
KEPT = mark("已经存好，不再显示；不换就不用填。")


def _said(msgid: str) -> str:
    return gettext(msgid) if msgid else ""


class SourceForm(forms.Form):
    """Everything an office chooses for a source of one kind. What is allowed the action decides."""

    name = forms.CharField(label=_("名称"), max_length=100)
    group = forms.CharField(
        label=_("分组"),
        max_length=50,
        required=False,
        help_text=_("例如：政务公告、本地论坛。可以以后再填"),
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    interval_minutes = forms.IntegerField(
        label=_("多久看一次（分钟）"),
        initial=30,
        min_value=SHORTEST,
        max_value=LONGEST,
        help_text=_("一般 30 分钟；不常更新的可以 360 或 1440（一天）"),
    )
    exclude = forms.CharField(
        label=_("不收的词"),
        required=False,
        max_length=5000,
        help_text=_("一行一个。标题或内容里有这个词的就不收，只记下少收了几条"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sealed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        kind_name: str,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        keeps_secret: bool = False,
    ) -> None:
        """`keeps_secret` where a password is kept already, which stays unless a new one is given.

        What is only being tried needs no name yet.
        """
        self.kind_name, self.kind = kind_name, kind(kind_name)
        given = {"interval_minutes": self.kind.interval_minutes, **(initial or {})}
        if data is not None:
            data = data.copy() if hasattr(data, "copy") else dict(data)
        super().__init__(data, initial=given)
        self._address()
        for option in self.kind.options:
            self.fields[OPTION + option.name] = _field(option)
        self._secret(keeps_secret)
        options = [OPTION + option.name for option in self.kind.options]
        last = ["group", "interval_minutes", "exclude", "active"]
        self.order_fields(["address", "name", *options, "secret", *last])

    def for_trying(self) -> "SourceForm":
        """The same form, in which a name may be left out."""
        self.fields["name"].required = False
        return self

    def _address(self) -> None:
        this = self.kind
        if not (this.on_web or this.address_label):
            return
        self.fields["address"] = forms.CharField(
            label=_said(this.address_label) or _("网址"),
            help_text=_said(this.address_help),
            max_length=1000,
            required=bool(this.on_web or this.secret),  # a drop has neither
            widget=forms.TextInput(
                attrs={"inputmode": "url", "autocomplete": "off"} if this.on_web else {}
            ),
        )

    def _secret(self, keeps: bool) -> None:
        if not self.kind.secret:
            return
        kept = keeps or bool(self.data.get("sealed"))
        help_text = _said(self.kind.secret_help)
        self.fields["secret"] = forms.CharField(
            label=_said(self.kind.secret),
            help_text=gettext(KEPT) + help_text if kept else help_text,
            max_length=4000,
            required=self.kind.secret_required and not kept,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )

    def hold_secret(self) -> None:
        """Carry a password that was typed, sealed, in the form that is shown again."""
        typed = self.data.get("secret", "")
        if typed and self.kind.secret:
            self.data["sealed"] = seal_for_later(typed)  # type: ignore[index]  # a copy of ours
            self.fields["secret"].required = False
            self["secret"].help_text = gettext(KEPT) + _said(self.kind.secret_help)

    @property
    def wanted(self) -> Wanted:
        """The source as the form describes it, once it is valid."""
        values = self.cleaned_data
        return Wanted(
            self.kind_name,
            values.get("address", ""),
            values["name"],
            values["group"],
            options=self._options(),
            secret=values.get("secret", "") or unseal_typed(values.get("sealed", "")),
            exclude=values["exclude"],
            interval_minutes=values["interval_minutes"],
            active=values.get("active", True),
        )

    def _options(self) -> dict[str, Any]:
        """What was chosen; what is empty and is so by default is left out."""
        chosen = {}
        for option in self.kind.options:
            value = self.cleaned_data.get(OPTION + option.name, "")
            if option.form == "flag":
                value = bool(value)
            elif isinstance(value, str):
                value = "\n".join(value.splitlines())
            if value or option.default:
                chosen[option.name] = value
        return chosen


class ChangeForm(SourceForm):
    """The same for a source that is there, and whether it is listened to at all."""

    active = InUse(help_text=_("停用就不再巡查，听到过的都留着"))


def _field(option: Option) -> forms.Field:
    common: dict[str, Any] = {
        "label": _said(option.label),
        "help_text": _said(option.help),
        "required": option.required,
        "initial": option.default,
    }
    if option.form == "flag":
        choices = [("yes", _("是")), ("", _("否"))]
        return forms.TypedChoiceField(
            **common | {"required": False, "initial": "yes" if option.default else ""},
            choices=choices,
            coerce=bool,
        )
    if option.form == "choice":
        named = [(value, _said(label)) for value, label in option.choices]
        blank = [] if option.required or option.default or "" in dict(named) else [("", "—")]
        return forms.ChoiceField(**common, choices=[*blank, *named])
    if option.form == "lines":
        widget = forms.Textarea(attrs={"rows": 3})
        return forms.CharField(**common, max_length=20_000, widget=widget)
    if option.form == "number":
        widget_number = forms.TextInput(attrs={"inputmode": "numeric", "pattern": "[0-9]*"})
        return forms.RegexField(r"^[0-9]{1,9}$", **common, widget=widget_number)
    return forms.CharField(**common, max_length=1000)


def initial_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the fields of a form hold them."""
    shown = {True: "yes", False: ""}
    return {
        OPTION + name: shown[value] if isinstance(value, bool) else value
        for name, value in options.items()
    }


def initial_from(source: Source) -> dict[str, Any]:
    """A source as its form shows it; its secret is never shown."""
    return {
        "address": source.address,
        "name": source.name,
        "group": source.group,
        "interval_minutes": source.interval_minutes,
        "exclude": source.exclude,
        "active": source.active,
        **initial_of(source.options),
    }
