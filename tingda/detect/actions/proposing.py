"""Merges and splits that a slow look at whole issues suggests; a person decides."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from tingda.analyse.models import Reading
from tingda.detect import rules
from tingda.detect.actions.deciding import begin, join, merge, split
from tingda.detect.actions.gathering import grouping
from tingda.detect.models import (
    Alert,
    Apart,
    Assessment,
    Belonging,
    Gathering,
    Issue,
    Proposal,
)
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

EVERY, AT_LAST = timedelta(minutes=5), timedelta(hours=1)
AT_ONCE = 50  # issues looked at in one go, while the gathering is held
VOICES = 200  # of one issue, the newest, that a split is looked for in
FEWEST = 4  # voices of an issue that may be two


Bound = Callable[[Collection[int]], set[int]]


def _none_bound(_issues: Collection[int]) -> set[int]:
    return set()


def propose_due(*, now: datetime, bound: Bound = _none_bound) -> int:
    """Look at the issues that changed since the last look; how many. Grouping goes first.

    A small fragment that surely belongs to another issue goes there by itself, as a voice does
    when it is heard; not where a person decided something about either, or where one is `bound`
    (of some issues, those that a later room holds on to). All else waits for a person.
    """
    if not _is_due(now):
        return 0
    with grouping() as held:
        if held is None:
            return 0
        grouper, gathering = held
        changed, upto = _changed(gathering)
        standing = Issue.objects.filter(pk__in=changed, state=Issue.State.OPEN)
        among = set(standing.values_list("pk", flat=True))
        big = standing.filter(messages__gte=FEWEST).values_list("pk", flat=True)
        voices = {issue: _items(issue) for issue in big}
        found = rules.propose(grouper, _decided(), among=among, voices=voices)
        asked = [one for one in found if not _joined(one, gathering, bound, now)]
        _keep(asked, among, now)
        done = upto >= gathering.stamp
        Gathering.objects.filter(pk=1).update(looked=upto, looked_at=now if done else None)
        return len(changed)


def _joined(one: rules.Proposal, gathering: Gathering, bound: Bound, now: datetime) -> bool:
    """Whether a fragment went into another issue without being asked about."""
    if one.other is None or one.sure < rules.BY_ITSELF or not _both_stand(one):
        return False
    both = [one.issue, one.other]
    decided = (
        Alert.objects.filter(issue__in=both),
        Assessment.objects.filter(issue__in=both),
        Belonging.objects.filter(issue__in=both, by_person=True),
        Issue.objects.filter(pk__in=both, title_by_person=True),
    )
    if bound(both) or any(rows.exists() for rows in decided):
        return False
    issues = Issue.objects.in_bulk(both)
    join(gathering, issues[one.other], issues[one.issue], by=None, now=now)
    return True


def _is_due(now: datetime) -> bool:
    """Whether something changed, and nothing more pressing waits for whoever groups."""
    gathering = Gathering.objects.filter(pk=1).first()
    if gathering is None or gathering.looked == gathering.stamp:
        return False
    since = now - gathering.looked_at if gathering.looked_at else None
    if since is not None and since < EVERY:
        return False
    pressed = Reading.objects.filter(ungathered=True).exists()
    return not pressed or (since is not None and since > AT_LAST)


def _changed(gathering: Gathering) -> tuple[list[int], int]:
    """Issues that changed after the last look, the longest ago first, and up to which stamp."""
    after = gathering.looked if gathering.looked <= gathering.stamp else 0  # a backup came back
    rows = Belonging.objects.filter(stamp__gt=after).order_by().values_list("issue")
    last = list(rows.annotate(last=Max("stamp")).order_by("last", "issue"))
    if len(last) <= AT_ONCE:
        return [issue for issue, _stamp in last], gathering.stamp
    upto = last[AT_ONCE - 1][1]  # a batch has one stamp: all of it or none
    return [issue for issue, stamp in last if stamp <= upto], upto


def _items(issue: int) -> list[rules.Item]:
    rows = Belonging.objects.filter(issue=issue, copy=False).order_by("-at", "-voice_id")
    names = ("voice", "voice__reading__terms", "voice__reading__places", "at")
    return [
        rules.Item(voice, tuple((terms or "").split()), tuple(places or ()), "", at)
        for voice, terms, places, at in rows.values_list(*names)[:VOICES]
    ]


def _decided() -> rules.Decided:
    refused = Proposal.objects.filter(kind=Proposal.Kind.SPLIT, state=Proposal.State.REFUSED)
    return rules.Decided(
        apart={frozenset(pair) for pair in Apart.objects.values_list("one", "other")},
        whole=dict(refused.order_by("decided_at").values_list("issue", "messages")),
    )


def _keep(found: Iterable[rules.Proposal], among: Collection[int], now: datetime) -> None:
    """What is suggested now waits for a person; what is suggested no more, no longer."""
    about = Q(issue__in=among) | Q(other__in=among)
    waiting = Proposal.objects.filter(about, state=Proposal.State.WAITING)
    before = {_matter(row.kind, row.issue_id, row.other_id): row for row in waiting}
    for one in found:
        if _was_refused(one) if one.kind == "split" else not _both_stand(one):
            continue
        row = before.pop(_matter(one.kind, one.issue, one.other), None)
        if row is None:
            row = Proposal(kind=one.kind, issue_id=one.issue, other_id=one.other, made_at=now)
        row.voices, row.why, row.sure = list(one.voices), dict(one.why), one.sure
        row.save()
    Proposal.objects.filter(pk__in=[row.pk for row in before.values()]).delete()


def _matter(kind: str, issue: int, other: int | None) -> tuple[str, frozenset[int | None]]:
    return kind, frozenset((issue, other))


def _both_stand(one: rules.Proposal) -> bool:
    both = Q(pk=one.issue) | Q(pk=one.other)
    apart = Q(one=one.issue, other=one.other) | Q(one=one.other, other=one.issue)
    standing = Issue.objects.filter(both, state=Issue.State.OPEN).count()
    return standing == len({one.issue, one.other}) and not Apart.objects.filter(apart).exists()


def _was_refused(one: rules.Proposal) -> bool:
    """Whether a person said of most of these voices that they belong where they are."""
    refused = Proposal.objects.filter(
        kind=Proposal.Kind.SPLIT, state=Proposal.State.REFUSED, issue=one.issue
    )
    return any(_overlap(one.voices, row) for row in refused.values_list("voices", flat=True))


def _overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    return 2 * len({*one} & {*other}) >= min(len(one), len(other)) > 0


# ---- a person decides ----


@transaction.atomic
def accept(proposal: Proposal, *, by: Person, now: datetime) -> Issue:
    """Do what is suggested; the issue that has the voices then (of a split, the new one)."""
    row = _waiting(proposal, by)
    _set(row, Proposal.State.ACCEPTED, by, now)
    if row.other:
        return merge(row.other, row.issue, by=by, now=now)
    leaving = _with_copies(row)
    return split(row.issue, list(leaving.values_list("voice", flat=True)), title="", by=by, now=now)


@transaction.atomic
def refuse(proposal: Proposal, *, by: Person, now: datetime) -> Issue:
    """Two issues stay two, or one stays one; the machine does not suggest it again."""
    row = _waiting(proposal, by)
    _set(row, Proposal.State.REFUSED, by, now)
    if row.other:
        Apart.objects.get_or_create(one=row.issue, other=row.other)
        verb, data = "issue.kept_apart", {"title": row.other.title, "other": row.other_id}
    else:
        verb, data = "issue.kept_whole", {"title": row.issue.title, "voices": len(row.voices)}
    record(verb, f"issue:{row.issue_id}", actor=actor_name(by), now=now, data=data)
    return row.issue


def _waiting(proposal: Proposal, by: Person) -> Proposal:
    """The proposal, held. Of two people at once the second learns what the first decided."""
    begin(by)
    rows = Proposal.objects.select_for_update(of=("self",))
    row = rows.select_related("issue", "other").filter(pk=proposal.pk).first()
    if row is None:
        raise Refused(_("这些议题刚刚变了，这条建议已经不适用"))
    if row.state != Proposal.State.WAITING:
        name, told = actor_name(row.decided_by), Proposal.State(row.state).label
        raise Refused(_("%(name)s刚刚决定过这条建议：%(told)s"), name=name, told=told)
    return row


def _set(row: Proposal, state: str, by: Person, now: datetime) -> None:
    row.state, row.decided_by, row.decided_at = state, by, now
    row.messages = min(VOICES, row.issue.messages - row.issue.copies)
    row.save(update_fields=["state", "decided_by", "decided_at", "messages"])


def _with_copies(row: Proposal) -> "QuerySet[Belonging]":
    """A voice takes its copies along."""
    chosen = Q(voice__in=row.voices) | Q(copy=True, voice__reading__repeat_of__in=row.voices)
    return Belonging.objects.filter(chosen, issue=row.issue)
