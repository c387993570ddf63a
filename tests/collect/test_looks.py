"""Looking at feeds: politely, safely, and every look is a record."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from tingda.collect.actions import looking, sources
from tingda.collect.actions.looking import look_at, look_due
from tingda.collect.actions.sources import Wanted, add_source, change_source, try_source
from tingda.collect.models import Check, Source, Voice
from tingda.collect.sources import round as rounds
from tingda.collect.sources.manners import Manners
from tingda.ledger.models import Line
from tingda.lib.fetch import Limits
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
DATE = "Fri, 20 Nov 2026 08:00:00 +0800"
ITEM = f"<item><guid>{{0}}</guid><title>第{{0}}篇</title><pubDate>{DATE}</pubDate></item>"


def rss(*items: int) -> bytes:
    inside = "".join(ITEM.format(number) for number in items)
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>镇报</title>{inside}'
        "</channel></rss>"
    ).encode()


class Handler(BaseHTTPRequestHandler):
    """One path for each way to behave."""

    def do_GET(self) -> None:
        self.server.asked.append(self.headers)
        with contextlib.suppress(OSError):  # the reader goes away, as it should
            getattr(self, f"say_{self.path.strip('/')}")()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_feed(self) -> None:
        self.answer(200, rss(*self.server.items), ETag='"a"')

    def say_same(self) -> None:
        same = self.headers.get("If-None-Match") == '"a"'
        self.answer(304 if same else 200, b"" if same else rss(1), ETag='"a"')

    def say_page(self) -> None:
        self.answer(200, "<!doctype html><html><body>你好</body></html>".encode())

    def say_busy(self) -> None:
        self.answer(503, Retry_After="7200")

    def say_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"<rss>" * 10_000)

    def say_dripping(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b" ")
            time.sleep(0.05)

    def say_moved(self) -> None:
        self.answer(301, Location="/feed")

    def say_inside(self) -> None:
        port = self.server.server_address[1]
        self.answer(302, Location=f"http://localhost:{port}/feed")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.asked, made.items = [], [1, 2]
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def site(server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's address, which an administrator has allowed; small limits."""
    where = f"127.0.0.1:{server.server_address[1]}"
    settings.PRIVATE_HOSTS = [where]
    settings.CONTACT = "office@example.cn"
    polite = rounds.manners(NOW)
    limits = Limits(body=1_000_000, total=1.5, connect=1.0)
    small = Manners(polite.zone, polite.contact, polite.allowed_hosts, limits)
    for module in (looking, sources):
        monkeypatch.setattr(module, "manners", lambda _now: small)
    return f"http://{where}"


def feed(address: str, **values: Any) -> Source:
    fields = {"kind": "feed", "name": "镇报", "address": address, "next_due": NOW}
    return Source.objects.create(**fields | values)


def looked(source: Source, now: datetime = NOW) -> tuple[str, int, int]:
    check = look_at(source, now=now)
    source.refresh_from_db()
    return check.outcome, check.added, check.repeated


def reason(source: Source) -> str:
    check = look_at(source, now=NOW)
    source.refresh_from_db()
    assert (check.outcome, source.failures, source.claimed_until) == ("failed", 1, None)
    return check.note % check.note_params


def minutes_to_next(source: Source) -> float:
    assert source.next_due is not None
    return (source.next_due - NOW) / timedelta(minutes=1)


# --- looking ---


def test_new_entries_are_heard_and_nothing_new_is_a_record_too(site: str, server: Any) -> None:
    source = feed(f"{site}/feed")
    assert looked(source) == ("heard", 2, 0)
    assert looked(source) == ("nothing", 0, 0)  # byte for byte the same: not even read
    server.items.append(3)
    assert looked(source) == ("heard", 1, 2)
    assert sorted(Voice.objects.values_list("title", flat=True)) == ["第1篇", "第2篇", "第3篇"]
    assert Check.objects.count() == 3
    assert 25 < minutes_to_next(source) <= 28.5
    assert "Tingda/" in server.asked[0]["User-Agent"]
    assert "office@example.cn" in server.asked[0]["User-Agent"]


def test_what_did_not_change_is_not_sent_again(site: str, server: Any) -> None:
    source = feed(f"{site}/same")
    assert looked(source) == ("heard", 1, 0)
    assert looked(source) == ("nothing", 0, 0)
    assert (server.asked[1]["If-None-Match"], source.etag) == ('"a"', '"a"')
    newest = Check.objects.latest("id")
    assert newest.note == "没有变化"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("page", "这是网页，不是订阅源"),
        ("endless", "超过 0 MB"),
        ("dripping", "在 2 秒内没有回完"),
        ("inside", "是内部网络地址"),
    ],
)
def test_a_look_that_fails_says_why_and_heard_nothing(site: str, path: str, why: str) -> None:
    source = feed(f"{site}/{path}")
    assert why in reason(source)
    assert Voice.objects.count() == 0
    assert 25 < minutes_to_next(source) <= 28.5  # one hiccup costs nothing


