"""List pages: entries, the articles behind them, further pages, and what is refused in words."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NOW
from tests.servers.page import Site, board, page_site
from tingda.collect.actions.looking import look_at
from tingda.collect.actions.sources import Wanted, try_source
from tingda.collect.models import Check, Source, Voice
from tingda.collect.sources import kind
from tingda.collect.sources import round as rounds
from tingda.collect.sources.contract import Pasted
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.page import following
from tingda.lib.article_child import Read, ReadingFailed
from tingda.lib.fetch import FetchFailed, fetch
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
BUSY = "<p>" + "您好，" * 30


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    with page_site() as made:
        settings.PRIVATE_HOSTS = [made.host]
        yield made


@pytest.fixture
def source(site: Site) -> Source:
    address = f"{site.address}/tzgg/"
    return Source.objects.create(kind="page", name="镇公告", address=address, next_due=NOW)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Articles are read without their process; how many there were in each batch."""
    batches: list[int] = []

    def read(pages: Any, **_rest: object) -> list[Read | None]:
        batches.append(len(pages))
        return [Read("", f"正文 {page.url[-9:]}", None, "", "") for page in pages]

    monkeypatch.setattr(following, "read_articles", read)
    return batches


def looked(source: Source, later: int = 0, **out: Any) -> Check:
    source.refresh_from_db()
    now = NOW + timedelta(minutes=later)
    check = look_at(source, now=now, out=rounds.manners(now) if not out else out["out"])
    source.refresh_from_db()
    return check


def numbers() -> list[int]:
    urls = Voice.objects.values_list("url", flat=True)
    return sorted(int(url.rsplit("/t", 1)[1][:-5]) for url in urls)


# --- a list and its articles ---


def test_entries_are_followed_to_their_articles(site: Site, source: Source) -> None:
    site.notices(3, 2, 1)
    assert (looked(source).added, source.memory["waiting"]) == (3, [])
    voice = Voice.objects.get(url__endswith="t2.html")
    assert voice.title == "关于第2号街道停水检修的通知"
    assert "值班人员全天接听" in voice.text
    assert (voice.said_at.isoformat(), voice.precision) == ("2026-11-03T01:30:00+00:00", "minute")
    assert voice.author_hash
    assert "王小明" not in voice.title + voice.text
    assert source.robots["allowed"] is True


def test_what_is_known_is_not_fetched_again(site: Site, source: Source, quick: list[int]) -> None:
    site.notices(2, 1)
    looked(source)
    site.asked.clear()
    assert (looked(source, 60).outcome, site.asked) == ("nothing", ["/tzgg/"])  # 304
    site.notices(3, 2, 1)
    site.asked.clear()
    assert looked(source, 120).added == 1
    assert site.asked == ["/tzgg/", "/tzgg/t3.html"]
    assert Voice.objects.filter(edits__gt=0).count() == 0


def test_without_following_title_link_and_day_are_heard(site: Site, source: Source) -> None:
    source.options = {"follow": False}
    source.save()
    site.notices(2, 1)
    assert looked(source).added == 2
    assert [path for path in site.asked if "/t" in path[5:]] == []
    voice = Voice.objects.get(url__endswith="t1.html")
    assert (voice.title, voice.text, voice.precision) == ("关于第1号街道停水检修的通知", "", "day")
    site.notices(3, 2, 1)
    assert (looked(source, 60).added, Voice.objects.count()) == (1, 3)


def test_a_trial_shows_the_list_and_asks_for_no_article(site: Site, source: Source) -> None:
    site.notices(*range(9, 0, -1))
    found = try_source(Wanted("page", source.address), now=NOW)
    assert [entry.title for entry in found.entries[:2]] == [
        f"关于第{number}号街道停水检修的通知" for number in (9, 8)
    ]
    assert (len(found.entries), site.asked) == (9, ["/robots.txt", "/tzgg/"])
    assert found.note == "这是列表上的标题，正文在添加之后再一条条读。"


