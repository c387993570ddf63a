"""Heat in a few words: {% load warning %}."""

from django.template import Library

from tingda.detect.models import Issue
from tingda.web.warning_words import short

register = Library()


@register.filter
def brief_heat(issue: Issue) -> str:
    """The parts that bring most: 人数 18 · 紧急 25."""
    return short(issue)
