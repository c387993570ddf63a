"""Which words may come, go or change while a text stays the same utterance, and which may not.

The lists are our own. Whatever they do not name counts as a difference: a voice folded wrongly is
a voice lost from sight, while a repeat not folded is only shown twice.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import rjieba

from tingda.lib.places import find_places, tag_of
from tingda.lib.wordlists import lists

FILLERS = frozenset(lists(Path(__file__).with_name("words.toml"), "repeats")["fillers"])

_SAME = [
    set(group.split())
    for group in (
        "你 您",
        "的 那 那条 那个",
        "的 地 得 之",
        "和 与 跟 及 同",
        "吗 么 嘛 吧 呢",
        "他 她 它",
        "那 哪",
        "帐 账",
        "作 做",
        "像 象",
        "着 著 了",
        "栋 幢",
        "元 块",
        "点 时",
        "里 内",
        "多 余",
        "没 没有 未",
        "很 太 非常 十分 特别",
        "尽快 尽早 早日 赶紧 赶快 立即 马上",
        "请 请求 恳请 希望 盼望 望 麻烦 烦请",
        "相关 有关",
        "反映 反应",
        "谢谢 感谢 多谢",
        "才 方",
        "都 全",
        "怎么 怎样 如何",
        "为什么 为何",
        "什么时候 何时",
        "can't cannot",
        "won't wouldn't",
        "don't dont",
        "kids children",
        "and &",
    )
]

_WISH = re.compile(
    r"请(?!问)|希望|盼|望|建议|麻烦|拜托|[能可是]否|能不能|\b(?:please|can|could|would)\b"
)
_NEWS = re.compile(
    "已(?!转|阅)|刚刚|刚才|来[水气]|来电了|通[水电气]了|有[水电气]了|亮了|现在[^,。]{1,6}了|通报|立案|受理|道歉|查封|抓获"
    "|恢复|修好|修复|更新|最新|进展|后续|续:|补充|更正|辟谣|谣言|取消|推迟|延期|改为|改到|解除"
    "|终于|解决了|处理了|处理完|回复了|已回复|答复了|到账|退款了|退了|赔了|找到了|通了|开通|正常|结束|撤销|停止"
    "|换了|拆了|来了人|派人来了|有结果|不再|好了|属实|不实|澄清|假的|不是真|并非|没这回事|不存在|误会"
    r"|\b(?:update[ds]?|fixed|repaired|restored|resolved|back on|cancell?ed|postponed|false|solved"
    r"|no longer|now|after|already|sorted|reopened|finally)\b"
)
_DENIALS = re.compile(
    "[不没未无非否勿莫别禁]|拒|停|开|关|涨|降|升|减|增|超"
    r"|\b(?:not?|never|none|nobody|without|un\w+|\w+n't|cannot|off|on|up|down|out)\b"
)
_WHERE_WHEN = re.compile(
    "[东西南北中上下左右前后内外早晚新老旧大小]|[今昨明前后去][天年晚早日]|每[天周月年]|[上下本这][周月]|周[末日1-6]"
    "|星期|全部|部分|分[校院店行局]|总|支[行线]|附[属小中]|[省市县区镇乡村街路巷栋楼层号院校园厂站桥店馆所线]"
    r"|\b(?:north|south|east|west|upper|lower|new|old|am|pm|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|today|yesterday|tomorrow|morning|evening|night|weekend|road|street|school|house|court"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_NUMBER = re.compile(r"\d")
_NOT_A_NUMBER = re.compile("1(?=[直下些点定样起般共切边旦时带到再])|(?<=[万统唯之])1|10分|10足")
_DATE_OR_PLACE = re.compile(
    r"\d[年月日号点分路栋楼层期幢线班级单]|[a-z]\d|\d[a-z]|第\d|[今昨明][天晚早]|[上下]午|周[末日1-6]|星期"
)
_CLOSING = re.compile("^(?:此致|敬礼|谢谢|感谢|顺祝|祝好|落款|联系)")
_CONTENT_TAGS = frozenset(("n", "v", "a", "ad", "vn", "an", "d", "z", "b", "c", "p", "r", "u", "y"))


@lru_cache(20_000)
def is_filler(piece: str) -> bool:
    """Whether a piece of text is nothing but words that carry no identity."""
    if piece in FILLERS:
        return True
    words = piece.split() if piece.isascii() else rjieba.cut(piece)
    return all(word in FILLERS or not word.strip() for word in words)


def is_same(one: str, other: str) -> bool:
    """Whether two pieces are two writings of one word."""
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    return any(one in group and other in group for group in _SAME)


def wishes(piece: str) -> bool:
    """Whether a piece makes a wish of what follows; without it a thing may be told as done."""
    return bool(_WISH.search(piece))


def tells_news(text: str) -> bool:
    """Whether a text says that something has changed since, or that it was never so."""
    return bool(_NEWS.search(text))


def may_be_added(clause: str, at_end: bool) -> bool:
    """Whether a whole clause more or less leaves the utterance what it was."""
    if is_filler(clause):
        return True
    if at_end and _CLOSING.match(clause):
        return True
    if _NEWS.search(clause) or _DATE_OR_PLACE.search(clause):
        return False
    return not any(place.kind for place in find_places(clause))


def only_stresses(piece: str, following: str) -> bool:
    """Whether a piece only stresses what follows: (已经)停水3天, 请城管(来)管; never 来水."""
    if piece == "来":
        return following[:1] in tuple("管看查处解修")
    return piece in ("已", "已经", "都已经") and bool(_NUMBER.search(following))


def may_be_left_out(words: Sequence[str]) -> bool:
    """Whether whole words within a clause may go while the utterance stays what it was."""
    piece = "".join(words)
    if any(pattern.search(piece) for pattern in (_NEWS, _DENIALS, _WHERE_WHEN)):
        return False
    if _NUMBER.search(_NOT_A_NUMBER.sub("", piece)):
        return False
    return all(
        word in FILLERS or (len(word) > 1 and (word.isascii() or tag_of(word) in _CONTENT_TAGS))
        for word in words
    )
