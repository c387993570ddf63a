"""Changes to the ways by which notices go out, and to the office's mail server."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.sealing import seal
from tingda.lib.words import mark as _
from tingda.notify import rules
from tingda.notify.models import MailServer, Reach
from tingda.notify.queries import SEAL
from tingda.people.models import Person, Unit

_AT_ONCE = rules.Times()
MOST = 10  # ways of one person, or of the groups


@dataclass(frozen=True, slots=True)
class Wishes:
    """What goes out by a way, when, and in which language. Empty means everything."""

    matters: Sequence[str] = ()
    topics: Sequence[str] = ()
    units: Sequence[Unit] = ()
    times: rules.Times = _AT_ONCE
    language: str = ""


@transaction.atomic
def add_reach(
    kind: str,
    name: str,
    fields: Mapping[str, str],
    wishes: Wishes,
    *,
    by: Person,
    now: datetime,
    shared: bool = False,
) -> Reach:
    """Add a way of the person's own, or one for a group."""
    if shared:
        by.must("configure")
    kept = rules.check_fields(kind, fields, settings.PRIVATE_HOSTS)
    owner = None if shared else by
    if Reach.objects.filter(person=owner).count() >= MOST:
        raise Refused(_("通知方式最多 %(most)s 个，请先去掉不用的"), most=MOST)
    reach = Reach(
        person=owner,
        kind=kind,
        sealed=seal(settings.HOME, SEAL, json.dumps(kept)),
        hint=rules.hint(kind, kept),
    )
    _write(reach, name, wishes)
    _line("reach.added", reach, by, now)
    return reach


@transaction.atomic
def change_reach(reach: Reach, name: str, wishes: Wishes, *, by: Person, now: datetime) -> Reach:
    """Change what goes out by it and when. Where it leads cannot be changed: add another."""
    _check(reach, by)
    _write(reach, name, wishes)
    _line("reach.changed", reach, by, now)
    return reach


def _write(reach: Reach, name: str, wishes: Wishes) -> None:
    rules.check_times(wishes.times)
    if not name.strip():
        raise Refused(_("还缺：%(what)s"), what=_("叫它什么"))
    reach.name = name.strip()[:50]
    reach.matters, reach.topics = list(wishes.matters), list(wishes.topics)
    reach.digest = wishes.times.digest
    reach.quiet_from, reach.quiet_to = wishes.times.quiet_from, wishes.times.quiet_to
    reach.language = wishes.language or settings.LANGUAGE_CODE
    # never the columns that the sending worker writes
    own = ["name", "matters", "topics", "digest", "quiet_from", "quiet_to", "language"]
    reach.save(update_fields=own if reach.pk else None)
    reach.units.set(wishes.units)


@transaction.atomic
def switch_reach(reach: Reach, *, active: bool, by: Person, now: datetime) -> None:
    """Pause it, or use it again. What waited goes on waiting; what comes meanwhile is not kept
    for it, it stands at the desk.
    """
    _check(reach, by)
    if Reach.objects.filter(pk=reach.pk, active=not active).update(active=active, retry_at=None):
        _line("reach.resumed" if active else "reach.paused", reach, by, now)


@transaction.atomic
def remove_reach(reach: Reach, *, by: Person, now: datetime) -> None:
    """Forget it with its keys and with what was sent by it. The notices stay at the desk."""
    _check(reach, by)
    _line("reach.removed", reach, by, now)
    reach.delete()


def _check(reach: Reach, by: Person) -> None:
    if reach.person_id is None:
        by.must("configure")
    elif reach.person_id != by.pk:
        raise Refused(_("这是别人的通知方式"))


def _line(verb: str, reach: Reach, by: Person, now: datetime) -> None:
    kind = {"kind": reach.kind, "name": reach.name}
    record(verb, f"reach:{reach.pk}", actor=by.name, now=now, data=kind)


@transaction.atomic
def set_mail_server(  # noqa: PLR0913 - the fields of one form
    *,
    host: str,
    port: int,
    security: str,
    user: str,
    password: str,
    sender: str,
    by: Person,
    now: datetime,
) -> MailServer:
    """Name the office's mail server. An empty password keeps the one that is sealed, as long as
    server and user stay the same.
    """
    by.must("configure")
    host, user = host.strip().lower(), user.strip()
    if not re.fullmatch(r"\[[0-9a-f:]+\]|[a-z0-9_.-]+", host) or security not in (
        MailServer.Security.values
    ):
        raise Refused(_("服务器的地址不对，请核对"))
    host = host.strip("[]")
    if security == MailServer.Security.PLAIN and not rules.is_allowed(
        host, port, settings.PRIVATE_HOSTS
    ):
        raise Refused(_("不加密的连接只能用于管理员允许的内部主机。请改用加密的连接方式"))
    kept = MailServer.objects.filter(pk=1, host=host, user=user).first()
    sealed = bytes(kept.sealed) if kept and not password else seal(settings.HOME, SEAL, password)
    values = {"host": host, "port": port, "security": security, "user": user, "sender": sender}
    row, _new = MailServer.objects.update_or_create(pk=1, defaults=values | {"sealed": sealed})
    Reach.objects.filter(kind=Reach.Kind.EMAIL).update(retry_at=None)
    record("mail_server.set", "mail_server:1", actor=by.name, now=now, data={"host": host})
    return row


def follow_unit(unit: Unit, into: Unit) -> None:
    """A unit became a part of another: ways that were about it are about its heir, too."""
    for reach in Reach.objects.filter(units=unit):
        reach.units.add(into)
