"""The office's list of sources: what a pasted address may be, many at once, several together."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.site import Site, site
from tingda.collect.actions import sources as acts
from tingda.collect.actions.sources import (
    Wanted,
    add_source,
    arrange,
    change_source,
    seal_for_later,
    try_source,
    unseal_typed,
)
from tingda.collect.actions.sources_many import (
    Listed,
    add_many,
    change_several,
    listen_closely_to,
    looks_like_feed,
    pause_several,
    read_lines,
)
from tingda.collect.models import Check, Source, Voice
from tingda.collect.rules import Entry, Look
from tingda.collect.sources import recognise as recognising
from tingda.collect.sources.contract import Ask, Kind, Pasted, Proposal
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.recognise import in_short, recognise
from tingda.collect.sources.round import manners
from tingda.ledger.models import Line
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
RSS = "https://news.example.cn/rss"


@pytest.fixture
def town(settings: Any) -> Iterator[Site]:
    with site() as one:
        settings.PRIVATE_HOSTS = [one.host]
        yield one


class Kinds:
    """Kinds of the test's own, and what they were given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pasted: list[Pasted] = []
        self.asked: list[str] = []
        self.asks: list[Ask] = []
        self.closed: set[str] = set()
        self.answers: dict[str, Any] = {"feed": []}
        monkeypatch.setattr(recognising, "KINDS", dict.fromkeys(("page", "feed"), ""))
        monkeypatch.setattr(recognising, "kind", lambda name: Kind(self.look, self.of(name)))
        monkeypatch.setattr(recognising, "manners", lambda now: Manners(zone=UTC, fetch=self.fetch))
        secret = Kind(self.look, secret="密码")
        monkeypatch.setattr(acts, "kind", lambda name: secret)

    def of(self, name: str) -> Any:
        def answer(pasted: Pasted, _out: Manners) -> list[Proposal]:
            self.pasted.append(pasted)
            said = self.answers.get(name, [])
            if isinstance(said, Exception):
                raise said
            return list(said)

        return answer

    def fetch(self, url: str, **_more: Any) -> Response:
        self.asked.append(url)
        if url.split(":")[0] in self.closed:
            raise FetchFailed("connect", host="a.cn")
        return Response(200, url, {}, b"x", "", "", "")

    def look(self, ask: Ask, _out: Manners) -> Look:
        self.asks.append(ask)
        entries = tuple(Entry(title=f"{n}") for n in range(9))
        return Look("ok", tuple(ask.fresh(entries)))


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> Kinds:
    return Kinds(monkeypatch)


def reason(address: str) -> str:
    with pytest.raises(Refused) as caught:
        recognise(address, now=NOW)
    return str(caught.value.message)


# --- what a pasted address may be ---


def test_a_front_page_is_fetched_once_and_gives_its_feed(town: Site) -> None:
    first = recognise(town.address, now=NOW)[0]
    assert (first.kind, first.address) == ("feed", f"{town.address}/feed.xml")
    assert town.asked.count("/") == 1
    assert Source.objects.count() == 0


def test_the_kinds_are_asked_in_their_order_and_the_same_is_proposed_once(kinds: Kinds) -> None:
    one, other = Proposal("page", "https://a.cn/"), Proposal("feed", "https://a.cn/rss")
    kinds.answers = {"feed": [other, other], "page": [one]}
    assert recognise("https://a.cn/", now=NOW) == [one, other]


def test_a_kind_that_stumbles_does_not_silence_the_others(kinds: Kinds) -> None:
    found = Proposal("feed", "https://a.cn/rss")
    kinds.answers = {"page": RuntimeError("broken"), "feed": [found]}
    assert recognise("https://a.cn/", now=NOW) == [found]


def test_where_nothing_is_recognised_a_kind_s_own_reason_is_told(kinds: Kinds) -> None:
    assert "没有认出这是什么" in reason("https://a.cn/")
    kinds.answers["page"] = Refused("对方不让读")
    assert reason("https://a.cn/") == "对方不让读"


def test_what_cannot_be_fetched_is_told_unless_a_kind_knows_better(kinds: Kinds) -> None:
    kinds.closed = {"https"}
    assert "连不上" in reason("https://a.cn/")
    assert kinds.pasted[-1].came is None
    kinds.answers["feed"] = [Proposal("feed", "https://a.cn/rss")]
    assert len(recognise("https://a.cn/", now=NOW)) == 1


def test_without_a_scheme_the_safe_one_is_tried_first(kinds: Kinds) -> None:
    kinds.answers["feed"] = [Proposal("feed", "x")]
    recognise(" a.cn/rss ", now=NOW)
    assert kinds.asked == ["https://a.cn/rss"]
    kinds.closed = {"https"}
    recognise("a.cn:8080/rss", now=NOW)
    assert kinds.asked[1:] == ["https://a.cn:8080/rss", "http://a.cn:8080/rss"]
    assert kinds.pasted[-1].came is not None


