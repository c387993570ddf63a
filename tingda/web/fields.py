"""Form fields that several screens use."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
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


class Choose(forms.Select):
    """A list to choose from, written at once. Django renders a template for every line of it,
    which takes longer than the rest of a page where hundreds of people are to choose from."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Called by Django for the field."""
        widget = self.get_context(name, value, attrs)["widget"]
        options = (option for _group, some, _place in widget["optgroups"] for option in some)
        lines = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((one["value"], flatatt(one["attrs"]), one["label"]) for one in options),
        )
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(widget["attrs"]), lines)


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A unit, by its name in the reader's language."""

    widget = Choose

    def label_from_instance(self, unit: Unit) -> str:
        """The English name where there is one and English is read."""
        return named(unit)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has none at run time
    """A person, with the unit first."""

    widget = Choose

    def label_from_instance(self, person: Person) -> str:
        """Unit and name."""
        return f"{named(person.unit)} · {person.name}"


class RuleField(forms.CharField):
    """A rule; its line ends are counted as one character each, as its refusals count them."""

    def to_python(self, value: Any) -> str:
        """The rule as it is kept."""
        return (super().to_python(value) or "").replace("\r\n", "\n")
