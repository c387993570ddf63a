"""What a row or a feed item must be to become a voice, and when a source is looked at again."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from tingda.lib.dates import parse_when
from tingda.lib.markup import plain_text
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with what was said: of a kind that is kept, a picture already bare."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing somebody said, before it is kept. Texts are plain; `said_at` is aware or None.

    `precision` is one of second, minute, hour, day, month, year, unknown. `lang` is a tag (zh-CN).
    `topic` is what a table of the office calls the matter.
    `contact` is how a reporter can be reached, which is sealed; whoever has one speaks for
    themselves, in whatever words.
    """

    title: str = ""
    text: str = ""
    url: str = ""
    said_at: datetime | None = None
    precision: str = "unknown"
    author: str = ""
    likes: int = 0
    dislikes: int = 0
    platform: str = ""
    place: str = ""
    topic: str = ""
    guid: str = ""
    lang: str = ""
    contact: str = ""
    attachments: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a source brought: status is "ok" or "not_modified".

    `moved_to` is set where the source says that it moved for good; `note` is a msgid, with
    `note_params`. `memory` is what the kind wants to be told at the next look (None: as before).
    `more` asks to be looked at again at once, because not everything could be fetched in this
    look.
    """

    status: str
    entries: tuple[Entry, ...] = ()
    etag: str = ""
    last_modified: str = ""
    moved_to: str = ""
    note: str = ""
    note_params: Mapping[str, int | str] | None = None
    title: str = ""
    memory: Mapping[str, Any] | None = None
    more: bool = False


# --- columns ---

FIELDS: dict[str, str] = {
    "title": _("标题"),
    "text": _("内容"),
    "time": _("时间"),
    "url": _("链接"),
    "source": _("平台"),
    "author": _("作者"),
    "likes": _("点赞数"),
    "dislikes": _("反对数"),
    "place": _("地点"),
    "topic": _("分类"),
    "id": _("编号"),
}

# The names of columns, the surest first; spaces, case and what stands in brackets do not count.
_NAMES: dict[str, str] = {
    "title": (
        "留言主题 留言标题 标题 主题 帖子标题 文章标题 新闻标题 诉求标题 工单标题 信件标题 "
        "题目 名称 事由 title topic subject headline"
    ),
    "text": (
        "留言详情 留言内容 详情 内容 正文 详细内容 具体内容 帖子内容 文章内容 诉求内容 "
        "工单内容 反映内容 信件内容 问题描述 投诉内容 来信内容 微博正文 微博内容 评论内容 "
        "评论 原文 全文 文本 描述 摘要 留言 诉求 text detail details content body message "
        "description fulltext comment post summary"
    ),
    "time": (
        "留言时间 发布时间 发表时间 发帖时间 诉求时间 反映时间 受理时间 来电时间 来信时间 "
        "投诉时间 评论时间 提交时间 创建时间 登记时间 时间 发布日期 留言日期 日期 time "
        "datetime date createdat created timeutc publishedat published pubdate publishtime "
        "posttime timestamp createtime"
    ),
    "url": (
        "链接 网址 原文链接 帖子链接 文章链接 链接地址 网页地址 原文地址 url link href "
        "permalink weburl"
    ),
    "source": (
        "平台 来源 来源平台 发布平台 媒体 媒体名称 网站 站点 渠道 来源渠道 信息来源 "
        "数据来源 source platform site channel media"
    ),
    "author": (
        "留言用户 留言人 作者 用户 昵称 用户名 用户昵称 网友 网民 发帖人 发布者 发布人 "
        "发布账号 账号 作者名称 author user username nickname screenname creator poster"
    ),
    "likes": (
        "点赞数 点赞 赞 赞同数 赞数 支持数 点赞量 支持 likes like likecount upvotes "
        "favorites favourites"
    ),
    "dislikes": "反对数 反对 踩 踩数 点踩数 反对量 dislikes dislike dislikecount downvotes",
    "place": (
        "地点 地址 位置 事发地点 发生地点 事发地址 诉求地址 问题地点 所在地 地区 区域 区县 "
        "place location address area district"
    ),
    "topic": (
        "主题分类 一级标签 二级标签 分类标签 标签 诉求分类 问题分类 事项分类 工单分类 一级分类 "
        "二级分类 分类 问题类别 诉求类别 类别 label category tag class"
    ),
    "id": (
        "留言编号 编号 工单编号 工单号 信件编号 诉求编号 帖子编号 序列号 流水号 id guid "
        "uuid postid messageid tweetid"
    ),
}


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_\-/.:*]+", "", re.sub(r"[(\[【<].*?[)\]】>]", "", plain))


def recognise(columns: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Say which column holds which field: {field: column}, for the fields that were found.

    `given` is {column: field} as a person said it, and wins; a field may be called by any of the
    names a column may have. Refuses a given column or field that does not exist.
    """
    mapping = _given(columns, given or {})
    taken = set(mapping.values()) | set(given or {})
    by_name: dict[str, str] = {}
    for column in columns:
        if column not in taken:
            by_name.setdefault(_folded(column), column)
    for field, names in _NAMES.items():
        found = next((by_name[name] for name in names.split() if name in by_name), None)
        if found is not None and field not in mapping:
            mapping[field] = found
    return mapping


