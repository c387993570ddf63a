"""A site with feeds, and a hub (WebSub) that verifies, leases and pushes signed news."""

import hmac
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx

Visit = Callable[[str, str, bytes, Mapping[str, str]], tuple[int, str]]


@dataclass
class Page:
    """What stands at a path."""

    body: bytes
    kind: str = "text/xml"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """`pages` are by path (with query); `asked` are the paths that were asked for, in order."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, body: str | bytes, kind: str = "text/xml", **headers: str) -> str:
        """Lay a page at a path; its whole address."""
        raw = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(raw, kind, headers=named)
        return f"{self.address}{path}"


@dataclass
class Subscriber:
    """Somebody who asked the hub for a topic."""

    topic: str
    callback: str
    secret: str
    confirmed: bool = False


def _visit(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    came = httpx.request(method, url, content=body, headers=headers, timeout=10)
    return came.status_code, came.text


@dataclass
class Hub:
    """A hub. `status` is what it answers; `at_once` makes it verify before it answers; `lease`
    is how many seconds it grants. `visit` is how it goes out.
    """

    address: str = ""
    status: int = 202
    at_once: bool = False
    lease: int = 864_000
    visit: Visit = _visit
    asked: list[dict[str, str]] = field(default_factory=list)
    waiting: list[dict[str, str]] = field(default_factory=list)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)

    def take(self, told: dict[str, str]) -> int:
        """A request to begin or to stop."""
        self.asked.append(told)
        if self.status < 300:
            self.waiting.append(told)
            if self.at_once:
                self.verify()
        return self.status

    def verify(self) -> list[int]:
        """Ask everybody who waits whether they meant it; what they answered."""
        answers = []
        while self.waiting:
            told = self.waiting.pop(0)
            question = {name: told[name] for name in ("hub.mode", "hub.topic")}
            question |= {"hub.challenge": "ch4llenge<b>", "hub.lease_seconds": str(self.lease)}
            url = f"{told['hub.callback']}?{urlencode(question)}"
            status, text = self.visit("GET", url, b"", {})
            answers.append(status)
            if status == 200 and text == question["hub.challenge"]:
                self._agreed(told)
        return answers

    def _agreed(self, told: dict[str, str]) -> None:
        callback = told["hub.callback"]
        if told["hub.mode"] == "unsubscribe":
            self.subscribers.pop(callback, None)
            return
        topic, secret = told["hub.topic"], told.get("hub.secret", "")
        self.subscribers[callback] = Subscriber(topic, callback, secret, confirmed=True)

    def push(self, body: bytes, method: str = "sha256", secret: str = "") -> list[int]:
        """Bring news to all who asked; what they answered. A subscriber that is gone is dropped."""
        answers = []
        for one in list(self.subscribers.values()):
            digest = hmac.digest((secret or one.secret).encode(), body, method).hex()
            headers = {"Content-Type": "text/xml", "X-Hub-Signature": f"{method}={digest}"}
            status, _text = self.visit("POST", one.callback, body, headers)
            if status == 410:
                del self.subscribers[one.callback]
            answers.append(status)
        return answers


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Any = self.server
        server.site.asked.append(self.path)
        page = server.site.pages.get(self.path, Page(b"", status=404))
        self._answer(page.status, page.body, {"Content-Type": page.kind, **page.headers})

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        told = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self._answer(server.hub.take(told), b"", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def feed_site(port: int = 0) -> Iterator[tuple[Site, Hub]]:
    """A site and a hub on one local server; the hub is at /hub."""
    made: Any = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    made.daemon_threads = True
    address = f"http://127.0.0.1:{made.server_address[1]}"
    made.site, made.hub = Site(address), Hub(f"{address}/hub")
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made.site, made.hub
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
