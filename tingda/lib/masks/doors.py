"""Addresses down to a private door: 幸福里3栋2单元501, Flat 4, 12 Elm Road."""

import re
from collections.abc import Iterator

from tingda.lib.masks.parts import Mask, one_of, words
from tingda.lib.text import HAN

_N = r"(?:[a-z]?\d{1,4}[a-z]?|[一二三四五六七八九十]{1,3}|(?<![a-z])[a-z])"
_SIDE = "甲乙丙丁东西南北"
_BUILDING = (
    rf"[{_SIDE}]?{_N}(?:号楼|栋楼?|幢|座|斋|舍|号院|号门|#楼?|门|弄|梯|号(?=\d{{3,4}}[室房]))"
)
_UNIT = rf"(?:{_N}|[{_SIDE}])单元"
_FLOOR = rf"(?:{_N}(?:层|楼))"
_NOT_MEASURED = r"(?!\d|[元年月日块米路窗个人平万余多几层楼家]|天(?!天|花)|[:.点]\d)"
_ROOM = rf"(?:\d{{2,4}}(?:室|房间?|号房?|户)|\d{{2,4}}{_NOT_MEASURED})"
_DOOR = (
    rf"(?:{_ROOM}|[一二三四五六七八九][零〇一二三四五六七八九]{{2,3}}(?:室|房|号)?"
    r"|[东西中南北](?:户|边户|厢房?)|[左右]手?(?:户|室)|[前后]间|亭子间"
    r"|(?:(?<=[层楼元])|[顶底][楼层])[东西中南北左右](?![东西中南北边侧面头门区方路街风院]))"
)
_TAIL = re.compile(
    rf"(?:(?:{_BUILDING}) ?){{1,4}}(?:{_UNIT} ?)?{_FLOOR}?-?{_DOOR}"
    rf"|{_UNIT} ?{_FLOOR}?{_DOOR}"
    rf"|(?<![\d-])\d{{1,3}}(?:[#栋幢]|号楼)?-\d{{1,2}}-\d{{3,4}}(?![\d-])(?:室|房|号)?"
    rf"|(?<=[里苑园城邸府村号庭湾居轩寓厦#])(?<![\d-])\d{{1,2}}-\d{{3,4}}(?![\d-]){_NOT_MEASURED}(?:室|房)?"
    rf"|(?:第?{_N}(?:村民小)?[组队社] ?\d{{1,4}}号(?!楼|院|线))"
    rf"|(?<=[路街巷])\d{{1,4}}号附\d{{1,3}}号"
)
_LIVED_IN = re.compile(rf"(?:(?:{_BUILDING}) ?(?:{_UNIT}|{_FLOOR})|{_FLOOR}? ?\d{{3,4}}(?:室|房))")
_ROAD_DOOR = re.compile(
    rf"(?<=[路街巷弄里村道同])[甲乙丙]?\d{{1,4}}号(?:院|附\d+号?)?(?:{_N}(?:栋|幢|号楼|座))? ?"
    rf"(?:{_UNIT} ?)?(?:{_FLOOR}(?:\d{{3,4}}室?|[东西中南北]户|[东西南北]头|[左右]手)"
    rf"|[东西中南北]户"
    rf"|\d{{3,4}}(?:室|房)|[前后][院排]?[东西南北]厢房?|[东西]厢房?|阁楼)"
    rf"|(?<=[胡弄]同)[甲乙丙]?\d{{1,4}}号(?!院|楼)|(?<=\d弄)\d{{1,4}}号(?!楼|线)(?:\d{{3,4}}室?)?"
)
_HOUSE = re.compile(r"(?<=[路街巷弄里村道])\d{1,4}号(?!院|楼|线|[门口]口)")
_HOME = re.compile(
    r"(?:我住|家住|现住|居住|住在|住址|住于|租住|家在|户籍|家庭地址|家门口|我家|老家|我租|租她|租他|租的)"
    rf"[地址是在于为到: ]{{0,3}}[{HAN}a-z\d ]{{0,20}}$"
)
_LIVES = re.compile(
    rf"(?:我住|家住|现住|居住|住在|住址|住于|租住|租在|家在|户籍地址|户籍地|家庭地址|地址|门牌号?|收货地|楼上|楼下|隔壁|对门|寄到|送到|送货到|改送|上门|家门口|我租|租她|租他|租的|我家|老家)"
    rf"[地址是在于为到: ]{{0,3}}[{HAN}a-z\d ]{{0,20}}$"
)
_CUT = re.compile(
    "家里|改送|上门到|住在|住址|家住|租她|租他|租了|租的|家门口|送至|寄至|到了?|电线|耷拉到|现住|[现居]居住?在?|居住在?|租住|租户|我校|隔壁|对门|家在|地址|门牌号?|寄到|送到|位于|我家|我们|本人|督促|要求|部门|购买|投诉|举报|反映|业主|居民|邻居|楼上|楼下"
    "|户籍|收货|请到|来自|于|[在是为到我你他她的了把从给至住与及跟那这该放寄送租搬填找去有写]|公租房|出租房|向(?!阳)"
    r"|(?<=[栋幢楼号])和"
)
_ANY = re.compile("")
_PUBLIC = re.compile(f"(?:{one_of(words('offices')['public_buildings'])})")
_NAME_OF_PLACE = re.compile(rf"(?:[{HAN}\d一-十]|[a-z](?=[区座栋#]))+ ?$")
_STREET = (
    r"(?:approach|heights|view|path|passage|yard|vale|circle|circus|broadway|ln|dr|row|mews|grove|rise|walk|boulevard|blvd|parade|quay|wharf|street|road|avenue|lane|drive|close|way|court|place|square|terrace|crescent|gardens?|hill"
    r"|st|rd|ave)"
)
_ESTATE = (
    r"(?:court|house|tower|mansions?|estate|gardens?|heights|lodge|apartments?|residences?|plaza)"
)
_ENGLISH = re.compile(
    r"\b(?:flat|apartment|apt|unit|room|suite)\.? ?[a-z]?\d+[a-z]?,? (?:at |of |in )?"
    rf"(?:(?:building|block|tower) (?:\d+|[a-z])\b,? (?:(?:[a-z']+ ){{0,2}}{_ESTATE}|[a-z']+)\b"
    rf"|\d+[a-z]?,? (?:[a-z']+ ){{1,3}}{_STREET}\b|(?:[a-z']+ ){{1,2}}{_ESTATE}\b)"
)
_SMALL = r"(?:flat|apartment|apt|unit|room|suite|no|#)\.? ?#?[a-z]?\d+[a-z]?"
_ENGLISH_AFTER = re.compile(rf"\b\d+[a-z]?,? (?:[a-z']+ ){{1,3}}{_STREET}\b,? {_SMALL}\b")
_ENGLISH_HOME = re.compile(
    r"\b(?:(?:live[sd]?|living|home|house|resid\w+|moved|deliver\w*|alone|mother|father|mum|dad"
    r"|parents?|neighbou?rs?|tenant|parcel|letter|sent?d?)(?: [a-z']+){0,3}?"
    r" (?:at|to|is|in)|address(?: is|:|,)?"
    r"|my house,|our house,|home,)\s+"
    rf"(\d+[a-z]?,? (?:[a-z']+ ){{1,3}}{_STREET}\b)"
)


