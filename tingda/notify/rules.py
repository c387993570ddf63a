"""What is told, when it may go out, and by which ways. Values in, values out."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

# --- what is told ---

# One sentence for every verb; on pages it stands under the title, in a message before it.
SENTENCES = {
    "alert.raised": _("新的%(colour)s预警"),
    "alert.escalated": _("%(colour)s预警还没有人说知道了，请您接手"),
    "alert.level": _("预警改为%(colour)s"),
    "referral.sent": _("有一张新的联系单"),
    "referral.answered": _("%(unit)s已反馈联系单"),
    "referral.objected": _("%(unit)s对联系单有异议"),
    "referral.late": _("%(unit)s的联系单超时"),
    "case.handed_over": _("事项交到您手上"),
    "limit.before": _("%(due)s 到时限：%(text)s"),
    "limit.due": _("%(unit)s到时限还没有办好：%(text)s"),
    "limit.late": _("%(unit)s已经超时：%(text)s"),
    "limits.missed": _("服务停过，这期间有不少事到了时限，请看一遍"),
    "limit.urged": _("催办：%(text)s"),
    "meeting.called": _("请您参加会商"),
    "task.given": _("有一项任务交给您"),
    "task.done": _("您交办的任务办成了"),
    "answer.submitted": _("有一份回应待签发"),
    "answer.sent_back": _("稿子退回修改"),
    "answer.rectified": _("整改报告已公开，请送给问过的媒体"),
    "enquiry.proposed": _("给媒体的口径待签发"),
    "lookback.asked": _("事项已办结，请写复盘"),
    "lookback.tasked": _("有一项改进任务交给您"),
    "dossier.exported": _("您要的档案导出好了"),
    "answer.not_solved": _("反映人说没有完全解决"),
    "source.silent": _("这个来源很久没有新的了"),
    "source.deaf": _("这个来源听不到了"),
    "sources.deaf": _("一下子有很多来源听不到，可能是网络断了"),
    "case.resumed": _("暂停到期，时限恢复计时"),
    "extension.asked": _("有一个延期申请要您决定"),
    "extension.granted": _("延期已批准"),
    "extension.refused": _("延期没有批准"),
    "objection.stays": _("异议已决定：由本单位办"),
    "objection.moved": _("异议已决定：转给别的单位"),
    "case.by_rule": _("规则立为事项，等级请您确认"),
    "route.broken": _("一条分派规则坏了"),
    "route.fell": _("规则送不出去，请您定归谁"),
    "route.yours": _("这条分派规则直接发出，由您负责"),
    "calendar.out": _("节假日安排公布了，有在办的时限要改，请看过再改"),
    "duty.gap": _("排班有缺口，请补上"),
    "duty.swapped": _("%(unit)s同意换班"),
    "duty.declined": _("%(unit)s没有同意换班"),
    "duty.overtaken": _("您要换的班已经另有安排"),
    "duty.replaced": _("值班有变动：%(unit)s"),
    "voice.harm": _("像是有孩子受到伤害，请马上看"),
}
SOMETHING = _("有新的情况")
COLOURS = {"red": _("红色"), "orange": _("橙色"), "yellow": _("黄色"), "blue": _("蓝色")}

# What a way may be narrowed to, by the first word of the verb.
MATTERS = {
    "alerts": _("预警"),
    "cases": _("事项和联系单"),
    "answers": _("拟稿和签发"),
    "sources": _("来源听不到"),
    "others": _("其他"),
}
_MATTER_OF = {
    **dict.fromkeys(("alert", "voice", "issue"), "alerts"),
    **dict.fromkeys(
        ("case", "referral", "promise", "duty", "extension", "objection", "route", "calendar"),
        "cases",
    ),
    **dict.fromkeys(("limit", "limits", "meeting", "task", "dossier", "lookback"), "cases"),
    **dict.fromkeys(("answer", "correction", "enquiry"), "answers"),
    **dict.fromkeys(("source", "sources"), "sources"),
}


def matter_of(verb: str) -> str:
    """Which of MATTERS a verb belongs to."""
    return _MATTER_OF.get(verb.partition(".")[0], "others")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a way takes. Empty means everything. `shared` says it is a group's, not a person's."""

    matters: Collection[str] = ()
    topics: Collection[str] = ()
    units: Collection[int] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What something told is about: `units` is its unit and all above it, empty if unknown."""

    verb: str
    topic: str = ""
    units: Collection[int] = ()
    urgent: bool = False


def takes(wanted: Wanted, about: About) -> bool:
    """Whether it goes out by this way. What is urgent reaches a person whatever was chosen; what
    has no topic or no unit cannot be sorted out by it.
    """
    if about.urgent and not wanted.shared:
        return True
    if wanted.matters and matter_of(about.verb) not in wanted.matters:
        return False
    if wanted.topics and about.topic and about.topic not in wanted.topics:
        return False
    return not (wanted.units and about.units and set(wanted.units).isdisjoint(about.units))


# --- when it may go out ---


@dataclass(frozen=True, slots=True)
class Times:
    """Local times of one way: once a day at `digest`, or at once; nothing in the quiet hours."""

    digest: time | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None

    def are_quiet(self, at: time) -> bool:
        """Whether a local time lies in the quiet hours: their begin does, their end does not."""
        begin, end = self.quiet_from, self.quiet_to
        if begin is None or end is None or begin == end:
            return False
        return begin <= at < end if begin < end else at >= begin or at < end


def check_times(times: Times) -> None:
    """Refused where they contradict each other."""
    if (times.quiet_from is None) != (times.quiet_to is None):
        raise Refused(_("免打扰要写明从几点到几点，或者都不填"))
    if times.quiet_from is not None and times.quiet_from == times.quiet_to:
        raise Refused(_("免打扰的开始和结束不能是同一时刻"))
    if times.digest and times.are_quiet(times.digest):
        raise Refused(_("汇总的时间落在免打扰里面，请改其中一个"))


def due_at(now: datetime, times: Times, zone: ZoneInfo, *, urgent: bool = False) -> datetime:
    """The first moment, not before now, at which it may go out. What is urgent goes now."""
    if urgent:
        return now
    due = _next(now, times.digest, zone) if times.digest else now
    while times.quiet_to and times.are_quiet(due.astimezone(zone).time()):
        due = _next(due, times.quiet_to, zone)
    return due


def _next(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next moment after now at which clocks in the zone show the time. Where clocks jump over
    it, it is as much later; where they show it twice, the first time counts, unless it is over.
    """
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=1), today, today + timedelta(days=1), today + timedelta(days=2))
    return min(moment for day in days for moment in _moments(day, at, zone) if moment > now)


