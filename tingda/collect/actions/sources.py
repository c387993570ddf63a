"""The office's list of sources: trying, adding, changing, pausing, listening closely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from tingda.collect import rules
from tingda.collect.models import Source
from tingda.collect.sources import KINDS, kind
from tingda.collect.sources.contract import Ask, Kind
from tingda.collect.sources.gate import host_of
from tingda.collect.sources.hearing import source_name_of
from tingda.collect.sources.recognise import in_short
from tingda.collect.sources.round import KEY, manners
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.sealing import seal, unseal
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

SHORTEST, LONGEST = 5, 7 * 24 * 60  # minutes between two looks
CLOSEST = 2  # minutes, when listening closely
LONGEST_CLOSE = timedelta(days=31)
TRIED = 5  # entries that are fetched one by one when a source is tried


@dataclass(frozen=True)
class Wanted:
    """A source as somebody wants it. `secret` "" leaves the one that is kept."""

    kind: str
    address: str = ""
    name: str = ""
    group: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str = ""
    exclude: str = ""
    interval_minutes: int = 30
    active: bool = True


def try_source(wanted: Wanted, *, now: datetime, source: Source | None = None) -> rules.Look:
    """What would be heard; nothing is kept. Refused where nothing can be.

    What needs a request for each entry is fetched for the first few only. `source` is the one
    that is about to be changed, whose secret is used where no new one is wanted.
    """
    kept = bytes(source.secret) if source else b""
    address = _checked(wanted, kept)
    if source and not wanted.secret:
        _stays_where_it_is(source, address)
    sealed = unseal(Path(settings.HOME), KEY, kept) if kept and not wanted.secret else ""
    asked = Ask(
        address,
        now,
        options=wanted.options,
        secret=wanted.secret or sealed,
        fresh=lambda entries: list(entries)[:TRIED],
        name=wanted.name,
        trial=True,
    )
    return kind(wanted.kind).look(asked, in_short(manners(now), now))


def seal_for_later(secret: str) -> str:
    """A secret that was typed, as a form may carry it until the source is added."""
    return seal(Path(settings.HOME), KEY, secret).hex() if secret else ""


def unseal_typed(sealed: str) -> str:
    """The secret again; "" where the text is none that `seal_for_later` made."""
    try:
        return unseal(Path(settings.HOME), KEY, bytes.fromhex(sealed)) if sealed else ""
    except (Refused, ValueError):
        return ""


@transaction.atomic
def add_source(
    wanted: Wanted, *, by: Person, now: datetime, wait: timedelta = timedelta(0)
) -> Source:
    """Listen to it from now on; the worker looks after `wait`, which spreads a long list."""
    by.must("configure")
    address = _checked(wanted)
    if address and (same := _same(wanted.kind, address, wanted.options)):
        raise Refused(_("这个地址已经是来源“%(name)s”"), name=same.name)
    source = Source(kind=wanted.kind, next_due=now + wait)
    _put(source, wanted, address)
    source.save()
    _line("source.added", source, by, now)
    return source


@transaction.atomic
def change_source(source: Source, wanted: Wanted, *, by: Person, now: datetime) -> Source:
    """Change a source or pause it; one in use is looked at again at once.

    The names of sources that people bring voices to are how the next import or call finds them:
    they stay.
    """
    by.must("configure")
    if not source.is_looked_at or wanted.kind != source.kind:
        raise Refused(_("这种来源不能修改"))
    address = _checked(wanted, bytes(source.secret))
    if not wanted.secret:
        _stays_where_it_is(source, address)
    if same := _same(wanted.kind, address, wanted.options, but=source.pk):
        raise Refused(_("这个地址已经是来源“%(name)s”"), name=same.name)
    if (address, dict(wanted.options)) != (source.address, source.options):
        # another place, or looked at in another way: what was remembered is of no use there
        source.etag = source.last_modified = source.moved_to = ""
        source.memory, source.failures, source.moved_times = {}, 0, 0
    _put(source, wanted, address)
    source.active, source.next_due = wanted.active, now if wanted.active else None
    source.silent_at = None
    source.save()
    _line("source.changed", source, by, now)
    return source


@transaction.atomic
def set_active(source: Source, active: bool, *, by: Person, now: datetime) -> Source:
    """Pause a source, or go on with it at once."""
    by.must("configure")
    if not source.is_looked_at:
        raise Refused(_("这种来源不能修改"))
    source.active, source.next_due, source.silent_at = active, now if active else None, None
    source.save(update_fields=["active", "next_due", "silent_at"])
    _line("source.resumed" if active else "source.paused", source, by, now)
    return source


@transaction.atomic
def arrange(source: Source, group: str, minutes: int, *, by: Person, now: datetime) -> Source:
    """Put it into a group and say how often it is looked at; the next look comes no later."""
    by.must("configure")
    if not source.is_looked_at:
        raise Refused(_("这种来源不能修改"))
    source.group, source.interval_minutes = " ".join(group.split())[:50], _interval(minutes)
    if source.next_due:
        source.next_due = min(source.next_due, now + source.pace(now))
    source.save(update_fields=["group", "interval_minutes", "next_due"])
    _line("source.changed", source, by, now)
    return source


@transaction.atomic
def look_now(source: Source, *, by: Person, now: datetime) -> Source:
    """Ask for a look at once, within what the host allows."""
    by.must("hear")
    if not source.is_looked_at or not source.active:
        raise Refused(_("这个来源停用了，或者不用巡查"))
    Source.objects.filter(pk=source.pk).update(next_due=now)
    source.refresh_from_db()
    return source


@transaction.atomic
def listen_closely(
    source: Source, minutes: int, until: datetime, why: str, *, by: Person, now: datetime
) -> Source:
    """Look more often until a time; it falls back by itself. Its host's pace still holds."""
    by.must("hear")
    if not source.is_looked_at or not source.active:
        raise Refused(_("这个来源停用了，或者不用巡查"))
    if not why.strip():
        raise Refused(_("请写明为什么要加密巡查"))
    if not CLOSEST <= minutes <= LONGEST:
        raise Refused(_("间隔请在 %(least)s 分钟到 %(most)s 分钟之间"), least=CLOSEST, most=LONGEST)
    if not now < until <= now + LONGEST_CLOSE:
        raise Refused(_("结束时间请在以后的 31 天之内"))
    source.close_minutes, source.close_until = minutes, until
    source.close_why, source.next_due = why.strip()[:200], now
    source.save(update_fields=["close_minutes", "close_until", "close_why", "next_due"])
    data = {"minutes": minutes, "until": until.isoformat(), "reason": source.close_why}
    _line("source.listened_closely", source, by, now, data)
    return source


