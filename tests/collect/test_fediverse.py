"""The fediverse: a hashtag, and what is said to the institution's own account; nobody else's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.servers.fediverse import BEGINNING, TOKEN, Instance, fediverse_server
from tingda.collect.actions.looking import look_at
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask, Pasted
from tingda.collect.sources.fediverse.kind import KIND
from tingda.collect.sources.fediverse.places import place_of
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Limits, Response
from tingda.lib.refusal import Refused

NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
TAG = "/tags/%E5%81%9C%E6%B0%B4"
OWN = {"what": "mentions"}


@dataclass
class Listener:
    """A source that looks again and again; `requests` is how many fit into one look."""

    server: Instance
    path: str = TAG
    options: dict[str, Any] = field(default_factory=dict)
    secret: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    heard: dict[str, Entry] = field(default_factory=dict)

    def look(self, requests: int = 1000) -> Look:
        left = iter(range(requests - 1))

        class Hurried(Manners):
            @property
            def has_time(self) -> bool:
                return next(left, None) is not None

        found = KIND.look(
            Ask(
                f"{self.server.address}{self.path}",
                NOW,
                options=self.options,
                secret=self.secret,
                memory=self.memory,
            ),
            Hurried(ZoneInfo("Asia/Shanghai"), allowed_hosts=(host(self.server),), limits=LIMITS),
        )
        assert found.memory is not None
        self.memory = dict(found.memory)
        self.heard |= {entry.guid: entry for entry in found.entries}
        return found

    @property
    def texts(self) -> list[str]:
        return sorted(entry.text for entry in self.heard.values())


LIMITS = Limits(total=5)


def host(server: Instance) -> str:
    return server.address.removeprefix("http://")


@pytest.fixture
def server() -> Iterator[Instance]:
    with fediverse_server() as made:
        yield made


# --- a hashtag ---


def test_a_status_is_heard_with_its_warning_words_pictures_language_and_likes(
    server: Instance,
) -> None:
    [said] = server.say(
        "<p>东街 <a href='/tags/停水'>#<span>停水</span></a> 三天</p><p>何时来水？</p>",
        spoiler_text="牢骚",
        favourites_count=3,
        media_attachments=[{"type": "image", "description": "空水桶"}, {"description": None}],
    )
    listener = Listener(server)
    assert listener.look().title == "#停水"
    [entry] = listener.heard.values()
    assert entry.text == "牢骚\n东街 #停水 三天\n何时来水？\n空水桶"
    assert (entry.said_at, entry.precision) == (BEGINNING + timedelta(minutes=1), "second")
    assert (entry.lang, entry.likes, entry.author) == ("zh", 3, "li@127.0.0.1")
    assert (entry.url, entry.guid) == (said["url"], said["uri"])


def test_boosts_and_what_is_not_open_to_all_are_not_heard(server: Instance) -> None:
    server.say("<p>公开</p>")
    server.say("<p>不列出</p>", visibility="unlisted")
    server.say("<p>给关注者</p>", visibility="private")
    server.say("<p>私信</p>", visibility="direct")
    server.say("<p>转发</p>", reblog={"id": "1", "content": "<p>原文</p>"})
    listener = Listener(server)
    listener.look()
    assert listener.texts == ["不列出", "公开"]


@pytest.mark.parametrize("requests", [2, 1000])
@pytest.mark.parametrize("link", ["link", "without", "foreign"])
def test_nothing_is_missed_when_much_is_said_at_once(
    server: Instance, requests: int, link: str
) -> None:
    server.without_link, server.foreign_link = link == "without", link == "foreign"
    listener = Listener(server)
    server.say("<p>早先</p>")
    listener.look()
    server.minutes += 600
    server.say(*(f"<p>第{number}条</p>" for number in range(210)))
    for _look in range(20):
        if not listener.look(requests).more:
            break
        server.say("<p>又一条</p>")
    listener.look()
    assert set(listener.heard) == {one["uri"] for one in server.tagged}
    assert listener.memory["rest"] is None


def test_what_arrives_late_from_another_server_is_heard(server: Instance) -> None:
    listener = Listener(server)
    server.say(*(f"<p>第{number}条</p>" for number in range(60)))
    listener.look()
    listener.look()
    server.say("<p>来晚了</p>", at=BEGINNING + timedelta(minutes=5))
    listener.look()
    assert "来晚了" in listener.texts


def test_nothing_new_costs_few_requests(server: Instance) -> None:
    listener = Listener(server)
    server.say(*(f"<p>第{number}条</p>" for number in range(400)))
    listener.look()
    server.asked.clear()
    assert listener.look().more is False
    assert len(server.asked) <= 3


def test_only_this_server_where_the_office_chose_so(server: Instance) -> None:
    Listener(server, options={"reach": "local"}).look()
    Listener(server).look()
    assert ["local=true" in path for path in server.asked] == [True, False]


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_server_that_shows_hashtags_to_members_only_says_what_to_do(
    server: Instance, status: int
) -> None:
    server.say("<p>停水</p>")
    server.closed = status
    with pytest.raises(Refused, match="要登录才能看话题标签") as raised:
        Listener(server).look()
    assert vars(type(raised.value))["kind"] == "closed"  # for which the desk knows what to do
    listener = Listener(server, secret=TOKEN)
    listener.look()
    assert listener.texts == ["停水"]


def test_what_came_before_a_failure_is_kept_and_the_rest_follows(server: Instance) -> None:
    listener = Listener(server)
    server.say("<p>早先</p>")
    listener.look()
    server.minutes += 600
    server.say(*(f"<p>第{number}条</p>" for number in range(150)))
    server.fail_after = len(server.asked) + 2
    found = listener.look()
    assert (found.more, len(listener.heard)) == (False, 81)
    with pytest.raises(FetchFailed):
        listener.look()
    server.fail_after = 10_000
    listener.look()
    assert len(listener.heard) == 151


@pytest.mark.parametrize("body", [b"<!doctype html>", b'[{"id": "1', b'{"a": 1}', b"[" * 9999])
def test_what_is_no_such_server_says_so(server: Instance, body: bytes) -> None:
    server.broken = body
    with pytest.raises(Refused, match="不是 Mastodon 一类的服务器"):
        Listener(server).look()


@pytest.mark.parametrize(
    "row",
    [{}, {"id": 5}, {"visibility": "public"}, {"visibility": "public", "content": 5, "uri": []}],
)
def test_nonsense_in_the_data_is_no_crash(row: dict[str, Any]) -> None:
    def say(url: str, **_named: object) -> Response:
        body = str([row, 7, None]).replace("'", '"').replace("None", "null").encode()
        return Response(200, url, {"link": "<:::>; rel=next"}, body, "", "", "")

    out = Manners(ZoneInfo("Asia/Shanghai"), fetch=say)
    assert KIND.look(Ask(f"https://town.example{TAG}", NOW), out).entries == ()


# --- the own account ---


def test_replies_and_mentions_of_the_own_account_are_heard(server: Instance) -> None:
    server.mention("<p>@office 路灯不亮</p>")
    server.mention("<p>@office 身份证丢了</p>", visibility="direct")
    server.say("<p>别的</p>")
    listener = Listener(server, "/@office", OWN, TOKEN)
    found = listener.look()
    assert listener.texts == ["@office 路灯不亮"]
    assert found.note == "有不公开的消息（私信或仅关注者可见），没有听，也没有保存"
    assert listener.memory["private"] == 1
    assert "身份证" not in str(found)
    assert listener.look().note == ""  # each is counted once
    assert [path.partition("?")[0] for path in server.asked[:2]] == [
        "/api/v1/accounts/verify_credentials",
        "/api/v1/notifications",
    ]
    assert set(server.tokens) == {f"Bearer {TOKEN}"}


def test_a_token_of_another_account_is_refused(server: Instance) -> None:
    server.mention("<p>@office 路灯不亮</p>")
    with pytest.raises(Refused, match="不是 @somebody 的"):
        Listener(server, "/@somebody", OWN, TOKEN).look()
    assert len(server.asked) == 1


@pytest.mark.parametrize(("token", "why"), [("", "要填写"), ("wrong", "访问令牌不对")])
def test_without_the_right_token_nothing_is_heard(server: Instance, token: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        Listener(server, "/@office", OWN, token).look()


def test_a_token_does_not_go_over_an_open_line() -> None:
    def never(*_args: object, **_named: object) -> Response:
        raise AssertionError("asked")

    out = Manners(ZoneInfo("Asia/Shanghai"), fetch=never)
    for options in (OWN, {}):
        path = "/@office" if options else TAG
        ask = Ask(f"http://town.example{path}", NOW, options=options, secret=TOKEN)
        with pytest.raises(Refused, match="https"):
            KIND.look(ask, out)


# --- addresses ---


def test_another_persons_account_is_refused_in_words() -> None:
    for address in ("https://s.cn/@li", "https://s.cn/@li@a.cn", "https://s.cn/@li/12345"):
        with pytest.raises(Refused, match="不跟踪任何人的账号"):
            KIND.check(address, {"what": "hashtag"})
    with pytest.raises(Refused, match="话题标签的网址"):
        KIND.check("https://s.cn/about", {})
    with pytest.raises(Refused, match="自己账号的主页"):
        KIND.check("https://s.cn/tags/停水", OWN)
    for address in ("https://s.cn/@office@other.cn", "https://s.cn/@office/12345"):
        with pytest.raises(Refused, match="自己账号的主页"):
            KIND.check(address, OWN)
    assert KIND.check("https://s.cn/@office", OWN) == "https://s.cn/@office"


@pytest.mark.parametrize(
    ("address", "tag"),
    [
        ("https://s.cn/tags/停水", "停水"),
        ("https://s.cn/tags/%E5%81%9C%E6%B0%B4/", "停水"),
        ("https://s.cn/web/timelines/tag/water", "water"),
        ("https://s.cn/tags/a%2Fb", "a/b"),
        ("https://s.cn/about", ""),
    ],
)
def test_an_address_means_a_tag(address: str, tag: str) -> None:
    place = place_of(address)
    assert place.tag == tag
    assert place_of(place.address) == place


def test_a_hashtags_page_is_proposed_and_an_accounts_only_as_the_own(server: Instance) -> None:
    out = Manners(ZoneInfo("Asia/Shanghai"), allowed_hosts=(host(server),))
    [tag] = KIND.recognise(Pasted(f"{server.address}/tags/停水"), out)
    assert (tag.address, tag.name) == (f"{server.address}{TAG}", "#停水 青石镇")
    assert dict(tag.options) == {"what": "hashtag"}
    [own] = KIND.recognise(Pasted(f"{server.address}/@li"), out)
    assert (own.address, dict(own.options)) == (f"{server.address}/@li", OWN)
    assert "别人的账号不听" in own.why
    assert KIND.recognise(Pasted(f"{server.address}/news/"), out) == []
    assert KIND.recognise(Pasted("office@example.cn"), out) == []
    assert server.asked == ["/api/v1/instance"] * 2


@pytest.mark.django_db
def test_a_hashtag_is_a_source_whose_voices_come_once(server: Instance, settings: Any) -> None:
    settings.PRIVATE_HOSTS = [host(server)]
    server.say("<p>东街停水</p>")
    source = Source.objects.create(
        kind="fediverse", name="停水", address=f"{server.address}{TAG}", next_due=NOW
    )
    assert look_at(source, now=NOW).added == 1
    source.refresh_from_db()
    assert look_at(source, now=NOW).added == 0
    assert Voice.objects.get().text == "东街停水"
