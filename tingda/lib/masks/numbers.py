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

_GAP = r"[ .·-]?"
_MOBILE = re.compile(rf"(?<![\d.*])(?:(?:\+|00)?86{_GAP})?1[3-9]\d(?:{_GAP}\d){{8}}(?![\d*]|\.\d)")
_LANDLINE = re.compile(r"(?<![\d*-])(?:\(0\d{2,3}\) ?|0\d{2,3}[- ]?)[2-9]\d{6,7}(?![\d*])")
_LOCAL = re.compile(r"(?:电话|座机|tel|phone)[号码是为: ]{0,4}([2-8]\d{2,3}[- ]?\d{4})(?![\d*])")
_FOREIGN = re.compile(r"(?<![\d*])\+\d{1,3}(?:[ -]?\(?\d{1,5}\)?){2,5}(?![\d*])")
_ENGLISH = re.compile(
    r"(?<![\d*+-])(?:07\d{3}[ -]?\d{3}[ -]?\d{3}|\(?0[12]\d{1,3}\)?[ -]\d{3,4}[ -]?\d{3,4}"
    r"|\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4})(?![\d*-])"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][ ·•.-]?[a-z][ ·•.-]{0,2}"
    r"(?=[a-z]*\d)(?:[a-z0-9]{5,6}|[a-z0-9]{4}[挂学警港澳领])(?![a-z0-9])"
)
_PLATE_CUE = re.compile(
    r"(?:车牌号?码?|plate|registration)[是为: ]{0,3}(?:is |number )?"
    r"((?=[a-z]*\d)[a-z0-9]{2,4} ?[a-z0-9]{3,4})\b"
)
_ENGLISH_PLATE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2} ?[A-Z]{3}(?![A-Za-z0-9])")
_HANDLE = r"([a-z0-9][a-z0-9_.@-]{4,30})"
_ACCOUNT = re.compile(
    r"(?:微信|威信|v信|wechat|weixin|wx|vx|抖音|快手|微博|支付宝|淘宝|小红书|钉钉|陌陌|b站|telegram|instagram"
    r"|facebook|twitter|skype|snapchat|tiktok|line|账号|帐号|用户名|username|user name)"
    rf"(?:账号|帐号|id|号码|号|名|昵称|account|handle)?[是为叫加我:\" ]{{0,4}}(?:is )?@?{_HANDLE}"
)
_QQ = re.compile(r"(?<![a-z])(?:qq|扣扣)(?:群|号码?|群号|是|为|[: ]){0,4}([1-9]\d{4,11})(?!\d)")
_NICK = re.compile(
    r"(?:微博名|微信名|昵称|网名|微信昵称|微博账号|抖音名)[是为叫: ]{0,3}@?"
    r"([^\s,。;!?:()\"*]{2,12})"
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
    if len(digits) == 15:
        return "idcard" if _OLD_BIRTH.fullmatch(digits) else ""
    return "bankcard" if 16 <= len(digits) <= 19 and digits.isdigit() and digits[0] != "0" else ""


def _phones(text: str) -> Iterator[Mask]:
    for pattern in (_MOBILE, _FOREIGN):
        for match in pattern.finditer(text):
            if not _OTHER_NUMBER.search(text[max(0, match.start() - 16) : match.start()]):
                yield Mask(match.start(), match.end(), "phone")
    for pattern, group in ((_LANDLINE, 0), (_ENGLISH, 0), (_LOCAL, 1)):
        for match in pattern.finditer(text):
            if not _of_office(text, match.start()):
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
            end = match.end(1) - len(match[1]) + len(match[1].rstrip(".-"))
            yield Mask(match.start(1), end, "account")