@pytest.mark.parametrize("text", ["sr@example.cn", "imap.example.cn", "imaps://a@imap.b.cn:993/x"])
def test_a_mailbox_is_not_fetched(kinds: Kinds, text: str) -> None:
    kinds.answers["feed"] = [Proposal("mailbox", text)]
    assert recognise(text, now=NOW)[0].address == text
    assert (kinds.asked, kinds.pasted[0]) == ([], Pasted(text))


@pytest.mark.parametrize(
    "text", ["你好", "ftp://a.cn/", "https://u:p@a.cn/", "http://[", "localhost", "a b.cn", "", " "]
)
def test_what_is_no_address_is_refused_without_asking_anybody(kinds: Kinds, text: str) -> None:
    assert "网址" in reason(text)
    assert kinds.asked == []


def test_a_private_host_is_not_asked() -> None:
    assert "内部网络地址" in reason("http://127.0.0.1:9/")


def test_who_waits_at_the_screen_waits_half_a_minute_at_most(kinds: Kinds) -> None:
    short = in_short(manners(NOW), NOW)
    assert (short.seconds, short.limits.total) == (recognising.ALL, recognising.ONE)
    assert short.limits.turn is not manners(NOW).limits.turn
    assert recognising.ALL <= 30


# --- trying, and secrets ---


def test_a_trial_asks_for_the_first_few_entries_only(kinds: Kinds) -> None:
    assert len(try_source(Wanted("feed", RSS, secret="s"), now=NOW).entries) == acts.TRIED


def test_a_kept_secret_is_used_where_it_was_given_for_and_nowhere_else(
    kinds: Kinds, cast: SimpleNamespace
) -> None:
    source = add_source(Wanted("feed", RSS, "县报", secret="s3cret"), by=cast.admin, now=NOW)
    assert b"s3cret" not in bytes(source.secret)
    try_source(Wanted("feed", f"{RSS}/2"), now=NOW, source=source)
    assert kinds.asks[-1].secret == "s3cret"
    elsewhere = Wanted("feed", "https://other.example.cn/rss", "县报")
    with pytest.raises(Refused, match="地址换了"):
        try_source(elsewhere, now=NOW, source=source)
    with pytest.raises(Refused, match="地址换了"):
        change_source(source, elsewhere, by=cast.admin, now=NOW)
    assert len(kinds.asks) == 1
    new = Wanted("feed", "https://other.example.cn/rss", "县报", secret="new")
    change_source(source, new, by=cast.admin, now=NOW)
    assert source.address == "https://other.example.cn/rss"


def test_a_typed_secret_is_carried_sealed() -> None:
    carried = seal_for_later("p@ss 密码")
    assert "p@ss" not in carried and unseal_typed(carried) == "p@ss 密码"
    assert [unseal_typed(text) for text in ("", "zz", "00" * 60)] == ["", "", ""]
    assert seal_for_later("") == ""


# --- many at once ---


@pytest.mark.parametrize(
    ("line", "listed"),
    [
        (RSS, Listed(RSS)),
        (f"{RSS},县报", Listed(RSS, "县报")),
        (f"{RSS}\t县 报 ", Listed(RSS, "县 报")),
        (f"县报, {RSS}", Listed(RSS, "县报")),
        (f"县报，{RSS}", Listed(RSS, "县报")),
        (f'"县报, 二版",{RSS}', Listed(RSS, "县报, 二版")),
        (f"{RSS},第3中学", Listed(RSS, "第3中学")),
        (f"{RSS},县报,2版", Listed(RSS, "县报,2版")),
        (f"{RSS}?a=1,2,News", Listed(f"{RSS}?a=1,2", "News")),
        (f"{RSS}?a=1,2", Listed(f"{RSS}?a=1,2")),
        ("news.example.cn/feed", Listed("news.example.cn/feed")),
        ("你好", Listed("你好")),
    ],
)
def test_a_line_is_an_address_and_perhaps_a_name(line: str, listed: Listed) -> None:
    assert read_lines(f"# 清单\n\n{line}\r\n") == [listed]


@given(st.text(max_size=200))
def test_any_text_is_read_as_lines(text: str) -> None:
    assert len(read_lines(text)) <= len(text.splitlines()) + text.count("\0") + 1


@pytest.mark.parametrize(
    ("address", "likely"),
    [
        (RSS, True),
        ("a.cn/feed/", True),
        ("https://a.cn/index.php?format=atom", True),
        ("https://a.cn/news.xml", True),
        ("https://a.cn/feedback", False),
        ("https://rss.a.cn/", False),
        ("https://a.cn/", False),
        ("http://[", False),
    ],
)
def test_a_feed_s_address_is_known_by_its_look(address: str, likely: bool) -> None:
    assert looks_like_feed(address) is likely


