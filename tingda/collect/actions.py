"""The only writers of what was heard."""

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tingda.collect import rules
from tingda.collect.models import Check, Import, Receipt, Source, Voice
from tingda.collect.queries import (
    CODE_LENGTH,
    CODE_LETTERS,
    code_hash,
    imports_folder,
    sample_of,
    sample_path,
)
from tingda.collect.sources.feed.fetch import look
from tingda.collect.sources.hearing import source_name_of
from tingda.collect.sources.round import LOOK, go_round, manners
from tingda.collect.sources.table.intake import (
    CLAIM,
    Intake,
    Progress,
    forget_file,
)
from tingda.collect.sources.table.read import take_sample
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.secrets import keyed_hash, secret
from tingda.lib.tables import open_table
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name
from tingda.vault.actions import seal

FORM = _("公众表单")
DESK = _("来电来访")
REPORTER = _("反映人")
_CHUNK = 500
_LARGEST = 2**31 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database keeps these in a text


@dataclass(frozen=True)
class Heard:
    """What came of hearing a batch: the ids of new voices, and how many were known already."""

    added: list[int]
    repeated: int


@transaction.atomic
def hear(source: Source, entries: Iterable[rules.Entry], *, now: datetime) -> Heard:
    """Keep what a source said; what it said before is counted and left alone.

    Authors become keyed hashes here and are nowhere else. Another process may hear the same
    entries at the same time: each voice is kept once.
    """
    key = secret(Path(settings.HOME), "author.key")
    read = 0
    fresh: dict[str, Voice] = {}
    for entry in entries:
        read += 1
        voice = _voice(source, entry, key, now)
        fresh.setdefault(voice.identity, voice)
    for known in _known(source, list(fresh)):
        del fresh[known]
    Voice.objects.bulk_create(fresh.values(), batch_size=_CHUNK, ignore_conflicts=True)
    kept = _known(source, list(fresh), heard_at=now)
    added = sorted(kept.values())
    if added:
        Source.objects.filter(pk=source.pk).update(heard_at=now)
        record(
            "source.heard",
            f"source:{source.pk}",
            actor=actor_name(None),
            now=now,
            data={"added": len(added), "repeated": read - len(added)},
        )
    return Heard(added, read - len(added))


def _known(source: Source, identities: list[str], **which: datetime) -> dict[str, int]:
    rows = Voice.objects.filter(source=source, **which)
    return {
        identity: pk
        for start in range(0, len(identities), _CHUNK)
        for identity, pk in rows.filter(
            identity__in=identities[start : start + _CHUNK]
        ).values_list("identity", "pk")
    }


def _voice(source: Source, entry: rules.Entry, key: bytes, now: datetime) -> Voice:
    title, text = _plain(entry.title).strip(), _plain(entry.text)
    if len(title) > 500:  # nothing of what was said is lost
        text, title = f"{title}\n{text}", title[:500]
    author = _plain(entry.author).strip()
    platform = _plain(entry.platform).strip()[:100]
    url = _plain(entry.url).strip()
    return Voice(
        source=source,
        # keyed as well: an identity may be made from the author's name
        identity=keyed_hash(key, _plain(rules.identity(entry))),
        title=title,
        text=text,
        url=url if len(url) <= 2000 else "",  # half an address leads nowhere
        platform=platform,
        place=_plain(entry.place).strip()[:200],
        said_at=entry.said_at,
        precision=entry.precision,
        heard_at=now,
        at=entry.said_at or now,
        author_hash=keyed_hash(key, platform or source.name, author) if author else "",
        likes=min(max(entry.likes, 0), _LARGEST),
        dislikes=min(max(entry.dislikes, 0), _LARGEST),
    )


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
    title, text, contact, place = (_plain(part).strip() for part in said)
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


def _plain(text: str) -> str:
    return _UNSTORABLE.sub("", text)


# --- tables ---

KEPT = timedelta(days=1)  # how long an upload that nobody confirmed waits


@transaction.atomic
def begin_import(
    path: Path,
    name: str,
    *,
    source_name: str,
    mapping: Mapping[str, str],
    by: Person | None,
    now: datetime,
) -> Import:
    """Look into a table; nothing of it is heard yet. `mapping` is {column: field} as a person
    said it, for what the names of the columns do not tell.

    A file in `imports_folder()` is ours: it is shown before it is heard, and deleted afterwards.
    """
    table = open_table(path)
    uploaded = path.parent == imports_folder()
    file = f"imports/{path.name}" if uploaded else str(path)
    if len(file) > 280:  # the name of the rejects file must fit as well
        raise Refused(_("文件的路径太长"))
    import_ = Import.objects.create(
        file=file,
        name=_plain(name)[:200],
        source_name=source_name_of(source_name),
        mapping=rules.recognise(table.columns, mapping),
        by=by,
        made_at=now,
        size=table.size,
    )
    if uploaded:
        sample_path(import_).write_text(json.dumps(take_sample(table)), "utf-8")
    return import_


@transaction.atomic
def confirm_import(
    import_: Import, mapping: Mapping[str, str], source_name: str, *, by: Person, now: datetime
) -> Import:
    """Let it be heard, with each column as a person says: {column: field, or "" for none}.

    Pressed twice it is confirmed once.
    """
    _must_be_able(by, "hear")
    columns = sample_of(import_)["columns"]
    chosen = rules.recognise(columns, mapping)
    rules.require_words(chosen, columns)
    waiting = Import.objects.filter(pk=import_.pk, state=Import.State.PREVIEW)
    name = source_name_of(source_name)
    if waiting.update(state=Import.State.DUE, mapping=chosen, source_name=name):
        _line("import.started", f"import:{import_.pk}", by, now, {"name": import_.name})
    import_.refresh_from_db()
    return import_


