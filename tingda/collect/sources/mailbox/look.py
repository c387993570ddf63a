"""One look at a mailbox: the letters that are new, at most fifty, none of them changed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.mailbox import letter
from tingda.collect.sources.mailbox.client import LARGEST, Box, Patience, plainly
from tingda.collect.sources.mailbox.dial import MailFailed
from tingda.collect.sources.mailbox.letter import Told
from tingda.collect.sources.mailbox.place import place_of
from tingda.collect.sources.mailbox.token import access_token
from tingda.collect.sources.manners import Manners
from tingda.lib.words import mark as _

MOST = 50  # letters a look
ENOUGH = 60 * 2**20  # bytes of them
TRIES = 3  # at a letter that does not come whole
PATIENCE = Patience()


_ONE_SORT = {
    letter.AUTO: _("另有 %(auto)s 封自动回复没有收"),
    letter.BOUNCE: _("另有 %(bounce)s 封退信没有收"),
    letter.NEWSLETTER: _("另有 %(newsletter)s 封群发邮件没有收"),
    letter.OWN: _("另有 %(own)s 封本邮箱自己发的信没有收"),
}


@dataclass
class Found:
    """What this look brought so far; `last` is the number of the last letter dealt with."""

    last: int
    entries: list[Entry] = field(default_factory=list)
    passed: dict[str, int] = field(default_factory=dict)
    size: int = 0
    stuck: list[int] = field(default_factory=list)  # a letter's number, and tries at it
    more: bool = False


def look(ask: Ask, manners: Manners) -> Look:
    """Look once. Raises MailFailed where the mailbox cannot be read, and says why."""
    with _opened(ask, manners) as box:
        validity, following = box.examine()
        memory = ask.memory if ask.memory.get("validity") == validity else {}
        first = (ask.now - timedelta(days=_days(ask))).date()
        since = _day(memory.get("since", first.isoformat()))
        last = int(memory.get("last", 0))
        new = box.numbers_after(last, since)
        found = Found(last, stuck=list(memory.get("stuck", ())), more=len(new) > MOST)
        _read(box, new[:MOST], found, ask, manners)
        if not found.more and not found.stuck and since and following:
            since, found.last = None, max(found.last, following - 1)
    kept = {"validity": validity, "last": found.last, "stuck": found.stuck}
    kept["since"] = since.isoformat() if since else ""
    return Look(
        "ok",
        tuple(found.entries),
        note=_note(found),
        note_params={sort: found.passed.get(sort, 0) for sort in _ONE_SORT},
        title=box.place.user,
        memory=kept,
        more=found.more,
    )


@contextmanager
def _opened(ask: Ask, manners: Manners) -> Iterator[Box]:
    place = place_of(ask.address, ask.options)
    listed = place.is_listed(frozenset(host.lower() for host in manners.allowed_hosts))
    if place.security == "plain" and not listed:
        raise MailFailed("plain")
    how = str(ask.options.get("signin") or "password")
    secret = access_token(ask.secret, manners) if how == "oauth" else ask.secret.strip("\r\n")
    with plainly(place.host):
        box = Box(place, listed, PATIENCE)
        try:
            box.sign_in(secret, how)
            yield box
        finally:
            with suppress(OSError):
                box.leave()


def _read(box: Box, uids: list[int], found: Found, ask: Ask, manners: Manners) -> None:
    """Read these letters in their order, as far as time and memory reach."""
    seen = [letter.told(head, box.place.user, ask.now) for head in box.heads(uids)] if uids else []
    letters = [one for one in seen if _is_wanted(one, ask)]
    fresh = {entry.guid for entry in ask.fresh([one.entry for one in letters])}
    for one in seen:
        if found.entries and (found.size > ENOUGH or not manners.has_time):
            found.more = True
            return
        if not _is_wanted(one, ask):
            found.passed[one.sort] = found.passed.get(one.sort, 0) + 1
        elif one.entry.guid in fresh:
            fresh.discard(one.entry.guid)
            if not _take(box, one, found):
                return
        found.last = one.head.uid
    found.last = max([found.last, *uids])


def _take(box: Box, one: Told, found: Found) -> bool:
    """Read one letter. False where the connection is spent and the look must end."""
    if one.head.size > LARGEST:
        found.entries.append(letter.too_large(one))
        return True
    try:
        with plainly(box.place.host):
            raw = box.letter(one.head)
    except MailFailed as failed:
        tries = found.stuck[1] + 1 if found.stuck[:1] == [one.head.uid] else 1
        found.stuck, found.more = [one.head.uid, tries], False
        if failed.kind == "too_large" or tries >= TRIES:
            found.entries.append(letter.too_large(one))
            found.last, found.stuck, found.more = one.head.uid, [], True
        return False
    if found.stuck[:1] == [one.head.uid]:
        found.stuck = []
    if raw:  # else somebody deleted it meanwhile
        entry = letter.whole(raw, one)
        found.entries.append(entry)
        found.size += sum(len(file.content) for file in entry.attachments)
    return True


def _is_wanted(one: Told, ask: Ask) -> bool:
    newsletters = ask.options.get("newsletters") in (True, "true", "on", "1")
    return one.sort == letter.LETTER or (one.sort == letter.NEWSLETTER and newsletters)


def _note(found: Found) -> str:
    """What of this look an office should know; its numbers are those of `Found.passed`."""
    if found.stuck:
        return _("有一封信没有读完，下次再读")
    if len(found.passed) == 1:
        return _ONE_SORT[next(iter(found.passed))]
    if found.passed:
        return _(
            "另有自动回复 %(auto)s 封、退信 %(bounce)s 封、群发邮件 %(newsletter)s 封、"
            "本邮箱自己发的 %(own)s 封没有收"
        )
    return ""


def _days(ask: Ask) -> int:
    days = str(ask.options.get("days") or "30")
    return min(max(int(days), 1), 3650) if days.isdecimal() else 30


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None
