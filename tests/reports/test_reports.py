"""The four rates and the daily brief: each number counts what it says it counts."""

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from tests.publishing import publish
from tingda.analyse.models import Reading, Topic
from tingda.answers import actions as answers
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.actions.receiving import receive
from tingda.collect.models import Source
from tingda.collect.queries import receipt_of
from tingda.lib import charts
from tingda.people.actions import name_institution
from tingda.reports import rules
from tingda.reports.actions import write_daily
from tingda.reports.queries import daily_numbers, four_rates, heard_by_day
from tingda.reports.rules import Daily, Rate

Make = Callable[..., Any]
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 21)
MONTH = timedelta(days=30)


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart's own tests draw; here a picture is only carried."""

    def refuse(*_args: object, **_more: object) -> bytes:
        raise charts.DrawingFailed("no drawing in this test")

    monkeypatch.setattr(charts, "to_png", refuse)


def numbers(now: datetime, day: date = TODAY) -> Daily:
    return daily_numbers(day, zone=ZONE, now=now)


def written(brief: Daily) -> bytes:
    stream = io.BytesIO()
    write_daily(brief, stream)
    return stream.getvalue()


def text_of(document: bytes) -> str:
    paper = Document(io.BytesIO(document))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


# ---- the four rates ----
def rates(now: datetime) -> dict[str, tuple[int, int]]:
    return {rate.code: (rate.part, rate.whole) for rate in four_rates(start=now - MONTH, end=now)}


def test_an_empty_office_has_four_rates_of_nothing(db: None, now: datetime) -> None:
    found = four_rates(start=now - MONTH, end=now)
    assert [(rate.code, rate.part, rate.whole, rate.percent) for rate in found] == [
        ("on_time", 0, 0, None),
        ("answered", 0, 0, None),
        ("solved", 0, 0, None),
        ("reopened", 0, 0, None),
    ]


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 9, 0), (1, 1000, 1), (999, 1000, 99), (5, 5, 100), (2, 3, 67)],
)
def test_rounding_never_hides_the_one_that_is_missing(part: int, whole: int, percent: int) -> None:
    assert Rate("answered", "已回应", part, whole).percent == percent


@pytest.fixture
def month(
    cast: SimpleNamespace, make_case: Make, make_issue: Make, make_voice: Make, now: datetime
) -> Callable[[], Case]:
    """Opens cases that were heard twenty days ago; first answers are due within 48 hours."""

    def case() -> Case:
        heard = now - timedelta(days=20)
        opened: Case = make_case(make_issue(make_voice(at=heard)), now=heard)
        return opened

    return case


def test_first_answers_in_time_are_counted_against_all_that_were_due(
    cast: SimpleNamespace, month: Callable[[], Case], make_case: Make, now: datetime
) -> None:
    publish(month(), cast, now - timedelta(days=19))
    publish(month(), cast, now - timedelta(days=10))
    month()
    make_case()  # due later: not counted yet
    assert rates(now)["on_time"] == (1, 3)


def test_no_answer_needed_is_not_an_answer_and_merged_is_not_counted_twice(
    cast: SimpleNamespace, month: Callable[[], Case], now: datetime
) -> None:
    at = now - timedelta(days=5)
    publish(month(), cast, at)
    for reason in ("solved", "handed_on", "no_answer_needed", "merged"):
        case = month()
        cases.forward(case, "市场监管所", way="letter", text="转办函", by=cast.duty, now=at)
        cases.close(case, reason=reason, text="写明结果和理由。", by=cast.duty, now=at)
    month()
    assert rates(now)["answered"] == (3, 5)


