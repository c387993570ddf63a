"""What waits for one person, by time limit. A row is shown only to somebody who can act on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext

from tingda.answers.models import Answer, Version
from tingda.answers.queries import awaiting_release, corrections_awaiting
from tingda.cases.models import Deadline
from tingda.cases.queries import (
    late_referrals,
    next_due,
    of_cases_for,
    open_cases,
    open_promises,
)
from tingda.cases.queries.clocks import asked_extensions
from tingda.cases.queries.routing import broken_routes, undecided
from tingda.cases.rules import STAGES, STATES
from tingda.detect.models import Alert
from tingda.detect.queries import standing_alerts
from tingda.duty.queries import may_be_on, swaps_to_answer, to_take_over, unsigned_for
from tingda.lib.words import mark as _
from tingda.notify.models import Notice
from tingda.notify.queries import sentence, unread_for
from tingda.people.models import Person
from tingda.people.queries import in_language
from tingda.web.owed import owed_by
from tingda.web.routing_words import trouble_text
from tingda.web.templatetags.tingda import ago, when
from tingda.web.told import address_of, page_of, title_of

MOST = 30  # of one kind, as many as 今日 shows of all; what is beyond is found on its own page
SOON = F("next_due").asc(nulls_last=True)
NEAR = timedelta(hours=24)
PROMISE_NEAR = timedelta(days=3)
# what is read of a row: no more than is shown, for most of many rows are cut off again
OF_CASE, UNIT = ("case_id", "case__title"), ("unit__name", "unit__name_en")
UNIT_OF_CASE = ("case__unit__name", "case__unit__name_en")


# Words that are put together when they are shown: of many rows few are.
_when_shown: Callable[[Callable[[], str]], str] = lazy(lambda say: say(), str)


@dataclass(frozen=True)
class Need:
    """One row. Without a `tag` the time left until `due` is shown; `notice` can be put away, of
    `alert` somebody says that they know."""

    title: str
    href: str
    detail: str
    due: datetime | None = None
    tag: str = ""
    colour: str = ""
    action: str = field(default_factory=lambda: gettext("查看"))
    action_href: str = ""
    primary: bool = False
    first: bool = False
    objected: bool = False
    notice: int = 0
    alert: int = 0
    told_at: datetime | None = None


def needs_of(person: Person, now: datetime) -> list[Need]:
    """Everything that waits for this person: red alerts first, then by time limit."""
    found: list[Need] = [*_duty(person, now)]
    if person.may("take_on"):
        found += [*_alerts(person, now), *_late_referrals(person, now), *_by_rule(person)]
        found += _promises(person, now)
    if person.may("decide_owner"):
        found += _objected(person)
    if person.may("take_on") or person.may("configure"):
        found += _broken_routes(person)
    objected = {need.href for need in found if need.objected}
    found += (need for need in _cases(person, now) if need.href not in objected)
    if person.may("release"):
        found += [*_answers(person), *_corrections(person)]
    if person.may("extend"):
        found += _extensions(person)
    found += [Need(**one) for one in owed_by(person, now)]
    found += _notices(person)
    return in_order(found)


def in_order(found: list[Need]) -> list[Need]:
    """Red alerts first, then by time limit."""
    end = datetime.max.replace(tzinfo=timezone.get_default_timezone())
    return sorted(found, key=lambda need: (not need.first, need.due is None, need.due or end))


def _duty(person: Person, now: datetime) -> Iterator[Need]:
    """Swaps that wait for an answer, logs to sign and to take over."""
    if not may_be_on(person):
        return
    fields = ("asker__name", "reason", "mine__shift__starts_at")
    for who, reason, due in swaps_to_answer(person, now).values_list(*fields)[:MOST]:
        yield Need(
            title=gettext("%(who)s想和您换班") % {"who": who},
            href=reverse("duty"),
            detail=reason,
            due=due,
            tag=gettext("等您答复"),
            colour="brand",
            action=gettext("去答复"),
        )
    for tag, shifts in (
        (gettext("等接班"), to_take_over(person, now)),
        (gettext("等交班"), unsigned_for(person, now)),
    ):
        rows = shifts.values_list("pk", "name", "starts_at", "ends_at")
        for pk, name, begins, due in rows[:MOST]:
            yield Need(
                title=gettext("值班日志：%(shift)s") % {"shift": gettext(name)},
                href=page_of("duty-log", pk),
                detail=when(begins),
                due=due,
                tag=tag,
                colour="brand",
                action=gettext("去签字"),
            )


def _alerts(person: Person, now: datetime) -> Iterator[Need]:
    rows = standing_alerts(person).filter(confirmed_at=None)
    rows = rows.annotate(first=Q(colour="red")).order_by("-first", "raised_at", "id")
    fields = ("pk", "colour", "raised_at", "acknowledged_at", "issue_id", "issue__title")
    found = rows.values_list(*fields, "issue__people", "issue__heard_at")[:MOST]
    for pk, colour, raised, known, issue, title, people, heard in found:
        yield Need(
            title=title,
            href=page_of("issue", issue),
            detail=_when_shown(partial(_not_confirmed, people, heard)),
            due=raised,
            tag=gettext("%(colour)s预警") % {"colour": Alert.Colour(colour).label},
            colour=colour,
            action=gettext("确认预警"),
            action_href=page_of("issue-alert", issue),
            primary=True,
            first=colour == "red",
            alert=0 if known else pk,
        )


def _not_confirmed(people: int, heard: datetime) -> str:
    text = ngettext(
        "%(people)s 人 · 首次听到 %(ago)s · 尚未确认",
        "%(people)s 人 · 首次听到 %(ago)s · 尚未确认",
        people,
    )
    return text % {"people": people, "ago": ago(heard)}


def _late_referrals(person: Person, now: datetime) -> Iterator[Need]:
    rows = late_referrals(person, now)
    for case, title, due, *unit in rows.values_list(*OF_CASE, "due_at", *UNIT)[:MOST]:
        yield Need(
            title=title,
            href=page_of("case", case),
            detail=_when_shown(partial(_not_answered, unit, due)),
            due=due,
        )


def _not_answered(unit: Sequence[str], due: datetime) -> str:
    said = {"unit": in_language(*unit), "due": when(due)}
    return gettext("联系单：%(unit)s · 应于 %(due)s 反馈") % said


def _objected(person: Person) -> Iterator[Need]:
    """Objections that nobody has decided; they stand for their case's own row."""
    rows = undecided(person).values_list(*OF_CASE, "pk", "reason", "answered_at", *UNIT)
    for case, title, pk, reason, answered, *unit in rows[:MOST]:
        href, place = page_of("case", case), f"objection-{pk}"
        yield Need(
            title=title,
            href=href,
            detail=gettext("%(unit)s认为不属于自己：%(reason)s")
            % {"unit": in_language(*unit), "reason": reason},
            due=answered,
            tag=gettext("联系单有异议"),
            colour="orange",
            action=gettext("去决定"),
            action_href=f"{href}?do={place}#{place}",
            objected=True,
        )


