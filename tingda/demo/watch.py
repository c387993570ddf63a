"""Who watches in the demo's town, what is ready for an emergency, and where matters go."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from tingda.analyse.models import Topic
from tingda.answers.actions import lookbacks
from tingda.cases.actions import add_route
from tingda.cases.actions.meetings import give_task
from tingda.cases.models import Case, Route
from tingda.demo.office import Event
from tingda.duty.actions.logs import raise_point, write_log
from tingda.duty.actions.plans import Written, set_plan
from tingda.duty.actions.rosters import Wanted, fill, set_key_period, set_roster
from tingda.duty.models import Shift
from tingda.duty.queries import zone
from tingda.duty.rules import Days, Hours, Pattern, slots
from tingda.people.actions import set_unit_contact
from tingda.people.models import Person, Unit

BEGINS = "-1d 07:50"  # before the first shift; what is older was watched by everybody


@dataclass
class Watch:
    """Sets up the watch as the script says, through the product's verbs."""

    script: Mapping[str, Any]
    people: Mapping[str, Person]
    units: Mapping[str, Unit]
    cases: Mapping[str, Case]
    moment: Callable[[str], datetime]
    now: datetime

    def events(self) -> Iterator[Event]:
        """Everything that happened, each with its moment."""
        yield self.moment("-29d 10:00"), self._ready
        yield self.moment(BEGINS), self._roster
        yield self.moment(self.script["task"]["at"]), self._task
        yield self.moment(self.script["lookback"]["at"]), self._learn
        yield self.now, self._log

    def _ready(self, at: datetime) -> None:
        """Rules of where matters go, the plan, and who answers for the office."""
        admin, releaser = self.people["admin"], self.people["releaser"]
        office = self.units["center"]
        contact = {"phone": "8000", "hours": "周一至周五 8:30–17:30"}
        set_unit_contact(office, lead=releaser, **contact, by=admin, now=at)
        for order, row in enumerate(self.script["route"], start=1):
            topic, unit = Topic.objects.get(code=row["topic"]), self.units[row["unit"]]
            wanted = Route(order=order, name=row["name"], topic=topic, unit=unit)
            wanted.owner = self.people["duty"]
            add_route(wanted, by=admin, now=at)
        set_plan(None, Written(**self.script["plan"]), by=admin, now=at)

    def _roster(self, at: datetime) -> None:
        """Two officers turn, in the order in which the first is on now."""
        said = self.script["roster"]
        hours = [
            Hours(row["name"], time.fromisoformat(row["starts"]), time.fromisoformat(row["ends"]))
            for row in said["shift"]
        ]
        begins = timezone.localdate(self.now) - timedelta(days=1)
        first = [self.people[login] for login in said["teams"]]
        teams = next(some for some in (first, first[::-1]) if self._is_on(some, hours, begins))
        wanted = Wanted(said["name"], begins, said["rotation"], hours, [[one] for one in teams])
        set_roster(None, wanted, by=self.people["admin"], now=at)
        fill(Days(), now=at)
        self._period(at)

    def _is_on(self, teams: list[Person], hours: list[Hours], begins: date) -> bool:
        """Whether, with the teams in this order, the duty officer is on now."""
        pattern = Pattern(begins, self.script["roster"]["rotation"], hours, len(teams))
        planned = slots(pattern, timezone.localdate(self.now), Days(), zone())
        (now,) = [one for one in planned if one.starts_at <= self.now < one.ends_at]
        return now.team is not None and teams[now.team] == self.people["duty"]

    def _period(self, at: datetime) -> None:
        said = self.script["period"]
        today = timezone.localdate(self.now)
        first, last = (today + timedelta(days=said[name]) for name in ("from", "until"))
        values = {
            "name": said["name"],
            "starts_at": datetime.combine(first, time(8), zone()),
            "ends_at": datetime.combine(last, time(18), zone()),
            "minutes": said["minutes"],
            "groups": [],
            "note": said["note"],
        }
        set_key_period(None, values, by=self.people["admin"], now=at)

    def _task(self, at: datetime) -> None:
        said = self.script["task"]
        due_on = timezone.localdate(self.now) + timedelta(days=said["in_days"])
        owner, by = self.people[said["owner"]], self.people[said["by"]]
        give_task(said["what"], owner, due_on, case=self.cases[said["case"]], by=by, now=at)

    def _learn(self, at: datetime) -> None:
        """What was learnt from a case that is over, for the library."""
        said = self.script["lookback"]
        by, case = self.people[said["by"]], self.cases[said["case"]]
        row = lookbacks.ask_lookback(Case.objects.get(pk=case.pk), by=by, now=at)
        learnt = lookbacks.Learnt(said["happened"], said["went_well"], said["to_change"])
        row = lookbacks.write_lookback(row, learnt, row.edition, by=by, now=at)
        due_on = timezone.localdate(self.now) + timedelta(days=said["in_days"])
        lookbacks.add_task(row, said["task"], self.people[said["owner"]], due_on, by=by, now=at)
        lookbacks.finish_lookback(row, by=by, now=at)

    def _log(self, at: datetime) -> None:
        """The shift that is over was written up and waits for its officer's signature."""
        said = self.script["roster"]
        over = Shift.objects.filter(ends_at__lte=at).order_by("-ends_at").first()
        on = Shift.objects.filter(starts_at__lte=at, ends_at__gt=at).first()
        if over:
            officer = over.turns.select_related("person").get().person
            write_log(over, said["remarks"], False, by=officer, now=at)
        if on:
            officer = on.turns.select_related("person").get().person
            raise_point(on, said["point"], by=officer, now=at)
