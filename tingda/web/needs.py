"""What waits for one person, by time limit. A row is shown only to somebody who can act on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext

from tingda.answers.models import Answer
from tingda.answers.queries import awaiting_release, corrections_awaiting
from tingda.cases.models import Case, Deadline, Referral
from tingda.cases.queries import (
    late_referrals,
    next_due,
    of_cases_for,
    open_cases,
    open_promises,
)
from tingda.cases.queries.clocks import asked_extensions
from tingda.cases.queries.routing import broken_routes, undecided
from tingda.detect.models import Issue
from tingda.detect.queries import standing_alerts
from tingda.duty.queries import may_be_on, swaps_to_answer, to_take_over, unsigned_for
from tingda.lib.words import mark as _
from tingda.notify.models import Notice
from tingda.notify.queries import sentence, unread_for
from tingda.people.models import Person
from tingda.web.owed import owed_by
from tingda.web.routing_words import trouble_text
from tingda.web.templatetags.tingda import ago, named, when
from tingda.web.told import address_of, title_of

MOST = 30  # of one kind, as many as 今日 shows of all; what is beyond is found on its own page
SOON = F("next_due").asc(nulls_last=True)
NEAR = timedelta(hours=24)
PROMISE_NEAR = timedelta(days=3)


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
    for swap in swaps_to_answer(person, now)[:MOST]:
        shift = swap.mine.shift if swap.mine else None
        yield Need(
            title=gettext("%(who)s想和您换班") % {"who": swap.asker.name},
            href=reverse("duty"),
            detail=swap.reason,
            due=shift.starts_at if shift else None,
            tag=gettext("等您答复"),
            colour="brand",
            action=gettext("去答复"),
        )
    for row, tag in [
        *((one, gettext("等接班")) for one in to_take_over(person, now)[:MOST]),
        *((one, gettext("等交班")) for one in unsigned_for(person, now)[:MOST]),
    ]:
        yield Need(
            title=gettext("值班日志：%(shift)s") % {"shift": gettext(row.name)},
            href=reverse("duty-log", args=[row.pk]),
            detail=when(row.starts_at),
            due=row.ends_at,
            tag=tag,
            colour="brand",
            action=gettext("去签字"),
        )


def _alerts(person: Person, now: datetime) -> Iterator[Need]:
    rows = standing_alerts(person).filter(confirmed_at=None).select_related(None)
    rows = rows.annotate(first=Q(colour="red")).order_by("-first", "raised_at", "id")
    for alert in rows.select_related("issue")[:MOST]:
        issue = alert.issue
        yield Need(
            title=issue.title,
            href=reverse("issue", args=[issue.pk]),
            detail=_when_shown(partial(_not_confirmed, issue)),
            due=alert.raised_at,
            tag=gettext("%(colour)s预警") % {"colour": alert.get_colour_display()},
            colour=alert.colour,
            action=gettext("确认预警"),
            action_href=reverse("issue-alert", args=[issue.pk]),
            primary=True,
            first=alert.colour == "red",
            alert=0 if alert.acknowledged_at else alert.pk,
        )


def _not_confirmed(issue: Issue) -> str:
    text = ngettext(
        "%(people)s 人 · 首次听到 %(ago)s · 尚未确认",
        "%(people)s 人 · 首次听到 %(ago)s · 尚未确认",
        issue.people,
    )
    return text % {"people": issue.people, "ago": ago(issue.heard_at)}


def _late_referrals(person: Person, now: datetime) -> Iterator[Need]:
    rows = late_referrals(person, now).select_related(None).select_related("case", "unit")
    for row in rows[:MOST]:
        yield Need(
            title=row.case.title,
            href=reverse("case", args=[row.case_id]),
            detail=_when_shown(partial(_not_answered, row)),
            due=row.due_at,
        )


def _not_answered(row: Referral) -> str:
    said = {"unit": named(row.unit), "due": when(row.due_at)}
    return gettext("联系单：%(unit)s · 应于 %(due)s 反馈") % said


def _objected(person: Person) -> Iterator[Need]:
    """Objections that nobody has decided; they stand for their case's own row."""
    for row in undecided(person)[:MOST]:
        href, place = reverse("case", args=[row.case_id]), f"objection-{row.pk}"
        yield Need(
            title=row.case.title,
            href=href,
            detail=gettext("%(unit)s认为不属于自己：%(reason)s")
            % {"unit": named(row.unit), "reason": row.reason},
            due=row.answered_at,
            tag=gettext("联系单有异议"),
            colour="orange",
            action=gettext("去决定"),
            action_href=f"{href}?do={place}#{place}",
            objected=True,
        )


