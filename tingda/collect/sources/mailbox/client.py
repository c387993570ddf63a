"""IMAP with limits: no wait without an end, nothing larger than we can hold, nothing changed."""

import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from socket import SHUT_RDWR
from typing import TYPE_CHECKING

from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox

from tingda import __version__
from tingda.collect.sources.mailbox.dial import MailFailed, dial, tls
from tingda.collect.sources.mailbox.place import Place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LARGEST = 25 * 2**20  # bytes of a letter
_SLACK = 5 * 2**20
_LONGEST_LINE = 4 * 2**20  # the numbers of half a million letters
_BYTES_A_SECOND = 500_000  # the slowest line on which a large letter is waited for
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,18})\b")
_CAME = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to be connected and greeted, and for one command."""

    connect: float = 10.0
    command: float = 20.0


class Client(imaplib.IMAP4):
    """The standard library's client on a connection that is checked, timed and counted."""

    def __init__(self, place: Place, private: bool, patience: Patience) -> None:
        self._place, self._private, self._patience = place, private, patience
        self._buffer = bytearray()
        self._came, self._until = 0, 0.0
        self.wait(patience.connect)
        try:
            super().__init__(place.host, place.port)
            if place.security == "starttls":
                self._secure_now()
        except BaseException:
            self.shutdown()
            raise

    def wait(self, seconds: float) -> None:
        """What comes next must have come whole by then."""
        self._until, self._came = time.monotonic() + seconds, 0

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect; the name was checked and is what the certificate must say."""
        self.host, self.port = host, port
        self.sock = dial(host, port, private=self._private, seconds=self._left())
        if self._place.security == "tls":
            self._wrap()

    def read(self, size: int) -> bytes:
        """That many bytes of a literal. Raises MailFailed where they are too many."""
        if size > LARGEST + _SLACK:
            raise MailFailed("too_large", host=self.host)
        while len(self._buffer) < size and self._more():
            pass
        return self._take(size)

    def readline(self) -> bytes:
        """One line; what there is, where the server went away."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > _LONGEST_LINE:
                raise MailFailed("too_large", host=self.host)
            if not self._more():
                return self._take(start)
        return self._take(end + 1)

    def send(self, data: "ReadableBuffer") -> None:
        """Within the time of the command."""
        self.sock.settimeout(self._left())
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Hang up."""
        with suppress(OSError, AttributeError):  # where it was never opened
            self.sock.shutdown(SHUT_RDWR)
        with suppress(OSError, AttributeError):
            self.sock.close()

    def _secure_now(self) -> None:
        typ, _data = self.xatom("STARTTLS")
        if typ != "OK" or self._buffer:  # what was sent before the lock was shut is not trusted
            raise MailFailed("tls", host=self.host)
        self._wrap()
        _typ, names = self.capability()
        self.capabilities = tuple(str(names[-1] or b"", "ascii", "replace").upper().split())

    def _wrap(self) -> None:
        self.sock.settimeout(self._left())
        self.sock = tls().wrap_socket(self.sock, server_hostname=self.host)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _more(self) -> bool:
        self.sock.settimeout(self._left())
        part = self.sock.recv(1 << 16)
        self._came += len(part)
        if self._came > LARGEST + 2 * _SLACK:
            raise MailFailed("too_large", host=self.host)
        self._buffer += part
        return bool(part)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Head:
    """What the server says of a letter: its number, size, when it came (as written), its header."""

    uid: int
    size: int
    came: str
    header: bytes


class Box(BaseMailBox):
    """One folder of a mailbox, opened to be read only."""

    client: Client

    def __init__(self, place: Place, private: bool, patience: Patience) -> None:
        self.place, self._private, self.patience = place, private, patience
        super().__init__()

    def _get_mailbox_client(self) -> Client:
        return Client(self.place, self._private, self.patience)

    def sign_in(self, secret: str, how: str) -> None:
        """With a password or a token. Raises MailFailed where the server does not want us."""
        self.client.wait(self.patience.command)
        with self._refusing("signin", secret):
            if how == "oauth":
                self.xoauth2(self.place.user, secret, initial_folder=None)
            elif (self.place.user + secret).isascii():
                self.login(self.place.user, secret, initial_folder=None)
            else:
                self.login_utf8(self.place.user, secret, initial_folder=None)

    def examine(self) -> tuple[int, int]:
        """Open the folder without the right to change it: its validity, and the next number."""
        self.client.wait(self.patience.command)
        if "ID" in self.client.capabilities:  # some servers open nothing to the nameless
            self.client.xatom("ID", f'("name" "Tingda" "version" "{__version__}")')
        with self._refusing("folder", folder=self.place.folder):
            self.folder.set(self.place.folder, readonly=True)
        return self._number("UIDVALIDITY"), self._number("UIDNEXT")

    def numbers_after(self, last: int, since: date | None) -> list[int]:
        """The letters with a higher number than `last`, of those that came since a day."""
        self.client.wait(self.patience.command)
        wanted = f"UID {last + 1}:*"
        if since:
            wanted += f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        found = (number for number in self.uids(wanted, charset=None) if number.isdecimal())
        # "*" is the last letter, even where its number is lower
        return sorted({int(number) for number in found if int(number) > last})

    def heads(self, uids: list[int]) -> list[Head]:
        """What the server says of these letters, in their order; of some, nothing."""
        wanted = "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"
        found = (_head(*one) for one in self._fetched(uids, wanted, self.patience.command))
        return sorted((head for head in found if head.uid in uids), key=lambda head: head.uid)

    def letter(self, head: Head) -> bytes:
        """The whole letter, left as unread as it was; b"" where it is gone."""
        seconds = self.patience.command + head.size / _BYTES_A_SECOND
        return next(
            (raw for _said, raw in self._fetched([head.uid], "(BODY.PEEK[])", seconds)), b""
        )

    def leave(self) -> None:
        """Say goodbye, and hang up in any case."""
        self.client.wait(2.0)
        with suppress(imaplib.IMAP4.error, ImapToolsError, MailFailed, OSError):
            self.logout()
        self.client.shutdown()

    def _fetched(
        self, uids: list[int], wanted: str, seconds: float
    ) -> Iterator[tuple[bytes, bytes]]:
        """What was said of each literal, and the literal."""
        self.client.wait(seconds)
        typ, data = self.client.uid("FETCH", ",".join(map(str, uids)), wanted)
        if typ != "OK":
            raise MailFailed("connect", host=self.place.host)
        said, raw = b"", None
        for part in data or ():
            if isinstance(part, tuple):
                if raw is not None:
                    yield said, raw
                said, raw = bytes(part[0]), bytes(part[1])
            elif isinstance(part, bytes):
                said += b" " + part
        if raw is not None:
            yield said, raw

    def _number(self, name: str) -> int:
        _name, data = self.client.response(name)
        told = bytes(data[0]) if data and data[0] else b""
        return int(told) if told.isdigit() and len(told) < 19 else 0

    @contextmanager
    def _refusing(self, kind: str, secret: str = "", **params: str) -> Iterator[None]:
        """What the server answers to this is said to the office, without what is secret."""
        try:
            yield
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, ImapToolsError) as error:
            result = getattr(error, "command_result", None)
            said = _words(result[1] if result else error.args)
            if secret:
                said = said.replace(secret, "…")
            raise MailFailed(kind, host=self.place.host, said=said, **params) from error


@contextmanager
def plainly(host: str) -> Iterator[None]:
    """Whatever goes wrong on the way becomes a MailFailed."""
    try:
        yield
    except TimeoutError as error:
        raise MailFailed("timeout", host=host) from error
    except ssl.SSLError as error:
        raise MailFailed("tls", host=host) from error
    except (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError) as error:
        raise MailFailed("connect", host=host) from error


def _head(said: bytes, header: bytes) -> Head:
    uid, size, came = _UID.search(said), _SIZE.search(said), _CAME.search(said)
    return Head(
        int(uid[1]) if uid else 0,
        int(size[1]) if size else 0,
        came[1].decode("ascii", "replace") if came else "",
        header,
    )


def _words(told: object) -> str:
    parts = told if isinstance(told, list | tuple) else [told]
    texts = (part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part or "")
             for part in parts)  # fmt: skip
    return "".join(char for char in " ".join(texts) if char.isprintable())[:200]
