"""What people bring to us themselves: the public form, calls and visits."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from tingda.collect.actions.attachments import attach_kept, keep_file
from tingda.collect.models import Receipt, Source, Voice
from tingda.collect.queries import CODE_LENGTH, CODE_LETTERS, code_hash
from tingda.collect.rules import storable
from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.lib.harm import harm_to_child
from tingda.lib.refusal import Refused
from tingda.lib.uploads import Kept
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name
from tingda.people.queries import people_with
from tingda.vault.actions import seal

FORM = _("公众表单")
DESK = _("来电来访")
REPORTER = _("反映人")
MOST_FILES = 5
MOST_WORDS = 10
LATELY = timedelta(days=14)
Files = Sequence[tuple[str, Iterable[bytes]]]  # name and content of each


def receive(
    title: str, text: str, contact: str, place: str, *, now: datetime, files: Files = ()
) -> tuple[Voice, str]:
    """Keep what somebody wrote in the public form, with what they attached. Returns the voice and
    its receipt code. Refused as a whole where one of the files is.
    """
    source, _new = Source.objects.get_or_create(name=FORM, defaults={"kind": Source.Kind.FORM})
    brought = _Brought((title, text, contact, place), "voice.received", REPORTER, files)
    return _take(source, brought, now)


def take_call(
    title: str, text: str, contact: str, place: str, *, by: Person, now: datetime
) -> tuple[Voice, str]:
    """Keep what a caller or a visitor said. Returns the voice and the code to read out to them."""
    return take_at_desk("", (title, text, contact, place), by=by, now=now)


def take_at_desk(
    how: str,
    said: tuple[str, str, str, str],
    *,
    by: Person,
    now: datetime,
    files: Files = (),
) -> tuple[Voice, str]:
    """`take_call` of (title, text, contact, place); how it came (来电, 来访) is its platform."""
    if not by.may("hear"):
        raise Refused(_("您的角色不能做这一步"))
    source, _new = Source.objects.get_or_create(name=DESK, defaults={"kind": Source.Kind.HOTLINE})
    return _take(source, _Brought(said, "voice.taken", actor_name(by), files, how), now)


@dataclass(frozen=True, slots=True)
class _Brought:
    """What one person brought: (title, text, contact, place), files, and how it came."""

    said: tuple[str, str, str, str]
    verb: str
    actor: str
    files: Files
    platform: str = ""


def _take(source: Source, brought: _Brought, now: datetime) -> tuple[Voice, str]:
    """The voice and all its files, or nothing."""
    if not storable(brought.said[1]).strip():
        raise Refused(_("请写下要反映的内容"))
    if len(brought.files) > MOST_FILES:
        raise Refused(_("一次最多附 %(most)s 个文件"), most=MOST_FILES)
    kept: list[Kept] = []
    try:
        for name, chunks in brought.files:  # not in the transaction: pictures take their time
            kept.append(keep_file(name, chunks))
        return _keep(source, brought, kept, now)
    except BaseException:
        for file in kept:
            file.path.unlink(missing_ok=True)
        raise


@transaction.atomic
def _keep(
    source: Source, brought: _Brought, kept: Sequence[Kept], now: datetime
) -> tuple[Voice, str]:
    title, text, contact, place = (storable(part).strip() for part in brought.said)
    voice = Voice.objects.create(
        source=source,
        identity=secrets.token_hex(32),  # every call and every letter is one of its own
        title=title[:500],
        text=text,
        place=place[:200],
        platform=brought.platform[:100],
        said_at=now,
        precision="minute",
        heard_at=now,
        at=now,
        author_hash=secrets.token_hex(16),  # counts as one person, and is nobody's name
    )
    code = "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))
    sealed = seal(contact, now=now) if contact else None
    Receipt.objects.create(voice=voice, code_hash=code_hash(code), contact=sealed, made_at=now)
    Source.objects.filter(pk=source.pk).update(heard_at=now)
    verb, data = brought.verb, {"contact_held": bool(contact)}
    record(verb, f"voice:{voice.pk}", actor=brought.actor, now=now, data=data)
    for file in kept:
        attach_kept(voice, file, now=now)
    notice_harm(voice, now=now)
    return voice, "-".join(_quarters(code))


@transaction.atomic
def notice_harm(voice: Voice, *, now: datetime) -> tuple[str, ...]:
    """Where a voice tells of harm to a child, the people on duty know at once. Returns the words
    that say so; asked again about the same voice, nobody is told twice.
    """
    words = harm_to_child(f"{voice.title}\n{voice.text}")
    subject = f"voice:{voice.pk}"
    if not words or Line.objects.filter(verb="voice.harm", subject=subject).exists():
        return words
    shown = list(words[:MOST_WORDS])
    record("voice.harm", subject, actor=actor_name(None), now=now, data={"words": shown})
    told = {"title": voice.headline[:60], "words": shown}
    key = f"voice.harm:{voice.pk}"
    tell(people_with("duty"), "voice.harm", key=key, link=subject, now=now, data=told, urgent=True)
    return words


def watch_over(voices: QuerySet[Voice], *, now: datetime) -> int:
    """`notice_harm` of what a system brought, if it was said lately: an office may bring years of
    records, and nobody can hurry to those. Returns how many told of harm.
    """
    lately = voices.filter(at__gte=now - LATELY).order_by("pk")
    fields = lately.only("pk", "title", "text")
    return sum(1 for voice in fields.iterator(500) if notice_harm(voice, now=now))


def _quarters(code: str) -> Iterator[str]:
    return (code[start : start + 4] for start in range(0, CODE_LENGTH, 4))
