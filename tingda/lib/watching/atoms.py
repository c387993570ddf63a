"""Words, phrases, prefixes, patterns, lists and fields of a rule, each from its piece of text."""

import re
from functools import lru_cache

import lark
import re2

from tingda.lib.text import HAN
from tingda.lib.watching.fold import fold_pattern, fold_value, fold_word
from tingda.lib.watching.syntax import (
    FIELDS,
    NAME_FIELDS,
    NUMBER_FIELDS,
    Counted,
    Listed,
    Named,
    Near,
    Node,
    Pattern,
    Prefix,
    Step,
    Word,
)
from tingda.lib.watching.trouble import Trouble
from tingda.lib.words import mark as _

PATTERN_MEMORY = 1 << 20
"""Bytes that RE2 may use for one pattern; what needs more is refused."""

PATTERN_SIZE = 2000
"""RE2's steps of one pattern. With 7,000, a text of a million characters took 40 seconds."""

LEAST_STEM = 3
"""Latin letters before `*`: fewer would begin a tenth of all words."""

_LETTERS = re.compile(f"[^\\W\\d_{HAN}]+")
_COUNT = re.compile(r"([<>=≥≤]*)\s*([0-9]{1,9})")
_SIGNS = {"": "=", "=": "=", ">": ">", "<": "<", ">=": ">=", "<=": "<=", "≥": ">=", "≤": "<="}
_SLOPPED = re.compile(r"(.)(.*)(.)~(.*)", re.DOTALL)
_TAG = re.compile(r"#([^#\s]+)#")


def read(token: lark.Token, farthest: int) -> Node:
    """The node of one token of the grammar; `farthest` bounds `~n`."""
    at = token.start_pos or 0
    if token.type == "FIELDED":
        return _fielded(str(token), at, farthest)
    return _plain(str(token), at, "", farthest)


def _plain(text: str, at: int, field: str, farthest: int) -> Node:
    """A word, phrase, prefix, pattern or list, as its first character tells."""
    first = text[0]
    if first in '"「『':
        return _phrase(text, at, field, farthest)
    if first == "/" and len(text) > 1 and text.endswith("/"):
        return Pattern(_pattern(text[1:-1], at), field)
    if first == "@":
        name = fold_value(text[1:])
        if not name:
            raise Trouble(at, _("第 %(at)s 个字：@ 后面要写名单的名字，例如 @供水"))
        return Listed(name, field)
    return _word(text, at, field)


def _phrase(text: str, at: int, field: str, farthest: int) -> Node:
    slopped = _SLOPPED.fullmatch(text) if text[-1] not in '"」』' else None
    if slopped:
        return _slopped(slopped[2], slopped[4], at, field, farthest)
    return Word(_folded(text[1:-1], at), field)


def _slopped(inside: str, number: str, at: int, field: str, farthest: int) -> Near:
    if not number.isdecimal():
        raise Trouble(at, _("第 %(at)s 个字：~ 后面要写距离，例如 “停水 小区”~5"))
    within = distance(number, at, farthest)
    words = inside.split()
    if len(words) != 2:
        message = _("第 %(at)s 个字：带 ~%(number)s 的引号里要有两个词，例如 “停水 小区”~5")
        raise Trouble(at, message, number=within)
    operands = tuple((Word(_folded(word, at), field),) for word in words)
    return Near(operands, (Step(within, ordered=False),))


def distance(number: str, at: int, farthest: int) -> int:
    """How far apart two terms may be: 1 to `farthest`."""
    value = int(number) if len(number) < 10 else farthest + 1
    if not 0 < value <= farthest:
        raise Trouble(
            at,
            _("第 %(at)s 个字：距离要在 1 到 %(most)s 之间，例如 停水 NEAR/5 小区"),
            most=farthest,
        )
    return value


def _folded(text: str, at: int) -> str:
    word = fold_word(text)
    if not word:
        raise Trouble(at, _("第 %(at)s 个字：引号里是空的：写上词，或者去掉引号"))
    return word


def _word(text: str, at: int, field: str) -> Word | Prefix:
    if text[0] == "*":
        raise Trouble(at, _("第 %(at)s 个字：* 不能放在词的前面：把它去掉，中文本来就按字找"))
    tag = _TAG.fullmatch(text)
    folded = fold_word(tag[1] if tag else text)
    if text[-1] == "*":
        return Prefix(_stem(text, at), field)
    if "*" in folded:
        raise Trouble(
            at, _("第 %(at)s 个字：* 只能放在英文词的末尾，例如 elect*；要找星号本身，请加引号")
        )
    if not folded:
        raise Trouble(at, _("第 %(at)s 个字：这里没有可以找的字：写上词，或者去掉它"))
    return Word(folded, field)


def _stem(text: str, at: int) -> str:
    stem = fold_word(text[:-1])
    if len(stem) < LEAST_STEM or not _LETTERS.fullmatch(stem):
        raise Trouble(
            at,
            _("第 %(at)s 个字：* 前面至少要有 %(least)s 个英文字母，例如 elect*；中文不用 *"),
            least=LEAST_STEM,
        )
    return stem


def _pattern(source: str, at: int) -> str:
    folded = fold_pattern(source)
    if not folded.strip():
        raise Trouble(at, _("第 %(at)s 个字：正则是空的：在两条斜线中间写上要找的样子"))
    try:
        size = compiled(folded).programsize
    except re2.error as error:
        said = error.args[0] if error.args else ""
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        message = _("第 %(at)s 个字：这条正则 RE2 读不了（%(reason)s）")
        raise Trouble(at, message, reason=reason) from None
    if size > PATTERN_SIZE:
        raise Trouble(at, _("第 %(at)s 个字：这条正则太大：把 {} 里的次数改小，或者拆成几条"))
    return folded


@lru_cache(4096)
def compiled(pattern: str) -> "re2._Regexp":
    """A folded pattern ready to search; case is ignored. Raises `re2.error`."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY
    return re2.compile(pattern, options)


def _fielded(text: str, at: int, farthest: int) -> Node:
    written, _colon, rest = text.partition(":")
    field, value = written.lower(), rest.strip()
    at_value = at + len(text) - len(rest.lstrip())
    if field not in FIELDS:
        raise Trouble(
            at,
            _("第 %(at)s 个字：没有“%(field)s”这个字段，可用 %(known)s；要找冒号，请加引号"),
            field=written,
            known="、".join(FIELDS),
        )
    if not value or value[0] == "-":
        raise Trouble(
            at,
            _("第 %(at)s 个字：%(field)s: 后面要直接写一个词；括号和减号写在字段前面"),
            field=field,
        )
    if field in NUMBER_FIELDS:
        return _counted(field, value, at_value)
    node = _plain(value, at_value, field, farthest)
    return _named(node, at_value) if field in NAME_FIELDS else node


def _named(node: Node, at: int) -> Named:
    match node:
        case Word():
            return Named(node.field, node.text)
        case Prefix():
            return Named(node.field, node.stem, starts=True)
    raise Trouble(
        at, _("第 %(at)s 个字：这个字段比较整个名称，后面只能写一个词、引号里的词或字头*")
    )


def _counted(field: str, value: str, at: int) -> Counted:
    count = _COUNT.fullmatch(value)
    if not count or count[1] not in _SIGNS:
        raise Trouble(
            at, _("第 %(at)s 个字：%(field)s: 后面要写数字，例如 %(field)s:>=2"), field=field
        )
    return Counted(field, _SIGNS[count[1]], int(count[2]))
