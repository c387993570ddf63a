"""The public pages: anybody reads them, and nothing but what was published stands there."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.publishing import publish
from tingda.answers import actions as answers
from tingda.cases import actions as cases
from tingda.cases.models import Case, Promise
from tingda.ledger.models import Line

Make = Callable[..., Any]
EVIL = "<script>alert(1)</script>"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_answer_reads_like_a_letter(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    case = make_case()
    promised = [("公示整改", date(2026, 11, 30)), ("换供应商", date(2026, 11, 20))]
    answer = publish(case, cast, now, promises=promised)
    shown = page(client, "public-answer", answer.pk)
    for words in (
        "午餐异物：查到了什么，怎么改",
        "学生说午餐里有异物。",
        "清洗筐破损。情况属实。",
        "已经更换清洗筐。",
        "公示整改",
        "进行中",
        "已逾期",
        "公共服务中心 签发人",
        "发布单位：",
        case.number,
        "11月21日 16:20 发布",
    ):
        assert words in shown
    number = Line.objects.get(verb="answer.released").number
    assert f"台账第 {number} 号" in shown


def test_a_kept_promise_says_how(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    answer = publish(make_case(), cast, now, promises=[("公示整改", date(2026, 11, 20))])
    cases.keep_promise(Promise.objects.get(), how="公示栏已张贴", by=cast.duty, now=now)
    for shown in (page(client, "public-answer", answer.pk), page(client, "public-promises")):
        assert "已兑现" in shown
        assert "公示栏已张贴" in shown
        assert "已逾期</span>" not in shown


def test_what_is_not_published_is_not_there(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    case = make_case(title="内部题目")
    answer = answers.draft(case, answers.Wording("拟稿题", "听", "查"), by=cast.drafter, now=now)
    assert client.get(reverse("public-answer", args=[answer.pk])).status_code == 404
    answers.submit(answer, by=cast.drafter, now=now)
    answers.release(answer, by=cast.releaser, now=now)
    assert client.get(reverse("public-answer", args=[answer.pk])).status_code == 404
    for name in ("public-answers", "public-feed", "public-promises", "public-numbers"):
        assert "拟稿题" not in page(client, name)
        assert "内部题目" not in page(client, name)


def test_only_public_ledger_lines_are_shown(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    case = make_case()
    cases.set_grade(case, "major", reason="内部理由不公开", by=cast.duty, now=now)
    answer = publish(case, cast, now)
    shown = page(client, "public-answer", answer.pk)
    assert "立为事项" in shown
    assert "内部理由不公开" not in shown


def test_a_correction_stands_beside_and_changes_nothing(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    answer = publish(make_case(), cast, now)
    later = now + timedelta(hours=2)
    draft = answers.correct(answer, "应为两只清洗筐。", by=cast.drafter, now=now)
    assert "应为两只清洗筐。" not in page(client, "public-answer", answer.pk)
    answers.release_correction(draft, by=cast.releaser, now=later)
    shown = page(client, "public-answer", answer.pk)
    assert "更正（11月21日 18:20）" in shown
    assert "应为两只清洗筐。" in shown
    assert "清洗筐破损。情况属实。" in shown
    assert "有更正" in page(client, "public-answers")


def test_answers_are_found_by_the_words_of_their_title(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    publish(make_case(), cast, now, title="老城区停水：怎么改")
    publish(make_case(), cast, now, title="公交晚点：怎么改")
    shown = page(client, "public-answers", q="停水 怎么改")
    assert "老城区停水" in shown
    assert "公交晚点" not in shown
    assert "没有“暖气”" in page(client, "public-answers", q="暖气")
    assert page(client, "public-answers", q="\0 %_'") != ""


def test_a_title_that_was_never_signed_is_not_found(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    case = make_case()
    answer = answers.draft(case, answers.Wording("暖气旧题", "听", "查"), by=cast.drafter, now=now)
    answers.write(answer, answers.Wording("停水新题", "听", "查"), by=cast.drafter, now=now)
    answers.submit(answer, by=cast.drafter, now=now)
    answers.release(answer, by=cast.releaser, now=now)
    answers.publish_due(now=now)
    assert "没有“暖气”" in page(client, "public-answers", q="暖气")


def test_promises_show_the_open_ones_first_and_count_the_late(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    promised = [("后到期", date(2026, 12, 30)), ("已过期", date(2026, 11, 20))]
    publish(make_case(), cast, now, promises=promised)
    shown = page(client, "public-promises")
    assert shown.index("已过期") < shown.index("后到期")
    assert "1 项已逾期" in shown


def test_a_promise_is_not_late_on_its_own_day(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    publish(make_case(), cast, now, promises=[("今天到期", date(2026, 11, 21))])
    assert "已逾期</span>" not in page(client, "public-promises")


def test_promise_6_a_closing_without_an_answer_can_be_read_and_counted(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    text, before = "感谢来信，表扬已转公交公司。", now - timedelta(minutes=1)
    for _ in range(2):
        case = make_case(title="司机拾金不昧")
        cases.close(case, reason="no_answer_needed", text=text, by=cast.duty, now=before)
    shown = page(client, "public-numbers")
    assert shown.count(text) == 2
    assert "近 30 天 2 件" in shown
    assert "“无需答复”2 件" in shown


def test_the_four_rates_stand_together_with_their_denominators(
    client: Client,
    cast: SimpleNamespace,
    make_case: Make,
    make_issue: Make,
    make_voice: Make,
    now: datetime,
) -> None:
    heard = now - timedelta(days=60)
    case = make_case(make_issue(make_voice(at=heard)), now=heard)
    publish(case, cast, heard + timedelta(days=1))
    shown = page(client, "public-numbers")
    for name in ("首次回应按时", "已回应", "本人确认解决", "重新打开"):
        assert name in shown
    assert shown.count("<b>100%</b> <small>1/1</small>") == 4  # two rates over 90 and 365 days
    assert cast.water.name not in shown  # units are not compared


def test_the_feed_is_atom_escaped_and_new_again_when_corrected(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    answer = publish(make_case(), cast, now, title=f"题{EVIL}", found=f"查{EVIL}\x07")
    first = client.get(reverse("public-feed"))
    assert first["Content-Type"].startswith("application/atom+xml")
    entry = ElementTree.fromstring(first.content).find(f"{ATOM}entry")  # noqa: S314 - our own
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == f"题{EVIL}"
    summary = entry.findtext(f"{ATOM}summary") or ""
    assert "<script" not in summary
    assert "&lt;script&gt;" in summary
    assert entry.findtext(f"{ATOM}updated") == "2026-11-21T08:20:00+00:00"
    draft = answers.correct(answer, "改一个字", by=cast.drafter, now=now)
    answers.release_correction(draft, by=cast.releaser, now=now + timedelta(hours=1))
    again = client.get(
        reverse("public-feed"), headers={"If-Modified-Since": first["Last-Modified"]}
    )
    entry = ElementTree.fromstring(again.content).find(f"{ATOM}entry")  # noqa: S314 - our own
    assert entry is not None
    assert entry.findtext(f"{ATOM}updated") == "2026-11-21T09:20:00+00:00"
    assert entry.findtext(f"{ATOM}published") == "2026-11-21T08:20:00+00:00"
    unchanged = client.get(
        reverse("public-feed"), headers={"If-Modified-Since": again["Last-Modified"]}
    )
    assert unchanged.status_code == 304


def test_scripts_in_an_answer_are_text(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    day = date(2026, 12, 1)
    answer = publish(
        make_case(title=EVIL), cast, now, title=EVIL, heard=EVIL, found=EVIL, promises=[(EVIL, day)]
    )
    for shown in (
        page(client, "public-answer", answer.pk),
        page(client, "public-answers"),
        page(client, "public-promises"),
    ):
        assert EVIL not in shown
        assert "&lt;script&gt;" in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("public-answers", "还没有公布过回应。"),
        ("public-promises", "没有未兑现的承诺。"),
        ("public-numbers", "没有可数的"),
    ],
)
def test_empty_pages_say_so(client: Client, db: None, name: str, words: str) -> None:
    assert words in page(client, name)


def test_an_empty_feed_is_still_a_feed(client: Client, db: None) -> None:
    root = ElementTree.fromstring(client.get(reverse("public-feed")).content)  # noqa: S314 - ours
    assert (root.tag, root.findall(f"{ATOM}entry")) == (f"{ATOM}feed", [])


@pytest.mark.parametrize("name", ["public-answers", "public-promises", "public-feed"])
def test_long_lists_cost_no_more_queries(
    client: Client, cast: SimpleNamespace, make_case: Make, now: datetime, name: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, name)
        return len(queries)

    publish(make_case(), cast, now, promises=[("一", date(2026, 12, 1))])
    one = cost()
    for _ in range(2):
        publish(make_case(), cast, now, promises=[("一", date(2026, 12, 1))])
    assert Case.objects.count() == 3
    assert cost() == one


def test_pages_change_with_language_and_are_kept_by_the_reader_alone(
    client: Client, db: None
) -> None:
    response = client.get(reverse("public-answers"))
    assert "private" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
    assert "public" in client.get(reverse("public-feed"))["Cache-Control"]