def test_what_does_not_fit_waits_even_when_it_leaves_the_list(
    site: Site, source: Source, quick: list[int]
) -> None:
    site.notices(*range(25, 0, -1))
    assert looked(source).added == following.A_LOOK
    assert source.next_due == NOW + rounds.SOON
    site.notices(*range(27, 25, -1))  # the first 25 are gone from the list
    assert [looked(source, later).added for later in (1, 2, 60)] == [10, 7, 0]
    assert numbers() == list(range(1, 28))
    assert quick == [10, 10, 7]


def test_when_time_is_up_the_rest_waits(site: Site, source: Source, quick: list[int]) -> None:
    site.notices(3, 2, 1)
    hurried = Manners(rounds.manners(NOW).zone, allowed_hosts=(site.host,), seconds=0.0)
    assert looked(source, out=hurried).added == 0
    assert [one["tries"] for one in source.memory["waiting"]] == [0, 0, 0]
    assert looked(source, 1).added == 3


def test_an_article_that_fails_three_times_is_heard_with_its_title(
    site: Site, source: Source, quick: list[int]
) -> None:
    site.notices(2, 1)
    site.status["/tzgg/t1.html"] = 500
    assert [looked(source, later).added for later in (0, 5, 11, 22, 60)] == [1, 0, 0, 1, 0]
    assert site.asked.count("/tzgg/t1.html") == 3
    voice = Voice.objects.get(url__endswith="t1.html")
    assert (voice.title, voice.text) == ("关于第1号街道停水检修的通知", "")


def test_a_host_that_wants_rest_is_left_alone(site: Site, source: Source, quick: list[int]) -> None:
    site.notices(3, 2, 1)
    site.status["/tzgg/t3.html"] = 429
    site.headers["/tzgg/t3.html"] = {"Retry-After": "3600"}
    assert looked(source).added == 0
    assert [path for path in site.asked if path.startswith("/tzgg/t")] == ["/tzgg/t3.html"]
    site.status.clear()
    assert [looked(source, later).added for later in (30, 61)] == [0, 3]


def test_a_page_that_kills_the_reader_is_heard_with_its_title(
    site: Site, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "read_articles", lambda pages, **_: [None for _page in pages])
    site.notices(2, 1)
    assert looked(source).added == 2
    assert set(Voice.objects.values_list("text", flat=True)) == {""}


def test_a_reader_that_does_not_start_costs_no_article(
    site: Site, source: Source, quick: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_pages: object, **_rest: object) -> None:
        raise ReadingFailed

    site.notices(2, 1)
    with monkeypatch.context() as patched:
        patched.setattr(following, "read_articles", fails)
        assert looked(source).added == 0
    assert (looked(source, 11).added, quick) == (2, [2])


def test_articles_that_robots_txt_closes_are_heard_with_their_titles(
    site: Site, source: Source, quick: list[int]
) -> None:
    site.notices(2, 1)
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /tzgg/t"
    assert (looked(source).added, quick) == (2, [])
    assert [path for path in site.asked if path.startswith("/tzgg/t")] == []


def test_a_list_that_robots_txt_closes_is_not_read(site: Site, source: Source) -> None:
    site.notices(2, 1)
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
    assert (looked(source).cause, site.asked) == ("robots", ["/robots.txt"])


# --- further pages ---


def paged(site: Site, *pages: tuple[int, ...]) -> None:
    for n, page in enumerate(pages):
        path = "/tzgg/" if n == 0 else f"/tzgg/{n}"
        more = f'<a href="/tzgg/{n + 1}">下一页</a>' if n + 1 < len(pages) else ""
        site.notices(*page, path=path, more=more)


@pytest.mark.parametrize(("pages", "heard"), [("", 2), ("2", 4), ("10", 6)])
def test_the_first_look_reads_as_many_pages_as_asked(
    pages: str, heard: int, site: Site, source: Source, quick: list[int]
) -> None:
    source.options = {"pages": pages} if pages else {}
    source.save()
    paged(site, (6, 5), (4, 3), (2, 1))
    assert looked(source).added == heard


