"""One look at a hashtag, or at what was said to the institution's own account.

Nothing else is ever asked for: no account's posts, no followers, no messages. A server gives a
post that came late from another server the place of its time, among those read before: so we read
a little further back than to the last one read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.fediverse.places import Place, place_of
from tingda.collect.sources.fediverse.server import Batch, Closed, Server, is_closed
from tingda.collect.sources.fediverse.status import Node, entry_of, is_open, moment, text
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

LATE = timedelta(hours=3).total_seconds()
LATE_PAGES = 2
MOST_PAGES = 40
Turn = Callable[[str], Batch]


@dataclass
class Reading:
    """What one look has read. `mark` and `until` are seconds since 1970."""

    server: str
    latest: float
    mark: float | None
    entries: dict[str, Entry] = field(default_factory=dict)
    private: int = 0
    pages: int = 0
    broken: bool = False

    def __post_init__(self) -> None:
        self.since = self.mark or 0.0

    def keep(self, row: Node) -> None:
        """Hear what everybody may read; of all else only the number is known, each time once."""
        status = row.get("status") if "type" in row else row
        if not isinstance(status, dict):
            return
        if not is_open(status):
            said_at = moment(row.get("created_at"))
            self.private += said_at is not None and said_at.timestamp() > self.since
            return
        entry = entry_of(status, self.server)
        if entry:
            self.entries.setdefault(entry.guid, entry)


def look(ask: Ask, manners: Manners) -> Look:
    """Look once. Raises FetchFailed or Refused where not even one page came."""
    place = place_of(ask.address)
    server = Server(place.server, manners, ask.secret)
    mentions = ask.options.get("what") == "mentions"
    turn = _mentions(server, place) if mentions else _hashtag(server, place, ask.options)
    reading = Reading(place.server, ask.now.timestamp(), ask.memory.get("mark"))
    rest = _read(reading, turn, ask.memory.get("rest"), manners)
    private = int(ask.memory.get("private", 0)) + reading.private
    return Look(
        "ok",
        tuple(reading.entries.values()),
        title=f"#{place.tag}" if place.tag else f"@{place.account}",
        memory={"mark": reading.mark, "rest": rest, "private": private},
        more=rest is not None and not reading.broken,
        note=_note(reading, rest is not None),
    )


def _note(reading: Reading, goes_on: bool) -> str:
    if goes_on:
        return _("还没有读完，下次接着读，不会漏")
    if reading.private:
        return _("有不公开的消息（私信或仅关注者可见），没有听，也没有保存")
    return ""


# --- what is asked ---


def _hashtag(server: Server, place: Place, options: Mapping[str, Any]) -> Turn:
    if not place.tag:
        raise not_a_tag()
    asked = {"local": "true"} if options.get("reach") == "local" else {}
    path = f"/api/v1/timelines/tag/{quote(place.tag, safe='')}"

    def turn(before: str) -> Batch:
        try:
            return server.page(path, asked, before)
        except FetchFailed as failed:
            raise _needs_token(failed) if is_closed(failed) else failed from failed

    return turn


def _mentions(server: Server, place: Place) -> Turn:
    if not server.token:
        raise Refused(_("听对本单位账号的回复和提及，要填写这个账号自己的访问令牌"))
    _verify(server, place)

    def turn(before: str) -> Batch:
        try:
            return server.page("/api/v1/notifications", {"types[]": "mention"}, before)
        except FetchFailed as failed:
            raise _bad_token(failed) if is_closed(failed) else failed from failed

    return turn


def _verify(server: Server, place: Place) -> None:
    """Refuse a token that is not of the account named: nobody else's mentions are for us."""
    try:
        own = text(server.object("/api/v1/accounts/verify_credentials").get("username"))
    except FetchFailed as failed:
        raise _bad_token(failed) if is_closed(failed) else failed from failed
    if own.casefold() != place.account.casefold() or not own:
        raise Refused(
            _("这个访问令牌不是 @%(account)s 的。只能听本单位自己账号收到的回复和提及"),
            account=place.account,
        )


def not_a_tag() -> Refused:
    """The refusal of all that is no hashtag."""
    return Refused(
        _("这不是话题标签的网址。请用 https://服务器/tags/标签 这样的网址；别人的账号不听")
    )


def _needs_token(failed: FetchFailed) -> Refused:
    return Closed(
        _(
            "%(host)s 回答 %(status)s：这个服务器要登录才能看话题标签。请填写本单位在这个服务器上"
            "自己账号的访问令牌，或换一个公开的服务器"
        ),
        host=failed.params.get("host", ""),
        status=failed.status,
    )


def _bad_token(failed: FetchFailed) -> Refused:
    return Closed(
        _(
            "%(host)s 回答 %(status)s：访问令牌不对、已失效，或没有读取通知的权限。"
            "请在服务器的“开发”设置里新建一个，勾选 read:accounts 和 read:notifications"
        ),
        host=failed.params.get("host", ""),
        status=failed.status,
    )


# --- reading back ---


def _read(
    reading: Reading, turn: Turn, rest: Sequence[Any] | None, manners: Manners
) -> list[Any] | None:
    """Read what waits from the last look, then what is new; what still waits, or None."""
    until = reading.mark
    if rest and (left := _back(reading, turn, (rest[0], rest[1]), manners)):
        return left
    return _back(reading, turn, ("", until), manners)


def _has_time(reading: Reading, manners: Manners) -> bool:
    return not reading.broken and manners.has_time and reading.pages < MOST_PAGES


def _back(
    reading: Reading, turn: Turn, where: tuple[str, float | None], manners: Manners
) -> list[Any] | None:
    """Read back from an id to a moment; where it stopped, if that was before it was there."""
    before, until = where
    late = 0
    first = not before
    while not reading.pages or _has_time(reading, manners):
        try:
            batch = turn(before)
        except Refused:
            if not reading.pages:
                raise
            reading.broken = True
            break
        reading.pages += 1
        times = _times(reading, batch)
        if first:
            reading.mark = max(min(max(times, default=0.0), reading.latest), reading.mark or 0.0)
            first = False
        oldest = min(times, default=0.0)
        late += until is not None and oldest < until
        if until is None or not batch.next or oldest < until - LATE or late > LATE_PAGES:
            return None
        before = batch.next
    return None if first else [before, until]  # nothing new was begun


def _times(reading: Reading, batch: Batch) -> list[float]:
    """Keep what a page says; when it was said."""
    for row in batch.rows:
        reading.keep(row)
    told = (moment(row.get("created_at")) for row in batch.rows)
    return [when.timestamp() for when in told if when]
