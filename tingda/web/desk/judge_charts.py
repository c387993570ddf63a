"""The charts of the page for judging an issue, each with its table, fetched after the page."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats, timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from tingda.collect.queries.coverage import Deaf, deaf_spans
from tingda.detect.models import Issue
from tingda.detect.queries import issues_for
from tingda.detect.queries.judging import (
    Heard,
    Step,
    carried_by,
    carried_in_time,
    heard_in,
    prospect_of,
)
from tingda.lib import charts, charts_time, present
from tingda.lib.refusal import Refused
from tingda.reports.actions import coverage_line
from tingda.reports.rules import Unheard
from tingda.web.guard import desk, person_of
from tingda.web.templatetags.tingda import when
from tingda.web.words import said

log = logging.getLogger(__name__)
DAYS, HOURS = 30, 72
MOST_SOURCES = 8
LENGTHS: dict[Step, timedelta] = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
DEAF_SHARE = 0.25  # of a span in which something could not be heard, to be marked


@dataclass(frozen=True)
class Chart:
    """One chart: what it is called, its drawing, its table, what was not heard."""

    title: str
    label: str  # what it says to who cannot see it
    spec: charts.Spec | None
    columns: list[str]
    rows: list[list[object]]
    legend: list[tuple[str, str]] = field(default_factory=list)  # (class, words)
    note: str = ""
    below: str = ""  # below the table
    coverage: str = ""


@desk()
def chart(request: HttpRequest, pk: int, which: str) -> HttpResponse:
    """One chart with its table; without script it opens as a page."""
    row = get_object_or_404(issues_for(person_of(request)), pk=pk)
    if which not in CHARTS:
        raise Http404
    made = CHARTS[which](row, present.now())
    drawn = ""
    if made.spec is not None:
        try:
            drawn = charts.to_svg(made.spec, shelf=cache)
        except charts.DrawingFailed:
            log.exception("chart %s of issue %s", which, pk)
    context = {
        "here": "issues",
        "issue": row,
        "chart": made,
        "drawn": mark_safe(drawn),  # noqa: S308 - drawn by our own code from numbers
        "which": which,
    }
    alone = "HX-Request" not in request.headers
    return render(request, "desk/judge_chart.html" if alone else "parts/judge_chart.html", context)


# ---- spans of time ----
@dataclass(frozen=True)
class _Window:
    """Some spans of one length, oldest first, and what was not heard within."""

    step: Step
    starts: list[datetime]
    end: datetime
    deaf: list[Deaf]  # of the sources that carried the issue
    unheard_at_all: list[Deaf]

    def label(self, start: datetime) -> str:
        """Short, for an axis; no two of a window are the same."""
        local = timezone.localtime(start)
        if self.step == "day":
            return local.strftime("%m-%d")
        return _("%(day)s日%(hour)s时") % {"day": local.day, "hour": local.hour}

    def said(self, start: datetime) -> str:
        local = timezone.localtime(start)
        pattern = _("n月j日") if self.step == "day" else _("n月j日 G 时")
        return formats.date_format(local, pattern)

    def unheard(self, start: datetime) -> str:
        """The sources that were not heard in much of a span; "" for none."""
        end = start + LENGTHS[self.step]
        least = DEAF_SHARE * LENGTHS[self.step]
        spans = [one for one in self.deaf if min(one.end, end) - max(one.start, start) >= least]
        names = [one.name or _("全部来源") for one in spans]
        return _("、").join(dict.fromkeys(names))


def _window(row: Issue, step: Step, count: int, now: datetime) -> _Window:
    """Up to now; of an issue that has been silent for longer, up to its last voice."""
    length = LENGTHS[step]
    last = timezone.localtime(now if now - row.last_at < count * length else row.last_at)
    last = last.replace(minute=0, second=0, microsecond=0)
    if step == "day":
        last = last.replace(hour=0)
    starts = [last - length * back for back in range(count - 1, -1, -1)]
    sources = {one.source for one in carried_by(row)} | {0}
    found = deaf_spans(starts[0], min(last + length, now), now)
    deaf = [span for span in found if span.source in sources]
    return _Window(step, starts, last + length, deaf, found)


def _coverage(spans: Iterable[Deaf]) -> str:
    return coverage_line(
        [Unheard(one.name, one.start, one.end, one.cause, one.going_on) for one in spans]
    )


def _days(row: Issue, now: datetime) -> Chart:
    return _volume(row, _window(row, "day", DAYS, now), _("每天"), _("逐天"))


def _hours(row: Issue, now: datetime) -> Chart:
    return _volume(row, _window(row, "hour", HOURS, now), _("每小时"), _("逐小时"))


def _volume(row: Issue, window: _Window, title: str, one_by_one: str) -> Chart:
    heard = {one.at: one for one in heard_in(row, window.step, window.starts[0], window.end)}
    spans, rows = [], []
    for start in window.starts:
        one = heard.get(start) or Heard(start, 0, 0, 0)
        unheard = window.unheard(start)
        of = {"at": window.said(start), "people": one.people, "own": one.own, "n": one.copies}
        text = _("%(at)s：%(people)s 人说了 %(own)s 条，转发 %(n)s 条") % of
        if unheard:
            text += _("（没有听到：%(names)s）") % {"names": unheard}
        label = window.label(start)
        spans.append(charts_time.Span(label, one.own, one.copies, one.people, text, bool(unheard)))
        if one.own or one.copies or unheard:
            rows.append([of["at"], one.people, one.own, one.copies, unheard])
    legend = [
        ("own", _("自己写的（条）")),
        ("copied", _("转发复制（条）")),
        ("people", _("人数")),
        ("deaf", _("有来源没有听到")),
    ]
    return Chart(
        title=title,
        label=_("%(title)s多少条，用左右方向键%(one_by_one)s听数；下面有同样内容的表格")
        % {"title": title, "one_by_one": one_by_one},
        spec=charts_time.spans_of_time(spans, title, _("条")),
        columns=[_("时间"), _("人数"), _("自己写的"), _("转发复制"), _("没有听到的来源")],
        rows=rows[::-1],
        legend=legend,
        below=_("没有列出的时间是 0 条。"),
        coverage=_coverage(window.unheard_at_all),
    )


# ---- across sources ----
def _sources(row: Issue, now: datetime) -> Chart:
    short = row.last_at - row.first_at < timedelta(hours=HOURS)
    window = _window(row, "hour", HOURS, now) if short else _window(row, "day", DAYS, now)
    carried = carried_by(row)
    most = sorted(carried, key=lambda one: -one.own - one.copies)[:MOST_SOURCES]
    names = {one.source: one.name for one in carried if one in most}  # the earliest first
    dots = []
    for source, start, own, copies in carried_in_time(
        row, window.step, window.starts[0], window.end
    ):
        if source not in names:
            continue
        of = {"name": names[source], "at": window.said(start), "n": own + copies, "copies": copies}
        text = _("%(name)s，%(at)s：%(n)s 条，其中转发 %(copies)s 条") % of
        dots.append(charts_time.Dot(names[source], window.label(start), own + copies, text))
    labels = [window.label(start) for start in window.starts]
    title = _("各来源什么时候、多少条")
    return Chart(
        title=title,
        label=_("各来源什么时候多少条，用左右方向键逐个听数；下面有同样内容的表格"),
        spec=charts_time.places_in_time(list(names.values()), labels, dots, title),
        columns=[_("来源"), _("最早"), _("最近"), _("人数"), _("自己写的"), _("转发复制")],
        rows=[
            [one.name, when(one.first_at), when(one.last_at), one.people, one.own, one.copies]
            for one in carried
        ],
        note=_("圆越大，条数越多。看的是来源，不看是谁先说的。"),
    )


# ---- what is to be expected ----
def _ahead(row: Issue, now: datetime) -> Chart:
    title = _("今后 1、3、7 天预计多少条")
    columns = [_("今后"), _("预计"), _("八成把握"), _("之前一样长")]
    try:
        prospect = prospect_of(row, now)
    except Refused as refusal:
        return Chart(title, title, None, columns, [], note=said(refusal))
    past = _past(row, [one.days for one in prospect.expected], now)
    spans, rows = [], []
    for one, came in zip(prospect.expected, past, strict=True):
        of = {"days": one.days, "n": one.expected, "low": one.low, "high": one.high, "past": came}
        text = _(
            "今后 %(days)s 天：预计 %(n)s 条，八成把握在 %(low)s 到 %(high)s 条之间；"
            "刚过去的 %(days)s 天是 %(past)s 条"
        )
        label = _("%(days)s 天") % of
        spans.append(charts_time.Ahead(label, one.low, one.expected, one.high, came, text % of))
        rows.append([label, one.expected, f"{one.low}–{one.high}", came])
    return Chart(
        title=title,
        label=_("今后 1、3、7 天预计多少条，用左右方向键逐个听数；下面有同样内容的表格"),
        spec=charts_time.ahead(spans, title, _("条")),
        columns=columns,
        rows=rows,
        legend=[
            ("span", _("八成把握")),
            ("middle", _("预计")),
            ("past", _("之前一样长的时间")),
        ],
        note=_("从今天零点算起。"),
    )


def _past(row: Issue, lengths: Sequence[int], now: datetime) -> list[int]:
    """Messages of the last so many whole days."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    days = heard_in(row, "day", midnight - timedelta(days=max(lengths)), midnight)
    return [
        sum(one.own + one.copies for one in days if one.at >= midnight - timedelta(days=length))
        for length in lengths
    ]


CHARTS: dict[str, Callable[[Issue, datetime], Chart]] = {
    "days": _days,
    "hours": _hours,
    "sources": _sources,
    "ahead": _ahead,
}
