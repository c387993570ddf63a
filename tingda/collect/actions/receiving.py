"""What people bring to us themselves: the public form, calls and visits."""

import secrets
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from tingda.collect.models import Receipt, Source, Voice
from tingda.collect.queries import CODE_LENGTH, CODE_LETTERS, code_hash
from tingda.collect.rules import storable
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name
from tingda.vault.actions import seal

FORM = _("公众表单")
DESK = _("来电来访")
REPORTER = _("反映人")


def receive(title: str, text: str, contact: str, place: str, *, now: datetime) -> tuple[Voice, str]:
    """Keep what somebody wrote in the public form. Returns the voice and its receipt code."""
    source, _new = Source.objects.get_or_create(name=FORM, defaults={"kind": Source.Kind.FORM})
    return _take(source, (title, text, contact, place), "voice.received", REPORTER, now)


def take_call(
    title: str, text: str, contact: str, place: str, *, by: Person, now: datetime
) -> tuple[Voice, str]:
    """Keep what a caller or a visitor said. Returns the voice and the code to read out to them."""
    if not by.may("hear"):
        raise Refused(_("您的角色不能做这一步"))
    source, _new = Source.objects.get_or_create(name=DESK, defaults={"kind": Source.Kind.HOTLINE})
    return _take(source, (title, text, contact, place), "voice.taken", actor_name(by), now)


@transaction.atomic
def take_at_desk(
    how: str, said: tuple[str, str, str, str], *, by: Person, now: datetime
) -> tuple[Voice, str]:
    """`take_call` of (title, text, contact, place); how it came (来电, 来访) is its platform."""
    voice, code = take_call(*said, by=by, now=now)
    voice.platform = how[:100]
    voice.save(update_fields=["platform"])
    return voice, code


@transaction.atomic
def _take(
    source: Source, said: tuple[str, str, str, str], verb: str, actor: str, now: datetime
) -> tuple[Voice, str]:
    title, text, contact, place = (storable(part).strip() for part in said)
    if not text:
        raise Refused(_("请写下要反映的内容"))
    voice = Voice.objects.create(
        source=source,
        identity=secrets.token_hex(32),  # every call and every letter is one of its own
        title=title[:500],
        text=text,
        place=place[:200],
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
    data = {"contact_held": bool(contact)}
    record(verb, f"voice:{voice.pk}", actor=actor, now=now, data=data)
    return voice, "-".join(_quarters(code))


def _quarters(code: str) -> Iterator[str]:
    return (code[start : start + 4] for start in range(0, CODE_LENGTH, 4))