def test_later_looks_go_on_only_while_a_whole_page_was_new(
    site: Site, source: Source, quick: list[int]
) -> None:
    paged(site, (2, 1), (0,))
    looked(source)
    paged(site, (8, 7), (6, 5), (4, 2), (1, 0))
    site.asked.clear()
    assert looked(source, 60).added == 5
    assert [path for path in site.asked if "/t" not in path[5:]] == ["/tzgg/", "/tzgg/1", "/tzgg/2"]
    paged(site, (9, 8), (7, 6), (5, 4), (2, 1))
    site.asked.clear()
    assert (looked(source, 120).added, site.asked) == (1, ["/tzgg/", "/tzgg/t9.html"])


def test_pages_that_did_not_come_are_read_at_the_next_look(
    site: Site, source: Source, quick: list[int]
) -> None:
    source.options = {"pages": "3"}
    source.save()
    paged(site, (6, 5), (4, 3), (2, 1))
    site.status["/tzgg/1"] = 503
    assert looked(source).added == 2
    site.status.clear()
    assert (looked(source, 1).added, numbers()) == (4, [1, 2, 3, 4, 5, 6])


def test_pages_that_lead_in_a_circle_end(site: Site, source: Source, quick: list[int]) -> None:
    source.options = {"pages": "10"}
    source.save()
    site.notices(2, 1, more='<a href="/tzgg/b">下一页</a>')
    site.notices(2, 1, path="/tzgg/b", more='<a href="/tzgg/">下一页</a>')
    assert looked(source).added == 2
    assert site.asked.count("/tzgg/b") == 1


# --- what is refused in words ---


def reason(source: Source, later: int = 0) -> tuple[str, str]:
    check = looked(source, later)
    assert check.outcome == "failed"
    return check.cause, check.note % check.note_params


def test_a_rebuilt_page_is_a_loud_failure_and_an_empty_list_is_not(
    site: Site, source: Source, quick: list[int]
) -> None:
    site.notices(2, 1, 3)
    looked(source)
    site.notices()
    assert looked(source, 60).outcome == "nothing"
    site.pages["/tzgg/"] = board("<section><h2>欢迎访问新版网站</h2></section>")
    cause, words = reason(source, 120)
    assert cause == "rebuilt"
    assert words == f"{site.host} 的网页改版了，找不到原来的列表，请重新指一次"
    site.notices(4, 3)
    assert looked(source, 180).added == 1


def test_a_page_without_a_list_says_so(site: Site, source: Source) -> None:
    site.pages["/tzgg/"] = board("<p>只有文字</p>")
    assert "没有找到列表" in reason(source)[1]


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_page_is_left_closed(status: int, site: Site, source: Source) -> None:
    site.status["/tzgg/"] = status
    cause, words = reason(source)
    assert (cause, "需要登录的内容不听" in words) == ("login", True)


def test_a_page_that_asks_for_a_password_is_left_closed(site: Site, source: Source) -> None:
    site.pages["/tzgg/"] = board('<form><input name=u><input type="Password" name=p></form>')
    assert reason(source)[0] == "login"


def test_an_article_behind_a_login_is_heard_with_its_title(
    site: Site, source: Source, quick: list[int]
) -> None:
    site.notices(2, 1)
    site.status["/tzgg/t2.html"] = 302
    site.headers["/tzgg/t2.html"] = {"Location": "/user/login?from=t2"}
    site.pages["/user/login?from=t2"] = board("<p>请登录" + BUSY)
    assert (looked(source).added, quick) == (2, [1])
    assert Voice.objects.get(url__endswith="t2.html").text == ""


def test_a_page_over_five_megabytes_is_refused(site: Site, source: Source) -> None:
    site.pages["/tzgg/"] = "<p>" + "a" * (5 * 2**20)
    cause, words = reason(source)
    assert (cause, "超过 5 MB，没有读取" in words) == ("too_large", True)


def test_no_page_is_refused(site: Site, source: Source) -> None:
    site.pages["/tzgg/"] = "%PDF-1.7"
    site.headers["/tzgg/"] = {"Content-Type": "application/pdf"}
    assert "不是网页" in reason(source)[1]


