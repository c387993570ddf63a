"""Feeds as they really come: in many charsets, broken, empty, moved, or not feeds at all."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda import __version__
from tingda.collect.rules import Entry, Look, identity
from tingda.collect.sources import kind
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.feed.fetch import look
from tingda.collect.sources.feed.read import parse, read
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Limits
from tingda.lib.refusal import Refused

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 15, 40, tzinfo=ZONE)
URL = "https://news.example.com/feed.xml"

ITEM = """<item><title>停水通知</title><link>/a/1</link><guid>n1</guid>
<pubDate>Sat, 21 Nov 2026 00:03:05 GMT</pubDate><author>记者</author>
<description>&lt;p&gt;城东小区&lt;br&gt;停水三天&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;</description></item>"""
HEARD = Entry(
    title="停水通知",
    text="城东小区\n停水三天",
    url="https://news.example.com/a/1",
    said_at=datetime(2026, 11, 21, 8, 3, 5, tzinfo=ZONE),
    precision="second",
    author="记者",
    guid="n1",
)


def rss(*items: str, charset: str = "utf-8") -> str:
    head = f'<?xml version="1.0" encoding="{charset}"?><rss version="2.0"><channel>'
    return f"{head}<title>镇上新闻</title>{''.join(items)}</channel></rss>"


def entries(body: str | bytes, content_type: str = "application/rss+xml") -> list[Entry]:
    raw = body.encode() if isinstance(body, str) else body
    return parse(raw, content_type, URL, now=NOW, zone=ZONE)


# --- what a feed says ---


def test_an_item_becomes_an_entry_in_plain_text() -> None:
    assert read(rss(ITEM).encode(), "", URL, now=NOW, zone=ZONE) == ("镇上新闻", [HEARD])


def test_atom_is_read_and_the_whole_text_preferred_to_its_beginning() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>urn:1</id>
    <title>停水</title><author><name>记者</name></author><updated>2026-11-21T08:03:05+08:00</updated>
    <link href="https://news.example.com/1"/><summary>城东</summary>
    <content type="html">&lt;p&gt;城东小区停水&lt;/p&gt;</content></entry></feed>"""
    (entry,) = entries(atom)
    assert (entry.text, entry.author, entry.guid) == ("城东小区停水", "记者", "urn:1")
    assert entry.said_at == HEARD.said_at


@pytest.mark.parametrize(
    ("written", "declared", "content_type"),
    [
        ("gb2312", "gb2312", "text/xml"),
        ("gbk", "gb2312", "text/xml; charset=gb2312"),
        ("gb18030", "gbk", ""),
        ("utf-8", "utf-8", "text/xml; charset=gb2312"),
        ("utf-8", "gb2312", "text/xml; charset=utf-8"),
        ("gbk", "utf-8", "text/xml; charset=utf-8"),
        ("utf-8-sig", "gb2312", "text/html"),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-16-le", "utf-16", "application/xml"),
        ("big5", "big5", "application/xml"),
        ("utf-8", "idna", "application/xml; charset=punycode"),
    ],
)
def test_charsets_are_read_though_feed_and_server_disagree(
    written: str, declared: str, content_type: str
) -> None:
    if written == "big5":
        body = rss(ITEM.replace("停水通知", "停水通知單"), charset=declared).replace("东", "東")
        body = body.replace("记", "記").replace("区", "區").replace("镇", "鎮").replace("闻", "聞")
        assert entries(body.encode("big5"), content_type)[0].title == "停水通知單"
        return
    assert entries(rss(ITEM, charset=declared).encode(written), content_type) == [HEARD]


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-32"])
def test_wide_charsets_are_known_by_their_first_signs(charset: str) -> None:
    body = rss(ITEM).partition("?>")[2]
    assert entries(body.encode(charset)) == [HEARD]


@pytest.mark.parametrize("words", ["停水通知", "café à Besançon", "Привет", "Größe"])
def test_a_few_words_of_gbk_that_read_as_utf8_are_told_from_other_tongues(words: str) -> None:
    charset = "gbk" if words == "停水通知" else "utf-8"
    body = f"<rss version='2.0'><channel><item><title>{words}</title></item></channel></rss>"
    assert [entry.title for entry in entries(body.encode(charset))] == [words]


