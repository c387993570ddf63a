"""Rotations are fair, every instant is watched or told as a gap, swaps keep the number of posts."""

import itertools
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.duty import rules
from tingda.duty.rules import Cover, Days, Gap, Hours, Pattern, Post
from tingda.lib.refusal import Refused

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
ZONES = [SHANGHAI, NEW_YORK, ZoneInfo("Europe/Berlin")]
ZONES += [ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Sao_Paulo")]
DAY, NIGHT = Hours("白班", time(8, 0), time(17, 30)), Hours("夜班", time(17, 30), time(8, 0))
MONDAY = date(2026, 11, 16)
zones = st.sampled_from(ZONES)
days = st.dates(date(2024, 1, 1), date(2028, 12, 1))
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def plan(*hours: Hours, teams: int = 3, begins: date = MONDAY, rotation: str = "shift") -> Pattern:
    return Pattern(begins, rotation, hours or (DAY, NIGHT), teams)


def watches(slots: list[rules.Slot]) -> list[Cover]:
    return [Cover(s.starts_at, s.ends_at, s.needs, s.needs, s.name) for s in slots]


def local(day: date, zone: ZoneInfo) -> datetime:
    return rules.moment(day, time.min, zone)


# ---- the rotation ----
@given(days, st.integers(1, 7), st.sampled_from(list(rules.ROTATIONS)), zones)
def test_day_and_night_cover_each_instant_of_every_week_in_every_zone(
    begins: date, teams: int, rotation: str, zone: ZoneInfo
) -> None:
    found = rules.slots(
        plan(teams=teams, begins=begins, rotation=rotation), begins + timedelta(9), Days(), zone
    )
    start = rules.moment(begins, time(8, 0), zone)
    end = local(begins + timedelta(days=9), zone)
    assert rules.gaps(watches(found), start, end, all_day=True) == []
    assert all(s.starts_at.utcoffset() == timedelta(0) for s in found)
    assert {s.team for s in found} <= set(range(teams))


@given(
    days,
    st.lists(st.tuples(clocks, clocks, st.integers(1, 3)), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), min_size=60, max_size=60),
    zones,
)
def test_each_instant_of_a_week_is_covered_or_reported(
    begins: date, hours: list[tuple[time, time, int]], present: list[int], zone: ZoneInfo
) -> None:
    some = [Hours(f"{n}", a, b, needs) for n, (a, b, needs) in enumerate(hours)]
    found = rules.slots(plan(*some, begins=begins), begins + timedelta(days=7), Days(), zone)
    watched = [
        Cover(s.starts_at, s.ends_at, s.needs, here, s.name, number)
        for number, (s, here) in enumerate(zip(found, present, strict=False))
    ]
    start, end = local(begins, zone), local(begins + timedelta(days=7), zone)
    told = rules.gaps(watched, start, end, all_day=True)
    edges = {start, end} | {at for w in watched for at in (w.starts_at, w.ends_at)}
    inside = sorted(at for at in edges if start <= at < end)
    for at in inside:
        full = [w for w in watched if w.starts_at <= at < w.ends_at]
        short = {w.shift for w in full if w.present < w.needs}
        gaps = [g for g in told if g.starts_at <= at < g.ends_at]
        assert {g.shift for g in gaps} == (short if full else {None})
    assert all(g.starts_at < g.ends_at and g.missing > 0 for g in told)


def counts(slots: list[rules.Slot], zone: ZoneInfo = SHANGHAI) -> dict[tuple[str, str], Counter]:
    found: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for s in slots:
        sort = "work" if Days().sort_of(s.day) == "workday" else "rest"
        found[s.name, sort][s.team] += 1
    return found


def spread(one: Counter, teams: int) -> int:
    return max(one[t] for t in range(teams)) - min(one[t] for t in range(teams))


