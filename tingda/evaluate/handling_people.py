"""People at work: they look at pages, think, and do what their role does, each in a browser."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tingda.evaluate.handling_browser import Browser, Got, hidden, offered

PAUSE = 5.0  # seconds, on average, that a person reads, thinks and types before the next click
WRITES = 0.4  # of the cases that somebody opens, how many are worked on
LISTS = {
    "cases": "/desk/cases/",
    "cases, late": "/desk/cases/?tab=late",
    "cases, closed": "/desk/cases/?tab=closed",
}
PAGES = ("today", *LISTS, "case", "late")  # what must be quick; the others are told beside them
_OFTEN = (5, 2, 1)


@dataclass(frozen=True)
class Saved:
    """Something that a person was told was done. `mark`: words that nobody else wrote; `seen`:
    what stood there when the person decided."""

    what: str
    thing: int
    by: int
    mark: str = ""
    seen: str = ""


@dataclass
class Day:
    """What all of them did and met. Lists only grow, so that threads need no lock."""

    times: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    saved: list[Saved] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # what was refused with a reason
    wrong: list[str] = field(default_factory=list)  # what should never be answered


class Someone:
    """One person with one browser."""

    def __init__(self, number: int, person: int, browser: Browser, day: Day) -> None:
        self.number, self.person, self.browser, self.day = number, person, browser, day
        self.chance = random.Random(number)  # noqa: S311 - a made-up day, not a secret
        self.known: list[int] = []  # cases on the lists this person has read
        self.voices: list[int] = []  # that this person will take on
        self.marks = 0

    def work(self, habits: "Sequence[Habit]", until: float) -> None:
        """Until the end of the day."""
        while time.monotonic() < until:
            time.sleep(min(self.chance.expovariate(1 / PAUSE), 4 * PAUSE))
            habit = self.chance.choices([one.does for one in habits], [one.often for one in habits])
            try:
                habit[0](self)
            except Exception as error:  # a day does not end because a page could not be read
                self.day.wrong.append(repr(error))

    def look(self, name: str, path: str) -> Got:
        """Ask for a page, and how long it took."""
        got = self.browser.get(path)
        self.day.times[name].append((got.app, got.cpu))
        if got.status != 200:
            self.day.wrong.append(f"{path} {got.status}")
        return got

    def own_words(self, what: str) -> str:
        """Words of which there are no others."""
        self.marks += 1
        return f"{what} {self.number}-{self.marks} {self.browser.token}"

    def send(self, path: str, fields: Mapping[str, str], saved: Saved) -> bool:
        """Send a form; what the product says was saved has to be there in the end."""
        got = self.browser.post(path, fields)
        self.day.times["deeds"].append((got.app, got.cpu))
        if got.is_saved:
            self.day.saved.append(saved)
        elif got.status in (409, 422):
            self.day.told.append(saved.what)
        else:
            self.day.wrong.append(f"{path} {got.status}")
        return got.is_saved

    # ---- what people do ----
    def today(self) -> None:
        """What needs me."""
        self.look("today", "/desk/")

    def late(self) -> None:
        """What became late."""
        self.look("late", "/desk/late/")

    def cases(self) -> None:
        """A list of cases, of which some are opened later."""
        name = self.chance.choices(list(LISTS), _OFTEN)[0]
        found = self.look(name, LISTS[name]).numbers("/desk/cases/")
        self.known = found or self.known

    def case(self) -> None:
        """One case: it is read, and often something is done about it."""
        if not self.known:
            self.cases()
        if self.known:
            pk = self.chance.choice(self.known)
            got = self.look("case", f"/desk/cases/{pk}/")
            ways = [deed for deed in DEEDS if got.form(f"/desk/cases/{pk}/{deed}/")]
            if ways and self.chance.random() < WRITES:
                self.do(self.chance.choice(ways), pk, got)

    def do(self, deed: str, pk: int, page: Got) -> bool:
        """One deed, by the form on the page that was read."""
        path = f"/desk/cases/{pk}/{deed}/"
        form = page.form(path) or ""
        fields, mark = DEEDS[deed](self, form), self.own_words(deed)
        fields = {name: value.replace("{mark}", mark) for name, value in fields.items()}
        sent = hidden(form) | fields
        seen = sent.get("seen", "")
        return self.send(path, sent, Saved(deed, pk, self.person, mark, seen))

    def choose(self, form: str, name: str) -> str:
        """One of what a form offers."""
        return self.chance.choice(offered(form, name) or [""])

    def take_on(self) -> None:
        """A voice becomes a case."""
        if self.voices:
            voice, mark = self.voices.pop(), self.own_words("take")
            path = f"/desk/cases/new/?voice={voice}"
            form = self.look("take on", path).form("/desk/cases/new/") or ""
            unit = self.choose(form, "unit")
            fields = {"title": mark, "kind": "hotline", "grade": "ordinary", "unit": unit}
            self.send(path, fields, Saved("take", voice, self.person, mark))

    def sign(self) -> None:
        """Release an answer that was read."""
        page = self.look("answers", "/desk/answers/?tab=review")
        if found := page.numbers("/desk/answers/"):
            pk = self.chance.choice(found)
            form = self.look("answer", f"/desk/answers/{pk}/").form(f"/desk/answers/{pk}/release/")
            if form:
                path = f"/desk/answers/{pk}/release/"
                self.send(path, hidden(form), Saved("release", pk, self.person))

    def write(self) -> None:
        """The next version of an answer."""
        page = self.look("answers", "/desk/answers/?tab=drafting")
        if found := page.numbers("/desk/answers/"):
            pk = self.chance.choice(found)
            path = f"/desk/answers/{pk}/write/"
            page = self.look("writing", path)
            fields, mark = hidden(page.text), self.own_words("write")
            fields |= {"title": "说明", "heard": "大家反映", "found": mark}
            saved = Saved("write", pk, self.person, mark, fields.get("based_on", ""))
            self.send(path, fields, saved)

    def state_facts(self) -> None:
        """A unit says what it found."""
        waits = self.look("referrals", "/desk/referrals/").numbers("/desk/referrals/")
        if waits:
            pk = self.chance.choice(waits)
            page = self.look("referral", f"/desk/referrals/{pk}/")
            if page.form(f"/desk/referrals/{pk}/fact/"):
                mark = self.own_words("fact")
                fields = {"what": mark, "by_whom": "现场", "evidence": "照片"}
                kept = Saved("fact", pk, self.person, mark)
                if self.send(f"/desk/referrals/{pk}/fact/", fields, kept):
                    done = Saved("done", pk, self.person)
                    self.send(f"/desk/referrals/{pk}/done/", {}, done)


def _fact(_who: Someone, _form: str) -> dict[str, str]:
    return {"what": "{mark}", "by_whom": "现场", "evidence": "照片"}


def _refer(who: Someone, form: str) -> dict[str, str]:
    return {"unit": who.choose(form, "unit"), "asks": "{mark}", "person": ""}


def _changed(name: str, who: Someone, form: str) -> dict[str, str]:
    return {name: who.choose(form, name), "reason": "{mark}"}


# the name of an offer on the case's page -> what is filled in
DEEDS: dict[str, Callable[[Someone, str], dict[str, str]]] = {
    "fact": _fact,
    "refer": _refer,
    "grade": partial(_changed, "grade"),
    "owner": partial(_changed, "owner"),
}


@dataclass(frozen=True)
class Habit:
    """What somebody does, and how often beside the rest."""

    does: Callable[[Someone], None]
    often: int


_READS = (Habit(Someone.today, 3), Habit(Someone.cases, 3), Habit(Someone.late, 2))
HABITS: dict[str, tuple[Habit, ...]] = {
    "duty": (*_READS, Habit(Someone.case, 7), Habit(Someone.take_on, 1)),
    "unit_desk": (*_READS, Habit(Someone.case, 7)),
    "drafters": (*_READS, Habit(Someone.case, 3), Habit(Someone.write, 4)),
    "releasers": (*_READS, Habit(Someone.case, 3), Habit(Someone.sign, 4)),
    "liaisons": (Habit(Someone.state_facts, 1),),
}
SHARE = {"duty": 0.4, "unit_desk": 0.2, "drafters": 0.1, "releasers": 0.1, "liaisons": 0.2}
