"""A simulated year: slow counting counts right, faults that are planted are told, and it runs."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from tests.house import House
from tingda.answers.models import Answer
from tingda.cases import actions
from tingda.cases.actions.ladder import escalate_cases_due
from tingda.cases.models import Case, Deadline, Escalation, Referral
from tingda.collect.models import Voice
from tingda.evaluate import year
from tingda.evaluate.year_checks import violations
from tingda.evaluate.year_slow import Stair, Task, end_of, last_of, stairs_due
from tingda.evaluate.year_stairs import Stairs
from tingda.evaluate.year_worker import Inline, take_turn
from tingda.ledger.actions import record
from tingda.people.models import Person, Unit

SHANGHAI = "Asia/Shanghai"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MakeCase = Callable[..., Case]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def until_next(text: str) -> tuple[datetime, datetime]:
    """A clock that stands still from then for a day."""
    return at(text), at(text) + DAY


# ---- slow counting ----
@pytest.mark.parametrize(
    ("task", "own", "ends"),
    [
        (Task(5, "hours", at("2026-11-21 16:20")), (), "2026-11-21 21:20"),
        (Task(3, "days", at("2024-02-27 09:00")), (), "2024-03-01 23:59:59"),
        # National Day: the Friday before is day one, 10-10 is a Saturday that is worked
        (Task(2, "working_days", at("2026-09-29 09:00")), (), "2026-10-08 23:59:59"),
        (Task(4, "working_days", at("2026-09-29 09:00")), (), "2026-10-10 23:59:59"),
        (
            Task(1, "working_days", at("2026-11-23 09:00")),
            ((date(2026, 11, 24), False), (date(2026, 11, 28), True)),
            "2026-11-25 23:59:59",
        ),
        (
            Task(2, "hours", at("2026-11-21 16:20"), (until_next("2026-11-21 17:00:30"),)),
            (),
            "2026-11-22 18:20",
        ),
        (
            Task(2, "days", at("2026-11-21 16:20"), (until_next("2026-11-22 12:00"),)),
            (),
            "2026-11-24 23:59:59",
        ),
    ],
)  # fmt: skip
def test_days_and_hours_are_counted_one_by_one(
    task: Task, own: tuple[tuple[date, bool], ...], ends: str
) -> None:
    assert end_of(task, SHANGHAI, own) == at(ends)


def test_the_last_moment_of_a_day_is_found_where_clocks_change() -> None:
    london = ZoneInfo("Europe/London")
    assert last_of(date(2026, 10, 25), london) == datetime(2026, 10, 25, 23, 59, 59, tzinfo=UTC)
    assert last_of(date(2026, 3, 29), london) == datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC)


def test_a_reminder_waits_for_half_of_the_time_and_a_new_step_is_not_made_up_for() -> None:
    begun, limit = at("2026-11-21 08:00"), at("2026-11-22 08:00")
    stairs = (Stair("-24.asked", -24), Stair("0.lead", 0), Stair("1.head", 1, limit + 2 * HOUR))
    assert list(stairs_due(stairs, begun, limit, at("2026-11-21 19:59"))) == []
    assert list(stairs_due(stairs, begun, limit, at("2026-11-21 20:00"))) == ["-24.asked"]
    assert list(stairs_due(stairs, begun, limit, limit + 9 * DAY)) == ["-24.asked", "0.lead"]


# ---- faults ----
@pytest.fixture
def sound(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> Iterator[Case]:
    """A case with a referral and its first steps, in which nothing is wrong."""
    case = make_case(unit=cast.edu)
    actions.refer(case, cast.edu, "查什么", by=cast.duty, now=now)
    take_turn([actions.note_late_due, escalate_cases_due], now + 25 * HOUR)
    assert violations(now + 25 * HOUR) == []
    yield case


def found(now: datetime) -> list[str]:
    return violations(now + 25 * HOUR)


@pytest.mark.django_db
def test_a_deadline_that_was_moved_by_hand_is_told(sound: Case, now: datetime) -> None:
    row = sound.deadlines.get(stage="first_answer")
    Deadline.objects.filter(pk=row.pk).update(due_at=row.due_at + HOUR)
    assert found(now) == [
        f"{sound.number} first_answer: due 2026-11-23 15:20:00 by slow counting, "
        "found 2026-11-23 16:20:00"
    ]


@pytest.mark.django_db
def test_what_lies_with_nobody_is_told(sound: Case, cast: SimpleNamespace, now: datetime) -> None:
    Person.objects.filter(pk=cast.duty.pk).update(is_active=False)
    Unit.objects.filter(pk=cast.edu.pk).update(closed_at=now)
    Deadline.objects.update(met_at=now)
    Referral.objects.update(state="withdrawn")
    told = "\n".join(found(now))
    for fault in ("its owner has left", "its unit is no more", "without a next date"):
        assert f"{sound.number}: " in told and fault in told
    assert "works in a unit that is no more" in told
    assert "waits for facts that nobody is asked for" in told


@pytest.mark.django_db
def test_a_step_done_twice_or_by_one_person_alone_is_told(
    sound: Case, cast: SimpleNamespace, now: datetime
) -> None:
    referral = sound.referrals.get()
    record("referral.late", f"referral:{referral.pk}", actor="系统", now=now)
    Answer.objects.create(
        case=sound, state="published", made_at=now, submitted_by=cast.duty, released_by=cast.duty
    )
    told = found(now)
    assert f"referral:{referral.pk}: referral.late 2 times" in told
    assert any("released by who wrote it" in line for line in told)


@pytest.mark.django_db
def test_a_case_closed_in_silence_and_a_record_that_was_changed_are_told(
    sound: Case, now: datetime
) -> None:
    Case.objects.filter(pk=sound.pk).update(state="closed", closing_text="")
    told = found(now)
    assert f"{sound.number}: closed in silence" in told
    assert f"{sound.number}: closed, and a referral is still open" in told
    with connection.cursor() as cursor:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in cursor.execute(triggers).fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("UPDATE ledger_line SET actor = 'x' WHERE number = 3")
    assert "ledger: broken at line 3 (hash)" in found(now)


@pytest.mark.django_db
def test_steps_that_were_missed_or_taken_too_early_are_told(sound: Case, now: datetime) -> None:
    stairs, later = Stairs(), now + 30 * HOUR
    stairs.before(later)
    assert list(stairs.after(later)) == []
    first = Escalation.objects.order_by("id").first()
    assert first is not None
    Escalation.objects.filter(pk=first.pk).delete()
    again = Stairs()
    again.before(later)
    assert list(again.after(later)) == [
        f"{first.target}: step {first.rung} for {first.due_at} was missed at {later}"
    ]
    early = Stairs()
    early.before(now)
    assert "was not due" in next(early.after(now))


def test_a_step_that_fails_or_never_rests_is_told(now: datetime) -> None:
    def broken(*, now: datetime) -> int:
        raise OSError(str(now.year))

    def restless(*, now: datetime) -> int:
        return 1

    assert take_turn([broken, restless], now) == [
        "worker: broken failed: OSError('2026')",
        f"worker: restless never came to rest at {now}",
    ]


# ---- the whole ----
@pytest.mark.django_db
def test_a_worker_that_does_a_part_of_its_work_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(year, "read_due", lambda **_more: 0)

    def hear_only(*, now: datetime) -> int:
        return Voice.objects.filter(unread=True).update(unread=False)

    steps = [hear_only, actions.note_late_due]
    report = year.Year(1, 6, 30).run(lambda: Inline(steps), lambda _line: None)
    assert any("was missed at" in line for line in report["violations"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_in_some_weeks_of_a_year(empty_house: House, seed: int) -> None:
    done = empty_house.run(
        *("evaluate", "year", "--seed", str(seed), "--days", "45", "--cases", "40", "--json"),
        timeout=900,
    )
    report = json.loads(done.stdout)
    assert (report["cases"] > 20, report["violations"]) == (True, [])
