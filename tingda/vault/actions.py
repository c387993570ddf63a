"""Seal, and open on the record."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from nacl.secret import SecretBox

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.secrets import secret
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name
from tingda.vault.models import SealedContact


def _box() -> SecretBox:
    return SecretBox(bytes.fromhex(secret(Path(settings.HOME), "contact.key").decode()))


def seal(text: str, *, now: datetime) -> SealedContact:
    """Encrypt contact details with the install's own key. Nothing of them goes to the ledger."""
    return SealedContact.objects.create(ciphertext=_box().encrypt(text.encode()), sealed_at=now)


@transaction.atomic
def open_contact(
    sealed: SealedContact, *, thread: str, reason: str, by: Person, now: datetime
) -> str:
    """Return the contact details to a person whose role allows it; every opening is on record.

    `thread` is the matter for which they are needed. Raises Refused without the role or a reason.
    """
    if not by.may("open_contact"):
        raise Refused(_("只有值班员可以查看联系方式"))
    if not reason.strip():
        raise Refused(_("请写明为什么需要查看联系方式"))
    record(
        "contact.opened",
        f"contact:{sealed.pk}",
        actor=actor_name(by),
        now=now,
        thread=thread,
        data={"reason": reason.strip()},
    )
    return _box().decrypt(bytes(sealed.ciphertext)).decode()