def test_a_private_address_is_refused_unless_an_administrator_allowed_it(
    site: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    settings.PRIVATE_HOSTS = []
    source = feed(f"{site}/feed")
    assert "是内部网络地址" in reason(source)


def test_a_server_that_asks_for_time_gets_it(site: str) -> None:
    source = feed(f"{site}/busy")
    assert "503" in reason(source)
    assert minutes_to_next(source) == 120


def test_a_feed_that_moved_for_good_is_followed_on_the_record(site: str) -> None:
    source = feed(f"{site}/moved")
    assert looked(source) == ("heard", 2, 0)
    assert looked(source) == ("nothing", 0, 0)
    assert source.address == f"{site}/moved"  # once or twice may be a mistake
    assert looked(source) == ("nothing", 0, 0)
    assert source.address == f"{site}/feed"
    line = Line.objects.get(verb="source.changed")
    assert (line.actor, line.data) == ("系统", {"name": "镇报", "address": f"{site}/feed"})


# --- whose turn it is ---


def test_the_worker_looks_at_what_is_due_and_only_at_that(site: str) -> None:
    feed(f"{site}/feed")
    feed(f"{site}/same", name="以后", next_due=NOW + timedelta(hours=1))
    feed(f"{site}/page", name="停了", active=False)
    feed(f"{site}/busy", name="别人在看", claimed_until=NOW + timedelta(minutes=1))
    assert [look_due(now=NOW), look_due(now=NOW)] == [1, 0]
    assert list(Check.objects.values_list("source__name", flat=True)) == ["镇报"]
    assert look_due(now=NOW + timedelta(minutes=2)) == 1  # whoever had it has died


def test_a_pause_during_a_look_holds(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = feed(f"{site}/feed")
    stale = Source.objects.get(pk=source.pk)
    Source.objects.update(active=False, next_due=None)
    look_at(stale, now=NOW)
    source.refresh_from_db()
    assert (source.active, source.next_due) == (False, None)


# --- adding and changing ---


def test_an_address_can_be_tried_before_it_is_added(site: str, monkeypatch: Any) -> None:
    found = try_source(Wanted("feed", f"{site}/feed"), now=NOW)
    assert (found.title, len(found.entries)) == ("镇报", 2)
    assert (Source.objects.count(), Voice.objects.count(), Check.objects.count()) == (0, 0, 0)
    with pytest.raises(Refused, match="这是网页"):
        try_source(Wanted("feed", f"{site}/page"), now=NOW)


def test_a_feed_is_added_once_and_looked_at_at_once(cast: SimpleNamespace) -> None:
    address = "https://news.example.cn/rss"
    source = add_source(
        Wanted("feed", address, " 县 报 ", interval_minutes=60), by=cast.admin, now=NOW
    )
    assert (source.name, source.next_due, source.kind) == ("县 报", NOW, "feed")
    assert Line.objects.latest("number").verb == "source.added"
    with pytest.raises(Refused, match="已经是来源“县 报”"):
        add_source(Wanted("feed", address, "另一个", interval_minutes=60), by=cast.admin, now=NOW)
    with pytest.raises(Refused, match="已有同名的来源"):
        add_source(
            Wanted("feed", "https://other.example.cn/rss", "县 报", interval_minutes=60),
            by=cast.admin,
            now=NOW,
        )


@pytest.mark.parametrize(
    "address",
    ["", "ftp://a.cn/x", "file:///etc/passwd", "javascript:alert(1)", "https://a:b@c.cn/rss"],
)
def test_only_plain_web_addresses_are_feeds(cast: SimpleNamespace, address: str) -> None:
    with pytest.raises(Refused, match="网址"):
        add_source(Wanted("feed", address, "x", interval_minutes=60), by=cast.admin, now=NOW)


def test_changing_a_feed_needs_the_role_and_sense(cast: SimpleNamespace) -> None:
    source = feed("https://a.example.cn/rss")
    with pytest.raises(Refused, match="角色"):
        change_source(
            source,
            Wanted("feed", source.address, "x", interval_minutes=60, active=True),
            by=cast.duty,
            now=NOW,
        )
    with pytest.raises(Refused, match="间隔"):
        change_source(
            source,
            Wanted("feed", source.address, "x", interval_minutes=1, active=True),
            by=cast.admin,
            now=NOW,
        )
    with pytest.raises(Refused, match="名称"):
        change_source(
            source,
            Wanted("feed", source.address, " ", interval_minutes=60, active=True),
            by=cast.admin,
            now=NOW,
        )
    form = Source.objects.create(kind="form", name="公众表单")
    with pytest.raises(Refused, match="不能修改"):
        change_source(form, Wanted("form", name="x"), by=cast.admin, now=NOW)


def test_a_paused_feed_is_left_alone_and_taken_up_at_once(cast: SimpleNamespace) -> None:
    source = feed("https://a.example.cn/rss")
    change_source(
        source,
        Wanted("feed", source.address, "镇报", interval_minutes=60, active=False),
        by=cast.admin,
        now=NOW,
    )
    assert look_due(now=NOW + timedelta(days=9)) == 0
    later = NOW + timedelta(days=10)
    change_source(
        source,
        Wanted("feed", source.address, "镇报", interval_minutes=45, active=True),
        by=cast.admin,
        now=later,
    )
    source.refresh_from_db()
    assert (source.interval_minutes, source.next_due) == (45, later)
