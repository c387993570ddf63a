"""Write a report as a document. Nothing is stored: the document is the only thing made."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import IO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from tingda.cases.models import Report
from tingda.collect.models import Check
from tingda.collect.queries.health import noted
from tingda.collect.queries.record import Run, Watched, WatchRecord
from tingda.collect.sources import kind_name
from tingda.lib import charts
from tingda.lib.official import Link, OfficialDocument, Part
from tingda.people.models import Institution
from tingda.reports.rules import (
    CAUSES,
    OTHER_CAUSE,
    Counted,
    Daily,
    IssueLine,
    LateLine,
    Unheard,
)

_LISTED = 30  # rows of a table; the rest is one link away
_FEW = 6


def write_daily(numbers: Daily, stream: IO[bytes]) -> None:
    """Write the daily brief as a Word file, in the language that is active.

    The same numbers give the same document. A chart that cannot be drawn is left out: its table
    says the same, and a brief that is late is worse than one without a picture.
    """
    name = _either(numbers.institution, numbers.institution_en)
    title = gettext("%(name)s民情日报") % {"name": name}
    day = date_format(numbers.day, gettext("Y年n月j日"))
    paper = OfficialDocument(
        subject=f"{title} {numbers.day.isoformat()}", author=name, created=numbers.as_of
    )
    paper.title(f"{title}\n{date_format(numbers.day, gettext('Y年n月j日 l'))}")
    _heard(paper, numbers)
    _issues(paper, numbers.issues)
    _on_hand(paper, numbers)
    _late(paper, numbers.late)
    _answered(paper, numbers)
    _chart(paper, numbers)
    paper.paragraph(
        gettext("以上数字截至 %(when)s，由台账和声音库直接统计，可逐条点开核对。")
        % {"when": _when(numbers.as_of)}
    )
    paper.signature(name, day)
    paper.save(stream)


def _heard(paper: OfficialDocument, numbers: Daily) -> None:
    paper.heading(gettext("听到的声音"))
    if not numbers.heard.count:
        paper.paragraph(
            gettext("今日未听到新的声音（昨日 %(count)s 条）。") % {"count": numbers.yesterday}
        )
        paper.paragraph(coverage_line(numbers.unheard_today))
        return
    paper.paragraph(
        gettext("今日听到声音 "),
        _to(gettext("%(count)s 条") % {"count": numbers.heard.count}, numbers.heard.path),
        gettext("（昨日 %(yesterday)s 条）；新立事项 %(opened)s 件，在办 %(on_hand)s 件，已超时 ")
        % {
            "yesterday": numbers.yesterday,
            "opened": numbers.opened,
            "on_hand": len(numbers.on_hand),
        },
        gettext("%(late)s 项；发布回应 %(answered)s 份，办结 %(closed)s 件。")
        % {
            "late": len(numbers.late),
            "answered": len(numbers.answered),
            "closed": len(numbers.closed),
        },
    )
    paper.paragraph(gettext("按来源："), *_counts(numbers.by_source), gettext("。"))
    paper.paragraph(gettext("按主题："), *_counts(numbers.by_group), gettext("。"))
    paper.paragraph(coverage_line(numbers.unheard_today))


def _counts(rows: Sequence[Counted]) -> Iterator[Part]:
    for place, row in enumerate(rows[:_FEW]):
        text = gettext("%(name)s %(count)s 条") % {"name": _name(row), "count": row.count}
        yield gettext("，") if place else ""
        yield _to(text, row.path) if row.path else text
    if rest := rows[_FEW:]:
        yield gettext("，其余 %(kinds)s 类共 %(count)s 条") % {
            "kinds": len(rest),
            "count": sum(row.count for row in rest),
        }


def _issues(paper: OfficialDocument, issues: Sequence[IssueLine]) -> None:
    paper.heading(gettext("主要议题"))
    if not issues:
        paper.paragraph(gettext("今日没有议题听到新的声音。"))
    for issue in issues:
        paper.heading(issue.title, level=2)
        quoted = gettext("“%(line)s”") % {"line": issue.line} if issue.line else ""
        paper.paragraph(
            _to(
                gettext("今日 %(people)s 人、%(messages)s 条")
                % {"people": issue.people, "messages": issue.messages},
                issue.path,
            ),
            gettext("。"),
            quoted,
        )
        if issue.asks:
            said = "".join(gettext("“%(line)s”") % {"line": ask} for ask in issue.asks)
            paper.paragraph(gettext("大家希望："), said)


def _on_hand(paper: OfficialDocument, numbers: Daily) -> None:
    paper.heading(gettext("在办事项"))
    if not numbers.on_hand:
        paper.paragraph(gettext("没有在办的事项。"))
        return
    paper.paragraph(
        gettext("在办 %(count)s 件，今日新立 %(opened)s 件。")
        % {"count": len(numbers.on_hand), "opened": numbers.opened}
    )
    paper.table(
        [gettext("编号"), gettext("事项"), gettext("单位"), gettext("状态"), gettext("最近时限")],
        [
            [_to(row.number, row.path), row.title, row.unit, gettext(row.state), _when(row.due_at)]
            for row in numbers.on_hand[:_LISTED]
        ],
        widths=[17, 33, 18, 11, 21],
    )
    _rest(paper, len(numbers.on_hand), "/desk/cases/")


def _late(paper: OfficialDocument, late: Sequence[LateLine]) -> None:
    paper.heading(gettext("已超时"))
    if not late:
        paper.paragraph(gettext("没有超时的事项。"))
        return
    paper.paragraph(gettext("已超时 %(count)s 项，超时最久的在前。") % {"count": len(late)})
    paper.table(
        [gettext("编号"), gettext("事项"), gettext("单位"), gettext("什么超时"), gettext("已超时")],
        [
            [_to(row.number, row.path), row.title, row.unit, gettext(row.what), _span(row.late)]
            for row in late[:_LISTED]
        ],
        widths=[17, 33, 18, 14, 18],
    )
    _rest(paper, len(late), "/desk/cases/")


def _answered(paper: OfficialDocument, numbers: Daily) -> None:
    paper.heading(gettext("今日回应与办结"))
    if not numbers.answered and not numbers.closed:
        paper.paragraph(gettext("今日没有发布回应，也没有办结事项。"))
    for answer in numbers.answered:
        paper.paragraph(
            gettext("%(when)s 发布回应：") % {"when": _when(answer.at)},
            _to(answer.title, answer.path),
            gettext("。"),
        )
    for case in numbers.closed:
        paper.paragraph(
            gettext("办结（%(reason)s）") % {"reason": gettext(case.reason)},
            _to(case.number, case.path),
            f" {case.title}",
            gettext("：%(text)s") % {"text": case.text},
        )


def _chart(paper: OfficialDocument, numbers: Daily) -> None:
    name = gettext("近 %(days)s 天每天听到的声音") % {"days": len(numbers.days)}
    paper.heading(name)
    words = charts.DayWords(
        title=name,
        day=gettext("日期（月-日）"),
        value=gettext("条"),
        mark=gettext("%(month)d月%(day)d日：%(value)d 条"),
    )
    try:
        drawn = charts.to_png(charts.bars_by_day(numbers.days, words))
    except charts.DrawingFailed:
        paper.paragraph(gettext("图没有画成，数字见下表。"))
    else:
        paper.picture(drawn, name)
    paper.paragraph(coverage_line(numbers.unheard))
    half = -(-len(numbers.days) // 2)
    head = [gettext("日期"), gettext("条")]
    pairs = [_row(day, count) for day, count in numbers.days]
    paper.table(
        head * 2,
        [
            [*pairs[place], *(pairs[place + half] if place + half < len(pairs) else ("", ""))]
            for place in range(half)
        ],
        widths=[3, 2, 3, 2],
        numbers=frozenset({1, 3}),
    )


def coverage_line(spans: Sequence[Unheard]) -> str:
    """What was not heard in the time of a chart or brief, in one sentence; longest first."""
    if not spans:
        return gettext("这段时间所有来源都听全了。")
    one = [span for span in spans if span.name]
    everything = [span for span in spans if not span.name]
    parts = []
    if one:
        names = {span.name for span in one}
        what = _unheard(one[0], one[0].name)
        more = gettext("%(what)s等 %(count)s 个来源")
        parts.append(more % {"what": what, "count": len(names)} if len(names) > 1 else what)
    if everything:
        what = _unheard(everything[0], gettext("所有来源"))
        more = gettext("%(what)s等 %(count)s 段时间")
        many = len(everything) > 1
        parts.append(more % {"what": what, "count": len(everything)} if many else what)
    return gettext("这段时间没听全：%(parts)s。") % {"parts": gettext("；").join(parts)}


def _unheard(span: Unheard, name: str) -> str:
    """镇民论坛（11月20日 3:10—9:40，连不上）"""
    zone = ZoneInfo(settings.TIME_ZONE)
    begun, ends = span.start.astimezone(zone), span.end.astimezone(zone)
    form, hour = gettext("n月j日 G:i"), gettext("G:i")
    start = date_format(begun, form)
    end = date_format(ends, hour if begun.date() == ends.date() else form)
    text = gettext("%(name)s（%(start)s 起，%(why)s）") if span.going_on else ""
    text = text or gettext("%(name)s（%(start)s—%(end)s，%(why)s）")
    why = gettext(CAUSES.get(span.cause, OTHER_CAUSE))
    return text % {"name": name, "start": start, "end": end, "why": why}


# ---- the watch record ----
def write_record(watch: WatchRecord, office: Institution, stream: IO[bytes]) -> None:
    """Write the watch record of one day as a Word file, with room for signatures."""
    zone = ZoneInfo(settings.TIME_ZONE)
    name = _either(office.name, office.name_en or office.name)
    day = date_format(watch.start.astimezone(zone), gettext("Y年n月j日 l"))
    title = gettext("%(name)s巡查记录") % {"name": name}
    paper = OfficialDocument(subject=f"{title} {day}", author=name, created=watch.end)
    paper.title(f"{title}\n{day}")
    paper.paragraph(gettext("值班人员：________________　带班领导：________________"))
    paper.paragraph(record_totals(watch))
    if watch.watched:
        paper.table(
            [gettext("来源"), gettext("看了几次"), gettext("经过"), gettext("听到")],
            [_watched(row) for row in watch.watched],
            widths=[22, 10, 43, 25],
            numbers=frozenset({1}),
        )
    if watch.unwatched:
        missed = {"names": gettext("、").join(watch.unwatched)}
        paper.paragraph(gettext("这一天没有去看的来源：%(names)s。") % missed)
    if watch.brought:
        told = (
            gettext("%(name)s %(count)s 条") % {"name": gettext(row.name), "count": row.count}
            for row in watch.brought
        )
        paper.paragraph(gettext("来电、来访、表单和导入："), gettext("，").join(told), "。")
    paper.paragraph(gettext("签字：________________　日期：________________"))
    paper.save(stream)


def _watched(row: Watched) -> list[Part]:
    titles = gettext("；").join(title for _pk, title in row.titles)
    if row.more:
        titles += gettext("；其余 %(count)s 条") % {"count": row.more}
    return [
        f"{row.name}（{gettext(kind_name(row.kind))}）",
        str(row.looks),
        gettext("；").join(looks_in_words(row.runs)),
        titles or gettext("没有发现"),
    ]


def record_totals(watch: WatchRecord) -> str:
    """The day in one sentence."""
    return gettext(
        "这一天看了 %(sources)s 个来源，共 %(looks)s 次；听到新的 %(added)s 条，"
        "没有看成 %(failed)s 次；另收到来电、来访、表单和导入 %(taken)s 条。"
    ) % {
        "sources": len(watch.watched),
        "looks": watch.looks,
        "added": watch.added,
        "failed": watch.failed,
        "taken": watch.taken,
    }


def looks_in_words(runs: Sequence[Run]) -> list[str]:
    """Each look, or looks with the same result together: 8:00—12:00 看 8 次，没有新的."""
    zone = ZoneInfo(settings.TIME_ZONE)
    added, edited = gettext("新 %(count)s 条"), gettext("改动 %(count)s 条")
    many, join = gettext("%(times)s 看 %(looks)s 次，%(came)s"), gettext("，")
    words = []
    for run in runs:
        times = _hour(run.first.astimezone(zone))
        if run.outcome == Check.Outcome.HEARD:
            came = [added % {"count": run.added}] if run.added else []
            came += [edited % {"count": run.edited}] if run.edited else []
            said = join.join(came)
        elif run.outcome == Check.Outcome.NOTHING:
            said = gettext("没有新的")
        else:
            said = gettext("没有看成：%(why)s") % {"why": noted(run.note, run.params)}
        if run.looks == 1:
            words.append(f"{times} {said}")
            continue
        times = f"{times}—{_hour(run.last.astimezone(zone))}"
        words.append(many % {"times": times, "looks": run.looks, "came": said})
    return words


def _hour(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _row(day: date, count: int) -> tuple[str, str]:
    return date_format(day, gettext("n月j日")), str(count)


def _rest(paper: OfficialDocument, count: int, path: str) -> None:
    if count > _LISTED:
        paper.paragraph(_to(gettext("其余 %(count)s 项") % {"count": count - _LISTED}, path))


def _to(text: str, path: str) -> Link:
    return Link(text, f"{settings.ADDRESS}{path}")


def _either(chinese: str, english: str) -> str:
    return english if get_language() == "en" else chinese


def _name(row: Counted) -> str:
    return _either(row.name, row.name_en) if row.name_en else gettext(row.name)


def _when(moment: datetime | None) -> str:
    if moment is None:
        return gettext("无")
    local = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
    return date_format(local, gettext("n月j日 H:i"))


def _span(length: timedelta) -> str:
    hours = int(length.total_seconds()) // 3600
    if hours >= 48:
        return gettext("%(days)s 天 %(hours)s 小时") % {"days": hours // 24, "hours": hours % 24}
    minutes = int(length.total_seconds()) // 60 % 60
    return gettext("%(hours)s 小时 %(minutes)s 分") % {"hours": hours, "minutes": minutes}


def write_upward(report: Report, office: Institution, stream: IO[bytes]) -> None:
    """Write a report upward that was sent (快报) as a Word file, in the language that is active."""
    name = _either(office.name, office.name_en)
    number = gettext("第 %(number)s 次快报") % {"number": report.number}
    subject = f"{report.case.title} {number}"
    paper = OfficialDocument(subject=subject, author=name, created=report.sent_at)
    paper.masthead(gettext("%(name)s快报") % {"name": name}, left=report.case.number, right=number)
    paper.title(report.case.title)
    paper.addressee(gettext("、").join(body for body, _way in report.to))
    for heading, text in (
        (gettext("什么事"), report.what),
        (gettext("什么时候、在哪里"), report.place),
        (gettext("涉及多少人"), report.people),
        (gettext("已经做了什么"), report.done),
    ):
        paper.heading(heading)
        for line in filter(None, text.splitlines()):
            paper.paragraph(line)
    if report.next_at:
        paper.paragraph(gettext("下次报告：%(when)s。") % {"when": _when(report.next_at)})
    paper.signature(name, _when(report.sent_at or report.due_at))
    paper.save(stream)
