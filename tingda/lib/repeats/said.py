"""What is said in a text, without what carrying it further puts around it."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from tingda.lib.forwarding import COMMENT, FORWARDED, LINK, NAMED
from tingda.lib.numerals import in_digits
from tingda.lib.repeats.harmless import tells_news
from tingda.lib.text import HAN, fold, squeezed

MOST_TOKENS = 2000
"""Tokens that are compared; a longer text is judged by its beginning and its length."""

_PICTURED = re.compile(
    r"\[(?:[^\[\]\d]{0,2}[怒泪笑哭汗赞心惊抓狂鼓掌祈祷合十抱拳玫瑰蜡烛话筒爱你ok]{1,3}[^\[\]\d]?"
    r"|图片|视频|链接|照片|表情|动画表情|语音|组图|见图|doge|思考|费解|可怜|委屈|强|弱|拜托|求助)\]"
)
_FORWARDED = re.compile(
    f"{FORWARDED.pattern}"
    r"|^\s*(?:网友|市民|群众|热心人|读者|朋友)?(?:爆料|投稿|来信|转发|反馈)\s*:\s*"
)
_FORWARDED_END = re.compile(r"[【\[(]\s*(?:转发?|转自[^)】]{0,12}|转载|完)\s*[】\])]\s*$")
_GREETING = re.compile(
    r"^\s*(?:(?:尊敬的|敬爱的|亲爱的)[^,:!。]{1,10}[,:!。]?\s*"
    r"|(?:各位)?(?:领导|你|您|大家|老师|书记|市长)们?好\s*[,:!。.]?\s*"
    r"|(?:hello|hi|dear [a-z ]{2,20}|good (?:morning|afternoon|evening))[,!. ]\s*)+"
)
_THANKS = re.compile(
    r"[\s,。!.~]*(?:(?:非常|万分|十分|先)?(?:谢谢|感谢|多谢|拜谢|感激)"
    r"(?:您|你|你们|各位)?(?:领导|大家|了)?"
    r"|(?:急?盼|敬?请|期待|望)(?:复|回复|答复|尽快回复)|此致\s*敬礼"
    r"|thanks?(?: you)?(?: very much)?)"
    r"[\s,。!.~]*$"
)
_BRACKETS = frozenset("】])")
_THANKED = frozenset("谢激您你们位导家了复礼ksuh")  # the last letters of all that `_THANKS` finds
_SPELLINGS = (
    ("我咱俺", re.compile("[我咱俺](?:们家|们|家)?"), "我"),
    ("你您", re.compile("[你您]们?"), "你"),
    ("1", re.compile(f"([{HAN}])1(?=\\1)"), r"\1"),  # 管一管, 看一看
)
_CONTRACTIONS = (
    (re.compile(r"\bcan(?:no|')t\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(it|that|there|he|she|what|who)'s\b"), r"\1 is"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
)
_TOKEN = re.compile(f"[a-z0-9]+(?:[.'][a-z0-9]+)*|[{HAN}]|[^\\W_]")
_BETWEEN_CLAUSES = r"(?:[^\w\s.']|_|[.'](?![a-z0-9])|(?<![a-z0-9])[.'])+"
_TOKEN_OR_BREAK = re.compile(f"({_TOKEN.pattern})|{_BETWEEN_CLAUSES}")


@dataclass(frozen=True, slots=True)
class Said:
    """Tokens (a Chinese character, a Latin word, a number) and before which a clause begins.

    `breaks` holds 0 and the number of tokens too. `key` is equal for texts that say the same.
    """

    tokens: tuple[str, ...]
    breaks: frozenset[int]
    key: bytes

    @property
    def text(self) -> str:
        """The tokens in a row, Latin ones parted by a space."""
        return _joined(self.tokens)


def _joined(tokens: tuple[str, ...]) -> str:
    return re.sub(
        r"(?<=[a-z0-9'.]) (?=[^a-z0-9])|(?<=[^a-z0-9'.]) (?=[a-z0-9])|(?<=[^\x00-\x7f]) ",
        "",
        " ".join(tokens),
    )


def core(text: str) -> str:
    """The folded text in digits, without forwarding marks, links, names called and greetings."""
    # what a text plainly cannot hold is not looked for: most are nothing but sentences
    plain = fold(text).text
    if "http" in plain or "www." in plain:
        plain = LINK.sub(" ", plain)
    if "//" in plain:
        plain = _without_comments(plain)
    if "@" in plain:
        named = NAMED.sub(" ", plain)
        plain = named if named.strip() else plain
    plain = squeezed(plain)
    if "[" in plain:
        plain = _PICTURED.sub(" ", plain)
    return _spelt_alike(in_digits(_without_frame(plain)))


def _spelt_alike(plain: str) -> str:
    """Words that are written in several ways in one of them."""
    for signs, pattern, spelling in _SPELLINGS:
        if any(sign in plain for sign in signs):
            plain = pattern.sub(spelling, plain)
    if "'" in plain or "’" in plain or "cannot" in plain:
        plain = plain.replace("’", "'")
        for pattern, spelling in _CONTRACTIONS:
            plain = pattern.sub(spelling, plain)
    return plain


def _without_frame(plain: str) -> str:
    """Without what is put before a text and after it when it is carried further."""
    for _ in range(3):
        plain = _begun(_FORWARDED, plain)
    if plain.rstrip()[-1:] in _BRACKETS:
        plain = _trimmed(_FORWARDED_END, plain)
    plain = _begun(_GREETING, plain)
    for _ in range(2):
        if _last_said(plain) in _THANKED:
            plain = _trimmed(_THANKS, plain)
    return plain


def _last_said(plain: str) -> str:
    return next((char for char in reversed(plain) if char not in ",。!.~" and char.strip()), "")


def _without_comments(text: str) -> str:
    """What is forwarded; a comment that tells news of the matter makes it another utterance."""
    *comments, last = [piece for piece in COMMENT.split(text) if piece.strip()] or [text]
    return text if any(map(tells_news, comments)) else last


def _begun(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    if not found:
        return text
    shorter = text[found.end() :]
    return shorter if _TOKEN.search(shorter) else text


def _trimmed(pattern: re.Pattern[str], text: str) -> str:
    shorter = pattern.sub("", text, count=1)
    return shorter if _TOKEN.search(shorter) else text


def said(text: str) -> Said:
    """What is said in a text as it was written."""
    return read(core(text))


@lru_cache(2_000)
def read(plain: str) -> Said:
    """What `core` gave, as tokens."""
    tokens: list[str] = []
    breaks = {0}
    for token in _TOKEN_OR_BREAK.findall(plain):
        if token:
            tokens.append(token)
        else:
            breaks.add(len(tokens))
    breaks.add(len(tokens))
    whole = " ".join(tokens) or plain.strip()
    key = hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=16).digest()
    return Said(tuple(tokens), frozenset(breaks), key)
