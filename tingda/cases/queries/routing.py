"""Where matters go by the office's rules: what is suggested and why, which rules are broken, and
where the last voices would have gone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from tingda.analyse.models import WordList
from tingda.analyse.queries import lists_now
from tingda.analyse.queries.bench import host
from tingda.analyse.rules import CHINESE_INTENT as INTENTS
from tingda.cases.models import Case, Objection, Referral, Route
from tingda.cases.queries import of_cases_for, standing_issue
from tingda.cases.queries.clocks import own_days
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.lib.clocks import is_working_day
from tingda.lib.refusal import Refused
from tingda.lib.routing import Hours, Matter, Router, Rule, Way
from tingda.lib.watching.evaluate import Span
from tingda.lib.watching.fold import Said, readable
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import Rule as Words
from tingda.people.models import HeldRole, Person, Unit
from tingda.people.queries import is_of_the_office
from tingda.people.rules import LIAISON, MAY

LAST = 100  # voices that the bench sends on their way
VOICES = 20  # of an issue, that are asked where it goes
LONGEST = 100_000  # characters of a voice that rules look at
NEW = 0  # stands for a rule that is not saved yet


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a rule cannot do its work. `code`: "unread" (its words cannot be read: `message` and
    `params` say why), "topic", "source" (out of use), "unit" (closed, or nobody there to ask),
    "person" (gone, or of another unit now), "owner" (may take on no more)."""

    code: str
    message: str = ""
    params: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Who should be asked. `unit` None: a duty officer has to say, where `route` is set because
    of `trouble`, where there are `unread` because one of those might have taken it.

    `spans` are the words that decided in `voice`; it takes `share[0]` of `share[1]` voices.
    `then` is the next rule that holds and leads elsewhere.
    """

    route: Route | None = None
    unit: Unit | None = None
    person: Person | None = None
    trouble: Trouble | None = None
    unread: tuple[Route, ...] = ()
    voice: Voice | None = None
    spans: tuple[Span, ...] = ()
    share: tuple[int, int] = (0, 0)
    then: Route | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Where one voice goes: by which rule, None where none takes it; `falls` to the desk."""

    voice: Voice
    route: Route | None
    spans: tuple[Span, ...]
    falls: bool
    unread: tuple[Route, ...]

    @property
    def where(self) -> tuple[object, ...]:
        """What is compared when a rule changes."""
        if self.route is None:
            return (None, self.falls)
        return (self.route.pk, self.route.unit_id, self.route.person_id, self.falls)


@dataclass(frozen=True, slots=True)
class Bench:
    """The last voices, and those that go elsewhere than now: (before, after)."""

    sent: Sequence[Sent]
    changed: Sequence[tuple[Sent, Sent]]
    counts: Mapping[int, int]  # by rule
    untaken: int
    fallen: int

    @property
    def taken(self) -> int:
        """Those that a rule takes and sends somewhere."""
        return len(self.sent) - self.untaken - self.fallen

    @property
    def homeless(self) -> int:
        """Those that no rule took."""
        return sum(one.route is None for one in self.sent)


def routes_for(person: Person) -> QuerySet[Route]:
    """All rules in order, for the desk of the whole office."""
    rows = Route.objects.select_related("topic", "source", "unit", "person", "owner")
    return rows if person.is_active and is_of_the_office(person) else rows.none()


# ---- what is wrong with rules ----
def troubles(routes: Iterable[Route]) -> dict[int, Trouble]:
    """What is wrong with each rule, by id; sound ones are left out."""
    asked, taking = _units_with(LIAISON), _holders("take_on")
    at_the_top = {unit for unit, top in taking.values() if top}
    names = _names()
    found = {}
    for route in routes:
        if trouble := _trouble(route, names, asked | at_the_top, taking):
            found[route.pk or NEW] = trouble
    return found


def broken_routes(person: Person) -> list[tuple[Route, Trouble]]:
    """The rules in use that cannot do their work, in order."""
    rows = list(routes_for(person).filter(active=True))
    wrong = troubles(rows) if rows else {}
    return [(row, wrong[row.pk]) for row in rows if row.pk in wrong]


def _trouble(
    route: Route, names: tuple[str, ...], asked: set[int], taking: Mapping[int, tuple[int, bool]]
) -> Trouble | None:
    read = _read(route.condition, names) if route.condition else None
    if isinstance(read, Refused):
        return Trouble("unread", read.message, read.params)
    person = route.person
    wrong = {
        "topic": route.topic and not route.topic.active,
        "source": route.source and not route.source.active,
        "person": person and (not person.is_active or person.unit_id != route.unit_id),
        "unit": route.unit.closed_at or (person is None and route.unit_id not in asked),
        "owner": route.at_once and not taking.get(route.owner_id, (0, False))[1],
    }
    return next((Trouble(code) for code, is_so in wrong.items() if is_so), None)


