"""How well each source is heard: in a word with a colour, why, and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext

from tingda.collect.models import Check, Host, Source
from tingda.collect.sources import KINDS
from tingda.ledger.models import Line
from tingda.lib.rhythm import Rhythm, in_words, is_silent, rhythm_of
from tingda.lib.words import mark as _

MOST_MOMENTS = 300  # of one source: its newest; enough for a rhythm
OVERDUE = timedelta(minutes=30)
_HEARD = "source.heard"
_CHUNK = 200  # of sources in one question
_EVER = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))

# code -> (what it is called, the colour of its tag)
STATES: dict[str, tuple[str, str]] = {
    "well": (_("正常"), "green"),
    "waiting": (_("等第一次巡查"), ""),
    "paused": (_("停用"), ""),
    "deaf": (_("听不到"), "orange"),
    "silent": (_("很久没有新的"), "yellow"),
    "clock": (_("钟不准"), "yellow"),
    "close": (_("加密巡查中"), "blue"),
    "neglected": (_("久未巡查"), "orange"),
}
_WEB = _("请在浏览器里打开网址：打不开就等对方修好，打得开而这里一直不行就请管理员检查网络")
# what to do, by the cause of the failure; "http_…" by the answer of the server
TODO: dict[str, str] = {
    "bad_url": _("请改正网址"),
    "dns": _("请核对网址有没有写错，或对方是不是换了域名；都没错就等一等"),
    "connect": _WEB,
    "tls": _("请告诉对方证书有问题；对方换了网址就改用新的"),
    "timeout": _("对方很慢。会自动放慢再看；一直这样就把间隔调长，或换一个条目较少的地址"),
    "too_large": _("请换一个条目较少的地址，例如只含一个栏目的订阅源"),
    "too_many_redirects": _("请用浏览器打开，把最后停下的网址填到这里"),
    "private": _("确实是本单位内网的，请管理员在设置里允许这台主机；不是就停用这个来源"),
    "robots": _("请改用对方提供的订阅源，或联系对方允许；不会绕过去"),
    "closed": _("要登录才能看的不收。请换成公开的地址，或停用这个来源"),
    "gone": _("对方已经撤下这个地址。请找新的地址，或停用这个来源"),
    "busy": _("不用做什么，轮到时会自动再看"),
    "content": _("请打开来源页点“试听”看看。网站改版了就重新添加，或换一种来源"),
    "http_401": _("要登录才能看的不收。请换成公开的地址；是自己的账号就重填密码或令牌"),
    "http_403": _("对方不让程序读。请联系对方说明用途，或改用订阅源"),
    "http_404": _("请找新的地址，或停用这个来源"),
    "http_429": _("对方嫌看得太勤，已自动放慢。一直这样就把间隔调长"),
    "http_5": _("对方的服务器出了故障，等对方修好；会自动再看"),
    "http_error": _WEB,
}
_NEGLECT_TODO = _("后台程序可能没有运行。请看看“tingda up”是不是开着，或运行“tingda doctor”")
_CLOCK_TODO = _("请告诉对方把时间改对。改对以前，急事按听到的时间预警，列表里的时间照对方写的")
_SILENT_TODO = _("请在浏览器里打开看看：有新的而这里没有，就点“试听”；确实没有新的就不用管")


@dataclass(frozen=True, slots=True)
class Health:
    """How one source is. All words are in the language that is active; "" where there is nothing
    to say. `code` is a key of STATES, `since` when this state began, where that is known.
    """

    code: str
    state: str
    colour: str
    why: str = ""
    todo: str = ""
    last_heard: datetime | None = None
    rhythm: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """Since when a source fails, and the newest look that says why."""

    since: datetime
    check: Check


def health_of(sources: Sequence[Source], now: datetime) -> dict[int, Health]:
    """The health of each source by its id, in a constant number of questions."""
    looked_at = [row for row in sources if row.is_looked_at]
    rhythms = rhythms_of([row.pk for row in looked_at])
    failing = failing_of([row.pk for row in looked_at if row.failures])
    hosts = {row.host_id for row in looked_at if row.host_id}
    closed = set(
        Host.objects.filter(pk__in=hosts, closed_until__gt=now).values_list("pk", flat=True)
    )
    return {
        row.pk: _health(
            row,
            now,
            rhythms.get(row.pk) or Rhythm(_zone()),
            failing.get(row.pk),
            row.host_id in closed,
        )
        for row in sources
    }


def _health(
    source: Source, now: datetime, rhythm: Rhythm, failing: Failing | None, rests: bool
) -> Health:
    if not source.is_looked_at:
        code = "well" if source.active else "paused"
        return _say(code, source.heard_at)
    text, params = in_words(rhythm)
    usual = gettext(text) % params
    code = state_of(source, now, rhythm, rests)
    why, todo, since = "", "", None
    if code == "deaf" and failing:
        why, todo, since = reason_of(failing.check), gettext(todo_of(failing.check)), failing.since
    elif code == "silent":
        todo, since = gettext(_SILENT_TODO), source.heard_at
        why = usual
    elif code == "neglected":
        todo, since = gettext(_NEGLECT_TODO), source.next_due
        why = gettext("到了时间，一直没有去看")
    elif code == "clock":
        why, todo = clock_of(source), gettext(_CLOCK_TODO)
    elif code == "close":
        why = source.close_why
    return _say(code, source.heard_at, why, todo, usual, since)


def _say(
    code: str,
    last_heard: datetime | None,
    why: str = "",
    todo: str = "",
    rhythm: str = "",
    since: datetime | None = None,
) -> Health:
    name, colour = STATES[code]
    return Health(code, gettext(name), colour, why, todo, last_heard, rhythm, since)


def state_of(source: Source, now: datetime, rhythm: Rhythm, rests: bool = False) -> str:
    """The code of its state. `rests`: its host asked to be left alone until later."""
    if not source.active:
        return "paused"
    if is_neglected(source, now) and not rests:
        return "neglected"
    if source.failures:
        return "deaf"
    if source.looked_at is None:
        return "waiting"
    if is_silent(source.heard_at, now, rhythm):
        return "silent"
    if source.clock_days:
        return "clock"
    return "close" if source.is_close(now) else "well"


def clock_of(source: Source) -> str:
    """That its clock is off, and by how much; "" while it is right."""
    if source.clock_days > 0:
        return gettext("它给的时间大约慢 %(days)s 天") % {"days": source.clock_days}
    if source.clock_days < 0:
        return gettext("它给的时间大约快 %(days)s 天") % {"days": -source.clock_days}
    return ""


def is_neglected(source: Source, now: datetime) -> bool:
    """Whether it was due long ago and nobody went: the worker is not running."""
    late = max(OVERDUE, source.pace(now))
    return source.next_due is not None and now - source.next_due > late


def reason_of(check: Check) -> str:
    """What a look noted, in the reader's language; one whose places do not fit as it is."""
    return noted(check.note, check.note_params)


