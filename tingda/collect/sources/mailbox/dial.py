"""The way to a mail server: only to an address that was checked, never longer than we wait."""

import ssl
import threading
import time
from functools import cache
from socket import SOCK_STREAM, create_connection, getaddrinfo, socket

import httpx

from tingda.lib.addresses import is_public
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

_SENTENCES = {
    "dns": _("找不到 %(host)s。请检查邮箱服务器的地址是否写错，或稍后再试"),
    "private": _("%(host)s 是内部网络地址，不能访问。确需访问时请管理员把它加入允许的主机"),
    "connect": _("连不上 %(host)s，或中途断开，或它不是 IMAP 服务器。请核对地址和端口，或稍后再试"),
    "tls": _("%(host)s 的安全证书有问题，没有登录。请核对地址，或联系邮箱的管理员"),
    "timeout": _("%(host)s 没有按时回答。请稍后再试"),
    "too_large": _("%(host)s 一次发来的内容太大，没有读取"),
    "plain": _("不加密的连接只能用于管理员允许的内部主机。请改用加密的连接方式"),
    "signin": _(
        "%(host)s 没有让我们登录。请检查用户名和密码；很多邮箱要用“授权码”，"
        "并先在网页设置里打开 IMAP。对方说：%(said)s"
    ),
    "token": _("没有换到新的 OAuth 令牌。请检查 client_id、refresh_token 等是否填对或已过期"),
    "folder": _("邮箱里打不开文件夹“%(folder)s”。对方说：%(said)s"),
}


class MailFailed(Refused):
    """No letters were had. `kind` is for machines, the sentence says what to do."""

    def __init__(self, kind: str, **params: object) -> None:
        self.kind = kind
        super().__init__(_SENTENCES[kind], **params)


@cache
def tls() -> ssl.SSLContext:
    """The usual authorities, and those that this machine trusts besides."""
    context: ssl.SSLContext = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def dial(host: str, port: int, *, private: bool, seconds: float) -> socket:
    """A connection to this name, at the very address that was checked. Raises MailFailed.

    `private` says that an administrator allowed it to lie in the house.
    """
    until = time.monotonic() + seconds
    addresses = [one for one in _resolved(host, port, seconds) if private or is_public(one)]
    if not addresses:
        raise MailFailed("private", host=host)
    failed: OSError | None = None
    for address in addresses:
        try:
            return create_connection((address, port), max(until - time.monotonic(), 0.01))
        except OSError as error:
            failed = error
    raise MailFailed("timeout" if isinstance(failed, TimeoutError) else "connect", host=host)


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a name. The system's resolver knows no time limit, so it gets a thread."""
    found: list[str] = []

    def ask() -> None:
        try:
            found.extend(str(info[4][0]) for info in getaddrinfo(host, port, type=SOCK_STREAM))
        except (OSError, UnicodeError):
            return

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise MailFailed("timeout", host=host)
    if not found:
        raise MailFailed("dns", host=host)
    return list(dict.fromkeys(found))