def test_the_servers_charset_counts_more_than_the_feeds_own() -> None:
    body = rss(ITEM, charset="iso-8859-1").encode("gbk")
    assert entries(body, "text/xml; charset=gb2312") == [HEARD]


JSON_ITEM = {
    "id": 7,
    "url": "/a/1",
    "title": "停水 <通知>",
    "content_text": "a < b",
    "summary": "一",
    "date_published": "2026-11-21T08:03:05+08:00",
    "authors": [{"name": "记者"}],
}


def json_feed(*items: object) -> str:
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "镇上", "language": "zh-CN"}
    return json.dumps(head | {"items": list(items)})


def test_a_json_feed_is_read() -> None:
    (entry,) = entries(json_feed(JSON_ITEM), "application/feed+json")
    assert entry == replace(
        HEARD, title="停水 <通知>", text="a < b", guid="7", lang="zh-CN", url=HEARD.url
    )


def test_the_longer_content_of_a_json_item_counts_and_the_feeds_author_is_everyones() -> None:
    html = {"content_html": "<p>城东小区</p><script>x</script>", "content_text": "城", "id": "1"}
    feed = json.loads(json_feed(html, "no item")) | {"author": {"name": "记者"}}
    (entry,) = entries(json.dumps(feed))
    assert (entry.text, entry.author) == ("城东小区", "记者")


@pytest.mark.parametrize("body", ["{", '{"a":' * 5000, '{"items": []}', '{"x":' + "1" * 5000 + "}"])
def test_json_that_is_no_feed_is_refused(body: str) -> None:
    with pytest.raises(Refused, match="这不是订阅源"):
        entries(body)


def test_a_cdf_channel_is_read() -> None:
    (entry,) = entries('<CHANNEL><ITEM HREF="/a/1"><TITLE>停水</TITLE></ITEM></CHANNEL>')
    assert (entry.title, entry.url) == ("停水", HEARD.url)


def test_the_page_of_an_item_is_no_enclosure() -> None:
    links = '<link rel="{}">https://news.example.com/{}</link>'
    both = links.format("alternate", "page") + links.format("enclosure", "sound.mp3")
    (entry,) = entries(f'<feed xmlns="http://purl.org/atom/ns#"><entry>{both}</entry></feed>')
    assert entry.url == "https://news.example.com/page"


def test_the_language_of_an_entry_is_that_of_its_words() -> None:
    item = '<entry><title xml:lang="en">t</title><summary xml:lang="zh">停水</summary></entry>'
    plain = "<entry><title>t</title></entry>"
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">{item}{plain}</feed>'
    assert [entry.lang for entry in entries(atom)] == ["zh", "fr"]


