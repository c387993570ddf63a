"""Telephone numbers, identity cards, plates, bank cards, e-mail addresses, accounts.

All in folded text. The form decides, except where what stands before tells another kind of
number (订单号) or a number of an office, which everybody may know.
"""

import re
from collections.abc import Iterator

from tingda.lib.masks.parts import Mask, one_of, words

_offices = words("offices")
_OFFICE = re.compile(one_of(_offices["words"]))
_PRIVATE = re.compile(one_of(_offices["private"]))
_OTHER_NUMBER = re.compile(rf"(?:{one_of(_offices['numbers_not_private'])})[^,。;!?]{{0,8}}$")
_SENTENCE = re.compile(r"[。;!?\n]|\.\s")

_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_LONG = re.compile(r"(?<![a-z0-9*.])\d(?:[ -]?\d){13,21}x?(?![a-z0-9*])|(?<![a-z0-9])\d{17}x(?!\d)")
_BIRTH = re.compile(r"\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx]")
_OLD_BIRTH = re.compile(r"[1-8]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_CARD_CUE = re.compile(
    r"(?:账号|帐号|账户|帐户|卡号|银行卡|存折|卡|account(?: number)?)[^。;]{0,6}$"
)
_ID_CUE = re.compile(r"(?:身份证|证件|id card|identity)[^。;]{0,8}$")

_GAP = r"[ .·\u20e3\u2010-\u2015-]?"
_MOBILE = re.compile(
    rf"(?<![\d.*])(?:(?:\+|00)?86{_GAP})?1[3-9]\d(?:{_GAP}\d){{8}}\u20e3?(?![\d*]|\.\d)"
)
_DIGIT = "[零〇一二三四五六七八九幺洞两]"
_SAID = re.compile(  # in Chinese digits: 零五七三 八二二一 五五零六, 幺三八…
    rf"(?<!{_DIGIT})(?:[一幺][三四五六七八九](?:[ .·,、-]?{_DIGIT}){{9}}"
    rf"|[零〇洞](?:[ .·,、-]?{_DIGIT}){{9,11}})(?!{_DIGIT})"
)
_SPACED = re.compile(
    r"(?:电话|手机|号码?|拨打?|请打|联系|回电)[号码是为: ]{0,4}"
    r"(1[ ,、.·-]*[3-9](?:[ ,、.·-]*\d){9})(?![\d*]|\.\d)"
)
_LANDLINE = re.compile(
    r"(?<![a-z\d*-])(?:\(0\d{2,3}\) ?|0\d{2,3}[ \u2010-\u2015-]{0,3})"
    r"[2-9]\d{2,3}[ -]?\d{4}(?![\d*])"
)
_FREE = re.compile(r"(?:0[389]\d\d|08\d|1-?8(?:00|33|44|55|66|77|88)|8(?:00|88|77|66))\b|400-?")
_LOCAL = re.compile(
    r"(?:电话|座机|固话|tel|phone)[号码是为: ]{0,4}([2-8]\d{2,3}[- ]?\d{4})(?![\d*])"
)
_FOREIGN = re.compile(r"(?<![\d*])\+\d{1,3}(?:[ -]?\(?\d{1,5}\)?){2,5}(?![\d*])")
_ENGLISH = re.compile(
    r"(?<![a-z\d*+-])(?:07\d{3}[ -]?\d{3}[ -]?\d{3}|\(?0[12]\d{1,3}\)?[ -]\d{3,4}[ -]?\d{3,4}"
    r"|\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4})(?![\d*-])"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][ ·•.-]?[a-z][ ·•.-]{0,2}"
    r"(?=[a-z ]*\d)(?:[a-z0-9](?: ?[a-z0-9]){4,5}"
    r"|[a-z0-9](?: ?[a-z0-9]){3} ?[挂学警港澳领])(?![a-z0-9])"
)
_PLATE_CUE = re.compile(
    r"(?:车牌号?码?|牌照|车号|\b(?:plates?|registration|reg)\b)"
    r"(?:[是为: ,#]|is |was |number |no\.? |reads )*"
    r"((?=[a-z]*\d)[a-z0-9]{1,4}[ -]?[a-z0-9]{2,5})(?![a-z0-9])"
)
_ENGLISH_PLATE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2} ?[A-Z]{3}(?![A-Za-z0-9])")
_HANDLE = r"([a-z0-9][a-z0-9_.@-]{4,30}(?:#\d{4})?)"
_ACCOUNT = re.compile(
    rf"(?:{one_of(words('accounts')['apps'])}|user name|v(?=:))"
    r"(?: ?(?:账号|帐号|账户|id|号码|号|名|昵称|account|handle))?[是为叫加我:\"“ ]{0,4}(?:is )?@?"
    rf"{_HANDLE}"
)
_IS_HANDLE = re.compile(r"[:@\"“是为叫]|号|id|[\u4e00-\u9fff] ?[a-z]+$")
_QQ = re.compile(
    r"(?<![a-z])(?:qq|q(?=[: 号]?\d)|扣扣|企鹅|球球|秋秋)"
    r"(?:群|号码?|群号|是|为|is|number|no\.?|[: ]){0,5}([1-9]\d{4,11})(?!\d)"
)
_NICK = re.compile(
    r"(?:(?:微博|微信|抖音|快手|论坛|群|游戏|平台|店铺)?(?:昵称|网名)|(?:微博|微信|抖音|快手|账号|用户|群)名"
    r"|微博账号|旺旺号|(?:抖音|快手|淘宝|微信|微博|知乎|豆瓣|b站)(?:用户|账号|号|id)?(?=[\"“「]))"
    r"[是为叫作: ]{0,3}@?(?:[\"“「]([^\"”」]{1,16})[\"”」]"
    r"|([^\s,。;!?:()\"*“”的在把给是]{2,12}(?:的[^\s,。;!?:()人]{2,4}(?=的))?))"
)