def test_many_are_added_without_asking_anybody_and_spread_over_the_interval(
    cast: SimpleNamespace,
) -> None:
    known = Source.objects.create(kind="feed", name="县报", address=RSS)
    lines = [
        Listed(RSS),
        Listed("a.example.cn/rss", "县报"),
        Listed("https://b.example.cn/", "名单", "组", is_feed=True),
        Listed("https://c.example.cn/"),
        Listed("你好"),
        Listed("https://u:p@d.example.cn/rss"),
        Listed("a.example.cn/rss"),
        Listed("https://www.e.example.cn/rss"),
    ]
    outcomes = add_many(lines, group="早先", minutes=80, by=cast.admin, now=NOW)
    states = ["known", "added", "added", "unclear", "unclear", "refused", "known", "added"]
    assert [one.state for one in outcomes] == states
    assert outcomes[0].source == known
    added = [one.source for one in outcomes if one.state == "added" and one.source]
    assert [(s.name, s.group, s.next_due) for s in added] == [
        ("县报 2", "早先", NOW + timedelta(minutes=10)),
        ("名单", "组", NOW + timedelta(minutes=20)),
        ("e.example.cn/rss", "早先", NOW + timedelta(minutes=70)),
    ]
    assert [bool(one.refusal) for one in outcomes[3:6]] == [True, True, True]
    assert [one.has_address for one in outcomes[3:5]] == [True, False]
    assert (Check.objects.count(), Voice.objects.count()) == (0, 0)


def test_too_many_lines_and_the_wrong_person_are_refused(cast: SimpleNamespace) -> None:
    with pytest.raises(Refused, match="一次最多"):
        read_lines("https://a.cn/rss\n" * 501)
    with pytest.raises(Refused, match="一次最多"):
        add_many([Listed(RSS)] * 501, group="", minutes=30, by=cast.admin, now=NOW)
    with pytest.raises(Refused, match="您的角色不能做"):
        add_many([Listed(RSS)], group="", minutes=30, by=cast.duty, now=NOW)
    assert Source.objects.count() == 0


# --- several together ---


def some(count: int, **values: Any) -> list[Source]:
    fields: dict[str, Any] = {"kind": "feed", "next_due": NOW + timedelta(hours=5)} | values
    return [
        Source.objects.create(name=f"报{n}", address=f"{RSS}/{n}", interval_minutes=600, **fields)
        for n in range(count)
    ]


def test_group_and_interval_change_and_the_next_look_comes_no_later(cast: SimpleNamespace) -> None:
    rows = some(2)
    assert change_several(rows, group=" 公 告 ", by=cast.admin, now=NOW) == 2
    assert change_several(rows, group="公 告", by=cast.admin, now=NOW) == 0
    assert change_several(rows, minutes=60, by=cast.admin, now=NOW) == 2
    row = Source.objects.get(name="报0")
    assert (row.group, row.interval_minutes) == ("公 告", 60)
    assert row.next_due == NOW + timedelta(minutes=60)
    assert Line.objects.filter(verb="source.changed").count() == 4
    with pytest.raises(Refused, match="间隔请在"):
        change_several(rows, group="别的", minutes=1, by=cast.admin, now=NOW)
    assert set(Source.objects.values_list("group", flat=True)) == {"公 告"}
    with pytest.raises(Refused, match="您的角色不能做"):
        arrange(row, "x", 60, by=cast.duty, now=NOW)


def test_several_are_paused_and_go_on_each_once(cast: SimpleNamespace) -> None:
    rows = [*some(2), Source.objects.create(kind="form", name="公众表单")]
    assert pause_several(rows, False, by=cast.admin, now=NOW) == 2
    assert pause_several(rows, False, by=cast.admin, now=NOW) == 0
    assert list(Source.objects.filter(active=True).values_list("name", flat=True)) == ["公众表单"]
    assert pause_several(rows, True, by=cast.admin, now=NOW) == 2
    assert Line.objects.filter(verb="source.resumed").count() == 2


def test_listening_closely_is_for_all_that_are_chosen_or_for_none(cast: SimpleNamespace) -> None:
    good, paused = some(1)[0], Source.objects.create(kind="feed", name="停", active=False)
    until = NOW + timedelta(hours=6)
    with pytest.raises(Refused, match="停用了"):
        listen_closely_to([good, paused], 5, until, "中考", by=cast.duty, now=NOW)
    good.refresh_from_db()
    assert good.close_until is None
    assert listen_closely_to([good], 5, until, "中考", by=cast.duty, now=NOW) == 1
    good.refresh_from_db()
    assert (good.pace(NOW), good.pace(until)) == (timedelta(minutes=5), timedelta(minutes=600))
    with pytest.raises(Refused, match="至少勾选一个"):
        listen_closely_to([], 5, until, "中考", by=cast.duty, now=NOW)