def _by_rule(person: Person) -> Iterator[Need]:
    """Cases that a rule opened in this person's name, whose grade nobody has confirmed."""
    rows = open_cases(person).filter(owner=person, unconfirmed=True).order_by("id")
    fields = ("pk", "title", "number", "opened_at")
    for pk, title, number, opened, *unit in rows.values_list(*fields, *UNIT)[:MOST]:
        href = page_of("case", pk)
        yield Need(
            title=title,
            href=href,
            detail=gettext("规则立为事项 %(number)s，已请%(unit)s核实；等级请您确认")
            % {"number": number, "unit": in_language(*unit)},
            due=opened,
            tag=gettext("等级待确认"),
            colour="orange",
            action=gettext("去确认"),
            action_href=f"{href}?do=confirm#confirm",
        )


def _broken_routes(person: Person) -> Iterator[Need]:
    """Rules of where matters go that cannot do their work: nothing is passed over in silence."""
    broken = broken_routes(person)
    if broken:
        route, trouble = broken[0]
        yield Need(
            title=ngettext("%(count)s 条分派规则坏了", "%(count)s 条分派规则坏了", len(broken))
            % {"count": len(broken)},
            href=reverse("settings-routing"),
            detail=gettext("“%(name)s”：%(why)s")
            % {"name": route.name, "why": trouble_text(trouble)},
            tag=gettext("分派不了"),
            colour="red",
            action=gettext("去看"),
            first=True,
        )


def _promises(person: Person, now: datetime) -> Iterator[Need]:
    today = timezone.localdate(now)
    rows = of_cases_for(person, open_promises()).filter(due_on__lte=today + PROMISE_NEAR)
    for case, title, what, day in rows.values_list(*OF_CASE, "what", "due_on")[:MOST]:
        yield Need(
            title=title,
            href=page_of("case", case),
            detail=gettext("承诺：%(what)s") % {"what": what},
            due=timezone.make_aware(datetime.combine(day, time.max)),
            tag="" if day < today else _when_shown(partial(_to_keep, day)),
        )


def _to_keep(day: date) -> str:
    return gettext("%(day)s 前兑现") % {"day": when(day)}


def _cases(person: Person, now: datetime) -> Iterator[Need]:
    near = Deadline.objects.filter(case=OuterRef("pk"), met_at=None, due_at__lt=now + NEAR)
    wanted = Q(pk__in=[])
    if person.may("take_on"):
        wanted |= Q(Exists(near)) | Q(state="taken")
    if person.may("draft"):
        wanted |= Q(state__in=["checked", "drafting"])
    if person.may("release"):  # those stand in the list as answers to sign
        wanted &= ~Q(state="review")
    rows = open_cases(person).filter(wanted).order_by(SOON, "id")
    rows = rows.annotate(next_due=next_due(), stage=next_due(told="stage"))
    cases = list(rows.values_list("pk", "title", "state", "next_due", "stage", *UNIT)[:MOST])
    answers = _underway([pk for pk, *_row in cases]) if person.may("draft") else {}
    for pk, title, state, due, stage, *unit in cases:
        writes = state == "drafting" and pk in answers
        yield Need(
            title=title,
            href=page_of("case", pk),
            detail=_when_shown(partial(_waits, state, unit, stage, due, now)),
            due=due,
            tag="" if due else gettext(STATES[state]),
            action=gettext("继续拟稿") if writes else gettext("查看"),
            action_href=page_of("answer", answers[pk]) if writes else "",
        )


