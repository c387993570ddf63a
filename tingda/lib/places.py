"""Named places in folded text, by the words that end such names: …小区, …路, …学校, … Road.

Patterns and word lists are our own, from general knowledge; no gazetteer. A name is cut at its
left by function words, verbs and other names, so that 投诉丽发新城附近的搅拌站 gives 丽发新城.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import rjieba

from tingda.lib.text import HAN

LONGEST_NAME = 9  # characters of a Chinese name


@dataclass(frozen=True, slots=True)
class Place:
    """A place's name as grouped and shown, and where it stands in the text it was found in.

    `kind` is `area` (a city, county or district: too wide to tell issues apart) or `spot`.
    """

    name: str
    start: int
    end: int
    kind: str


# Areas with a letter and a number in place of their name, as anonymised records have them.
_CODED_AREA = re.compile(
    r"(?<![a-z0-9])[a-z]\d{0,2}(?:县市|市区|[市区县])(?![民域委长政场内里级别分])"
)

# Ends of names. After the ending, what would make it part of another word (城 in 城市, 城管).
_ENDINGS = {
    "小区 居民区 居民小区 住宅小区": "",
    "街道 社区": "[办居委民工干服]",
    "花园 家园 嘉园 公寓 大厦 山庄 新村 新城 国际城 写字楼 步行街 商业街 美食街 物流园": "",
    "工业园 产业园 科技园 开发区 经开区 高新区 示范区 度假区 景区": "",
    "大道 高架 立交桥 大桥 隧道 快速路 高速": "[公路]",
    "学校 学院 幼儿园 医院 卫生院 养老院 敬老院 派出所 公园 美术馆 图书馆 体育馆 博物馆": "[长生]",
    "中学 小学 大学 附中 附小": "[生部城]",
    "市场": "[监化经价秩部主上需供]",
    "广场": "[舞]",
    "火车站 高铁站 地铁站 汽车站 公交站": "[台牌]",
    "苑 墅 郡 湾 府": "[邸]",
    "城": "[际市管区乡镇投建中里东西南北关墙轨]",
    "园": "[区林丁长内子方]",
    "里": "[面程边头外拉]",
    "路": "[过费由权程况线上途]",
    "街": "[道上坊边头办]",
    "巷": "[子道内]",
    "村": "[民委里组干部支头子级]",
    "镇": "[政里上区长]",
    "乡": "[政里下镇长村]",
    "站": "[点台长牌在着立]",
    "桥": "[下底梁面头洞]",
    "湖": "[水边面南北]",
    "岛": "[上内]",
    "山": "[区水上下体坡头]",
    "庭": "[审院外]",
    "居": "[住民委然家高室士]",
}
_AREA_ENDINGS = {"省": "[会内级道钱力略事]", "市": "[民场区政委长内容值面里]", "县": "[城政委长内域里]", "区": "[域政委长内别间分块里]"}
_PART = "第?[一二三四五六七八九十0-9]{1,3}(?:期|栋|号楼|幢)|楼盘"
_ENDING = re.compile(
    f"{_PART}|"
    + "|".join(
        f"{word}(?!{after})" if after else word
        for words, after in sorted(
            (
                (word, after)
                for words, after in {**_ENDINGS, **_AREA_ENDINGS}.items()
                for word in words.split()
            ),
            key=lambda pair: -len(pair[0]),
        )
        for word in [words]
    )
)
_DROPPED_ENDING = re.compile(f"(?:{_PART}|小区|居民区|居民小区|住宅小区)$")
_WEAK_ENDINGS = frozenset("里居山岛湾站桥村镇乡街巷庭湖")

# Words at which a name cannot have begun yet; longest first when compiled.
_BEFORE = """
投诉 反映 反应 咨询 请问 询问 关于 建议 希望 举报 请求 恳请 恳求 盼望 期盼 呼吁 质疑 强烈 坚决 反对 抗议 再次 多次
尊敬 敬爱 领导 书记 市长 县长 区长 局长 您好 你好 大家好 我们 你们 他们 咱们 自己 本人 业主 居民 村民 市民 群众 家长
学生 小孩 孩子 老人 住在 家住 现住 位于 地处 坐落 附近 旁边 周边 周围 临近 邻近 靠近 紧邻 毗邻 对面 门口 楼下 里面 外面
前面 后面 侧面 东面 西面 南面 北面 隔壁 下面 上面 之间 距离 来自 前往 通往 途经 经过 到达 沿着 沿线 交汇处 交汇 交叉口 交叉
路口 就是 没有 一直 现在 目前 已经 因为 所以 如果 但是 而且 以及 或者 还有 可以 能否 可否 是否 何时 什么 怎么 如何
为什么 为何 这里 那里 哪里 今年 去年 明年 今天 昨天 昨晚 今晚 早上 晚上 凌晨 同时 由于 根据 按照 通过 为了 对于 针对 属于
作为 成为 变成 称为 叫做 严重 违规 违法 非法 强制 擅自 私自 恶意 购买 买了 修建 新建 拟建 在建 规划 建设 开设 设置 设立
改造 经营 整治 加快 解决 要求 一名 一个 这个 那个 某个 每个 各个 整个 全部 所有 其他 其它 其中 很多 许多 大量 部分 几个
多个 两个 三个 政府 公司 集团 开发商 物业 项目 商品房 定向 期间 工地 施工 附属 配套 小型 大型 高档 老旧 二号 一号 附件 有限 责任 股份 中心 维护 保护 破坏 进出 出入 乘坐 换乘
"""
_BEFORE_CHARACTERS = (
    "的在了是向从到由和与对及于为把被我你您他她它请求让给将要等有也都就又而但不没很太更最还再个这那哪吗呢吧啊离去"
    "来至自按当该本某每全任何些此其因如若或并且以用使跟往说看想问叫距沿找读住第现办得像后内条间所走挨着即则已须能会应先均"
)
_CUT = re.compile(
    "|".join(sorted(_BEFORE.split(), key=len, reverse=True))
    + f"|[{_BEFORE_CHARACTERS}]|[^{HAN}0-9a-z#]+"
)

# What stands before an ending in common nouns: 幼儿园 alone names no place.
_COMMON_STEMS = frozenset(
    """
    幼儿 派出 公交 安置 保障房 廉租房 搅拌 垃圾 中转 地铁 高铁 火车 汽车 加油 变电 充电 菜 农贸 文明 卫生 配套 必经之 实验 中心
    国际 外国语 理工 人民 高架 高速公 高速 快速 水泥 断头 立交 公共 普惠性 普惠 公办 民办 公立 私立 首末 公交首末 公交车 行人 老
    新 大 小 住宅 高档 生活 商业 综合 专科 三甲 省会 农 城 乡 步行 写字 敬老 养老 工业 产业 科技 先进 智慧 普通 贫困 美丽
    后花 走投无 终点 起点 始发 人行天 跨线 天 人行 过街 市政 通行 辖区 街 社 学 医 公 花 家 旅游 风 一 二 三 两 上 下 开 出
    消费 超级 批发 二手房 房地产 建筑 劳务 人才 限购 楼 园 校 祖 中 收费 服务 工作 检查 污水处理 养护 休闲 宜居 安 定 群 同 聚
    移 起 邻 分 单 海 火 江 爬 登 靠 青 绿水青 深 专业 职业技术 职业 技工 高等 九年制 完全 重点 寄宿 培训 驾 党 夜 下一 半
    大城 中小城 老城 一线 新一线 特色小 古 道 马 铁 公 网 思 线 出 退 半 公里 公 省 直辖 地级 全 国内 超 菜市 门 夜 楼 股 上
    城 小 地 社 校 辖 市 景 片 学 院 厂 街 郊 灾 特 山 园 主城 商 城 库 贫困 示范 管理 开发 施工 生产 住 居民 新城 城 老 两
    """.split()
)
_NOT_A_NAME = re.compile(
    r"(?:道路|马路|公路|铁路|网路|走路|一路|思路|出路|线路|[一二两三几]条路|家里|这里|那里|哪里|公里|心里|手里|夜里|车站|网站"
    r"|城市|商城|农村|家庭|法庭|政府|校园|学区|校区|期小区|[一二三四五六七八九十]区|小镇化|乡镇|超市|全市|本市|我市|上市|国家.*城)$"
    r"|(?:搅拌|垃圾|加油|变电|充电|中转|公交)站$|^\d"
)
_LATIN_ENDING = re.compile(
    r"((?:[a-z0-9'&]+ ){1,4})"
    r"(street|road|avenue|lane|drive|school|hospital|park|station|bridge|square|college"
    r"|university|market|library|estate)\b"
)
_LATIN_BEFORE = frozenset(
    "the a an at in on of to from near by for and or my our your his her their this that these is"
    " are was were be been has have had with into outside inside behind opposite around between"
    " past along across local nearest primary secondary public new old high next bus train police"
    " car no not any every same whole main which who i we you they it its there here".split()
)


def find_places(text: str) -> list[Place]:
    """The places in a folded text (`tingda.lib.text.fold` with `squeeze`), in order."""
    found = [Place(m[0], m.start(), m.end(), "area") for m in _CODED_AREA.finditer(text)]
    blanked = _CODED_AREA.sub(lambda m: "|" * len(m[0]), text)
    start = 0
    for cut in _CUT.finditer(blanked):
        found.extend(_in_chunk(blanked, start, cut.start()))
        start = cut.end()
    found.extend(_in_chunk(blanked, start, len(blanked)))
    found.extend(_latin(text))
    return sorted(found, key=lambda place: place.start)


def _in_chunk(text: str, start: int, end: int) -> Iterator[Place]:
    if end - start < 3:
        return
    begin = start
    endings = list(_ENDING.finditer(text, start, end))
    for index, ending in enumerate(endings):
        if ending.start() - begin == 1:
            continue  # 星湖湾: what ends after one character is part of a longer name
        place = _name(text, begin, ending)
        begin = ending.end()
        if place:
            following = endings[index + 1 : index + 2]
            yield _extended(text, place, following[0] if following else None)


def _name(text: str, begin: int, ending: re.Match[str]) -> Place | None:
    begin += _common_start(text[begin : ending.end()], len(ending[0]))
    whole = text[begin : ending.end()]
    stem = text[begin : ending.start()]
    if len(stem) < 2 or stem in _COMMON_STEMS or _NOT_A_NAME.search(whole):
        return None
    name = stem if _DROPPED_ENDING.match(ending[0]) else whole
    if len(name) > LONGEST_NAME or _is_common(stem, ending[0]):
        return None
    if ending[0] in _AREA_ENDINGS:
        return Place(name, begin, begin + len(name), "area") if tag_of(name) == "ns" else None
    return Place(name, begin, begin + len(name), "spot")


def _extended(text: str, place: Place, following: re.Match[str] | None) -> Place:
    """松雅湖|公园 is one name; 丽发新城|小区 and |社区 add nothing to theirs."""
    if place.kind == "area" or following is None or following.start() != place.end:
        return place
    if _DROPPED_ENDING.match(following[0]) or following[0] == "社区":
        return place
    return Place(text[place.start : following.end()], place.start, following.end(), "spot")


def _common_start(whole: str, ending: int) -> int:
    """How many characters at the front belong to a verb: 穿越|东四路; 解放西路 stays whole."""
    position = cut = 0
    for word in rjieba.cut(whole):
        position += len(word)
        if len(whole) - ending - position < 2:
            break
        if len(word) > 1 and dictionary_count(word) and tag_of(word) in _VERBS:
            cut = position
    return cut


_VERBS = frozenset(("v", "vn", "d", "c", "p", "r", "l", "i"))


@lru_cache(100_000)
def tag_of(word: str) -> str:
    """The part of speech of a word on its own (jieba's tags); `` where the dictionary splits it."""
    tags = rjieba.tag(word)
    return tags[0][1] if len(tags) == 1 else ""


@lru_cache(100_000)
def dictionary_count(word: str) -> int:
    """How often the segmenter's dictionary counted the word; 0 for a word it does not hold."""
    return rjieba.suggest_freq(word) if rjieba.has_word(word) else 0


def _is_common(stem: str, ending: str) -> bool:
    """Whether an everyday word merely stands before the ending: 处理小区…, 环境里, 电梯里."""
    if len(ending) > 1:
        return dictionary_count(stem) >= 200 and tag_of(stem) in _VERBS
    if ending not in _WEAK_ENDINGS:
        return False
    last = rjieba.cut(stem + ending)
    return (
        len(last) > 1 and last[-1] == ending and dictionary_count(last[-2]) >= 300 and len(stem) < 5
    )


def _latin(text: str) -> Iterator[Place]:
    for match in _LATIN_ENDING.finditer(text):
        start, words = match.start(), match[1].split()
        last = max((i for i, word in enumerate(words) if word in _LATIN_BEFORE), default=-1)
        if last == len(words) - 1:
            continue
        start += len(" ".join(words[: last + 1])) + (1 if last >= 0 else 0)
        yield Place(text[start : match.end()], start, match.end(), "spot")


def same_name(one: str, other: str) -> bool:
    """Whether two names are one place: equal, or one is the other shortened at an end.

    万科魅力之城 and 魅力之城, 丽发 and 丽发新城; two characters may only be a name's beginning.
    """
    short, long = sorted((one, other), key=len)
    return len(short) > 1 and (
        long.startswith(short) or (len(short) > 2 and long.endswith(short))
    )
