"""Named places in folded text, by the words that end such names: …小区, …路, …学校, … Road.

Patterns and lists (`chinese.toml`) are our own, from general knowledge; no gazetteer. A name is
cut at its left by function words, verbs and other names: 投诉云溪新城附近的搅拌站 gives 云溪新城.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import rjieba
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from tingda.lib.text import HAN
from tingda.lib.wordlists import chinese

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
CODED_AREA = re.compile(
    r"(?<![a-z0-9])[a-z]\d{0,2}(?:县市|市区|[市区县])(?![民域委长政场内里级别分])"
)

# Ends of names. After the ending, what would make it part of another word (城 in 城市, 城管).
_ENDINGS = {
    "小区 居民区 居民小区 住宅小区": "",
    "街道 社区": "[办居委民工干服]",
    "花园 家园 嘉园 公寓 大厦 山庄 新村 新城 国际城 写字楼 步行街 商业街 美食街 物流园": "",
    "工业园 产业园 科技园 开发区 经开区 高新区 示范区 度假区 景区": "",
    "大道 高架 立交桥 大桥 隧道 快速路 高速": "[公]",
    "学校 学院 幼儿园 医院 卫生院 养老院 敬老院 派出所 公园 美术馆 图书馆 体育馆 博物馆": "[长生]",
    "中学 小学 大学 附中 附小": "[生部城]",
    "市场": "[监化经价秩部主上需供]",
    "广场": "[舞]",
    "城区": "",
    "火车站 高铁站 地铁站 汽车站 公交站": "[台牌]",
    "苑 墅 郡 湾 府": "[邸]",
    "城": "[际市管区乡镇投建中里东西南北关墙轨]",
    "园": "[区林丁长内子方]",
    "里": "[面程边头外拉]",
    "路": "[过费由权程况线上途灯]",
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
_AREA_ENDINGS = {
    "省": "[会内级道钱力略事]",
    "市": "[民场区政委长内容值面里]",
    "县": "[城政委长内域里]",
    "区": "[域政委长内别间分块里]",
}
# A part of an estate ends its name as well: 云山庭院|3期, 新安里|5栋.
_PART = "第?[一二三四五六七八九十0-9]{1,3}(?:期|栋|号楼|幢)|楼盘"


def _compiled_endings() -> re.Pattern[str]:
    """Longest first, so that 国际城 is not taken for 城."""
    after = {
        word: following
        for words, following in (_ENDINGS | _AREA_ENDINGS).items()
        for word in words.split()
    }
    longest_first = sorted(after, key=len, reverse=True)
    endings = (f"{word}(?!{after[word]})" if after[word] else word for word in longest_first)
    # which character may begin one is asked first: that is most of the speed
    firsts = "".join({word[0] for word in after}) + "第一二三四五六七八九十0-9楼"
    return re.compile(f"(?=[{firsts}])(?:{'|'.join((_PART, *endings))})")


_ENDING = _compiled_endings()
_LAST = frozenset("期栋楼幢盘") | {
    word[-1] for words in _ENDINGS | _AREA_ENDINGS for word in words.split()
}
# What only an estate has after its name: 幸福里|小区, 幸福里|2号楼.
_ESTATE = re.compile("小区|居民区|社区|第?[一二三四五六七八九十0-9]{1,3}(?:期|栋|幢|号楼)")
_DROPPED_ENDING = re.compile(f"(?:{_PART}|小区|居民区|居民小区|住宅小区)$")
_TOWN = frozenset("省市县区镇乡")
_SIDES = frozenset("老新东西南北")
_INSTITUTIONS = frozenset(
    (
        *("医院", "卫生院", "图书馆", "体育馆", "博物馆", "美术馆"),
        *("敬老院", "养老院", "派出所", "幼儿园", "中学", "小学"),
    )
)
# Everyday words that are the whole name of the one such house of a town, and a street's.
_KNOWN_BY = re.compile(
    "(?:实验|中心|外国语|人民|中医|妇幼)(?:小学|中学|学校|幼儿园|医院)|中医院"
    "|政务(?:服务)?(?:大厅|中心)|建设[东西南北中]?(?:路|街|大道|巷)(?![灯面网口况上规段])"
)
_WEAK_ENDINGS = frozenset("里居山岛湾站桥村镇乡街巷庭湖")

_words = chinese("places")
BEFORE_NAMES = frozenset("".join(_words["before_characters"]))
"""Characters that stand before a name and in none: 给, 在."""
_CUT = AhoCorasick(
    ["\0", *_words["before"], *"".join(_words["before_characters"])],
    matchkind=MatchKind.LeftmostLongest,
    implementation=Implementation.DFA,
)


class _Names(dict[int, str]):
    """Characters that may stand in a name as they are, all others as NUL."""

    def __missing__(self, code: int) -> str:
        self[code] = chr(code) if _IN_A_NAME.match(chr(code)) else "\0"
        return self[code]


_IN_A_NAME = re.compile(f"[{HAN}0-9a-z]")
_names = _Names()

_COMMON_STEMS = frozenset(_words["common_stems"])
_NOT_A_NAME = re.compile(
    r"(?:道路|马路|公路|铁路|网路|走路|跑路|一路|思路|出路|线路|[一二两三几]条路|家里|这里|那里|哪里"
    r"|公里|心里|手里|夜里|车站|网站|城市|商城|农村|家庭|法庭|政府|校园|学区|校区|期小区"
    r"|[表群p知频眼]里|[一二三四五六七八九十]区|小镇化|乡镇|超市|全市|本市|我市|上市|国家.*城)$"
    r"|^[零一二三四五六七八九十百]+路$|邻居$|普惠.{0,2}幼儿园$|[一二两三几\\d]站$|(?:搅拌|垃圾|加油|变电|充电|中转|公交)站$|^\d"
)
_LATIN_ENDING = re.compile(
    r"(?<![a-z0-9'&])((?:[a-z0-9'&]{1,40} ){1,4})"
    r"(street|road|avenue|lane|drive|school|hospital|park|station|bridge|square|college"
    r"|university|market|library|estate)\b(?! (?:met|f[eo]{2}t))"
)
_LATIN_BEFORE = frozenset(_words["latin_before"])


def find_places(text: str) -> list[Place]:
    """The places in a folded text (`tingda.lib.text.fold` with `squeeze`), in order."""
    found = [Place(m[0], m.start(), m.end(), "area") for m in CODED_AREA.finditer(text)]
    blanked = CODED_AREA.sub(lambda m: "|" * len(m[0]), text) if found else text
    for start, end in _chunks(blanked):
        found.extend(_in_chunk(blanked, start, end))
    taken = {place.end for place in found}
    for known in _KNOWN_BY.finditer(blanked):
        if known.end() not in taken:
            found.append(Place(known[0], known.start(), known.end(), "spot"))
    found.extend(_latin(text))
    return sorted(found, key=lambda place: place.start)


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """What stands between words that are in no name, where it may end as names do."""
    start = 0
    for _cut, end, beyond in _CUT.find_matches_as_indexes(text.translate(_names)):
        if end - start > 2 and not _LAST.isdisjoint(text[start:end]):
            yield start, end
        start = beyond
    if len(text) - start > 2:
        yield start, len(text)


def _in_chunk(text: str, start: int, end: int) -> Iterator[Place]:
    begin = start
    endings = list(_ENDING.finditer(text, start, end))
    for index, ending in enumerate(endings):
        if ending.start() == start + 1 and _of_the_town(text[start], ending[0]):
            yield Place(text[start : ending.end()], start, ending.end(), "spot")
            begin = ending.end()
            continue
        # 和 joins two names but may also begin the first: 和顺苑
        joined = text.rfind("和", begin + (begin == start), ending.start())
        begin = joined + 1 if joined >= 0 else begin
        if ending.start() - begin == 1:
            continue  # 金湖湾: what ends after one character is part of a longer name
        place = _name(text, begin, ending)
        begin = ending.end()
        if place:
            following = endings[index + 1 : index + 2]
            yield _extended(text, place, following[0] if following else None)


def _of_the_town(stem: str, ending: str) -> bool:
    """镇医院, 县图书馆, 老城区: in a small place that is a name."""
    return (stem in _TOWN and ending in _INSTITUTIONS) or (stem in _SIDES and ending == "城区")


def _name(text: str, begin: int, ending: re.Match[str]) -> Place | None:
    begin += _common_start(text[begin : ending.end()], len(ending[0]))
    whole = text[begin : ending.end()]
    stem = text[begin : ending.start()]
    if len(stem) < 2 or stem in _COMMON_STEMS or _NOT_A_NAME.search(whole):
        return None
    name = stem if _DROPPED_ENDING.match(ending[0]) else whole
    estate = _ESTATE.match(text, ending.end())
    if len(name) > LONGEST_NAME or (not estate and _is_common(stem, ending[0])):
        return None
    if ending[0] in _AREA_ENDINGS:
        return Place(name, begin, begin + len(name), "area") if tag_of(name) == "ns" else None
    return Place(name, begin, begin + len(name), "spot")


def _extended(text: str, place: Place, following: re.Match[str] | None) -> Place:
    """白鹭湖|公园 is one name; 云溪新城|小区 and |社区 add nothing to theirs."""
    if place.kind == "area" or following is None or following.start() != place.end:
        return place
    if _DROPPED_ENDING.match(following[0]) or following[0] in ("社区", "路"):
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


@lru_cache(30_000)
def tag_of(word: str) -> str:
    """The part of speech of a word on its own (jieba's tags); `` where the dictionary splits it."""
    tags = rjieba.tag(word)
    return tags[0][1] if len(tags) == 1 else ""


@lru_cache(30_000)
def dictionary_count(word: str) -> int:
    """How often the segmenter's dictionary counted the word; 0 for a word it does not hold."""
    return rjieba.suggest_freq(word) if rjieba.has_word(word) else 0


def _is_common(stem: str, ending: str) -> bool:
    """Whether an everyday word merely stands before the ending: 处理小区…, 环境里, 电梯里."""
    if len(ending) > 1:
        return dictionary_count(stem) >= 200 and tag_of(stem) in _VERBS
    if ending not in _WEAK_ENDINGS:
        return False
    words = rjieba.cut(stem + ending)
    everyday = 1 if ending == "里" else 300  # 楼道里 and 公示栏里 are within, not names
    return (
        len(words) > 1
        and words[-1] == ending
        and dictionary_count(words[-2]) >= everyday
        and len(stem) < 5
    )


def _latin(text: str) -> Iterator[Place]:
    for match in _LATIN_ENDING.finditer(text):
        start, words = match.start(), match[1].split()
        last = max((i for i, word in enumerate(words) if word in _LATIN_BEFORE), default=-1)
        if last == len(words) - 1:
            continue
        start += len(" ".join(words[: last + 1])) + (1 if last >= 0 else 0)
        yield Place(text[start : match.end()], start, match.end(), "spot")


_FULLER = {
    "农贸市场": "市场",
    "菜市场": "市场",
    "政务服务": "政务",
    "政务大厅": "政务中心",
    "区人民医院": "区医院",
    "县人民医院": "县医院",
    "市人民医院": "市医院",
}


_HOUSES = frozenset(("市场", "大厅", "中心", "医院"))


def _plain(name: str) -> str:
    """Without what some leave out: 渡口农贸市场 is 渡口市场, 政务服务大厅 is 政务中心."""
    for fuller, plain in _FULLER.items():
        name = name.replace(fuller, plain)
    return name


def same_name(one: str, other: str) -> bool:
    """Whether two names are one place: equal, or one is the other shortened at an end.

    金辉云溪之城 and 云溪之城, 云溪 and 云溪新城; two characters may only be a name's beginning.
    Of a market, hall or hospital what some leave out may be missing in its midst.
    """
    return _is_shortened(one, other) or (
        one[-2:] in _HOUSES and other[-2:] in _HOUSES and _is_shortened(_plain(one), _plain(other))
    )


def _is_shortened(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) > 1 and (long.startswith(short) or (len(short) > 2 and long.endswith(short)))


_TELLING_APART = frozenset(
    "一二三四五六七八九十零百千东西南北中上下前后左右大小新老内外0123456789abcdefghij"
)


def misspelt(one: str, other: str) -> bool:
    """Whether two names may be one that somebody misspelt: 华茂城 and 华贸城.

    One character of at least three differs, and is none by which places are told apart (东一路
    and 东二路). Enough to doubt that they are two places, not to say that they are one.
    """
    if len(one) != len(other) or len(one) < 3:
        return False
    different = [{a, b} for a, b in zip(one, other, strict=True) if a != b]
    return len(different) == 1 and different[0].isdisjoint(_TELLING_APART)


_KINDS = frozenset(word for words in _ENDINGS for word in words.split())


def is_kind(word: str) -> bool:
    """Whether a word says no more than what sort of place it is: 小区, 街道, 学校."""
    return word in _KINDS


_WIDE = (
    "路",
    "街",
    "道",
    "镇",
    "乡",
    "高速",
    "隧道",
    "区",
    "市",
    "县",
    "湖",
    "street",
    "road",
    "avenue",
)


def is_wide(name: str) -> bool:
    """Whether a place is so long or large that two matters may well lie at it: a road, a town."""
    return name.endswith(_WIDE) and not name.endswith(("小区", "园区"))
