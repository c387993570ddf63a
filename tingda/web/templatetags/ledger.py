"""The record and the clocks in words: {% load ledger %}."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.template import Library
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from tingda.ledger.models import Line
from tingda.lib import present
from tingda.web import clock_words, ledger_words
from tingda.web.templatetags.tingda import due_tag, span

register = Library()


@register.filter
def sentence(line: Line) -> str:
    """What was done, in the reader's language."""
    return ledger_words.sentence(line)


@register.filter
def actor(line: Line) -> str:
    """Who did it, by the name of that day."""
    return gettext(line.actor)


@register.filter
def address(subject: str) -> str:
    """The desk page of "case:17" and the like; "" where there is none."""
    return ledger_words.address(subject)


@register.filter
def weekday(day: date) -> str:
    """A bare day with its weekday: 11月23日 星期一; 2027年1月4日 星期一 in another year."""
    this_year = timezone.localdate(present.now()).year == day.year
    return formats.date_format(day, gettext("n月j日 l") if this_year else gettext("Y年n月j日 l"))


@register.simple_tag
def left_tag(due_at: datetime, now: datetime) -> SafeString:
    """Beside a date: how much time is left or how late it is, coloured as `due_tag` does."""
    if due_at - now < timedelta(hours=4):
        return due_tag(due_at, now)
    text = gettext("还有 %(span)s") % {"span": span(due_at - now)}
    return format_html('<span class="tag">{}</span>', text)


@register.filter
def iso_day(text: str) -> date:
    """A day that was stored as text: 2026-11-30."""
    return date.fromisoformat(text)


@register.filter
def explained(how: Mapping[str, Any]) -> clock_words.Explained | None:
    """How a deadline was computed."""
    return clock_words.explain(how)
