"""What other systems bring: files put into a folder, and signed deliveries over the web."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from tingda.collect.actions.hearing import Heard, hear
from tingda.collect.actions.receiving import watch_over
from tingda.collect.actions.tables import begin_import
from tingda.collect.models import Check, Delivery, Import, Source, Voice
from tingda.collect.rules import Entry, storable
from tingda.collect.sources.drop.body import Form, read_body
from tingda.collect.sources.drop.folder import Folder
from tingda.collect.sources.drop.kind import columns_of
from tingda.collect.sources.hearing import plain_params
from tingda.collect.sources.round import KEY
from tingda.collect.sources.table.read import Told
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.sealing import seal, unseal
from tingda.lib.tables import ZIP, open_table
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

log = logging.getLogger(__name__)
DROP = "drop"
WINDOW = timedelta(minutes=5)  # how far the sender's clock may be from ours
KEPT = timedelta(days=30)  # how long the reply to a delivery is remembered
LONGEST_KEY = 100
_AT_ONCE = 20  # files taken in one turn


class Conflict(Refused):
    """The same key came with something else."""


# --- the folder ---


def drop_due(*, now: datetime) -> int:
    """Take files that are whole, and put away those that `import_due` has carried in; how many."""
    return sum(_serve(source, now) for source in Source.objects.filter(kind=DROP).order_by("pk"))


def _serve(source: Source, now: datetime) -> int:
    folder = Folder.of(source.pk)
    try:
        folder.make()
        if source.address != str(folder.path):
            Source.objects.filter(pk=source.pk).update(address=str(folder.path))
        done = sum(_put_away(source, folder, path, now) for path in folder.under_way())
        for path in folder.ready(now)[:_AT_ONCE] if source.active else []:
            if taken := folder.take(path, now):
                _begin(source, folder, taken, now)
                done += 1
    except OSError:
        log.exception("the folder of source %s cannot be used", source.pk)
        return 0
    return done


def _begin(source: Source, folder: Folder, path: Path, now: datetime) -> None:
    try:
        with transaction.atomic():
            Source.objects.select_for_update().get(pk=source.pk)
            if Import.objects.filter(file=str(path)).exists():  # by another process
                return
            columns = open_table(path).columns
            given = columns_of(source.options)
            here = {column: field for column, field in given.items() if column in columns}
            name = storable(path.name)
            row = begin_import(path, name, source_name=source.name, mapping=here, by=None, now=now)
            Import.objects.filter(pk=row.pk).update(state=Import.State.DUE)
            data = {"name": row.name}
            record("import.started", f"import:{row.pk}", actor=actor_name(None), now=now, data=data)
    except Refused as refusal:
        _fail(source, folder, path, refusal, now)


def _put_away(source: Source, folder: Folder, path: Path, now: datetime) -> int:
    row = Import.objects.filter(file=str(path)).order_by("-id").first()
    if row is None:  # we were stopped between taking it and noting it
        _begin(source, folder, path, now)
        return 1
    if row.state == Import.State.FAILED:
        _fail(source, folder, path, Refused(row.error, **row.error_params), now, row)
    elif row.state == Import.State.DONE and _has_grown(path, row):
        Path(row.rejects_file).unlink(missing_ok=True) if row.rejects_file else None
        folder.give_back(path)
    elif row.state == Import.State.DONE:
        _finish(source, folder, path, row, now)
    else:
        return 0
    return 1


def _has_grown(path: Path, row: Import) -> bool:
    """Whether more was written after we began to read; a packed file would have been broken."""
    with path.open("rb") as file:
        packed = file.read(len(ZIP)) == ZIP
    return not packed and path.stat().st_size != row.size


@transaction.atomic
def _finish(source: Source, folder: Folder, path: Path, row: Import, now: datetime) -> None:
    voices = Voice.objects.filter(source=source, heard_at__gte=row.made_at)
    if row.finished_at:
        voices = voices.filter(heard_at__lte=row.finished_at)
    if platform := _platform(source):
        voices.filter(platform="").update(platform=platform)
    if row.added:
        watch_over(voices, now=now)
    note = _("%(file)s：读了 %(read)s 行，退回 %(rejected)s 行")
    counts = {"file": row.name, "read": row.read, "rejected": row.rejected}
    _check(source, row.added, row.repeated, now, note=note, note_params=counts)
    beside = folder.put_away(path, row.rejects_file, "")
    if beside:
        Import.objects.filter(pk=row.pk).update(rejects_file=str(beside))


@transaction.atomic
def _fail(
    source: Source,
    folder: Folder,
    path: Path,
    refusal: Refused,
    now: datetime,
    row: Import | None = None,
) -> None:
    Check.objects.create(
        source=source,
        at=now,
        outcome=Check.Outcome.FAILED,
        cause="content",
        note=refusal.message,
        note_params=plain_params(refusal),
    )
    # Its next look at the folder finds the file in `failed`, and the source stays in the red until
    # somebody has mended or removed it.
    Source.objects.filter(pk=source.pk).update(next_due=now if source.active else None)
    folder.put_away(path, row.rejects_file if row else "", both_languages(refusal))


def _check(source: Source, added: int, repeated: int, now: datetime, **note: Any) -> None:
    outcome = Check.Outcome.HEARD if added else Check.Outcome.NOTHING
    Check.objects.create(
        source=source, at=now, outcome=outcome, added=added, repeated=repeated, **note
    )


def _platform(source: Source) -> str:
    return storable(str(source.options.get("platform", ""))).strip()[:100]


# --- over the web ---


@transaction.atomic
def new_key(source: Source, *, by: Person, now: datetime) -> str:
    """A new key to sign deliveries with, 64 hex digits, told this once. The one before it ends."""
    by.must("configure")
    if source.kind != DROP:
        raise Refused(_("这种来源没有投递密钥"))
    key = secrets.token_hex(32)
    source.secret = seal(Path(settings.HOME), KEY, key)
    source.save(update_fields=["secret"])
    data = {"name": source.name}
    record("source.key_made", f"source:{source.pk}", actor=actor_name(by), now=now, data=data)
    return key


def signature_of(key: str, time: str, body: bytes) -> str:
    """What stands in the header `Tingda-Signature`."""
    message = f"{time}.".encode() + body
    return f"sha256={hmac.new(key.encode(), message, hashlib.sha256).hexdigest()}"


def sender(source_pk: str, time: str, signature: str, body: bytes, now: datetime) -> Source | None:
    """The source whose key signed this just now; None without saying what was wrong."""
    if not (source_pk.isascii() and source_pk.isdecimal() and len(source_pk) < 19):
        return None
    source = Source.objects.filter(pk=int(source_pk), kind=DROP).first()
    if source is None or not source.secret:
        return None
    fresh = time.isascii() and time.isdecimal() and len(time) < 12
    if not fresh or abs(int(time) - now.timestamp()) > WINDOW.total_seconds():
        return None
    key = unseal(Path(settings.HOME), KEY, bytes(source.secret))
    right = signature_of(key, time, body)
    return source if hmac.compare_digest(right.encode(), signature.encode()) else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: counts and refused rows; `again` where it was answered before."""

    values: dict[str, Any]
    again: bool = False


