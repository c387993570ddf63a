"""Asking a Mastodon-compatible server, page by page, the newest first."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from tingda.collect.sources.fediverse.status import Node, text
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Own, Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

MANY = 40
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next\b', re.IGNORECASE)
_CLOSED = (401, 403, 422)


class Closed(Refused):
    """The server wants to know who asks."""

    kind = "closed"


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of a list. `next` is the id before which the next page begins; "" at the end."""

    rows: Sequence[Node]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A server's address, the way there, and the institution's own token, if it gave one."""

    address: str
    out: Manners
    token: str = ""

    def object(self, path: str) -> Node:
        """The object at a path of the server's API."""
        found = _read(self._get(path))
        if not isinstance(found, dict):
            raise strange()
        return found

    def page(self, path: str, asked: Mapping[str, str], before: str = "") -> Batch:
        """A page of the list at a path. A page that is empty is the last."""
        query = dict(asked) | {"limit": str(MANY)} | ({"max_id": before} if before else {})
        came = self._get(f"{path}?{urlencode(query)}")
        found = _read(came)
        if not isinstance(found, list):
            raise strange()
        rows = [row for row in found if isinstance(row, dict)]
        last = text(rows[-1].get("id")) if rows else ""
        following = _next(came) or last
        return Batch(rows, following if rows and following != before else "")

    def _get(self, path: str) -> Response:
        url = f"{self.address}{path}"
        if not self.token:
            return self.out.get_page(url)
        self._guard()
        return self.out.get(url, own=Own(headers={"Authorization": f"Bearer {self.token}"}))

    def _guard(self) -> None:
        """A token is a password: it does not go over an open line."""
        parts = urlsplit(self.address)
        if parts.scheme != "https" and parts.netloc not in self.out.allowed_hosts:
            raise Refused(_("访问令牌只能经 https 发送。请把网址改为 https:// 开头"))


def _next(came: Response) -> str:
    """The max_id of the next page as the server gives it. Of its address nothing else is used:
    it may lead elsewhere.
    """
    found = _NEXT.search(came.headers.get("link", ""))
    return parse_qs(urlsplit(found[1]).query).get("max_id", [""])[0] if found else ""


def _read(came: Response) -> object:
    try:
        found: object = json.loads(came.body)
    except (ValueError, RecursionError) as error:
        raise strange() from error
    return found


def strange() -> Refused:
    """The refusal of what is no answer of such a server."""
    return Refused(_("对方给的数据不完整，或不是 Mastodon 一类的服务器。请核对网址，或稍后再试"))


def is_closed(failed: FetchFailed) -> bool:
    """Whether the server wants to know who asks."""
    return failed.status in _CLOSED