def _moments(day: date, at: time, zone: ZoneInfo) -> Iterator[datetime]:
    yield datetime.combine(day, at, zone).astimezone(UTC)
    again = datetime.combine(day, at.replace(fold=1), zone).astimezone(UTC)
    if again.astimezone(zone).time() == at:  # shown twice, not jumped over
        yield again


# --- when it did not go ---

GIVE_UP = timedelta(days=3)
_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
FOLD = 5  # more waiting messages than this go out as one


def wait_after(failures: int) -> timedelta:
    """How long a way is left alone after so many failures one after another (1 and more)."""
    return _WAITS[min(failures, len(_WAITS)) - 1]


# --- the kinds of ways ---


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that has to be filled in: what it is called, and what helps to find it."""

    name: str
    label: str
    help: str = ""
    pattern: str = ""
    required: bool = True
    secret: bool = True
    start: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of way. `room` is how many bytes of text a message may hold."""

    name: str
    help: str
    fields: tuple[Field, ...]
    room: int
    shown: str = ""  # the field that may be shown again


KINDS = {
    "email": Kind(
        _("电子邮件"),
        _("由本单位的发信服务器寄出。"),
        (
            Field("address", _("邮箱地址"), pattern=r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+",
                  secret=False),
        ),
        room=20_000,
        shown="address",
    ),
    "wecom": Kind(
        _("企业微信群机器人"),
        _("在企业微信的群里：右上角 ··· → 群机器人 → 添加，复制它的 Webhook 地址。"),
        (
            Field("key", _("机器人的 key"),
                  _("Webhook 地址里 key= 后面的那一串，也可以粘贴整个地址"),
                  r"[A-Za-z0-9_-]{8,100}"),
        ),
        room=2000,
    ),
    "dingtalk": Kind(
        _("钉钉群机器人"),
        _("在钉钉的群里：群设置 → 机器人 → 添加“自定义”机器人，复制它的 Webhook 地址。"
          "安全设置选“自定义关键词”时填“听答”，每条消息里都有。"),
        (
            Field("token", _("机器人的 access_token"),
                  _("Webhook 地址里 access_token= 后面的那一串，也可以粘贴整个地址"),
                  r"[A-Za-z0-9]{8,200}"),
            Field("secret", _("加签的密钥"), _("安全设置选了“加签”时填，以 SEC 开头"),
                  r"[A-Za-z0-9]{8,200}", required=False),
        ),
        room=6000,
    ),
    "feishu": Kind(
        _("飞书群机器人"),
        _("在飞书的群里：设置 → 群机器人 → 添加“自定义机器人”，复制它的 Webhook 地址。"
          "安全设置请选“自定义关键词”（填“听答”）或“IP 白名单”，不要选“签名校验”。"),
        (
            Field("token", _("机器人的 token"),
                  _("Webhook 地址里最后一个斜杠后面的那一串，也可以粘贴整个地址"),
                  r"[A-Za-z0-9-]{8,100}"),
            Field("house", _("哪一个"), choices=(("feishu", _("飞书（feishu.cn）")),
                  ("lark", _("Lark（larksuite.com）"))), secret=False, start="feishu"),
        ),
        room=6000,
    ),
    "ntfy": Kind(
        "ntfy",
        _("手机上装 ntfy，订阅一个不容易猜到的主题；用公用的服务器时，知道主题的人都看得到消息。"),
        (
            Field("server", _("服务器"), _("以 https:// 开头"), r"https?://[^\s/?#@]+/?",
                  secret=False, start="https://ntfy.sh"),
            Field("topic", _("主题（topic）"), _("字母、数字、- 和 _"), r"[A-Za-z0-9_-]{1,64}"),
            Field("token", _("访问令牌"), _("服务器要求登录时填，以 tk_ 开头"),
                  r"[\x21-\x7e]{1,200}", required=False),
        ),
        room=3000,
        shown="server",
    ),
    "webhook": Kind(
        _("自己的程序（webhook）"),
        _("每条通知用 POST 发一个 JSON：title、message、link、key。同一条的 key 不变。"),
        (
            Field("url", _("网址"), _("以 https:// 开头"), r"https?://[^\s@]+"),
            Field("token", _("令牌"), _("填了就放在请求头 Authorization: Bearer 里"),
                  r"[\x21-\x7e]{1,500}", required=False),
        ),
        room=20_000,
    ),
}  # fmt: skip

