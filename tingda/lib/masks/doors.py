"""Addresses down to a private door: 幸福里3栋2单元501, Flat 4, 12 Elm Road."""

import re
from collections.abc import Iterator

from tingda.lib.masks.parts import Mask, one_of, words
from tingda.lib.text import HAN

_N = r"(?:[a-z]?\d{1,4}[a-z]?|[一二三四五六七八九十]{1,3}|[a-z])"
_BUILDING = rf"{_N}(?:号楼|栋楼?|幢|座|号院|号门|#楼?|门|弄|号(?=\d{{3,4}}[室房]))"
_UNIT = rf"{_N}单元"
_DOOR = (
    r"(?:\d{2,4}(?:室|房间?|号房?|户)?(?!\d|[元年月日天块米路窗个人平万余多几]|[:.点]\d)"
    r"|[东西中南北]户)"
)
_FLOOR = rf"(?:{_N}(?:层|楼))"
_TAIL = re.compile(
    rf"(?:{_BUILDING} ?){{1,3}}(?:{_UNIT} ?)?{_FLOOR}?-?{_DOOR}"
    rf"|{_UNIT} ?{_FLOOR}?{_DOOR}"
    rf"|(?<![\d-])\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?![\d-])(?:室|房|号)?"
    rf"|(?:第?{_N}(?:村民小)?组 ?\d{{1,4}}号)"
)
_LIVED_IN = re.compile(rf"(?:{_BUILDING} ?(?:{_UNIT}|{_FLOOR})|{_FLOOR}? ?\d{{3,4}}(?:室|房))")
_HOUSE = re.compile(r"(?<=[路街巷弄里村道])\d{1,4}号(?!院|楼|线|[门口]口)")
_HOME = re.compile(
    r"(?:我住|家住|现住|居住|住在|住址|住于|租住|家在|户籍|家庭地址)"
    rf"[地址是在于为到: ]{{0,3}}[{HAN}a-z\d ]{{0,20}}$"
)
_LIVES = re.compile(
    rf"(?:我住|家住|现住|居住|住在|住址|住于|租住|租在|家在|户籍地址|户籍地|家庭地址|地址|门牌号?|收货地|楼上|楼下|隔壁|对门|寄到|送到|送货到)"
    rf"[地址是在于为到: ]{{0,3}}[{HAN}a-z\d ]{{0,20}}$"
)
_CUT = re.compile(
    "住在|住址|家住|现住|[现居]居住?在?|居住在?|租住|租户|我校|隔壁|对门|家在|地址|门牌号?|寄到|送到|位于|我家|我们|本人|督促|要求|部门|购买|投诉|举报|反映|业主|居民|邻居|楼上|楼下"
    "|户籍|收货|请到|来自|于|[在是为到我你他她的了把从向给至住与及跟那这该]"
    r"|(?<=[栋幢楼号])和"
)
_PUBLIC = re.compile(f"(?:{one_of(words('offices')['public_buildings'])})")
_NAME_OF_PLACE = re.compile(rf"[{HAN}\d一-十]+ ?$")
_STREET = (
    r"(?:street|road|avenue|lane|drive|close|way|court|place|square|terrace|crescent|gardens?|hill"
    r"|st|rd|ave)"
)
_ENGLISH = re.compile(
    r"\b(?:flat|apartment|apt|unit|room|suite)\.? ?[a-z]?\d+[a-z]?,? (?:at |of )?"
    rf"(?:building \d+,? (?:[a-z']+ ){{0,2}}[a-z']+|\d+[a-z]?,? (?:[a-z']+ ){{1,3}}{_STREET}\b"
    rf"|(?:[a-z']+ ){{1,2}}(?:court|house|tower|mansions?|estate)\b)"
)
_ENGLISH_HOME = re.compile(
    rf"\b(?:live at|living at|address is|address:|home at|home is|reside at|house at)\s+"
    rf"(\d+[a-z]?,? (?:[a-z']+ ){{1,3}}{_STREET}\b)"
)


def doors(text: str) -> Iterator[Mask]:
    """The masks in a folded text."""
    for match in _TAIL.finditer(text):
        start = _beginning(text, match.start())
        lives = bool(_LIVES.search(text[max(0, match.start() - 30) : match.start()]))
        if lives or not _PUBLIC.search(text[start : match.start()] + text[match.end() :][:3]):
            yield Mask(start, match.end(), "address")
    for pattern, cue in ((_LIVED_IN, _LIVES), (_HOUSE, _HOME)):
        for match in pattern.finditer(text):
            lived = cue.search(text, max(0, match.start() - 30), match.start())
            if lived and not _PUBLIC.search(text, max(0, lived.start() - 6), match.start()):
                yield Mask(_beginning(text, match.start()), match.end(), "address")
    for match in _ENGLISH.finditer(text):
        yield Mask(match.start(), match.end(), "address")
    for match in _ENGLISH_HOME.finditer(text):
        yield Mask(match.start(1), match.end(1), "address")


def _beginning(text: str, at: int) -> int:
    """Where the estate's or road's name before a building begins."""
    name = _NAME_OF_PLACE.search(text, max(0, at - 24), at)
    if name is None:
        return at
    cuts = [cut.end() for cut in _CUT.finditer(text, name.start(), at)]
    return max(cuts, default=name.start())
