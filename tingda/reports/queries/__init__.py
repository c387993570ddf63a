"""The numbers of the reports. Reads only; every number comes with what it counts."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Prefetch, Q, QuerySet

from tingda.analyse.models import Reading
from tingda.answers.models import Answer, Confirmation
from tingda.cases.models import Case, Deadline, Promise, Referral
from tingda.collect.models import Source, Voice
from tingda.collect.queries.coverage import deaf_spans
from tingda.detect.models import Belonging, Issue
from tingda.ledger.models import Line
from tingda.lib.words import mark as _
from tingda.people.queries import institution
from tingda.reports import rules
from tingda.reports.rules import (
    AnswerLine,
    CaseLine,
    ClosedLine,
    Counted,
    Daily,
    IssueLine,
    LateLine,
    Rate,
    Unheard,
)

MAIN_ISSUES = 5
_READ_AT_MOST = 200  # voices of one issue and day from which a line is chosen
_CHART_DAYS = 14


# ---- the four rates ----
def four_rates(*, start: datetime, end: datetime) -> list[Rate]:
    """The four rates of the time from `start` up to, not including, `end`. They stand together.

    on_time: first answers that were due in this time; those met by then.
    answered: cases opened in this time (without those merged into another case); those with a
        published answer, or closed as answered, solved or handed on. A closing "no answer
        needed" is not counted as an answer.
    solved: people who told us in this time whether it is solved; those who said solved.
    reopened: cases closed in this time; those of them taken up again before its end.
    """
    due = Deadline.objects.filter(stage="first_answer", due_at__gte=start, due_at__lt=end)
    opened = Case.objects.filter(opened_at__gte=start, opened_at__lt=end).exclude(
        state="closed", closing_reason="merged"
    )
    answered = Q(published_at__lt=end) | Q(
        state="closed", closing_reason__in=("answered", "solved", "handed_on")
    )
    said = Confirmation.objects.filter(at__gte=start, at__lt=end)
    again, closed = _reopened(start, end)
    solved = Q(verdict=Confirmation.Verdict.SOLVED)
    parts = {
        "on_time": _part(due, Q(met_at__lte=F("due_at"))),
        "answered": _part(opened, answered),
        "solved": _part(said, solved),
        "reopened": (again, closed),
    }
    return [Rate(code, rules.RATES[code], *numbers) for code, numbers in parts.items()]


def _part(rows: QuerySet[Any], these: Q) -> tuple[int, int]:
    """How many of the rows are these, and how many there are."""
    found = rows.aggregate(part=Count("pk", filter=these), all=Count("pk"))
    return found["part"], found["all"]


def _reopened(start: datetime, end: datetime) -> tuple[int, int]:
    """A reopened case forgets when it was closed; the ledger does not."""
    once = Case.objects.filter(reopened=0, closed_at__gte=start, closed_at__lt=end).count()
    threads = [
        f"case:{pk}" for pk in Case.objects.filter(reopened__gt=0).values_list("pk", flat=True)
    ]
    lines = Line.objects.filter(
        thread__in=threads, verb__in=("case.closed", "case.reopened"), at__lt=end
    )
    closed: set[str] = set()
    again: set[str] = set()
    for thread, verb, at in lines.order_by("number").values_list("thread", "verb", "at"):
        if verb == "case.closed" and at >= start:
            closed.add(thread)
        elif verb == "case.reopened" and thread in closed:
            again.add(thread)
    return len(again), once + len(closed)


def unanswered_closings(*, start: datetime, end: datetime) -> QuerySet[Case]:
    """Cases closed without a published answer, newest first: everybody may read why."""
    closed = Case.objects.filter(state="closed", closed_at__gte=start, closed_at__lt=end)
    return closed.filter(published_at=None).order_by("-closed_at", "-id")


# ---- the daily brief ----
def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a local day and of the next one."""
    return (
        datetime.combine(day, time.min, zone),
        datetime.combine(day + timedelta(days=1), time.min, zone),
    )


