"""The demo institution: a month of a small town's voices, replayed through the product's own verbs.

Nothing here writes a table by itself, so that the demo is made of what the product can really do.
Dates move with today: "-3d 12:40" is three days ago, `{D+7}` in a text a week from today.
"""

import json
import re
import secrets
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.watches import add_watch
from tingda.cases.models import Case
from tingda.cases.rules import OPEN
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.demo.looks import remember_looks
from tingda.demo.office import Event, Office
from tingda.demo.sign_ins import sign_in_file
from tingda.demo.watch import Watch
from tingda.detect.actions.alerts import acknowledge, confirm_alert
from tingda.detect.actions.deciding import merge, not_ours, split
from tingda.detect.actions.gathering import gather_due
from tingda.detect.actions.growth import judge_growth, learn_growth
from tingda.detect.actions.weighing import heat_due
from tingda.detect.models import Alert, Belonging, Issue
from tingda.lib import present
from tingda.people.actions import add_person, add_unit, name_institution
from tingda.people.models import Person, Unit

HERE = Path(__file__).parent
_DAY = re.compile(r"\{D([+-]\d+)\}")


def load_demo(*, say: Callable[[str], None]) -> bool:
    """Load the demo once, into an office that has no people yet. Returns whether it did."""
    if Person.objects.exists():
        return False
    say("正在装入演示单位（一个镇一个月的声音）… Loading the demo institution…")
    with transaction.atomic():  # interrupted, it is loaded whole the next time
        Replay(present.now()).run()
    return True