def drop_import(import_: Import) -> None:
    """Forget a table that was looked at and not confirmed: nothing of it was kept."""
    if Import.objects.filter(pk=import_.pk, state=Import.State.PREVIEW).delete()[0]:
        forget_file(import_)


def import_due(*, now: datetime) -> int:
    """Hear one table that waits or whose process died; how many were heard."""
    for stale in Import.objects.filter(state=Import.State.PREVIEW, made_at__lt=now - KEPT):
        drop_import(stale)
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    states = [Import.State.DUE, Import.State.RUNNING]
    row = Import.objects.filter(free, state__in=states).order_by("id").first()
    if row is None or not _claim(row, now):
        return 0
    Intake(row, hear, now).carry_in(lambda _row: None)
    return 1


def run_import(import_: Import, *, now: datetime, on_progress: Progress | None = None) -> Import:
    """Hear a table now. One that was broken off goes on where it stopped.

    What went wrong is in `state`, `error` and `error_params`. Refused only where another process
    was quicker to take it.
    """
    if not _claim(import_, now):
        raise Refused(_("这份表格正由另一个进程导入"))
    Intake(import_, hear, now).carry_in(on_progress or (lambda _row: None))
    return import_


@transaction.atomic
def _claim(row: Import, now: datetime) -> bool:
    """Take it, unless somebody did since it was read. Who had it before is shut out by this."""
    as_read = Import.objects.filter(pk=row.pk, state=row.state, claimed_until=row.claimed_until)
    claim = {"state": Import.State.RUNNING, "claimed_until": now + CLAIM}
    if not as_read.update(**claim):
        return False
    if row.state == Import.State.PREVIEW:  # from the command line, which asks nobody
        _line("import.started", f"import:{row.pk}", row.by, now, {"name": row.name})
    vars(row).update(claim)
    return True


# --- feeds ---

SHORTEST, LONGEST = 5, 7 * 24 * 60  # minutes between two looks


def try_feed(address: str, *, now: datetime) -> rules.Look:
    """What would be heard at an address; nothing is kept. Refused where it is no feed."""
    return look(_feed_address(address), now=now, manners=manners())


@transaction.atomic
def add_feed(
    name: str, address: str, interval_minutes: int, *, by: Person, now: datetime
) -> Source:
    """Listen to a feed from now on; the worker looks at once."""
    _must_be_able(by, "configure")
    address = _feed_address(address)
    if same := Source.objects.filter(address=address).first():
        raise Refused(_("这个地址已经是来源“%(name)s”"), name=same.name)
    name = _free_name(name)
    source = Source.objects.create(
        kind=Source.Kind.FEED,
        name=name,
        address=address,
        interval_minutes=_interval(interval_minutes),
        next_due=now,
    )
    _line("source.added", f"source:{source.pk}", by, now, {"name": name})
    return source


@transaction.atomic
def change_source(
    source: Source, name: str, interval_minutes: int, active: bool, *, by: Person, now: datetime
) -> Source:
    """Change a feed or pause it; one in use is looked at again at once.

    The names of other sources are how the next import or call finds them: they stay.
    """
    _must_be_able(by, "configure")
    if source.kind != Source.Kind.FEED:
        raise Refused(_("只有订阅源可以修改"))
    source.name = _free_name(name, source.pk)
    source.interval_minutes = _interval(interval_minutes)
    source.active, source.next_due = active, now if active else None
    source.save(update_fields=["name", "interval_minutes", "active", "next_due"])
    _line("source.changed", f"source:{source.pk}", by, now, {"name": source.name})
    return source


def look_due(*, now: datetime) -> int:
    """Look at the source that is due longest; how many were looked at (0 or 1)."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Source.objects.filter(free, active=True, next_due__lte=now)
    row = due.order_by("next_due", "id").first()
    if row is None or not due.filter(pk=row.pk).update(claimed_until=now + LOOK):
        return 0
    look_at(row, now=now)
    return 1


def look_at(source: Source, *, now: datetime) -> Check:
    """One look at one source, and the record of it, whatever came."""
    return go_round(source, hear, now)


def _feed_address(text: str) -> str:
    address = rules.web_address(text)
    if not address or "@" in urlsplit(address).netloc or len(address) > 1000:
        raise Refused(_("网址不对。请用 http:// 或 https:// 开头、不带用户名密码的网址"))
    return address


def _free_name(text: str, but: int = 0) -> str:
    name = source_name_of(text)
    if not name:
        raise Refused(_("请给来源起一个名称"))
    if Source.objects.filter(name=name).exclude(pk=but).exists():
        raise Refused(_("已有同名的来源：%(name)s"), name=name)
    return name


def _interval(minutes: int) -> int:
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused(
            _("间隔请在 %(least)s 分钟到 %(most)s 分钟之间"), least=SHORTEST, most=LONGEST
        )
    return minutes


def _must_be_able(by: Person, deed: str) -> None:
    if not by.may(deed):
        raise Refused(_("您的角色不能做这一步"))


def _line(
    verb: str, subject: str, by: Person | None, now: datetime, data: Mapping[str, object]
) -> None:
    record(verb, subject, actor=actor_name(by), now=now, data=data)