def deliver(source: Source, key: str, body: bytes, form: Form, *, now: datetime) -> Reply:
    """Hear what was delivered, once under one key: sent again it gets the reply it had.

    Refused where nothing can be made of the body, TooMany rows, or Conflict where the key came
    with another body. Then nothing is kept and the key is free.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    if earlier := _earlier(source, key, sha256):
        return earlier
    zone = ZoneInfo(settings.TIME_ZONE)
    rows = read_body(body, form, columns_of(source.options), now=now, zone=zone)
    try:
        with transaction.atomic():
            # Whoever comes second at the same moment waits here until the first is done.
            made = Delivery.objects.create(source=source, key=key, sha256=sha256, at=now)
            made.reply = _take(source, rows, now)
            made.save(update_fields=["reply"])
    except IntegrityError:
        earlier = _earlier(source, key, sha256)
        if earlier is None:
            raise
        return earlier
    return Reply(made.reply)


def _earlier(source: Source, key: str, sha256: str) -> Reply | None:
    row = Delivery.objects.filter(source=source, key=key).first()
    if row is None:
        return None
    if row.sha256 != sha256:
        raise Conflict(_("这个 Idempotency-Key 已经用来送过别的内容。新的内容请用新的键"))
    return Reply(row.reply, again=True)


def _take(source: Source, rows: Sequence[Told], now: datetime) -> dict[str, Any]:
    platform = _platform(source)
    entries: list[Entry] = []
    for row in rows:
        if row.entry:
            entries.append(replace(row.entry, platform=row.entry.platform or platform))
    heard: Heard = hear(source, entries, now=now)
    rejected = [
        {"row": row.number, "reason": both_languages(row.reason)} for row in rows if row.reason
    ]
    if heard.added:
        watch_over(Voice.objects.filter(pk__in=heard.added), now=now)
    note = _("投递 %(read)s 行，退回 %(rejected)s 行")
    counts = {"read": len(rows), "rejected": len(rejected)}
    left = {"left_out": heard.left_out}
    _check(source, len(heard.added), heard.repeated, now, note=note, note_params=counts, **left)
    reply: dict[str, Any] = {"read": len(rows), "added": len(heard.added)}
    reply |= {"repeated": heard.repeated, "rejected": rejected}
    return reply | (left if heard.left_out else {})


def forget_deliveries(*, now: datetime) -> int:
    """Forget the replies whose time is over; how many."""
    old = Delivery.objects.filter(at__lt=now - KEPT)
    return old.delete()[0] if old.exists() else 0


def both_languages(refusal: Refused) -> str:
    """A refusal for a reader whose language nobody knows: Chinese / English."""
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            params = {
                name: translation.gettext(value) if isinstance(value, str) and value else value
                for name, value in refusal.params.items()
            }
            message = translation.gettext(refusal.message)
            said.append(message % params if params else message)
    return " / ".join(dict.fromkeys(said))
