"""An office for a simulated year: units, people, rosters, rules, and what is said to it."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random

from django.db import transaction

from tingda.analyse.models import Topic
from tingda.cases import actions as cases
from tingda.cases.models import Escalation, Route
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.duty.actions.rosters import Wanted, set_roster
from tingda.duty.models import Roster
from tingda.duty.rules import Hours
from tingda.ledger.queries import newest_number
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person, add_unit, set_unit_contact
from tingda.people.models import Person, Unit
from tingda.people.queries import day_of

UNITS = {
    "edu": "教育办",
    "water": "供水公司",
    "roads": "道路养护队",
    "health": "卫生院",
    "culture": "文化站",
    "market": "市场所",
}
PLACES = ("东街", "西街", "新华小学", "幸福里", "河滨花园", "南门", "工人新村", "实验中学", "北桥")
MATTERS = (
    "食堂午餐里有虫子，已经第{}次了",
    "家里停水{}天了没人管",
    "路面有{}个大坑，电瓶车摔了",
    "建议增加{}路公交车班次",
    "物业多收了{}元，不给发票",
    "图书馆{}点开门",
    "凌晨{}点还在施工，睡不着",
    "垃圾{}天没有清运",
)
_DAY_AND_NIGHT = (Hours("day", time(8), time(20)), Hours("night", time(20), time(8)))
Deed = Callable[[], object]


class Office:
    """The office, the time, and the dice; what went wrong is written down in `wrong`."""

    def __init__(self, seed: int, start: datetime) -> None:
        self.dice = Random(seed)  # noqa: S311 - a simulation is repeatable on purpose
        self.now = start
        self.wrong: list[str] = []
        self.done = self.refused = 0
        self._said = 0

    # ---- trying things ----
    def attempt(self, name: str, deed: Deed) -> bool:
        """Do it. What is refused must leave nothing; any other end is a fault."""
        before = _traces()
        try:
            deed()
        except Refused as refusal:
            self.refused += 1
            if _traces() != before:
                self.wrong.append(f"{name}: refused ({refusal.message}), and it left something")
            return False
        except Exception as error:  # the fault is told, the year goes on
            self.wrong.append(f"{name}: {error!r} at {self.now}")
            return False
        self.done += 1
        return True

    def must_refuse(self, name: str, deed: Deed) -> None:
        """Do what nobody may do."""
        if self.attempt(name, deed):
            self.wrong.append(f"{name}: was not refused at {self.now}")

    def later(self, minutes: int = 1) -> datetime:
        """Some minutes on: no two deeds are done at the same moment."""
        self.now += timedelta(minutes=minutes)
        return self.now

    # ---- people ----
    def people(self, role: str, unit: Unit | None = None) -> list[Person]:
        """Those who hold the role; of the office's own desk, where no unit is named."""
        rows = Person.objects.filter(is_active=True, held_roles__role=role).select_related("unit")
        rows = rows.filter(unit=unit) if unit else rows.filter(unit__parent=None)
        return list(rows.order_by("id"))

    def one(self, role: str, *but: int | None) -> Person:
        """Somebody of the desk with the role, not those."""
        found = [person for person in self.people(role) if person.pk not in but]
        return self.dice.choice(found or self.people(role))

    @property
    def admin(self) -> Person:
        """Who sets up the office."""
        return self.people("admin")[0]

    def units(self) -> list[Unit]:
        """Those that are there, without the office itself."""
        return list(Unit.objects.filter(closed_at=None).exclude(parent=None).order_by("id"))

    def hire(self, login: str, unit: Unit, *roles: str) -> Person:
        """Somebody new."""
        return add_person(login, login, unit, roles, password=None, by=None, now=self.now)

    # ---- what is said ----
    def hear(self, kind: str) -> None:
        """Somebody writes or calls."""
        self._said += 1
        matter = self.dice.choice(MATTERS).format(self.dice.randint(2, 9))
        text = f"{self.dice.choice(PLACES)}{self.dice.randint(1, 60)}号{matter}"
        source, _new = Source.objects.get_or_create(kind=kind, name=kind)
        heard = self.later()
        hear(source, [Entry(guid=f"said-{self._said}", text=text, said_at=heard)], now=heard)

    # ---- how it begins ----
    @transaction.atomic
    def found(self) -> None:
        """Units, a dozen people of all roles, a roster, rules of where matters go."""
        top = add_unit("office", "公共服务中心", by=None, now=self.now)
        head = self.hire("head", top, "releaser")
        self.hire("releaser-2", top, "releaser", "drafter")
        for number in range(1, 4):
            self.hire(f"duty-{number}", top, "duty")
        self.hire("drafter", top, "drafter")
        self.hire("auditor", top, "auditor")
        admin = self.hire("admin", top, "admin")
        set_unit_contact(top, lead=head, phone="", hours="", by=admin, now=self.now)
        for code, name in UNITS.items():
            unit = add_unit(code, name, parent=top, by=None, now=self.now)
            liaison = self.hire(f"liaison-{code}", unit, "liaison")
            if code == "edu":
                liaison = self.hire("duty-edu", unit, "duty", "liaison")
            if code in ("edu", "water"):
                set_unit_contact(unit, lead=liaison, phone="", hours="", by=admin, now=self.now)
        self.set_roster(None)
        self._rules(admin)

    def set_roster(self, roster: Roster | None) -> None:
        """Whoever is on duty takes turns, by day and night."""
        teams = [[person] for person in self.people("duty")]
        today = day_of(self.now)
        wanted = Wanted("round the clock", today, "shift", _DAY_AND_NIGHT, teams)
        set_roster(roster, wanted, by=self.admin, now=self.now)

    def _rules(self, admin: Person) -> None:
        edu, water = (Unit.objects.get(code=code) for code in ("edu", "water"))
        canteen = Topic.objects.filter(code="food-canteen").first()
        duty = self.people("duty")[0]
        wanted = [Route(name="water", condition="停水", unit=water, owner=duty, order=1)]
        if canteen:
            by_itself = {"at_once": True, "kind": "hotline", "grade": "ordinary", "asks": "查什么"}
            wanted += [
                Route(name="food", topic=canteen, unit=edu, owner=duty, order=2, **by_itself)
            ]
        for route in wanted:
            cases.add_route(route, by=admin, now=self.now)


def _traces() -> tuple[int, int | None, int | None]:
    newest = [
        rows.order_by("-pk").values_list("pk", flat=True).first()
        for rows in (Notice.objects, Escalation.objects)
    ]
    return newest_number(), newest[0], newest[1]