def _units_with(role: str) -> set[int]:
    held = HeldRole.objects.filter(role=role, person__is_active=True)
    return set(held.values_list("person__unit_id", flat=True))


def _holders(deed: str) -> dict[int, tuple[int, bool]]:
    """Who may do it: their unit, and whether that is the office itself."""
    held = HeldRole.objects.filter(role__in=MAY[deed], person__is_active=True)
    rows = held.values_list("person_id", "person__unit_id", "person__unit__parent_id")
    return {person: (unit, parent is None) for person, unit, parent in rows}


def _names() -> tuple[str, ...]:
    return tuple(WordList.objects.order_by("id").values_list("name", flat=True))


@lru_cache(2048)
def _read(condition: str, lists: tuple[str, ...]) -> Words | Refused:
    try:
        return parse(condition, lists)
    except Refused as refusal:
        return refusal


# ---- where something goes ----
class Plan:
    """The rules in use as they are now, or with one changed, ready for voices."""

    def __init__(self, wanted: Route | None = None, *, without: bool = False) -> None:
        """`wanted` stands in place of its saved self; `without` leaves it out."""
        rows = Route.objects.filter(active=True).order_by("order", "id")
        kept = list(rows.select_related("topic", "source", "unit", "person", "owner"))
        if wanted is not None:
            kept = [row for row in kept if row.pk != wanted.pk]
            if wanted.active and not without:
                before = Route.objects.exclude(pk=wanted.pk).order_by("order", "id")
                ahead = set(before.values_list("pk", flat=True)[: max(0, wanted.order - 1)])
                kept.insert(sum(row.pk in ahead for row in kept), wanted)
        self.routes = {row.pk or NEW: row for row in kept}
        self.troubles = troubles(kept) if kept else {}
        names = _names() if kept else ()
        self._router = Router([_rule(row, names) for row in kept], lists_now() if kept else {})

    def ways(self, voices: Sequence[Voice], about: Issue | None = None) -> list[Way]:
        """Where each voice goes by itself; what is known of its issue holds for it, too."""
        own = own_days() if self.routes else {}
        return self._router.ways([_matter(voice, own, about) for voice in voices])

    def sent(self, voices: Sequence[Voice]) -> list[Sent]:
        """The same as rules, and whether it falls to the desk."""
        return [self._sent(*pair) for pair in zip(voices, self.ways(voices), strict=True)]

    def _sent(self, voice: Voice, way: Way) -> Sent:
        unread = tuple(self.routes[number] for number in way.unread)
        if unread or way.takes is None:
            return Sent(voice, None, (), bool(unread), unread)
        return Sent(voice, self.routes[way.takes], way.spans, way.takes in self.troubles, ())


def suggest(about: Issue | Voice | Case) -> Suggestion:
    """Who should be asked, by the rules as they are now: a person decides."""
    plan = Plan()
    if not plan.routes:
        return Suggestion()
    issue, voices = _said(about)
    ways = plan.ways(voices, issue)
    counts = Counter(way.takes for way in ways if way.takes is not None)
    order = list(plan.routes)
    ranked = sorted(counts, key=lambda number: (-counts[number], order.index(number)))
    unread = [number for number in order if any(number in way.unread for way in ways)]
    if unread:
        first = plan.routes[ranked[0]] if ranked else None
        return Suggestion(unread=tuple(plan.routes[number] for number in unread), then=first)
    if not ranked:
        return Suggestion()
    takes = ranked[0]
    route, trouble = plan.routes[takes], plan.troubles.get(takes)
    at = next(place for place, way in enumerate(ways) if way.takes == takes)
    others = [plan.routes[number] for number in (*ranked[1:], *ways[at].then)]
    return Suggestion(
        route=route,
        unit=None if trouble else route.unit,
        person=None if trouble else route.person,
        trouble=trouble,
        voice=voices[at],
        spans=ways[at].spans,
        share=(counts[takes], len(voices)),
        then=next((one for one in others if one.unit_id != route.unit_id), None),
    )


