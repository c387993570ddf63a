"""What must hold at every moment of an office's life, asked of the tables and of the record."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Model, Q, QuerySet

from tingda.analyse.models import Watch
from tingda.answers.models import Answer, Correction, Publication
from tingda.cases import rules
from tingda.cases.models import (
    Case,
    Deadline,
    Escalation,
    Extension,
    Objection,
    Pause,
    Promise,
    Referral,
    Report,
    Task,
)
from tingda.evaluate.year_facts import Facts, clock_for, wrong_deadlines
from tingda.ledger.models import Line
from tingda.ledger.queries import verify
from tingda.notify.models import Notice
from tingda.people.models import Person, Unit

OPEN = ("taken", "referred", "checked", "drafting", "review", "released", "published")
DESK = ("duty", "drafter", "releaser", "auditor", "admin")


def violations(now: datetime) -> list[str]:
    """A line for each thing that is not as it must be, right after the worker's turn at `now`."""
    facts = Facts.read()
    checks: tuple[Iterable[str], ...] = (
        _open_cases(facts, now),
        _closed_cases(),
        _unmoved(now),
        _left_to_nobody(),
        _four_eyes(),
        _once(),
        _counted(),
        _told_twice(),
        wrong_deadlines(facts, now),
        _chain(),
    )
    return [line for check in checks for line in check]


Found = Iterable[tuple["QuerySet[Any]", str]]


def _each(wrong: Found) -> Iterator[str]:
    """A line for each row that should not be."""
    for rows, what in wrong:
        for row in rows:
            yield f"{_name(row)}: {what}"


def _name(row: Model) -> str:
    return row.number if isinstance(row, Case) else f"{row._meta.model_name}:{row.pk}"


# ---- an owner and a next date ----
def _open_cases(facts: Facts, now: datetime) -> Iterator[str]:
    parents: dict[int, int | None] = dict(Unit.objects.values_list("id", "parent_id"))
    dates, desk = _next_dates(), Person.objects.filter(held_roles__role__in=DESK)
    staff = set(desk.values_list("pk", flat=True))
    cases = Case.objects.exclude(state="closed").select_related("owner__unit", "unit")
    for case in cases.prefetch_related("deadlines"):
        owner, name = case.owner, case.number
        if owner.pk not in staff or not _below(case.unit_id, owner.unit_id, parents):
            yield f"{name}: its owner {owner.name} cannot open it"
        if case.pk not in dates:
            yield f"{name}: open ({case.state}) without a next date"
        stages = {row.stage for row in case.deadlines.all()}
        for stage in rules.STAGES.keys() - stages:
            if clock_for(case.kind, facts.grade(case, now), stage):
                yield f"{name}: no deadline for {stage}"
    yield from _each(
        (
            (cases.filter(owner__is_active=False), "its owner has left"),
            (cases.exclude(owner__unit__closed_at=None), "its owner's unit is no more"),
            (cases.exclude(unit__closed_at=None), "its unit is no more"),
        )
    )
    taken = cases.exclude(issue=None).order_by().values("issue").annotate(cases=Count("id"))
    for issue in taken.filter(cases__gt=1):
        yield f"issue:{issue['issue']}: taken on {issue['cases']} times at once"


def _below(unit: int, top: int, parents: dict[int, int | None]) -> bool:
    """Whether the unit is the other one or a part of it."""
    at: int | None = unit
    for _step in parents:
        if at == top or at is None:
            break
        at = parents.get(at)
    return at == top


def _next_dates() -> set[int]:
    """The cases for which something has a date that is not done yet."""
    rows: tuple[Iterable[int | None], ...] = (
        Deadline.objects.filter(met_at=None).values_list("case_id", flat=True),
        Referral.objects.filter(state="sent").values_list("case_id", flat=True),
        Promise.objects.filter(kept_at=None, broken_at=None).values_list("case_id", flat=True),
        Report.objects.filter(sent_at=None, lifted_at=None).values_list("case_id", flat=True),
        Task.objects.filter(done_at=None).values_list("case_id", flat=True),
        Pause.objects.filter(ended_at=None).values_list("case_id", flat=True),
    )
    return {case for some in rows for case in some if case}


