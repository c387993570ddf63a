"""The office's rules of where matters go: changed by a person, watched for faults, and carried out
by themselves where the office says so.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone as zones

from tingda.analyse.models import Intent, WordList
from tingda.cases import queries, rules
from tingda.cases.actions.opening import open_by_rule
from tingda.cases.models import Dispatch, Route
from tingda.cases.queries.routing import Plan, Sent, troubles
from tingda.collect.models import Source, Voice
from tingda.duty.queries import on_duty
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import parse
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Institution, Person, Unit, actor_name
from tingda.people.queries import is_of_the_office
from tingda.people.rules import ADMIN, DUTY

THREAD = "routes"  # every change of a rule is on this thread of the ledger
LOOKED_AT, BATCH = timedelta(hours=1), 50
FRESH = timedelta(days=1)  # what lay longer is not sent by itself any more
JUST_NOW, ALL_AGAIN = timedelta(minutes=15), timedelta(minutes=5)
BY_THEMSELVES = (Source.Kind.HOTLINE, Source.Kind.FORM)
LONGEST_NAME = 100
_TOLD = ("name", "condition", "place", "days", "kind", "grade", "asks", "active", "at_once")


# ---- changing them ----
@transaction.atomic
def add_route(wanted: Route, *, by: Person, now: datetime) -> Route:
    """Keep a new rule at the place that its `order` names, counted from 1."""
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)  # one at a time: places are counted
    _check(wanted)
    wanted.since = now if wanted.at_once else None
    wanted.save()
    _put(wanted)
    _line("route.added", wanted, {}, by, now)
    _tell_owner(wanted, by, now)
    return wanted


@transaction.atomic
def change_route(wanted: Route, revision: int, *, by: Person, now: datetime) -> Route:
    """Change a rule that the person saw in this revision; one that changed since is refused."""
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    before = _as_seen(wanted, revision)
    _check(wanted)
    if wanted.at_once:
        wanted.since = before.since if before.at_once and before.since else now
    else:
        wanted.since = None
    wanted.revision, wanted.checked_at = revision + 1, None
    wanted.save()
    _put(wanted)
    _line("route.changed", wanted, _told(before), by, now)
    if before.owner_id != wanted.owner_id or not before.at_once:
        _tell_owner(wanted, by, now)
    return wanted


@transaction.atomic
def drop_route(route: Route, revision: int, *, by: Person, now: datetime) -> None:
    """Let go of a rule; what went by it keeps its record."""
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    before = _as_seen(route, revision)
    _line("route.dropped", before, _told(before), by, now)
    before.delete()
    _number(list(Route.objects.order_by("order", "id")))


def give_route(route: Route, person: Person, heir: Person, *, by: Person, now: datetime) -> None:
    """Whoever was named in a rule is there no more: the heir answers for it. Matters go to the heir
    by name where the heir is of the same unit, to the unit as a whole otherwise."""
    row = Route.objects.select_for_update(of=("self",)).get(pk=route.pk)
    before = _told(row)
    if row.owner_id == person.pk:
        if row.at_once and not (heir.may("take_on") and is_of_the_office(heir)):
            text = _("%(name)s不在本单位的值班台，不能为直接发出的规则“%(rule)s”负责。请另选一位")
            raise Refused(text, name=heir.name, rule=row.name)
        row.owner = heir
    if row.person_id == person.pk:
        row.person = heir if heir.unit_id == row.unit_id else None
    _kept_by(row, before, by, now)
    if row.owner_id == heir.pk:
        _tell_owner(row, by, now)


def readdress_routes(unit: Unit, into: Unit, *, by: Person, now: datetime) -> None:
    """Rules that sent to a unit that is part of another one now send to that."""
    for row in Route.objects.select_for_update(of=("self",)).filter(unit=unit):
        before = _told(row)
        row.unit = into
        _kept_by(row, before, by, now)


def _kept_by(row: Route, before: dict[str, object], by: Person, now: datetime) -> None:
    row.revision, row.checked_at = row.revision + 1, None
    row.save()
    _line("route.changed", row, before, by, now)


def _as_seen(route: Route, revision: int) -> Route:
    kept = Route.objects.select_for_update(of=("self",)).filter(pk=route.pk).first()
    if kept is None:
        raise Refused(_("这条规则刚被人去掉了"))
    if kept.revision != revision:
        raise Refused(_("这条规则刚被人改过：请看一眼现在的样子，再决定要不要这样改"))
    return kept


def _put(route: Route) -> None:
    rows = list(Route.objects.exclude(pk=route.pk).order_by("order", "id"))
    rows.insert(max(0, route.order - 1), route)
    _number(rows)


def _number(rows: list[Route]) -> None:
    moved = []
    for place, row in enumerate(rows, start=1):
        if row.order != place:
            row.order = place
            moved.append(row)
    Route.objects.bulk_update(moved, ["order"])


def _check(route: Route) -> None:
    """Refuse a rule that could not do its work from the first day."""
    route.name, route.condition = route.name.strip(), route.condition.strip()
    if not route.name or len(route.name) > LONGEST_NAME:
        raise Refused(_("名称要写，最长 %(most)s 个字"), most=LONGEST_NAME)
    if Route.objects.exclude(pk=route.pk).filter(name=route.name).exists():
        raise Refused(_("已有同名的规则：%(name)s"), name=route.name)
    if route.condition:
        parse(route.condition, list(WordList.objects.values_list("name", flat=True)))
    if (route.start is None) != (route.end is None) or (route.start and route.start == route.end):
        raise Refused(_("从几点到几点，两个都写，不能相同；不限就都不写"))
    if route.at_once:
        _check_at_once(route)
    refusals = {
        "unit": _("这个单位已撤，或者没有在用的联络员，发去没有人收"),
        "person": _("这个人不在这个单位，或者已经停用"),
        "topic": _("这个主题已经停用"),
        "source": _("这个来源已经停用"),
        "owner": _("负责人要是还在用的值班员，在本单位的值班台"),
    }
    wrong = troubles([route]).get(route.pk or 0)
    if wrong and route.active:
        raise Refused(refusals[wrong.code])


def _check_at_once(route: Route) -> None:
    if route.topic is None:
        raise Refused(_("直接发出只能用于指定的主题：请选主题"))
    rules.check_sort(route.kind, route.grade)
    route.asks = rules.written(route.asks, _("直接发出的，要先写好请对方核实什么"))
    if not (route.owner.may("take_on") and is_of_the_office(route.owner)):
        raise Refused(_("负责人要是还在用的值班员，在本单位的值班台"))


def _told(route: Route) -> dict[str, object]:
    data: dict[str, object] = {name: getattr(route, name) for name in _TOLD}
    data |= {"order": route.order, "unit": route.unit.name, "owner": route.owner.name}
    data |= {"topic": str(route.topic or ""), "source": str(route.source or "")}
    data |= {"start": str(route.start or ""), "end": str(route.end or "")}
    return data | {"person": route.person.name if route.person else ""}


def _line(verb: str, route: Route, was: dict[str, object], by: Person, now: datetime) -> None:
    names = {"name": route.name, "unit": route.unit.name}
    data = _told(route) | names | {"was": {k: v for k, v in was.items() if _told(route)[k] != v}}
    record(verb, f"route:{route.pk}", thread=THREAD, actor=actor_name(by), now=now, data=data)


def _tell_owner(route: Route, by: Person, now: datetime) -> None:
    """Somebody else made a person answer for what a rule sends by itself."""
    if route.at_once and route.owner != by:
        key, data = f"route.yours:{route.pk}:{route.revision}", {"title": route.name}
        tell([route.owner], "route.yours", key=key, link="routes", now=now, data=data)


# ---- shouting about those that are broken ----
def shout_due(*, now: datetime) -> int:
    """Look at every rule in use once an hour; tell of the broken ones once a day. How many."""
    due = Q(checked_at=None) | Q(checked_at__lt=now - LOOKED_AT)
    rows = Route.objects.filter(due, active=True).select_related(
        "topic", "source", "unit", "person", "owner"
    )
    seen = list(rows)
    wrong = troubles(seen) if seen else {}
    for row in seen:
        if row.pk in wrong:
            key = f"route.broken:{row.pk}:{zones.localdate(now).isoformat()}"
            data = {"title": row.name, "trouble": wrong[row.pk].code}
            tell(_who_hears(), "route.broken", key=key, link="routes", now=now, data=data)
    Route.objects.filter(pk__in=[row.pk for row in seen]).update(checked_at=now)
    return len(wrong)


def _who_hears() -> QuerySet[Person]:
    officers = Person.objects.filter(is_active=True, held_roles__role__in=(DUTY, ADMIN))
    return officers.filter(unit__parent=None).distinct()


# ---- what goes by itself ----
class _Looked:
    """When this process last looked at all that is fresh, and not only at what came just now."""

    at: datetime | None = None


def dispatch_due(*, now: datetime, limit: int = BATCH) -> int:
    """Look once at each voice of the hotline and the form whose topic a rule takes by itself.

    Not at reports of wrongdoing: it may be the unit itself that is reported, so a person sends.
    """
    sending = Route.objects.filter(active=True, at_once=True)
    first = sending.aggregate(first=Min("since"))["first"]
    if first is None:
        return 0
    everything = not (_Looked.at and _Looked.at <= now < _Looked.at + ALL_AGAIN)
    waiting = Voice.objects.filter(
        source__kind__in=BY_THEMSELVES,
        heard_at__gte=max(first, now - (FRESH if everything else JUST_NOW)),
        reading__topic__in=sending.values("topic"),
        reading__repeat_of=None,
        reading__ungathered=False,
        dispatch=None,
    ).exclude(reading__intent=Intent.REPORTS)
    voices = list(
        waiting.select_related("source", "reading", "reading__topic").order_by("id")[:limit]
    )
    if voices:
        for sent in Plan().sent(voices):
            _dispatch(sent, now)
    if everything and len(voices) < limit:
        _Looked.at = now
    return len(voices)


@transaction.atomic
def _dispatch(sent: Sent, now: datetime) -> None:
    voice, route = sent.voice, sent.route
    row, first = Dispatch.objects.get_or_create(voice=voice, defaults={"at": now, "route": route})
    if not first:
        return  # another worker was quicker
    if sent.falls and (route is None or route.at_once):
        row.trouble = "unread" if route is None else "target"
        row.save(update_fields=["trouble"])
        broken = route or sent.unread[0]
        data = {"title": voice.headline, "rule": broken.name}
        key, link = f"route.fell:{voice.pk}", f"voice:{voice.pk}"
        tell(on_duty(now), "route.fell", key=key, link=link, now=now, data=data)
    elif route and route.at_once and route.since and voice.heard_at >= route.since:
        there = queries.case_of_voice(voice)
        if there is None or not there.is_open:
            row.case = open_by_rule(voice, route, now=now)
            row.save(update_fields=["case"])
            key, data = f"case.by_rule:{row.case.pk}", {"title": row.case.title, "rule": route.name}
            link = row.case.thread
            tell([route.owner], "case.by_rule", key=key, link=link, now=now, data=data)