@pytest.mark.parametrize("charset", ["gb18030", "big5", "utf-8"])
def test_charsets_are_read_as_they_are(
    charset: str, site: Site, source: Source, quick: list[int]
) -> None:
    site.charset = charset
    rows = "".join(f"<li><a href='/tzgg/t{n}.html'>停水通告第{n}期</a></li>" for n in range(4))
    site.pages["/tzgg/"] = f'<meta charset="{charset}"><title>通告</title><ul class="k">{rows}</ul>'
    for n in range(4):
        site.pages[f"/tzgg/t{n}.html"] = "<p>通告"
    assert looked(source).added == 4
    assert Voice.objects.filter(title="停水通告第1期").count() == 1


# --- choosing ---


def pasted(site: Site, path: str = "/tzgg/") -> Pasted:
    address = f"{site.address}{path}"
    try:
        return Pasted(address, fetch(address, agent="t", allowed_hosts=[site.host]))
    except FetchFailed as failure:
        return Pasted(address, refusal=failure)


def test_lists_are_proposed_first_and_watching_last(site: Site) -> None:
    site.notices(3, 2, 1)
    proposals = kind("page").recognise(pasted(site), rounds.manners(NOW))
    assert [one.options["mode"] for one in proposals] == ["list", "watch"]
    first = proposals[0]
    assert (first.name, first.params["count"]) == ("通知公告_清河镇", 3)
    assert (first.why % first.params).endswith(
        "共 3 条，开头是：关于第3号街道停水检修的通知；关于第2号街道停水检修的通知；"
        "关于第1号街道停水检修的通知"
    )
    assert kind("page").check(first.address, first.options) == first.address


def test_the_chosen_list_is_the_one_that_is_heard(site: Site, quick: list[int]) -> None:
    side = "".join(f"<li><a href='/x/t{n}.html'>下载第{n}号表格样本</a></li>" for n in range(3))
    site.notices(3, 2, 1, more=f"<ol class='side'>{side}</ol>")
    second = kind("page").recognise(pasted(site), rounds.manners(NOW))[1]
    chosen = Source.objects.create(
        kind="page", name="表格", address=second.address, options=second.options, next_due=NOW
    )
    for n in range(3):
        site.pages[f"/x/t{n}.html"] = "<p>表格"
    assert looked(chosen).added == 3
    assert {voice.url.split("/")[3] for voice in Voice.objects.all()} == {"x"}


def test_a_login_wall_is_refused_when_pasted(site: Site) -> None:
    site.status["/tzgg/"] = 403
    site.pages["/in"] = board("<form><input type=password></form>")
    for path in ("/tzgg/", "/in"):
        with pytest.raises(Refused, match="需要登录"):
            kind("page").recognise(pasted(site, path), rounds.manners(NOW))


def test_a_feed_and_what_is_no_page_are_not_proposed(site: Site) -> None:
    site.pages["/f"] = '<?xml version="1.0"?><rss><channel><p>x</p></channel></rss>'
    site.pages["/t"] = "name,said\n1,2"
    for path in ("/f", "/t", "/nothing"):
        assert kind("page").recognise(pasted(site, path), rounds.manners(NOW)) == []


def test_selectors_choose_for_those_who_want(site: Site, source: Source) -> None:
    site.notices(3, 2, 1)
    source.options = {"list_selector": "ul.news li", "date_selector": "span", "follow": False}
    source.save()
    assert looked(source).added == 3
    site.notices()
    assert looked(source, 60).outcome == "nothing"
    site.pages["/tzgg/"] = board("<p>新版</p>")
    assert reason(source, 120)[0] == "rebuilt"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"list_selector": "ul >"}, "看不懂的 CSS 选择器：ul >"),
        ({"watch_selector": "["}, "看不懂的 CSS 选择器"),
        ({"title_selector": "h4"}, "请先填每一条的 CSS 选择器"),
        ({"pages": "11"}, "请在 1 到 10 之间"),
        ({"pages": "０"}, "请在 1 到 10 之间"),
        ({"place": "nonsense"}, "列表的位置不对"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(Refused) as refused:
        kind("page").check("http://a.cn/", options)
    assert words in str(refused.value)


def test_every_option_has_a_use() -> None:
    assert [option.name for option in kind("page").options] == [
        "mode",
        "follow",
        "pages",
        "place",
        "list_selector",
        "title_selector",
        "date_selector",
        "watch_selector",
    ]
    assert kind("page").check("http://a.cn/", {}) == "http://a.cn/"