def _closed_cases() -> Iterator[str]:
    closed = Case.objects.filter(state="closed")
    for case in closed:
        if len(case.closing_text.strip()) < 5 or case.closing_reason not in rules.CLOSINGS:
            yield f"{case.number}: closed in silence"
        if case.closed_at is None:
            yield f"{case.number}: closed at no time"
        if case.closing_reason == "answered" and case.published_at is None:
            yield f"{case.number}: closed as answered without an answer"
    left: tuple[tuple[str, Q], ...] = (
        ("a deadline", Q(deadlines__met_at=None, deadlines__isnull=False)),
        ("a referral", Q(referrals__state__in=["sent", "objected"])),
        ("a pause", Q(pauses__isnull=False, pauses__ended_at=None)),
        ("a report", Q(reports__isnull=False, reports__sent_at=None, reports__lifted_at=None)),
    )
    for what, waiting in left:
        for number in closed.filter(waiting).values_list("number", flat=True).distinct():
            yield f"{number}: closed, and {what} is still open"


# ---- what the worker had to do ----
def _unmoved(now: datetime) -> Iterator[str]:
    cases, out = Case.objects, Publication.objects.filter(done_at=None, due_at__lt=now)
    asked, grave = Q(referrals__state__in=["sent", "objected"]), ["major", "extra_major"]
    yield from _each(
        (
            (
                Referral.objects.filter(state="sent", due_at__lt=now, late_noted=False),
                "late, and it is not on the record",
            ),
            (Pause.objects.filter(ended_at=None, until__lte=now), "over, and it still holds"),
            (
                out.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)),
                "released, and not published",
            ),
            (
                cases.filter(state="referred").exclude(asked),
                "waits for facts that nobody is asked for",
            ),
            (
                cases.filter(state="review").exclude(answers__state="review"),
                "waits to be released, and there is no answer",
            ),
            (
                cases.filter(state="released").exclude(answers__state="released"),
                "released, and no answer is",
            ),
            (
                cases.filter(state="closed", grade__in=grave, lookback=None),
                "grave and closed, and nobody was asked for its review",
            ),
        )
    )


# ---- who left ----
def _left_to_nobody() -> Iterator[str]:
    undone, left = Q(done_at=None), Q(owner__is_active=False)
    yield from _each(
        (
            (Unit.objects.filter(closed_at=None, lead__is_active=False), "its lead has left"),
            (Task.objects.filter(undone & left), "whose task it is has left"),
            (Watch.objects.filter(left, active=True), "whose watch it is has left"),
            (
                Referral.objects.filter(state="sent").exclude(unit__closed_at=None),
                "waits for a unit that is no more",
            ),
            (
                Person.objects.filter(is_active=True).exclude(unit__closed_at=None),
                "works in a unit that is no more",
            ),
            (Escalation.objects.filter(names=[]), "nobody was called on"),
        )
    )
    changed = Line.objects.filter(verb="person.changed").order_by("number")
    since = {line.subject: line.at for line in changed if not line.data["active"]}
    for person in Person.objects.filter(is_active=False):
        if at := since.get(f"person:{person.pk}"):
            told = Notice.objects.filter(person=person, at__gt=at)[:3]
            for one in told:
                yield f"{one.link}: {one.verb} told to {person.name}, who has left"


# ---- two persons ----
def _four_eyes() -> Iterator[str]:
    out = Answer.objects.filter(state__in=["released", "published"]).prefetch_related("versions")
    for answer in out:
        wrote = {version.author_id for version in answer.versions.all()}
        if answer.released_by_id in {*wrote, answer.submitted_by_id, None}:
            yield f"answer:{answer.pk}: released by who wrote it, or by nobody"
    same = Q(released_by=F("drafted_by")) | Q(released_by=None)
    for row in Correction.objects.exclude(released_at=None).filter(same):
        yield f"answer:{row.answer_id}: corrected by one person alone"
    for extension in Extension.objects.filter(granted=True, asked_by=F("decided_by")):
        yield f"case:{extension.case_id}: lengthened by one person alone"


