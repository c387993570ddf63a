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
        "很 太 非常 十分 特别 好 挺 蛮 特",
        "拿 用",
        "刚 刚刚 才",
        "因 因为 由于",
        "若 如果 要是",
        "啥 什么",
        "咋 怎么",
        "但 但是 可 可是 不过",
        "还 仍 仍然 依然",
        "每天 天天",
        "大概 大约 约",
        "没法 无法",
        "没人 无人",
        "经常 常常 时常 老是 总是 总",
        "应 应该 应当",
        "能 可以 能够",
        "讲 说",
        "觉得 感觉",
        "媳妇 老婆 妻子 爱人",
        "老公 丈夫",
        "爸 父亲 爹",
        "妈 母亲 娘",
        "电瓶车 电动车 电驴",
        "自行车 单车",
        "搞 弄",
        "家 来",
        "叫 让 使",
        "拖 拖欠",
        "问 问下",
        "at on in",
        "if whether",
        "mins minutes min",
        "hrs hours",
        "mum mom mother",
        "dad father",
        "because cause cos as",
        "someone somebody",
        "anyone anybody",
        "everyone everybody",
        "run running",
        "a an the",
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
    "已(?!转|阅|联系|私信|关注|收藏|投诉|举报|拨打|反映)|刚刚|刚才|来[水气]|来电了|通[水电气]了|有[水电气]了|亮了|现在[^,。]{1,6}了|通报|立案|受理|道歉|查封|抓获"
    "|恢复|修好|修复|更新|最新|进展|后续|续:|补充|更正|辟谣|谣言|取消|推迟|延期|改为|改到|解除"
    "|终于|解决了|处理了|处理完|回复了|已回复|答复了|到账|退款了|退了|赔了|找到了|通了|开通|正常|结束|撤销|停止"
    "|换了|拆了|来了人|派人来了|有结果|不再|好了|属实|不实|澄清|假的|不是真|并非|没这回事|不存在|误会"
    r"|\b(?:update[ds]?|fixed|repaired|restored|resolved|back on|cancell?ed|postponed|false|solved"
    r"|no longer|now|after|sorted|reopened|finally)\b"
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
_HAN_ONE = re.compile(r"[\u4e00-\u9fff]")
_IN = re.compile("在[^0-9,。]{2,6}$")
_DATE = re.compile(r"\d[月日号]|第\d|[今昨明][天晚早]|[上下]午|周[末日1-6]|星期|[a-z]\d")
_NUMBER = re.compile(r"\d")
_NOT_A_NUMBER = re.compile("1(?=[直下些点定样起般共切边旦时带到再])|(?<=[万统唯之])1|10分|10足")
_DATE_OR_PLACE = re.compile(
    r"\d[年月日号点分路栋楼层期幢线班级单]|[a-z]\d|\d[a-z]|第\d|[今昨明][天晚早]|[上下]午|周[末日1-6]|星期"
)
_INFLECTED = re.compile("(?:ing|ed|es|s|d|ly)$")
_WHO = re.compile("[我你您他她它俺咱谁这那该某两几多少有无]|现在|目前|如今")
_HOPED = re.compile("请|望|盼|求|何时|什么时候|多久|几时|能否|吗|[没未不无][^,。]{0,4}$")
_KIN = re.compile("[爸妈爷奶哥姐弟妹叔姑舅姨婆公娘爹儿女男孙副老小大红黄绿蓝黑白水电气暖网车药饭]")
_AS_SOON_AS = re.compile("[下到看闻开听说出进打有]")  # 一下雨就…, 一到晚上就…
_TITLE = re.compile(
    "^关于.{2,40}的(?:反映|投诉|建议|问题|求助|咨询|请求|举报|来信|请示|意见|情况|诉求)$"
)
_ADDRESSED = re.compile("(?:尊敬|敬爱|亲爱)的.{1,10}$|.{1,6}们?好$")
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
    if any(one in group and other in group for group in _SAME):
        return True
    if one.isascii() and other.isascii():
        return _stem(one) == _stem(other) and tells_news(one) == tells_news(other)
    return _both_little(one, other)


def _stem(word: str) -> str:
    shorter = _INFLECTED.sub("", word)
    return shorter if len(shorter) > 2 else word


def _both_little(one: str, other: str) -> bool:
    """Whether both are function words, neither of which says who, when, where or that not."""
    both = one + other
    if len(both) > 6 or _WHO.search(both) or _DENIALS.search(both) or _WHERE_WHEN.search(both):
        return False
    return is_filler(one) and is_filler(other) and wishes(one) == wishes(other)


def wishes(piece: str) -> bool:
    """Whether a piece makes a wish of what follows; without it a thing may be told as done."""
    return bool(_WISH.search(piece))


def tells_news(text: str) -> bool:
    """Whether a text says that something has changed since, or that it was never so."""
    return bool(_NEWS.search(text))


def may_be_added(clause: str, at_end: bool, rest: str, other: str) -> bool:
    """Whether a whole clause more or less leaves the utterance what it was.

    `rest` is what stands around it, `other` the text that lacks it.
    """
    if is_filler(clause) or _ADDRESSED.match(clause):
        return True
    if at_end and _CLOSING.match(clause):
        return True
    if says_again(clause, rest, other):
        return True
    if at_end and not _news_not_hoped_for(clause) and not _DATE.search(clause):
        return not any(place.kind for place in find_places(clause))
    if _news_not_hoped_for(clause) or _DATE_OR_PLACE.search(clause):
        return False
    return not any(place.kind and place.name not in other for place in find_places(clause))


def _news_not_hoped_for(clause: str) -> bool:
    """Whether a clause tells news; 请尽快恢复 and 一直没修好 ask and complain."""
    news = _NEWS.search(clause)
    if news is None:
        return False
    return "已" in clause or not _HOPED.search(clause[: news.end()])


def is_a_slip(piece: str, around: str) -> bool:
    """Whether one character more within a word leaves the word what it means: 拖(欠), 上下(楼)."""
    if len(piece) != 1 or not _HAN_ONE.match(piece) or _NUMBER.search(around):
        return False
    risky = (_NEWS, _DENIALS, _WHERE_WHEN, _KIN)
    return not any(pattern.search(piece) for pattern in risky)


def says_again(clause: str, rest: str, other: str) -> bool:
    """Whether a clause, as a title does, says only what its own text and the other say too."""
    if tells_news(clause) or not set(re.findall(r"\d+", clause)) <= set(re.findall(r"\d+", other)):
        return False
    if _TITLE.match(clause):
        names = [place.name for place in find_places(clause)]
        return all(name in other or (len(name) > 5 and name[-3:] in other) for name in names)
    pairs = [clause[i : i + 2] for i in range(len(clause) - 1)]
    return len(pairs) > 3 and sum(pair in other and pair in rest for pair in pairs) >= 0.8 * len(
        pairs
    )


def stands_for_time_or_place(piece: str, before: str, following: str) -> bool:
    """Whether a piece only rounds off what stands there: 在小程序(上)预约, 72(岁)."""
    if piece == "岁":
        return before[-1:].isdigit()
    if piece == "个":
        return before[-1:] == "每"
    if piece == "时":
        return bool(before) and not before[-1].isdigit()
    if piece in ("上", "里", "中", "内"):
        return bool(_IN.search(before)) and bool(following)
    return False


def only_stresses(piece: str, following: str) -> bool:
    """Whether a piece only stresses what follows: (已经)停水3天, 请城管(来)管; never 来水."""
    if piece == "1":
        return bool(_AS_SOON_AS.match(following))
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
