"""Forums that fail: what came is kept, what waits is not lost, and the reason is in words."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.collect.forum_fixtures.listener import ALL, NOW, Listener, paths, whole
from tests.servers.forum import BEGINNING, Forum, forum_server
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.forum.kind import KIND
from tingda.collect.sources.forum.site import since
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.refusal import Refused


@pytest.fixture(params=ALL)
def forum(request: pytest.FixtureRequest) -> Iterator[Forum]:
    with forum_server(request.param) as made:
        yield made


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("html", "请改用“网页”这种来源"),
        ("truncated", "不完整"),
        ("list", "不是认识的样子"),
        ("403", "要登录才能看"),
    ],
)
def test_a_forum_that_gives_no_data_says_why(forum: Forum, fault: str, why: str) -> None:
    forum.open("停水")
    forum.faults["/"] = fault
    with pytest.raises(Refused) as raised:
        Listener(forum).look()
    assert why in raised.value.message


def test_a_host_that_wants_to_be_left_alone_is(forum: Forum) -> None:
    forum.faults["/"] = "429"
    with pytest.raises(FetchFailed) as raised:
        Listener(forum).look()
    assert raised.value.retry_after == timedelta(hours=1)
    assert len(forum.asked) == 1


def test_what_came_before_a_failure_is_kept_and_the_rest_follows(forum: Forum) -> None:
    listener = Listener(forum)
    topic = forum.open("停水")
    listener.look()
    forum.number += 60
    forum.reply(topic, *(f"<p>回复{number}</p>" for number in range(160)))
    forum.asked.clear()

    def fail_later(_path: str) -> None:
        if len(forum.asked) > 3:
            forum.faults["/"] = "503"

    forum.before_answer = fail_later
    found = listener.look()
    assert (found.more, found.note) == (False, "没有读完就中断了，下次接着读，不会漏")
    assert 1 < len(listener.heard) < 161
    forum.before_answer = lambda _path: None
    forum.faults.clear()
    listener.look()
    assert listener.texts == whole(forum)


@pytest.mark.parametrize("software", ["nodebb", "discourse"])
@pytest.mark.parametrize("fault", ["500", "html", "403"])
def test_a_topic_that_cannot_be_read_stops_no_other(software: str, fault: str) -> None:
    with forum_server(software) as forum:
        listener = Listener(forum, paths(forum))
        forum.open("先前的")
        listener.look()
        forum.number += 60
        for number in range(3):
            forum.open(f"第{number}帖", f"<p>第{number}帖</p>")
        bad = {"nodebb": "/api/topic/3?", "discourse": "/t/3/"}[software]
        forum.faults[bad] = fault
        for _look in range(4):
            listener.look()
        assert listener.texts == ["开头", "第0帖", "第2帖"]
        assert listener.memory["rest"] == []  # and it is not asked for ever


def test_a_host_that_fails_altogether_loses_nothing_that_waits() -> None:
    with forum_server("nodebb") as forum:
        listener = Listener(forum)
        forum.open("先前的")
        listener.look()
        forum.number += 60
        for number in range(6):
            forum.open(f"第{number}帖", f"<p>第{number}帖</p>")
        listener.look(1)
        waiting = listener.memory["rest"]
        forum.faults["/"] = "500"
        for _look in range(5):
            with pytest.raises(FetchFailed):
                listener.look()
        assert listener.memory["rest"] == waiting
        forum.faults.clear()
        listener.look()
        assert listener.texts == whole(forum)


def test_a_clock_that_is_ahead_hides_no_later_post(forum: Forum) -> None:
    topic = forum.open("停水")
    topic.posts[0].at = NOW + timedelta(days=400)
    listener = Listener(forum)
    listener.look()
    assert listener.memory["mark"] == NOW.timestamp()


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2026-11-18T00:00:01.500Z", BEGINNING.timestamp() + 1.5),
        (round(BEGINNING.timestamp() * 1000), BEGINNING.timestamp()),
        (str(round(BEGINNING.timestamp() * 1000)), BEGINNING.timestamp()),
        ("2026-11-18", 0.0),
        (None, 0.0),
        ({"a": 1}, 0.0),
        (True, 0.0),
    ],
)
def test_a_moment_is_read_however_it_is_written(told: object, seconds: float) -> None:
    assert since(told) == seconds


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b'{"latest_posts": [{}, 3, null, {"id": []}]}',
        b'{"topics": [{"tid": {}, "lastposttime": "x"}]}',
        b'{"data": [{"attributes": 5}, {"relationships": []}], "included": {}}',
        b"[" * 5000,
    ],
)
def test_nonsense_in_the_data_is_no_crash(answer: bytes) -> None:
    def say(url: str, **_named: object) -> Response:
        return Response(200, url, {}, answer, "", "", "")

    out = Manners(ZoneInfo("Asia/Shanghai"), fetch=say)
    for software in ALL:
        try:
            found = KIND.look(Ask("https://f.cn/", NOW, options={"software": software}), out)
        except Refused:
            continue
        assert found.entries == ()
