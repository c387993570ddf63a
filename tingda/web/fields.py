"""Form fields that several screens use."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from tingda.people.models import Person, Unit
from tingda.web.templatetags.tingda import named


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
        options = ((str("" if key is None else key), label) for key, label in self.choices)
        lines = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, _SELECTED if key in chosen else "", label) for key, label in options),
        )
        own = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, own, lines)


class _Names(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]  # as below
    """Of each row no more than its label shows."""

    def __init__(self, field: Any) -> None:
        super().__init__(field)
        self.queryset = self.queryset.only(*field.shown)


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A unit, by its name in the reader's language."""

    widget = Choose
    iterator = _Names
    shown = ("name", "name_en")

    def label_from_instance(self, unit: Unit) -> str:
        """The English name where there is one and English is read."""
        return named(unit)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A person, with the unit first."""

    widget = Choose
    iterator = _Names
    shown = ("name", "unit", "unit__name", "unit__name_en")

    def label_from_instance(self, person: Person) -> str:
        """Unit and name."""
        return f"{named(person.unit)} · {person.name}"


class RuleField(forms.CharField):
    """A rule; its line ends are counted as one character each, as its refusals count them."""

    def to_python(self, value: Any) -> str:
        """The rule as it is kept."""
        return (super().to_python(value) or "").replace("\r\n", "\n")
