"""Merges and splits that are suggested: a person decides once, and it is remembered."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Reading
from tingda.collect.models import Source, Voice
from tingda.detect import rules
from tingda.detect.actions import counting
from tingda.detect.actions.deciding import merge, not_ours, split
from tingda.detect.actions.proposing import accept, propose_due, refuse
from tingda.detect.models import Alert, Apart, Belonging, Gathering, Issue, Proposal
from tingda.detect.queries import (
    MOST_SAID,
    daily_messages,
    newest_of,
    proposals_for,
    repeated_in,
    said_in,
)
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
WHY = {"words": ["油烟", "烧烤"], "places": ["云溪苑"], "similarity": 0.4, "needed": 0.3}


class Engine:
    """Stands for the engine: says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.says: list[rules.Proposal] = []
        self.asked: list[tuple[set[int], dict[int, int], rules.Decided]] = []

    def propose(self, grouper: object, decided: rules.Decided, **looked: dict) -> Sequence:
        sizes = {issue: len(items) for issue, items in looked["voices"].items()}
        self.asked.append((set(looked["among"]), sizes, decided))
        return self.says


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(rules, "propose", made.propose)
    return made


@pytest.fixture
def group(make_issue: MakeIssue, make_voice: MakeVoice, now: datetime) -> MakeIssue:
    """An issue of voices that were read, and grouped under a new stamp."""

    def make(count: int = 1, **values: object) -> Issue:
        voices = [make_voice() for _ in range(count)]
        for voice in voices:
            fields = {"digest": f"d{voice.pk}", "read_at": now, "ungathered": False}
            Reading.objects.create(voice=voice, **fields)
        issue = make_issue(*voices, **values)
        stamp = Gathering.objects.get(pk=1).stamp + 1
        Belonging.objects.filter(issue=issue).update(stamp=stamp)
        Gathering.objects.filter(pk=1).update(stamp=stamp)
        return issue

    return make


def merging(issue: Issue, other: Issue, sure: float = 0.7) -> rules.Proposal:
    return rules.Proposal("merge", issue.pk, other.pk, (), WHY, sure)


def splitting(issue: Issue, *voices: int) -> rules.Proposal:
    return rules.Proposal("split", issue.pk, None, voices, WHY, 0.6)


def voices_of(issue: Issue) -> list[int]:
    return list(Belonging.objects.filter(issue=issue).values_list("voice", flat=True))


def suggested(engine: Engine, now: datetime, *says: rules.Proposal) -> list[Proposal]:
    """What waits after a look that suggested this."""
    engine.says = list(says)
    Gathering.objects.filter(pk=1).update(looked=0, looked_at=None)
    propose_due(now=now)
    return list(Proposal.objects.filter(state="waiting").order_by("-sure", "id"))


def test_only_what_changed_is_looked_at_and_not_every_second(
    engine: Engine, group: MakeIssue, now: datetime
) -> None:
    one, big = group(), group(4)
    assert propose_due(now=now) == 2
    assert propose_due(now=now) == 0
    later = group()
    assert propose_due(now=now + timedelta(minutes=1)) == 0
    assert propose_due(now=now + timedelta(minutes=6)) == 1
    assert [(among, sizes) for among, sizes, _decided in engine.asked] == [
        ({one.pk, big.pk}, {big.pk: 4}),
        ({later.pk}, {}),
    ]


def test_grouping_goes_before_but_not_for_ever(
    engine: Engine, group: MakeIssue, now: datetime
) -> None:
    group()
    propose_due(now=now)
    issue = group()
    Reading.objects.filter(voice__in=voices_of(issue)).update(ungathered=True)
    assert propose_due(now=now + timedelta(minutes=6)) == 0
    assert propose_due(now=now + timedelta(minutes=61)) == 1