def _underway(cases: list[int]) -> dict[int, int]:
    """The first answer of each case that is not released."""
    rows = Answer.objects.filter(case__in=cases, state__in=["drafting", "review"])
    return dict(rows.order_by("-id").values_list("case_id", "pk"))


_WAITS = {
    "taken": _("已受理，还没有交办"),
    "referred": _("等有关单位反馈"),
    "checked": _("核实齐了，可以拟稿"),
    "drafting": _("正在拟稿"),
    "review": _("回应已拟，待签发（拟稿人不能签发）"),
    "released": _("已签发，正在发布"),
    "published": _("已发布，等待办结"),
}


def _waits(state: str, unit: Sequence[str], stage: str, due: datetime | None, now: datetime) -> str:
    parts = [gettext(_WAITS[state]), in_language(*unit)]
    if due:
        said = gettext("%(stage)s应于 %(due)s 前") if due < now else "%(stage)s"
        parts.append(said % {"stage": gettext(STAGES[stage]), "due": when(due)})
    return " · ".join(parts)


def _answers(person: Person) -> Iterator[Need]:
    wrote = Version.objects.filter(answer=OuterRef("pk"), author=person)
    rows = awaiting_release(person).annotate(next_due=next_due("case"), wrote=Exists(wrote))
    fields = ("pk", "wrote", "submitted_by_id", "next_due", "case__title")
    found = rows.order_by(SOON, "id").values_list(*fields, *UNIT_OF_CASE)[:MOST]
    for pk, wrote_it, by, due, title, *unit in found:
        own = wrote_it or by == person.pk
        yield _to_sign(pk, title, unit, own=own, detail=gettext("回应已拟，待签发"), due=due)


def _corrections(person: Person) -> Iterator[Need]:
    fields = ("answer_id", "drafted_by_id", "text", "answer__case__title")
    unit_of = ("answer__case__unit__name", "answer__case__unit__name_en")
    rows = corrections_awaiting(person).values_list(*fields, *unit_of)
    for pk, by, text, title, *unit in rows[:MOST]:
        detail = gettext("更正待签发：%(text)s") % {"text": text}
        yield _to_sign(pk, title, unit, own=by == person.pk, detail=detail, due=None)


def _extensions(person: Person) -> Iterator[Need]:
    """Longer deadlines that somebody else asked for."""
    rows = of_cases_for(person, asked_extensions()).exclude(asked_by=person)
    found = rows.values_list(*OF_CASE, "stage", "reason", "asked_at")[:MOST]
    for case, title, stage, reason, asked in found:
        yield Need(
            title=title,
            href=page_of("case", case) + "?do=decide#decide",
            detail=gettext("“%(stage)s”申请延期：%(reason)s")
            % {"stage": gettext(STAGES[stage]), "reason": reason},
            due=asked,
            tag=gettext("延期待批"),
            colour="orange",
            action=gettext("去决定"),
            primary=True,
        )


def _to_sign(
    answer: int, title: str, unit: Sequence[str], *, own: bool, detail: str, due: datetime | None
) -> Need:
    rest = gettext("拟稿人不能签发，请另一位签发人签发") if own else in_language(*unit)
    return Need(
        title=title,
        href=page_of("answer", answer),
        detail=f"{detail} · {rest}",
        due=due,
        tag="" if due else gettext("待签发"),
        action=gettext("查看") if own else gettext("签发"),
        primary=not own,
    )


# What stands in the list as a row of its own needs no second line.
_ALERTS = ("alert.level", "alert.escalated")
_AT_ONCE = ("voice.harm", "alert.escalated")  # stand first, and are never folded away
_SHOWN_ANYWAY = (
    "alert.raised",
    "referral.late",
    "referral.objected",
    "answer.submitted",
    "extension.asked",
    "route.broken",
    "case.by_rule",
    "lookback.asked",
)


def _notices(person: Person) -> Iterator[Need]:
    shown = (*_SHOWN_ANYWAY, *_ALERTS) if person.may("take_on") else _SHOWN_ANYWAY
    rows = unread_for(person).exclude(verb__in=shown).annotate(first=Q(verb__in=_AT_ONCE))
    for row in rows.order_by("-first", "-at", "-id")[:MOST]:
        urgent = row.verb in _AT_ONCE
        yield Need(
            title=title_of(row),
            href=address_of(row.link),
            detail=_when_shown(partial(_told, row)),
            tag=gettext("马上看") if urgent else gettext("通知"),
            colour="red" if urgent else "brand",
            first=urgent,
            notice=row.pk,
            told_at=None if urgent else row.at,
        )


def _told(row: Notice) -> str:
    return f"{sentence(row.verb, row.data)} · {when(row.at)}"
