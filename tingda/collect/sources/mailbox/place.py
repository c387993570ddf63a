"""Which mailbox is meant: server, door, person, folder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from tingda.collect.sources.contract import Pasted, Proposal
from tingda.collect.sources.manners import Manners
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

_ADDRESS = re.compile(
    r"(?:(?P<scheme>imaps?)://)?(?:(?P<user>[^/]*)@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>\d{1,5}))?(?:/(?P<folder>.*))?",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?P<user>[^\s@/:]+)@(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.IGNORECASE)
_STRANGE = re.compile("[\x00-\x1f\x7f]")
_PORTS = {"tls": 993, "starttls": 143, "plain": 143}
# Where the letters of a domain lie, when it is not simply at "imap." before it.
_SERVERS = {
    "foxmail.com": "imap.qq.com",
    "vip.qq.com": "imap.qq.com",
    "hotmail.com": "outlook.office365.com",
    "live.com": "outlook.office365.com",
    "outlook.com": "outlook.office365.com",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One folder of one mailbox. `security` is "tls", "starttls" or "plain"."""

    host: str
    port: int
    security: str
    user: str
    folder: str

    def is_listed(self, allowed: frozenset[str]) -> bool:
        """Whether an administrator named its host among those that may be private."""
        return not {self.host, f"{self.host}:{self.port}", f"[{self.host}]"}.isdisjoint(allowed)


def place_of(address: str, options: Mapping[str, Any]) -> Place:
    """The mailbox at an address, as its options complete it; what the address says itself wins.
    Raises Refused where it is none.
    """
    found = _ADDRESS.fullmatch(address.strip())
    if not found or _STRANGE.search(unquote(address)):
        raise Refused(_("邮箱服务器的地址不对。例如 imap.example.cn，或 imap.example.cn:993"))
    scheme, port = (found["scheme"] or "").lower(), int(found["port"] or 0)
    user = unquote(found["user"] or "")
    if ":" in user:
        raise Refused(_("地址里不要带密码，密码请填在下面"))
    security = str(options.get("security") or "auto")
    if security == "auto":
        security = "starttls" if port == 143 or (scheme == "imap" and port != 993) else "tls"
    if port > 65535 or security not in _PORTS:
        raise Refused(_("邮箱服务器的地址不对。例如 imap.example.cn，或 imap.example.cn:993"))
    user = user or str(options.get("user") or "").strip()
    folder = unquote(found["folder"] or "") or str(options.get("folder") or "").strip()
    if _STRANGE.search(user + folder):
        raise Refused(_("用户名或文件夹里有不能用的字符"))
    host = found["host"].strip("[]").lower()
    return Place(host, port or _PORTS[security], security, user, folder or "INBOX")


def check(address: str, options: Mapping[str, Any]) -> str:
    """The address as it is kept. Refused where nobody could sign in with it."""
    place = place_of(address, options)
    if not place.user:
        raise Refused(_("还缺：%(what)s"), what=_("用户名"))
    days = str(options.get("days") or "30")
    if not days.isdecimal() or not 1 <= int(days) <= 3650:
        raise Refused(_("“第一次看最近几天的信”请填 1 到 3650 之间的数"))
    given = _ADDRESS.fullmatch(address.strip())
    scheme = "imaps" if place.security == "tls" else "imap"
    host = f"[{place.host}]" if ":" in place.host else place.host
    user = f"{quote(place.user)}@" if given and given["user"] else ""
    folder = f"/{quote(place.folder)}" if given and given["folder"] else ""
    return f"{scheme}://{user}{host}:{place.port}{folder}"


def recognise(pasted: Pasted, _manners: Manners) -> list[Proposal]:
    """A mail address, or the address of an IMAP server."""
    text = pasted.address.strip()
    if mail := _MAIL.fullmatch(text):
        domain = mail["domain"].lower()
        server = _SERVERS.get(domain, f"imap.{domain}")
        why = _("这是一个邮箱地址；收信服务器多半是 %(server)s，请核对")
        return [
            Proposal("mailbox", server, text, {"user": text}, why=why, params={"server": server})
        ]
    if re.match(r"imaps?://|imap[\w-]*\.", text, re.IGNORECASE):
        place = place_of(text, {})
        return [Proposal("mailbox", text, place.user or place.host, why=_("这是邮箱的收信服务器"))]
    return []
