"""Fetching against real servers that misbehave."""

import contextlib
import datetime
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib import fetch as module
from tingda.lib.addresses import is_public
from tingda.lib.fetch import FetchFailed, Limits, Response, fetch

BOMB = gzip.compress(b"\0" * 30_000_000)
SMALL = Limits(body=1_000_000, total=1.5, connect=1.0, redirects=3)


class Handler(BaseHTTPRequestHandler):
    """One method of the server per way to behave."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        name = self.path.strip("/").split("/")[0].split("?")[0] or "plain"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"say_{name}")()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_plain(self) -> None:
        self.answer(200, b"hello", ETag='"1"', Last_Modified="Sat, 21 Nov 2026 08:00:00 GMT")

    def say_conditional(self) -> None:
        fresh = self.headers.get("If-None-Match") == '"1"'
        self.answer(304 if fresh else 200, b"" if fresh else b"hello", ETag='"1"')

    def say_to(self) -> None:
        status, target = self.path.split("/", 3)[2:]
        target = target if ":" in target else f"/{target}"
        self.answer(int(status), Location=target, Set_Cookie="a=b")

    def say_circle(self) -> None:
        self.answer(302, Location="/circle")

    def say_error(self) -> None:
        status = int(self.path.split("/")[2])
        self.answer(status, b"wait", Retry_After="120")

    def say_dated(self) -> None:
        self.send_response_only(503)
        self.send_header("Date", "Sat, 21 Nov 2026 08:00:00 GMT")
        self.send_header("Retry-After", "Sat, 21 Nov 2026 09:30:00 GMT")
        self.end_headers()

    def say_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)

    def say_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x")
            time.sleep(0.05)

    def say_silence(self) -> None:
        time.sleep(3)

    def say_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"x")

    def say_stated(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "99999999999")
        self.end_headers()

    def say_gzip(self) -> None:
        body = gzip.compress(b"\0" * 500_000) + gzip.compress(b"end")
        self.answer(200, body, Content_Encoding="gzip")

    def say_bomb(self) -> None:
        self.answer(200, BOMB, Content_Encoding="gzip")

    def say_pretended(self) -> None:
        self.answer(200, b"not packed", Content_Encoding="gzip")

    def say_garbage(self) -> None:
        self.answer(200, b"\x1f\x8bgarbage garbage", Content_Encoding="gzip")

    def log_message(self, *_args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    asked: list[tuple[str, dict[str, str]]]

    def handle_error(self, *_args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def get(server: Server) -> Callable[..., Response]:
    """Fetch from the server, which an administrator has allowed by host and port."""

    def get(path: str, **options: object) -> Response:
        here = f"127.0.0.1:{server.server_port}"
        return fetch(
            f"http://{here}{path}",
            **{"agent": "Tester/1 (+a@b.c)", "allowed_hosts": (here,), "limits": SMALL} | options,
        )

    return get


def failure(run: Callable[[], object]) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        run()
    assert str(failed.value)
    return failed.value


# --- what comes ---


def test_a_page_comes_with_its_marks(get: Callable[..., Response], server: Server) -> None:
    came = get("/plain")
    assert (came.status, came.body, came.etag) == (200, b"hello", '"1"')
    assert came.last_modified == "Sat, 21 Nov 2026 08:00:00 GMT"
    assert (came.moved_permanently_to, came.headers["etag"]) == ("", '"1"')
    sent = server.asked[0][1]
    assert sent["User-Agent"] == "Tester/1 (+a@b.c)"
    assert "If-None-Match" not in sent


def test_what_has_not_changed_is_not_sent_again(get: Callable[..., Response]) -> None:
    came = get("/conditional", etag='"1"', last_modified="Sat, 21 Nov 2026 08:00:00 GMT")
    assert (came.status, came.body) == (304, b"")
    assert get("/conditional").status == 200


def test_packed_answers_are_unpacked_whole(get: Callable[..., Response]) -> None:
    assert get("/gzip").body == b"\0" * 500_000 + b"end"
    assert get("/pretended").body == b"not packed"


def test_a_move_for_good_is_told_and_a_passing_one_is_not(get: Callable[..., Response]) -> None:
    assert get("/to/301/plain").moved_permanently_to.endswith("/plain")
    assert get("/to/302/plain").moved_permanently_to == ""
    assert get("/to/308/to/302/plain").moved_permanently_to.endswith("/to/302/plain")
    assert get("/to/307/to/301/plain").moved_permanently_to == ""


def test_cookies_are_not_carried(get: Callable[..., Response], server: Server) -> None:
    get("/to/302/plain")
    assert [("Cookie" in headers) for _path, headers in server.asked] == [False, False]


# --- what must not hold us up ---


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/endless", "too_large"),
        ("/stated", "too_large"),
        ("/bomb", "too_large"),
        ("/drip", "timeout"),
        ("/silence", "timeout"),
        ("/circle", "too_many_redirects"),
        ("/short", "connect"),
        ("/garbage", "connect"),
        ("/error/404", "http_error"),
        ("/error/500", "http_error"),
        ("/to/302/ftp://example.com/", "bad_url"),
        ("/to/302/http://user:pw@example.com/", "bad_url"),
        ("/to/302/file:///etc/passwd", "bad_url"),
    ],
)
def test_misbehaviour_ends_in_a_named_failure(
    get: Callable[..., Response], path: str, kind: str
) -> None:
    began = time.monotonic()
    assert failure(lambda: get(path)).kind == kind
    assert time.monotonic() - began < 5


def test_a_server_that_asks_for_time_is_heard(get: Callable[..., Response]) -> None:
    failed = failure(lambda: get("/error/429"))
    assert (failed.status, failed.retry_after) == (429, datetime.timedelta(seconds=120))
    assert str(failed) == "127.0.0.1 回答 429，没有给出内容。请用浏览器打开网址看看"
    assert failure(lambda: get("/dated")).retry_after == datetime.timedelta(minutes=90)


def test_a_resolver_that_hangs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "getaddrinfo", lambda *_a, **_k: time.sleep(3) or [])
    began = time.monotonic()
    assert failure(lambda: fetch("http://a.test/", agent="a", limits=SMALL)).kind == "timeout"
    assert time.monotonic() - began < 2.5


def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{free.getsockname()[1]}"
    ask = lambda: fetch(f"http://{closed}/", agent="a", allowed_hosts=(closed,))  # noqa: E731
    assert failure(ask).kind == "connect"
    assert failure(lambda: fetch("http://a.invalid/", agent="a", limits=SMALL)).kind == "dns"


@pytest.fixture
def sealed(server: Server, tmp_path: Path) -> tuple[Path, list[str]]:
    """Put the server behind TLS as feed.test; its certificate, and the names it is asked for."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subject = ["-subj", "/CN=feed.test", "-addext", "subjectAltName=DNS:feed.test"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names: list[str] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return certificate, names