def bench(wanted: Route | None = None, *, without: bool = False) -> Bench:
    """Where the last voices would have gone; with `wanted`, against the rules as they are."""
    rows = Voice.objects.select_related("source", "reading", "reading__topic")
    voices = list(rows.order_by("-heard_at", "-id")[:LAST])
    sent = Plan(wanted, without=without).sent(voices)
    before = Plan().sent(voices) if wanted is not None else sent
    return Bench(
        sent=sent,
        changed=[pair for pair in zip(before, sent, strict=True) if pair[0].where != pair[1].where],
        counts=Counter(one.route.pk or NEW for one in sent if one.route),
        untaken=sum(one.route is None and not one.falls for one in sent),
        fallen=sum(one.falls for one in sent),
    )


def _said(about: Issue | Voice | Case) -> tuple[Issue | None, list[Voice]]:
    """The issue, and the newest voices, that are asked."""
    if isinstance(about, Case):
        issue, single = standing_issue(about), about.voice_id
    else:
        issue = about if isinstance(about, Issue) else None
        single = about.pk if isinstance(about, Voice) else None
    rows = Voice.objects.select_related("source", "reading", "reading__topic")
    if issue is None:
        return None, list(rows.filter(pk=single)) if single else []
    said = rows.filter(belonging__issue=issue).order_by("belonging__copy", "-at", "-pk")
    return issue, list(said[:VOICES])


def _rule(route: Route, names: tuple[str, ...]) -> Rule:
    read = _read(route.condition, names) if route.condition else None
    works = {"working": True, "off": False}.get(route.days)
    return Rule(
        number=route.pk or NEW,
        words=None if isinstance(read, Refused) else read,
        topic=str(route.topic_id or ""),
        place=route.place,
        source=str(route.source_id or ""),
        hours=Hours(works, route.start, route.end),
        unread=isinstance(read, Refused),
    )


def _matter(voice: Voice, own: Mapping[date, bool], issue: Issue | None) -> Matter:
    reading = getattr(voice, "reading", None)
    topic = (reading and reading.topic_id) or (issue and issue.topic_id)
    places = [voice.place, *([reading.place, *reading.places] if reading else [])]
    local = voice.heard_at.astimezone(ZoneInfo(settings.TIME_ZONE))
    said = Said(
        title=voice.title,
        body=voice.text[:LONGEST],
        site=host(voice.url),
        place=(reading.place if reading else "") or voice.place,
        topic=str(reading.topic) if reading and reading.topic else "",
        intent=INTENTS.get(reading.intent, "") if reading else "",
        urgency=reading.urgency if reading else 0,
        lang=reading.lang if reading else "",
        likes=voice.likes,
        channel=voice.source.kind,
        source=voice.source.name,
    )
    return Matter(
        text=readable(said),
        topic=str(topic or ""),
        places=[str(one) for one in (*places, issue.place if issue else "") if one],
        source=str(voice.source_id),
        at=local.time().replace(tzinfo=None),
        works=works_on(local.date(), own),
    )


def works_on(day: date, own: Mapping[date, bool]) -> bool:
    """Whether the office works on this day."""
    return own[day] if day in own else is_working_day(day)


# ---- objections ----
def deciders(case: Case) -> frozenset[int]:
    """Who may decide whose this case is: of those who may open it (`cases_for`)."""
    parents = dict(Unit.objects.values_list("id", "parent_id"))
    above: set[int] = set()
    unit: int | None = case.unit_id
    while unit is not None and unit not in above:
        above.add(unit)
        unit = parents[unit]
    able = Person.objects.filter(is_active=True, held_roles__role__in=MAY["decide_owner"])
    return frozenset(able.filter(unit__in=above).values_list("pk", flat=True))


def may_decide(person: Person, referral: Referral) -> bool:
    """Whether this person may decide about the objection to this referral."""
    if not person.may("decide_owner"):
        return False
    biased = frozenset({referral.sent_by_id, referral.answered_by_id or 0})
    return person.pk not in biased or not deciders(referral.case) - biased


def undecided(person: Person) -> QuerySet[Referral]:
    """Objections that wait for a decision, of the cases that the person may open, oldest first."""
    rows = Referral.objects.select_related("unit", "case", "sent_by", "answered_by")
    waiting = of_cases_for(person, rows.filter(state=Referral.State.OBJECTED))
    return waiting.exclude(case__state="closed").order_by("answered_at", "id")


def may_object(referral: Referral, now: datetime) -> bool:
    """Whether "not ours" can still be said: in time, and once for a unit in a case."""
    in_time = referral.object_until is None or now <= referral.object_until
    return in_time and not has_objected(referral)


def has_objected(referral: Referral) -> bool:
    """Whether it was put there by a decision, or the unit has said so before in this case."""
    own = Objection.objects.filter(referral__case=referral.case_id, referral__unit=referral.unit_id)
    return Objection.objects.filter(moved_to=referral.pk).exists() or own.exists()
