"""A site of web pages: lists, articles, a page that changes."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """`pages` are {path: HTML}, `status` {path: code}; `asked` the paths in their order."""

    pages: dict[str, str] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    charset: str = "utf-8"
    asked: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def host(self) -> str:
        """Host and port, as `TINGDA_PRIVATE_HOSTS` wants them."""
        return self.address.removeprefix("http://")

    def notices(self, *numbers: int, path: str = "/tzgg/", more: str = "") -> None:
        """Put up a notice board with these numbers, newest first, and their articles."""
        rows = "".join(
            f'<li><a href="/tzgg/t{n}.html" title="关于第{n}号街道停水检修的通知">'
            f"关于第{n}号街道停水检修…</a><span>2026-11-{n % 20 + 1:02}</span></li>"
            for n in numbers
        )
        self.pages[path] = board(f'<ul class="news">{rows}</ul>{more}')
        for number in numbers:
            self.pages.setdefault(f"/tzgg/t{number}.html", article(number))


def board(inside: str) -> str:
    """A page of an office: menu, what stands in the middle, footer."""
    menu = "".join(f'<li><a href="/m{n}/">栏目{n}</a></li>' for n in range(8))
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>通知公告_清河镇</title></head>'
        f'<body><div class="nav"><ul>{menu}</ul></div><div class="main">{inside}</div>'
        '<div class="footer"><a href="http://other.example/">友情链接</a> 版权所有</div>'
        "</body></html>"
    )


def article(number: int) -> str:
    """A notice of three paragraphs, with its minute and its author."""
    said = (
        f"<p>因供水管道检修，第{number}号街道定于周六上午八点到下午五点停水，请居民提前储水备用。</p>"
        "<p>停水期间，请关好家中水龙头，以免来水时溢水。高层住户恢复供水的时间会稍晚一些。</p>"
        "<p>由此带来的不便，敬请谅解。如有疑问，请拨打服务热线咨询，值班人员全天接听。</p>"
    )
    return (
        f"<!doctype html><html><head><title>关于第{number}号街道停水检修的通知_清河镇</title>"
        '<meta name="author" content="王小明"></head><body><div class="nav"><a href="/">首页</a>'
        f"</div><h1>关于第{number}号街道停水检修的通知</h1>"
        f"<div>发布时间：2026-11-{number % 20 + 1:02} 09:30"
        f' 来源：供水公司</div><div class="content">{said}</div></body></html>'
    )


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        site = self.server.site
        site.asked.append(self.path)
        body = site.pages.get(self.path, "").encode(site.charset, "replace")
        status = site.status.get(self.path, 200 if self.path in site.pages else 404)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        headers = {"Content-Type": "text/html", "ETag": etag} | site.headers.get(self.path, {})
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site


@contextmanager
def page_site(port: int = 0) -> Iterator[Site]:
    """Serve pages on this machine until the end of the block."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.site = Site(address=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
