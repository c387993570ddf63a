"""Alerts from the first word to their end: raised once, told in steps, ended by a person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import Reading
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.detect.actions import alerts as people
from tingda.detect.actions import warning
from tingda.detect.actions.deciding import merge, not_ours, split
from tingda.detect.actions.gathering import gather_due
from tingda.detect.actions.gauging import set_levels, set_weights
from tingda.detect.actions.warning import escalate_due
from tingda.detect.actions.weighing import heat_due
from tingda.detect.models import Alert, Issue
from tingda.detect.queries import alert_weeks
from tingda.ledger.models import Line
from tingda.lib.heat import Weights
from tingda.lib.levels import MINUTES, TABLE, Row
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice

pytestmark = pytest.mark.django_db
Say = Callable[..., Issue]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def say(make_voice: Callable[..., Voice], make_issue: Callable[..., Issue], now: datetime) -> Say:
    """Voices of so many people, this urgent, about an issue; weighed at once."""

    def tell(
        urgency: int, people: int = 1, issue: Issue | None = None, at: datetime | None = None
    ) -> Issue:
        at = at or now
        voices = [make_voice(at=at, heard_at=at) for _ in range(people)]
        for voice in voices:
            Reading.objects.create(
                voice=voice, urgency=urgency, digest="", read_at=at, ungathered=False
            )
        if issue is None:
            issue = make_issue(*voices)
        else:
            own = make_issue(*voices)
            own.belongings.update(issue=issue)
            own.delete()
            Issue.objects.filter(pk=issue.pk).update(heat_owed=True)
        while heat_due(now=at):
            pass
        return issue

    return tell


def alert_of(issue: Issue) -> Alert:
    return Alert.objects.get(issue=issue)


def told(verb: str = "") -> list[str]:
    rows = Notice.objects.filter(verb__startswith=verb or "alert").order_by("pk")
    return [row.person.login for row in rows]


def ask_again(**values: object) -> None:
    """All issues once more, as when their time has come."""
    Issue.objects.update(heat_owed=True, heat_at=None)
    heat_due(**values)  # type: ignore[arg-type]


# ---- raised ----
@pytest.mark.parametrize(
    ("urgency", "count", "colour"),
    [(3, 1, "red"), (2, 2, ""), (2, 3, "yellow"), (0, 29, ""), (0, 30, "blue"), (1, 12, "")],
)
def test_the_table_gives_the_colour(
    say: Say, cast: SimpleNamespace, urgency: int, count: int, colour: str
) -> None:
    say(urgency, count)
    assert [alert.colour for alert in Alert.objects.all()] == [colour][: bool(colour)]


def test_what_is_told_says_what_where_how_many_since_when_and_why(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(3)
    row = Notice.objects.filter(verb="alert.raised").first()
    assert row is not None
    assert (row.link, sorted(row.data)) == (
        f"issue:{issue.pk}",
        ["colour", "messages", "people", "place", "since", "title", "why"],
    )
    assert row.data["why"] == [
        ["紧急程度：%(urgency)s", {"urgency": "马上"}],
        ["一周里 %(people)s 人反映", {"people": 1}],
    ]
    assert told() == ["duty", "duty2"]


def test_a_level_rises_as_more_is_heard_and_each_is_told_once(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(2, 3)
    people.acknowledge(alert_of(issue), by=cast.duty, now=now)
    say(2, 3, issue)
    assert (told("alert.level"), alert_of(issue).acknowledged_by) == ([], cast.duty)
    say(3, 1, issue)
    ask_again(now=now)
    say(3, 1, issue)
    assert told("alert.level") == ["duty", "duty2"]
    assert (alert_of(issue).colour, alert_of(issue).acknowledged_by) == ("red", None)
    assert [step.what for step in alert_of(issue).steps.all()] == [
        "raised",
        "acknowledged",
        "level",
    ]


def test_old_news_wakes_nobody(say: Say, cast: SimpleNamespace, now: datetime) -> None:
    say(3, 1, at=now - 8 * DAY)
    Notice.objects.all().delete()
    Alert.objects.all().delete()
    ask_again(now=now)
    assert (Alert.objects.count(), told()) == (0, [])


# ---- people ----
def test_the_second_to_press_hears_who_was_first(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    alert = alert_of(say(3))
    people.acknowledge(alert, by=cast.duty, now=now)
    with pytest.raises(Refused) as refused:
        people.acknowledge(alert, by=cast.duty2, now=now)
    assert str(refused.value) == "值班员已先按了“知道了”"
    assert Line.objects.filter(verb="alert.acknowledged").count() == 1
    with pytest.raises(Refused):
        people.acknowledge(alert, by=cast.drafter, now=now)


def test_what_a_person_lowered_stays_until_others_are_heard(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(3)
    with pytest.raises(Refused, match="理由"):
        people.confirm_alert(alert_of(issue), colour="blue", reason=" ", by=cast.duty, now=now)
    people.confirm_alert(alert_of(issue), colour="blue", reason="演练", by=cast.duty, now=now)
    ask_again(now=now + HOUR)
    say(3, 2, issue, now + 2 * HOUR)
    assert alert_of(issue).colour == "blue"
    say(3, 1, issue, now + 3 * HOUR)
    assert (alert_of(issue).colour, told("alert.level")) == ("red", ["duty", "duty2"])
    assert alert_of(issue).confirmed_at is None


def test_a_person_may_raise_it_and_the_machine_does_not_tell_that_level_again(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(2, 3)
    people.confirm_alert(alert_of(issue), colour="red", reason="有人受伤", by=cast.duty, now=now)
    say(3, 1, issue)
    assert (alert_of(issue).colour, told("alert.level")) == ("red", [])
    people.confirm_alert(alert_of(issue), colour="orange", reason="已到场", by=cast.duty2, now=now)
    assert [step.what for step in alert_of(issue).steps.all()][-1] == "changed"


def test_it_ends_by_a_person_with_a_reason_and_comes_back_for_something_new(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(3)
    with pytest.raises(Refused, match="理由"):
        people.end_alert(alert_of(issue), reason="", noise=False, by=cast.duty, now=now)
    people.end_alert(alert_of(issue), reason="修好了", noise=False, by=cast.duty, now=now)
    ask_again(now=now + HOUR)
    assert (alert_of(issue).stands, told()) == (False, ["duty", "duty2"])
    say(3, 1, issue, now + 2 * HOUR)
    assert (alert_of(issue).stands, alert_of(issue).round) == (True, 2)
    assert told() == ["duty", "duty2"] * 2


def test_after_a_false_alarm_one_voice_does_not_raise_it_again(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(3)
    people.end_alert(alert_of(issue), reason="误报", noise=True, by=cast.duty, now=now)
    say(3, 2, issue, now + HOUR)
    assert not alert_of(issue).stands
    say(3, 1, issue, now + 2 * HOUR)
    assert alert_of(issue).stands


def test_closing_the_last_case_ends_it_and_not_ours_does(
    say: Say, cast: SimpleNamespace, make_case: Callable[..., Case], now: datetime
) -> None:
    gone, issue, other = say(3), say(3), say(3)
    both = make_case(gone), make_case(issue)
    merge(gone, issue, by=cast.duty, now=now)
    text = "已经处理，谢谢反映。"
    for case in both:
        assert alert_of(issue).stands
        cases.close(case, reason="no_answer_needed", text=text, by=cast.duty, now=now)
    assert (alert_of(issue).ended_by, alert_of(issue).reason) == (cast.duty, text)
    not_ours(other, "归县里管", by=cast.duty, now=now)
    assert alert_of(other).reason == "归县里管"


# ---- not acknowledged ----
def test_nobody_says_they_know_three_steps_each_once(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    say(3)
    Notice.objects.all().delete()
    assert escalate_due(now=now + 9 * MINUTE) == 0
    found = []
    for minutes in (10, 15, 20, 25, 30, 40, 90):
        escalate_due(now=now + minutes * MINUTE)
        found.append(len(told("alert.escalated")))
    assert found == [2, 2, 4, 4, 6, 6, 6]
    assert told("alert.escalated")[-2:] == ["releaser", "admin"]
    assert Line.objects.filter(verb="alert.escalated").count() == 3


def test_two_workers_that_saw_the_same_tell_it_once(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    alert = alert_of(say(3))
    later = now + 10 * MINUTE
    assert [warning._escalate(alert.pk, later) for _worker in range(2)] == [1, 0]
    people.acknowledge(alert, by=cast.duty, now=later)
    assert warning._escalate(alert.pk, later + DAY) == 0


def test_whoever_knows_stops_it_and_blue_is_never_pressed(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    alert = alert_of(say(3))
    say(0, 30)
    people.acknowledge(alert, by=cast.releaser, now=now)
    assert escalate_due(now=now + DAY) == 0


def test_a_clock_that_jumps_tells_one_step_and_one_put_back_none_too_late(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    alert = alert_of(say(3))
    assert escalate_due(now=now + 3 * DAY) == 1
    assert escalate_due(now=now + 3 * DAY) == 0
    assert escalate_due(now=now) == 0  # put back: the limit begins anew
    alert.refresh_from_db()
    assert alert.next_due == now + 10 * MINUTE
    assert escalate_due(now=now + 10 * MINUTE) == 1


def test_shorter_limits_hold_for_what_waits(say: Say, cast: SimpleNamespace, now: datetime) -> None:
    say(3)
    minutes = {**MINUTES, "red": 1}
    set_levels(TABLE, minutes=minutes, per_week=2, by=cast.admin, now=now)
    assert escalate_due(now=now + MINUTE) == 1


# ---- merge and split ----
def test_of_two_that_merge_the_graver_one_stands(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    gas, noise = say(3), say(2, 3)
    people.acknowledge(alert_of(gas), by=cast.duty, now=now)
    before = told()
    merge(gas, noise, by=cast.duty2, now=now)
    kept = alert_of(noise)
    assert (kept.colour, kept.acknowledged_by, kept.stands) == ("red", cast.duty, True)
    assert not alert_of(gas).stands
    ask_again(now=now)
    assert told() == before


def test_one_that_stands_is_not_lost_in_one_that_was_ended(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    gone, kept = say(2, 3), say(2, 3)
    people.end_alert(alert_of(kept), reason="好了", noise=False, by=cast.duty, now=now)
    merge(gone, kept, by=cast.duty, now=now)
    assert (alert_of(kept).stands, alert_of(kept).colour) == (True, "yellow")


def test_a_split_takes_its_warning_along_and_tells_nobody_again(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(0, 3)
    say(3, 1, issue)
    before, urgent = told(), Reading.objects.get(urgency=3).voice_id
    calm = list(Reading.objects.filter(urgency=0).values_list("voice", flat=True)[:1])
    fresh = split(issue, [urgent], title="", by=cast.duty, now=now)
    quiet = split(issue, calm, title="", by=cast.duty, now=now)
    ask_again(now=now)
    assert (alert_of(fresh).colour, alert_of(fresh).acknowledged_by) == ("red", cast.duty)
    assert not Alert.objects.filter(issue=quiet).exists()
    assert told() == before
    assert escalate_due(now=now + 10 * MINUTE) == 1  # of the old one


# ---- floods and wrong clocks ----
def test_hundreds_of_copies_in_an_hour_are_one_alert(cast: SimpleNamespace, now: datetime) -> None:
    source = Source.objects.create(name="镇民论坛", kind="import")
    text = "幸福里小区2号楼楼道里有天然气味，很浓，快来人"
    for start in range(0, 600, 300):
        hear(source, [_entry(text, n, now) for n in range(start, start + 300)], now=now)
        while read_due(now=now) or gather_due(now=now):
            heat_due(now=now)
    (issue,) = Issue.objects.all()
    assert (issue.messages, issue.copies, Alert.objects.count()) == (600, 599, 1)
    assert told() == ["duty", "duty2"]


def _entry(text: str, number: int, now: datetime) -> Entry:
    return Entry(text=text, guid=str(number), author=f"人{number}", said_at=now, precision="minute")


def test_a_clock_a_year_ahead_cools_from_when_it_was_heard(
    make_voice: Callable[..., Voice], make_issue: Callable[..., Issue], now: datetime
) -> None:
    issue = make_issue(make_voice(at=now + 365 * DAY, heard_at=now - 3 * DAY))
    heat_due(now=now)
    issue.refresh_from_db()
    assert issue.heat_parts["facts"]["people"] == 0.5


# ---- heat in the tables ----
def test_heat_fades_is_looked_at_again_and_then_left_alone(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    issue = say(1, 5)
    heats = []
    for days in (0, 3, 9, 40):
        heat_due(now=now + days * DAY)
        issue.refresh_from_db()
        heats.append(issue.heat)
    assert heats == sorted(heats, reverse=True)
    assert (heats[-1], issue.heat_due) == (0.0, None)
    assert heat_due(now=now + 50 * DAY) == 0


def test_other_weights_weigh_all_anew(say: Say, cast: SimpleNamespace, now: datetime) -> None:
    issue = say(1, 5)
    before = Issue.objects.get(pk=issue.pk).heat
    weights = Weights(people=100, reach=0, urgency=0, growth=0)
    with pytest.raises(Refused):
        set_weights(weights, by=cast.duty, now=now)
    set_weights(weights, by=cast.admin, now=now)
    assert heat_due(now=now) == 1
    issue.refresh_from_db()
    assert issue.heat > before
    assert issue.heat_parts["points"]["urgency"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": 0, "reach": 0, "urgency": 0, "growth": 0},
        {"people": -1},
        {"people": 1000},
        {"half_days": 0},
    ],
)
def test_weights_that_cannot_be_are_refused(
    cast: SimpleNamespace, now: datetime, wrong: dict[str, float]
) -> None:
    with pytest.raises(Refused):
        set_weights(Weights(**wrong), by=cast.admin, now=now)


def test_a_table_that_cannot_be_is_refused(cast: SimpleNamespace, now: datetime) -> None:
    for rows, minutes, per_week in (
        ((), MINUTES, 2),
        ((Row("pink"),), MINUTES, 2),
        (TABLE, {"red": -1}, 2),
        (TABLE, MINUTES, 0),
    ):
        with pytest.raises(Refused):
            set_levels(rows, minutes=minutes, per_week=per_week, by=cast.admin, now=now)


def test_weeks_count_what_was_raised_and_what_was_wrong(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    false, lowered, _right = say(3, at=now - 7 * DAY), say(3), say(3)
    people.end_alert(alert_of(false), reason="误报", noise=True, by=cast.duty, now=now)
    people.confirm_alert(alert_of(lowered), colour="blue", reason="轻", by=cast.duty, now=now)
    weeks = alert_weeks(now, 2)
    assert [(week.raised, week.wrong, week.by_growth) for week in weeks] == [(1, 1, 0), (2, 1, 0)]
    assert weeks[-1].monday == datetime(2026, 11, 16, tzinfo=UTC).date()
