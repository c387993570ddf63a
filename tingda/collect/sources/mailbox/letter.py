"""A letter: what it is, who wrote it, when, and what came with it."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from django.utils.translation import gettext

from tingda.collect.rules import Attached, Entry
from tingda.collect.sources.mailbox.client import LARGEST, Head
from tingda.collect.sources.mailbox.words import header, parts_aside, text_of
from tingda.lib.pictures import is_picture, without_metadata
from tingda.lib.refusal import Refused
from tingda.lib.uploads import check

log = logging.getLogger(__name__)
LETTER, AUTO, BOUNCE, NEWSLETTER, OWN = "letter", "auto", "bounce", "newsletter", "own"
MOST_FILES = 10
LARGEST_FILE = 20 * 2**20
_MOST_PARTS = 30  # of parts within parts; each costs a look at every line
_MOST_LINES = 600_000  # more than 25 MB of files have; each costs memory
_EARLY, _LATE = timedelta(days=365), timedelta(days=1)  # that a sender's clock is believed to err
_POSTMEN = ("mailer-daemon", "postmaster", "mail-daemon")
_LONGEST_NAME, _LONGEST_LINE = 200, 2000


@dataclass(frozen=True, slots=True)
class Told:
    """A letter as its header tells it: what sort it is, and the voice it would be."""

    head: Head
    sort: str
    entry: Entry


def told(head: Head, user: str, now: datetime) -> Told:
    """What the header says. `user` is who signs in: their own letters are no voices."""
    try:
        return _told(head, user, now)
    except Exception as error:  # one letter must not silence all that come after it
        log.error("the header of a letter could not be read: %s", type(error).__name__)
        return Told(head, LETTER, Entry(guid=hashlib.sha256(head.header).hexdigest()))


def _told(head: Head, user: str, now: datetime) -> Told:
    message = message_from_bytes(head.header)
    name, address = _sender(message)
    said_at = _when(header(message["Date"]), head.came, now)
    entry = Entry(
        title=header(message["Subject"]),
        said_at=said_at,
        precision="second" if said_at else "unknown",
        author=address or name,
        guid=_guid(message, address, head),
        contact=_contact(message, name, address),
    )
    return Told(head, sort_of(message, address, user), entry)


def sort_of(message: Message, address: str, user: str) -> str:
    """Whether somebody wrote this to us, or what else it is."""
    if _is_bounce(message, address):
        return BOUNCE
    if _is_automatic(message):
        return AUTO
    if header(message["Return-Path"]).replace(" ", "") == "<>":
        return BOUNCE
    if "@" in user and address == user.lower():
        return OWN
    listed = message["List-Id"] is not None and message["List-Unsubscribe"] is not None
    return NEWSLETTER if listed or _precedence(message) in ("bulk", "junk") else LETTER


def whole(raw: bytes, seen: Told) -> Entry:
    """The voice with its words and its files."""
    if raw.lower().count(b"multipart/") > _MOST_PARTS or raw.count(b"\n") > _MOST_LINES:
        return unread(seen, gettext("这封信的结构太乱，没有读出来，请到邮箱里看。"))
    try:
        message = message_from_bytes(raw)
        text = text_of(message, seen.entry.title)
        kept, unkept = _files(message)
    except Exception as error:  # of which nothing but its name may stand in a log
        log.error("a letter could not be read: %s", type(error).__name__)
        return unread(seen, gettext("这封信的结构太乱，没有读出来，请到邮箱里看。"))
    if unkept:
        named = gettext("未收附件：%(files)s") % {"files": "、".join(unkept)}
        text = f"{text}\n\n{named}".strip()
    return replace(seen.entry, text=text, attachments=tuple(kept))


def unread(seen: Told, why: str) -> Entry:
    """The voice of a letter of which only the subject is known."""
    return replace(seen.entry, text=why)


def too_large(seen: Told) -> Entry:
    """The voice of a letter that was not fetched."""
    text = gettext("这封信超过 %(most)s MB 或者读不完，没有收下，请到邮箱里看。")
    return unread(seen, text % {"most": LARGEST // 2**20})


def _is_bounce(message: Message, address: str) -> bool:
    if message.get_content_type() == "multipart/report":
        return str(message.get_param("report-type") or "").lower() != "disposition-notification"
    return address.partition("@")[0] in _POSTMEN


def _is_automatic(message: Message) -> bool:
    """An answer that no person wrote, a notice of having been read."""
    said = header(message["Auto-Submitted"]).partition(";")[0].strip().lower()
    if said not in ("", "no") or message.get_content_type() == "multipart/report":
        return True
    if any(message[name] is not None for name in ("X-Autoreply", "X-Autorespond")):
        return header(message["X-Autoreply"]).lower() != "no"
    return _precedence(message) in ("auto_reply", "auto-reply")


def _precedence(message: Message) -> str:
    return header(message["Precedence"]).lower()


def _sender(message: Message) -> tuple[str, str]:
    """Name and address, the address in lower case."""
    for field in ("From", "Sender"):
        value = message[field]
        line = value if isinstance(value, str) else header(value)
        for name, address in _addresses(line):
            if name or address:
                return header(name)[:_LONGEST_NAME], header(address)[:_LONGEST_NAME].lower()
    return "", ""


def _addresses(line: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([line[:_LONGEST_LINE]])
    except RecursionError:  # brackets in brackets in brackets
        return [("", line[:_LONGEST_NAME])]


def _contact(message: Message, name: str, address: str) -> str:
    contact = f"{name} <{address}>".strip() if address else name
    replies = header(message["Reply-To"])[: 2 * _LONGEST_NAME]
    if replies and address not in replies.lower():
        contact = f"{contact}\nReply-To: {replies}".strip()
    return contact


def _guid(message: Message, address: str, head: Head) -> str:
    """The same after the mailbox moved to another server, which may number its letters anew.

    The letter's own id is not enough: anybody can write another's, and some programs give one
    id to all they send.
    """
    own = header(message["Message-ID"])
    parts = (own, address, header(message["Date"]), header(message["Subject"]))
    if not any(parts):
        return hashlib.sha256(head.header).hexdigest()
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _when(written: str, came: str, now: datetime) -> datetime | None:
    """When it was written; when it came, where that makes no sense."""
    arrived = _time(came)
    if arrived and arrived > now + _LATE:
        arrived = None
    said, known = _time(written), arrived or now
    return said if said and known - _EARLY <= said <= known + _LATE else arrived


def _time(text: str) -> datetime | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        found = parsedate_to_datetime(text[:100])
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    return None


def _files(message: Message) -> tuple[list[Attached], list[str]]:
    """Those that are kept, and the names of those that are not."""
    kept: list[Attached] = []
    unkept: list[str] = []
    for part in parts_aside(message):
        name = _name(part)
        try:
            if len(kept) >= MOST_FILES:
                raise ValueError
            kept.append(_kept(name, _content(part)))
        except (Refused, ValueError):
            unkept.append(name)
    return kept, [" ".join(name.split())[:100] for name in unkept]


def _kept(name: str, content: bytes) -> Attached:
    name = check(content, name)
    if len(content) > LARGEST_FILE:
        raise ValueError
    return Attached(name, without_metadata(content, name) if is_picture(name) else content)


def _name(part: Message) -> str:
    given = header(part.get_filename()) if part.get_filename() else ""
    if given and "." in given:
        return given
    endings = {"message": "eml", "plain": "txt", "mpeg": "mp3"}
    kind = part.get_content_maintype(), part.get_content_subtype()
    ending = endings.get(kind[0]) or endings.get(kind[1]) or kind[1]
    return f"{given or kind[0]}.{ending}"


def _content(part: Message) -> bytes:
    raw = part.get_payload(decode=True)
    if isinstance(raw, bytes):
        return raw
    return b"".join(_letters_inside(part))


def _letters_inside(part: Message) -> Iterator[bytes]:
    inside = part.get_payload()
    for one in inside if isinstance(inside, list) else []:
        if isinstance(one, Message):
            yield one.as_bytes()
