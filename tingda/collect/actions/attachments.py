"""Files that came with a voice: kept aside, pictures without what is not seen in them."""

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tingda.collect.models import Attachment, Receipt, Voice
from tingda.collect.queries import code_hash
from tingda.collect.rules import Entry, storable
from tingda.ledger.actions import record
from tingda.lib.pictures import is_picture, without_metadata
from tingda.lib.refusal import Refused
from tingda.lib.uploads import Kept, keep
from tingda.lib.words import mark as _
from tingda.people.models import actor_name
from tingda.vault.actions import seal

LARGEST = 20 * 2**20  # bytes a file
MOST = 10  # files a voice
FOLDER = "attachments"
_UNDER_WAY = timedelta(days=1)  # longer than anybody takes between keeping a file and its row


def attach(voice: Voice, name: str, chunks: Iterable[bytes], *, now: datetime) -> Attachment:
    """Keep one file with a voice. Refused where its kind, size or number is not allowed, and
    where a picture cannot be read. Of a moving picture the first frame is kept.
    """
    kept = keep_file(name, chunks)
    try:
        return attach_kept(voice, kept, now=now)
    except BaseException:
        kept.path.unlink(missing_ok=True)
        raise


def keep_file(name: str, chunks: Iterable[bytes]) -> Kept:
    """Keep the file on disk, ready for `attach_kept`: drawing a picture anew takes a part of a
    second, which a transaction should not wait for.
    """
    kept = keep(chunks, name, _folder(), LARGEST)
    if not is_picture(kept.name):
        return kept
    try:
        bare = without_metadata(kept.path.read_bytes(), kept.name)
        kept.path.write_bytes(bare)
    except BaseException as error:
        with suppress(OSError):
            kept.path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Refused(_("文件“%(name)s”没有存下来：磁盘写不进去"), name=kept.name) from error
        raise
    return Kept(kept.path, kept.name, len(bare), hashlib.sha256(bare).hexdigest())


@transaction.atomic
def attach_kept(voice: Voice, kept: Kept, *, now: datetime) -> Attachment:
    """The row of a file that `keep_file` kept. Its name, which may name somebody, is not on the
    record; its fingerprint is.
    """
    held = Voice.objects.select_for_update().get(pk=voice.pk).attachments.count()
    if held >= MOST:
        raise Refused(_("一条声音最多附 %(most)s 个文件"), most=MOST)
    made = Attachment.objects.create(
        voice=voice,
        name=kept.name,
        path=str(kept.path.relative_to(settings.MEDIA_ROOT)),
        size=kept.size,
        sha256=kept.sha256,
    )
    data = {"size": kept.size, "sha256": kept.sha256}
    record("voice.attached", f"voice:{voice.pk}", actor=actor_name(None), now=now, data=data)
    return made


@transaction.atomic
def keep_with(voice: Voice, entry: Entry, *, now: datetime) -> None:
    """Keep what came with a voice that was just heard: its files, and how its reporter can be
    reached, sealed. The code of their receipt is told to nobody.
    """
    contact = storable(entry.contact).strip()
    if contact and not Receipt.objects.filter(voice=voice).exists():
        sealed = seal(contact, now=now)
        untold = code_hash(secrets.token_hex(16))
        Receipt.objects.create(voice=voice, code_hash=untold, contact=sealed, made_at=now)
    for one in entry.attachments:
        attach_kept(voice, keep([one.content], one.name, _folder(), LARGEST), now=now)


def sweep_files(*, now: datetime) -> int:
    """Delete files whose voice is gone, or was never kept. Returns how many."""
    held = set(Attachment.objects.values_list("path", flat=True))
    old = (now - _UNDER_WAY).timestamp()
    swept = 0
    for path in _folder().glob("*"):
        if f"{FOLDER}/{path.name}" not in held and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / FOLDER