def test_only_people_say_what_is_solved(
    cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    at = now - timedelta(days=1)
    for verdict in ("solved", "partly", "not"):
        voice, code = receive("", "午餐有异物。", "", "", now=at)
        answer = publish(make_case(voice), cast, at)
        receipt = receipt_of(code)
        assert receipt is not None
        answers.confirm(receipt, answer, verdict=verdict, note="", now=at)
    assert rates(now)["solved"] == (1, 3)


def test_reopened_counts_cases_even_when_they_are_open_again(
    cast: SimpleNamespace, month: Callable[[], Case], now: datetime
) -> None:
    def close(case: Case, days: int) -> None:
        at = now - timedelta(days=days)
        cases.close(case, reason="solved", text="写明结果和理由。", by=cast.duty, now=at)

    def reopen(case: Case, days: int) -> None:
        cases.reopen(case, reason="还没有好", by=cast.duty, now=now - timedelta(days=days))

    open_again, twice, long_ago, quiet = month(), month(), month(), month()
    close(quiet, 9)
    close(open_again, 9)
    reopen(open_again, 8)
    for days in (9, 7):
        close(twice, days)
        reopen(twice, days - 1)
    close(twice, 5)
    close(long_ago, 31)
    reopen(long_ago, 2)  # closed before this time
    assert rates(now)["reopened"] == (2, 3)


# ---- people's words ----
def test_what_people_ask_for_is_quoted_once_and_the_commonest_first() -> None:
    texts = [
        "晚上七点半就停水了。希望停水提前通知大家！",
        "又停水。希望停水提前通知一下大家。",
        "什么时候恢复供水？已经请假在家等了一天。",
        "我申请了三次。",
    ]
    assert rules.asks(texts) == ("希望停水提前通知大家！", "什么时候恢复供水？")


def test_the_telling_line_says_what_most_say() -> None:
    texts = [
        "今天天气不错的。",
        "晚上七点半就停水了。",
        "七点半就停水了，没通知。",
        "希望提前通知停水。",
    ]
    assert "七点半就停水了" in rules.telling_line(texts)


@pytest.mark.parametrize(
    "private", ["打我电话13800000000吧", "写信到a@example.org好吗", "卡号6222 0000 1111 22"]
)
def test_private_numbers_are_not_quoted(private: str) -> None:
    assert rules.sentences(f"路灯坏了一周了。{private}。") == ["路灯坏了一周了。"]


@given(st.lists(st.text(max_size=200), max_size=8))
def test_every_quoted_sentence_was_said(texts: list[str]) -> None:
    quoted = [rules.telling_line(texts), *rules.asks(texts)]
    assert all(any(part in text for text in texts) for part in quoted if part)


# ---- the daily numbers ----
def test_a_day_is_local_and_counts_what_was_heard(make_voice: Make, now: datetime) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=ZONE)
    for at in (midnight, midnight - timedelta(seconds=1), midnight - timedelta(days=5), now):
        make_voice(at=at)
    found = numbers(now)
    assert (found.heard.count, found.yesterday) == (2, 1)
    assert found.days[-6:] == (
        (date(2026, 11, 16), 1),
        (date(2026, 11, 17), 0),
        (date(2026, 11, 18), 0),
        (date(2026, 11, 19), 0),
        (date(2026, 11, 20), 1),
        (date(2026, 11, 21), 2),
    )
    assert len(found.days) == 14
    assert heard_by_day(TODAY, days=2, zone=ZONE) == list(found.days[-2:])


def test_sources_and_groups_add_up_to_what_was_heard(make_voice: Make, now: datetime) -> None:
    hotline = Source.objects.create(name="来电来访", kind=Source.Kind.HOTLINE)
    topic = Topic.objects.create(code="t1", group="水电气热", group_en="Utilities", name="停水")
    for voice in (make_voice(), make_voice(), make_voice(source=hotline)):
        if voice.source == hotline:
            continue
        Reading.objects.create(voice=voice, topic=topic, digest="d", read_at=now)
    found = numbers(now)
    assert [(row.name, row.count) for row in found.by_source] == [("镇民论坛", 2), ("来电来访", 1)]
    assert [(row.name, row.count) for row in found.by_group] == [("水电气热", 2), ("未归类", 1)]
    assert found.by_source[1].path == f"/desk/voices/?day=2026-11-21&source={hotline.pk}"


def test_main_issues_are_those_of_most_people_that_day(
    make_voice: Make, make_issue: Make, now: datetime
) -> None:
    old = now - timedelta(days=3)
    crowd = make_issue(*[make_voice(author_hash=f"{n}", text="停水了没人管。") for n in range(3)])
    loud = make_issue(*[make_voice(author_hash="one") for _ in range(5)], title="一个人说五次")
    nameless = make_issue(make_voice(author_hash=""), make_voice(author_hash=""), title="没有署名")
    make_issue(make_voice(at=old), title="以前的")
    make_issue(make_voice(), title="不归我们", state="not_ours")
    found = [(row.title, row.people, row.messages, row.path) for row in numbers(now).issues]
    assert found == [
        (crowd.title, 3, 3, f"/desk/issues/{crowd.pk}/"),
        (nameless.title, 2, 2, f"/desk/issues/{nameless.pk}/"),
        (loud.title, 1, 5, f"/desk/issues/{loud.pk}/"),
    ]