# ---- each step once ----
ONCE = (
    *("case.opened", "case.confirmed", "answer.drafted", "answer.released"),
    *("referral.sent", "referral.answered", "referral.late", "referral.withdrawn"),
    *("referral.objected", "objection.decided", "promise.made", "promise.kept"),
    *("promise.broken", "task.given", "task.done", "report.sent", "lookback.asked"),
    *("lookback.finished", "enquiry.answered", "enquiry.declined", "fact.recorded"),
)


def _once() -> Iterator[str]:
    """No step is on the record twice."""
    found = Line.objects.filter(verb__in=ONCE).values("verb", "subject")
    for line in found.annotate(times=Count("number")).filter(times__gt=1):
        yield f"{line['subject']}: {line['verb']} {line['times']} times"
    out = Line.objects.filter(verb="answer.published").values_list("subject", "data__channel")
    for (subject, channel), times in Counter(out).items():
        if times > 1:
            yield f"{subject}: published {times} times on {channel}"
    called = Line.objects.filter(verb="ladder.called").values_list("subject")
    lines = dict(called.annotate(times=Count("number")).values_list("subject", "times"))
    rows = Escalation.objects.exclude(rung="").values_list("target")
    steps = dict(rows.annotate(times=Count("id")).values_list("target", "times"))
    for target in sorted(lines.keys() | steps.keys()):
        if lines.get(target, 0) != steps.get(target, 0):
            yield (
                f"{target}: {steps.get(target, 0)} steps taken, {lines.get(target, 0)} on record"
            )


def _counted() -> Iterator[str]:
    """As many deeds on the record as their traces in the tables."""
    lines = dict(Line.objects.values_list("verb").annotate(times=Count("number")).order_by())
    rows: dict[str, Callable[[], int]] = {
        "case.opened": Case.objects.count,
        "referral.sent": Referral.objects.count,
        "referral.objected": Objection.objects.count,
        "referral.late": Referral.objects.filter(late_noted=True).count,
        "referral.withdrawn": Referral.objects.filter(state="withdrawn").count,
        "answer.released": Answer.objects.exclude(released_at=None).count,
        "answer.published": Publication.objects.exclude(done_at=None).count,
        "case.paused": Pause.objects.count,
        "extension.asked": Extension.objects.count,
        "extension.granted": Extension.objects.filter(granted=True).count,
        "promise.made": Promise.objects.count,
        "promise.kept": Promise.objects.exclude(kept_at=None).count,
        "promise.broken": Promise.objects.exclude(broken_at=None).count,
        "task.given": Task.objects.count,
        "task.done": Task.objects.exclude(done_at=None).count,
        "report.sent": Report.objects.exclude(sent_at=None).count,
    }
    for verb, count in rows.items():
        if (there := count()) != lines.get(verb, 0):
            yield f"{verb}: {there} in the tables, {lines.get(verb, 0)} on record"
    ends = Line.objects.filter(verb__in=["case.closed", "case.reopened"])
    told = Counter(ends.values_list("verb", "thread"))
    for case in Case.objects.all():
        closed, again = told["case.closed", case.thread], told["case.reopened", case.thread]
        if (closed - again, again) != (case.state == "closed", case.reopened):
            yield f"{case.number}: {case.state}, closed {closed} and reopened {again} times"
    yield from _numbers()


def _numbers() -> Iterator[str]:
    years: dict[str, list[int]] = {}
    for number in Case.objects.order_by("id").values_list("number", flat=True):
        year, _dash, count = number.partition("-")
        years.setdefault(year, []).append(int(count))
    for year, counts in years.items():
        if counts != [*range(1, len(counts) + 1)]:
            yield f"{year}: the numbers of its cases have gaps or repeat"


def _told_twice() -> Iterator[str]:
    """Nobody is told the same twice at once, whatever its key says."""
    rows = Notice.objects.values_list("person", "verb", "link", "at", "data")
    seen = Counter((who, verb, link, at, str(data)) for who, verb, link, at, data in rows)
    for (who, verb, link, at, _data), times in seen.items():
        if times > 1:
            yield f"{link}: {verb} told {times} times to person:{who} at {at}"


def _chain() -> Iterator[str]:
    verdict = verify()
    if not verdict.ok:
        yield f"ledger: broken at line {verdict.first_bad} ({verdict.reason})"
