"""A year of handling in simulated time: random people, and a worker that is killed at random.

Everything is done with the product's own verbs; `now` is an argument of each, so a year takes
minutes. The worker is a process of its own that really dies in the middle of its turn. After each
turn the steps of all ladders are compared with those that were due, once a week and at the end
everything else that must hold (`year_checks`), every deadline counted anew (`year_slow`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, timedelta
from functools import partial
from typing import TypedDict

from tingda.analyse.actions.reading import read_due
from tingda.cases.models import Case
from tingda.evaluate.year_checks import violations
from tingda.evaluate.year_deeds import FORUM, HOTLINE, Deeds
from tingda.evaluate.year_house import House, first_day
from tingda.evaluate.year_office import Office
from tingda.evaluate.year_stairs import Stairs
from tingda.evaluate.year_worker import Forked, Inline, Step
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person

WEEK = timedelta(days=7)
MINUTES = (40, 400)  # between two times at which something happens
DIES = 0.03  # of the turns end in death
MOST_TOLD = 200


class Report(TypedDict):
    """How many cases there were, and a line for each thing that was not as it must be."""

    cases: int
    violations: list[str]


class Year:
    """One office, from its founding on."""

    def __init__(self, seed: int, days: float, most: int) -> None:
        start = first_day(seed)
        self.office = Office(seed, start.astimezone(UTC))
        self.stairs = Stairs()
        self.house = House(self.office, self.stairs, start, days)
        self.end, self.days, self.most = start + timedelta(days=days), days, most
        self.off = start + timedelta(days=days * 0.48)
        self.worker, self.deeds = Inline(()), Deeds(self.office)
        self.found: dict[str, None] = {}
        self.shown = 0

    def run(self, make: Callable[[], Inline], told: Callable[[str], None]) -> Report:
        """Live through it, with a worker that `make` makes once the office is there."""
        office = self.office
        office.found()
        office.hear(FORUM)
        read_due(now=office.now)  # what reading keeps in memory is there for every worker
        self.worker = make()
        self.deeds = Deeds(office, at_once=isinstance(self.worker, Forked))
        look = office.now + WEEK
        while office.now < self.end:
            self._some_hours()
            if office.now >= look:
                self._look(told)
                look = office.now + WEEK
        self._look(told)
        self.worker.stop()
        return Report(cases=Case.objects.count(), violations=list(self.found)[:MOST_TOLD])

    def _some_hours(self) -> None:
        office, dice = self.office, self.office.dice
        office.later(dice.randint(*MINUTES))
        if self.off <= office.now < self.off + min(WEEK, timedelta(days=self.days / 10)):
            office.now = self.off + WEEK  # the server was off, and so was everybody
        moments = self.days * 1440 / (sum(MINUTES) / 2)
        self.house.events()
        if dice.random() < 1.3 * self.most / moments:
            office.hear(HOTLINE if dice.random() < 0.3 else FORUM)
        if dice.random() < self.most / moments:
            self.deeds.open()
        on_hand = Case.objects.exclude(state="closed").count()
        for _deed in range(1 + on_hand // 12):
            self.deeds.one()
        if dice.random() < 0.15:
            self.house.small()
        self._turn()

    def _turn(self) -> None:
        office, dice = self.office, self.office.dice
        now = office.later()
        self.stairs.before(now)
        dies = dice.uniform(0.0, 0.12) if dice.random() < DIES else None
        self._note(self.worker.turn(now, dies))
        self._note(self.stairs.after(now))
        self._note(office.wrong)
        office.wrong.clear()

    def _look(self, told: Callable[[str], None]) -> None:
        self._note(violations(self.office.now))
        office = self.office
        told(
            f"{office.now:%Y-%m-%d}: {Case.objects.count()} cases, {office.done} deeds, "
            f"{office.refused} refused, {self.worker.kills} times killed"
        )
        for line in [*self.found][self.shown :]:
            told(f"  {line}")
        self.shown = len(self.found)

    def _note(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.found.setdefault(line)


def live(
    seed: int,
    days: float,
    cases: int,
    steps: Sequence[Step],
    told: Callable[[str], None] = lambda _line: None,
) -> Report:
    """Simulate so many days with about so many cases. Refused in an office that is in use."""
    if Person.objects.exists():
        raise Refused(_("这里已经有人在用，只能在空的数据目录里量"))
    return Year(seed, days, cases).run(partial(Forked, steps), told)