@transaction.atomic
def listen_as_usual(source: Source, *, by: Person, now: datetime) -> Source:
    """End listening closely before its time."""
    by.must("hear")
    source.close_minutes = source.close_until = None
    source.close_why = ""
    source.save(update_fields=["close_minutes", "close_until", "close_why"])
    _line("source.listened_as_usual", source, by, now)
    return source


def _checked(wanted: Wanted, sealed: bytes = b"") -> str:
    """The address as it is kept. Refused where the kind cannot work with what is wanted."""
    if wanted.kind not in KINDS:
        raise Refused(_("没有这种来源"))
    this = kind(wanted.kind)
    address = wanted.address.strip()
    if this.on_web:
        address = web_address(address)
    if len(address) > 1000:
        raise Refused(_("网址太长"))
    _check_options(this, wanted.options)
    if this.secret and this.secret_required and not (wanted.secret or sealed):
        raise Refused(_("还缺：%(what)s"), what=this.secret)
    return this.check(address, wanted.options)


def _stays_where_it_is(source: Source, address: str) -> None:
    """A secret that is kept goes to nobody but the one it was given for."""
    what = kind(source.kind).secret
    if what and source.secret and _server(address) != _server(source.address):
        raise Refused(_("地址换了，请重新填写：%(what)s"), what=what)


def _server(address: str) -> str:
    return (urlsplit(address).netloc or address).lower()


def _check_options(this: Kind, options: Mapping[str, Any]) -> None:
    known = {option.name: option for option in this.options}
    for name in options:
        if name not in known:
            raise Refused(_("没有“%(name)s”这个选项"), name=str(name)[:40])
    for option in this.options:
        value = options.get(option.name, option.default)
        if option.required and not value:
            raise Refused(_("还缺：%(what)s"), what=option.label)
        if option.choices and value and value not in dict(option.choices):
            raise Refused(_("“%(what)s”请在列出的里面选"), what=option.label)


def _put(source: Source, wanted: Wanted, address: str) -> None:
    source.address, source.options = address, dict(wanted.options)
    source.name = _free_name(wanted.name, source.pk or 0)
    source.group = " ".join(wanted.group.split())[:50]
    source.exclude = rules.storable(wanted.exclude).strip()
    source.interval_minutes = _interval(wanted.interval_minutes)
    source.host = host_of(address) if kind(source.kind).on_web else None
    if wanted.secret:
        source.secret = seal(Path(settings.HOME), KEY, wanted.secret)


def _same(kind_name: str, address: str, options: Mapping[str, Any], but: int = 0) -> Source | None:
    rows = Source.objects.filter(kind=kind_name, address=address).exclude(pk=but)
    return next((row for row in rows if row.options == dict(options)), None)


def web_address(text: str) -> str:
    """A web address as a source keeps it. Refused where it is none, or carries a password."""
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


def _line(
    verb: str,
    source: Source,
    by: Person,
    now: datetime,
    data: Mapping[str, object] | None = None,
) -> None:
    told = {"name": source.name, **(data or {})}
    record(verb, f"source:{source.pk}", actor=actor_name(by), now=now, data=told)
