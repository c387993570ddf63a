"""Forums that offer JSON: every topic and every reply is heard, whatever happens in between."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.collect.forum_fixtures.listener import ALL, NOW, Listener, paths, topic_path, whole
from tests.servers.forum import BEGINNING, Forum, forum_server
from tingda.collect.actions.looking import look_at
from tingda.collect.models import Edit, Source, Voice


@pytest.fixture(params=ALL)
def forum(request: pytest.FixtureRequest) -> Iterator[Forum]:
    with forum_server(request.param) as made:
        yield made


# --- what is heard ---


def test_topics_and_replies_are_heard_with_their_words_time_link_and_likes(forum: Forum) -> None:
    topic = forum.open("东街停水 & 补水", "<p>停水 <b>三天</b>了</p><p>何时来水？</p>")
    [reply] = forum.reply(topic, "<p>我家也是 1 &lt; 2</p>")
    reply.likes, reply.author = 4, "li_02"
    listener = Listener(forum)
    listener.look()
    opening, answer = sorted(listener.heard.values(), key=lambda entry: entry.guid)
    assert (opening.title, opening.text) == ("东街停水 & 补水", "停水 三天了\n何时来水？")
    assert (answer.title, answer.text) == ("东街停水 & 补水", "我家也是 1 < 2")
    assert (answer.said_at, answer.precision) == (BEGINNING + timedelta(minutes=2), "second")
    assert answer.likes == 4
    assert opening.author == "water_01"
    assert (
        answer.url
        == {
            "discourse": f"{forum.address}/t/topic-1/1/2",
            "nodebb": f"{forum.address}/post/2",
            "flarum": f"{forum.address}/d/1-topic/2",
        }[forum.software]
    )


def test_nothing_new_costs_few_requests_and_is_heard_again_under_the_same_id(forum: Forum) -> None:
    for number in range(8):
        forum.open(f"第{number}帖")
    listener = Listener(forum)
    listener.look()
    assert len(listener.heard) == 8
    forum.asked.clear()
    found = listener.look()
    assert len(forum.asked) <= 2
    assert (found.more, found.note, len(listener.heard)) == (False, "", 8)


def test_an_edit_comes_under_the_same_id(forum: Forum) -> None:
    topic = forum.open("停水", "<p>三天</p>")
    listener = Listener(forum)
    listener.look()
    topic.posts[0].html = "<p>四天</p>"
    listener.look()
    assert listener.texts == ["四天"]


def test_what_is_hidden_is_not_heard_and_others_are(forum: Forum) -> None:
    topic = forum.open("停水", "<p>三天</p>")
    first, _second = forum.reply(topic, "<p>广告</p>", "<p>还没来</p>")
    first.hidden = True
    listener = Listener(forum)
    listener.look()
    assert listener.texts == ["三天", "还没来"]


@pytest.mark.parametrize("requests", [1, 3, 1000])
def test_nothing_is_missed_when_200_replies_come_at_once(forum: Forum, requests: int) -> None:
    listener = Listener(forum)
    topics = [forum.open(f"第{number}帖") for number in range(3)]
    listener.look()
    forum.number += 60  # a minute for each number: what follows is an hour later
    forum.reply(topics[0], *(f"<p>回复{number}</p>" for number in range(200)))
    forum.open("另一件事", "<p>路灯不亮</p>")
    for _look in range(60):
        if not listener.look(requests).more:
            break
    assert listener.texts == whole(forum)
    assert listener.memory["rest"] == []


def test_nothing_is_missed_while_the_order_changes_between_two_pages(forum: Forum) -> None:
    """Topics move up, posts come and go at each request, looks end in the middle."""
    forum.size = 5
    dice = random.Random(7)  # noqa: S311 - shuffles a test, guards nothing
    listener = Listener(forum, paths(forum))
    topics = [forum.open(f"第{number}帖") for number in range(30)]
    listener.look()
    listener.heard.clear()
    began = forum.number
    forum.number += 100

    def meddle(_path: str) -> None:
        if forum.number < began + 220:
            topic = dice.choice(topics)
            forum.reply(topic, f"<p>第{forum.number}条</p>")
            dice.choice(topics[0].posts).hidden = False

    forum.before_answer = meddle
    for _look in range(200):
        if not listener.look(dice.choice((1, 2, 5))).more and forum.number >= began + 220:
            break
    listener.look()
    new = [post for topic in topics for post in topic.posts if post.id > began]
    heard = {guid.partition(":")[2] for guid in listener.heard}
    assert len(new) == 120
    assert {str(post.id) for post in new} - heard == set()


def test_posts_that_disappear_while_we_wait_hide_no_others(forum: Forum) -> None:
    forum.size = 10
    listener = Listener(forum)
    topic = forum.open("停水")
    listener.look()
    forum.number += 60
    forum.reply(topic, *(f"<p>回复{number}</p>" for number in range(150)))
    listener.look(6)  # in the middle
    kept = topic.posts[:-8]
    topic.posts[:] = kept
    for _look in range(60):
        if not listener.look(6).more:
            break
    heard = {guid.partition(":")[2] for guid in listener.heard}
    assert {str(post.id) for post in kept} - heard == set()


# --- where ---


def test_a_category_is_heard_without_the_others_and_pinned_topics_hide_nothing(
    forum: Forum,
) -> None:
    forum.size = 5
    old = forum.open("版规")
    old.pinned = True
    forum.number += 60
    listener = Listener(forum, paths(forum))
    for number in range(12):
        forum.open(f"供水{number}", f"<p>水{number}</p>")
        forum.open(f"道路{number}", f"<p>路{number}</p>", category=6)
    listener.look()
    if forum.software != "flarum":  # which gives fifty at once, more than these
        assert len(listener.heard) == 5
    forum.number += 60
    for number in range(12, 24):
        forum.open(f"供水{number}", f"<p>水{number}</p>")
    listener.look()
    assert {f"水{number}" for number in range(12, 24)} - set(listener.texts) == set()
    assert [text for text in listener.texts if text.startswith("路")] == []


def test_a_topic_is_heard_from_its_beginning_and_goes_on(forum: Forum) -> None:
    topic = forum.open("停水", *(f"<p>第{number}楼</p>" for number in range(75)))
    forum.open("别的事", "<p>路灯</p>")
    listener = Listener(forum, topic_path(forum, topic))
    assert listener.look().title == "停水"
    assert len(listener.heard) == 75
    forum.number += 60
    forum.reply(topic, "<p>来水了</p>")
    forum.asked.clear()
    listener.look()
    assert len(listener.heard) == 76
    assert "路灯" not in listener.texts
    assert len(forum.asked) == 1


def test_an_empty_forum_is_no_error_and_its_first_posts_are_all_heard(forum: Forum) -> None:
    listener = Listener(forum)
    assert listener.look().entries == ()
    forum.number += 5000  # minutes: it is after our first look
    topic = forum.open("停水")
    forum.reply(topic, *(f"<p>回复{number}</p>" for number in range(120)))
    listener.look()
    assert len(listener.heard) == 121


# --- as a source ---


@pytest.mark.django_db
def test_a_forum_is_a_source_whose_voices_come_once_and_edits_are_followed(
    forum: Forum, settings: Any
) -> None:
    settings.PRIVATE_HOSTS = [forum.address.removeprefix("http://")]
    topic = forum.open("停水", "<p>三天</p>")
    source = Source.objects.create(
        kind="forum",
        name="论坛",
        address=f"{forum.address}/",
        options={"software": forum.software},
        next_due=NOW,
    )
    check = look_at(source, now=NOW)
    assert (check.outcome, check.added) == ("heard", 1)
    topic.posts[0].html = "<p>四天</p>"
    forum.reply(topic, "<p>还没来</p>")
    source.refresh_from_db()
    check = look_at(source, now=NOW)
    assert (check.added, check.edited) == (1, 1)
    assert sorted(Voice.objects.values_list("title", "text")) == [
        ("停水", "四天"),
        ("停水", "还没来"),
    ]
    assert Edit.objects.get().text == "三天"


@pytest.mark.django_db
def test_robots_txt_is_obeyed_and_the_decision_recorded(forum: Forum, settings: Any) -> None:
    settings.PRIVATE_HOSTS = [forum.address.removeprefix("http://")]
    forum.robots = "User-agent: *\nDisallow: /api\nDisallow: /posts.json\n"
    source = Source.objects.create(
        kind="forum",
        name="论坛",
        address=f"{forum.address}/",
        options={"software": forum.software},
        next_due=NOW,
    )
    check = look_at(source, now=NOW)
    source.refresh_from_db()
    assert (check.outcome, check.cause, forum.asked) == ("failed", "robots", [])
    assert source.robots["allowed"] is False
