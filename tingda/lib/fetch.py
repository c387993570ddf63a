"""Fetches a page that somebody else named, and cannot be led into the house or held up.

Every connection is checked where it is dialled: the name is resolved here, private addresses are
refused, and the very address that was checked is connected to, on every hop. TLS is still
verified against the name.
"""

import re
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from socket import SOCK_STREAM, getaddrinfo
from typing import Literal

import httpcore
import httpx
from httpcore import NetworkBackend, NetworkStream, SyncBackend

from tingda.lib.addresses import is_public
from tingda.lib.exercise import exercise
from tingda.lib.http_answers import retry_after, unpacked
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

Kind = Literal[
    "bad_url",
    "dns",
    "private",
    "connect",
    "tls",
    "timeout",
    "too_large",
    "too_many_redirects",
    "http_error",
    "gone",
    "busy",
    "drill",
]

_SENTENCES: dict[Kind, str] = {
    "bad_url": _("网址不对：%(url)s。请用 http:// 或 https:// 开头、不带用户名密码的网址"),
    "dns": _("找不到 %(host)s。请检查网址是否写错，或稍后再试"),
    "private": _("%(host)s 是内部网络地址，不能访问。确需访问时请管理员把它加入允许的主机"),
    "connect": _("连不上 %(host)s，或中途断开。请稍后再试，或在浏览器里看看它是否正常"),
    "tls": _("%(host)s 的安全证书有问题，没有读取。请联系对方更新证书，或核对网址"),
    "timeout": _("%(host)s 在 %(seconds)s 秒内没有回完。请稍后再试"),
    "too_large": _("%(host)s 的内容超过 %(megabytes)s MB，没有读取。请换一个条目较少的地址"),
    "too_many_redirects": _("%(host)s 转来转去超过 %(redirects)s 次。请用浏览器找到最终的网址"),
    "gone": _("%(host)s 说这个地址已经没有了（410）。请找新的地址，或停用这个来源"),
    "busy": _("%(host)s 正有别的请求，这次没有轮到。稍后会自动再看"),
    "drill": _("演练中不往外连，没有去看 %(url)s"),
    "http_error": _("%(host)s 回答 %(status)s，没有给出内容。请用浏览器打开网址看看"),
}
REDIRECTS = frozenset((301, 302, 303, 307, 308))
PERMANENT = frozenset((301, 308))
LONGEST_URL = 2000
_CHUNK = 64 * 1024
Turn = Callable[[str], AbstractContextManager[None]]


def _at_once(_host: str) -> AbstractContextManager[None]:
    return nullcontext()


class FetchFailed(Refused):
    """Nothing was fetched. `kind` is for machines, the sentence says what to do.

    `status` is the answer's (0 where there was none); `retry_after` is what the server asked for.
    """

    def __init__(self, kind: Kind, **params: object) -> None:
        self.kind: Kind = kind
        self.status = 0
        self.retry_after: timedelta | None = None
        super().__init__(_SENTENCES[kind], **params)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes (after decompression), times in seconds.

    `turn(host)` is entered for each request, so that a caller can keep a pace for every host.
    """

    body: int = 15 * 1024 * 1024
    total: float = 20.0
    connect: float = 10.0
    redirects: int = 10
    turn: Turn = _at_once


@dataclass(frozen=True, slots=True)
class Own:
    """What we send of our own: `headers` (a token, say) go to the first host only. With `data`
    it is a POST, which follows no redirect but one that keeps the method.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came: status 200–299, or 304 where nothing changed. `url` is where it came from.

    `moved_permanently_to` is set where the asked address has moved for good. Header names are
    in lower case.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    etag: str
    last_modified: str
    moved_permanently_to: str


def fetch(
    url: str,
    *,
    agent: str,
    etag: str | None = None,
    last_modified: str | None = None,
    own: Own = Own(),
    allowed_hosts: Collection[str] = (),
    limits: Limits = Limits(),
) -> Response:
    """Get one address, following redirects by hand. Raises FetchFailed.

    `agent` is the User-Agent. `allowed_hosts` (host or host:port, from an administrator) may be
    private; a redirect from elsewhere does not inherit that. No proxy of the environment is used.
    """
    if exercise() is not None:
        raise FetchFailed("drill", url=url)
    common = {"User-Agent": re.sub(r"[^\x20-\x7e]", "", agent), "Accept-Encoding": "gzip"}
    common |= {"If-None-Match": etag} if etag else {}
    common |= {"If-Modified-Since": last_modified} if last_modified else {}
    allowed = frozenset(host.lower() for host in allowed_hosts)
    return _Journey(common, own, allowed, limits).go(url)