class Replay:
    """One replay of the script up to `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = timezone.localdate(now)
        self.script = self._dated(tomllib.loads((HERE / "script.toml").read_text("utf-8")))
        lines = (HERE / "voices.jsonl").read_text("utf-8").splitlines()
        self.voices = [self._dated(json.loads(line)) for line in lines]
        self.stories: dict[int, str] = {}
        self.people: dict[str, Person] = {}
        self.units: dict[str, Unit] = {}

    def _dated(self, value: Any) -> Any:
        """The same value with every `{D-2}` in its texts written as a date."""
        if isinstance(value, dict):
            return {key: self._dated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._dated(item) for item in value]
        return _DAY.sub(self._date, value) if isinstance(value, str) else value

    def _date(self, match: re.Match[str]) -> str:
        day = self.today + timedelta(days=int(match[1]))
        return f"{day.month}月{day.day}日"

    def moment(self, text: str) -> datetime:
        """ "-3d 12:40" as a moment; never in the future."""
        days, clock = text.split()
        day = self.today + timedelta(days=int(days.removesuffix("d")))
        local = datetime.combine(day, time.fromisoformat(clock), timezone.get_default_timezone())
        return min(local, self.now)

    def run(self) -> None:
        """Everything in the order in which it happened."""
        self._found()
        office = Office(self.people, self.units, self.issue_of, self.moment, self.now)
        events = [*self._hearing(), *self._not_ours(), *self._watching()]
        for case in self.script["case"]:
            events += office.events(case)
        watch = Watch(self.script, self.people, self.units, office.cases, self.moment, self.now)
        events += watch.events()
        for at, deed in sorted(events, key=lambda event: event[0]):
            deed(at)
        for story in sorted(set(self.stories.values()) - {""}):
            self.issue_of(story, self.now)
        self._judge(self.now)
        remember_looks(self.now)

    def _found(self) -> None:
        start = self.moment("-30d 09:00")
        name_institution(
            self.script["institution"],
            name_en=self.script["institution_en"],
            by=None,
            now=start,
        )
        for row in self.script["unit"]:
            self.units[row["code"]] = add_unit(
                row["code"],
                row["name"],
                name_en=row["name_en"],
                parent=self.units.get(row.get("parent", "")),
                by=None,
                now=start,
            )
        self._people(start)
        admin = self.people["admin"]
        for row in self.script["watch"]:
            owner = self.people[row["owner"]]
            add_watch(row["name"], row["rule"], by=admin, owner=owner, now=start)

    def _people(self, start: datetime) -> None:
        lines = []
        for row in self.script["person"]:
            password = secrets.token_urlsafe(9)
            self.people[row["login"]] = add_person(
                row["login"],
                row["name"],
                self.units[row["unit"]],
                row["roles"],
                password=password,
                by=None,
                now=start,
            )
            if row["shown"]:
                lines.append(f"  {row['login']:<16} {password:<14} {row['name']}")
        file = sign_in_file()
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n")

    def _said(self, row: dict[str, Any]) -> datetime:
        if "minutes_ago" in row:
            return self.now - timedelta(minutes=row["minutes_ago"])
        return self.moment(f"{row['day']}d {row['time']}")

    def _hearing(self) -> Iterator[Event]:
        """Voices are heard a few minutes after they were said, read and grouped at once."""
        for row in self.voices:
            said = self._said(row)
            delay = timedelta(minutes=0 if "minutes_ago" in row else 4)
            yield said + delay, partial(self._hear, row, said)

    def _hear(self, row: dict[str, Any], said: datetime, at: datetime) -> None:
        source, _new = Source.objects.get_or_create(
            name=row["source"], defaults={"kind": row["kind"]}
        )
        entry = Entry(
            guid=row["id"],
            title=row["title"],
            text=row["text"],
            url=row.get("url", ""),
            said_at=said,
            precision="minute",
            author=row["author"],
            likes=row["likes"],
            dislikes=0,
            platform="",
            place="",
        )
        for voice in hear(source, [entry], now=at).added:
            self.stories[voice] = row["story"]
        read_due(now=at)
        gather_due(now=at)

    def _not_ours(self) -> Iterator[Event]:
        for row in self.script["notours"]:
            yield self.moment(row["at"]), partial(self._put_aside, row)

    def _put_aside(self, row: dict[str, Any], at: datetime) -> None:
        issue = self.issue_of(row["story"], at)
        not_ours(issue, row["reason"], by=self.people["duty"], now=at)

    def _watching(self) -> Iterator[Event]:
        """Each evening and while the emergency goes on, the office looks at its alerts."""
        for days in range(28, 0, -1):
            evening = self.moment(f"-{days}d 20:30")
            yield evening, self._judge if days == 1 else self._weigh
            yield evening + timedelta(minutes=8), self._look
        yield self.now - timedelta(minutes=45), self._look

    def _weigh(self, at: datetime) -> None:
        while heat_due(now=at):
            pass

    def _judge(self, at: datetime) -> None:
        learn_growth(now=at)
        judge_growth(now=at)
        self._weigh(at)

    def _look(self, at: datetime) -> None:
        """The duty officer knows of every alert, and confirms those of cases on hand."""
        duty = self.people["duty"]
        for alert in Alert.objects.filter(ended_at=None, acknowledged_at=None):
            acknowledge(alert, by=duty, now=at)
        taken = Case.objects.filter(state__in=OPEN).values("issue")
        for alert in Alert.objects.filter(ended_at=None, confirmed_at=None, issue__in=taken):
            confirm_alert(alert, colour=alert.colour, reason="", by=duty, now=at)

    def issue_of(self, story: str, at: datetime) -> Issue:
        """The issue of a story. Where the machine made several, or put another story's voices
        with it, the duty officer puts that right, as people do."""
        voices = {voice for voice, name in self.stories.items() if name == story}
        parts: dict[int, list[int]] = defaultdict(list)
        found = Belonging.objects.filter(voice__in=voices).order_by("voice")
        for issue, voice in found.values_list("issue", "voice"):
            parts[issue].append(voice)
        whole = [self._own(Issue.objects.get(pk=pk), parts[pk], at) for pk in parts]
        main = max(whole, key=lambda issue: (issue.messages, -issue.pk))
        for other in whole:
            if other.pk != main.pk:
                main = merge(other, main, by=self.people["duty"], now=at)
        return main

    def _own(self, issue: Issue, voices: list[int], at: datetime) -> Issue:
        """The issue itself when these voices are all it has or lead in it, else a split."""
        if len(voices) == issue.messages:
            return issue
        stories = Counter(
            self.stories[voice] for voice in issue.belongings.values_list("voice", flat=True)
        )
        mine = self.stories[voices[0]]
        by = self.people["duty"]
        if stories.most_common(1)[0][0] != mine:
            return split(issue, voices, title="", by=by, now=at)
        for other in stories:
            if other not in ("", mine):
                strangers = [v for v, name in self.stories.items() if name == other]
                split(issue, strangers, title="", by=by, now=at)
        return Issue.objects.get(pk=issue.pk)