def doors(text: str) -> Iterator[Mask]:
    """The masks in a folded text."""
    for match in _TAIL.finditer(text):
        start = _beginning(text, match.start())
        lives = bool(_LIVES.search(text[max(0, match.start() - 30) : match.start()]))
        if lives or not _PUBLIC.search(text[start : match.start()] + text[match.end() :][:3]):
            yield Mask(start, match.end(), "address")
    for pattern, cue in ((_LIVED_IN, _LIVES), (_HOUSE, _HOME), (_ROAD_DOOR, _ANY)):
        for match in pattern.finditer(text):
            lived = cue.search(text, max(0, match.start() - 30), match.start())
            if lived and not _PUBLIC.search(text, max(0, lived.start() - 6), match.start()):
                yield Mask(_beginning(text, match.start()), match.end(), "address")
    for match in (*_ENGLISH_AFTER.finditer(text), *_ENGLISH.finditer(text)):
        yield Mask(match.start(), match.end(), "address")
    for match in _ENGLISH_HOME.finditer(text):
        yield Mask(match.start(1), match.end(1), "address")


def _beginning(text: str, at: int) -> int:
    """Where the estate's or road's name before a building begins."""
    name = _NAME_OF_PLACE.search(text, max(0, at - 28), at)
    if name is None:
        return at
    cuts = [cut.end() for cut in _CUT.finditer(text, name.start(), at)]
    return max(cuts, default=name.start())
