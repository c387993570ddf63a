"""A made-up office of any size, for measuring."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from tingda.analyse.models import Reading, Topic
from tingda.answers.models import Answer, Version
from tingda.cases import rules
from tingda.cases.models import Case, Deadline, Promise, Referral
from tingda.collect.models import Check, Source, Voice
from tingda.detect.models import Alert, Belonging, Gathering, Issue
from tingda.ledger.actions import record
from tingda.lib.search import pairs, tsvector
from tingda.people.actions import add_person, add_unit
from tingda.people.models import Person, Unit

CHUNK = 2000
DAYS = 60  # the voices were heard in the last so many days
VOICES_AN_ISSUE = 8
LARGE = (0.02, 0.01, 0.005, 0.003, 0.002)  # what part of all voices the largest issues hold
LARGEST, LARGEST_PART = 5_000, 0.2  # voices the first of them has, unless that is more than a part
CASES, SOURCES, CHECKS, LINES_A_CASE = 300, 20, 50, 10
COMMON, RARE = "路灯", "鸬鹚"  # a word of every tenth voice, and one of every ten-thousandth
RARE_EVERY = 10_000

PLACES = [f"{way}{kind}" for way in "东西南北新旧桥河" for kind in ("街", "门里", "坡村", "湾小区")]
_WHEN = ["昨晚", "上周", "今天一早", "这个月", "放学时", "下雨以后", "过节那几天", "从开春起"]
_MATTERS = [
    ("路灯", "一到晚上就不亮，老人走路看不清"),
    ("井盖", "松了，车一过就响，怕有人踩空"),
    ("自来水", "发黄，有铁锈味，烧开了还有沉淀"),
    ("垃圾桶", "满了几天没人清，味道很大"),
    ("公交车", "要等四十分钟，时刻表和实际对不上"),
    ("食堂的饭", "送到教室已经凉了，孩子吃不饱"),
    ("暖气", "只有十五度，报修了也没有人来"),
    ("工地", "半夜还在打桩，整栋楼都睡不着"),
    ("医院挂号", "排队要一上午，机器总是坏"),
    ("补贴", "说好月底到账，到现在还没有收到"),
]
_WISHES = ["请问什么时候能修好？", "希望有人来看看。", "打过电话，没有回音。", "盼答复。", "谢谢。"]


@dataclass(frozen=True)
class MadeUp:
    """What nobody said: the same number always gives the same words."""

    title: str
    text: str
    place: str
    matter: int


def made_up(number: int) -> MadeUp:
    """One voice, unlike every other."""
    chance = random.Random(number)  # noqa: S311 - words, not secrets
    matter = number % len(_MATTERS)
    what, wrong = _MATTERS[matter]
    place = chance.choice(PLACES)
    rare = RARE if number % RARE_EVERY == 1 else ""
    house = f"{place}{chance.randint(1, 400)}号"
    said = [
        f"{chance.choice(_WHEN)}{house}旁边的{what}{wrong}{rare}。",
        f"我家在{chance.randint(1, 30)}单元，已经第{chance.randint(1, 90)}次碰到了。",
        chance.choice(_WISHES),
        f"（{number}）",
    ]
    return MadeUp(f"{place}{what}的问题，第{number}件", "".join(said), place, matter)


@dataclass
class _Sum:
    """What stands on one issue while its voices are made."""

    messages: int = 0
    people: set[str] = field(default_factory=set)
    first: int = -1
    first_voice: int = 0
    copies: int = 0
    last: int = 0


class Office:
    """Fills an empty database. Straight into the tables: this measures pages, not grouping."""

    def __init__(self, voices: int, now: datetime) -> None:
        self.voices, self.now = voices, now
        self.issues = max(len(LARGE) + 1, voices // VOICES_AN_ISSUE)
        self.chance = random.Random(1)  # noqa: S311 - numbers, not secrets
        self.topics = list(Topic.objects.values_list("pk", flat=True)[: len(_MATTERS)])
        self.sums: dict[int, _Sum] = defaultdict(_Sum)

    @transaction.atomic
    def fill(self) -> Person:
        """Everything the pages of the desk show. Returns the duty officer who looks at them."""
        office = add_unit("office", "测速中心", by=None, now=self.now)
        units = [
            add_unit(f"u{n}", f"第{n}办", parent=office, by=None, now=self.now) for n in range(8)
        ]
        duty = add_person(
            "duty", "值班员", office, ["duty", "auditor"], password="", by=None, now=self.now
        )
        sources = self._sources()
        of = [self._issue_of(number) for number in range(self.voices)]
        for start in range(0, self.voices, CHUNK):
            self._hear(range(start, min(start + CHUNK, self.voices)), of, sources)
        self._group(of)
        self._alerts()
        self._cases(units, duty)
        return duty

    def _sources(self) -> list[Source]:
        rows = [Source(kind="feed", name=f"来源{n}", next_due=self.now) for n in range(SOURCES)]
        made = Source.objects.bulk_create(rows)
        Check.objects.bulk_create(
            Check(source=source, at=self.now - timedelta(hours=n), outcome="nothing")
            for source in made
            for n in range(CHECKS)
        )
        return made

    def _at(self, number: int) -> datetime:
        return self.now - timedelta(days=DAYS) * ((self.voices - number) / self.voices)

    def _issue_of(self, number: int) -> int:
        """Its issue from 1: the first ones are large, the rest about equal."""
        drawn = self.chance.random()
        largest = max(LARGE[0], min(LARGEST / self.voices, LARGEST_PART))
        for place, part in enumerate((largest, *LARGE[1:]), start=1):
            drawn -= part
            if drawn < 0:
                return place
        return self.chance.randint(len(LARGE) + 1, self.issues)

    def _author(self, number: int) -> str:
        return f"a{number * 7919 % max(self.voices * 3 // 4, 1)}"

    def _hear(self, numbers: range, of: Sequence[int], sources: Sequence[Source]) -> None:
        said = {number: made_up(number) for number in numbers}
        rows = [
            Voice(
                source=sources[number % len(sources)],
                identity=f"{number}",
                title=one.title,
                text=one.text,
                heard_at=self._at(number),
                at=self._at(number),
                author_hash=self._author(number),
                unread=False,
            )
            for number, one in said.items()
        ]
        made = Voice.objects.bulk_create(rows)
        for number, voice in zip(numbers, made, strict=True):
            total = self.sums[of[number]]
            total.messages += 1
            total.people.add(self._author(number))
            if total.first < 0:
                total.first, total.first_voice = number, voice.pk
            total.last = number
            total.copies += self._is_copy(number, of[number])
        Reading.objects.bulk_create(
            self._reading(number, voice, of[number])
            for number, voice in zip(numbers, made, strict=True)
        )
        self._searchable(made)

    def _is_copy(self, number: int, issue: int) -> bool:
        """Every twentieth repeats what its issue began with."""
        return number % 20 == 0 and number != self.sums[issue].first

    def _reading(self, number: int, voice: Voice, issue: int) -> Reading:
        one = made_up(number)
        original = self.sums[issue].first_voice if self._is_copy(number, issue) else voice.pk
        return Reading(
            voice=voice,
            topic_id=self.topics[one.matter % len(self.topics)] if self.topics else None,
            place=one.place,
            places=[one.place],
            why={"topic": [[0, 2, "title"]], "place": [[0, len(one.place), "title"]]},
            digest=f"{original:032x}",
            repeat_of_id=original if original != voice.pk else None,
            terms=f"{one.place} {_MATTERS[one.matter][0]}",
            read_at=self.now,
            ungathered=False,
        )

    def _searchable(self, voices: Sequence[Voice]) -> None:
        sql = "INSERT INTO analyse_search (rowid, pairs) VALUES (%s, %s)"
        rows = [(voice.pk, pairs(f"{voice.title}\n{voice.text}")) for voice in voices]
        if connection.vendor == "postgresql":
            sql = "INSERT INTO analyse_search (rowid, pairs) VALUES (%s, %s::tsvector)"
            rows = [(voice, tsvector(words)) for voice, words in rows]
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    def _group(self, of: Sequence[int]) -> None:
        rows = {number: self._issue(number) for number in sorted(self.sums)}
        Issue.objects.bulk_create(rows.values(), batch_size=CHUNK)
        first = Voice.objects.order_by("id").values_list("id", flat=True)[0]
        for start in range(0, self.voices, CHUNK):
            Belonging.objects.bulk_create(
                Belonging(
                    voice_id=first + number,
                    issue=rows[of[number]],
                    at=self._at(number),
                    author_hash=self._author(number),
                    copy=self._is_copy(number, of[number]),
                    why={"terms": [_MATTERS[number % len(_MATTERS)][0]]},
                    stamp=start // CHUNK + 1,
                )
                for number in range(start, min(start + CHUNK, self.voices))
            )
        Gathering.objects.filter(pk=1).update(stamp=self.voices // CHUNK + 1)

    def _issue(self, number: int) -> Issue:
        total = self.sums[number]
        one = made_up(total.first)
        return Issue(
            title=one.title,
            topic_id=self.topics[one.matter % len(self.topics)] if self.topics else None,
            place=one.place,
            first_at=self._at(total.first),
            last_at=self._at(total.last),
            heard_at=self._at(total.first),
            messages=total.messages,
            people=len(total.people),
            copies=total.copies,
        )

    def _alerts(self) -> None:
        voice = Voice.objects.values_list("pk", flat=True)[0]
        why = {"danger": [[0, 2, "title"]], "voice": voice}
        Alert.objects.bulk_create(
            Alert(
                issue=issue,
                colour="red",
                why=why,
                raised_at=issue.heard_at,
                confirmed_at=self.now if n % 3 else None,
            )
            for n, issue in enumerate(Issue.objects.order_by("-id")[:60])
        )

    def _cases(self, units: Sequence[Unit], duty: Person) -> None:
        states = list(rules.STATES)
        about = list(Issue.objects.order_by("-people", "-id")[:CASES])
        rows = [
            Case(
                number=f"{self.now.year}-{n + 1:04d}",
                title=issue.title,
                issue=issue,
                unit=units[n % len(units)],
                owner=duty,
                kind="public_concern",
                grade="ordinary",
                state=states[n % len(states)],
                heard_at=issue.heard_at,
                opened_at=issue.heard_at,
                closed_at=self.now if n % len(states) == len(states) - 1 else None,
            )
            for n, issue in enumerate(about)
        ]
        cases = Case.objects.bulk_create(rows)
        self._work(cases, units, duty)
        self._answers(cases, duty)
        for turn in range(LINES_A_CASE):
            for case in cases:
                data = {"unit": case.unit.name, "number": case.number}
                verb = "referral.sent" if turn else "case.opened"
                record(verb, case.thread, actor=duty.name, now=self.now, public=not turn, data=data)

    def _work(self, cases: Sequence[Case], units: Sequence[Unit], duty: Person) -> None:
        Deadline.objects.bulk_create(
            Deadline(
                case=case,
                stage=stage,
                due_at=self.now + timedelta(days=n % 11 - 3, hours=9 * place),
                met_at=None if case.is_open and n % 3 else self.now,
                how={"start": self.now.isoformat(), "amount": 5, "kind": "workdays", "steps": []},
            )
            for n, case in enumerate(cases)
            for place, stage in enumerate(list(rules.STAGES)[:3])
        )
        Referral.objects.bulk_create(
            Referral(
                case=case,
                unit=units[(n + turn) % len(units)],
                asks="请核实现场情况，并说明打算怎么办。",
                sent_by=duty,
                sent_at=self.now - timedelta(days=5),
                due_at=self.now + timedelta(days=n % 9 - 2),
                state=Referral.State.ANSWERED if n % 3 else Referral.State.SENT,
            )
            for n, case in enumerate(cases)
            for turn in range(2)
        )
        Promise.objects.bulk_create(
            Promise(case=case, what="修好", due_on=self.now.date() + timedelta(n), made_at=self.now)
            for n, case in enumerate(cases[::5])
        )

    def _answers(self, cases: Sequence[Case], duty: Person) -> None:
        has = [case for case in cases if case.state in ("drafting", "review", "published")]
        answers = Answer.objects.bulk_create(
            Answer(
                case=case,
                state=case.state,
                made_at=self.now,
                published_at=self.now if case.state == "published" else None,
            )
            for case in has
        )
        Version.objects.bulk_create(
            Version(
                answer=answer,
                number=number,
                title=answer.case.title,
                heard="大家反映晚上看不清。",
                found="查到线路老化。",
                author=duty,
                at=self.now,
            )
            for answer in answers
            for number in (1, 2)
        )
