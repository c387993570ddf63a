"""What a person has not read yet, by which ways it goes out, and in which words."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import formats, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

from tingda.lib.masks import masked
from tingda.lib.sealing import unseal
from tingda.notify import rules
from tingda.notify.models import MailServer, Notice, Reach, Sending
from tingda.people.models import Person, Unit
from tingda.people.queries import in_language, institution

SEAL = "notify.key"
OPEN = (Sending.State.WAITING, Sending.State.UNDER_WAY)
TROUBLED = (Sending.State.DOUBT, Sending.State.GIVEN_UP)


def unread_for(person: Person) -> QuerySet[Notice]:
    """Unread notices of this person, newest first."""
    return Notice.objects.filter(person=person, read_at=None).order_by("-at", "-id")


def notices_for(person: Person) -> QuerySet[Notice]:
    """All notices of this person, what is unread first, then newest first."""
    mine = Notice.objects.filter(person=person)
    return mine.annotate(unread=Q(read_at=None)).order_by("-unread", "-at", "-id")


def ways_for(person: Person) -> QuerySet[Reach]:
    """The person's own ways, and the groups' ways for who sets up the office."""
    mine = Q(person=person)
    return Reach.objects.filter(mine | Q(person=None) if person.may("configure") else mine)


def group_ways() -> QuerySet[Reach]:
    """The groups' ways, for the desk."""
    return Reach.objects.filter(person=None)


def with_counts(ways: QuerySet[Reach]) -> QuerySet[Reach]:
    """The same with `waiting` and `troubled`, the numbers of what is not there yet."""
    return ways.annotate(
        waiting=Count("sendings", filter=Q(sendings__state__in=OPEN)),
        troubled=Count("sendings", filter=Q(sendings__state__in=TROUBLED)),
    )


def sendings_for(person: Person) -> QuerySet[Sending]:
    """What was and is sent by the ways that this person sees."""
    return Sending.objects.filter(reach__in=ways_for(person)).select_related("reach")


def failing_ways() -> QuerySet[Reach]:
    """Everybody's ways by which nothing arrives now, the worst first; for who sets up the office,
    without where they lead.
    """
    failing = Reach.objects.filter(active=True, failures__gt=0)
    return with_counts(failing).select_related("person").order_by("-failures", "id")


def mail_server() -> MailServer | None:
    """The office's own, where there is one."""
    return MailServer.objects.filter(pk=1).first()


# --- who gets what ---


def reaches_of(people: Iterable[Person], about: rules.About) -> list[Reach]:
    """The ways by which this goes out to these people, and to groups."""
    ways = Reach.objects.filter(
        Q(person__in=list(people), person__is_active=True) | Q(person=None), active=True
    ).prefetch_related("units")
    return [reach for reach in ways if rules.takes(_wanted(reach), about)]


def _wanted(reach: Reach) -> rules.Wanted:
    return rules.Wanted(
        matters=reach.matters,
        topics=reach.topics,
        units=[unit.pk for unit in reach.units.all()],
        shared=reach.person_id is None,
    )


def unit_and_above(unit: Unit | int | None) -> list[int]:
    """The unit and every unit it is a part of."""
    pk = unit.pk if isinstance(unit, Unit) else unit
    parents = dict(Unit.objects.values_list("id", "parent_id")) if pk else {}
    found: list[int] = []
    while pk and pk not in found:
        found.append(pk)
        pk = parents.get(pk)
    return found


# --- what is due ---


def ready_reaches(now: datetime, dead_before: datetime) -> QuerySet[Reach]:
    """Ways that may be used and that no living worker sends by. Plain columns only: two workers
    may race for a row, and a condition on other rows would be asked too early.
    """
    return Reach.objects.filter(
        Q(claim="") | Q(claimed_at__lt=dead_before),
        Q(retry_at=None) | Q(retry_at__lte=now),
        active=True,
    )


