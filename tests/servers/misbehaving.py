"""A host that plays all hosts, good and bad: one path for each way to behave."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = (
    "<item>{guid}<title>{title}</title><link>{link}</link><description>{text}</description></item>"
)


def rss(*items: str) -> bytes:
    """A feed of these items."""
    inside = "".join(items)
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>镇报</title>'
    return f"{head}{inside}</channel></rss>".encode()


def item(title: str, text: str = "", link: str = "", guid: str = "") -> str:
    """One item of a feed."""
    told = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    return ITEM.format(guid=told, title=title, link=link, text=text)


@dataclass
class Host:
    """What the server says: `feeds` by path, `robots` as text (None: 404), and who asked when."""

    address: str = ""
    feeds: dict[str, bytes] = field(default_factory=dict)
    status: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    robots: str | None = None
    asked: list[tuple[float, str]] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for _at, path in self.asked]

    @property
    def name(self) -> str:
        """host:port, as an administrator lists it."""
        return self.address.removeprefix("http://")


class _Handler(BaseHTTPRequestHandler):
    host: Host

    def do_GET(self) -> None:
        path = self.path
        self.host.asked.append((time.monotonic(), path))
        with contextlib.suppress(OSError):
            if path.startswith("/silent"):
                self.host.silent.wait(60)
            elif path in self.host.status:
                status, headers = self.host.status[path]
                self._send(status, b"", headers)
            elif path == "/robots.txt":
                said = self.host.robots
                self._send(404 if said is None else 200, (said or "").encode(), {})
            else:
                body = self.host.feeds.get(path)
                self._send(200 if body is not None else 404, body or b"", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, *_args: object) -> None:
        pass


@contextmanager
def misbehaving(name: str = "127.0.0.1") -> Iterator[Host]:
    """Such a host, on a port of its own; as 0.0.0.0 it plays every host in 127.0.0.0/8."""
    host = Host()
    handler = type("Handler", (_Handler,), {"host": host})
    with _Server((name, 0), handler) as server:
        reached = "127.0.0.1" if name == "0.0.0.0" else name
        host.address = f"http://{reached}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield host
        host.silent.set()
        server.shutdown()
        thread.join()