def test_tls_is_verified_by_name_though_the_address_is_dialled(
    server: Server, sealed: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, names = sealed
    monkeypatch.setattr(
        module, "getaddrinfo", Names(feed_test=["127.0.0.1"], other_test=["127.0.0.1"])
    )
    allowed = ("feed.test", "other.test")

    def ask(host: str) -> Response:
        url = f"https://{host}:{server.server_port}/plain"
        return fetch(url, agent="a", allowed_hosts=allowed, limits=SMALL)

    assert failure(lambda: ask("feed.test")).kind == "tls"  # nobody vouches for it
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(module, "_tls", lambda: trusting)
    assert ask("feed.test").body == b"hello"
    assert failure(lambda: ask("other.test")).kind == "tls"
    assert names == ["feed.test", "feed.test", "other.test"]


# --- what must not lead us into the house ---


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[::ffff:127.0.0.1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "2130706433",
        "127.1",
        "0x7f000001",
        "224.0.0.1",
        "[fc00::1]",
        "[::]",
    ],
)
def test_private_addresses_are_not_dialled(host: str) -> None:
    failed = failure(lambda: fetch(f"http://{host}:9/", agent="a", limits=SMALL))
    assert failed.kind in ("private", "dns", "bad_url")
    assert failed.kind != "dns" or host.startswith("0x")