def _by_rule(person: Person) -> Iterator[Need]:
    """Cases that a rule opened in this person's name, whose grade nobody has confirmed."""
    rows = open_cases(person).filter(owner=person, unconfirmed=True).order_by("id")
    for row in rows[:MOST]:
        href = reverse("case", args=[row.pk])
        yield Need(
            title=row.title,
            href=href,
            detail=gettext("规则立为事项 %(number)s，已请%(unit)s核实；等级请您确认")
            % {"number": row.number, "unit": named(row.unit)},
            due=row.opened_at,
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
    for row in rows[:MOST]:
        late = row.due_on < today
        yield Need(
            title=row.case.title,
            href=reverse("case", args=[row.case_id]),
            detail=gettext("承诺：%(what)s") % {"what": row.what},
            due=timezone.make_aware(datetime.combine(row.due_on, time.max)),
            tag="" if late else gettext("%(day)s 前兑现") % {"day": when(row.due_on)},
        )


def _cases(person: Person, now: datetime) -> Iterator[Need]:
    near = Deadline.objects.filter(case=OuterRef("pk"), met_at=None, due_at__lt=now + NEAR)
    wanted = Q(pk__in=[])
    if person.may("take_on"):
        wanted |= Q(Exists(near)) | Q(state="taken")
    if person.may("draft"):
        wanted |= Q(state__in=["checked", "drafting"])
    if person.may("release"):  # those stand in the list as answers to sign
        wanted &= ~Q(state="review")
    underway = Answer.objects.filter(state__in=["drafting", "review"])
    rows = open_cases(person).filter(wanted).select_related(None).select_related("unit")
    rows = rows.prefetch_related(
        Prefetch("deadlines", _open_deadlines(), to_attr="open_deadlines"),
        Prefetch("answers", underway, to_attr="underway"),
    )
    rows = rows.annotate(next_due=next_due()).order_by(SOON, "id")
    return (_case(case, person, now) for case in rows[:MOST])


def _open_deadlines() -> QuerySet[Deadline]:
    return Deadline.objects.filter(met_at=None).order_by("due_at")


_WAITS = {
    "taken": _("已受理，还没有交办"),
    "referred": _("等有关单位反馈"),
    "checked": _("核实齐了，可以拟稿"),
    "drafting": _("正在拟稿"),
    "review": _("回应已拟，待签发（拟稿人不能签发）"),
    "released": _("已签发，正在发布"),
    "published": _("已发布，等待办结"),
}


def _case(case: Case, person: Person, now: datetime) -> Need:
    deadlines: list[Deadline] = getattr(case, "open_deadlines", [])
    underway: list[Answer] = getattr(case, "underway", [])
    writes = bool(underway) and case.state == "drafting" and person.may("draft")
    href = reverse("case", args=[case.pk])
    return Need(
        title=case.title,
        href=href,
        detail=_when_shown(partial(_waits, case, deadlines[0] if deadlines else None, now)),
        due=deadlines[0].due_at if deadlines else None,
        tag="" if deadlines else gettext(case.state_name),
        action=gettext("继续拟稿") if writes else gettext("查看"),
        action_href=reverse("answer", args=[underway[0].pk]) if writes else "",
    )


def _waits(case: Case, deadline: Deadline | None, now: datetime) -> str:
    parts = [gettext(_WAITS[case.state]), named(case.unit)]
    if deadline:
        stage = gettext(deadline.stage_name)
        said = gettext("%(stage)s应于 %(due)s 前") if deadline.due_at < now else "%(stage)s"
        parts.append(said % {"stage": stage, "due": when(deadline.due_at)})
    return " · ".join(parts)


def _answers(person: Person) -> Iterator[Need]:
    rows = awaiting_release(person).annotate(next_due=next_due("case"))
    for row in rows.order_by(SOON, "id")[:MOST]:
        own = person.pk in {version.author_id for version in row.versions.all()}
        yield _to_sign(
            row,
            row.case,
            own=own or person.pk == row.submitted_by_id,
            detail=gettext("回应已拟，待签发"),
            due=row.next_due,
        )


def _corrections(person: Person) -> Iterator[Need]:
    for row in corrections_awaiting(person)[:MOST]:
        yield _to_sign(
            row.answer,
            row.answer.case,
            own=person.pk == row.drafted_by_id,
            detail=gettext("更正待签发：%(text)s") % {"text": row.text},
            due=None,
        )


def _extensions(person: Person) -> Iterator[Need]:
    """Longer deadlines that somebody else asked for."""
    rows = of_cases_for(person, asked_extensions()).exclude(asked_by=person)
    for row in rows[:MOST]:
        yield Need(
            title=row.case.title,
            href=reverse("case", args=[row.case_id]) + "?do=decide#decide",
            detail=gettext("“%(stage)s”申请延期：%(reason)s")
            % {"stage": gettext(row.stage_name), "reason": row.reason},
            due=row.asked_at,
            tag=gettext("延期待批"),
            colour="orange",
            action=gettext("去决定"),
            primary=True,
        )


def _to_sign(answer: Answer, case: Case, *, own: bool, detail: str, due: datetime | None) -> Need:
    href = reverse("answer", args=[answer.pk])
    rest = gettext("拟稿人不能签发，请另一位签发人签发") if own else named(case.unit)
    return Need(
        title=case.title,
        href=href,
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