def due_reaches(now: datetime, dead_before: datetime) -> QuerySet[Reach]:
    """Those with something due; what is urgent comes first, then what works."""
    due = Sending.objects.filter(reach=OuterRef("pk"), state=Sending.State.WAITING, due_at__lte=now)
    ready = ready_reaches(now, dead_before).filter(Exists(due))
    return ready.annotate(urgent=Exists(due.filter(urgent=True))).order_by(
        "-urgent", "failures", "id"
    )


def due_sendings(reach: Reach, now: datetime) -> list[Sending]:
    """What is due by this way, oldest first."""
    rows = reach.sendings.filter(state=Sending.State.WAITING, due_at__lte=now)
    return list(rows.order_by("at", "id"))


def seen_keys(reach: Reach, keys: Sequence[str]) -> set[str]:
    """Which of these the way's person has read at the desk meanwhile."""
    read = Notice.objects.filter(person=reach.person_id, key__in=keys).exclude(read_at=None)
    return set(read.values_list("key", flat=True)) if reach.person_id else set()


def by_message(reach: Reach, rows: Sequence[Sending]) -> list[list[Sending]]:
    """Which rows go out together: what is urgent alone, a digest as one, many waiting as one."""
    if len(rows) > rules.FOLD:
        return [list(rows)]
    if reach.digest is None:
        return [[row] for row in rows]
    calm = [row for row in rows if not row.urgent]
    return [[row] for row in rows if row.urgent] + ([calm] if calm else [])


# --- in words ---


@dataclass(frozen=True)
class Message:
    """What goes out: plain text."""

    title: str
    body: str
    link: str


def address(link: str) -> str:
    """The public address that leads to what "case:3" names."""
    return f"{settings.ADDRESS}/desk/notices/go/{quote(link, safe=':')}"


def sentence(verb: str, data: Mapping[str, object]) -> str:
    """What happened, in the reader's language."""
    colour = rules.COLOURS.get(str(data.get("colour", "")), "")
    text, due = str(data.get("text") or ""), parse_datetime(str(data.get("due") or ""))
    unit = in_language(str(data.get("unit") or ""), str(data.get("unit_en") or ""))
    params = {
        "unit": unit or gettext("有单位"),
        "colour": colour and gettext(colour),
        "text": masked(text and gettext(text)),
        "due": _when(due) if due else "",
    }
    return gettext(rules.SENTENCES.get(verb, rules.SOMETHING)) % params


def heading(data: Mapping[str, object]) -> str:
    """What it is about, without personal data of private persons; "" where nothing says so."""
    if "count" in data:
        return gettext("%(count)s 个来源听不到") % {"count": data["count"]}
    return masked(str(data.get("title") or ""))[:120]


def message_of(reach: Reach, rows: Sequence[Sending], doubtful: int = 0) -> Message:
    """One message, in the language of the way; `doubtful` were sent before and may not be there."""
    with translation.override(reach.language):
        many = len(rows) > 1
        title, lines = _digest(rows) if many else _single(rows[0])
        link = f"{settings.ADDRESS}/desk/notices/" if many else address(rows[0].link)
        if doubtful:
            lines.append(
                ngettext(
                    "前面有 %(n)s 条不知道送到没有，请到听答里看",
                    "前面有 %(n)s 条不知道送到没有，请到听答里看",
                    doubtful,
                )
                % {"n": doubtful}
            )
        foot = [gettext("打开：%(link)s") % {"link": link}, _signature()]
        room = rules.KINDS[reach.kind].room - len("\n".join([title, *foot]).encode()) - 2
        body = rules.fitted(lines, room, gettext("……其余请到听答里看"))
        return Message(title, "\n".join([*body, *foot]), link)


def _signature() -> str:
    office = institution()
    return gettext("—— 听答 · %(name)s") % {"name": in_language(office.name, office.name_en)}