@pytest.mark.parametrize("allowed", [(), ("127.0.0.1:1",), ("localhost",), ("127.0.0",)])
def test_only_the_listed_host_may_be_private(
    get: Callable[..., Response], server: Server, allowed: tuple[str, ...]
) -> None:
    assert failure(lambda: get("/plain", allowed_hosts=allowed)).kind == "private"
    assert server.asked == []


def test_a_redirect_does_not_lead_to_an_address_that_is_not_listed(
    get: Callable[..., Response], server: Server
) -> None:
    for target in ("http://localhost", "http://127.0.0.2", "http://[::ffff:127.0.0.1]"):
        path = f"/to/302/{target}:{server.server_port}/plain"
        assert failure(lambda path=path: get(path)).kind == "private"
    assert "/plain" not in [path for path, _headers in server.asked]


class Names:
    """A resolver for tests: each name gives its answers in turn, the last one for ever."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): given for name, given in answers.items()}
        self.real = socket.getaddrinfo

    def __call__(self, host: str, port: int, **options: int) -> list[tuple[object, ...]]:
        given = self.answers.get(host)
        if given is None:
            return self.real(host, port, **options)
        address = given.pop(0) if len(given) > 1 else given[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def test_a_public_page_cannot_redirect_to_a_listed_private_host(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "getaddrinfo", Names(outside_test=["127.0.0.9"]))
    monkeypatch.setattr(module, "is_public", lambda address: address == "127.0.0.9")
    here = f"127.0.0.1:{server.server_port}"
    with Server(("127.0.0.9", 0), Handler) as outside:
        outside.asked = []
        threading.Thread(target=outside.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://outside.test:{outside.server_port}/to/302/http://{here}/plain"
        ask = lambda: fetch(url, agent="a", allowed_hosts=(here,), limits=SMALL)  # noqa: E731
        failed = failure(ask)
        outside.shutdown()
    assert (failed.kind, server.asked) == ("private", [])


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is checked and dialled; there is no second question to answer otherwise."""
    names = Names(rebind_test=["203.0.113.9", "127.0.0.1"])
    monkeypatch.setattr(module, "getaddrinfo", names)
    monkeypatch.setattr(module, "is_public", lambda address: address.startswith("203."))
    url = f"http://rebind.test:{server.server_port}/plain"
    limits = replace(SMALL, connect=0.3)
    failed = failure(lambda: fetch(url, agent="a", limits=limits))
    assert failed.kind in ("timeout", "connect")
    assert (server.asked, names.answers["rebind.test"]) == ([], ["127.0.0.1"])
    assert failure(lambda: fetch(url, agent="a", limits=limits)).kind == "private"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "http://",
        "example.com",
        "http://user:pw@example.com/",
        "",
        "http://[::1",
        "javascript:alert(1)",
        "http://exa mple.com/",
        "http://a.com/" + "a" * 3000,
        "http://a:99999/",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    failed = failure(lambda: fetch(url, agent="a", limits=SMALL))
    assert failed.kind == "bad_url"
    assert "pw" not in str(failed)


def test_the_proxy_of_the_environment_is_not_used(
    get: Callable[..., Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert get("/plain").status == 200


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::808:808", False),
        ("2002:808:808::1", False),
        ("100.127.255.254", False),
        ("224.0.0.1", False),
        ("ff02::1", False),
        ("nonsense", False),
    ],
)
def test_addresses_of_the_open_internet_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(address) is public


@given(st.ip_addresses(v=4))
def test_no_private_ipv4_address_is_public_in_any_clothing(ip: object) -> None:
    for clothed in (f"::ffff:{ip}", f"::{ip}", f"64:ff9b::{ip}"):
        assert not is_public(clothed)
