"""A small town's web site: a front page that names its feed, a notice board, robots.txt."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PARAGRAPH = (
    "因主管道检修，{what}，预计当日十八时恢复。请沿线居民提前储水，"
    "有特殊困难的住户可以拨打服务热线，由工作人员上门协助。给您带来的不便，敬请谅解。"
)


@dataclass
class Site:
    """What it shows now; a test adds to `notices` and `posts`, and reads what was asked.

    `disallowed` are the paths that robots.txt asks robots to leave alone.
    """

    address: str = ""
    notices: list[tuple[str, str, str]] = field(default_factory=list)  # day, title, text
    posts: list[tuple[str, str]] = field(default_factory=list)  # title, text
    disallowed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Its host and port, for the list of private hosts that may be asked."""
        return self.address.removeprefix("http://")


def _site() -> Site:
    days = (("2026-11-12", "东街"), ("2026-11-14", "西街"), ("2026-11-17", "北门"),
            ("2026-11-18", "南门"), ("2026-11-20", "河滨路"))  # fmt: skip
    notices = [
        (day, f"{place}停水检修公告", PARAGRAPH.format(what=f"{place}一带将于{day}停水"))
        for day, place in days
    ]
    posts = [
        ("清溪路的路灯坏了三天", "清溪路小学门口的路灯一直不亮，孩子放学看不清路。"),
        ("超市开业大促销", "新店开业，全场五折。"),
    ]
    return Site(notices=notices, posts=posts, disallowed=["/private/"])


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        site: Site = self.server.site
        site.asked.append(self.path)
        body, kind = _page(site, self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


def _page(site: Site, path: str) -> tuple[bytes, str]:
    """What stands at a path; b"" where nothing does."""
    html = "text/html; charset=utf-8"
    if path == "/":
        return _front().encode(), html
    if path == "/feed.xml":
        return _feed(site).encode(), "application/rss+xml; charset=utf-8"
    if path == "/notices/":
        return _list(site).encode(), html
    if path.startswith("/notices/") and path.endswith(".html"):
        number = path.removeprefix("/notices/").removesuffix(".html")
        if number.isdigit() and int(number) < len(site.notices):
            return _notice(*site.notices[int(number)]).encode(), html
    if path == "/robots.txt":
        rules = "".join(f"Disallow: {one}\n" for one in site.disallowed)
        return f"User-agent: *\n{rules}".encode(), "text/plain"
    return b"", "text/plain"


def _framed(title: str, inside: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f'{head}</head><body><header><nav><a href="/">首页</a> <a href="/notices/">公告</a> '
        f'<a href="/about/">关于我们</a></nav></header><main>{inside}</main>'
        "<footer>清溪镇 版权所有</footer></body></html>"
    )


def _front() -> str:
    feed = '<link rel="alternate" type="application/rss+xml" title="清溪镇论坛" href="/feed.xml">'
    return _framed("清溪镇", "<h1>清溪镇</h1><p>欢迎。</p>", feed)


def _feed(site: Site) -> str:
    items = "".join(
        f"<item><guid>post-{number}</guid><title>{title}</title><description>{text}</description>"
        f"<link>{site.address}/posts/{number}</link>"
        "<pubDate>Fri, 20 Nov 2026 08:00:00 +0800</pubDate></item>"
        for number, (title, text) in enumerate(site.posts)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>清溪镇论坛</title><link>{site.address}/</link>"
        f"<description>清溪镇</description>{items}</channel></rss>"
    )


def _list(site: Site) -> str:
    rows = "".join(
        f'<li><a href="/notices/{number}.html">{title}</a><span class="date">{day}</span></li>'
        for number, (day, title, _text) in reversed(list(enumerate(site.notices)))
    )
    return _framed("公告 - 清溪镇", f'<h1>公告</h1><ul class="list">{rows}</ul>')


def _notice(day: str, title: str, text: str) -> str:
    inside = (
        f'<article><h1>{title}</h1><p class="info">发布时间：{day} 09:30　来源：清溪镇</p>'
        f'<div class="content"><p>{text}</p><p>特此公告。</p></div></article>'
    )
    return _framed(f"{title} - 清溪镇", inside)


@contextmanager
def site() -> Iterator[Site]:
    """The site on a port of its own, until the end of the block."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.site = _site()
    server.site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
