"""The only writers of issues and alerts. One process groups at a time; people decide."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, QuerySet

from tingda.analyse.models import Reading
from tingda.collect.models import Voice
from tingda.detect.models import Alert, Apart, Belonging, Gathering, Issue
from tingda.detect.rules import Grouper, Item, Placed
from tingda.ledger.actions import record
from tingda.lib.headline import Said, headline
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name
from tingda.people.queries import people_with

BATCH = 500
RETITLED_UP_TO = 20  # a title still changes while an issue is small


class Memory:
    """What this process knows of the grouping: a copy of the tables, kept current by stamp."""

    def __init__(self) -> None:
        self.grouper = Grouper()
        self.stamp = 0

    def catch_up(self) -> None:
        """Learn what was grouped, moved, merged or pulled apart since the last look."""
        changed = Belonging.objects.filter(stamp__gt=self.stamp).order_by("stamp", "voice_id")
        rows = changed.select_related("voice", "voice__reading")
        for row in rows.iterator(2000):
            self.grouper.load([_item(row.voice.reading, row.voice)], [row.issue_id])
            self.stamp = row.stamp
        for one, other in Apart.objects.values_list("one", "other"):
            self.grouper.keep_apart(one, other)


_memory: Memory | None = None


def gather_due(*, now: datetime, limit: int = BATCH) -> int:
    """Group the readings that are owed it, in the order they were heard; how many were grouped.

    A batch stands or falls together. What went wrong half-way is forgotten and read again from
    the tables, so the process never believes what the database does not hold.
    """
    global _memory
    memory = _memory or Memory()
    _memory = None
    with transaction.atomic():
        gathering = _hold(wait=False)
        if gathering is None:
            return 0  # another process is at it
        if memory.stamp > gathering.stamp:  # the database is older than we: a backup came back
            memory = Memory()
        memory.catch_up()
        owed = Reading.objects.filter(ungathered=True).select_related("voice", "voice__source")
        readings = list(owed.order_by("voice_id")[:limit])
        if readings:
            _place(memory, gathering, readings, now)
    _memory = memory
    return len(readings)


def _hold(*, wait: bool = True) -> Gathering | None:
    rows = Gathering.objects.filter(pk=1)
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=not wait)
    return rows.first()


def _item(reading: Reading, voice: Voice) -> Item:
    return Item(
        key=voice.pk,
        terms=tuple(reading.terms.split()),
        places=tuple(reading.places),
        digest=reading.digest,
        said_at=voice.at,
    )


def _place(
    memory: Memory, gathering: Gathering, readings: Sequence[Reading], now: datetime
) -> None:
    of = {row.voice_id: row for row in readings}
    placed = memory.grouper.place([_item(row, row.voice) for row in readings])
    numbers = _new_issues([row for row in placed if row.is_new], of)
    memory.grouper.renumber(numbers)
    issue_of = {row.key: numbers.get(row.issue, row.issue) for row in placed}
    stamp = gathering.stamp + 1
    Belonging.objects.bulk_create(
        _belonging(row, of[row.key].voice, issue_of[row.key], stamp) for row in placed
    )
    Gathering.objects.filter(pk=1).update(stamp=stamp)
    memory.stamp = stamp
    Reading.objects.filter(pk__in=list(of)).update(ungathered=False)
    _recount({issue_of[row.key] for row in placed if not row.is_new})
    for reading in readings:
        if reading.danger and not reading.repeat_of_id:
            _raise_alert(issue_of[reading.voice_id], reading, now)


def _belonging(row: Placed, voice: Voice, issue: int, stamp: int) -> Belonging:
    return Belonging(
        voice=voice,
        issue_id=issue,
        at=voice.at,
        author_hash=voice.author_hash or f"v{voice.pk}",
        copy=row.copy_of is not None,
        why=row.why(),
        stamp=stamp,
    )


def _new_issues(begun: Sequence[Placed], of: Mapping[int, Reading]) -> dict[int, int]:
    """A row for every issue that the engine began; its provisional number to ours."""
    rows = [
        Issue(
            title=reading.voice.headline[:200],
            topic_id=reading.topic_id,
            place=reading.place,
            first_at=reading.voice.at,
            last_at=reading.voice.at,
            heard_at=reading.voice.heard_at,
            messages=1,
            people=1,
        )
        for reading in (of[row.key] for row in begun)
    ]
    made = Issue.objects.bulk_create(rows)
    return {row.issue: issue.pk for row, issue in zip(begun, made, strict=True)}


_COUNTED = ("messages", "people", "copies", "first_at", "last_at", "heard_at")


def _recount(issues: Iterable[int]) -> None:
    """Bring what stands on issues up to date with what belongs to them."""
    issues = list(issues)
    counts = Belonging.objects.filter(issue__in=issues).values("issue")
    rows = counts.annotate(
        messages=Count("voice"),
        people=Count("author_hash", distinct=True),
        copies=Count("voice", filter=Q(copy=True)),
        first_at=Min("at"),
        last_at=Max("at"),
        heard_at=Min("voice__heard_at"),
    )
    numbers: dict[int, Mapping[str, Any]] = {row["issue"]: row for row in rows}
    topics, places = _commonest(issues, "topic"), _commonest(issues, "place")
    changed = list(Issue.objects.filter(pk__in=numbers))
    for issue in changed:
        for name in _COUNTED:
            setattr(issue, name, numbers[issue.pk][name])
        issue.topic_id = topics.get(issue.pk)
        issue.place = places.get(issue.pk, "")
    _retitle([row for row in changed if 1 < row.messages <= RETITLED_UP_TO])
    Issue.objects.bulk_update(changed, [*_COUNTED, "topic", "place", "title"], batch_size=200)


def _retitle(issues: Sequence[Issue]) -> None:
    """The title of the voice that says most of what the others say; a person's title stays."""
    free = [issue for issue in issues if not issue.title_by_person]
    said: dict[int, list[Said]] = defaultdict(list)
    rows = Belonging.objects.filter(issue__in=free, copy=False).order_by("at", "voice_id")
    for of, title, text, terms in rows.values_list(
        "issue", "voice__title", "voice__text", "voice__reading__terms"
    ):
        said[of].append((title, text, tuple(terms.split())))
    for issue in free:
        issue.title = headline(said[issue.pk])[:200] or issue.title