_PASTED = re.compile(r"https?://\S*?(?:[?&](?:key|access_token)=|/hook/)([A-Za-z0-9_-]+)\S*")
_ADDRESSES = {"ntfy": "server", "webhook": "url"}


def check_fields(
    kind: str, typed: Mapping[str, str], allowed_hosts: Collection[str]
) -> dict[str, str]:
    """The fields of a way as they are kept. Refused where one is missing or cannot be right.

    Addresses without encryption are for hosts that an administrator allowed.
    """
    if kind not in KINDS:
        raise Refused(_("没有这种通知方式"))
    kept = {}
    for row in KINDS[kind].fields:
        value = str(typed.get(row.name, "")).strip()
        if pasted := _PASTED.fullmatch(value) if row.name in ("key", "token") else None:
            value = pasted[1]
        if not value and row.required:
            raise Refused(_("还缺：%(what)s"), what=row.label)
        right = value in dict(row.choices) if row.choices else re.fullmatch(row.pattern, value)
        if value and (not right or len(value) > 2000):
            raise Refused(_("“%(what)s”不对，请核对"), what=row.label)
        kept[row.name] = value
    if kind in _ADDRESSES:
        _check_address(kept[_ADDRESSES[kind]], allowed_hosts)
    return kept


def _check_address(address: str, allowed_hosts: Collection[str]) -> None:
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Refused(_("网址不对，请核对")) from error
    if not host:
        raise Refused(_("网址不对，请核对"))
    if parts.scheme == "http" and not is_allowed(host, port or 80, allowed_hosts):
        raise Refused(_("不加密的网址（http）只能用于管理员允许的内部主机。请改用 https"))


def is_allowed(host: str, port: int, allowed_hosts: Collection[str]) -> bool:
    """Whether an administrator named the host among those that may be private."""
    allowed = {one.lower() for one in allowed_hosts}
    return not allowed.isdisjoint({host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"})


def hint(kind: str, fields: Mapping[str, str]) -> str:
    """What of a way may be shown again: where it leads, never a key."""
    shown = KINDS[kind].shown
    if kind == "webhook":
        return urlsplit(fields["url"]).hostname or ""
    return fields[shown] if shown else ""


def fitted(lines: Sequence[str], room: int, rest: str) -> list[str]:
    """As many lines as there is room for (bytes as UTF-8); where some are left out, `rest` ends
    it. A line that is too long by itself is cut.
    """
    whole = "\n".join(lines).encode()
    if len(whole) <= room:
        return list(lines)
    left, kept = room - len(rest.encode()) - 1, []
    for line in lines:
        size = len(line.encode()) + 1
        if size > left:
            break
        kept.append(line)
        left -= size
    if not kept:
        kept = [lines[0].encode()[: max(left - 4, 0)].decode("utf-8", "ignore") + "…"]
    return [*kept, rest]
