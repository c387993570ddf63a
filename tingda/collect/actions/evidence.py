"""Evidence: the page of a voice that joined a case, kept as it was then."""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tingda import __version__
from tingda.collect.models import Evidence, Voice
from tingda.collect.queries.evidence import evidence_path
from tingda.collect.sources.hearing import plain_params
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.round import manners
from tingda.ledger.actions import record
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import actor_name

CLAIM = timedelta(minutes=5)  # longer than any fetch; of one that died the row is free then
# between the first try and the fifth lie three days
WAITS = (timedelta(hours=1), timedelta(hours=5), timedelta(hours=18), timedelta(hours=48))
SOON = timedelta(minutes=1)  # when the host had no time for us
FOR_GOOD = ("bad_url", "private", "gone", "too_large")
LONGEST_REST = timedelta(days=1)  # whatever a server asks for


@transaction.atomic
def ask_for_evidence(voices: Iterable[int], thread: str, *, now: datetime) -> int:
    """The pages of these voices are to be kept, for the record of that thread; how many were
    asked for now. What was asked for before stays as it is.
    """
    wanted = set(voices)
    wanted -= set(Evidence.objects.filter(voice__in=wanted).values_list("voice_id", flat=True))
    rows = [
        Evidence(voice_id=voice, thread=thread, asked_at=now, next_due=now)
        for voice in sorted(wanted)
    ]
    Evidence.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return len(rows)


def keep_due(*, now: datetime, out: Manners | None = None) -> int:
    """Keep the page that is due longest; how many were worked at (0 or 1).

    `out` is the way out to other servers; the office's own where it is not given.
    """
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Evidence.objects.filter(free, state=Evidence.State.DUE, next_due__lte=now)
    row = due.select_related("voice", "voice__source").order_by("next_due", "id").first()
    if row is None or not _claim(row, now):
        return 0
    out = out or manners(now)
    try:
        came = _page(row.voice, out)
    except Refused as refusal:
        _without_page(row, refusal, now)
    else:
        _keep(row, came, out.agent, None, now)
    return 1


def _claim(row: Evidence, now: datetime) -> bool:
    as_read = Evidence.objects.filter(
        pk=row.pk, state=Evidence.State.DUE, claimed_until=row.claimed_until
    )
    row.claimed_until = now + CLAIM
    return bool(as_read.update(claimed_until=row.claimed_until))


def _page(voice: Voice, out: Manners) -> Response:
    if not voice.url.startswith(("http://", "https://")):
        raise FetchFailed("bad_url", url="") if voice.url else Refused(_("这条声音没有网址"))
    return out.get_page(voice.url)


def _without_page(row: Evidence, refusal: Refused, now: datetime) -> None:
    """The page did not come: try later, or keep the words alone."""
    if isinstance(refusal, FetchFailed) and refusal.kind == "busy":
        _later(row, now + SOON)
        return
    row.tries += 1
    final = not isinstance(refusal, FetchFailed) or refusal.kind in FOR_GOOD
    if final or row.tries > len(WAITS):
        _keep(row, None, "", refusal, now)
        return
    asked = getattr(refusal, "retry_after", None) or timedelta(0)
    _later(row, now + max(WAITS[row.tries - 1], min(asked, LONGEST_REST)), refusal)


def _later(row: Evidence, at: datetime, refusal: Refused | None = None) -> None:
    values = {"next_due": at, "claimed_until": None, "tries": row.tries, **_why(refusal)}
    Evidence.objects.filter(pk=row.pk, claimed_until=row.claimed_until).update(**values)


def _why(refusal: Refused | None) -> dict[str, object]:
    if refusal is None:
        return {"note": "", "note_params": {}}
    return {"note": refusal.message[:500], "note_params": plain_params(refusal)}


def _keep(
    row: Evidence, came: Response | None, agent: str, refusal: Refused | None, now: datetime
) -> None:
    """Write the file, then the row and its line together. A file whose row did not follow is
    swept away later.
    """
    content = _file_of(row.voice, came, agent, now)
    sha256 = hashlib.sha256(content).hexdigest()
    path = evidence_path(sha256)
    _write(Path(settings.MEDIA_ROOT) / path, content)
    values: dict[str, object] = {
        "state": Evidence.State.KEPT if came else Evidence.State.WORDS,
        "tries": row.tries,
        "kept_at": now,
        "path": path,
        "size": len(content),
        "sha256": sha256,
        "next_due": None,
        "claimed_until": None,
        **_why(refusal),
    }
    with transaction.atomic():
        mine = Evidence.objects.filter(pk=row.pk, claimed_until=row.claimed_until)
        if not mine.update(**values):
            return  # somebody else took it when our claim had ended
        data = {"sha256": sha256, "size": len(content)}
        subject, actor = f"voice:{row.voice_id}", actor_name(None)
        if came:
            record("evidence.kept", subject, thread=row.thread, actor=actor, now=now, data=data)
        else:
            record(
                "evidence.words_kept", subject, thread=row.thread, actor=actor, now=now, data=data
            )


def _file_of(voice: Voice, came: Response | None, agent: str, now: datetime) -> bytes:
    # loaded when it is needed: the desk imports this file and must stay light
    web = import_module("tingda.lib.webarchive")
    page = came and web.Page(came.url, came.status, came.headers, came.body, agent)
    words = web.Words(f"urn:tingda:voice:{voice.pk}", _words(voice))
    info = {"software": f"Tingda/{__version__}"}
    content: bytes = web.archive(words, page, web.About(now, f"voice-{voice.pk}.warc.gz", info))
    return content


def _words(voice: Voice) -> bytes:
    """What was heard. Who said it is not part of it."""
    said = {
        "title": voice.title,
        "text": voice.text,
        "url": voice.url,
        "source": voice.source.name,
        "said_at": voice.said_at.isoformat() if voice.said_at else None,
        "heard_at": voice.heard_at.isoformat(),
        "earlier": [
            {"until": edit.at.isoformat(), "title": edit.title, "text": edit.text}
            for edit in voice.earlier.order_by("id")
        ],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for nobody else to read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{token_hex(8)}.part")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
