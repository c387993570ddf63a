"""Numbers, dates and times of folded text in one writing: 三月二日 as 3月2日, 下午三点 as 15点."""

import re
from functools import lru_cache

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
_RUN = re.compile(r"[零〇一二三四五六七八九十两][零〇一二三四五六七八九十两百千万亿]*")
_SHORT = 6
_EACH = re.compile("块([一二三四五六七八九])(?=一[度斤个张次吨方瓶份天])")  # 一块五一度
_LARGE = re.compile(r"(\d+(?:\.\d+)?)([万亿千百])(?![\d克米瓦伏])")
_LARGE_SIGN, _DAY_SIGN = re.compile("[万亿百千]"), re.compile("[-/.]")
_ENGLISH = dict(
    zip(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
            *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
            *("seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty"),
        ),
        map(str, (*range(21), 30, 40, 50)),
        strict=True,
    )
)
_ORDINALS = {
    word: f"{number}th"
    for number, word in enumerate(
        (
            *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
            *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
            *("sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"),
        ),
        start=1,
    )
    if number > 2  # first and second are everyday words
}
_ENGLISH |= _ORDINALS
_ENGLISH_WORD = re.compile(rf"\b(?:{'|'.join(_ENGLISH)})\b")
_HAN_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)日?")
_LATER = re.compile(r"(下午|傍晚|晚上|晚间|夜里|夜晚|今晚|昨晚|明晚)(\d{1,2})点")
_EARLIER = re.compile(r"(?:上午|早上|早晨|清晨|凌晨|中午)(?=(?:\d|1[0-2])点)")
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_ENGLISH_DAY = re.compile(rf"\b({_MONTHS}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?! ?:)")
_ORDINAL = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)(?= (?:{_MONTHS})\b)")
_DIGIT = re.compile(r"\d")
_WRITINGS = (
    # the signs one of which the text must hold for the pattern to be worth a look
    (",", re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    ("半", re.compile(r"(\d{1,2}点)半"), r"\g<1>30分"),
    ("整", re.compile(r"(\d{1,2}点)整"), r"\1"),
    ("号", re.compile(r"(\d{1,2}月\d{1,2})号"), r"\1日"),
    ("时", re.compile(r"(?<=\d)时(?=[至到起前后,。、 -]|$)"), "点"),
    (
        "块元",
        re.compile(r"(?<![\d.])(\d+)[块元](\d)(?![\d.元块年月日号点个])[毛角]?(?:钱)?"),
        r"\1.\2元",
    ),
    ("块钱", re.compile(r"(?<=\d)(?:块钱|元钱|块)"), "元"),
    ("0", re.compile(r"(?<![\d.])0+(?=\d+[年月日点分栋号])"), ""),
    ("米k", re.compile(r"(?<=\d)(?:千米|km)\b"), "公里"),
    ("个", re.compile(r"(?<=\d)个(?=小时|星期|钟头)"), ""),
)


def value_of(run: str) -> int:
    """The value of a Chinese number; digits side by side (二〇二三) are read one by one."""
    if not any(char in _UNITS or char in _BIG for char in run):
        return int("".join(str(_DIGITS[char]) for char in run))
    total = section = digit = 0
    if len(run) > 2 and run[-1] in _DIGITS and run[-2] in "百千万":
        # 一百八 is 180, 两千三 is 2300; 一百零八 has its 零
        return value_of(run[:-1]) + _DIGITS[run[-1]] * (_UNITS | _BIG)[run[-2]] // 10
    for char in run:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            section += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            total = (total + section + digit) * _BIG[char]
            section = digit = 0
    return total + section + digit


def _in_digits(match: re.Match[str]) -> str:
    run = match[0]
    return _remembered(run) if len(run) <= _SHORT else str(value_of(run))


@lru_cache(1_000)
def _remembered(run: str) -> str:
    return str(value_of(run))


def _large(match: re.Match[str]) -> str:
    value = float(match[1]) * (_UNITS | _BIG)[match[2]]
    return str(int(value)) if value.is_integer() else match[0]


def _afternoon(match: re.Match[str]) -> str:
    part, hour = match[1], int(match[2])
    day = {"今晚": "今天", "昨晚": "昨天", "明晚": "明天"}.get(part, "")
    return f"{day}{hour + 12 if 1 <= hour <= 11 else hour}点"


def _clock(match: re.Match[str]) -> str:
    minutes = int(match[2])
    return f"{int(match[1])}点" + (f"{minutes}分" if minutes else "")


def in_digits(text: str) -> str:
    """The folded text with its numbers in digits and its dates and times in one form.

    Everyday words lose their numerals as well (一直 becomes 1直): good for comparing, not to show.
    """
    # what a text plainly cannot hold is not looked for
    if "块" in text:
        text = _EACH.sub(r"块\1毛", text)
    text = _RUN.sub(_in_digits, text)
    if not _HAN_CHARACTER.search(text):
        text = _ENGLISH_WORD.sub(lambda match: _ENGLISH[match[0]], text)
        text = _ORDINAL.sub(r"\1", _ENGLISH_DAY.sub(r"\2 \1", text))
    if not _DIGIT.search(text):
        return text
    return _dated(_LARGE.sub(_large, text) if _LARGE_SIGN.search(text) else text)


def _dated(text: str) -> str:
    """Digits with dates, times, prices and measures in one form."""
    if _DAY_SIGN.search(text):
        text = _DAY.sub(lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日", text)
    if ":" in text:
        text = _CLOCK.sub(_clock, text)
    for signs, pattern, writing in _WRITINGS:
        if signs[0] in text or signs[-1] in text:
            text = pattern.sub(writing, text)
    return _LATER.sub(_afternoon, _EARLIER.sub("", text)) if "点" in text else text