@given(days, st.integers(1, 9), st.integers(1, 200))
def test_with_one_shift_a_day_no_team_has_more_than_one_more_of_each_sort(
    begins: date, teams: int, length: int
) -> None:
    once = Hours("白班", time(8, 0), time(18, 0))
    found = rules.slots(
        plan(once, teams=teams, begins=begins), begins + timedelta(length), Days(), SHANGHAI
    )
    assert len(found) == length + 1
    assert max(spread(one, teams) for one in counts(found).values()) <= 1


@given(days, st.integers(1, 9), st.integers(20, 200))
def test_day_and_night_turn_fairly_and_with_three_teams_nobody_works_through(
    begins: date, teams: int, length: int
) -> None:
    found = rules.slots(
        plan(teams=teams, begins=begins), begins + timedelta(length), Days(), SHANGHAI
    )
    bound = 7 if teams > 1 else 0
    assert max(spread(one, teams) for one in counts(found).values()) <= bound
    all_of_them = Counter(s.team for s in found)
    assert spread(all_of_them, teams) <= (2 if teams > 2 else 1)
    if teams > 2:
        pairs = itertools.pairwise(found)
        assert not [a for a, b in pairs if a.ends_at == b.starts_at and a.team == b.team]


def test_two_people_change_places_between_day_and_night() -> None:
    found = rules.slots(plan(teams=2), MONDAY + timedelta(days=83), Days(), SHANGHAI)
    nights = Counter(s.team for s in found if s.name == "夜班")
    assert nights[0] + nights[1] == 84
    assert abs(nights[0] - nights[1]) <= 14


def test_a_rotation_of_one_person_is_always_that_person() -> None:
    found = rules.slots(plan(teams=1), MONDAY + timedelta(days=6), Days(), SHANGHAI)
    assert [s.team for s in found] == [0] * 14


def test_without_teams_the_shifts_stand_there_and_are_gaps() -> None:
    found = rules.slots(plan(teams=0), MONDAY, Days(), SHANGHAI)
    assert [(s.name, s.team) for s in found] == [("白班", None), ("夜班", None)]


