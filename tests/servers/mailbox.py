"""Mail servers of the tests' own: a real one (Debian's dovecot), and one that misbehaves."""

import base64
import contextlib
import imaplib
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.house import free_port

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")


def missing() -> str:
    """Why there can be no real server here; "" where there can."""
    if not DOVECOT:
        return "dovecot is not installed: scripts/mailserver installs it"
    told = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=False)
    version = told.stdout.strip()
    return "" if version.startswith("2.3.") else f"dovecot {version}: its settings are not 2.3's"


PASSWORD = "a-password-of-the-mailbox"
TOKEN, REFRESH = "token-for-the-mailbox", "refresh-for-the-mailbox"

_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_process_limit = 30
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
auth_username_chars =
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secure}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
_OAUTH = """
introspection_mode = get
introspection_url = {address}/who?token=
username_attribute = email
active_attribute = active
active_value = true
"""


class _Tokens(BaseHTTPRequestHandler):
    """Says whose token it is, and gives a new one for the right refresh token."""

    def do_GET(self) -> None:
        token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
        owner, _at, told = token.partition("/")
        self._say({"active": "true", "email": owner} if told == TOKEN else {"active": "false"})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {key: value[0] for key, value in parse_qs(self.rfile.read(length).decode()).items()}
        good = form.get("refresh_token") == REFRESH and form.get("grant_type") == "refresh_token"
        self._say({"access_token": f"{form['client_id']}/{TOKEN}"} if good else {"error": "no"})

    def _say(self, what: dict[str, str]) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class MailServer:
    """A running dovecot. Every name is a user, with PASSWORD or the token "<name>/TOKEN"."""

    plain: int
    secure: int
    authority: Path
    tokens: str

    def address(self, *, secure: bool = True) -> str:
        """What an office would write."""
        return f"imaps://127.0.0.1:{self.secure}" if secure else f"imap://127.0.0.1:{self.plain}"

    @property
    def hosts(self) -> list[str]:
        """What an administrator must allow."""
        return [f"127.0.0.1:{port}" for port in (self.plain, self.secure)]

    def trust(self) -> ssl.SSLContext:
        """Believes this server's certificate."""
        return ssl.create_default_context(cafile=str(self.authority))

    @contextlib.contextmanager
    def inside(self, user: str) -> Iterator[imaplib.IMAP4]:
        """The mailbox as its owner's own program sees it."""
        with imaplib.IMAP4("127.0.0.1", self.plain, timeout=10) as client:
            client.login(user, PASSWORD)
            yield client

    def deliver(
        self, user: str, *letters: bytes, at: datetime | None = None, folder: str = "INBOX"
    ) -> None:
        """Put letters into a folder, as if they had come then."""
        with self.inside(user) as client:
            client.create(folder)
            came = imaplib.Time2Internaldate(at) if at else ""
            for one in letters:
                typ, said = client.append(folder, "", came, one)
                assert typ == "OK", said


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """A dovecot of the tests' own, as an ordinary user."""
    assert DOVECOT
    tokens = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    thread = threading.Thread(target=tokens.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    home = Path(tempfile.mkdtemp(prefix="tingda-mail-"))
    try:
        made = _prepare(home, f"http://127.0.0.1:{tokens.server_address[1]}")
        as_root = os.geteuid() == 0
        process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(home / "dovecot.conf")],
            stderr=subprocess.DEVNULL,
            user="nobody" if as_root else None,
            group=pwd.getpwnam("nobody").pw_gid if as_root else None,
        )
        try:
            _wait(made, process, home)
            yield made
        finally:
            process.terminate()
            process.wait(10)
    finally:
        tokens.shutdown()
        tokens.server_close()
        thread.join()
        shutil.rmtree(home, ignore_errors=True)


def _prepare(home: Path, tokens: str) -> MailServer:
    who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.getuid())
    group = subprocess.run(
        ["getent", "group", str(who.pw_gid)], capture_output=True, text=True, check=True
    ).stdout.partition(":")[0]
    made = MailServer(free_port(), free_port(), home / "cert.pem", tokens)
    values = {"home": home, "user": who.pw_name, "group": group, "password": PASSWORD}
    values |= {"uid": who.pw_uid, "gid": who.pw_gid, "plain": made.plain, "secure": made.secure}
    (home / "dovecot.conf").write_text(_CONFIG.format(**values))
    (home / "oauth2.conf").write_text(_OAUTH.format(address=tokens))
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
        f" -keyout {home}/key.pem -out {home}/cert.pem -subj /CN=mail.test"
        " -addext subjectAltName=IP:127.0.0.1".split(),
        capture_output=True,
        check=True,
    )
    for part in ("mail", "run", "state"):
        (home / part).mkdir()
    for path in (home, *home.iterdir()):
        os.chown(path, who.pw_uid, who.pw_gid)
    return made


def _wait(made: MailServer, process: "subprocess.Popen[bytes]", home: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", made.plain), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log = home / "dovecot.log"
    raise AssertionError(f"dovecot did not start: {log.read_text() if log.exists() else ''}")


# --- one that misbehaves ---


@dataclass
class Rogue:
    """A server whose every answer is written by the test: `say(line, send)` for each command;
    `asked` are the commands that came.
    """

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """What an office would write."""
        return f"imap://127.0.0.1:{self.port}"


Send = Callable[[bytes], None]


def well(tag: str, command: str) -> bytes:
    """What a well-behaved server answers to the commands before the first fetch."""
    first = command.split()[0].upper()
    more = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n",
        "LOGOUT": b"* BYE\r\n",
    }.get(first, b"")
    if command.upper().startswith("UID SEARCH"):
        more = b"* SEARCH 1\r\n"
    return more + f"{tag} OK done\r\n".encode()


def head(size: int = 100, uid: int = 1, header: bytes = b"Subject: a\r\nFrom: a@b.cn\r\n") -> bytes:
    """The server's word about one letter."""
    said = f"* {uid} FETCH (UID {uid} RFC822.SIZE {size} BODY[HEADER] {{{len(header)}}}\r\n"
    return said.encode() + header + b")\r\n"


@contextlib.contextmanager
def rogue(
    say: Callable[[str, str, Send], None], greeting: bytes = b"* OK hello\r\n"
) -> Iterator[Rogue]:
    """`say(tag, command, send)` answers each line that comes; greeting b"" never greets."""
    door = socket.create_server(("127.0.0.1", 0))
    made = Rogue(door.getsockname()[1])
    over = threading.Event()

    def serve(line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), line, line.makefile("rb") as file:
            line.sendall(greeting)
            for raw in file:
                tag, _space, command = raw.decode().strip().partition(" ")
                made.asked.append(command)
                say(tag, command, line.sendall)
                if over.is_set():
                    return

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _where = door.accept()
                threading.Thread(target=serve, args=(line,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        over.set()
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(5)


def encoded(text: str, charset: str = "utf-8") -> str:
    """A word of a header, as mail programs wrap it."""
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="
