"""What happens to an office in a year besides its cases: people leave, units merge, rules change,
meetings are called, reports go upward."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings

from tingda.answers.actions import media
from tingda.answers.models import MediaEnquiry
from tingda.cases import actions as cases
from tingda.cases.actions import meetings, reports
from tingda.cases.actions.ladder import set_ladder
from tingda.cases.actions.people import change_person, close_unit, merge_unit
from tingda.cases.models import Case, OfficeDay, Report, Task
from tingda.cases.queries.clocks import moved_by, own_days
from tingda.cases.rules import LADDERS, Step
from tingda.duty.actions.rosters import set_key_period
from tingda.duty.models import Roster
from tingda.evaluate.year_office import Office
from tingda.evaluate.year_slow import Stair
from tingda.evaluate.year_stairs import USUAL, Stairs
from tingda.people.actions import be_away
from tingda.people.models import Person, Unit
from tingda.people.queries import day_of

DAY = timedelta(days=1)


class House:
    """The great events of a year, each at its time, and the small ones at any time."""

    def __init__(self, office: Office, stairs: Stairs, start: datetime, days: float) -> None:
        self.office, self.stairs, self.dice = office, stairs, office.dice
        plan: tuple[tuple[float, Callable[[], None]], ...] = (
            (0.05, self.day_changed),
            (0.10, partial(self.limit_changed, "referral.facts", 2, "working_days")),
            (0.14, partial(self.ladder_changed, "ordinary", 72)),
            (0.20, self.key_period),
            (0.24, partial(self.limit_changed, "hotline.first_answer", 3, "working_days")),
            (0.30, partial(self.leaves, "duty-1")),
            (0.36, self.day_changed),
            (0.40, partial(self.merged, "health", "edu")),
            (0.45, partial(self.limit_changed, "public_concern.first_answer", 72, "hours")),
            (0.52, partial(self.leaves, "liaison-water")),
            (0.56, partial(self.ladder_changed, "major.facts", 4)),
            (0.60, partial(self.closed, "culture")),
            (0.64, partial(self.limit_changed, "referral.facts", 24, "hours")),
            (0.68, partial(self.leaves, "head")),
            (0.72, partial(self.role_lost, "duty-edu")),
            (0.78, self.day_changed),
            (0.84, partial(self.merged, "roads", "market")),
            (0.90, partial(self.limit_changed, "petition.objection", 3, "working_days")),
        )
        self._plan = [(start + timedelta(days=days * part), event) for part, event in plan]

    def events(self) -> None:
        """What is due by now, in order."""
        while self._plan and self._plan[0][0] <= self.office.now:
            self._plan.pop(0)[1]()

    def small(self) -> None:
        """One of the things that happen any day."""
        deed = self.dice.choice(
            [self.away, self.day_changed, self.task, self.task, self.meeting]
            + [self.report] * 3
            + [self.enquiry, self.finish, self.finish]
        )
        deed()

    def _try(self, name: str, deed: Callable[[], object]) -> bool:
        return self.office.attempt(name, deed)

    # ---- rules ----
    def limit_changed(self, code: str, amount: int, kind: str) -> None:
        """The office sets its own limit, for what begins after it."""
        by, now = self.office.admin, self.office.later()
        self._try("limit", partial(cases.set_clock, code, amount, kind, by=by, now=now))

    def ladder_changed(self, code: str, hours: int) -> None:
        """One more step, calling the head so many hours after the limit."""
        band, by, now = code.partition(".")[0], self.office.admin, self.office.later()
        steps = (*LADDERS[band], Step(hours, "head", "请您督办"))
        self._try("ladder", partial(set_ladder, code, steps, by=by, now=now))
        self.stairs.table[code] = (*USUAL[band], Stair(f"{hours}.head", hours, now))

    def day_changed(self) -> None:
        """The office works or rests in its own way on a day near by; what moves was seen."""
        by, now = self.office.admin, self.office.later()
        day = day_of(now) + self.dice.randint(0, 12) * DAY
        works = self.dice.choice([True, False, None])
        if works is None:
            there = OfficeDay.objects.order_by("-day").values_list("day", flat=True).first()
            day = there or day
        days = {one: held for one, held in own_days().items() if one != day}
        if works is not None:
            days[day] = works
        seen = len(moved_by(days))
        change = partial(cases.set_office_day, day, works, "本单位安排", by=by, now=now)
        if seen:
            self.office.must_refuse("day nobody looked at", partial(change, seen=seen + 1))
        self._try("day", partial(change, seen=seen))

    def key_period(self) -> None:
        """Two weeks in which more is watched."""
        by, now = self.office.admin, self.office.later()
        values = {"name": "高考", "starts_at": now + DAY, "ends_at": now + 15 * DAY}
        values |= {"minutes": 15, "groups": [], "note": ""}
        self._try("key period", partial(set_key_period, None, values, by=by, now=now))

    # ---- people and units ----
    def away(self) -> None:
        """Somebody is away, and somebody stands in."""
        person, deputy = (self.office.one("duty") for _two in range(2))
        begins = day_of(self.office.now) + self.dice.randint(0, 3) * DAY
        ends, now = begins + self.dice.randint(0, 9) * DAY, self.office.later()
        self._try("away", partial(be_away, person, deputy, begins, ends, by=person, now=now))

    def leaves(self, login: str) -> None:
        """Somebody leaves with everything they have; without an heir it must not be."""
        office, person = self.office, Person.objects.get(login=login)
        owns = Case.objects.filter(owner=person).exclude(state="closed").exists()
        roles, now = sorted(person.roles), office.later()
        leave = partial(
            change_person, person, name=person.name, unit=person.unit, roles=roles, active=False
        )
        leave = partial(leave, by=office.admin, now=now)
        if owns:
            office.must_refuse(f"{login} leaves cases behind", partial(leave, heir=None))
        heir = office.one("duty", person.pk)
        if self._try(f"{login} leaves", partial(leave, heir=heir)):
            office.hire(f"{login}-next", person.unit, *roles)
            office.set_roster(Roster.objects.get(key_period=None))
        else:
            office.wrong.append(f"{login}: could not leave with an heir")

    def role_lost(self, login: str) -> None:
        """Somebody is no longer at the desk; what they owned goes to another."""
        office, person = self.office, Person.objects.get(login=login)
        heir, now = office.one("duty", person.pk), office.later()
        change = partial(change_person, person, name=person.name, unit=person.unit, active=True)
        deed = partial(change, roles=["liaison"], heir=heir, by=office.admin, now=now)
        if not self._try(f"{login} loses a role", deed):
            office.wrong.append(f"{login}: could not lose a role with an heir")

    def merged(self, code: str, into: str) -> None:
        """One unit becomes a part of another, with everything open."""
        unit, heir = Unit.objects.get(code=code), Unit.objects.get(code=into)
        now = self.office.later()
        deed = partial(merge_unit, unit, heir, by=self.office.admin, now=now)
        if not self._try(f"merge {code}", deed):
            self.office.wrong.append(f"{code}: could not be merged")

    def closed(self, code: str) -> None:
        """A unit is no more, once its people and matters have gone elsewhere."""
        office, unit = self.office, Unit.objects.get(code=code)
        by, now, top = office.admin, office.later(), Unit.objects.get(parent=None)
        deed = partial(close_unit, unit, by=by, now=now)
        office.must_refuse(f"close {code} with people in it", deed)
        for person in unit.people.filter(is_active=True):
            change = partial(change_person, person, name=person.name, unit=top, active=True)
            change = partial(change, roles=["drafter"], heir=office.one("duty"), by=by)
            self._try("moves", partial(change, now=office.later()))
        for case in Case.objects.filter(unit=unit).exclude(state="closed"):
            lead = partial(cases.set_lead, case, top, reason="撤销", by=office.one("duty"))
            self._try("lead", partial(lead, now=office.later()))
        for row in unit.referrals.filter(state="objected").select_related("case"):
            another = office.one("duty", row.sent_by_id, row.answered_by_id)
            decide = partial(cases.decide_objection, row, top, "撤销", by=another)
            self._try("decide", partial(decide, now=office.later()))
        waiting = unit.referrals.filter(state="sent").select_related("case")
        for row in waiting:
            take = partial(cases.withdraw_referral, row, "撤销", by=office.one("duty"))
            self._try("withdraw", partial(take, now=office.later()))
        if not self._try(f"close {code}", partial(close_unit, unit, by=by, now=office.later())):
            office.wrong.append(f"{code}: could not be closed")

    # ---- meetings, tasks, reports, media ----
    def _case(self) -> Case | None:
        rows = list(Case.objects.exclude(state="closed").order_by("id")[:60])
        return self.dice.choice(rows) if rows else None

    def task(self) -> None:
        """Somebody gets something to do."""
        owner = self.dice.choice(list(Person.objects.filter(is_active=True).order_by("id")))
        day = day_of(self.office.now) + self.dice.randint(0, 20) * DAY
        by, now, case = self.office.one("duty"), self.office.later(), self._case()
        give = partial(meetings.give_task, "把路修好", owner, day, case=case)
        self._try("task", partial(give, by=by, now=now))

    def finish(self) -> None:
        """A task is done; a second time it is done already."""
        row = Task.objects.filter(done_at=None).order_by("due_at").first()
        if row:
            done = partial(meetings.finish_task, row, "照片为证", by=row.owner)
            if self._try("finish", partial(done, now=self.office.later())):
                again = partial(done, now=self.office.later())
                self.office.must_refuse("finish again", again)

    def meeting(self) -> None:
        """People sit together about a case; minutes before it are refused."""
        case, by, now = self._case(), self.office.one("duty"), self.office.later()
        if case is None:
            return
        people = self.office.people("duty")
        called = meetings.Called("assessment", "会商", now + DAY, "三楼", people, "", [case])
        self._try("meeting", partial(meetings.call_meeting, called, by=by, now=now))
        row = case.meetings.order_by("-id").first()
        if row:
            write = partial(meetings.add_minutes, row, "都到了", "议定", by=by, now=now)
            self.office.must_refuse("minutes before it", write)

    def report(self) -> None:
        """The report that is owed longest goes upward, once; sometimes another is announced."""
        row = Report.objects.filter(sent_at=None, lifted_at=None).order_by("due_at").first()
        if row is None:
            return
        by, now = self.office.one("duty"), self.office.later()
        more = now + timedelta(hours=self.dice.randint(2, 72)) if self.dice.random() < 0.4 else None
        told = reports.Told("停水", "东街", "二百户", "已派人", [("市政府", "phone")], more)
        if self._try("report", partial(reports.send_report, row, told, by=by, now=now)):
            again = partial(reports.send_report, row, told, by=by, now=now)
            self.office.must_refuse("report again", again)

    def enquiry(self) -> None:
        """A medium asks; words are proposed by one and released by another."""
        row = MediaEnquiry.objects.filter(ended_at=None).order_by("id").first()
        now = self.office.later()
        if row is None:
            asked = media.Enquiry("日报", "question", "怎么回事", now, now + DAY)
            take = partial(media.take_enquiry, asked, case=self._case())
            self._try("enquiry", partial(take, by=self.office.one("duty"), now=now))
        elif row.proposed_at is None:
            words = partial(media.propose_words, row, said="正在查", speaker="负责人")
            self._try("propose", partial(words, by=self.office.one("drafter"), now=now))
        else:
            by = self.office.one("releaser", row.proposed_by_id)
            read = row.proposed_at.isoformat()
            sign = partial(media.release_words, row, read=read, by=by, now=now)
            self._try("release words", sign)


def first_day(seed: int) -> datetime:
    """Where a year begins: any day from 2019 to 2026, so that some have a 29 February and some
    run into a year whose calendar is not out."""
    day = date(2019, 3, 1) + timedelta(days=(seed * 997) % 2680)
    return datetime(day.year, day.month, day.day, 7, tzinfo=ZoneInfo(settings.TIME_ZONE))