def _single(row: Sending) -> tuple[str, list[str]]:
    data, says, about = row.data, sentence(row.verb, row.data), heading(row.data)
    title = gettext("%(says)s：%(about)s") % {"says": says, "about": about} if about else says
    lines = [gettext("什么事：%(about)s") % {"about": about or says}]
    if row.verb.startswith("alert."):
        lines += _alert_lines(data)
    else:
        lines.append(gettext("什么时候：%(at)s") % {"at": _when(row.at)})
    due = parse_datetime(str(data.get("due") or ""))
    if due:
        lines.append(gettext("应于 %(due)s 前") % {"due": _when(due)})
    return title, lines


def _alert_lines(data: Mapping[str, object]) -> list[str]:
    place = masked(str(data.get("place") or "")) or gettext("不清楚")
    lines = [gettext("在哪里：%(place)s") % {"place": place}]
    if data.get("people"):
        lines.append(
            gettext("多少人：%(people)s 人，%(messages)s 条")
            % {"people": data["people"], "messages": data.get("messages") or data["people"]}
        )
    since = parse_datetime(str(data.get("since") or ""))
    if since:
        lines.append(gettext("从什么时候：%(since)s") % {"since": _when(since)})
    reasons = [text for text in map(_reason, _list(data.get("why"))) if text]
    if reasons:
        lines.append(gettext("为什么：%(why)s") % {"why": gettext("；").join(reasons)})
    return lines


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _reason(pair: object) -> str:
    """A msgid with its parameters; parameters that are themselves texts are translated too."""
    if not isinstance(pair, list) or not pair or not isinstance(pair[0], str):
        return ""
    params = pair[1] if len(pair) > 1 and isinstance(pair[1], dict) else {}
    said = {
        name: gettext(value) if isinstance(value, str) and value else value
        for name, value in params.items()
    }
    text = gettext(pair[0]) if pair[0] else ""
    try:
        return masked(text % said if said else text)
    except (KeyError, ValueError, TypeError):  # a reason that does not fit its sentence
        return text


def _digest(rows: Sequence[Sending]) -> tuple[str, list[str]]:
    """Alerts first, then in the order in which they came."""
    ordered = sorted(rows, key=lambda row: not row.verb.startswith("alert."))
    count = len(rows)
    title = ngettext("听答：%(n)s 条通知", "听答：%(n)s 条通知", count) % {"n": count}
    return title, [
        f"{number}. {_when(row.at)} {sentence(row.verb, row.data)} {heading(row.data)}".rstrip()
        for number, row in enumerate(ordered, start=1)
    ]


def _when(moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
    return formats.date_format(local, gettext("n月j日 H:i"))


# --- what the carrying process is told ---


def job_of(reach: Reach, message: Message, key: str, *, urgent: bool) -> dict[str, object] | None:
    """Everything needed to send one message; None where the office has no server for e-mail.
    Refused where the seal does not open.
    """
    job: dict[str, object] = {
        "kind": reach.kind,
        "fields": json.loads(unseal(settings.HOME, SEAL, bytes(reach.sealed))),
        "key": key,
        "title": message.title,
        "body": message.body,
        "link": message.link,
        "urgent": urgent,
    }
    if reach.kind != Reach.Kind.EMAIL:
        return job
    server = mail_server()
    return job | {"server": _server(server)} if server else None


def letter_job(to: str, message: Message, key: str) -> dict[str, object] | None:
    """The same for one letter to an address of which nothing is kept."""
    server = mail_server()
    told = {"title": message.title, "body": message.body, "link": message.link, "urgent": False}
    job: dict[str, object] = {"kind": "email", "fields": {"address": to}, "key": key} | told
    return job | {"server": _server(server)} if server else None


def _server(row: MailServer) -> dict[str, object]:
    return {
        "host": row.host,
        "port": row.port,
        "security": row.security,
        "user": row.user,
        "password": unseal(settings.HOME, SEAL, bytes(row.sealed)),
        "sender": row.sender,
        "name": institution().name,
    }
