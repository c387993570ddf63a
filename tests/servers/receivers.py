"""Receivers of messages: a web server (plain, or with the names of the robots), a mail server."""

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.house import free_port

ROBOTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "open.larksuite.com")


@dataclass
class Received:
    """One request."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Receiver:
    """What came, and what it answers: a status, a JSON text, after so many seconds."""

    port: int = 0
    status: int = 200
    answer: str = '{"errcode": 0, "code": 0}'
    seconds: float = 0.0
    received: list[Received] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where a program of the office's own listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    def titles(self) -> list[str]:
        """Of all that came."""
        return [one.body["title"] for one in self.received]


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        told: Receiver = self.server.told
        parts = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told.received.append(Received(parts.path, parse_qs(parts.query), dict(self.headers), body))
        time.sleep(told.seconds)
        answer = told.answer.encode()
        self.send_response(told.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who was asked may be gone before the answer."""


@contextmanager
def listening(told: Receiver, certificate: Path | None = None) -> Iterator[Receiver]:
    """The receiver up, on its port if it had one before."""
    server: Any = _Server(("127.0.0.1", told.port), _Handler)
    server.told, told.port = told, server.server_port
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate_for(folder: Path, *names: str) -> Path:
    """Key and certificate in one file, for these names."""
    file = folder / "robots.pem"
    key, names_of = folder / "key.pem", ",".join(f"DNS:{name}" for name in names)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=robots", "-addext", f"subjectAltName={names_of}",
         "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + key.read_text())
    return file


@dataclass
class Post:
    """A mail server and what it took. `refuses` is said to every recipient instead of "OK"."""

    port: int = field(default_factory=free_port)
    user: str = ""
    password: str = ""
    refuses: str = ""
    letters: list[Message] = field(default_factory=list)
    hello: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient is named."""
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """A letter came."""
        self.hello.append(session.host_name or "")
        self.letters.append(message_from_bytes(bytes(envelope.content or b""), policy=default))
        return "250 OK"

    def knows(self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> Any:
        """Whether somebody may sign in."""
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self.user.encode(),
            self.password.encode(),
        )
        return AuthResult(success=right)


@contextmanager
def delivering(post: Post) -> Iterator[Post]:
    """The mail server up."""
    signs = {"authenticator": post.knows, "auth_require_tls": False} if post.user else {}
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **signs)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