@pytest.mark.parametrize("teams", [2, 3, 4])
def test_by_week_nobody_has_all_the_nights(teams: int) -> None:
    pattern = plan(teams=teams, rotation="week")
    found = rules.slots(pattern, MONDAY + timedelta(7 * 12 - 1), Days(), SHANGHAI)
    nights = Counter(one.team for one in found if one.name == "夜班")
    assert nights == dict.fromkeys(range(teams), 7 * 12 // teams)
    through = [one.team == after.team for one, after in itertools.pairwise(found)]
    # two teams change places every second Monday, and one of them works through
    assert sum(through) == (6 if teams == 2 else 0)


def test_by_week_a_team_has_the_same_shift_all_week_and_then_the_next_has() -> None:
    found = rules.slots(plan(teams=2, rotation="week"), MONDAY + timedelta(13), Days(), SHANGHAI)
    told = {(s.name, (s.day - MONDAY).days // 7): s.team for s in found}
    assert len({(s.name, (s.day - MONDAY).days // 7, s.team) for s in found}) == 4
    assert {told["白班", 0], told["夜班", 0]} == {0, 1} == {told["白班", 1], told["夜班", 1]}


def test_by_day_a_team_has_the_whole_day() -> None:
    found = rules.slots(plan(teams=3, rotation="day"), MONDAY + timedelta(2), Days(), SHANGHAI)
    assert [s.team for s in found] == [0, 0, 1, 1, 2, 2]


def test_overlapping_shifts_are_not_given_to_one_team_while_there_is_another() -> None:
    long, short = Hours("全天", time(8), time(20)), Hours("高峰", time(11), time(14))
    found = rules.slots(plan(long, short, teams=2), MONDAY + timedelta(20), Days(), SHANGHAI)
    by_day: dict[date, set[int | None]] = defaultdict(set)
    for s in found:
        by_day[s.day].add(s.team)
    assert all(teams == {0, 1} for teams in by_day.values())


# ---- days ----
def test_a_shift_over_midnight_belongs_to_the_day_it_begins() -> None:
    night = rules.slots(plan(NIGHT, teams=1), MONDAY, Days(), SHANGHAI)
    assert [(s.day, s.starts_at, s.ends_at) for s in night] == [
        (
            MONDAY,
            datetime(2026, 11, 16, 9, 30, tzinfo=UTC),
            datetime(2026, 11, 17, 0, 0, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("day", "own", "sort"),
    [
        (date(2026, 11, 20), Days(), "workday"),  # Friday
        (date(2026, 11, 21), Days(), "weekend"),  # Saturday
        (date(2026, 10, 10), Days(), "workday"),  # Saturday, made up (调休)
        (date(2026, 10, 1), Days(), "holiday"),  # Thursday, National Day
        (date(2026, 11, 20), Days(off=frozenset({date(2026, 11, 20)})), "holiday"),
        (date(2026, 11, 21), Days(on=frozenset({date(2026, 11, 21)})), "workday"),
        (date(2024, 2, 29), Days(), "workday"),  # Thursday
    ],
)
def test_what_a_day_is_for_a_roster(day: date, own: Days, sort: str) -> None:
    assert own.sort_of(day) == sort


def test_days_off_may_have_shifts_of_their_own() -> None:
    work = Hours("白班", time(8), time(18), weekends=False, holidays=False)
    rest = Hours("周末班", time(9), time(17), workdays=False, holidays=False)
    feast = Hours("节日班", time(0), time(0), workdays=False, weekends=False, needs=2)
    found = rules.slots(
        plan(work, rest, feast, begins=date(2026, 9, 30)), date(2026, 10, 1), Days(), SHANGHAI
    )
    assert [(s.day.day, s.name, s.needs) for s in found] == [(30, "白班", 1), (1, "节日班", 2)]
    found = rules.slots(plan(work, rest, feast), date(2026, 11, 22), Days(), SHANGHAI)
    assert [s.name for s in found] == ["白班"] * 5 + ["周末班"] * 2


def test_the_29th_of_february_is_a_day_like_others() -> None:
    begins = date(2028, 2, 28)
    found = rules.slots(plan(DAY, teams=2, begins=begins), date(2028, 3, 1), Days(), SHANGHAI)
    assert [(s.day.month, s.day.day) for s in found] == [(2, 28), (2, 29), (3, 1)]


def test_a_year_whose_calendar_is_not_published_is_told() -> None:
    own = Days(off=frozenset({date(2031, 1, 2)}))
    told = rules.unknown_days(date(2031, 1, 1), date(2031, 1, 3), own)
    assert told == [date(2031, 1, 1), date(2031, 1, 3)]
    assert rules.unknown_days(date(2025, 3, 1), date(2025, 3, 9), Days()) == []


def test_shifts_meet_when_the_clock_changes() -> None:
    """2026-03-08 02:00–03:00 is not there in New York; 2026-11-01 01:00–02:00 is there twice."""
    early, late = Hours("前半夜", time(18), time(2, 30)), Hours("后半夜", time(2, 30), time(18))
    for begins in (date(2026, 3, 7), date(2026, 10, 31)):
        found = rules.slots(
            plan(early, late, begins=begins), begins + timedelta(2), Days(), NEW_YORK
        )
        start = found[0].starts_at
        assert rules.gaps(watches(found), start, start + timedelta(hours=48), all_day=True) == []
    jumped = rules.slots(
        plan(Hours("没有", time(2, 30), time(3, 0)), begins=date(2026, 3, 8)),
        date(2026, 3, 8),
        Days(),
        NEW_YORK,
    )
    assert jumped == []


# ---- gaps ----
def at(hour: int) -> datetime:
    return datetime(2026, 11, 16, hour, tzinfo=UTC)


def test_gaps_name_what_is_short_and_what_nobody_planned() -> None:
    some = [Cover(at(2), at(5), 2, 1, "白班", 7), Cover(at(4), at(6), 1, 1, "中班", 8)]
    assert rules.gaps(some, at(1), at(8), all_day=True) == [
        Gap(at(1), at(2), 1),
        Gap(at(2), at(5), 1, "白班", 7),
        Gap(at(6), at(8), 1),
    ]
    assert rules.gaps(some, at(1), at(8), all_day=False) == [Gap(at(2), at(5), 1, "白班", 7)]


# ---- swaps ----
posts = st.builds(
    lambda shift, person, start, length: Post(shift, person, at(start), at(start + length)),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 15),
    st.integers(1, 7),
)


@given(posts, st.none() | posts, st.integers(1, 3), st.lists(posts, max_size=4), st.integers(0, 23))
def test_a_swap_keeps_the_posts_and_puts_nobody_in_two_places(
    mine: Post, theirs: Post | None, to: int, others: list[Post], hour: int
) -> None:
    before = [mine, theirs] if theirs else [mine]
    try:
        rules.check_swap(mine, theirs, to, others, at(hour))
    except Refused:
        return
    after = rules.exchanged(mine, theirs, to)
    assert [post.shift for post in after] == [post.shift for post in before]
    assert [post.starts_at for post in after] == [post.starts_at for post in before]
    assert len(after) == len(before)
    if theirs:
        assert {post.person for post in after} == {post.person for post in before}
    for post in after:
        rules.clash(post, others)
        assert post.starts_at > at(hour)


@pytest.mark.parametrize(
    ("theirs", "to", "others", "hour", "why"),
    [
        (None, 1, [], 0, "不能和自己换班"),
        (Post(2, 3, at(12), at(14)), 2, [], 0, "这个班已经不是对方的了"),
        (Post(1, 2, at(8), at(10)), 2, [], 0, "两人本来就在同一个班"),
        (None, 2, [], 8, "这个班已经开始，不能再换"),
        (None, 2, [Post(3, 2, at(9), at(11))], 0, "那段时间已经另有一个班，一个人不能同时值两个班"),
    ],
)
def test_what_cannot_be_swapped(
    theirs: Post | None, to: int, others: list[Post], hour: int, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        rules.check_swap(Post(1, 1, at(8), at(10)), theirs, to, others, at(hour))


# ---- what people write ----
def test_hours_that_cannot_stand_in_a_roster_are_refused() -> None:
    never = Hours("无", time(8), time(9), workdays=False, weekends=False, holidays=False)
    for hours in ([], [DAY, DAY], [never], [DAY] * 9):
        with pytest.raises(Refused):
            rules.check_hours(hours)
    rules.check_hours([DAY, NIGHT])


def test_plans_fit_by_colour_and_topic_those_for_the_topic_first() -> None:
    some = [
        rules.Conditions(1, ["red"]),
        rules.Conditions(2, ["red", "orange"], ["gas"]),
        rules.Conditions(3, ["orange"]),
    ]
    assert rules.fitting(some, "red", "gas") == [2, 1]
    assert rules.fitting(some, "red", "water") == [1]
    assert rules.fitting(some, "orange", "") == [3]
    assert rules.fitting(some, "blue", "gas") == []


def test_steps_and_telephones_are_read_as_people_write_them() -> None:
    text = "1. 报告领导\n\n2、关阀\n（3）疏散\n12小时内通报\n1.5 公里内警戒\n"
    steps = ["报告领导", "关阀", "疏散", "12小时内通报", "1.5 公里内警戒"]
    assert rules.written_lines(text) == steps
    assert rules.telephones("燃气公司：0512-6000\n消防 119\n") == [
        {"name": "燃气公司", "number": "0512-6000"},
        {"name": "消防", "number": "119"},
    ]
    with pytest.raises(Refused, match="看不懂"):
        rules.telephones("只有名称")


@given(st.lists(st.tuples(st.integers(-1, 4), st.booleans()), max_size=12))
def test_the_last_line_about_a_step_says_whether_it_is_done(ticks: list[tuple[int, bool]]) -> None:
    done = rules.ticked(ticks, 3)
    assert list(done) == [0, 1, 2]
    for step in range(3):
        said = [value for one, value in ticks if one == step]
        assert done[step] == (said[-1] if said else False)
