"""A page that changes, forbids itself to robots, or fails, as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Changing:
    """What the server says next; `asked` are the paths that were asked for."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.body = "<html><body><p>食堂午餐有异物</p></body></html>"
        self.status = 200
        self.robots = ""
        self.asked: list[str] = []


@contextmanager
def changing_page() -> Iterator[Changing]:
    """The page at `.address`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page.asked.append(self.path)
            robots = self.path == "/robots.txt"
            status = 200 if robots else page.status
            body = (page.robots if robots else page.body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("X-Own", "eigen")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    page = Changing(f"http://127.0.0.1:{server.server_address[1]}/page")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