class _Journey:
    """One fetch from the first address to the last."""

    def __init__(
        self, common: dict[str, str], own: Own, allowed: frozenset[str], limits: Limits
    ) -> None:
        self._common = common
        self._own = own
        self._allowed = allowed
        self._limits = limits
        self._door = _Door(limits)

    def go(self, address: str) -> Response:
        url = first = _address(address)
        moved, all_permanent, trusted = "", True, True
        with httpx.Client(
            transport=_Transport(self._door), trust_env=False, timeout=self._limits.total
        ) as client:
            for _hop in range(self._limits.redirects + 1):
                # Only the address a person entered, and what it leads to itself, is trusted.
                trusted = trusted and _is_listed(url, self._allowed)
                self._door.allowed = trusted
                with self._limits.turn(url.host.lower()), self._door.open():
                    own = self._own.headers if _same_site(url, first) else {}
                    status, headers, body = self._ask(client, url, self._common | dict(own))
                if status not in REDIRECTS or "location" not in headers or self._stays(status):
                    return self._answer(url, (status, headers, body), moved)
                url = _address(headers["location"], url)
                all_permanent = all_permanent and status in PERMANENT
                moved = str(url) if all_permanent else moved
        raise FetchFailed("too_many_redirects", host=url.host, redirects=self._limits.redirects)

    def _stays(self, status: int) -> bool:
        return self._own.data is not None and status not in (307, 308)

    def _answer(
        self, url: httpx.URL, came: tuple[int, dict[str, str], bytes], moved: str
    ) -> Response:
        status, headers, body = came
        if not (200 <= status < 300 or status == 304):
            kind: Kind = "gone" if status == 410 else "http_error"
            failed = FetchFailed(kind, host=url.host, status=status)
            failed.status = status
            failed.retry_after = retry_after(headers)
            raise failed
        etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
        return Response(status, str(url), headers, body, etag, last_modified, moved)

    def _ask(
        self, client: httpx.Client, url: httpx.URL, sent: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        limits, data = self._limits, self._own.data
        method = "GET" if data is None else "POST"
        request = client.build_request(method, url, headers=sent, content=data)
        request.headers.pop("cookie", None)
        try:
            response = client.send(request, stream=True, follow_redirects=False)
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                wanted = 200 <= response.status_code < 300
                body = self._read(response) if wanted else b""
            finally:
                response.close()
        except _TooLarge:
            megabytes = limits.body // 2**20
            raise FetchFailed("too_large", host=url.host, megabytes=megabytes) from None
        except httpx.TimeoutException as error:
            raise FetchFailed("timeout", host=url.host, seconds=round(limits.total)) from error
        except (httpx.HTTPError, httpx.StreamError, zlib.error, ValueError) as error:
            raise FetchFailed("tls" if _is_tls(error) else "connect", host=url.host) from error
        return response.status_code, headers, body

    def _read(self, response: httpx.Response) -> bytes:
        stated = response.headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > self._limits.body:
            raise _TooLarge
        chunks = response.iter_raw(_CHUNK)
        packed = response.headers.get("content-encoding", "").lower() in (
            "gzip",
            "x-gzip",
            "deflate",
        )
        body = bytearray()
        for piece in unpacked(chunks) if packed else chunks:
            body += piece
            if len(body) > self._limits.body:
                raise _TooLarge
        return bytes(body)


class _TooLarge(Exception):
    pass


def _is_tls(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    failed = FetchFailed("bad_url", url=re.sub(r"//[^/@]*@", "//…@", text)[:200])
    if len(text) > LONGEST_URL:
        raise failed
    try:
        url = base.join(text) if base else httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise failed from error
    strange = url.userinfo or re.search(r"[\s%]", url.host) or (url.port or 1) > 65535
    if url.scheme not in ("http", "https") or not url.host or strange:
        raise failed
    return url.copy_with(fragment=None)


def _same_site(url: httpx.URL, first: httpx.URL) -> bool:
    return (url.scheme, url.host, url.port) == (first.scheme, first.host, first.port)


def _is_listed(url: httpx.URL, allowed: frozenset[str]) -> bool:
    port = url.port or (443 if url.scheme == "https" else 80)
    host = url.raw_host.decode("ascii").lower()
    names = {host, f"{host}:{port}", f"[{host}]:{port}", f"[{host}]"}
    return not names.isdisjoint(allowed)


# --- dialling ---


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the list of authorities takes longer than most fetches."""
    return httpx.create_ssl_context(trust_env=False)


class _Transport(httpx.HTTPTransport):
    """httpx over our own door; every hop dials anew, so that no check is ever skipped."""

    def __init__(self, door: "_Door") -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_keepalive_connections=0,
            network_backend=door,
        )


class _Door(NetworkBackend):
    """Resolves, checks, and connects to the address that was checked, all before a deadline."""

    def __init__(self, limits: Limits) -> None:
        self._left, self._connect = limits.total, limits.connect
        self._deadline = 0.0
        self._backend = SyncBackend()
        self.allowed = False

    @contextmanager
    def open(self) -> Iterator[None]:
        """Time runs while a server is asked, and not while we wait for our turn."""
        began = time.monotonic()
        self._deadline = began + self._left
        try:
            yield
        finally:
            self._left -= time.monotonic() - began

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        by = min(self._deadline, time.monotonic() + self._connect)
        addresses = _resolve(host, port, by)
        good = [a for a in addresses if self.allowed or is_public(a)]
        if not good:
            raise FetchFailed("private", host=host)
        for address in good[:-1]:
            try:
                return self._dial(address, port, by)
            except httpcore.ConnectError:
                continue
        return self._dial(good[-1], port, by)

    def _dial(self, address: str, port: int, by: float) -> NetworkStream:
        stream = self._backend.connect_tcp(address, port, timeout=_left(by))
        return _Stream(stream, self._deadline)


class _Stream(NetworkStream):
    """A connection on which no single wait goes past the deadline, however it drips."""

    def __init__(self, inner: NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        left = _left(self._deadline)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


def _resolve(host: str, port: int, by: float) -> list[str]:
    """The addresses of a name. The system's resolver knows no time limit, so it gets a thread."""
    found: list[str] = []
    errors: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(str(info[4][0]) for info in getaddrinfo(host, port, type=SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_left(by))
    if thread.is_alive():
        raise httpcore.ConnectTimeout
    if errors or not found:
        raise FetchFailed("dns", host=host)
    return list(dict.fromkeys(found))