def _commonest(issues: Sequence[int], field: str) -> dict[int, Any]:
    """Issue to the topic or place that most of its voices have; copies do not vote."""
    empty = Q(**{f"{field}__isnull": True}) if field == "topic" else Q(**{field: ""})
    rows = (
        Reading.objects.filter(voice__belonging__issue__in=issues, voice__belonging__copy=False)
        .exclude(empty)
        .values_list("voice__belonging__issue", field)
        .annotate(n=Count("voice"))
        .order_by("n", field)
    )
    return {issue: value for issue, value, _n in rows}


def _raise_alert(issue: int, reading: Reading, now: datetime) -> None:
    """Words of danger suggest red; a person confirms. An issue is never warned of twice."""
    why = {"danger": reading.why.get("danger", []), "voice": reading.voice_id}
    alert, new = Alert.objects.get_or_create(
        issue_id=issue,
        defaults={"colour": Alert.Colour.RED, "why": why, "raised_at": now},
    )
    if not new:
        return
    data = {"colour": alert.colour, "voice": reading.voice_id}
    record("alert.raised", f"issue:{issue}", actor=actor_name(None), now=now, data=data)
    tell(
        people_with("duty"),
        "alert.raised",
        key=f"alert.raised:{alert.pk}",
        link=f"issue:{issue}",
        now=now,
        data={"title": reading.voice.headline, "colour": alert.colour},
    )


# ---- what people do ----


def _may_group(by: Person) -> None:
    if not by.may("group"):
        raise Refused(_("您的角色不能做这一步"))


def _begin(by: Person) -> Gathering:
    _may_group(by)
    gathering = _hold()
    if gathering is None:  # the row is made by the migration
        raise Refused(_("数据库不完整，请运行 tingda doctor"))
    return gathering


def _still_open(issue: Issue) -> Issue:
    row = Issue.objects.get(pk=issue.pk)
    if row.state == Issue.State.MERGED:
        raise Refused(_("议题“%(title)s”已并入别的议题"), title=row.title)
    return row


def _move(gathering: Gathering, belongings: "QuerySet[Belonging]", to: Issue) -> None:
    """Move voices by a person's decision; the new stamp tells every process that groups."""
    stamp = gathering.stamp + 1
    belongings.update(issue=to, stamp=stamp, by_person=True)
    Gathering.objects.filter(pk=1).update(stamp=stamp)