def noted(note: str, params: Mapping[str, object]) -> str:
    """A note and its params as they are kept, in the reader's language."""
    if not note:
        return ""
    said = {name: gettext(v) if isinstance(v, str) and v else v for name, v in params.items()}
    try:
        return gettext(note) % said if said else gettext(note)
    except (KeyError, TypeError, ValueError):
        return gettext(note)


def todo_of(check: Check) -> str:
    """What to do about a failed look, as a msgid."""
    status = str(check.note_params.get("status", ""))
    if check.cause == "http_error":
        by_status = TODO.get(f"http_{status}") or (TODO["http_5"] if status[:1] == "5" else "")
        return by_status or TODO["http_error"]
    return TODO.get(check.cause) or TODO["content"]


# --- what is remembered of each ---


def rhythms_of(ids: Sequence[int]) -> dict[int, Rhythm]:
    """The rhythm of each source, from its newest lines in the ledger: these are the looks that
    brought something, and few beside all the looks that did not. Two questions for 200 sources.
    """
    zone = _zone()
    heard: dict[str, dict[datetime, int]] = {f"source:{pk}": {} for pk in ids}
    for start in range(0, len(ids), _CHUNK):
        for thread, at, data in _newest_lines(ids[start : start + _CHUNK]):
            heard[thread][at] = int(data.get("added") or 1)
    return {pk: rhythm_of(heard[f"source:{pk}"], zone) for pk in ids}


def _newest_lines(ids: Sequence[int]) -> Iterable[tuple[str, datetime, dict[str, int]]]:
    thread = Concat(Value("source:"), Cast(OuterRef("pk"), CharField()))
    lines = Line.objects.filter(verb=_HEARD)
    oldest = lines.filter(thread=thread).order_by("-number").values("number")
    begins = Source.objects.filter(pk__in=ids).values_list(
        "pk", Coalesce(Subquery(oldest[MOST_MOMENTS - 1 : MOST_MOMENTS]), 0)
    )
    wanted = Q(pk__in=[])
    for pk, number in begins:
        wanted |= Q(thread=f"source:{pk}", number__gte=number)
    return lines.filter(wanted).order_by().values_list("thread", "at", "data")


def good_looks() -> QuerySet[Check]:
    """Looks that saw what was there, news or none."""
    return Check.objects.exclude(outcome=Check.Outcome.FAILED)


def failed_looks() -> QuerySet[Check]:
    """Looks that failed by the source's doing: a host that was busy with us is none."""
    return Check.objects.filter(outcome=Check.Outcome.FAILED).exclude(cause="busy")


def failing_of(ids: Sequence[int]) -> dict[int, Failing]:
    """Of those of the sources that fail: since when, and the newest failure. Three questions."""
    good = good_looks().filter(source=OuterRef("pk")).order_by("-at").values("at")[:1]
    failed = failed_looks().filter(source=OuterRef("pk"))
    since: dict[int, datetime] = {}
    newest: dict[int, int] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = Source.objects.filter(pk__in=ids[start : start + _CHUNK]).annotate(
            good=Coalesce(Subquery(good), Value(_EVER)),
            newest=Subquery(failed.order_by("-at", "-id").values("pk")[:1]),
        )
        first = failed.filter(at__gt=OuterRef("good")).order_by("at").values("at")[:1]
        for pk, number, at in rows.annotate(first=Subquery(first)).values_list(
            "pk", "newest", "first"
        ):
            if at is not None:
                since[pk], newest[pk] = at, number
    checks = Check.objects.in_bulk(list(newest.values()))
    return {pk: Failing(since[pk], checks[newest[pk]]) for pk in since}


def looked_at_sources() -> QuerySet[Source]:
    """Sources in use that the worker looks at, in the order of their ids."""
    return Source.objects.filter(active=True, kind__in=KINDS).order_by("pk")


def noticed() -> QuerySet[Source]:
    """Sources whose silence was noticed, failing ones first: `failures` is 0 for the others."""
    return looked_at_sources().exclude(silent_at=None).order_by(F("failures").desc(), "name")


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