HEAD = '<rss version="2.0"><channel>'
MEGA = 1024 * 1024
HOSTILE = {
    "open tags": HEAD + "<a>" * (5 * MEGA),
    "open items": HEAD + "<item>" * MEGA,
    "empty items": HEAD + "<item/>" * MEGA,
    "closing tags": HEAD + "</a>" * MEGA,
    "open comments": HEAD + "<!--" * MEGA,
    "open cdata": HEAD + "<![CDATA[" * MEGA,
    "tags in cdata": HEAD + "<item><title><![CDATA[" + "<b>" * (5 * MEGA) + "]]></title></item>",
    "signs": HEAD + "<item><title>" + "&" * (15 * MEGA),
    "attributes": HEAD + "<item " + 'a="b" ' * (2 * MEGA) + "/>",
    "a long entity": f'<!DOCTYPE r [<!ENTITY a "{"x" * 99_999}">]>{HEAD}<item>{"&a;" * MEGA}',
    "entities": "<!DOCTYPE r [" + '<!ENTITY a "b">' * MEGA + "]>" + HEAD,
    "lines before": "<?xml version='1.0'?>" + "\n" * (15 * MEGA) + HEAD,
    "a long name": HEAD + "<item><author>" + "a." * MEGA + "</author></item>",
    "json": '{"a":' * MEGA,
    "json items": json_feed(*({} for _ in range(100_000))),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_feed_written_to_hurt_is_refused_at_once(body: str) -> None:
    began = time.process_time()
    with pytest.raises(Refused):
        entries(body)
    assert time.process_time() - began < 5


def test_one_bad_byte_spoils_one_character() -> None:
    body = rss(ITEM, ITEM.replace("n1", "n2")).encode().replace("三天".encode(), b"\xff", 1)
    first, second = entries(body)
    assert (first.text, second.text) == ("城东小区\n停水\ufffd", HEARD.text)


def test_a_feed_cut_off_in_the_middle_gives_what_came() -> None:
    body = rss(ITEM, ITEM.replace("n1", "n2")).encode()[:-120]
    assert entries(body)[0] == HEARD


@pytest.mark.parametrize(
    ("written", "said_at", "precision"),
    [
        ("2026-11-21 08:03:05", HEARD.said_at, "second"),
        ("2026-11-21T00:03:05Z", HEARD.said_at, "second"),
        ("2026年11月21日 08:03", datetime(2026, 11, 21, 8, 3, tzinfo=ZONE), "minute"),
        ("Tue, 01 Jan 1980 00:00:00 GMT", None, "unknown"),
        ("Tue, 01 Jan 2041 00:00:00 GMT", None, "unknown"),
        ("某天", None, "unknown"),
        ("", None, "unknown"),
    ],
)
def test_times_are_the_offices_own_and_nonsense_is_no_time(
    written: str, said_at: datetime | None, precision: str
) -> None:
    (entry,) = entries(rss(ITEM.replace("Sat, 21 Nov 2026 00:03:05 GMT", written)))
    assert (entry.said_at, entry.precision) == (said_at, precision)


def test_a_guid_that_stands_for_several_items_is_not_believed() -> None:
    items = [ITEM.replace("/a/1", f"/a/{n}").replace("通知", f"通知{n}") for n in range(3)]
    found = entries(rss(*items))
    assert [entry.guid for entry in found] == ["", "", ""]
    assert len({identity(entry) for entry in found}) == 3


def test_items_that_share_guid_and_link_are_still_told_apart() -> None:
    items = [ITEM.replace("通知", f"通知{n}") for n in range(3)]
    found = entries(rss(*items))
    assert len({identity(entry) for entry in found}) == 3
    assert {entry.url for entry in found} == {HEARD.url}
    assert [identity(entry) for entry in found] == [identity(e) for e in entries(rss(*items))]


def test_the_same_item_twice_is_the_same() -> None:
    assert entries(rss(ITEM, ITEM)) == [HEARD, HEARD]


def test_a_link_that_is_no_web_address_is_left_out() -> None:
    (entry,) = entries(rss(ITEM.replace("/a/1", "javascript:alert(1)")))
    assert (entry.url, entry.title) == ("", "停水通知")


def test_an_item_that_says_nothing_is_none() -> None:
    assert entries(rss("<item><author>x</author></item>")) == []
    (entry,) = entries(rss("<item><link>https://a.example.com/</link></item>"))
    assert entry.title == "https://a.example.com/"


def test_a_feed_without_items_is_a_feed() -> None:
    assert entries(rss()) == []


# --- what is no feed ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "这个地址没有给出任何内容。请用浏览器打开看看"),
        (
            "<!DOCTYPE html><html><body><p>hi",
            "这是网页，不是订阅源。请在网页上找“RSS”或“订阅”的链接，填那个地址",
        ),
        (
            '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head>',
            "这是网页，不是订阅源。网页里写着订阅地址，请改用：https://news.example.com/rss.xml",
        ),
        ('{"error": 1}', "这不是订阅源（RSS 或 Atom）。请检查地址"),
    ],
)
def test_what_is_no_feed_is_refused_with_what_to_do(body: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        entries(body, "text/html")
    assert str(refused.value) == reason


def test_entities_that_multiply_are_not_followed() -> None:
    names = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE r [<!ENTITY e0 "lol">{names}]>' + rss(ITEM.replace("停水", "&e9;"))[38:]
    try:
        found = entries(bomb)
    except Refused:
        return
    assert sum(len(entry.title) for entry in found) < 10_000


def test_files_of_the_machine_are_not_read_into_a_feed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden-words")
    doctype = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]>'
    body = '<?xml version="1.0"?>' + doctype + rss(ITEM.replace("停水", "&x;"))[38:]
    try:
        found = entries(body)
    except Refused:
        return
    assert "hidden-words" not in str(found)


