"""What the forum programs have in common: a site that answers JSON, and pages of what was said."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tingda.collect.rules import Entry
from tingda.collect.sources.forum.places import Place
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed
from tingda.lib.markup import plain_text
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

Node = Mapping[str, Any]


class NoJson(Refused):
    """An answer came, and it is not what a forum's program gives."""

    kind = "content"


@dataclass(frozen=True, slots=True)
class Said:
    """One post. `entry` is None where it is not ours to hear (hidden, deleted, a notice); `at` is
    in seconds since 1970. `in_order` is false for a post that stands at the top whatever its time.
    """

    at: float
    entry: Entry | None = None
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic in a list; `order` is what the list is sorted by, `at` when it last changed."""

    id: str
    title: str
    at: float
    order: float
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of topics or of posts, the newest first. `next` is the cursor of what is older, ""
    where there is nothing older.
    """

    said: Sequence[Said] = ()
    topics: Sequence[Topic] = ()
    next: str = ""
    title: str = ""


class Software(Protocol):
    """What a module for one program offers; "" is the first cursor.

    `newest` lists what is new in a whole forum or a category: posts where the program lists
    them, else topics. `posts` are those of one topic. `title` is the forum's own name. `earlier`
    is the cursor to go on from at another look, when some of what stood before was deleted.
    """

    def title(self, site: "Site") -> str: ...
    def newest(self, site: "Site", place: Place, cursor: str) -> Page: ...
    def posts(self, site: "Site", topic: str, title: str, cursor: str) -> Page: ...
    def earlier(self, of_topic: bool, cursor: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Site:
    """A forum's address and the way there."""

    base: str
    out: Manners

    def json(self, path: str) -> Node:
        """The object at a path. Raises FetchFailed; NoJson where what came is none."""
        try:
            came = self.out.get_page(f"{self.base}{path}")
        except FetchFailed as failed:
            if failed.status in (401, 403):
                raise _closed(failed) from failed
            raise
        try:
            found = json.loads(came.body)
        except (ValueError, RecursionError) as error:
            if came.body.lstrip()[:1] == b"<":
                raise NoJson(
                    _("论坛给的是网页，不是可供程序读取的数据（JSON）。请改用“网页”这种来源")
                ) from error
            raise NoJson(_("论坛给的数据不完整，这次没有读。稍后会自动再看")) from error
        if not isinstance(found, dict):
            raise strange()
        return found


class Closed(NoJson):
    """The site shows this to its members only."""

    kind = "closed"


def _closed(failed: FetchFailed) -> Closed:
    return Closed(
        _("%(host)s 回答 %(status)s：这里要登录才能看。听答不登录，请换一个公开的版块"),
        host=failed.params.get("host", ""),
        status=failed.status,
    )


def strange() -> NoJson:
    """The refusal of data in which nothing known stands."""
    return NoJson(_("论坛给的数据不是认识的样子。请核对网址，或改用“网页”这种来源"))


# --- what stands in JSON, whatever it is ---


def node(value: object) -> Node:
    """An object; an empty one where it is something else."""
    return value if isinstance(value, dict) else {}


def nodes(value: object) -> list[Node]:
    """The objects in a list; none where it is something else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """A text or a number as text; "" for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def line(value: object) -> str:
    """Plain text in one line: a title, a name."""
    return " ".join(plain_text(text(value)).split())


def number(value: object) -> int:
    """A count, which some databases give as text; 0 where it is none."""
    told = text(value)
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 16 else 0


def true(value: object) -> bool:
    """A yes or no, however it is written."""
    return text(value) == "1" or value is True


def since(value: object) -> float:
    """A moment (ISO 8601 with a zone, or milliseconds) in seconds since 1970; 0.0 if it is none."""
    if milliseconds := number(value):
        return milliseconds / 1000
    try:
        when = datetime.fromisoformat(text(value))
    except ValueError:
        return 0.0
    return when.timestamp() if when.tzinfo else 0.0


def moment(value: object) -> tuple[datetime | None, str]:
    """The same as a time, and how fine it is."""
    seconds = since(value)
    # what is older than the web, or beyond any calendar, is a mistake
    if not 6e8 < seconds < 4e9:
        return None, "unknown"
    return datetime.fromtimestamp(seconds, UTC), "second"
