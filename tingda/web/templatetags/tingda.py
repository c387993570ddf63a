"""Filters and tags of every template (built in, no load needed)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.template import Library
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext

from tingda.lib import present
from tingda.lib.masks import masked
from tingda.lib.uploads import PLAYED, kind_of
from tingda.people.queries import in_language

register = Library()


@register.filter
def say(text: object) -> str:
    """A text that pure code marked, in the reader's language: {{ code|say }}."""
    return gettext(str(text)) if text else ""


@register.filter
def covered(text: str) -> str:
    """Without the personal data of private persons, for pages that everybody reads."""
    return masked(text)


@register.filter
def played_as(name: str) -> str:
    """audio or video, where a browser plays a file of that name; "" otherwise."""
    return PLAYED.get(kind_of(name), "").partition("/")[0]


@register.filter
def when(moment: datetime | date | None) -> str:
    """11月21日 15:42; with the year when it is not this one; a bare day without a time."""
    if moment is None:
        return gettext("时间不详")
    this_year = timezone.localtime(present.now()).year
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment)
        short, long = gettext_noop("n月j日 H:i"), gettext_noop("Y年n月j日 H:i")
    else:
        short, long = gettext_noop("n月j日"), gettext_noop("Y年n月j日")
    return formats.date_format(moment, gettext(short if moment.year == this_year else long))


@register.filter
def day(moment: datetime) -> str:
    """The local day of a moment, with its weekday: 11月21日 星期六."""
    local = timezone.localtime(moment)
    return formats.date_format(local, gettext("n月j日 l"))


@register.filter
def span(length: timedelta) -> str:
    """A length of time in words people use: 3 小时 20 分, 2 天 4 小时."""
    minutes = max(0, int(length.total_seconds()) // 60)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = []
    if days:
        parts.append(ngettext("%(n)s 天", "%(n)s 天", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)s 小时", "%(n)s 小时", hours) % {"n": hours})
    if not days and (minutes or not hours):
        parts.append(gettext("%(n)s 分") % {"n": minutes})
    return " ".join(parts)


@register.filter
def named(thing: object) -> str:
    """The name of a unit, a topic or the institution; its English name for who reads English."""
    return str(in_language(getattr(thing, "name", ""), getattr(thing, "name_en", "")) or "")


@register.filter
def ago(moment: datetime | None) -> str:
    """38 分前, 3 小时前 for the last day, the date for what is older."""
    if moment is None:
        return gettext("从未")
    passed = present.now() - moment
    if timedelta(0) <= passed < timedelta(minutes=1):
        return gettext("刚刚")
    if timedelta(0) <= passed < timedelta(days=1):
        whole = timedelta(hours=1) if passed >= timedelta(hours=1) else timedelta(minutes=1)
        return gettext("%(span)s前") % {"span": span(passed // whole * whole)}
    return when(moment)


@register.simple_tag
def due_tag(due_at: datetime, now: datetime) -> SafeString:
    """How much time is left, or how late it is: red only for lateness, orange in the last 4 h."""
    left = due_at - now
    if left < timedelta(0):
        text, colour = gettext("已超时 %(span)s") % {"span": span(-left)}, "red"
    elif left < timedelta(hours=4):
        text, colour = gettext("还剩 %(span)s") % {"span": span(left)}, "orange"
    else:
        text, colour = gettext("%(when)s 前") % {"when": when(due_at)}, ""
    return format_html('<span class="tag {}">{}</span>', colour, text)


@register.simple_tag
def spark(counts: Sequence[int], label: str, tone: str = "brand") -> SafeString:
    """A small curve of daily counts; the last two days stronger. The label says the numbers."""
    top, width, height = max([*counts, 1]), 108, 34
    step = width / max(len(counts), 1)
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" rx="1"{}></rect>',
        (
            (
                f"{index * step:.1f}",
                f"{height - max(1, count / top * (height - 4)):.1f}",
                f"{step - 2:.1f}",
                f"{max(1, count / top * (height - 4)):.1f}",
                "" if index < len(counts) - 2 else SafeString(' class="now"'),
            )
            for index, count in enumerate(counts)
        ),
    )
    said = label + gettext("：") + gettext("、").join(map(str, counts))
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        tone,
        width,
        height,
        said,
        bars,
    )