@given(st.binary(max_size=300) | st.text("<>rsitem/channel& \"'!CDATA[]-", max_size=200))
def test_any_bytes_are_a_feed_or_refused(body: bytes | str) -> None:
    try:
        entries(body)
    except Refused as refused:
        assert str(refused)


@pytest.mark.real_data
def test_the_odd_feeds_of_another_suite_never_break_us() -> None:
    folder = Path(__file__).parents[2] / "../shared/data/feeds/feedparser"
    if not folder.is_dir():
        pytest.skip("shared/data/feeds is not here")
    for path in sorted(folder.rglob("*.xml")):
        try:
            entries(path.read_bytes(), "")
        except Refused as refused:
            assert str(refused)


# --- looking at a server ---


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.agents.append(self.headers["User-Agent"])
        body, marks = rss(ITEM).encode(), {"ETag": '"v1"', "Content-Type": "application/rss+xml"}
        if self.path == "/page":
            self.answer(200, b"<!doctype html><html>", {"Content-Type": "text/html"})
        elif self.path == "/busy":
            self.answer(429, b"", {"Retry-After": "3600"})
        elif self.path == "/old":
            self.answer(301, b"", {"Location": "/feed"})
        elif self.path == "/inside":
            self.answer(302, b"", {"Location": "http://localhost:1/feed"})
        elif self.path == "/endless":
            self.endless(body)
        elif self.headers.get("If-None-Match") == '"v1"':
            self.answer(304, b"", {})
        else:
            self.answer(200, body, marks)

    def endless(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(body)
        except OSError:
            pass

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    agents: list[str]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.agents = []
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def ask(server: Server) -> Callable[..., Look]:
    here = f"127.0.0.1:{server.server_port}"
    limits = Limits(body=300_000, total=2)
    manners = Manners(ZONE, "office@example.com", (here,), limits)

    def ask(path: str, **marks: str) -> Look:
        return look(Ask(f"http://{here}{path}", NOW, **marks), manners)

    return ask


def test_a_look_brings_entries_and_marks_for_the_next(
    ask: Callable[..., Look], server: Server
) -> None:
    seen = ask("/feed")
    assert (seen.status, seen.etag, seen.title, seen.moved_to) == ("ok", '"v1"', "镇上新闻", "")
    assert [entry.title for entry in seen.entries] == ["停水通知"]
    assert server.agents == [f"Tingda/{__version__} (+office@example.com)"]


def test_a_feed_that_has_not_changed_brings_nothing_and_keeps_its_mark(
    ask: Callable[..., Look],
) -> None:
    seen = ask("/feed", etag='"v1"')
    assert (seen.status, seen.entries, seen.etag, seen.note) == (
        "not_modified",
        (),
        '"v1"',
        "没有变化",
    )


def test_a_feed_that_moved_for_good_says_where(ask: Callable[..., Look], server: Server) -> None:
    assert ask("/old").moved_to == f"http://127.0.0.1:{server.server_port}/feed"


@pytest.mark.parametrize(
    ("path", "kind"), [("/endless", "too_large"), ("/busy", "http_error"), ("/inside", "private")]
)
def test_a_look_that_fails_says_how(ask: Callable[..., Look], path: str, kind: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        ask(path)
    assert failed.value.kind == kind
    assert failed.value.retry_after == (timedelta(hours=1) if path == "/busy" else None)


def test_a_look_at_a_page_says_that_it_is_a_page(ask: Callable[..., Look]) -> None:
    with pytest.raises(Refused, match="这是网页，不是订阅源"):
        ask("/page")


def test_every_kind_of_source_is_one_line_of_the_registry() -> None:
    assert kind("feed").look is look


def test_times_of_entries_are_aware() -> None:
    said_at = entries(rss(ITEM))[0].said_at
    assert said_at is not None
    assert said_at.astimezone(UTC) == datetime(2026, 11, 21, 0, 3, 5, tzinfo=UTC)
