"""议题: the list, the page of one, and what people do to them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Reading, Topic, Watch, WatchHit
from tingda.cases.models import Case
from tingda.collect.models import Receipt, Voice
from tingda.detect.models import Alert, Belonging, Issue
from tingda.lib import charts
from tingda.notify.actions import tell
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.vault.actions import seal

SCRIPT = "<script>alert(1)</script>"
ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
STAFF = ["duty", "drafter", "releaser", "auditor", "admin"]


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def read(voice: Voice, now: datetime, **values: object) -> Reading:
    fields: dict[str, object] = {"digest": f"d{voice.pk}", "read_at": now, "ungathered": False}
    return Reading.objects.create(voice=voice, **fields | values)


def titles(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/desk/issues/{query}")
    return [issue.title for issue, _counts, _tone in response.context["rows"]]


@pytest.fixture
def three(make_issue: MakeIssue, now: datetime) -> list[Issue]:
    """Few people long ago, many people yesterday, some people today with most messages."""
    hours = {"老": 90, "多": 30, "新": 1}
    numbers = {"老": (2, 5), "多": (9, 9), "新": (4, 20)}
    heats = {"老": 3.0, "多": 1.0, "新": 2.0}
    return [
        make_issue(
            title=name,
            people=numbers[name][0],
            messages=numbers[name][1],
            heat=heats[name],
            heard_at=now - timedelta(hours=back),
            first_at=now - timedelta(hours=back),
            last_at=now - timedelta(hours=back if name != "老" else 0),
        )
        for name, back in hours.items()
    ]


@pytest.mark.parametrize("who", STAFF)
def test_everybody_at_the_desk_sees_list_and_page(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, who: str
) -> None:
    client, issue = client_of(getattr(cast, who)), make_issue(title="楼下油烟")
    assert "楼下油烟" in text_of(client, "/desk/issues/")
    page = text_of(client, f"/desk/issues/{issue.pk}/")
    assert ("合并…" in page) == (who == "duty")
    assert (f"/desk/cases/new/?issue={issue.pk}" in page) == (who == "duty")


def test_for_a_liaison_none_of_it_exists(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    pk, client = make_issue().pk, client_of(cast.liaison_edu)
    deeds = ("", "chart/", "split/", "rename/", "not-ours/", "ours-again/", "alert/")
    pages = ["/desk/issues/", f"/desk/issues/merge/?issue={pk}"]
    for address in pages + [f"/desk/issues/{pk}/{deed}" for deed in deeds]:
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404


def test_a_colleague_who_may_not_group_is_told_so(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    page = text_of(client_of(cast.auditor), f"/desk/issues/{make_issue().pk}/rename/", 403)
    assert "您的角色不能做这一步" in page


def test_an_empty_list_says_what_to_do(cast: SimpleNamespace, client_of: ClientOf) -> None:
    assert "导入表格" in text_of(client_of(cast.duty), "/desk/issues/")
    filtered = text_of(client_of(cast.duty), "/desk/issues/?q=没有")
    assert "没有符合条件的议题" in filtered


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["老", "新", "多"]),
        ("heat", ["老", "新", "多"]),
        ("people", ["多", "新", "老"]),
        ("messages", ["新", "多", "老"]),
        ("new", ["新", "多", "老"]),
        ("last", ["老", "新", "多"]),
        ("nonsense", ["老", "新", "多"]),
    ],
)
def test_the_list_sorts(
    cast: SimpleNamespace, client_of: ClientOf, three: list[Issue], sort: str, order: list[str]
) -> None:
    assert titles(client_of(cast.duty), f"?sort={sort}" if sort else "") == order


def test_sort_links_keep_the_filter_and_go_back_to_the_first_page(
    cast: SimpleNamespace, client_of: ClientOf, three: list[Issue]
) -> None:
    response = client_of(cast.duty).get("/desk/issues/?place=&q=多&page=1&sort=last")
    columns = {name: (address, now_so) for name, address, now_so in response.context["columns"]}
    assert columns["人数"] == ("?place=&q=%E5%A4%9A&sort=people", False)
    assert columns["最近"] == ("?place=&q=%E5%A4%9A&sort=last", True)
    assert 'aria-sort="descending"' in response.content.decode()


def test_the_list_filters(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    topic = Topic.objects.create(code="油烟", group="环境", name="油烟")
    make_issue(title="甲", topic=topic, place="锦绣苑")
    make_issue(title="乙", place="和顺苑")
    make_issue(title="丙", state=Issue.State.NOT_OURS, reason="归县里管")
    make_issue(title="丁", state=Issue.State.MERGED, merged_into=Issue.objects.get(title="甲"))
    client = client_of(cast.duty)
    assert titles(client) == ["乙", "甲"]
    assert titles(client, "?topic=油烟") == ["甲"]
    assert titles(client, "?place=和顺") == ["乙"]
    assert titles(client, "?q=甲") == ["甲"]
    assert titles(client, "?state=not_ours") == ["丙"]
    assert titles(client, "?q=%00") == ["乙", "甲"]


def test_thirty_a_page(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    for _ in range(31):
        make_issue(make_voice())
    client = client_of(cast.duty)
    assert len(titles(client)) == 30
    assert len(titles(client, "?page=2")) == 1


def test_a_row_shows_its_alert_and_its_case(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_case: MakeCase,
    now: datetime,
) -> None:
    issue = make_issue()
    case = make_case(issue)
    Alert.objects.create(issue=issue, colour="orange", raised_at=now)
    page = text_of(client_of(cast.duty), "/desk/issues/")
    assert f"事项 {case.number} · 受理" in page
    assert "橙色预警 · 待确认" in page


@pytest.mark.parametrize("few", [500, 0])  # copies that stand alone, or too many to name each
def test_the_page_folds_copies_under_their_first(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    monkeypatch.setattr("tingda.web.desk.issues.MOST_ALONE", few)
    first, other, lone = make_voice(text="油烟"), make_voice(text="噪声"), make_voice(text="孤")
    copies = [make_voice(text="油烟") for _ in range(3)]
    issue = make_issue(first, other, lone, *copies)
    for voice in (first, other):
        read(voice, now)
    for voice in copies:
        read(voice, now, repeat_of=first)
    read(lone, now, repeat_of=make_voice())  # a copy whose first is in another issue stays seen
    Belonging.objects.filter(voice__in=[*copies, lone]).update(copy=True)
    monkeypatch.setattr("tingda.web.gathered.LARGE", few)  # what is kept for a minute is the same
    for _look in range(2):
        response = client_of(cast.duty).get(f"/desk/issues/{issue.pk}/")
    said = response.context["said"]
    assert [(one.belonging.voice, one.count) for one in said] == [
        (lone, 0),
        (other, 0),
        (first, 3),
    ]
    assert "3 条转发已折叠" in response.content.decode()


def test_the_page_says_why(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    voice = make_voice(text="锦绣苑油烟漏气", title="")
    issue = make_issue(voice)
    why = {
        "topic": [["text", 3, 5]],
        "places": [["text", 0, 3, "锦绣苑"]],
        "danger": [["text", 5, 7], ["text", 5, 700], "nonsense", ["text", None, 3]],
    }
    read(voice, now, why=why, danger=True)
    together = {"places": ["锦绣苑"], "words": ["油烟", "烧烤"], "similarity": 0.826}
    Belonging.objects.filter(voice=voice).update(why=together)
    watch = Watch.objects.create(name="儿童", rule="孩子", owner=cast.duty)
    WatchHit.objects.create(watch=watch, voice=voice, words=["孩子"])
    page = text_of(client_of(cast.duty), f"/desk/issues/{issue.pk}/")
    assert (
        '<mark class="place" title="地点：锦绣苑">锦绣苑</mark>'
        '<mark class="topic" title="主题词">油烟</mark>'
        '<mark class="danger" title="险情词">漏气</mark>'
    ) in page
    assert "同一地点“锦绣苑”；“油烟、烧烤”相近；相近程度 83%" in page
    assert "提到：漏气" in page
    assert "关注：儿童" in page


def test_contact_is_mentioned_only_where_one_is_held(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    held, bare = make_voice(), make_voice()
    issue = make_issue(held, bare)
    sealed = seal("13800000000", now=now)
    Receipt.objects.create(voice=held, code_hash="a", contact=sealed, made_at=now)
    Receipt.objects.create(voice=bare, code_hash="b", made_at=now)
    page = text_of(client_of(cast.duty), f"/desk/issues/{issue.pk}/")
    assert page.count("留有联系方式（密封）") == 1
    assert "13800000000" not in page


def test_a_merged_issue_leads_to_where_it_went(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    into = make_issue(title="留下的")
    gone = make_issue(title="并走的", state=Issue.State.MERGED, merged_into=into)
    response = client_of(cast.duty).get(f"/desk/issues/{gone.pk}/", follow=True)
    assert response.redirect_chain == [(f"/desk/issues/{into.pk}/", 302)]
    assert f"议题 {gone.pk}“并走的”已并入这里" in response.content.decode()


def test_opening_an_issue_marks_its_notice_read(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, now: datetime
) -> None:
    issue = make_issue()
    tell([cast.duty, cast.duty2], "alert.raised", key="a", link=f"issue:{issue.pk}", now=now)
    text_of(client_of(cast.duty), f"/desk/issues/{issue.pk}/")
    unread = Notice.objects.filter(read_at=None).values_list("person__login", flat=True)
    assert list(unread) == ["duty2"]


def test_the_chart_is_drawn_for_a_script_and_as_a_page_without_one(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    address = f"/desk/issues/{make_issue().pk}/chart/"
    client = client_of(cast.duty)
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert fragment.startswith('<div class="chart"')
    assert "11月21日：1 条" in fragment
    assert "<html" in text_of(client, address)


def test_a_chart_that_fails_leaves_the_table(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*args: object, **kwargs: object) -> str:
        raise charts.DrawingFailed("no memory")

    monkeypatch.setattr(charts, "to_svg", fails)
    page = text_of(client_of(cast.duty), f"/desk/issues/{make_issue().pk}/chart/")
    assert "图没有画成" in page


def fill(
    cast: SimpleNamespace, make_issue: MakeIssue, make_voice: MakeVoice, now: datetime, number: int
) -> Issue:
    """An issue with one of everything, scripts in every text."""
    topic = Topic.objects.create(code=f"t{number}", group=SCRIPT, name=SCRIPT, description=SCRIPT)
    voices = [
        make_voice(title=SCRIPT, text=SCRIPT, platform=SCRIPT, place=SCRIPT, url="javascript:1")
        for _ in range(3)
    ]
    issue = make_issue(*voices, title=SCRIPT, place=SCRIPT, topic=topic)
    add_one(cast, issue, voices, topic, now)
    Alert.objects.create(issue=issue, colour="red", raised_at=now)
    return issue


def add_one(
    cast: SimpleNamespace, issue: Issue, voices: list[Voice], topic: Topic, now: datetime
) -> None:
    why = {"topic": [["text", 0, 8], ["title", 1, 4]], "places": [["text", 9, 14, SCRIPT]]}
    for voice in voices[:-1]:
        read(voice, now, topic=topic, why=why, places=[SCRIPT])
    read(voices[-1], now, topic=topic, repeat_of=voices[0])
    Belonging.objects.filter(voice=voices[-1]).update(copy=True)
    Belonging.objects.filter(voice=voices[0]).update(why={"words": [SCRIPT], "places": [SCRIPT]})
    watch = Watch.objects.create(name=f"{SCRIPT}{voices[0].pk}", rule="x", owner=cast.duty)
    WatchHit.objects.create(watch=watch, voice=voices[0])


def test_list_and_page_cost_the_same_with_more_rows_and_show_scripts_as_text(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    make_case: MakeCase,
    now: datetime,
) -> None:
    client = client_of(cast.duty)
    counts: dict[str, list[int]] = {"list": [], "page": []}
    issue = fill(cast, make_issue, make_voice, now, 0)
    make_case(issue, title=SCRIPT)
    for rows in (0, 2):
        for number in range(rows):
            other = fill(cast, make_issue, make_voice, now, number + 1)
            make_case(other, title=SCRIPT)
            moved = list(Voice.objects.filter(belonging__issue=other))
            if number:
                Belonging.objects.filter(voice__in=moved).update(issue=issue)
        for name, address in (("list", "/desk/issues/"), ("page", f"/desk/issues/{issue.pk}/")):
            with CaptureQueriesContext(connection) as queries:
                page = text_of(client, address)
            counts[name].append(len(queries))
            assert SCRIPT not in page
            assert "javascript:" not in page
    assert counts["list"][0] == counts["list"][1]
    assert counts["page"][0] == counts["page"][1]
