"""What somebody said, as a Mastodon-compatible server tells it, made an entry.

Names of fields as in https://docs.joinmastodon.org/entities/Status/.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tingda.collect.rules import Entry
from tingda.lib.markup import plain_text

Node = Mapping[str, Any]
OPEN = frozenset(("public", "unlisted"))


def text(value: object) -> str:
    """A text; "" for all else."""
    return value.strip() if isinstance(value, str) else ""


def moment(value: object) -> datetime | None:
    """A time with a zone; None where it is none."""
    try:
        when = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo and 2000 < when.year < 2100 else None


def is_open(status: Node) -> bool:
    """Whether everybody may read it. What is for followers or for one person is not for us."""
    return status.get("visibility") in OPEN


def entry_of(status: Node, server: str) -> Entry | None:
    """The entry; None for a boost, which says nothing of its own, and for what is empty."""
    words = "" if status.get("reblog") else _words(status)
    guid = text(status.get("uri")) or text(status.get("id"))
    if not words or not guid:
        return None
    said_at = moment(status.get("created_at"))
    likes = status.get("favourites_count")
    return Entry(
        text=words,
        url=_web(text(status.get("url"))) or _web(text(status.get("uri"))),
        said_at=said_at,
        precision="second" if said_at else "unknown",
        author=_author(status.get("account"), server),
        likes=likes if isinstance(likes, int) and likes > 0 else 0,
        guid=guid,
        lang=text(status.get("language"))[:35],
    )


def _words(status: Node) -> str:
    """Its warning, its words, and what its pictures show."""
    media = status.get("media_attachments")
    shown = [one for one in media if isinstance(one, dict)] if isinstance(media, list) else []
    parts = [plain_text(text(status.get(name))) for name in ("spoiler_text", "content")]
    parts += [text(one.get("description")) for one in shown]
    return "\n".join(filter(None, parts))


def _author(account: object, server: str) -> str:
    """The same name on every server: name@host."""
    name = text(account.get("acct")) if isinstance(account, dict) else ""
    return name if "@" in name or not name else f"{name}@{urlsplit(server).hostname}"


def _web(address: str) -> str:
    good = address.startswith(("https://", "http://")) and len(address) <= 2000
    return address if good else ""
