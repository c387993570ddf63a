"""What people decide about issues; it stays so."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from tingda.detect.actions.alerts import end_alert_of, join_alerts, part_alert
from tingda.detect.actions.counting import hold, recount
from tingda.detect.models import Apart, Belonging, Gathering, Issue, Proposal
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name


def _may_group(by: Person) -> None:
    if not by.may("group"):
        raise Refused(_("您的角色不能做这一步"))


def begin(by: Person) -> Gathering:
    """Hold the gathering for somebody who may group."""
    _may_group(by)
    gathering = hold()
    if gathering is None:  # the row is made by the migration
        raise Refused(_("数据库不完整，请运行 tingda doctor"))
    return gathering


def _still_open(issue: Issue) -> Issue:
    row = Issue.objects.get(pk=issue.pk)
    if row.state == Issue.State.MERGED:
        raise Refused(_("议题“%(title)s”已并入别的议题"), title=row.title)
    return row


def _move(
    gathering: Gathering, belongings: "QuerySet[Belonging]", to: Issue, *, by: Person | None
) -> None:
    """Move voices; the new stamp tells every process that groups. What a person moved stays."""
    gathering.stamp += 1
    moved: dict[str, object] = {"issue": to, "stamp": gathering.stamp}
    belongings.update(**moved | ({"by_person": True} if by else {}))
    Gathering.objects.filter(pk=1).update(stamp=gathering.stamp)


def _no_longer_asked(about: Q) -> None:
    """A person decided it otherwise; the next look sees the issues as they are now."""
    Proposal.objects.filter(about, state=Proposal.State.WAITING).delete()


@transaction.atomic
def merge(issue: Issue, into: Issue, *, by: Person, now: datetime) -> Issue:
    """Two issues are one matter: `issue` goes into `into`, whose number stays."""
    gathering = begin(by)
    issue, into = _still_open(issue), _still_open(into)
    if issue.pk == into.pk:
        raise Refused(_("请选择两个不同的议题"))
    Apart.objects.filter(Q(one=issue, other=into) | Q(one=into, other=issue)).delete()
    join_alerts(issue, into, by=by, now=now)
    return join(gathering, issue, into, by=by, now=now)


def join(
    gathering: Gathering, issue: Issue, into: Issue, *, by: Person | None, now: datetime
) -> Issue:
    """The voices of `issue` go into `into`, while the gathering is held; one line says who did
    it. Without a person, who calls makes sure that nobody decided anything about either."""
    _move(gathering, Belonging.objects.filter(issue=issue), into, by=by)
    Issue.objects.filter(pk=issue.pk).update(
        state=Issue.State.MERGED, merged_into=into, messages=0, people=0, copies=0, heat=0
    )
    Issue.objects.filter(merged_into=issue).update(merged_into=into)
    _no_longer_asked(Q(issue=issue) | Q(other=issue))
    if issue.heard_at < into.heard_at:  # its first voices may be no more
        Issue.objects.filter(pk=into.pk).update(heard_at=issue.heard_at)
    recount([into.pk])
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
    gathering = begin(by)
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
        split_from=issue,
        first_at=issue.first_at,
        last_at=issue.last_at,
        heard_at=issue.heard_at,
    )
    Apart.objects.create(one=issue, other=fresh)
    _no_longer_asked(Q(issue=issue, kind=Proposal.Kind.SPLIT))
    _move(gathering, moving, fresh, by=by)
    recount([issue.pk, fresh.pk], moved=True)
    part_alert(issue, Issue.objects.select_related("topic").get(pk=fresh.pk), by=by, now=now)
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
    verb = "issue.ours_again"
    if state == Issue.State.NOT_OURS:
        verb = "issue.not_ours"
        end_alert_of(issue, issue.reason, by=by, now=now)
    data = {"reason": issue.reason, "title": issue.title}
    record(verb, f"issue:{issue.pk}", actor=actor_name(by), now=now, data=data)
    return issue