@transaction.atomic
def merge(issue: Issue, into: Issue, *, by: Person, now: datetime) -> Issue:
    """Two issues are one matter: `issue` goes into `into`, whose number stays."""
    gathering = _begin(by)
    issue, into = _still_open(issue), _still_open(into)
    if issue.pk == into.pk:
        raise Refused(_("请选择两个不同的议题"))
    _move(gathering, Belonging.objects.filter(issue=issue), into)
    Apart.objects.filter(Q(one=issue, other=into) | Q(one=into, other=issue)).delete()
    if not Alert.objects.filter(issue=into).exists():
        Alert.objects.filter(issue=issue).update(issue=into)
    Issue.objects.filter(pk=issue.pk).update(
        state=Issue.State.MERGED, merged_into=into, messages=0, people=0, copies=0
    )
    Issue.objects.filter(merged_into=issue).update(merged_into=into)
    _recount([into.pk])
    record(
        "issue.merged",
        f"issue:{issue.pk}",
        actor=actor_name(by),
        now=now,
        thread=f"issue:{into.pk}",
        data={"title": issue.title, "into": into.pk},
    )
    return Issue.objects.get(pk=into.pk)


@transaction.atomic
def split(issue: Issue, voices: Sequence[int], *, title: str, by: Person, now: datetime) -> Issue:
    """These voices are another matter: they move to a new issue, kept apart from the old."""
    gathering = _begin(by)
    issue = _still_open(issue)
    moving = Belonging.objects.filter(issue=issue, voice__in=list(voices))
    chosen = moving.count()
    if not chosen or chosen == issue.messages:
        raise Refused(_("请选出要拆出去的声音，并至少留下一条"))
    first = moving.select_related("voice").order_by("at").first()
    headline = first.voice.headline if first else issue.title
    fresh = Issue.objects.create(
        title=(title.strip() or headline)[:200],
        title_by_person=bool(title.strip()),
        first_at=issue.first_at,
        last_at=issue.last_at,
        heard_at=issue.heard_at,
    )
    Apart.objects.create(one=issue, other=fresh)
    _move(gathering, moving, fresh)
    _recount([issue.pk, fresh.pk])
    record(
        "issue.split",
        f"issue:{issue.pk}",
        actor=actor_name(by),
        now=now,
        data={"voices": chosen, "into": fresh.pk},
    )
    return Issue.objects.get(pk=fresh.pk)


@transaction.atomic
def rename(issue: Issue, title: str, *, by: Person, now: datetime) -> Issue:
    """A person's title stays, whatever is heard later."""
    _may_group(by)
    issue = _still_open(issue)
    if not title.strip():
        raise Refused(_("请写题目"))
    before, issue.title, issue.title_by_person = issue.title, title.strip()[:200], True
    issue.save(update_fields=["title", "title_by_person"])
    data = {"from": before, "to": issue.title}
    record("issue.renamed", f"issue:{issue.pk}", actor=actor_name(by), now=now, data=data)
    return issue


@transaction.atomic
def not_ours(issue: Issue, reason: str, *, by: Person, now: datetime) -> Issue:
    """Not the institution's matter. What joins the issue later is not ours either."""
    return _set_state(issue, Issue.State.NOT_OURS, reason, by, now)


@transaction.atomic
def ours_again(issue: Issue, reason: str, *, by: Person, now: datetime) -> Issue:
    """It is the institution's matter after all."""
    return _set_state(issue, Issue.State.OPEN, reason, by, now)


def _set_state(issue: Issue, state: str, reason: str, by: Person, now: datetime) -> Issue:
    _may_group(by)
    issue = _still_open(issue)
    if not reason.strip():
        raise Refused(_("请写明理由"))
    issue.state, issue.reason = state, reason.strip()[:500]
    issue.save(update_fields=["state", "reason"])
    verb = "issue.not_ours" if state == Issue.State.NOT_OURS else "issue.ours_again"
    data = {"reason": issue.reason, "title": issue.title}
    record(verb, f"issue:{issue.pk}", actor=actor_name(by), now=now, data=data)
    return issue


@transaction.atomic
def confirm_alert(alert: Alert, *, colour: str, reason: str, by: Person, now: datetime) -> Alert:
    """A person confirms the suggested colour, or sets another with a reason."""
    if not by.may("take_on"):
        raise Refused(_("您的角色不能做这一步"))
    row = Alert.objects.select_for_update().get(pk=alert.pk)
    if row.confirmed_at:
        raise Refused(_("这个预警已由%(name)s确认"), name=actor_name(row.confirmed_by))
    if colour not in Alert.Colour.values:
        raise Refused(_("请选择预警颜色"))
    if colour != row.colour and not reason.strip():
        raise Refused(_("改变预警颜色须写明理由"))
    data = {"from": row.colour, "to": colour, "reason": reason.strip()}
    row.colour, row.confirmed_by, row.confirmed_at = colour, by, now
    row.save(update_fields=["colour", "confirmed_by", "confirmed_at"])
    record("alert.confirmed", f"issue:{row.issue_id}", actor=actor_name(by), now=now, data=data)
    return row
