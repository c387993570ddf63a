"""A made-up office that has handled many cases for years, with its whole ledger."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.db import models, transaction

from tingda.answers.models import Answer, Lookback, Version
from tingda.cases import rules
from tingda.cases.models import Case, Deadline, Escalation, Fact, Promise, Referral, Report
from tingda.cases.queries.clocks import due
from tingda.cases.queries.ladder import ladders
from tingda.collect.models import Evidence, Source, Voice
from tingda.detect.models import Issue
from tingda.evaluate.filled import VOICES_AN_ISSUE, Office
from tingda.evaluate.handling_ledger import lines_of
from tingda.ledger.models import Line
from tingda.lib.clocks import Limit
from tingda.lib.ladder import owed, times
from tingda.notify.models import Notice
from tingda.people.actions import add_person, add_unit
from tingda.people.models import Person, Unit

CHUNK = 2000
UNITS = 30
PEOPLE = {"duty": 40, "unit_desk": UNITS, "drafters": 20, "releasers": 10, "liaisons": 200}
FULL = 1000  # cases of an office in which so many work; in a smaller one there are fewer
YEARS = 3
OPEN, OPEN_DAYS = 1500, 30  # cases on hand, and over how many days they were opened
NOTICES = 100  # for each person, and so many of them unread:
UNREAD = 8
STUCK = 0.1  # share of the cases on hand that stay where they are however old they grow
_KINDS = ("public_concern", "public_concern", "hotline", "hotline", "complaint", "media")
_WALK = rules.OPEN


@cache
def _due(limit: Limit, start: datetime, basis: str) -> tuple[datetime, dict[str, object]]:
    return due(limit, start, basis, days={})


def in_bulk(table: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Many rows, without holding them all."""
    waiting = iter(rows)
    while batch := list(islice(waiting, CHUNK)):
        table._default_manager.bulk_create(batch)


@dataclass(frozen=True)
class Staff:
    """Who works there."""

    office: Unit
    units: Sequence[Unit]
    duty: Sequence[Person]
    unit_desk: Sequence[Person]  # of one unit each
    drafters: Sequence[Person]
    releasers: Sequence[Person]
    liaisons: Sequence[Person]

    @property
    def everybody(self) -> list[Person]:
        """All of them."""
        groups = (self.duty, self.unit_desk, self.drafters, self.releasers, self.liaisons)
        return [person for group in groups for person in group]


