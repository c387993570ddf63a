"""Growth: learnt at night, judged as voices come, and not by a clock that is wrong."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from tingda.collect.models import Source, Voice
from tingda.detect.actions.alerts import confirm_alert, end_alert
from tingda.detect.actions.growth import (
    _confirmed,
    _usual_applause,
    judge_growth,
    judge_growth_due,
    learn_growth,
    learn_growth_due,
    series_of,
    special_days,
)
from tingda.detect.actions.weighing import heat_due
from tingda.detect.models import Alert, Belonging, Gathering, Gauge, Issue
from tingda.detect.queries import alert_weeks, history
from tingda.ledger.models import Line
from tingda.lib.rising.office import Office
from tingda.lib.rising.packed import pack, unpack
from tingda.lib.rising.values import Series
from tingda.notify.models import Notice

pytestmark = [pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def voices(
    times: list[datetime], issue: Issue, *, heard: datetime | None = None, who: str = ""
) -> None:
    """So many people, each with one voice."""
    source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
    begun = Voice.objects.count()
    made = Voice.objects.bulk_create(
        Voice(
            source=source,
            identity=f"{begun + n}",
            text="x",
            heard_at=heard or at,
            at=at,
            unread=False,
        )
        for n, at in enumerate(times)
    )
    Belonging.objects.bulk_create(
        Belonging(voice=voice, issue=issue, at=voice.at, author_hash=who or f"v{voice.pk}", stamp=1)
        for voice in made
    )


def issue_of(times: list[datetime], heard: datetime | None = None) -> Issue:
    issue = Issue.objects.create(
        title="油烟", first_at=min(times), last_at=max(times), heard_at=min(times)
    )
    voices(times, issue, heard=heard)
    return issue


@pytest.fixture
def calm(db: None, now: datetime) -> list[Issue]:
    """Sixty days of twelve issues, of which each is heard every third or fourth day."""
    days = [range(60 - n % 7, 0, -(3 + n % 2)) for n in range(12)]
    return [issue_of([now - back * DAY for back in of]) for of in days]


def growing() -> list[int]:
    rows = Issue.objects.order_by("pk")
    return [row.pk for row in rows if row.growth.get("alarm")]


def learn_and_judge(now: datetime) -> None:
    learn_growth(now=now)
    judge_growth(now=now)


def test_a_rise_is_found_warned_of_and_told_with_its_numbers(
    calm: list[Issue], cast: SimpleNamespace, now: datetime
) -> None:
    risen = calm[3]
    voices([now - n * HOUR / 2 for n in range(9)], risen)
    learn_and_judge(now)
    assert growing() == [risen.pk]
    while heat_due(now=now):
        pass
    alert = Alert.objects.get()
    assert (alert.issue, alert.colour, alert.by_growth) == (risen, "yellow", True)
    text, values = alert.why["reasons"][0]
    assert text % values == f"近 1 天 9 人，往常约 {values['expected']} 人"
    assert not alert.why["urgent"]
    risen.refresh_from_db()
    assert risen.heat_parts["facts"]["growth"] == 1
    assert alert_weeks(now)[-1].by_growth == 1


def test_two_people_are_too_few_however_unusual(calm: list[Issue], now: datetime) -> None:
    voices([now - HOUR] * 40, calm[3], who="one")
    voices([now - HOUR] * 40, calm[3], who="other")
    learn_and_judge(now)
    assert growing() == []


@pytest.mark.parametrize("wrong", [-365, 365])
def test_a_clock_that_is_a_year_wrong_raises_no_growth(
    calm: list[Issue], now: datetime, wrong: int
) -> None:
    times = [now + wrong * DAY - n * HOUR for n in range(30)]
    voices(times, calm[3], heard=now)
    fresh = issue_of(times, heard=now)
    learn_and_judge(now)
    assert growing() == []
    # nor when the wrong time has come
    learn_and_judge(now + wrong * DAY if wrong > 0 else now)
    assert growing() == []
    assert fresh.pk


def test_a_short_history_judges_only_the_first_hours(now: datetime) -> None:
    old = issue_of([now - 9 * DAY])
    for n in range(1, 10):
        issue_of([now - n * DAY])
    voices([now - n * HOUR for n in range(8)], old)
    fresh = issue_of([now - n * HOUR / 4 for n in range(12)])
    learn_and_judge(now)
    assert (history().days, history().is_enough) == (9, False)
    assert growing() == [fresh.pk]
    assert Issue.objects.get(pk=fresh.pk).growth["window"].endswith("h")


def test_it_is_learnt_at_first_and_then_once_a_night(calm: list[Issue], now: datetime) -> None:
    # it is 16:20 in Shanghai; night is three o'clock
    after = (0, 1, 10, 11, 20, 34, 35)
    found = [learn_growth_due(now=now + n * HOUR) for n in after]
    assert found == [1, 0, 0, 1, 0, 0, 1]
    assert Line.objects.filter(verb="growth.learnt").count() == 3
    assert learn_growth_due(now=now - DAY) == 1  # the clock was put back


def test_nothing_is_learnt_of_nothing(db: None, now: datetime) -> None:
    assert (learn_growth_due(now=now), judge_growth_due(now=now), judge_growth(now=now)) == (
        0,
        0,
        0,
    )
    assert history().days == 0


def test_it_is_judged_each_hour_and_soon_after_something_was_heard(
    calm: list[Issue], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[datetime] = []

    def judge(*, now: datetime, own_days: object) -> int:
        done.append(now)
        return 1

    monkeypatch.setattr("tingda.detect.actions.growth.judge_growth", judge)
    Gauge.objects.filter(pk=1).update(learnt_at=now)
    minutes = (0, 4, 30, 61, 62, 66, 70, 71, 125)
    for minute in minutes:
        if minute in (62, 125):
            Gathering.objects.update(stamp=minute)
        judge_growth_due(now=now + minute * HOUR / 60)
    assert [(at - now) // (HOUR / 60) for at in done] == [0, 61, 66, 125]


def test_days_off_are_known_by_the_calendar_and_the_office(now: datetime) -> None:
    own = {now.date(): "holiday"}
    found = special_days(now, own)  # type: ignore[arg-type]
    assert found[now.date()] == "holiday"
    assert found[datetime(2026, 10, 1).date()] == "holiday"  # noqa: DTZ001 - a day
    assert datetime(2026, 11, 18).date() not in found  # noqa: DTZ001 - a day


def test_what_a_person_confirmed_is_not_learnt_as_noise(
    calm: list[Issue], cast: SimpleNamespace, now: datetime
) -> None:
    three = [
        Alert.objects.create(issue=issue, colour="yellow", raised_at=now, by_growth=True)
        for issue in calm[:3]
    ]
    confirm_alert(three[0], colour="yellow", reason="", by=cast.duty, now=now)
    confirm_alert(three[1], colour="blue", reason="不多", by=cast.duty, now=now)
    end_alert(three[2], reason="误报", noise=True, by=cast.duty, now=now)
    assert _confirmed() == [calm[0].pk]


def test_a_lasting_rise_is_one_alert_and_not_again_when_it_was_called_false(
    calm: list[Issue], cast: SimpleNamespace, now: datetime
) -> None:
    for days in (0, 1, 3):
        at = now + days * DAY
        voices([at - n * HOUR / 2 for n in range(6)], calm[3])
        learn_and_judge(at)
        while heat_due(now=at):
            pass
        if days == 1:
            alert = Alert.objects.get()
            end_alert(alert, reason="误报", noise=True, by=cast.duty, now=at)
    assert Notice.objects.filter(person=cast.duty).count() == 1
    assert not Alert.objects.get().stands


def test_series_are_people_a_day_from_the_first(now: datetime) -> None:
    issue = issue_of([now - 2 * DAY, now - HOUR])
    voices([now - HOUR, now - 2 * HOUR], issue, who="same")
    (series,) = series_of(now)
    assert (series.counts, series.people) == ([1, 0, 2], 3)
    hourly = issue_of([now - HOUR / 2, now - 2.5 * HOUR])
    hours = {one.key: one.hours for one in series_of(now)}[hourly.pk]
    assert hours == [0] * 9 + [1, 0, 1]


def test_old_beginnings_and_far_clocks_make_no_long_series(now: datetime) -> None:
    issue_of([now - 4000 * DAY, now - HOUR, now + 4000 * DAY])
    (series,) = series_of(now)
    assert (len(series.counts), series.counts[-1]) == (91, 1)


def test_usual_applause_is_not_moved_by_one_that_everybody_saw(now: datetime) -> None:
    issue_of([now - n * HOUR for n in range(10)])
    for n, voice in enumerate(Voice.objects.all()):
        voice.likes = 1_000_000 if n == 0 else 3
        voice.save()
    ((_source, usual),) = _usual_applause(now).items()
    assert 3 < usual < 20


@pytest.mark.once
def test_what_was_learnt_is_packed_and_read_again() -> None:
    day = datetime(2026, 11, 1).date()  # noqa: DTZ001 - a day
    series = [Series(n, [1, 0, 2, 1, 0] * 10, day - 49 * DAY) for n in range(5)]
    office = Office.learn(series, day)
    back = unpack(pack(office))
    assert back is not None
    assert back.judge(series, day, per_week=2) == office.judge(series, day, per_week=2)
    assert [unpack(data) for data in (b"", b"PK\x03\x04", pack(office)[:200])] == [None] * 3