def test_late_things_say_what_and_by_how_much(
    cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    case = make_case()
    cases.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    later = now + timedelta(hours=30)
    late = daily_numbers(TODAY + timedelta(days=1), zone=ZONE, now=later).late
    assert [(row.what, row.number, row.unit, row.late) for row in late] == [
        ("联系单反馈", case.number, "教育办", timedelta(hours=6))
    ]
    two_days = now + timedelta(hours=48)  # heard an hour before `now`, 48 hours to answer
    found = daily_numbers(TODAY + timedelta(days=2), zone=ZONE, now=two_days).late
    assert [(row.what, row.late) for row in found] == [
        ("联系单反馈", timedelta(hours=24)),
        ("首次回应", timedelta(hours=1)),
    ]


def test_a_promise_is_late_from_the_day_after(
    cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    publish(make_case(), cast, now, promises=[("公示", TODAY)])
    assert numbers(now).late == ()
    tomorrow = datetime(2026, 11, 22, 9, 0, tzinfo=ZONE)
    late = daily_numbers(date(2026, 11, 22), zone=ZONE, now=tomorrow).late
    assert [(row.what, row.late) for row in late] == [("承诺", timedelta(hours=9))]


def test_a_day_that_is_over_is_shown_as_it_stood(
    cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    case = make_case()
    cases.close(case, reason="solved", text="已经解决。", by=cast.duty, now=now + timedelta(days=1))
    later = now + timedelta(days=3)
    before, closing_day = numbers(later), daily_numbers(date(2026, 11, 22), zone=ZONE, now=later)
    assert [row.number for row in before.on_hand] == [case.number]
    assert (before.closed, closing_day.on_hand) == ((), ())
    assert [(row.number, row.reason, row.text) for row in closing_day.closed] == [
        (case.number, "已解决", "已经解决。")
    ]


def test_links_lead_to_pages_that_exist() -> None:
    assert reverse("issue", args=[7]) == rules.ISSUE_PATH % 7
    assert reverse("case", args=[7]) == rules.CASE_PATH % 7
    assert reverse("public-answer", args=[7]) == rules.ANSWER_PATH % 7
    assert reverse("voices") == rules.VOICES_PATH


def test_more_voices_cost_no_more_queries(
    cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            numbers(now)
        return len(queries)

    cases.refer(make_case(), cast.edu, "请核实", by=cast.duty, now=now - timedelta(days=2))
    one = cost()
    for _ in range(2):
        cases.refer(make_case(), cast.edu, "请核实", by=cast.duty, now=now - timedelta(days=2))
    assert cost() == one + 2  # one look into each main issue, of which there are five at most


# ---- the document ----
def test_the_brief_holds_every_part_with_links(
    cast: SimpleNamespace, make_case: Make, make_issue: Make, make_voice: Make, now: datetime
) -> None:
    told = make_voice(text="午餐里有一根头发，孩子不敢吃。希望公开食堂后厨！")
    issue = make_issue(told, title="食堂午餐有异物")
    case = make_case(issue)
    answer = publish(case, cast, now)
    document = written(numbers(now))
    text = text_of(document)
    for words in (
        "本单位民情日报",
        "2026年11月21日 星期六",
        "今日听到声音 1 条（昨日 0 条）；新立事项 1 件，在办 1 件，已超时 0 项",
        "（一）食堂午餐有异物",
        "今日 1 人、1 条",
        "“午餐里有一根头发，孩子不敢吃。”",
        "大家希望：“希望公开食堂后厨！”",
        case.number,
        "没有超时的事项。",
        "午餐异物：查到了什么，怎么改",
    ):
        assert words in text
    with ZipFile(io.BytesIO(document)) as parts:
        links = re.findall(
            r'Target="(http[^"]+)"', parts.read("word/_rels/document.xml.rels").decode()
        )
        pictures = [name for name in parts.namelist() if name.startswith("word/media/")]
    assert {link.removeprefix(settings.ADDRESS) for link in links} == {
        "/desk/voices/?day=2026-11-21",
        f"/desk/voices/?day=2026-11-21&amp;source={told.source_id}",
        f"/desk/issues/{issue.pk}/",
        f"/desk/cases/{case.pk}/",
        f"/answers/{answer.pk}/",
    }
    assert len(pictures) == 1


def test_a_day_on_which_nothing_was_heard_is_a_record_too(
    db: None, now: datetime, no_drawing: None
) -> None:
    text = text_of(written(numbers(now)))
    assert "今日未听到新的声音（昨日 0 条）。" in text
    assert "没有在办的事项。" in text
    assert "图没有画成，数字见下表。" in text  # and the brief came all the same
    assert "11月8日" in text


def test_the_same_numbers_give_the_same_document(
    cast: SimpleNamespace, make_case: Make, now: datetime, no_drawing: None
) -> None:
    make_case()

    def parts() -> dict[str, bytes]:
        with ZipFile(io.BytesIO(written(numbers(now)))) as whole:
            return {name: whole.read(name) for name in whole.namelist()}

    assert parts() == parts()


def test_the_brief_is_written_in_the_active_language(
    db: None, now: datetime, no_drawing: None
) -> None:
    name_institution("清溪镇", name_en="Qingxi Town", by=None, now=now)
    assert "清溪镇民情日报" in text_of(written(numbers(now)))
    with translation.override("en"):
        assert "Qingxi Town" in text_of(written(numbers(now)))


def test_control_characters_do_not_break_the_document(
    make_voice: Make, make_issue: Make, now: datetime, no_drawing: None
) -> None:
    make_issue(make_voice(text="后厨\x07很脏也没人管。<b>真的</b>"), title="题\x0b目<script>")
    assert "题目<script>" in text_of(written(numbers(now)))
