"""Form fields that several screens use."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from tingda.people.queries import in_language


class InUse(forms.TypedChoiceField):
    """In use or stopped, both in words: a lone tick box does not say what its absence means."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("状态"),
            choices=[("yes", _("在用")), ("no", _("停用"))],
            coerce=lambda value: value == "yes",
            widget=forms.RadioSelect,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """True and False as the choices name them."""
        return {True: "yes", False: "no"}.get(value, value)


_SELECTED = mark_safe(" selected")


class Choose(forms.Select):
    """A list to choose from (without groups), written at once. Django renders a template for every
    line of it, which takes longer than the rest of a page where hundreds of people are to choose
    from."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Called by Django for the field."""
        chosen = set(self.format_value(value))
        options = [(str("" if key is None else key), label) for key, label in self.choices]
        lines = '<option value="{}"{}>{}</option>' * len(options)
        own = flatatt(self.build_attrs(self.attrs, attrs))
        shown = ((key, _SELECTED if key in chosen else "", label) for key, label in options)
        return format_html(f'<select name="{{}}"{{}}>{lines}</select>', name, own, *chain(*shown))


class _Names(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]  # as below
    """Of each row no more than its label shows."""

    field: Any  # one of the two below

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for key, *shown in self.queryset.values_list("pk", *self.field.shown):
            yield key, self.field.label_of(*shown)


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A unit, by its name in the reader's language."""

    widget = Choose
    iterator = _Names
    shown = ("name", "name_en")

    def label_of(self, name: str, english: str) -> str:
        """The English name where there is one and English is read."""
        return in_language(name, english)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A person, with the unit first."""

    widget = Choose
    iterator = _Names
    shown = ("name", "unit__name", "unit__name_en")

    def label_of(self, name: str, unit: str, unit_in_english: str) -> str:
        """Unit and name."""
        return f"{in_language(unit, unit_in_english)} · {name}"


class RuleField(forms.CharField):
    """A rule; its line ends are counted as one character each, as its refusals count them."""

    def to_python(self, value: Any) -> str:
        """The rule as it is kept."""
        return (super().to_python(value) or "").replace("\r\n", "\n")
