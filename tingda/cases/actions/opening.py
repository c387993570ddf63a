"""Taking on: a person opens a case; by a rule that goes by itself, in the name of its owner."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.cases import queries, rules
from tingda.cases.actions.casework import line, locked, move
from tingda.cases.actions.deadlines import follow_grade, set_deadlines
from tingda.cases.actions.referrals import Asked, send
from tingda.cases.models import Case, Route
from tingda.cases.queries.routing import suggest
from tingda.collect.actions.evidence import ask_for_evidence
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.lib.masks import masked
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Institution, Person, Unit

EVIDENCE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a case is opened with; `route` where a rule opens it."""

    title: str
    kind: str
    grade: str
    unit: Unit
    owner: Person
    route: Route | None = None


@transaction.atomic
def open_case(
    about: Issue | Voice,
    *,
    title: str,
    kind: str,
    grade: str,
    unit: Unit,
    by: Person,
    now: datetime,
) -> Case:
    """Take on an issue or a single voice; `by` becomes its owner.

    Where the rule that takes it goes by itself, and the person chose the unit that it names, the
    unit is asked at once.
    """
    if not by.may("take_on"):
        raise Refused(_("只有值班员可以立为事项"))
    case = _open(about, _Wanted(title, kind, grade, unit, by), now)
    if Route.objects.filter(active=True, at_once=True, unit=unit).exists():
        found = suggest(case)
        if found.route and found.route.at_once and found.unit == unit:
            send_by_rule(case, found.route, now=now)
    return case


@transaction.atomic
def open_by_rule(voice: Voice, route: Route, *, now: datetime) -> Case:
    """Open a case from a voice that a rule takes, with the kind and grade that the rule's owner
    gave such matters, and ask its unit. A person has to confirm the grade before it is closed."""
    # nobody reads the title before the unit does
    unit, title = route.unit, masked(voice.headline.strip()) or route.name
    case = _open(voice, _Wanted(title, route.kind, route.grade, unit, route.owner, route), now)
    return send_by_rule(case, route, now=now)


def send_by_rule(case: Case, route: Route, *, now: datetime) -> Case:
    """Ask the unit of a rule what its owner wrote for such matters."""
    case = locked(case)
    move(case, "refer", by=None)
    send(case, Asked(route.unit, route.asks, route.person, route), by=route.owner, now=now)
    return case


def _open(about: Issue | Voice, wanted: _Wanted, now: datetime) -> Case:
    wanted.unit.must_be_open()
    rules.check_sort(wanted.kind, wanted.grade)
    title = rules.written(wanted.title, _("请写题目"))
    number = _next_number(now)
    where = {"issue": about} if isinstance(about, Issue) else {"voice": about}
    if other := queries.open_case_about(about):
        raise Refused(_("已经立为事项 %(number)s"), number=other.number)
    case = Case.objects.create(
        number=number,
        title=title[:200],
        unit=wanted.unit,
        owner=wanted.owner,
        kind=wanted.kind,
        grade=wanted.grade,
        state="taken",
        heard_at=about.heard_at,
        opened_at=now,
        unconfirmed=wanted.route is not None,
        **where,
    )
    set_deadlines(case)
    follow_grade(case, now)
    data = {
        "number": number,
        "kind": wanted.kind,
        "grade": wanted.grade,
        "unit": wanted.unit.name,
    } | ({"rule": wanted.route.name, "owner": wanted.owner.name} if wanted.route else {})
    by = None if wanted.route else wanted.owner
    line("case.opened", case, data, by=by, now=now, public=True)
    # the pages of many voices are asked for by the worker, so that nobody waits for it here
    first = queries.voices_of(case).values_list("pk", flat=True)[:EVIDENCE_AT_ONCE]
    ask_for_evidence(first, case.thread, now=now)
    return case


def _next_number(now: datetime) -> str:
    """Numbers without gaps, by year: 2026-0147. The one institution row serialises the takers."""
    Institution.objects.select_for_update().get(pk=1)
    year = now.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    last = Case.objects.filter(number__startswith=f"{year}-").order_by("-id").first()
    return rules.number_after(year, last.number if last else "")