class Caseload(Office):
    """Fills an empty database, straight into the tables; the ledger's chain holds."""

    def __init__(self, cases: int, now: datetime, say: Callable[[str], None]) -> None:
        super().__init__(cases, now)
        self.count, self.say = cases, say
        self.on_hand = min(OPEN, cases // 3)
        self.begun = now - timedelta(days=365 * YEARS)

    @transaction.atomic
    def handle(self) -> Staff:
        """Years of work. Returns who did it."""
        staff = self._staff()
        self.say("voices")
        sources = self._sources()
        Source.objects.update(active=False)  # this measures no listening
        of = [self._issue_of(number) for number in range(self.voices)]
        for start in range(0, self.voices, CHUNK):
            self._hear(range(start, min(start + CHUNK, self.voices)), of, sources)
        self._group(of)
        self._alerts()
        self.say("cases")
        cases = self._taken_on(staff)
        self.say("deadlines, referrals, facts")
        self._limits(cases)
        self._asked(cases, staff)
        self.say("answers, notices, evidence, reviews")
        self._answered(cases, staff)
        self._told(cases, staff)
        self._kept(cases)
        self.say("ledger")
        in_bulk(Line, lines_of(cases, self.now))
        return staff

    def _staff(self) -> Staff:
        when = self.begun - timedelta(days=1)
        office = add_unit("office", "测速中心", by=None, now=when)
        units = [
            add_unit(f"u{n}", f"第{n}办", parent=office, by=None, now=when)
            for n in range(self._some(UNITS))
        ]

        def some(kind: str, role: str, places: Sequence[Unit]) -> list[Person]:
            found = []
            for n in range(self._some(PEOPLE[kind])):
                login, unit = f"{kind}-{n}", places[n % len(places)]
                person = add_person(login, login, unit, [role], password=None, by=None, now=when)
                found.append(person)
            return found

        return Staff(
            office=office,
            units=units,
            duty=some("duty", "duty", [office]),
            unit_desk=some("unit_desk", "duty", units),
            drafters=some("drafters", "drafter", [office]),
            releasers=some("releasers", "releaser", [office]),
            liaisons=some("liaisons", "liaison", units),
        )

    def _some(self, count: int) -> int:
        return max(3, round(count * min(1, self.count / FULL)))

    # ---- cases ----
    def _opened(self, n: int) -> datetime:
        """The last ones are on hand."""
        closed = self.count - self.on_hand
        recent = self.now - timedelta(days=OPEN_DAYS)
        if n >= closed:
            at = recent + (self.now - recent) * ((n - closed) / self.on_hand)
        else:
            at = self.begun + (recent - self.begun) * (n / closed)
        return at.replace(minute=0, second=0, microsecond=0)

    def _state(self, n: int) -> str:
        if n < self.count - self.on_hand:
            return "closed"
        if self.chance.random() < STUCK:
            return self.chance.choice(("taken", "referred", "checked"))
        age = (self.now - self._opened(n)) / timedelta(days=OPEN_DAYS)
        return _WALK[min(int(age * len(_WALK) * 2), len(_WALK) - 1)]

    def _taken_on(self, staff: Staff) -> list[Case]:
        issues = list(Issue.objects.order_by("id")[: self.count // VOICES_AN_ISSUE])
        first = self._first_voice()
        made: list[Case] = []
        rows = (self._case(n, staff, issues, first) for n in range(self.count))
        while batch := list(islice(rows, CHUNK)):
            made += Case.objects.bulk_create(batch)
        return made

    def _first_voice(self) -> int:
        return min(total.first_voice - total.first for total in self.sums.values())

    def _case(self, n: int, staff: Staff, issues: Sequence[Issue], first: int) -> Case:
        state, opened = self._state(n), self._opened(n)
        place, rest = divmod(n, VOICES_AN_ISSUE)
        issue = issues[place] if rest == 0 and place < len(issues) else None
        answered = state in ("published", "closed") and n % 4 > 0
        return Case(
            number=f"{opened.year}-{n + 1:06d}",
            title=issue.title if issue else f"第{n}件：请有关单位说明情况",
            issue=issue,
            voice_id=None if issue else first + n,
            unit=staff.units[n * 7 % len(staff.units)],
            owner=staff.duty[n % len(staff.duty)],
            kind=_KINDS[n % len(_KINDS)],
            grade="major" if n % 200 == 0 else "larger" if n % 10 == 0 else "ordinary",
            state=state,
            heard_at=opened,
            opened_at=opened,
            published_at=opened + timedelta(days=4) if answered else None,
            closed_at=opened + timedelta(days=6) if state == "closed" else None,
            closing_reason=("answered" if answered else "solved") if state == "closed" else "",
            closing_text="已经办好，并告诉了反映人。" if state == "closed" else "",
        )

    # ---- limits ----
    def _limits(self, cases: Sequence[Case]) -> None:
        in_bulk(Deadline, (row for case in cases for row in self._deadlines(case)))
        # an office that has worked so long has called on those who are late
        waiting = Deadline.objects.filter(met_at=None).select_related("case__owner", "case__unit")
        self._climb(list(waiting), Deadline)
        in_bulk(
            Report,
            (
                Report(
                    case=case,
                    number=1,
                    begun_at=case.opened_at,
                    due_at=case.opened_at + timedelta(hours=1),
                    step_for=case.opened_at + timedelta(hours=1),
                    sent_at=case.opened_at + timedelta(minutes=40),
                    what="第一时间报告。",
                )
                for case in cases
                if case.grade == "major"
            ),
        )

    def _deadlines(self, case: Case) -> Iterator[Deadline]:
        for stage, clock in rules.clocks_for(case.kind, case.grade).items():
            due_at, how = _due(clock.limit, case.heard_at, clock.basis)
            met = case.closed_at or (stage != "finish" and case.published_at) or None
            late = self.chance.random() < STUCK
            if met and not late:
                met = min(met, due_at - timedelta(hours=1))
            yield Deadline(
                case=case, stage=stage, due_at=due_at, how=how, met_at=met, step_for=due_at
            )

    def _climb(self, rows: Sequence[Any], table: type[models.Model]) -> None:
        """Their ladders as the worker would have left them."""
        known, calls = ladders(), []
        for row in rows:
            is_referral = isinstance(row, Referral)
            begun = row.sent_at if is_referral else row.case.heard_at
            stage = rules.REFERRAL.stage if is_referral else row.stage
            steps = {s.rung.code: s for s in rules.ladder_of(row.case.grade, stage, known)}
            plan = times([step.rung for step in steps.values()], begun, row.due_at)
            taken, row.step_at = owed(plan, (), self.now)
            row.step_for = row.due_at
            at = {one.rung.code: one.at for one in plan}
            calls += [
                Escalation(
                    case=row.case,
                    target=f"{'referral' if is_referral else 'deadline'}:{row.pk}",
                    rung=rung.code,
                    stage=stage,
                    due_at=row.due_at,
                    at=at[rung.code],
                    to=steps[rung.code].to,
                    names=[row.case.owner.name],
                    text=steps[rung.code].text,
                )
                for rung in taken
            ]
        in_bulk(Escalation, calls)
        table._default_manager.bulk_update(rows, ["step_at", "step_for"], batch_size=500)

    # ---- units ----
    def _asked(self, cases: Sequence[Case], staff: Staff) -> None:
        in_bulk(Referral, (row for case in cases for row in self._referrals(case, staff)))
        sent = Referral.objects.filter(state=Referral.State.SENT)
        self._climb(list(sent.select_related("case__owner", "unit")), Referral)
        answered = Referral.objects.filter(state=Referral.State.ANSWERED)
        rows = answered.values_list("pk", "case_id", "answered_by", "sent_at")
        in_bulk(
            Fact,
            (
                Fact(
                    case_id=case,
                    referral_id=pk,
                    what="现场看过，情况属实，已安排维修，三天内可以修好。",
                    by_whom="现场负责人",
                    evidence="现场照片和维修单",
                    recorded_by_id=by,
                    recorded_at=at,
                )
                for pk, case, by, at in list(rows)
            ),
        )

    def _referrals(self, case: Case, staff: Staff) -> Iterator[Referral]:
        if case.state == "taken":
            return
        for turn in range(1 + (case.pk % 3 == 0)):
            sent = case.opened_at + timedelta(hours=2 + turn)
            unit = staff.units[(case.unit_id - staff.units[0].pk + turn) % len(staff.units)]
            waits = case.state == "referred" and not turn
            due_at, how = _due(rules.REFERRAL.limit, sent, rules.REFERRAL.basis)
            yield Referral(
                case=case,
                unit=unit,
                asks="请核实现场情况，并说明打算怎么办。",
                sent_by=case.owner,
                sent_at=sent,
                due_at=due_at,
                how=how,
                state=Referral.State.SENT if waits else Referral.State.ANSWERED,
                answered_by=None if waits else staff.liaisons[case.pk % len(staff.liaisons)],
                answered_at=None if waits else sent + timedelta(hours=1 + case.pk % 30),
                late_noted=due_at < self.now,
                step_for=due_at,
            )

    # ---- answers and notices ----
    def _answered(self, cases: Sequence[Case], staff: Staff) -> None:
        states = ("drafting", "review", "published")
        has = [case for case in cases if case.published_at or case.state in states[:2]]
        made: list[Answer] = []
        rows = (
            Answer(
                case=case,
                state="published" if case.published_at else case.state,
                made_at=case.opened_at,
                submitted_by=None if case.state == "drafting" else staff.drafters[0],
                released_by=staff.releasers[0] if case.published_at else None,
                released_at=case.published_at,
                published_at=case.published_at,
            )
            for case in has
        )
        while batch := list(islice(rows, CHUNK)):
            made += Answer.objects.bulk_create(batch)
        in_bulk(
            Version,
            (
                Version(
                    answer=answer,
                    number=1,
                    title=answer.case.title,
                    heard="大家反映晚上看不清。",
                    found="查到线路老化，三天内换好。",
                    author=staff.drafters[0],
                    at=answer.made_at,
                )
                for answer in made
            ),
        )
        in_bulk(
            Promise,
            (
                Promise(
                    case=case,
                    what="换好线路",
                    due_on=(case.published_at + timedelta(days=20)).date(),
                    made_at=case.published_at,
                    kept_at=case.closed_at,
                    how_kept="已换好。" if case.closed_at else "",
                )
                for case in has
                if case.published_at and case.pk % 10 == 0
            ),
        )

    def _told(self, cases: Sequence[Case], staff: Staff) -> None:
        rows = (
            Notice(
                person=person,
                key=f"made-up:{n}",
                verb="referral.answered",
                data={"title": case.title, "unit": case.unit.name},
                link=case.thread,
                at=case.opened_at,
                read_at=None if n < UNREAD else case.opened_at,
            )
            for person in staff.everybody
            for n, case in enumerate(cases[: -NOTICES - 1 : -1])
        )
        in_bulk(Notice, rows)

    def _kept(self, cases: Sequence[Case]) -> None:
        """What the worker does by itself, so that it does not wait for the worker here."""
        in_bulk(
            Evidence,
            (
                Evidence(
                    voice_id=voice,
                    thread="case:1",
                    state=Evidence.State.WORDS,
                    asked_at=self.now,
                    kept_at=self.now,
                )
                for voice in list(Voice.objects.values_list("pk", flat=True))
            ),
        )
        now = self.now
        grave = (case for case in cases if case.closed_at and case.grade == "major")
        in_bulk(
            Lookback,
            (Lookback(case=one, asked_at=now, finished_at=now) for one in grave),
        )