def numbers(text: str, original: str) -> Iterator[Mask]:
    """The masks in a folded text; `original` is as long, with its capitals, or empty."""
    for match in _EMAIL.finditer(text):
        yield Mask(match.start(), match.end(), "email")
    for match in _LONG.finditer(text):
        if kind := _kind_of_long(match[0], text[max(0, match.start() - 24) : match.start()]):
            yield Mask(match.start(), match.end(), kind)
    yield from _phones(_EMAIL.sub(lambda match: "|" * len(match[0]), text))
    yield from _plates(text, original)
    yield from _accounts(text)


def _kind_of_long(number: str, before: str) -> str:
    digits = re.sub(r"[ -]", "", number)
    if _ID_CUE.search(before) and len(digits) in (15, 17, 18, 19):
        return "idcard"
    if _OTHER_NUMBER.search(before):
        return ""
    if _CARD_CUE.search(before) and len(digits) > 13:
        return "bankcard"
    if len(digits) == 18 and (digits.endswith("x") or _BIRTH.fullmatch(digits)):
        return "idcard"
    if len(digits) == 15 and _OLD_BIRTH.fullmatch(digits):
        return "idcard"
    american = len(digits) == 15 and digits[:2] in ("34", "37")
    usual = 16 <= len(digits) <= 19 and digits.isdigit() and digits[0] != "0"
    return "bankcard" if usual or american else ""


def _phones(text: str) -> Iterator[Mask]:
    for pattern in (_MOBILE, _SAID, _FOREIGN):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 16) : match.start()]
            if not _OTHER_NUMBER.search(before) and not _FREE.match(text, match.start()):
                yield Mask(match.start(), match.end(), "phone")
    for match in _SPACED.finditer(text):
        yield Mask(*match.span(1), "phone")
    for pattern, group in ((_LANDLINE, 0), (_ENGLISH, 0), (_LOCAL, 1)):
        for match in pattern.finditer(text):
            free = pattern is _ENGLISH and _FREE.match(text, match.start())
            if not free and not _of_office(text, match.start()):
                yield Mask(*match.span(group), "phone")


def _of_office(text: str, start: int) -> bool:
    """Whether the number's own sentence names an office and nothing of one's own."""
    begin = max((m.end() for m in _SENTENCE.finditer(text, 0, start)), default=0)
    before = text[max(begin, start - 40) : start]
    private = list(_PRIVATE.finditer(before))
    office = list(_OFFICE.finditer(before))
    return bool(office) and (not private or office[-1].start() > private[-1].end())


def _plates(text: str, original: str) -> Iterator[Mask]:
    for match in _PLATE.finditer(text):
        yield Mask(match.start(), match.end(), "plate")
    for match in _PLATE_CUE.finditer(text):
        yield Mask(match.start(1), match.end(1), "plate")
    for match in _ENGLISH_PLATE.finditer(original):
        yield Mask(match.start(), match.end(), "plate")


def _accounts(text: str) -> Iterator[Mask]:
    for pattern in (_ACCOUNT, _QQ, _NICK):
        for match in pattern.finditer(text):
            if match.re is _ACCOUNT and match[1].isalpha() and not _IS_HANDLE.search(match[0]):
                continue
            group = match.lastindex or 1
            end = match.start(group) + len(match[group].rstrip(".-"))
            yield Mask(match.start(group), end, "account")