def heard_by_day(last: date, *, days: int, zone: ZoneInfo) -> list[tuple[date, int]]:
    """How many voices were heard on each of the `days` days up to `last`, oldest first.

    One short look into an index for each day: at ten million voices grouping by day takes
    seconds, this milliseconds.
    """
    return [
        (day, _heard(*day_bounds(day, zone)).count())
        for day in (last - timedelta(days=back) for back in range(days - 1, -1, -1))
    ]


def daily_numbers(day: date, *, zone: ZoneInfo, now: datetime) -> Daily:
    """One local day: what was heard, the main issues, on hand, late, answered, closed.

    A day that is over is shown as it stood at its end, the present one as it stands now.
    """
    start, end = day_bounds(day, zone)
    as_of = min(max(now, start), end)
    office = institution()
    days = heard_by_day(day, days=_CHART_DAYS, zone=zone)
    heard = days[-1][1]
    deaf = unheard(day_bounds(days[0][0], zone)[0], as_of, now=as_of)
    listed = f"{rules.VOICES_PATH}?day={day.isoformat()}"
    return Daily(
        day=day,
        as_of=as_of,
        institution=office.name,
        institution_en=office.name_en or office.name,
        heard=Counted(_("声音"), "", heard, listed),
        yesterday=days[-2][1],
        by_source=_by_source(start, end, listed),
        by_group=_by_group(start, end, heard),
        issues=_main_issues(start, end),
        opened=Case.objects.filter(opened_at__gte=start, opened_at__lt=end).count(),
        on_hand=_on_hand(as_of),
        late=_late(as_of, zone),
        answered=_answered(start, end),
        closed=_closed(start, end),
        days=tuple(days),
        unheard=tuple(deaf),
        unheard_today=tuple(span for span in deaf if span.end > start),
    )


def unheard(start: datetime, end: datetime, *, now: datetime) -> list[Unheard]:
    """The times in which a source was not heard, longest first."""
    spans = deaf_spans(start, end, now)
    return [Unheard(one.name, one.start, one.end, one.cause, one.going_on) for one in spans]


def _heard(start: datetime, end: datetime) -> QuerySet[Voice]:
    return Voice.objects.filter(heard_at__gte=start, heard_at__lt=end)


def _by_source(start: datetime, end: datetime, listed: str) -> tuple[Counted, ...]:
    rows = _heard(start, end).values_list("source").annotate(n=Count("pk")).order_by("-n", "source")
    names = dict(Source.objects.values_list("pk", "name"))
    return tuple(Counted(names[pk], names[pk], n, f"{listed}&source={pk}") for pk, n in rows)


def _by_group(start: datetime, end: datetime, heard: int) -> tuple[Counted, ...]:
    rows = (
        Reading.objects.filter(voice__heard_at__gte=start, voice__heard_at__lt=end)
        .exclude(topic=None)
        .values_list("topic__group", "topic__group_en")
        .annotate(n=Count("pk"))
        .order_by("-n", "topic__group")
    )
    groups = [Counted(name, name_en or name, n) for name, name_en, n in rows]
    rest = heard - sum(group.count for group in groups)
    if rest > 0:
        groups.append(Counted(_("未归类"), "", rest))
    return tuple(groups)


def _main_issues(start: datetime, end: datetime) -> tuple[IssueLine, ...]:
    rows = (
        Belonging.objects.filter(voice__in=_heard(start, end).values("pk"))
        .exclude(issue__in=Issue.objects.exclude(state=Issue.State.OPEN).values("pk"))
        .values_list("issue")
        .annotate(
            # an author that is not known is somebody, too
            people=Count("author_hash", distinct=True, filter=~Q(author_hash=""))
            + Count("pk", filter=Q(author_hash="")),
            messages=Count("pk"),
        )
        .order_by("-people", "-messages", "issue")
    )[
        # as lists of ids: joined, the day's few voices would be looked for among all belongings
        :MAIN_ISSUES
    ]
    titles = dict(Issue.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "title"))
    return tuple(
        _issue_line(pk, titles[pk], people, messages, _words_of(pk, start, end))
        for pk, people, messages in rows
    )


