"""A Mastodon-like server on this machine: one hashtag timeline and one account's notifications."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.servers.forum import served

BEGINNING = datetime(2026, 11, 20, tzinfo=UTC)
TOKEN = "a-token"


@dataclass
class Instance:
    """Its state, which a test may change. `closed` is the status that guests get for hashtags.

    `without_link` leaves out the Link header, `foreign_link` makes it lead to another host.
    """

    address: str = ""
    tagged: list[dict[str, Any]] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    closed: int = 0
    fail_after: int = 10_000
    without_link: bool = False
    foreign_link: bool = False
    broken: bytes = b""
    minutes: int = 0

    def status(self, content: str, *, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """Make a status, a minute after the last; ids follow the time, as Mastodon's do."""
        self.minutes += 1
        when = at or BEGINNING + timedelta(minutes=self.minutes)
        number = str((int(when.timestamp() * 1000) << 16) + self.minutes)
        return {
            "id": number,
            "created_at": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "zh",
            "uri": f"https://town.example/users/li/statuses/{number}",
            "url": f"https://town.example/@li/{number}",
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            "edited_at": None,
            "content": content,
            "reblog": None,
            "application": None,
            "account": {"id": "7", "username": "li", "acct": "li", "display_name": "李"},
            "media_attachments": [],
            "mentions": [],
            "tags": [{"name": "停水", "url": "https://town.example/tags/停水"}],
            "emojis": [],
            "card": None,
            "poll": None,
            **more,
        }

    def say(self, *contents: str, **more: Any) -> list[dict[str, Any]]:
        """Statuses with the hashtag."""
        made = [self.status(content, **more) for content in contents]
        self.tagged += made
        return made

    def mention(self, content: str, **more: Any) -> dict[str, Any]:
        """A status that mentions the account, and the notification of it."""
        status = self.status(content, **more)
        told = {"id": status["id"], "type": "mention", "created_at": status["created_at"]}
        self.notifications.append(told | {"account": status["account"], "status": status})
        return status


class Handler(BaseHTTPRequestHandler):
    here: Instance

    def do_GET(self) -> None:
        here, parts = self.here, urlsplit(self.path)
        if parts.path == "/robots.txt":
            self.say(404, {})
            return
        here.asked.append(self.path)
        token = self.headers.get("Authorization", "")
        here.tokens.append(token)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        known = token == f"Bearer {TOKEN}"
        if len(here.asked) > here.fail_after:
            self.say(429, {"error": "Too many requests"})
        elif parts.path == "/api/v1/instance":
            self.say(200, {"uri": "town.example", "title": "青石镇", "version": "4.5.0"})
        elif unquote(parts.path) == "/api/v1/timelines/tag/停水":
            open_to = known or not here.closed
            self.rows(here.tagged, query) if open_to else self.say(here.closed, {"error": "x"})
        elif parts.path.startswith("/api/v1/") and not known:
            self.say(401, {"error": "The access token is invalid"})
        elif parts.path == "/api/v1/accounts/verify_credentials":
            self.say(200, {"id": "1", "username": "Office", "acct": "Office"})
        elif parts.path == "/api/v1/notifications":
            wanted = [one for one in here.notifications if one["type"] == query["types[]"]]
            self.rows(wanted, query)
        else:
            self.say(404, {"error": "Record not found"})

    def rows(self, rows: list[dict[str, Any]], query: dict[str, str]) -> None:
        here = self.here
        top = int(query.get("max_id", 1 << 80))
        found = sorted(
            (one for one in rows if int(one["id"]) < top), key=lambda one: -int(one["id"])
        )
        some = found[: int(query.get("limit", 20))]
        link = ""
        if some and not here.without_link:
            host = "https://elsewhere.example" if here.foreign_link else here.address
            path = urlsplit(self.path).path
            query = query | {"max_id": some[-1]["id"]}
            link = f'<{host}{path}?{urlencode(query)}>; rel="next", <{host}{path}>; rel="prev"'
        self.say(200, some, link)

    def say(self, status: int, what: Any, link: str = "") -> None:
        body = self.here.broken or json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def fediverse_server() -> Iterator[Instance]:
    """A server on which nobody has said anything; `.address` is where it is."""
    here = Instance()
    with served(type("Here", (Handler,), {"here": here})) as address:
        here.address = address
        yield here
