"""What is said in a text, without what carrying it further puts around it."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tingda.lib.forwarding import COMMENT, LINK, NAMED
from tingda.lib.numerals import in_digits
from tingda.lib.repeats.harmless import tells_news
from tingda.lib.text import HAN, fold, squeezed

MOST_TOKENS = 2000
"""Tokens that are compared; a longer text is judged by its beginning and its length."""

_SPACED_CLAUSES = re.compile(f"(?<=[{HAN}]{{3}})[ \t\u3000]+(?=[{HAN}]{{3}})|\\s*\\n\\s*")
_SPACES = re.compile("[ \t\n\u3000]")
_LAST_WORDS = 60
"""Characters at the end among which thanks and marks of an app are looked for."""

_PICTURED = re.compile(
    r"\[(?:[^\[\]\d]{0,2}[怒泪笑哭汗赞心惊抓狂鼓掌祈祷合十抱拳玫瑰蜡烛话筒爱你ok]{1,3}[^\[\]\d]?"
    r"|图片|视频|链接|照片|表情|动画表情|语音|组图|见图|doge|思考|费解|可怜|委屈|强|弱|拜托|求助)\]"
)
_FORWARDED = re.compile(
    r"^\s*(?:"
    r"[【\[(]\s*(?:求|紧急|帮)?(?:转发?|转载|转帖|转办|扩散|分享)\s*[】\])]\s*:?"
    r"|(?:求|帮|请|急)?(?:转发|转载|转帖|分享|扩散)(?:微博|自)?\s*(?:[:,!]|\s)"
    r"|转\s*:|转自[^:,。]{0,12}\s*:"
    r"|[代帮替][^,。:]{1,12}(?:发|转|问|反映|投稿|求助)\s*:"
    r"|(?:楼主|业主|居民|村民|读者来信|[网群]友来信|网友投稿|标题|内容|正文|主题)\s*:"
    r"|转自[^,。:]{1,12}:|rt\s*@[\w-]{1,30}[\s,]"
    r"|(?:rt|re|fwd?|via)\s*(?:@[\w-]{1,30})?\s*:|rt\s+@?"
    r"|(?:网友|市民|群众|热心人|读者|朋友)?(?:爆料|投稿|来信|转发|反馈)\s*:"
    r")\s*"
)
_FORWARDED_END = re.compile(r"[【\[(]\s*(?:转发?|转自[^)】]{0,12}|转载|完)\s*[】\])]\s*$")
_LABEL = re.compile(
    r"^\s*[【\[]([^】\]]{0,12}?)(?:通知|提示|提醒|公告|求助|咨询|投诉|建议|反映|来信|通报|爆料)[】\]]\s*:?"
    r"|^\s*(温馨)?(?:通知|提示|公告|建议|投诉|举报|求助|咨询|反映)\s*[:,]"
)
_CUT_END = re.compile(
    r"\s*(?:(?:展开|阅读|查看)(?:全文|原文|更多)c?|(?<=[…. ])全文|收起d?|网页链接|o网页链接"
    r"|来自\s?[^,。]{1,14}(?:客户端|微博|app|手机)|发布于\s?\S{2,6})\s*$"
)
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
_CUT_SIGN = re.compile("[文多起接自于]")
_THANKS_SIGN = re.compile("[谢激复礼k]")
"""One of these stands in whatever the patterns find."""

_SPELLINGS = tuple(
    # what of each of the one or two groups the text must hold for the pattern to be worth a look
    (tuple(map(frozenset, needed.split())), re.compile(pattern), spelling)
    for needed, pattern, spelling in (
        ("我咱俺", "[我咱俺](?:们家|们|家)?", "我"),
        ("你您", "[你您]们?", "你"),
        ("1", f"(?<=([{HAN}]))1(?=\\1)", ""),  # 管一管, 看一看
        ("妈爸爷奶哥姐弟妹叔舅姑婶宝", "([妈爸爷奶哥姐弟妹叔舅姑婶宝])\\1", r"\1"),
        ("孩娃", "(?<![男女])小孩(?:子|儿)?|娃娃|娃儿", "孩子"),
        ("候", "的?时候", "时"),
        ("这那哪 里儿边", "([这那哪])(?:里|儿|边)", r"\1"),
        ("儿", "(?<=[会事玩点伙门份块空活话圈])儿(?![子童女媳园科歌])", ""),
        ("1 晚夜宿", "(?<=1)(?:晚上|整夜|整晚|宿)", "夜"),
        ("今 早晨", "今天早上|今天早晨|今晨|今天1早", "今早"),
        ("昨 晚夜", "昨天(?:晚上|夜里|半夜)|昨夜", "昨晚"),
        ("今 晚夜", "今天(?:晚上|夜里)|今夜", "今晚"),
        ("回趟", r"(?<=\d)[回趟](?!来|家|去)", "次"),
        ("能可 不否", "能不能|可不可以|能否|可否", "能否"),
        (
            "能可 吗不么",
            r"(?:能|可以)(?!否|不)([^,。!?:;]{1,14}?)(?:吗|不|么)(?=[,。!?:;]|\s*$)",
            r"能否\1",
        ),
        ("1 个", f"(?<=[{HAN}])(?<![第每前后这那])1个(?![月小星钟半多])", "个"),
    )
)
_CONTRACTIONS = (
    (re.compile(r"\bcan(?:no|')t\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(it|that|there|he|she|what|who)'s\b"), r"\1 is"),
    (re.compile(r"'s (?=been\b)"), " has "),
    (re.compile(r"'s (?=\w+ing\b)"), " is "),
    (re.compile(r"(?<=\w)'s\b"), "s"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
)
_NOBODY = re.compile(r"\bno 1\b")
_TOKEN = re.compile(f"[a-z0-9]+(?:[.'][a-z0-9]+)*|[{HAN}]|[^\\W_]")
_CHINESE = re.compile(f"[{HAN}]*")
# a mark; of . and ' only those that do not stand within a word or number
_MARK = r"[\W_](?:(?<![\s.'])|(?<=[.'])(?:(?![a-z0-9])|(?<![a-z0-9].)))"
_BETWEEN_CLAUSES = re.compile(f"{_MARK}(?:{_MARK})*")


@dataclass(frozen=True, slots=True)
class Said:
    """Tokens (a Chinese character, a Latin word, a number) and before which a clause begins.

    `breaks` holds 0 and the number of tokens too. `key` is equal for texts that say the same.
    """

    tokens: tuple[str, ...]
    breaks: frozenset[int]
    key: bytes

    @property
    def clauses(self) -> str:
        """The same with a comma between clauses."""
        edges = sorted(self.breaks)
        return ",".join(_joined(self.tokens[i:j]) for i, j in pairwise(edges))

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
    text = text.strip()
    plain = fold(_SPACED_CLAUSES.sub("，", text) if _SPACES.search(text) else text).text
    # what a text plainly cannot hold is not looked for: most are nothing but sentences
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
    plain = in_digits(_bare(plain))
    held = set(plain)
    for needed, pattern, spelling in _SPELLINGS:
        if not (held.isdisjoint(needed[0]) or held.isdisjoint(needed[-1])):
            plain = pattern.sub(spelling, plain)
    return _uncontracted(plain)


def _uncontracted(text: str) -> str:
    if "no 1" in text:
        text = _NOBODY.sub("nobody", text)
    if "'" in text or "’" in text or "cannot" in text:
        text = text.replace("’", "'")
        for pattern, spelling in _CONTRACTIONS:
            text = pattern.sub(spelling, text)
    return text


def _bare(text: str) -> str:
    """Without what is put before and behind a text that is carried further."""
    for _ in range(3):
        if (shorter := _trimmed(_FORWARDED, text)) == text:
            break
        text = shorter
    text = _trimmed(_GREETING, _without_label(text))
    for sign, pattern in _ENDINGS:
        start = max(0, len(text) - _LAST_WORDS)
        if sign.search(text, start):
            text = _trimmed(pattern, text, start)
    return text


_ENDINGS = (
    (_CUT_SIGN, _CUT_END),
    (re.compile(r"[】\])]"), _FORWARDED_END),
    (_THANKS_SIGN, _THANKS),
    (_THANKS_SIGN, _THANKS),
)


def _without_comments(text: str) -> str:
    """What is forwarded; a comment that tells news of the matter makes it another utterance."""
    *comments, last = [piece for piece in COMMENT.split(text) if piece.strip()] or [text]
    longest = max(comments, key=len, default="")
    if len(last) < 12 and len(longest) > 3 * len(last):  # comments put behind what was said
        comments.remove(longest)
        comments, last = [*comments, last], longest
    return text if any(map(tells_news, comments)) else last


def _without_label(text: str) -> str:
    """The text without 【停水通知】 before it, where it says itself what the label says."""
    label = _LABEL.match(text)
    if label is None:
        return text
    own, rest = label[1] or "", text[label.end() :]
    told = all(own[i : i + 2] in rest for i in range(0, len(own) - 1, 2))
    return rest if told and _TOKEN.search(rest) else text


def _trimmed(pattern: re.Pattern[str], text: str, start: int = 0) -> str:
    found = pattern.search(text, start)
    if found is None:
        return text
    shorter = text[: found.start()] + text[found.end() :]
    return shorter if _TOKEN.search(shorter) else text


def said(text: str) -> Said:
    """What is said in a text as it was written."""
    return read(core(text))


@lru_cache(2_000)
def read(plain: str) -> Said:
    """What `core` gave, as tokens."""
    tokens: list[str] = []
    breaks = {0}
    for clause in _BETWEEN_CLAUSES.split(plain):
        tokens += clause if _CHINESE.fullmatch(clause) else _TOKEN.findall(clause)
        breaks.add(len(tokens))
    whole = " ".join(tokens) or plain.strip()
    key = hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=16).digest()
    return Said(tuple(tokens), frozenset(breaks), key)