def test_a_long_line_is_looked_at_bit_by_bit(
    engine: Engine, group: MakeIssue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tingda.detect.actions.proposing.AT_ONCE", 2)
    issues = [group() for _ in range(5)]
    assert [propose_due(now=now) for _ in range(4)] == [2, 2, 1, 0]
    assert [among for among, *_rest in engine.asked] == [
        {issues[0].pk, issues[1].pk},
        {issues[2].pk, issues[3].pk},
        {issues[4].pk},
    ]


def test_a_suggestion_is_kept_once_and_goes_when_it_no_longer_holds(
    engine: Engine, group: MakeIssue, now: datetime
) -> None:
    one, other = group(), group()
    (first,) = suggested(engine, now, merging(one, other))
    (again,) = suggested(engine, now, merging(other, one, 0.8))
    assert (again.pk, again.sure) == (first.pk, 0.8)
    assert suggested(engine, now) == []


def test_yes_merges_with_one_line_and_the_second_is_told(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    one, other = group(2), group()
    (row,) = suggested(engine, now, merging(one, other))
    lines = Line.objects.count()
    assert accept(row, by=cast.duty, now=now) == one
    other.refresh_from_db()
    assert (other.merged_into, Line.objects.count() - lines) == (one, 1)
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decided_at) == ("accepted", cast.duty, now)
    for deed in (accept, refuse):
        with pytest.raises(Refused, match="值班员刚刚决定过这条建议：已照办"):
            deed(row, by=cast.duty2, now=now)


def test_no_keeps_two_issues_apart_for_ever(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    one, other = group(), group()
    (row,) = suggested(engine, now, merging(one, other))
    assert refuse(row, by=cast.duty, now=now) == one
    assert list(Apart.objects.values_list("one", "other")) == [(one.pk, other.pk)]
    line = Line.objects.get(verb="issue.kept_apart")
    assert (line.subject, line.data["other"]) == (f"issue:{one.pk}", other.pk)
    assert suggested(engine, now, merging(one, other), merging(other, one)) == []
    *_rest, decided = engine.asked[-1]
    assert set(decided.apart) == {frozenset((one.pk, other.pk))}


def test_yes_to_a_split_takes_the_copies_along(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    issue = group(5)
    leaving, copy, *_stay = voices_of(issue)
    Reading.objects.filter(pk=copy).update(repeat_of=leaving)
    Belonging.objects.filter(pk=copy).update(copy=True)
    (row,) = suggested(engine, now, splitting(issue, leaving))
    fresh = accept(row, by=cast.duty, now=now)
    assert (voices_of(fresh), fresh.split_from) == ([leaving, copy], issue)
    assert Line.objects.filter(verb="issue.split").count() == 1


def test_no_to_a_split_is_not_asked_again(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    issue = group(6)
    one, two, three, four, *_rest = voices_of(issue)
    (row,) = suggested(engine, now, splitting(issue, one, two))
    refuse(row, by=cast.duty, now=now)
    assert Line.objects.get(verb="issue.kept_whole").data["voices"] == 2
    assert suggested(engine, now, splitting(issue, two, three)) == []
    assert engine.asked[-1][2].whole == {issue.pk: 6}
    (other,) = suggested(engine, now, splitting(issue, three, four))  # another matter altogether
    assert other.voices == [three, four]


def test_what_people_do_themselves_is_no_longer_asked(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    one, other, third, big = group(), group(), group(), group(4)
    first = voices_of(big)[0]
    rows = suggested(engine, now, merging(one, other), splitting(big, first), merging(one, third))
    assert len(rows) == 3
    merge(other, third, by=cast.duty, now=now)
    split(big, [first], title="", by=cast.duty, now=now)
    assert [row.other for row in proposals_for(cast.duty)] == [third]
    not_ours(third, "不归我们", by=cast.duty, now=now)
    assert list(proposals_for(cast.duty)) == []
    with pytest.raises(Refused, match="这条建议已经不适用"):
        accept(rows[0], by=cast.duty, now=now)


def test_only_who_may_group_decides_and_only_the_office_sees(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    (row,) = suggested(engine, now, merging(group(), group()))
    for deed in (accept, refuse):
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            deed(row, by=cast.drafter, now=now)
    assert (list(proposals_for(cast.duty)), list(proposals_for(cast.liaison_edu))) == ([row], [])


# ---- a flood ----


COPIES = 1_200


@pytest.fixture
def flood(make_issue: MakeIssue, make_voice: MakeVoice, now: datetime) -> Issue:
    """Many copies of one text by ninety accounts, some by nobody we know, and five other voices."""
    firsts = [make_voice(text=f"云溪苑油烟第{n}次") for n in range(6)]
    issue = make_issue(*firsts)
    source = Source.objects.get(name="镇民论坛")
    hours = (now - timedelta(hours=n % 50) for n in range(COPIES))
    copies = Voice.objects.bulk_create(
        Voice(source=source, identity=f"c{n}", text="云溪苑油烟", heard_at=at, at=at, unread=False)
        for n, at in enumerate(hours)
    )
    fields = {"digest": "d", "read_at": now, "ungathered": False, "terms": "云溪苑 油烟"}
    Reading.objects.bulk_create(Reading(voice=voice, **fields) for voice in firsts)
    Reading.objects.bulk_create(
        Reading(voice=voice, repeat_of=firsts[0], **fields) for voice in copies
    )
    Belonging.objects.bulk_create(
        Belonging(
            voice=voice,
            issue=issue,
            at=voice.at,
            author_hash=f"a{n % 100}" if n % 10 else f"v{voice.pk}",
            copy=True,
            stamp=1,
        )
        for n, voice in enumerate(copies)
    )
    counting.recount([issue.pk])
    issue.refresh_from_db()
    return issue


class Counted:
    """A cursor that counts what comes through it."""

    rows = 0

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def __enter__(self) -> "Counted":
        return self

    def __exit__(self, *_what: object) -> None:
        self.cursor.close()

    def fetchone(self) -> Any:
        row = self.cursor.fetchone()
        Counted.rows += row is not None
        return row

    def fetchmany(self, *size: int) -> Any:
        rows = self.cursor.fetchmany(*size)
        Counted.rows += len(rows)
        return rows


def rows_fetched(deed: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Queries asked, and rows of the database that came into this process."""
    ours, Counted.rows = connection.cursor, 0
    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as asked:
        patch.setattr(connection, "cursor", lambda *args: Counted(ours(*args)))
        deed()
    return len(asked), Counted.rows


def test_a_flood_is_counted_by_the_database_not_loaded(
    flood: Issue, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    assert (flood.messages, flood.copies, flood.people) == (COPIES + 6, COPIES, 6 + 90 + 120)
    for deed, most in [
        (lambda: counting.recount([flood.pk], titles=True), 30),
        (lambda: said_in(flood), MOST_SAID),
        (lambda: newest_of([flood.pk], most=3), 3),
        (lambda: repeated_in(flood), 3),
        (lambda: daily_messages([flood.pk], 14, now), 1),
    ]:
        queries, rows = rows_fetched(deed, monkeypatch)
        assert queries <= 10
        assert 0 < rows <= most


def test_merging_and_splitting_a_flood_loads_none_of_it(
    flood: Issue,
    make_issue: MakeIssue,
    cast: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    into, made = make_issue(), []
    queries, rows = rows_fetched(
        lambda: made.append(merge(flood, into, by=cast.duty, now=now)), monkeypatch
    )
    assert (made[0].messages, queries < 35, rows < 60) == (COPIES + 7, True, True)
    one = said_in(into)[0].voice
    queries, rows = rows_fetched(
        lambda: split(into, [one], title="", by=cast.duty, now=now), monkeypatch
    )
    assert (queries < 35, rows < 60) == (True, True)


def test_a_template_is_counted_by_accounts_and_people(flood: Issue) -> None:
    (one,) = repeated_in(flood)
    assert (one.voices, one.accounts, one.people) == (COPIES + 1, 91, 211)
    assert repeated_in(flood, accounts=92) == []


def test_days_are_counted_as_they_are_here(
    make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    """Now is Saturday 16:20 here: what was said 17 hours ago was said on Friday."""
    ago = (0, 16, 17, 40, 41, 47, 49)
    issue = make_issue(*(make_voice(at=now - timedelta(hours=hours)) for hours in ago))
    assert daily_messages([issue.pk], 2, now) == {issue.pk: [2, 2]}
    assert daily_messages([issue.pk], 3, now) == {issue.pk: [3, 2, 2]}


# ---- what is done without asking ----
def test_a_sure_fragment_goes_where_it_belongs_by_itself_and_a_person_can_take_it_out(
    engine: Engine, group: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    issue, fragment = group(3), group()
    (voice,) = voices_of(fragment)
    assert suggested(engine, now, merging(issue, fragment, 0.95)) == []
    fragment.refresh_from_db()
    assert (fragment.state, fragment.merged_into) == (Issue.State.MERGED, issue)
    assert voice in voices_of(issue)
    line = Line.objects.get(verb="issue.merged")
    assert (line.actor, line.data["into"]) == ("系统", issue.pk)
    assert not Belonging.objects.filter(by_person=True).exists()
    out = split(Issue.objects.get(pk=issue.pk), [voice], title="", by=cast.duty, now=now)
    assert suggested(engine, now, merging(issue, out, 0.95)) == []
    assert voices_of(out) == [voice]


@pytest.mark.parametrize("touched", ["alert", "named", "moved", "bound"])
def test_what_a_person_or_a_case_holds_is_asked_about_however_sure(
    touched: str, engine: Engine, group: MakeIssue, now: datetime
) -> None:
    issue, fragment = group(3), group()
    if touched == "alert":
        Alert.objects.create(issue=fragment, colour="blue", raised_at=now)
    if touched == "named":
        Issue.objects.filter(pk=issue.pk).update(title_by_person=True)
    if touched == "moved":
        Belonging.objects.filter(issue=issue).update(by_person=True)
    engine.says = [merging(issue, fragment, 0.95)]
    held = {fragment.pk} if touched == "bound" else set()
    propose_due(now=now, bound=held.intersection)
    assert [(row.issue, row.other) for row in Proposal.objects.all()] == [(issue, fragment)]
    fragment.refresh_from_db()
    assert fragment.state == Issue.State.OPEN