def _given(columns: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for column, field in given.items():
        if column not in columns:
            raise Refused(
                _("没有“%(column)s”这一列。文件里有：%(columns)s"),
                column=column,
                columns="、".join(columns),
            )
        if not field:  # a person said that this column is nothing
            continue
        name = field_of(field)
        if name in mapping:
            raise Refused(_("有两列都指定为“%(field)s”"), field=field)
        mapping[name] = column
    return mapping


def field_of(word: str) -> str:
    """The field meant by a word: its own name, or any name a column may have."""
    plain = _folded(word)
    if plain in FIELDS:  # before the names: a column named topic is a title
        return plain
    for field, names in _NAMES.items():
        if plain in names.split():
            return field
    raise Refused(
        _("没有“%(field)s”这一项。可以用：%(fields)s"), field=word, fields="、".join(FIELDS)
    )


def parse_map(pairs: Sequence[str]) -> dict[str, str]:
    """Read `column=field` pairs from the command line as {column: field}."""
    given: dict[str, str] = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or not column.strip():
            raise Refused(_("看不懂“%(pair)s”。请写成 列名=项，如：诉求=text"), pair=pair)
        given[column.strip()] = field.strip()
    return given


def require_words(mapping: Mapping[str, str], columns: Sequence[str]) -> None:
    """Refuse a table in which neither a title nor a text was recognised."""
    if "title" not in mapping and "text" not in mapping:
        raise Refused(
            _(
                "认不出哪一列是标题、哪一列是内容。文件里有：%(columns)s。请指明，如：%(first)s=text"
            ),
            columns="、".join(columns),
            first=columns[0] if columns else "",
        )


# --- rows ---


def to_entry(
    values: Mapping[str, str], mapping: Mapping[str, str], *, now: datetime, zone: tzinfo
) -> Entry:
    """Make an entry of one row. Refuses, with the reason, a row that says nothing or lies in a
    field: a time or a number that cannot be read. A row without a time is allowed.
    """

    def cell(field: str) -> str:
        return values.get(mapping.get(field, ""), "").strip()

    title, text = " ".join(plain_text(cell("title")).split()), plain_text(cell("text"))
    if not title and not text:
        raise Refused(_("没有标题，也没有内容"))
    time = cell("time")
    when = parse_when(time, now=now, zone=zone) if time not in _NOTHING else None
    return Entry(
        title=title,
        text=text,
        url=web_address(cell("url")),
        said_at=when.at if when else None,
        precision=when.precision if when else "unknown",
        author=cell("author"),
        likes=count(cell("likes")),
        dislikes=count(cell("dislikes")),
        platform=cell("source"),
        place=cell("place"),
        topic=" ".join(cell("topic").split()),
        guid=cell("id"),
    )


_NOTHING = frozenset(("", "-", "--", "—", "/", "无", "暂无", "未知", "null", "NULL", "None", "N/A"))
_COUNT = re.compile(r"^(\d{1,12}(?:\.\d+)?)\s*([千kK万wW亿]?)\s*\+?$")
_TIMES = {"": 1, "千": 10**3, "k": 10**3, "万": 10**4, "w": 10**4, "亿": 10**8}
LARGEST_COUNT = 2_000_000_000


def count(text: str) -> int:
    """Read a count as sites write it: 12, 1,234, 1.2万, 3k, 10万+. Nothing written is 0."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if plain in _NOTHING:
        return 0
    found = _COUNT.match(plain)
    number = round(float(found[1]) * _TIMES[found[2].lower()]) if found else -1
    if not 0 <= number <= LARGEST_COUNT:
        raise Refused(_("看不懂的数量：%(text)s"), text=text[:40])
    return number


_BARE_HOST = re.compile(r"^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#].*)?$")


def web_address(text: str) -> str:
    """An http(s) address, completed where the scheme was left out; "" where nothing is given."""
    plain = text.strip()
    if plain in _NOTHING:
        return ""
    if _BARE_HOST.match(plain):
        plain = f"http://{plain}"
    try:
        parts = urlsplit(plain)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or len(plain) > 2000 or re.search(r"\s", plain):
        raise Refused(_("链接不是网址：%(text)s"), text=plain[:80])
    return plain


# --- is it the same ---

_TRACKING = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "spm",
    "scm",
    "share_token",
    "share_from",
    "share_source",
    "share_medium",
    "share_id",
    "sharefrom",
    "isappinstalled",
    "nsukey",
    "wfr",
    "fbclid",
    "gclid",
    "yclid",
    "msclkid",
    "mc_cid",
    "mc_eid",
    "_ga",
)


def identity(entry: Entry) -> str:
    """What makes an entry the same when it is heard again: its id, else its link without what
    only tracks readers, else what it says and when. 64 hexadecimal digits, one source apart.
    """
    told: tuple[str, ...]
    if entry.guid:
        told = ("id", entry.guid)
    elif entry.url:
        told = ("url", _same_address(entry.url))
    else:
        said_at = entry.said_at.timestamp() if entry.said_at else ""
        told = ("said", entry.title, entry.text, str(said_at))
    return hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()


def imprint(entry: Entry) -> str:
    """What makes an entry the same where a source gives it a new id at every look: its link and
    its words. Without a link, its words and its day.
    """
    day = entry.said_at.date().isoformat() if entry.said_at and not entry.url else ""
    told = (_same_address(entry.url) if entry.url else "", entry.title, entry.text, day)
    return "\0".join(told)


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database keeps these in a text


def storable(text: str) -> str:
    """The same text without what no database keeps."""
    return _UNSTORABLE.sub("", text)


def is_left_out(entry: Entry, words: Sequence[str]) -> bool:
    """Whether the office said of this source that it does not want entries with such words."""
    said = unicodedata.normalize("NFKC", f"{entry.title}\n{entry.text}").casefold()
    return any(word in said for word in words)


def exclude_words(text: str) -> tuple[str, ...]:
    """The words of a source's list, a line each, as `is_left_out` wants them."""
    folded = (unicodedata.normalize("NFKC", line).casefold().strip() for line in text.splitlines())
    return tuple(dict.fromkeys(filter(None, folded)))


def _same_address(url: str) -> str:
    try:
        clean = url_query_cleaner(url, _TRACKING, remove=True, unique=False, keep_fragments=True)
        # One-page sites keep the article's address behind the #.
        keeps = "#/" in clean or "#!" in clean
        return canonicalize_url(clean, keep_fragments=keeps).partition("://")[2]
    except ValueError:
        return url


# --- when to look again ---

LONGEST_WAIT = timedelta(days=30)
MARGIN, JITTER = 0.05, 0.1


def next_check(
    interval: timedelta,
    failures: int,
    jitter_seed: str,
    now: datetime,
    retry_after: timedelta | None = None,
) -> datetime:
    """When a source is due again: the interval, once more for each failure in a row after the
    first (one hiccup costs nothing), at most 30 days, never before the source itself asked. It
    is always a little less, so that what stands for one interval is seen even when a look is
    broken off; how much less parts the sources.
    """
    # A division first: no interval is too long to be multiplied.
    steps = min(max(failures, 1), LONGEST_WAIT // interval + 1) if interval else 1
    wait = min(interval * steps, LONGEST_WAIT)
    digest = hashlib.sha256(f"{jitter_seed}:{failures}".encode()).digest()
    wait *= 1 - MARGIN - JITTER * (int.from_bytes(digest[:4]) / 2**32)
    return now + max(wait, min(retry_after or timedelta(0), LONGEST_WAIT))