def _words_of(issue: int, start: datetime, end: datetime) -> list[str]:
    voices = _heard(start, end).filter(belonging__issue=issue, belonging__copy=False)
    rows = voices.order_by("-likes", "id").values_list("text", flat=True)
    return list(rows[:_READ_AT_MOST])


def _issue_line(pk: int, title: str, people: int, messages: int, texts: list[str]) -> IssueLine:
    return IssueLine(
        title=title,
        path=rules.ISSUE_PATH % pk,
        people=people,
        messages=messages,
        line=rules.telling_line(texts),
        asks=rules.asks(texts),
    )


def _open_at(moment: datetime) -> Q:
    return Q(opened_at__lte=moment) & (Q(closed_at=None) | Q(closed_at__gt=moment))


def _on_hand(as_of: datetime) -> tuple[CaseLine, ...]:
    waiting = Deadline.objects.filter(met_at=None).order_by("due_at")
    cases = (
        Case.objects.filter(_open_at(as_of))
        .select_related("unit")
        .prefetch_related(Prefetch("deadlines", waiting, to_attr="open_deadlines"))
        .order_by("id")
    )
    return tuple(
        CaseLine(
            number=case.number,
            title=case.title,
            path=rules.CASE_PATH % case.pk,
            unit=case.unit.name,
            state=case.state_name,
            due_at=case.open_deadlines[0].due_at if case.open_deadlines else None,
        )
        for case in cases
    )


def _late(as_of: datetime, zone: ZoneInfo) -> tuple[LateLine, ...]:
    cases = Case.objects.filter(_open_at(as_of))
    stages = Deadline.objects.filter(case__in=cases, due_at__lt=as_of).select_related("case__unit")
    late = [
        _late_line(row.stage_name, row.case, row.case.unit.name, as_of - row.due_at)
        for row in stages.filter(Q(met_at=None) | Q(met_at__gt=as_of))
    ]
    asked = Referral.objects.filter(case__in=cases, sent_at__lt=as_of, due_at__lt=as_of)
    asked = asked.filter(Q(state=Referral.State.SENT) | Q(answered_at__gt=as_of))
    late += [
        _late_line(_("联系单反馈"), row.case, row.unit.name, as_of - row.due_at)
        for row in asked.select_related("case", "unit")
    ]
    promised = Promise.objects.filter(made_at__lt=as_of, due_on__lt=as_of.astimezone(zone).date())
    promised = promised.filter(Q(kept_at=None) | Q(kept_at__gt=as_of))
    promised = promised.filter(Q(broken_at=None) | Q(broken_at__gt=as_of))
    late += [
        _late_line(_("承诺"), row.case, row.case.unit.name, as_of - day_bounds(row.due_on, zone)[1])
        for row in promised.select_related("case__unit")
    ]
    return tuple(sorted(late, key=lambda line: (-line.late, line.number, line.what)))


def _late_line(what: str, case: Case, unit: str, late: timedelta) -> LateLine:
    return LateLine(what, case.number, case.title, rules.CASE_PATH % case.pk, unit, late)


def _answered(start: datetime, end: datetime) -> tuple[AnswerLine, ...]:
    rows = Answer.objects.filter(published_at__gte=start, published_at__lt=end)
    return tuple(
        AnswerLine(row.newest.title, rules.ANSWER_PATH % row.pk, row.published_at)
        for row in rows.prefetch_related("versions").order_by("published_at", "id")
        if row.published_at
    )


def _closed(start: datetime, end: datetime) -> tuple[ClosedLine, ...]:
    rows = Case.objects.filter(closed_at__gte=start, closed_at__lt=end).order_by("closed_at", "id")
    return tuple(
        ClosedLine(
            case.number, case.title, rules.CASE_PATH % case.pk, case.closing_name, case.closing_text
        )
        for case in rows
    )
