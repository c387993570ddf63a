"""Which forum, category or topic an address means, and what is proposed for it."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.collect.forum_fixtures.listener import ALL, NOW, Listener, paths, topic_path
from tests.servers.forum import Forum, forum_server
from tingda.collect.actions.sources import Wanted, try_source
from tingda.collect.sources.contract import Pasted, Proposal
from tingda.collect.sources.forum.kind import KIND
from tingda.collect.sources.forum.places import Place, place_of
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.recognise import recognise
from tingda.lib.fetch import Response
from tingda.lib.refusal import Refused


@pytest.fixture(params=ALL)
def forum(request: pytest.FixtureRequest) -> Iterator[Forum]:
    with forum_server(request.param) as made:
        yield made


@pytest.mark.parametrize(
    ("software", "address", "what", "id_", "base"),
    [
        ("discourse", "https://f.cn/t/dongjie/12/3", "topic", "12", "https://f.cn"),
        ("discourse", "https://f.cn/t/12", "topic", "12", "https://f.cn"),
        ("discourse", "https://f.cn/c/a/b/7/l/top", "category", "c/a/b/7", "https://f.cn"),
        ("discourse", "https://f.cn/tag/停水", "category", "tag/停水", "https://f.cn"),
        ("discourse", "https://f.cn/bbs/latest", "whole", "", "https://f.cn/bbs"),
        ("nodebb", "https://f.cn/bbs/topic/9/x/4", "topic", "9", "https://f.cn/bbs"),
        ("nodebb", "https://f.cn/category/5/water", "category", "5", "https://f.cn"),
        ("nodebb", "https://f.cn/recent?x=1", "whole", "", "https://f.cn"),
        ("flarum", "https://f.cn/d/3-ting-shui/8", "topic", "3", "https://f.cn"),
        ("flarum", "https://f.cn/t/water", "category", "water", "https://f.cn"),
        ("flarum", "https://f.cn/all", "whole", "", "https://f.cn"),
    ],
)
def test_an_address_means_a_place(
    software: str, address: str, what: str, id_: str, base: str
) -> None:
    place = place_of(address, software)
    assert (place.what, place.id, place.base) == (what, id_, base)
    assert place_of(place.address, software) == place


# --- what was pasted ---


def pasted(forum: Forum, path: str) -> list[Proposal]:
    out = Manners(ZoneInfo("Asia/Shanghai"), allowed_hosts=(forum.address.removeprefix("http://"),))
    address = f"{forum.address}{path}"
    came = out.get(address)
    forum.asked.clear()
    return KIND.recognise(Pasted(address, came), out)


def test_any_page_of_a_forum_proposes_the_place_and_the_whole_forum(forum: Forum) -> None:
    topic = forum.open("停水")
    told = [(one.address, one.name, dict(one.options)) for one in pasted(forum, paths(forum))]
    options = {"software": forum.software}
    here = place_of(f"{forum.address}{paths(forum)}", forum.software).address
    rest = (f"{forum.address}/", "青石镇论坛", options)
    assert told == [(here, "供水版 - 青石镇论坛", options), rest]
    assert len(forum.asked) == 1
    assert len(pasted(forum, topic_path(forum, topic))) == 2
    assert [one.address for one in pasted(forum, "/")] == [f"{forum.address}/"]
    for unknown in ("/u/li_02", "/some/other"):
        assert [one.address for one in pasted(forum, unknown)] == [f"{forum.address}/"]
        assert len(forum.asked) <= 2


def test_a_page_that_shows_no_forum_is_asked_nothing_more() -> None:
    def never(*_args: object, **_named: object) -> Response:
        raise AssertionError("asked")

    out = Manners(ZoneInfo("Asia/Shanghai"), fetch=never)
    page = Response(200, "https://f.cn/news/", {}, b"<html><p>Discourse</p>", "", "", "")
    assert KIND.recognise(Pasted("https://f.cn/news/", page), out) == []


def test_a_forum_that_nobody_named_is_recognised_by_its_answers(forum: Forum) -> None:
    forum.open("停水", "<p>三天</p>")
    listener = Listener(forum, software="unknown")
    listener.look()
    assert listener.texts == ["三天"]
    assert listener.memory["software"] == forum.software


def test_a_persons_page_is_refused_in_words(forum: Forum) -> None:
    with pytest.raises(Refused, match="不跟踪个人"):
        KIND.check(f"{forum.address}/u/li_02", {})
    assert KIND.check(f"{forum.address}/latest#a", {}) == f"{forum.address}/latest"


def test_the_place_of_the_whole_is_its_address() -> None:
    assert Place("nodebb", "https://f.cn/bbs").address == "https://f.cn/bbs/"


@pytest.mark.django_db
def test_the_desk_is_told_of_a_pasted_forum_and_can_try_it(forum: Forum, settings: Any) -> None:
    settings.PRIVATE_HOSTS = [forum.address.removeprefix("http://")]
    forum.open("停水", "<p>三天</p>")
    found = recognise(f"{forum.address}{paths(forum)}", now=NOW)
    [here, rest] = [one for one in found if one.kind == "forum"]
    assert rest.address == f"{forum.address}/"
    wanted = Wanted("forum", here.address, name=here.name, options=here.options)
    assert [entry.text for entry in try_source(wanted, now=NOW).entries] == ["三天"]
